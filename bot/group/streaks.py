"""Streaks that feel fair: how long somebody has kept at it, and for each day why it counts.

Everything follows from what happened, so a streak can be worked out anew at any time. A day counts with one meaningful
answer on it. A day without one is excused by a holiday of the group, by Stride's own downtime, or by an answer on the
same date before a move; else a freeze is used, which is earned by seven days of answers; else the streak ends, and can
be earned back within two days.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from bot.group.days import Day, Move, days
from bot.group.moments import Moments
from cards.calendar import calendar

EARNED_BY = 7  # days of answers
MOST_FREEZES = 2
SESSION = 5  # answers
EARN_BACK = 2 * SESSION  # answers: a double session
EARN_BACK_WITHIN = timedelta(hours=48)
LONG_OUTAGE = timedelta(minutes=10)  # of a day in all; less excuses it in its last hour alone
LAST_HOUR = timedelta(hours=1)


class Kind(StrEnum):
    """What a day was."""

    ANSWERED = "answered"
    HOLIDAY = "holiday"  # of the group: excused
    DOWNTIME = "downtime"  # Stride was not there: excused
    MOVED = "moved"  # answered on its date already, before a move began it: that answer was on the day before
    FROZEN = "frozen"  # a freeze was used
    MISSED = "missed"  # the streak ended
    NONE = "none"  # there was no streak to lose
    OPEN = "open"  # today, with nothing answered yet


@dataclass(frozen=True, slots=True)
class Outage:
    """Stride was not there from one moment to another."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What a streak follows from.

    Attributes:
        answers: the moments of a person's meaningful answers, in their order.
        moves: where they were from when on; see `days`.
        holidays: dates on which the group rests.
        outages: when Stride was not there, one after the other.
    """

    answers: Sequence[datetime]
    moves: Sequence[Move]
    holidays: Collection[date] = field(default_factory=frozenset)
    outages: Sequence[Outage] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One day, and how things stood at its end, or stand now if it is today.

    Attributes:
        day: which.
        kind: what it was.
        answers: how many meaningful ones.
        streak: in days of answers.
        freezes: that are left.
        earned: whether it brought a freeze.
        restored: the streak that was earned back on it, or 0.
    """

    day: Day
    kind: Kind
    answers: int
    streak: int
    freezes: int
    earned: bool = False
    restored: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """How things stand.

    Attributes:
        days: of answers, without a day missed between them.
        longest: the most there have ever been.
        freezes: that are left.
        until_freeze: days of answers until the next one is earned; 0 where no more can be held.
        safe: whether today needs nothing more.
        lost: the streak that can be earned back now, or 0.
        earn_back_until: until when, where one can.
        earn_back_answers: how many answers that still takes.
        history: every day since the first answer, in order.
    """

    days: int = 0
    longest: int = 0
    freezes: int = 0
    until_freeze: int = EARNED_BY
    safe: bool = False
    lost: int = 0
    earn_back_until: datetime | None = None
    earn_back_answers: int = 0
    history: tuple[Counted, ...] = ()


def streak(happened: Happened, now: datetime) -> Streak:
    """The streak at a moment; what happens after it is not looked at."""
    answers = Moments.of(happened.answers)
    answers = answers[: answers.before(now + timedelta.resolution)]
    if not answers:
        return Streak()
    first = answers[0]
    moves = [move for move in happened.moves if move.at <= now] or happened.moves[:1]
    counter = _Counter(happened, answers)
    for day in days(moves, now):
        if day.ends > first:
            counter.count(day, today=now in day)
    return counter.standing(now)


