"""A pool of real jails, and the way to send code into it."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Limits, Result, Status
from sandbox.settings import JailSettings, SandboxSettings

_ids = itertools.count(1)
_START_S = 300.0

# What every attack may use without saying so.
PRELUDE = """\
import ctypes, mmap, os, resource, signal, socket, subprocess, sys, threading, time
def syscall(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""


def open_pool(**jail: Any) -> Pool:
    """Jails that execute code and nothing more; use it in `async with`."""
    patient = {"side_by_side": 1, "wait_s": _START_S, "wall_s": 20.0, "cpu_s": 20.0}  # other work may slow the machine
    settings = SandboxSettings(start_s=_START_S, jail=JailSettings(**patient | jail))
    return Pool(settings)


async def run(pool: Pool, code: str, *, prelude: bool = True, **limits: Any) -> Result:
    """What became of some code."""
    chosen = Limits(**{"wall_s": 20.0, "cpu_s": 20.0, **limits})
    payload = {"code": (PRELUDE if prelude else "") + code, "show": True}
    return await pool.run(Job(id=f"j{next(_ids)}", kind=JobKind.RUN, payload=payload, limits=chosen))


async def until_ready(pool: Pool, jails: int = 1) -> None:
    """Waits for so many jails to stand ready."""
    async with asyncio.timeout(_START_S):
        while pool.idle < jails:  # noqa: ASYNC110 jails come without an event for tests
            await asyncio.sleep(0.01)


def output(result: Result) -> str:
    """Everything that the code printed."""
    return "".join(piece["text"] for piece in result.value["output"])


def hit(result: Result) -> str:
    """The name of the limit that was hit."""
    assert result.limit is not None, result
    assert set(result.limit) == {"name", "value", "unit"}
    return str(result.limit["name"])


async def sound(pool: Pool) -> None:
    """The next job is as if nothing had been."""
    result = await run(pool, "(nn.Linear(2, 3)(torch.ones(1, 2)).shape, os.listdir('/tmp'), 1 + 1)")
    assert result.status is Status.OK, result
    assert result.value["value"] == "(torch.Size([1, 3]), [], 2)"
