"""What is asked next: practice that mixes rules, and reviews of what is due, each confirmed by torch beforehand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import structlog

from bot.arguments import shorten
from bot.errors import TorchAway, WrongUsage
from bot.tutor import wire
from bot.tutor.answering import seal
from bot.tutor.catalogues import HOUSE
from bot.tutor.choosing import Pile, by_rule, chosen, piles
from bot.tutor.model import Catalogue, Posed, Rest, Session, Standing
from bot.tutor.posing import Seat, draw_for, from_card, from_question, level, short_id
from cards.generate import QuestionError, TorchAwayError
from cards.search import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from bot.command import Incoming, Place, User
    from bot.store.learning import Learning
    from bot.tutor.catalogues import Catalogues, Shelved
    from bot.tutor.checking import Checker
    from bot.tutor.pupils import Held, Pupils
    from cards.calendar import Calendar
    from cards.learner import Learner

MOST = 20  # questions at a time
MOST_TRIES = 60  # names that are looked at for one session, where some cannot be asked
MOST_COUNTED = 200  # of what is due: more is a number that says nothing
AWAY = "Torch cannot be asked just now, and I ask nothing that it has not confirmed. Try again in a moment."


@dataclass(frozen=True, slots=True)
class Asking:
    """The verbs; `Tutor` has one."""

    learning: Learning
    pupils: Pupils
    catalogues: Catalogues
    checker: Checker

    async def practise(self, incoming: Incoming, words: str, count: int, names: Sequence[str]) -> Session:
        """See `Tutor.practise`."""
        session = short_id(incoming.id, incoming.user.id, "practice")
        if there := await self.learning.session(session):
            return Session(id=session, questions=tuple(map(wire.posed, there)))
        count = min(max(1, count), MOST)
        shelved = await self.catalogues.of(incoming.user, incoming.place)
        catalogue, draw = shelved.catalogue, draw_for(session)
        last = await self._last_rule(incoming.user, incoming.place)
        async with self.pupils.held(incoming.user.id, catalogue, incoming.at) as held:
            scope = None
            if not names:
                index = await shelved.index()
                scope = deck_called(words, catalogue) or await asyncio.to_thread(index.topics, words)
            if scope is None:
                between = by_rule(_known(names, catalogue), catalogue)
            else:
                between = _mixed(scope, words, catalogue, held, incoming.at)
            found = islice(chosen(between, draw, last=last), MOST_TRIES)
            posed = await self._session(incoming, session, found, count, shelved, held, draw)
        if not posed:
            raise WrongUsage("Torch confirms none of these questions just now.", suggestion="/practice")
        await self.learning.pose([wire.asked(each) for each in posed])
        topics = () if scope is None else tuple(catalogue.topics.get(topic, topic) for topic in scope.topics)
        return Session(id=session, questions=tuple(posed), topics=topics, says=_says(scope, words, count, len(posed)))

    async def review(self, incoming: Incoming) -> Posed | Rest:
        """See `Tutor.review`."""
        session = short_id(incoming.id, incoming.user.id, "review")
        shelved = await self.catalogues.of(incoming.user, incoming.place)
        async with self.pupils.held(incoming.user.id, shelved.catalogue, incoming.at) as held:
            open_now = await self._reviewed(incoming, session, held)
            if open_now is not None:
                return open_now
            names = islice(held.learner.order(incoming.at, held.days), MOST_TRIES)
            seat = Seat(session=session, position=1, of=1, purpose="review")
            draw, away = draw_for(session), False
            for name in names:
                try:
                    posed = await self._posed(incoming, seat, name, shelved, held, draw.getrandbits(32))
                except TorchAwayError:
                    away = True
                    continue
                if posed is not None:
                    await self.learning.pose([wire.asked(posed)])
                    return posed
            if away:
                raise TorchAway(AWAY)
            return Rest(standing=await self.standing_of(held, incoming.user, incoming.at))

    async def card(self, incoming: Incoming, name: str) -> Posed:
        """See `Tutor.card`."""
        shelved = await self.catalogues.of(incoming.user, incoming.place)
        [name] = _known([name], shelved.catalogue)
        card = shelved.catalogue.cards.get(name)
        if card is None:
            raise WrongUsage(f"`{name}` is a skill: its questions differ each time.", suggestion="/practice")
        seat = Seat(session="", position=1, of=1, purpose="practice")
        posed = from_card(incoming, seat, card, catalogue=shelved.catalogue, torch=shelved.proved.get(name, ""))
        return replace(posed, id="", person="")

    async def standing(self, user: User, place: Place, now: datetime) -> Standing:
        """See `Tutor.standing`."""
        shelved = await self.catalogues.of(user, place)
        async with self.pupils.held(user.id, shelved.catalogue, now) as held:
            return await self.standing_of(held, user, now)

    async def standing_of(self, held: Held, user: User, now: datetime) -> Standing:
        """How much a learner who is held has to do; see `Tutor.standing`."""
        learner, days = held.learner, held.days
        done, right = await self.learning.done(user.id, days.begins(days.day(now)))
        if learner.waiting_now(now, days) < MOST_COUNTED:
            return _standing(learner, days, now, done, right)
        return await asyncio.to_thread(_standing, learner, days, now, done, right)  # a plan for thousands takes a while

    async def _reviewed(self, incoming: Incoming, session: str, held: Held) -> Posed | None:
        """The review that is open here; or what this very event has posed before."""
        rows = await self.learning.newest(incoming.user.id, incoming.place)
        if not rows or rows[0].purpose != "review":
            return None
        posed = wire.posed(rows[0])
        if posed.session == session:
            return posed
        answered = await self.learning.answers_in(incoming.user.id, posed.session)
        withdrawn = (posed.source, seal(posed)) in await self.learning.withdrawn()
        due = held.learner.may_ask(posed.card, incoming.at, held.days)
        return posed if due and not answered and not withdrawn else None

    async def _session(
        self,
        incoming: Incoming,
        session: str,
        names: Iterator[str],
        count: int,
        shelved: Shelved,
        held: Held,
        draw: Random,
    ) -> list[Posed]:
        """So many questions of these names, in their order; those that cannot be asked are passed over."""
        found: list[Posed] = []
        seats = (Seat(session=session, position=place, of=count, purpose="practice") for place in itertools.count(1))
        while len(found) < count and (batch := list(islice(names, count - len(found)))):
            turns = [(name, next(seats), draw.getrandbits(32)) for name in batch]
            asked = (self._posed(incoming, seat, name, shelved, held, seed) for name, seat, seed in turns)
            for each in await asyncio.gather(*asked, return_exceptions=True):
                if isinstance(each, TorchAwayError):
                    raise TorchAway(AWAY) from each
                if isinstance(each, BaseException):
                    raise each
                if each is not None:
                    found.append(each)
        return [replace(posed, position=place, of=len(found)) for place, posed in enumerate(found, start=1)]

    async def _last_rule(self, user: User, place: Place) -> str:
        """Of the question that was asked last here."""
        rows = await self.learning.newest(user.id, place)
        return wire.posed(rows[-1]).rule if rows else ""

    async def _posed(
        self, incoming: Incoming, seat: Seat, name: str, shelved: Shelved, held: Held, seed: int
    ) -> Posed | None:
        """A card or a skill as a question; None where torch does not confirm it, raises `TorchAwayError`."""
        catalogue = shelved.catalogue
        if name in catalogue.skills:
            memory = held.learner.memory(name)
            try:
                question = await (await self.checker.examiner()).question(catalogue.skills[name], level(memory), seed)
            except TorchAwayError:
                raise
            except QuestionError as fault:
                structlog.get_logger("tutor").error("question.refused", skill=name, why=str(fault))
                return None
            return from_question(incoming, seat, question, catalogue=catalogue, newcomer=memory is None)
        card = catalogue.cards[name]
        if not name.startswith(f"{HOUSE}/"):
            return from_card(incoming, seat, card, catalogue=catalogue, torch=shelved.proved.get(name, ""))
        holds, torch = await self.checker.confirmed(card)
        if not holds:
            structlog.get_logger("tutor").error("card.refused", card=name)
            return None
        return from_card(incoming, seat, card, catalogue=catalogue, torch=torch)


def deck_called(words: str, catalogue: Catalogue) -> Scope | None:
    """All cards of somebody's own deck, where the words are its name and nothing else."""
    wanted = words.strip().casefold()
    found = next((deck for deck in catalogue.decks[1:] if deck.title.strip().casefold() == wanted), None)
    if found is None or not found.cards:
        return None
    return Scope(cards=tuple(f"{found.id}/{card.id}" for card in found.cards), title=f"The deck `{found.title}`")