class _Counter:
    """Goes through the days."""

    def __init__(self, happened: Happened, answers: Moments) -> None:
        self._happened = happened
        self._answers = answers
        self._streak = self._longest = self._freezes = self._towards = 0
        self._lost = 0
        self._broke: datetime | None = None
        self._given = 0  # answers before the next day
        self._history: list[Counted] = []

    def count(self, day: Day, *, today: bool) -> None:
        """One more day."""
        restored = self._earned_back(day) if self._lost else 0
        before = self._given if self._history else self._answers.before(day.begins)
        self._given = self._answers.before(day.ends)
        answered = self._given - before
        earned = False
        if answered:
            kind = Kind.ANSWERED
            self._streak += 1
            earned = self._earn()
        elif today:
            kind = Kind.OPEN
        else:
            kind = self._excuse(day)
        self._longest = max(self._longest, self._streak)
        self._history.append(
            Counted(
                day=day,
                kind=kind,
                answers=answered,
                streak=self._streak,
                freezes=self._freezes,
                earned=earned,
                restored=restored,
            )
        )

    def standing(self, now: datetime) -> Streak:
        """After the last day."""
        last = self._history[-1]
        open_until = None if self._broke is None or not self._lost else self._earn_back_until(self._broke)
        can = open_until is not None and now < open_until
        given = self._between(self._broke, now + timedelta.resolution) if can and self._broke is not None else 0
        return Streak(
            days=self._streak,
            longest=self._longest,
            freezes=self._freezes,
            until_freeze=0 if self._freezes == MOST_FREEZES else EARNED_BY - self._towards,
            safe=last.kind is Kind.ANSWERED or self._excused(last.day) is not None,
            lost=self._lost if can else 0,
            earn_back_until=open_until if can else None,
            earn_back_answers=max(0, EARN_BACK - given) if can else 0,
            history=tuple(self._history),
        )

    def _earn(self) -> bool:
        if self._freezes == MOST_FREEZES:
            self._towards = 0  # a freeze that cannot be held is not earned in advance
            return False
        self._towards += 1
        if self._towards < EARNED_BY:
            return False
        self._towards, self._freezes = 0, self._freezes + 1
        return True

    def _excuse(self, day: Day) -> Kind:
        """What a day without an answer was."""
        excused = self._excused(day)
        if excused is not None:
            return excused
        if not self._streak:
            return Kind.NONE
        if self._freezes:
            self._freezes -= 1
            return Kind.FROZEN
        self._lost, self._broke = self._streak, day.ends
        self._streak = self._towards = 0
        return Kind.MISSED

    def _excused(self, day: Day) -> Kind | None:
        if day.date in self._happened.holidays:
            return Kind.HOLIDAY
        if in_the_way(self._happened.outages, day):
            return Kind.DOWNTIME
        opened = calendar(day.zone).begins(day.date)  # before the day, where a move cut its beginning off
        return Kind.MOVED if opened < day.begins and self._between(opened, day.begins) else None

    def _earned_back(self, day: Day) -> int:
        """The streak that is restored on a day: what was lost, from the answer on that completes a double session."""
        if self._broke is None:
            return 0
        until = self._earn_back_until(self._broke)
        if until <= day.begins:
            self._lost, self._broke = 0, None  # for good
            return 0
        start = self._answers.before(self._broke)
        completing = self._answers[start + EARN_BACK - 1 : start + EARN_BACK]
        if not completing or completing[0] not in day or completing[0] >= until:
            return 0
        restored, self._lost = self._lost, 0
        self._streak += restored
        return restored

    def _earn_back_until(self, broke: datetime) -> datetime:
        """Until when a streak that broke can be earned back: the time in which Stride was away does not count."""
        until, outages = broke + EARN_BACK_WITHIN, self._happened.outages
        for outage in islice(outages, bisect_right(outages, broke, key=lambda each: each.ends), None):
            if outage.begins >= until:
                break
            until += outage.ends - max(outage.begins, broke)
        return until

    def _between(self, begins: datetime, ends: datetime) -> int:
        return self._answers.before(ends) - self._answers.before(begins)


def in_the_way(outages: Sequence[Outage], day: Day) -> bool:
    """Whether somebody who meant to answer on a day may have found nobody there; `outages` are in their order."""
    first = bisect_right(outages, day.begins, key=lambda each: each.ends)
    away = timedelta()
    for outage in islice(outages, first, None):
        begins, ends = max(outage.begins, day.begins), min(outage.ends, day.ends)
        if begins >= day.ends:
            return False
        away += ends - begins
        if away >= LONG_OUTAGE or ends > day.ends - LAST_HOUR:
            return True
    return False
