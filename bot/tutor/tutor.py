"""The tutor's verbs: what the commands, and later quizzes and daily cards, are built on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.command import Place
from bot.tutor.model import (
    Catalogue,
    Checked,
    Disputed,
    Knowledge,
    LookedUp,
    Marked,
    Posed,
    Purpose,
    Rest,
    Revealed,
    Session,
    Standing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.app import Core
    from bot.command import Incoming, User
    from bot.tutor.parts import Parts
    from cards.backlog import Plan
    from cards.calendar import Calendar
    from cards.grade import Confidence, Rating
    from cards.memory import Memory
    from cards.search import Found, Hit


class Tutor:
    """Asks and remembers. One for each core; decks are read with the first use."""

    def __init__(self, core: Core) -> None:
        """Asks nothing of the core yet."""
        self._core = core
        self._made: Parts | None = None

    async def _parts(self) -> Parts:
        """What does the work; with the first use the decks' and the language's code is read in."""
        if self._made is None:
            self._made = await asyncio.to_thread(_make, self._core)
        return self._made

    def read_anew(self) -> None:
        """Has learners loaded anew: some were linked, or want to be forgotten."""
        if self._made is not None:
            self._made.memories.pupils.forget_all()

    # What there is.

    async def warm(self) -> None:
        """Reads in what everybody is asked from, so that nobody's first word waits for it."""
        nobody = Place(platform="", community="", channel="")
        parts = await self._parts()
        await parts.catalogues.of_person("", nobody)

    async def cards(self, user: User, place: Place) -> Catalogue:
        """What this person may be asked here: the house deck, and what they or their community use."""
        parts = await self._parts()
        return (await parts.catalogues.of(user, place)).catalogue

    @property
    def topics(self) -> Mapping[str, str]:
        """The titles of the house deck's topics by their ids, once the decks have been read; none before."""
        return {} if self._made is None else self._made.catalogues.topics

    async def find(self, user: User, place: Place, words: str, limit: int = 10) -> Found:
        """The cards of this person's decks that are nearest to words."""
        parts = await self._parts()
        return await parts.finding.find(user, place, words, limit)

    async def shared(self, place: Place) -> frozenset[str]:
        """The decks whose cards everybody in a place may see: the house's, and those that the community uses."""
        parts = await self._parts()
        return await parts.finding.shared(place)

    async def look_up(self, user: User, place: Place, name: str) -> LookedUp:
        """A card by its name, `deck/card`, with its answer; nothing is asked, and nothing is remembered.

        Raises:
            UserError: this person sees no such card here, or torch does not confirm it.
        """
        parts = await self._parts()
        return await parts.finding.look_up(user, place, name)

    async def next_card(self, user: User, place: Place, now: datetime) -> str | None:
        """The name of the card that this person would be asked next: due, or new; None where nothing is."""
        parts = await self._parts()
        return await parts.finding.next_card(user, place, now)

    def begun(self, words: str) -> tuple[Hit, ...]:
        """Cards of the house deck for words that are still being typed; none before the decks were read."""
        found = None if self._made is None else self._made.finding.begun(words)
        return () if found is None else tuple(hit for hit in found.hits if hit.name.startswith("stride/"))

    async def standing(self, user: User, place: Place, now: datetime) -> Standing:
        """How much there is to do, what was done today, and a plan for what has piled up."""
        parts = await self._parts()
        return await parts.asking.standing(user, place, now)

    async def knowledge(self, user: User, place: Place, now: datetime, words: str = "") -> Knowledge:
        """What this person remembers, and will; of a topic, or of what words find, as `practise` takes them.

        Raises:
            UserError: there is no such topic.
        """
        parts = await self._parts()
        return await parts.knowing.knowledge(user, place, now, words)

    # What is asked.

    async def practise(
        self, incoming: Incoming, words: str = "", count: int = 5, *, names: Sequence[str] = ()
    ) -> Session:
        """Poses questions now: fresh numbers, mixed; where a topic has no family of them, its cards.

        The same event poses the same questions again.

        Args:
            incoming: who asks, and where.
            words: a topic, or words that find one; empty for everything.
            count: how many, from 1 to 20.
            names: instead of words, what to ask: `deck/card` or `~family`, such as those that were missed. A skill has
                fresh numbers.

        Raises:
            UserError: there is no such topic or card, or torch cannot be asked.
        """
        parts = await self._parts()
        return await parts.asking.practise(incoming, words, count, names)

    async def review(self, incoming: Incoming) -> Posed | Rest:
        """Poses what is due, one question; the same again while it has not been answered.

        Raises:
            UserError: torch cannot be asked, and nothing that is due goes without.
        """
        parts = await self._parts()
        return await parts.asking.review(incoming)

    async def pose_for_channel(
        self,
        place: Place,
        at: datetime,
        *,
        ids: Sequence[str],
        seed: str,
        words: str = "",
        difficulty: int | None = None,
        purpose: Purpose = "daily",
        keep: bool = True,
    ) -> tuple[Posed, ...]:
        """Poses questions that everybody in a place may answer, once each: of the decks that all use there.

        None is what was asked there last; topics take turns, and what people there get wrong comes more often. All are
        of a kind that torch judges, most with choices. What was posed under these ids before comes again as it was.

        Args:
            place: the channel.
            at: when they are asked.
            ids: one for each question, `[a-z0-9]`, at most 12 characters; the first names the session.
            seed: decides what is drawn.
            words: a topic, a deck's name, or words that find one; empty for everything.
            difficulty: from 1 to 3; None: as the group does.
            purpose: what they are asked for: who asks them decides until when they may be answered.
            keep: False shows what might be asked, and poses nothing.

        Raises:
            UserError: there is no such topic, or torch cannot be asked.
        """
        parts = await self._parts()
        return await parts.together.pose(
            place, at, ids=ids, seed=seed, words=words, difficulty=difficulty, purpose=purpose, keep=keep
        )

    async def understood_for_channel(self, place: Place, words: str, difficulty: int | None = None) -> str:
        """What a topic for a channel was taken for, in words; empty for everything.

        Raises:
            UserError: there is no such topic, or nothing of it is that difficult.
        """
        parts = await self._parts()
        return await parts.together.understood(place, words, difficulty)

    async def answers_of_all(self, posed: Posed) -> tuple[Marked, ...]:
        """What everybody answered to a question of a whole channel, in no order that says who."""
        parts = await self._parts()
        return await parts.together.answers(posed)

    async def posed(self, posed_id: str) -> Posed | None:
        """The question of that id; None where there is none."""
        parts = await self._parts()
        return await parts.sessions.posed(posed_id)

    async def open_question(self, user: User, place: Place) -> Posed | None:
        """The question that this person has to answer here: the first unanswered one of the newest session."""
        parts = await self._parts()
        return await parts.sessions.open_question(user, place)

    async def following(self, posed: Posed, user: User) -> Posed | None:
        """The next unanswered question of the same session; None where there is none, and in a quiz."""
        parts = await self._parts()
        return await parts.sessions.following(posed, user)

    async def results(self, posed: Posed, user: User) -> tuple[Marked, ...]:
        """This person's answers in the session of that question, in the session's order."""
        parts = await self._parts()
        return await parts.sessions.results(posed, user)

    async def newest_answered(self, user: User, place: Place) -> Posed | None:
        """The question that this person answered last here."""
        parts = await self._parts()
        return await parts.sessions.newest_answered(user, place)

    async def card(self, incoming: Incoming, name: str) -> Posed:
        """A card by its name, `deck/card`, as nobody is asked it: for `check` and `dispute`; it is not kept.

        Raises:
            UserError: this person sees no such card here.
        """
        parts = await self._parts()
        return await parts.asking.card(incoming, name)

    # What was answered.

    async def read(self, posed: Posed, typed: str) -> str:
        """How typed words would be read as an answer, as one would write it; keeps nothing, and judges nothing.

        Raises:
            UserError: words that cannot be read as an answer; the message says how to write it.
        """
        parts = await self._parts()
        return parts.read(posed, typed)

    async def answer(
        self,
        incoming: Incoming,
        posed: Posed,
        *,
        typed: str | None = None,
        choice: int | None = None,
        rating: Rating | None = None,
        confidence: Confidence | None = None,
    ) -> Marked | Revealed:
        """Marks an answer and remembers it, durably, before this returns; once for each person and question.

        One of the three is given. A second answer gets what was said of the first, with `again`.

        Args:
            incoming: who answers.
            posed: the question.
            typed: an answer in words, also `b` or `2` for a choice and `b a c` for an order.
            choice: the place, from 0, of the choice that was pressed.
            rating: how well they knew it, by themselves, for questions that are `rated`; `AGAIN` says of every question
                that they do not know.
            confidence: how sure they were, before the answer was shown.

        Returns:
            Marked; or, for a `rated` question with typed words that are not plainly right, Revealed.

        Raises:
            UserError: somebody else's question, or words that cannot be read as an answer; nothing was kept.
        """
        parts = await self._parts()
        return await parts.answers.answer(
            incoming, posed, typed=typed, choice=choice, rating=rating, confidence=confidence
        )

    async def reveal(self, incoming: Incoming, posed: Posed) -> Revealed:
        """The answer to a `rated` question, to be compared with one's own; raises `UserError` for others."""
        parts = await self._parts()
        return await parts.answers.reveal(incoming, posed)

    async def marked(self, posed: Posed, user: User) -> Marked | None:
        """What this person was told about their answer; None where they have not answered."""
        parts = await self._parts()
        return await parts.answers.marked(posed, user)

    async def override(self, incoming: Incoming, posed: Posed, rating: Rating) -> Marked:
        """Rates the answer anew, as if it had been rated so at once; raises `UserError` where there is none."""
        parts = await self._parts()
        return await parts.answers.override(incoming, posed, rating)

    async def take_up(self, incoming: Incoming) -> Plan:
        """Spreads what has piled up over days; raises `UserError` where nothing has."""
        parts = await self._parts()
        return await parts.memories.take_up(incoming)

    async def set_zone(self, user: User, zone: str, now: datetime) -> None:
        """Where this person's days begin at 04:00 from now on; an empty zone stands for their community's.

        Raises:
            UserError: it is no zone.
        """
        parts = await self._parts()
        await parts.memories.set_zone(user, zone, now)

    # What comes in and goes out with a deck.

    async def calendar(self, user: User) -> Calendar:
        """The calendar of this person's days."""
        parts = await self._parts()
        return await parts.memories.calendar(user)

    async def remembered(self, user: User, deck_id: str) -> dict[str, Memory]:
        """What this person remembers of a deck's cards, by the ids that they have in it; what is new is left out."""
        parts = await self._parts()
        return await parts.memories.remembered(user, deck_id)

    async def take_over(self, user: User, deck_id: str, memories: Sequence[Memory], now: datetime) -> int:
        """Begins with what somebody brings along with a deck, such as from Anki; of how many cards.

        `memories` name cards by the ids that they have in the deck. What is remembered here already stays as it is.
        """
        parts = await self._parts()
        return await parts.memories.take_over(user, deck_id, memories, now)

    # Whether it is right.

    async def check(self, incoming: Incoming, posed: Posed) -> Checked:
        """Runs the question's proof now, for `/why`; raises `UserError` before the answer, or without torch."""
        parts = await self._parts()
        return await parts.disputes.check(incoming, posed)

    async def dispute(self, incoming: Incoming, posed: Posed) -> Disputed:
        """Runs the question's proof now; where it is wrong, withdraws it and credits everybody it affected.

        Raises:
            UserError: it was not answered yet, or torch cannot be asked: nothing was decided.
        """
        parts = await self._parts()
        return await parts.disputes.dispute(incoming, posed)


def _make(core: Core) -> Parts:
    from bot.tutor.parts import Parts  # with it come all families of questions, which a start does not wait for

    return Parts(core)
