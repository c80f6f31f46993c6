"""Questions for everybody in a channel: what is asked next there, posed once and answered by each for themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from bot.arguments import shorten
from bot.command import Incoming, User
from bot.errors import TorchAway, WrongUsage
from bot.group.picking import NOTHING, RESTS, Candidate, Stock, Tally, level, picks
from bot.pace import Pace
from bot.tutor import wire
from bot.tutor.asking import AWAY, deck_called
from bot.tutor.catalogues import HOUSE
from bot.tutor.choosing import rule_of
from bot.tutor.posing import Seat, draw_for, from_card, from_question, is_rated
from cards.generate import QuestionError, TorchAwayError

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from bot.command import Place
    from bot.store.learning import Learning
    from bot.tutor.catalogues import Catalogues, Shelved
    from bot.tutor.checking import Checker
    from bot.tutor.model import Catalogue, Marked, Posed, Purpose
    from cards.search import Scope

NOBODY = User(id="", name="")  # of whom a question for everybody is asked
REMEMBERED = timedelta(days=90)  # answers that say what a group finds hard
MOST_ANSWERS = 2_000  # of them, the newest
SKEW = timedelta(minutes=10)  # by which clocks of platforms may differ
WISHES = 200  # of topics and difficulties, that are known at a time
MOST_TRIES = 40  # things that are looked at for one question, where torch confirms some of them not


@dataclass(frozen=True, slots=True)
class Together:
    """The verbs; `Tutor` has one."""

    learning: Learning
    catalogues: Catalogues
    checker: Checker
    pace: Pace = field(default_factory=Pace)

    async def pose(
        self,
        place: Place,
        at: datetime,
        *,
        ids: Sequence[str],
        seed: str,
        words: str,
        difficulty: int | None,
        purpose: Purpose,
        keep: bool,
    ) -> tuple[Posed, ...]:
        """See `Tutor.pose_for_channel`."""
        session = ids[0]
        if there := await self.learning.session(session):
            return tuple(map(wire.posed, there))
        shelved, found = await self._wished(place, words, difficulty)
        recent = await self.learning.asked_everybody(place, RESTS)
        told = await self.learning.tallies(place, at - REMEMBERED, MOST_ANSWERS)
        tallies = {name: Tally(*counts) for name, counts in told.items()}
        draw = draw_for(seed)
        await self.pace.turn()
        names = islice(picks(found, recent=recent, tallies=tallies, draw=draw), MOST_TRIES * len(ids))
        event = Incoming(id="", user=NOBODY, place=place, at=at)
        posed: list[Posed] = []
        away = False
        for place_in, name in _numbered(names, posed, len(ids)):
            seat = Seat(session=session, position=place_in, of=len(ids), purpose=purpose)
            hard = difficulty or level(tallies.get(name, NOTHING))
            try:
                question = await self._posed(event, seat, name, shelved, hard, draw)
            except TorchAwayError:
                away = True
                continue
            if question is not None:
                posed.append(replace(question, id=ids[place_in - 1]))
        if len(posed) < len(ids):
            raise TorchAway(AWAY) if away else WrongUsage("Torch confirms none of these questions just now.")
        if keep and not await self.learning.pose([wire.asked(each) for each in posed]):
            # Another bot, to which this one was too slow, drew others meanwhile: those are what answers are held to.
            return tuple(map(wire.posed, await self.learning.session(session)))
        return tuple(posed)

    async def answers(self, posed: Posed) -> tuple[Marked, ...]:
        """See `Tutor.answers_of_all`."""
        lines = await self.learning.answers_of_all(posed.place, posed.id, posed.source, posed.at - SKEW)
        return tuple(wire.marked(posed, each) for each in lines)

    async def understood(self, place: Place, words: str, difficulty: int | None) -> str:
        """See `Tutor.understood_for_channel`."""
        shelved, _ = await self._wished(place, words, difficulty)
        scope = await self._scope(shelved, words)
        return "" if scope is None else scope.title

    async def _wished(self, place: Place, words: str, difficulty: int | None) -> tuple[Shelved, Stock]:
        """What everybody in a place is asked from, and what of it is wished for; raises `WrongUsage` for nothing."""
        shelved = await self.catalogues.of_person("", place)
        known, wish = shelved.for_everybody, (words, difficulty)
        if wish not in known:
            scope = await self._scope(shelved, words)
            known[wish] = Stock(_candidates(shelved.catalogue, scope, difficulty))
            if len(known) > WISHES:
                known.popitem(last=False)
        if not known[wish]:
            raise WrongUsage(_none_of(words, difficulty), suggestion="/practice")
        return shelved, known[wish]

    async def _scope(self, shelved: Shelved, words: str) -> Scope | None:
        """What words mean; None: everything."""
        if not words.strip():
            return None
        index = await shelved.index()
        found = deck_called(words, shelved.catalogue)
        if found is None:
            found = await asyncio.to_thread(index.topics, words)
        if not found.skills and not found.cards:
            near = f"/practice {found.instead[0]}" if found.instead else "/practice"
            raise WrongUsage(f"I have no questions about `{shorten(words)}`.", suggestion=near)
        return found

    async def _posed(
        self, event: Incoming, seat: Seat, name: str, shelved: Shelved, hard: int, draw: Random
    ) -> Posed | None:
        """A card or a skill as a question; None where torch does not confirm it, raises `TorchAwayError`."""
        catalogue, seed = shelved.catalogue, draw.getrandbits(32)
        if name in catalogue.skills:
            try:
                question = await (await self.checker.examiner()).question(catalogue.skills[name], hard, seed)
            except QuestionError as fault:
                structlog.get_logger("tutor").error("question.refused", skill=name, why=str(fault))
                return None
            return from_question(event, seat, question, catalogue=catalogue, newcomer=True)
        card = catalogue.cards[name]
        if not name.startswith(f"{HOUSE}/"):
            return from_card(event, seat, card, catalogue=catalogue, torch=shelved.proved.get(name, ""))
        holds, torch = await self.checker.confirmed(card)
        if not holds:
            structlog.get_logger("tutor").error("card.refused", card=name)
            return None
        return from_card(event, seat, card, catalogue=catalogue, torch=torch)


def _numbered(names: Iterator[str], posed: Sequence[object], most: int) -> Iterator[tuple[int, str]]:
    """Names until so many have been posed, each with the place that is open then."""
    for name in names:
        if len(posed) >= most:
            return
        yield len(posed) + 1, name


def _candidates(catalogue: Catalogue, scope: Scope | None, difficulty: int | None) -> Iterator[Candidate]:
    wanted = None if scope is None else {*scope.cards, *scope.skills}
    for each in _all(catalogue):
        if (wanted is None or each.name in wanted) and (difficulty is None or each.difficulty in {0, difficulty}):
            yield each


def _all(catalogue: Catalogue) -> Iterator[Candidate]:
    """What torch can judge: a sentence that people compare for themselves is no question for everybody."""
    for card in catalogue.taught:
        if card.id in catalogue.skills:
            yield Candidate(name=card.id, topic=card.topic, rule=rule_of(catalogue, card.id), difficulty=0)
        elif not is_rated(card):
            rule = rule_of(catalogue, card.id)
            yield Candidate(name=card.id, topic=card.topic, rule=rule, difficulty=card.difficulty)


def _none_of(words: str, difficulty: int | None) -> str:
    about = f" about `{shorten(words)}`" if words.strip() else ""
    hard = {1: "easy ", 2: "medium ", 3: "hard "}.get(difficulty or 0, "")
    return f"I have no {hard}questions{about} that torch can judge for everybody."
