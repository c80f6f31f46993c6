"""What somebody sees of themselves: their days, what they remember, what they mix up, and how the last week went."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.group.streaks import Streak
from bot.store.tables import EPOCH
from bot.study.standing import lived_streak

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.app import Core
    from bot.command import Place, User
    from bot.store.lives import Lived
    from bot.store.mine import Missed, Own, Tally
    from bot.tutor.model import Knowledge

WEEK = 7  # of somebody's own days, today among them
MISTAKES_DAYS = 90  # mistakes that are older than that are not held against anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Answers, and right ones among them."""

    tried: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A wrong rule that somebody followed.

    Attributes:
        mistake: `M1` to `M24`.
        count: how often, in the last `MISTAKES_DAYS` days.
        topic: the title of the topic in which they mostly did; empty where it is not asked any more.
    """

    mistake: str
    count: int
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What `/mine` says.

    Attributes:
        streak: with each of their days.
        knowledge: what they remember, of everything or of the topic that was asked for.
        answers: all that they ever gave to that.
        week: of them, in the last seven days.
        before: in the seven days before those.
        new: cards and skills that were new in the last seven days.
        new_before: in the seven days before those.
        mistakes: the commonest first.
    """

    streak: Streak
    knowledge: Knowledge
    answers: Answered
    week: Answered
    before: Answered
    new: int
    new_before: int
    mistakes: tuple[Followed, ...]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """The verbs; `Study.mine` is one."""

    core: Core

    async def of(self, user: User, place: Place, now: datetime, words: str = "") -> Mine | None:
        """All about a person at a moment, or about one topic of theirs; None where they never answered anything.

        Raises:
            UserError: there is no such topic.
        """
        lived = (await self.core.study.standing.lives([user.id], now)).get(user.id)
        if lived is None and await self.core.store.learning.pupil(user.id) is None:
            return None
        about = words.strip()
        counted = asyncio.create_task(self._counted(user.id, lived, now, whole=bool(about)))
        try:
            knowledge = await self.core.tutor.knowledge(user, place, now, words)
        finally:
            await asyncio.wait([counted])  # also where there is no such topic: nothing goes on looking by itself
        streak, own = counted.result()
        if lived is None and not knowledge.begun and not about:
            return None
        inside = [each for each in own.tallies if not about or each.card in knowledge.names]
        first = knowledge.today - timedelta(days=WEEK - 1)
        return Mine(
            streak=streak,
            knowledge=knowledge,
            answers=_sum(inside) if about else _ever(streak, own.right),
            week=_sum(each for each in inside if each.span == 2),
            before=_sum(each for each in inside if each.span == 1),
            new=sum(each.first >= first for each in knowledge.begun),
            new_before=sum(first > each.first >= first - timedelta(days=WEEK) for each in knowledge.begun),
            mistakes=_followed(own.missed, knowledge),
        )

    async def _counted(self, person: str, lived: Lived | None, now: datetime, *, whole: bool) -> tuple[Streak, Own]:
        """Their streak, and their answers: of the `whole` time, or of the two weeks alone."""
        streak = Streak() if lived is None else await asyncio.to_thread(lived_streak, lived, now)
        begins, week = _weeks(streak, now)
        tallied, mistaken = EPOCH if whole else begins, now - timedelta(days=MISTAKES_DAYS)
        found = self.core.store.mine.of(person, now, begins=begins, week=week, tallied=tallied, mistaken=mistaken)
        return streak, await found


def _weeks(streak: Streak, now: datetime) -> tuple[datetime, datetime]:
    """When the week before the last began, and the last; not before there was anything."""
    history = streak.history
    if not history:
        return now, now
    return history[max(0, len(history) - 2 * WEEK)].day.begins, history[max(0, len(history) - WEEK)].day.begins


def _ever(streak: Streak, right: int) -> Answered:
    tried = sum(each.answers for each in streak.history)
    return Answered(tried=tried, right=min(tried, right))


def _sum(tallies: Iterable[Tally]) -> Answered:
    found = list(tallies)
    tried = sum(each.tried for each in found)
    return Answered(tried=tried, right=min(tried, sum(each.right for each in found)))


def _followed(missed: Sequence[Missed], knowledge: Knowledge) -> tuple[Followed, ...]:
    """By misconception, the commonest first; of a topic, those within it."""
    topics = {each.name: each.topic for each in knowledge.begun}
    counts: Counter[str] = Counter()
    where: dict[str, Counter[str]] = {}
    for each in missed:
        if knowledge.title and each.card not in knowledge.names:
            continue
        counts[each.mistake] += each.count
        where.setdefault(each.mistake, Counter())[topics.get(each.card, "")] += each.count
    return tuple(
        Followed(mistake=mistake, count=count, topic=where[mistake].most_common(1)[0][0])
        for mistake, count in sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    )
