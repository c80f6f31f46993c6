"""`python -m sandbox serve`: a sandbox of our own, for bots elsewhere, until we are told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from sandbox.resident import Resident
from sandbox.settings import SandboxSettings
from sandbox.socket_server import open_to_others


async def serve(settings: SandboxSettings, path: Path, *, mode: int = 0o600) -> None:
    """Serve on a Unix socket until SIGTERM or SIGINT, then finish the jobs that are on their way.

    Raises:
        SocketInUseError: somebody serves there already, or the path is another kind of file.
        OSError: no socket can be made there.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        async with Resident(settings) as sandbox, open_to_others(sandbox, path, mode=mode):
            print(f"ready at {path}", file=sys.stderr, flush=True)  # noqa: T201 the line a supervisor waits for
            await stopping.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
