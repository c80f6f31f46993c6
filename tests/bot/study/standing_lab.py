"""Answers and words put straight into the real store, at any moment, without asking torch for questions."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import count

from bot.app import Core
from bot.command import Place
from bot.store.learning_rows import Line
from cards.calendar import calendar
from tests.bot.conversation import GROUP

_numbers = count()


async def answered(
    core: Core, name: str, *moments: datetime, place: Place = GROUP, right: bool = True, tried: bool = True
) -> None:
    """Somebody of the group answers a question at each of these moments."""
    person = f"test:{name}"
    for at in moments:
        core.store.members.remember(place, person, at)
        await core.store.drain()
        pupil = await core.store.learning.enrol(person, zone="", seed=1, at=at)
        line = Line(
            person=person,
            at=at,
            zone=pupil.zone,
            kind="answer",
            platform=place.platform,
            community=place.community,
            posed=f"q{next(_numbers)}",
            card="stride/conv1d",
            source="stride/conv1d",
            correct=right,
            rating=3 if right else 1,
            tried=tried,
        )
        days = await asyncio.to_thread(calendar, pupil.zone)
        assert await core.store.learning.record(pupil, line, [], days) is not None
