"""For every test: nothing may block the event loop. For those that need it: one sandbox with torch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, blockbuster_ctx

from sandbox.client import Sandbox, open_sandbox
from tests.torch_here import PATIENT


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Raises where `bot`, `cards` or `sandbox` block inside the event loop."""
    with blockbuster_ctx(scanned_modules=["bot", "cards", "sandbox"]) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def torch_here() -> AsyncIterator[Sandbox]:
    """For tests that ask and leave everything as it was; who breaks something, or counts, opens their own."""
    async with open_sandbox(PATIENT) as opened:
        yield opened
