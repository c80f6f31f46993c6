"""Lines of stdin, without blocking the loop. Pipes, files and terminals alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import BinaryIO

AHEAD = 64  # lines that are read before they are asked for


async def lines(file: BinaryIO, most: int) -> AsyncIterator[bytes]:
    """Every line of a file as soon as it is there.

    A line of more than `most` bytes comes as its first `most + 1` bytes, so that it can be told. The thread that reads
    is a daemon: a read that never returns must not keep the program from ending.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(AHEAD)

    def read() -> None:
        line = b"first"
        while line:
            room.acquire()
            line = _one(file, most)
            try:
                loop.call_soon_threadsafe(arrived.put_nowait, line)
            except RuntimeError:  # the loop has been closed: nobody listens any more
                return

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while line := await arrived.get():
        room.release()
        yield line


def _one(file: BinaryIO, most: int) -> bytes:
    line = file.readline(most + 1)
    rest = line
    while len(rest) > most and not rest.endswith(b"\n"):
        rest = file.readline(most + 1)
    return line
