"""Jails that were half made when their owner was killed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator

import pytest

from sandbox import orphans
from sandbox.jail import ZYGOTE
from tests.attacks.processes import gone, until_gone


@pytest.fixture
def held() -> Iterator[tuple[int, int]]:
    """A pipe on which bubblewrap's outer process waits, with the inner one waiting for it."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    yield reading, writing
    os.close(reading)
    os.close(writing)


async def half_made(reading: int) -> tuple[asyncio.subprocess.Process, int]:
    """Bubblewrap, stopped where its two processes have just become two, and the inner one."""
    path = shutil.which("bwrap")
    assert path is not None
    telling, told = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(path, "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--userns-block-fd", str(reading)),
        *("--info-fd", str(told), "--", "true", ZYGOTE),
        pass_fds=(reading, told),
        start_new_session=True,
    )
    os.close(told)
    with os.fdopen(telling, "rb") as pipe:
        words = await asyncio.to_thread(pipe.read)  # to the end: who stops listening sooner ends the outer process
    return process, int(json.loads(words)["child-pid"])


async def test_what_a_killed_owner_left_half_made_is_ended_by_who_comes_next(held: tuple[int, int]) -> None:
    outer, inner = await half_made(held[0])
    await asyncio.to_thread(orphans.bury)
    assert not gone(inner), "its owner is there"
    outer.kill()
    await outer.wait()
    await asyncio.to_thread(orphans.bury)  # or a pool of another test has just done it
    await until_gone(inner)
