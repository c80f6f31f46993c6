"""One room to learn in for all these tests: a start of torch takes seconds, and everybody learns for themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.client import open_sandbox
from tests.bot.commands.learning import Lesson, lesson
from tests.bot.commands.running import PATIENT


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lesson]:
    """A channel on a store of its own, with real jails."""
    async with lesson(tmp_path_factory.mktemp("school"), open_sandbox(PATIENT)) as talk:
        yield talk
