"""A page on this machine, and two people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.adapters.web.served import Served, Visitor, served


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as found:
        yield found


@pytest.fixture
async def alice(page: Served) -> AsyncIterator[Visitor]:
    async with page.visitor() as found:
        yield found


@pytest.fixture
async def bob(page: Served) -> AsyncIterator[Visitor]:
    async with page.visitor() as found:
        yield found
