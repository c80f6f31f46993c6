"""Buttons that were sent before Stride was started anew do what they say, or say why they do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contracts.study_rooms import DiscordRoom, SlackRoom, StudyRoom

pytestmark = pytest.mark.long
NINE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture(params=(DiscordRoom, SlackRoom), ids=lambda kind: str(kind.__name__))
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StudyRoom]:
    async with request.param(tmp_path) as opened:
        await opened.at(NINE)
        yield opened


async def test_a_lobby_still_takes_people_in_and_says_when_it_is_over(room: StudyRoom) -> None:
    await room["alice"].says("/quiz start 2 20")
    await room.at(room.clock.now() + SECOND)
    await room["bob"].reads("A quiz")
    await room.restarts()
    await room["bob"].reads("A quiz")
    assert "You take part" in (await room["bob"].presses("Join")).text
    await room["alice"].says("/quiz stop")
    late = await room["bob"].presses("Join")
    assert late.alone
    assert "over" in late.text


async def test_what_was_set_can_still_be_undone_once(room: StudyRoom) -> None:
    assert (await room["alice"].says("/daily set 09:00 Europe/Berlin conv")).buttons == ("Undo",)
    undo = room["alice"]._offer  # type: ignore[attr-defined]  # the message with the button
    await room.restarts()
    room["alice"]._offer = undo  # type: ignore[attr-defined]  # which still stands there
    assert "Undone" in (await room["alice"].presses("Undo")).text
    room["alice"]._offer = undo  # type: ignore[attr-defined]  # which still stands there
    assert "changed since" in (await room["alice"].presses("Undo")).text


async def test_whoever_began_to_be_forgotten_can_go_on(room: StudyRoom) -> None:
    await room["bob"].says("/remind at 18:00")
    await room["bob"].says("/forget-me")
    ask = room["bob"]._offer  # type: ignore[attr-defined]  # the message with the button
    await room.restarts()
    room["bob"]._offer = ask  # type: ignore[attr-defined]  # which still stands there
    opened = await room["bob"].presses("Forget me…")
    assert opened.form
    assert "You are forgotten" in (await room["bob"].fills(word="forget")).text
    assert "not reminded" in (await room["bob"].says("/remind")).text
