"""The jails that attacks are tried on: started once for all of them, as attacks must leave them fit for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from sandbox.pool import Pool
from tests.attacks.host import look, nothing_of_an_attack, processes_in
from tests.attacks.jail_lab import open_pool, until_ready


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def strong() -> AsyncIterator[Pool]:
    """Two jails with every protection, with limits that are soon reached."""
    async with open_pool(memory_mb=512, files_mb=8, output_kb=16) as jails:
        await until_ready(jails, 2)
        yield jails


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def weak() -> AsyncIterator[Pool]:
    """A jail without bubblewrap: the mode that has to be chosen."""
    async with open_pool(mode="landlock", memory_mb=512, files_mb=8, output_kb=16) as jails:
        await until_ready(jails, 1)
        yield jails


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pair() -> AsyncIterator[Pool]:
    """Jails for two runs at a time, and one more that stands ready."""
    async with open_pool(side_by_side=2) as jails:
        await until_ready(jails, 2)
        yield jails


@pytest_asyncio.fixture(loop_scope="session")
async def pool(strong: Pool) -> AsyncIterator[Pool]:
    """The strong jails, and the host looked at before and after each test."""
    before = await asyncio.to_thread(look)
    yield strong
    after = await asyncio.to_thread(look)
    assert after == before
    assert await asyncio.to_thread(nothing_of_an_attack) == []
    for zygote in strong.processes():
        children = await asyncio.to_thread(processes_in, zygote)
        assert len(children) <= 1, "one child waits in a jail, and no other process is there"
