"""The card of the day: what is asked, until when it may be answered, and what everybody is told then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.errors import TooLate
from bot.pictures.errors import DrawingError
from bot.store.posting_rows import schedule_id
from bot.study.making import Kind, Made

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app import Core
    from bot.command import Incoming, Place, User
    from bot.group.reveals import Spread
    from bot.reply import Picture
    from bot.store.posting_rows import Planned, Posting
    from bot.tutor.model import Posed

ID_LENGTH = 12  # of a question's id, which fits a button
REVEAL_LATEST = timedelta(days=1)
LOOK_BACK = 10  # cards and reveals, of which the newest card is open


@dataclass(frozen=True, slots=True)
class Daily:
    """The verbs; `Study.daily` is one."""

    core: Core

    @property
    def card(self) -> Kind:
        """How the card of the day is made."""
        return Kind(make=self.make_card)

    @property
    def reveal(self) -> Kind:
        """How its reveal is made."""
        return Kind(make=self.make_reveal, latest=REVEAL_LATEST)

    async def make_card(self, posting: Posting, at: datetime) -> Made | None:
        """The card of a posting; None where the schedule has been taken away meanwhile.

        Raises:
            UserError: there is nothing to ask about its topic, or torch cannot be asked.
        """
        del at  # a card that comes late is the same
        from bot.commands import daily_reply
        from bot.group.reveals import revealed_at

        planned = await self.core.store.schedules.one(posting.schedule)
        if planned is None:
            return None
        [posed] = await self.core.tutor.pose_for_channel(
            posting.place,
            posting.moment,
            ids=(posting.id[:ID_LENGTH],),
            seed=posting.id,
            words=planned.options.get("topic", ""),
            difficulty=planned.options.get("difficulty"),
        )
        closes = await asyncio.to_thread(revealed_at, planned.schedule, posting.moment)
        reply = daily_reply.card(posed, closes=closes, zone=planned.schedule.zone)
        return Made(reply=reply, posed=posed.id, closes=closes)

    async def preview(self, place: Place, planned: Planned, moment: datetime) -> Posed:
        """A card as it might come at a moment; raises `UserError` as `make_card` does."""
        [posed] = await self.core.tutor.pose_for_channel(
            place,
            moment,
            ids=("preview",),
            seed=f"{planned.id} {planned.version} {moment.isoformat()}",
            words=planned.options.get("topic", ""),
            difficulty=planned.options.get("difficulty"),
            keep=False,
        )
        return posed

    async def make_reveal(self, posting: Posting, at: datetime) -> Made | None:
        """What was answered, without names; None where nobody can have seen the card."""
        del at  # what is answered after the moment of the reveal is refused
        from bot.commands import daily_reply
        from bot.group.reveals import spread

        posed = await self.core.tutor.posed(posting.posed)
        if posed is None:
            return None
        given = await self.core.tutor.answers_of_all(posed)
        unsure = any(each.kind == "daily" and each.state != "sent" for each in await self._postings(posed.id))
        if unsure and not given:
            return None
        answers = ((each.understood, each.correct or each.credited, each.mistake) for each in given)
        found = spread(answers, posed.choices if posed.asks != "order" else (), posed.key)
        picture = await self._drawn(posed, found) if given else None
        return Made(reply=daily_reply.reveal(posed, given, found, picture), posed=posed.id)

    async def must_be_open(self, posed: Posed, incoming: Incoming) -> None:
        """Raises `TooLate` once everybody has been told the answer to a card of the day, for whoever gave none."""
        from bot.commands import daily_reply

        closes = await self._closes(posed.id)
        if closes is None or incoming.at < closes or await self.core.tutor.marked(posed, incoming.user) is not None:
            return
        raise TooLate(
            "The answer to this card has been told, so it is not counted any more.", told=tuple(daily_reply.key(posed))
        )

    async def open_card(self, user: User, place: Place, at: datetime) -> Posed | None:
        """The newest card of the day in a channel, where this person may still answer it."""
        for posting in await self.core.store.postings.newest(place, ("daily",), 1):
            if posting.closes is None or posting.closes <= at:
                return None
            posed = await self.core.tutor.posed(posting.posed)
            if posed is not None and await self.core.tutor.marked(posed, user) is None:
                return posed
        return None

    async def is_told(self, posed: Posed, at: datetime) -> bool:
        """Whether everybody has been told the answer to a card of the day; not of any other question."""
        closes = await self._closes(posed.id) if posed.purpose == "daily" else None
        return closes is not None and closes <= at

    async def told_card(self, place: Place, at: datetime) -> Posed | None:
        """The newest card of the day in a channel whose answer everybody has been told."""
        for posting in await self.core.store.postings.newest(place, ("daily", "reveal"), LOOK_BACK):
            if (told := _told_at(posting)) is not None and told <= at:
                return await self.core.tutor.posed(posting.posed)
        return None

    async def of(self, place: Place) -> Planned | None:
        """When cards come in a channel; None where none do."""
        return await self.core.store.schedules.one(schedule_id("daily", place))

    async def _postings(self, posed_id: str) -> list[Posting]:
        return await self.core.store.postings.about(posed_id)

    async def _closes(self, posed_id: str) -> datetime | None:
        """When the answer is told, or was; None of what is no card of the day."""
        moments = [_told_at(each) for each in await self._postings(posed_id)]
        return min((each for each in moments if each is not None), default=None)

    async def _drawn(self, posed: Posed, found: list[Spread]) -> Picture | None:
        from bot.commands import daily_reply

        try:
            return await self.core.pictures.chart(daily_reply.chart(posed, found))
        except DrawingError as fault:  # a table says the same
            structlog.get_logger("daily").warning("reveal.undrawn", why=str(fault))
            return None


def _told_at(posting: Posting) -> datetime | None:
    """When the answer is told: a card knows it until there is a posting of its reveal."""
    return posting.moment if posting.kind == "reveal" else posting.closes
