"""One room to learn in for all these tests: a start of torch takes seconds, and everybody learns for themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.client import Sandbox
from tests.bot.commands.learning import Lesson, lesson
from tests.torch_here import lent


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def school(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Lesson]:
    """A channel on a store of its own, with real jails."""
    async with lesson(tmp_path_factory.mktemp("school"), lent(torch_here)) as talk:
        yield talk
