"""`python -m sandbox serve`: a sandbox of our own, for bots elsewhere, until we are told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.local import Local
from sandbox.settings import NatsSettings, SandboxSettings
from sandbox.socket_server import open_to_others

if TYPE_CHECKING:
    from sandbox.nats_member import Member

_PATIENCE_S = 5.0  # without NATS, before it is worth a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where jobs come in; both may be open.

    Attributes:
        socket: path of a Unix socket, or None.
        mode: its permissions.
        nats: an address, or an empty one.
        name: letters and digits that no other member of NATS's queue group has.
    """

    socket: Path | None = None
    mode: int = 0o600
    nats: NatsSettings = field(default_factory=NatsSettings)
    name: str = ""


async def serve(settings: SandboxSettings, doors: Doors, *, device: str = "cpu") -> None:
    """Serve until SIGTERM or SIGINT, then take no more jobs and finish those that are on their way.

    A NATS server that is not there is waited for.

    Raises:
        SocketInUseError: somebody serves at the socket already, or it is another kind of file.
        OSError: no socket can be made there.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        async with AsyncExitStack() as stack:
            sandbox = await stack.enter_async_context(Local(settings))
            await sandbox.warm()
            if doors.socket is not None:
                await stack.enter_async_context(open_to_others(sandbox, doors.socket, mode=doors.mode))
                _say(f"ready at {doors.socket}")
            if doors.nats.url:
                from sandbox.nats_member import Member, kinds  # its library is read in only where it is used

                member = Member(sandbox, settings, doors.nats, device=device, name=doors.name)
                await stack.enter_async_context(member)
                if await _joined(member, stopping):
                    does = ", ".join(kinds(device))
                    _say(f"ready at {doors.nats.url}: {does} on {device}, as {doors.name}")
            await stopping.wait()
            _say("stopping: the jobs that are here are finished, and no others taken")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _joined(member: Member, stopping: asyncio.Event) -> bool:
    """Waits until jobs come in, or until nobody wants any."""
    joining, leaving = asyncio.create_task(member.joined()), asyncio.create_task(stopping.wait())
    try:
        while not (joining.done() or leaving.done()):
            done, _ = await asyncio.wait([joining, leaving], timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                _say(f"waiting: {member.reason}")
        return joining.done()
    finally:
        joining.cancel()
        leaving.cancel()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 the lines that a supervisor waits for
