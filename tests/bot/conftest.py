"""A group to talk in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.conversation import Conversation, conversation


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Conversation]:
    """A channel on a store of its own, with torch away."""
    async with conversation(tmp_path, organisers=frozenset({"olga"})) as found:
        yield found