def _known(names: Sequence[str], catalogue: Catalogue) -> list[str]:
    """The names, each once; raises `WrongUsage` for one that this person is not asked here."""
    for name in names:
        if name not in catalogue.cards and name not in catalogue.skills:
            raise WrongUsage(f"There is no card `{shorten(name)}` for you here.", suggestion="/practice")
    return list(dict.fromkeys(names))


def _mixed(scope: Scope, words: str, catalogue: Catalogue, held: Held, now: datetime) -> list[Pile]:
    """What to take turns between; raises `WrongUsage` where the words mean nothing."""
    if not scope.skills and not scope.cards:
        near = f"/practice {scope.instead[0]}" if scope.instead else "/practice"
        raise WrongUsage(f"I have no questions about `{shorten(words)}`.", suggestion=near)
    return piles(scope.skills, scope.cards, catalogue, held.learner, now, held.days)


def _says(scope: Scope | None, words: str, count: int, found: int) -> str:
    """How the words were understood, and that there are fewer questions than were asked for."""
    title = scope.title if scope is not None and words.strip() else ""
    few = f"There {'is' if found == 1 else 'are'} only {found} of them." if found < count and scope is not None else ""
    return " ".join(each for each in (f"{title}." if title and few else title, few) if each)


def _standing(learner: Learner, days: Calendar, now: datetime, done: int, right: int) -> Standing:
    today = days.day(now)
    asked = list(islice(learner.order(now, days), MOST_COUNTED))
    new = sum(learner.memory(name) is None for name in asked)
    due = len(asked) - new if len(asked) < MOST_COUNTED else learner.waiting_now(now, days)
    later = min((day for day, cards in learner.load.items() if cards and day > today), default=None)
    moments = [learner.waits_until(now), None if later is None else days.begins(later)]
    return Standing(
        due=due,
        new=new,
        learnt=len(learner.memories),
        done=done,
        right=right,
        next_due=None if asked else min((each for each in moments if each is not None), default=None),
        tomorrow=learner.load.get(days.day(days.ends(today)), 0),
        plan=learner.catch_up(now, days),
    )
