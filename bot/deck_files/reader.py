"""The door to the reading process: a file goes in, a deck comes out, whatever becomes of the process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from cards.calendar import Calendar
    from cards.imported import Imported

SIDE_BY_SIDE = 2
WAITING = 32
PATIENCE_S = 90.0  # a process has 45 seconds of CPU time, and a machine may be busy
_ROOT = Path(__file__).resolve().parent.parent.parent
_CHUNK = 1 << 20


def command() -> list[str]:
    """The command line of a reading process."""
    return [sys.executable, "-P", "-m", "bot.deck_files", str(os.getpid())]


def environment() -> dict[str, str]:
    """All that it sees of our environment: no secret, no home."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class DeckReader:
    """Reads files, each in a process of its own, so many side by side."""

    def __init__(self, command: Callable[[], Sequence[str]] = command, patience_s: float = PATIENCE_S) -> None:
        """Starts nothing yet."""
        self._command = command
        self._patience_s = patience_s
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)
        self._waiting = 0
        self._log = structlog.get_logger("deck_files")

    async def read(self, name: str, data: bytes, calendar: Calendar | None = None) -> Imported:
        """The deck in a file, as `cards.imported.read` has it; raises `DeckError` with what to do."""
        from bot.deck_files.wire import question, understood
        from cards.deck import DeckError

        if self._waiting >= WAITING:
            raise DeckError(name, None, "", "many people are sending decks: try again in a minute")
        self._waiting += 1
        try:
            async with self._turns:
                said = await self._asked(question(name, data, "" if calendar is None else calendar.zone))
            return await asyncio.to_thread(understood, said)
        except DeckError:
            raise
        except (TimeoutError, OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            self._log.warning("deck_files.lost", error=f"{type(fault).__name__}: {str(fault)[:200]}", size=len(data))
            words = (
                "it could not be read: it is damaged, or takes too much time or memory; export it again, or in parts"
            )
            raise DeckError(name, None, "", words) from fault
        finally:
            self._waiting -= 1

    async def _asked(self, question: bytes) -> bytes:
        """What a process says to a question; raises `TimeoutError`, `OSError` or `ValueError`."""
        process = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(),
            cwd="/",
            start_new_session=True,
            limit=_CHUNK,
        )
        try:
            async with asyncio.timeout(self._patience_s):
                telling = asyncio.create_task(_tell(process, question), name="deck file")
                try:
                    said = await _heard(process)
                finally:
                    telling.cancel()
                    await asyncio.wait({telling})
                if await process.wait():
                    raise ValueError(f"it ended with {process.returncode}")
                return said
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await asyncio.shield(process.wait())


async def _tell(process: asyncio.subprocess.Process, question: bytes) -> None:
    if process.stdin is None:
        raise AssertionError("started with pipes")
    with suppress(ConnectionError):  # it may end before it has heard all
        for start in range(0, len(question), _CHUNK):
            process.stdin.write(question[start : start + _CHUNK])
            await process.stdin.drain()
        process.stdin.close()


async def _heard(process: asyncio.subprocess.Process) -> bytes:
    from bot.deck_files.wire import MAX_ANSWER

    if process.stdout is None:
        raise AssertionError("started with pipes")
    said = bytearray()
    while chunk := await process.stdout.read(_CHUNK):
        said += chunk
        if len(said) > MAX_ANSWER:
            raise ValueError("it says too much")
    return bytes(said)
