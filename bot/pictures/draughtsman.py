"""The bot's side of one drawing process: start it, ask it, end it. Not reusable: when it is lost, start another."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
_MAX_LINE = 4 * 1024 * 1024  # of an answer


class LostError(Exception):
    """The process has ended, cannot be started, or takes too long; the message says which."""


def command() -> list[str]:
    """The command line of a drawing process."""
    return [sys.executable, "-P", "-m", "bot.pictures.drawing", str(os.getpid())]


def environment(folder: Path) -> dict[str, str]:
    """All that it sees of our environment: no secret, no home; `folder` is for what matplotlib keeps."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(folder),
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


class Draughtsman:
    """One process that has said that it is ready."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Use `start`."""
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], folder: Path, patience_s: float) -> Draughtsman:
        """A process with matplotlib read in, shut in; raises `LostError`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment(folder),
                cwd="/",
                start_new_session=True,
                limit=_MAX_LINE,
            )
        except OSError as fault:
            raise LostError(f"the drawing process cannot be started: {fault}") from fault
        started = cls(process)
        try:
            await started._line(patience_s)  # its first says that it is ready
        except BaseException:
            await started.end(0)
            raise
        return started

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def ask(self, line: bytes, patience_s: float) -> bytes:
        """What it answers to a line; raises `LostError`, and must then be ended."""
        if self._process.stdin is None:
            raise AssertionError("started with pipes")
        try:
            self._process.stdin.write(line)
            async with asyncio.timeout(patience_s):
                await self._process.stdin.drain()
        except TimeoutError as fault:
            raise LostError(f"the picture was not drawn within {patience_s:g} s") from fault
        except OSError as fault:
            raise LostError("the drawing process has ended") from fault
        return await self._line(patience_s)

    async def end(self, patience_s: float) -> None:
        """Lets it end by itself for so long, then kills it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if patience_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._process.wait()
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.communicate()

    async def _line(self, patience_s: float) -> bytes:
        if self._process.stdout is None:
            raise AssertionError("started with pipes")
        try:
            async with asyncio.timeout(patience_s):
                line = await self._process.stdout.readline()
        except TimeoutError as fault:
            raise LostError(f"the drawing process took longer than {patience_s:g} s") from fault
        except ValueError as fault:  # more than a line may hold
            raise LostError("the drawing process answered nonsense") from fault
        if not line.endswith(b"\n"):
            raise LostError("the drawing process has ended")
        return line
