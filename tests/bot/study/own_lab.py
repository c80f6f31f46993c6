"""Answers as the tutor keeps them, with the memories that they come to, at any moment and without torch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import count

from bot.app import Core
from bot.command import Place, User
from bot.store.learning_rows import Line
from cards.grade import Rating
from tests.bot.conversation import GROUP

_numbers = count()


async def learnt(
    core: Core, name: str, card: str, at: datetime, *, right: bool = True, mistake: str = "", place: Place = GROUP
) -> Line:
    """Somebody answers a card or a skill, as nobody asked it."""
    person = f"test:{name}"
    parts = await core.tutor._parts()
    catalogue = (await parts.catalogues.of(User(id=person, name=name), place)).catalogue
    async with parts.knowing.pupils.held(person, catalogue, at) as held:
        answered = held.learner.answer(card, Rating.GOOD if right else Rating.AGAIN, at, held.days)
        line = Line(
            person=person,
            at=at,
            zone=held.days.zone,
            kind="answer",
            platform=place.platform,
            community=place.community,
            posed=f"own{next(_numbers)}",
            card=card,
            source=card,
            correct=right,
            rating=int(Rating.GOOD if right else Rating.AGAIN),
            mistake=mistake,
            tried=True,
        )
        kept = await core.store.learning.record(held.pupil, line, [answered.memory, *answered.freed], held.days)
        assert kept is not None
        held.pupil = replace(held.pupil, version=held.pupil.version + 1)
    return kept.line


async def credited(core: Core, line: Line, at: datetime) -> None:
    """A dispute makes a wrong answer right."""
    parts = await core.tutor._parts()
    catalogue = (await parts.catalogues.of(User(id=line.person, name=""), GROUP)).catalogue
    async with parts.knowing.pupils.held(line.person, catalogue, at) as held:
        about = replace(line, id=0, at=at, kind="credit", posed=None, about=line.id, correct=True, mistake="")
        assert await core.store.learning.record(held.pupil, about, [], held.days) is not None
        held.pupil = replace(held.pupil, version=held.pupil.version + 1)
