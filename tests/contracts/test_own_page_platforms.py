"""Somebody's own page on every platform: for them alone, with pictures that say what is on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contracts.study_rooms import ROOMS, StudyRoom, TerminalRoom

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]  # each platform starts matplotlib anew
PICTURES = ["Your days", "What you remember", "What you will remember"]


@pytest_asyncio.fixture(params=ROOMS, ids=lambda kind: str(kind.__name__), loop_scope="session")
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StudyRoom]:
    async with request.param(tmp_path) as opened:
        yield opened


async def test_after_an_answer_somebody_sees_their_days_and_what_they_remember_and_nobody_else_does(
    room: StudyRoom,
) -> None:
    alice = room["alice"]
    assert "Nothing to show yet" in (await alice.says("/mine")).text
    await alice.says("/practice stride/conv1d-length")
    await alice.says("/answer 12")
    found = await alice.says("/mine")
    assert found.alone
    assert "1 day in a row: today is done" in found.text
    if isinstance(room, TerminalRoom):
        assert all(f"{title}: " in found.text for title in PICTURES)
    else:
        assert [words.partition(":")[0] for words, _ in found.pictures] == PICTURES
        assert all(data.startswith(b"\x89PNG") for _, data in found.pictures)
        assert {"Practise", "Review 1 card"} & set(found.buttons)
    assert "Nothing to show yet" in (await room["bob"].says("/mine")).text
