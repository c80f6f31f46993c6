"""What becomes of an answer: marked, remembered once and durably, and rated anew where somebody has reason to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Busy, NotAllowed, StaleAction, TorchAway, UnreadableAnswer, WrongUsage
from bot.store.learning_rows import Line, effect, entries
from bot.tutor import marking, wire
from bot.tutor.catalogues import HOUSE, digest
from bot.tutor.model import Marked, Posed, Revealed
from cards.generate import TorchAwayError
from cards.grade import Rating, Verdict
from cards.grade import rating as rating_for
from cards.memory import Memory
from cards.model import Card
from cards.replay import concerning, replay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.command import Incoming, User
    from bot.store.learning import Learning
    from bot.store.learning_rows import LineKind
    from bot.tutor.catalogues import Catalogues
    from bot.tutor.checking import Checker
    from bot.tutor.pupils import Held, Pupils
    from cards.grade import Confidence
    from cards.learner import Answered, Entry

TRIES = 100  # to write for a learner; each that fails means that another answer of theirs was kept by another bot
MOST_SAID = 500  # characters of an answer that are kept
JUST_NOW = "Several of your answers came at once. Try this one again."
WITHDRAWN = "This question was taken out: torch does not confirm it. It counts for nobody."


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as it was understood."""

    correct: bool
    said: str
    verdict: Verdict | None = None
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """The verbs; `Tutor` has one."""

    learning: Learning
    pupils: Pupils
    catalogues: Catalogues
    checker: Checker

    async def answer(
        self,
        incoming: Incoming,
        posed: Posed,
        *,
        typed: str | None,
        choice: int | None,
        rating: Rating | None,
        confidence: Confidence | None,
    ) -> Marked | Revealed:
        """See `Tutor.answer`."""
        allowed(incoming.user, posed)
        before = await self.marked(posed, incoming.user)
        if before is not None:
            return replace(before, again=True)
        await self._hold_to(posed)
        given = await self._given(posed, typed, choice, rating)
        if given is None:
            return revealed(posed, typed or "")
        found = given.rating or rating_for(correct=given.correct, confidence=confidence)
        posed = await self._confirmed(posed)
        for _ in range(TRIES):
            marked = await self._kept(incoming, posed, given, found, confidence)
            if marked is not None:
                return marked
        raise Busy(JUST_NOW)

    async def marked(self, posed: Posed, user: User) -> Marked | None:
        """See `Tutor.marked`."""
        lines = await self.learning.answer_to(user.id, posed.id) if posed.id else []
        return wire.marked(posed, lines) if lines else None

    async def reveal(self, incoming: Incoming, posed: Posed) -> Revealed:
        """See `Tutor.reveal`."""
        allowed(incoming.user, posed)
        if not posed.rated:
            raise WrongUsage("Type your answer to this question, or `?` if you do not know.")
        await self._hold_to(posed)
        return revealed(posed, "")

    async def override(self, incoming: Incoming, posed: Posed, rating: Rating) -> Marked:
        """See `Tutor.override`."""
        allowed(incoming.user, posed)
        lines = await self.learning.answer_to(incoming.user.id, posed.id)
        if not lines:
            raise WrongUsage("There is no answer yet that could be rated anew.", suggestion=f"/answer {posed.id} ...")
        if lines[-1].rating != int(rating):
            await self.rated_anew(lines[0], "override", rating, at=incoming.at, posed=posed, unless=lambda _: False)
            lines = await self.learning.answer_to(incoming.user.id, posed.id)
        return wire.marked(posed, lines)

    async def rated_anew(
        self, first: Line, kind: LineKind, rating: Rating, *, at: datetime, posed: Posed, unless: Callable[[Line], bool]
    ) -> bool:
        """Adds a line that changes how an answer was rated, with the memories that follow.

        Args:
            first: the answer.
            kind: `override` or `credit`.
            rating: instead of the one it had.
            at: when.
            posed: the question.
            unless: where a later line about the answer is such, nothing is done.

        Returns:
            Whether it was done.
        """
        place, person = posed.place, first.person
        catalogue = (await self.catalogues.of_person(person, place)).catalogue
        for _ in range(TRIES):
            async with self.pupils.held(person, catalogue, at) as held:
                log = await self.learning.log(person)
                if any(line.about == first.id and unless(line) for line in log):
                    return False
                line = Line(
                    person=person,
                    at=at,
                    zone=held.days.zone,
                    kind=kind,
                    platform=place.platform,
                    community=place.community,
                    about=first.id,
                    card=first.card,
                    source=first.source,
                    correct=True if kind == "credit" else None,
                    rating=int(rating),
                )
                changed, now = await asyncio.to_thread(_difference, log, line, held)
                if now is not None:
                    line = replace(line, marked=wire.changed_data(now.due, held.days.day(at)))
                recorded = await self.learning.record(held.pupil, line, changed, held.days)
                self.pupils.forget(person)
                if recorded is not None:
                    return True
        raise Busy(JUST_NOW)

    async def _hold_to(self, posed: Posed) -> None:
        """Raises `StaleAction` for a question that was withdrawn."""
        withdrawn = await self.learning.withdrawn()
        if any(source == posed.source for source, _ in withdrawn) and (posed.source, seal(posed)) in withdrawn:
            raise StaleAction(WITHDRAWN, suggestion="/practice")

    async def _confirmed(self, posed: Posed) -> Posed:
        """A card of the house deck that was asked while torch was away is proved now, where torch is back."""
        if posed.torch or not isinstance(posed.secret, Card) or not posed.source.startswith(f"{HOUSE}/"):
            return posed
        _, torch = await self.checker.confirmed(posed.secret)
        return replace(posed, torch=torch)

    async def _given(self, posed: Posed, typed: str | None, choice: int | None, rating: Rating | None) -> Given | None:
        """The answer as it was understood; None where it is to be compared by whoever gave it."""
        if rating is not None:
            if rating is not Rating.AGAIN and not posed.rated:
                raise WrongUsage("This question is answered, not rated: type your answer, or `?` if you do not know.")
            return Given(correct=rating is not Rating.AGAIN, said="", rating=rating)
        if choice is not None:
            if not 0 <= choice < len(posed.choices):
                raise StaleAction("There is no such choice under this question.")
            typed = posed.choices[choice]
        if typed is None or not typed.strip():
            raise UnreadableAnswer("There is no answer in that.")
        try:
            verdict = await marking.judged(posed, typed, await self.checker.examiner())
        except TorchAwayError as fault:
            raise TorchAway("Torch has to judge this answer, and cannot be asked just now. Try again soon.") from fault
        if posed.rated and not verdict.correct:
            return None
        return Given(correct=verdict.correct, said=typed[:MOST_SAID], verdict=verdict)

    async def _kept(
        self, incoming: Incoming, posed: Posed, given: Given, rating: Rating, confidence: Confidence | None
    ) -> Marked | None:
        """What was said of the answer, once it is in the store; None where another bot was quicker for this person."""
        person = incoming.user.id
        catalogue = (await self.catalogues.of(incoming.user, posed.place)).catalogue
        there = posed.card in catalogue.cards or posed.card in catalogue.skills
        also = None if there else _stand_in(posed)
        async with self.pupils.held(person, catalogue, incoming.at, also=also, asked=posed.id) as held:
            known = held.learner.memory(posed.card)
            at = incoming.at if known is None else max(incoming.at, known.last)  # clocks of platforms differ a little
            answered = held.learner.answer(posed.card, rating, at, held.days)
            marked = _marked(posed, given, rating, answered, held=held, at=at)
            line = Line(
                person=person,
                at=answered.entry.at,
                zone=held.days.zone,
                kind="answer",
                platform=incoming.place.platform,
                community=incoming.place.community,
                posed=posed.id,
                card=posed.card,
                source=posed.source,
                correct=given.correct,
                rating=int(rating),
                confidence=None if confidence is None else int(confidence),
                mistake=marked.mistake,
                said=given.said,
                tried=given.verdict is not None or posed.rated,
                effect=effect(answered.entry),
                marked=wire.marked_data(marked),
            )
            changed = (answered.memory, *answered.freed)
            recorded = await self.learning.record(held.pupil, line, changed, held.days)
            if recorded is not None and recorded.fresh:
                held.pupil = replace(held.pupil, version=held.pupil.version + 1)
                return marked
            self.pupils.forget(person)
        return None if recorded is None else replace(wire.marked(posed, [recorded.line]), again=True)


def allowed(user: User, posed: Posed) -> None:
    """Raises `NotAllowed` for somebody else's question."""
    if posed.person not in {"", user.id}:
        raise NotAllowed("That question was asked of somebody else.", suggestion="/practice")


def seal(posed: Posed) -> str:
    """Names a card as it was asked; questions with fresh numbers are named by their source alone."""
    return digest(posed.secret) if isinstance(posed.secret, Card) else ""


def revealed(posed: Posed, said: str) -> Revealed:
    """The answer, to be compared with what was typed."""
    return Revealed(
        posed=posed,
        key=posed.key,
        said=said[:MOST_SAID],
        reason=posed.reason,
        example=wire.example(posed),
        proof=posed.proof,
    )


def _marked(posed: Posed, given: Given, rating: Rating, answered: Answered, *, held: Held, at: datetime) -> Marked:
    verdict = given.verdict
    mistake = None if verdict is None else verdict.mistake
    return Marked(
        posed=posed,
        correct=given.correct,
        key=posed.key,
        said=given.said,
        understood="" if verdict is None else verdict.understood,
        sure=verdict is None or verdict.sure,
        mistake="" if mistake is None else mistake.misconception,
        diagnosis=None if mistake is None else mistake.diagnosis or None,
        reason=posed.reason,
        example=wire.example(posed),
        proof=posed.proof,
        torch=posed.torch,
        rating=rating,
        due=answered.memory.due,
        day=held.days.day(at),
        at=at,
        leech=answered.leech,
        easier=answered.easier,
    )


def _difference(log: Sequence[Line], line: Line, held: Held) -> tuple[list[Memory], Memory | None]:
    """The memories that one more line changes, and the one of its own card."""
    seed, teacher = held.pupil.seed, held.learner.rules.teacher

    def memories(found: list[Entry]) -> dict[str, Memory]:
        return {each.card: each for each in replay(concerning(found, line.card), seed=seed, teacher=teacher)}

    before, after = memories(entries(log)), memories(entries([*log, line]))
    return [each for card, each in after.items() if before.get(card) != each], after.get(line.card)


def _stand_in(posed: Posed) -> Card:
    """What is remembered of a question whose deck is not there any more."""
    if isinstance(posed.secret, Card):
        return replace(posed.secret, needs=())
    return Card(id=posed.card, kind="number", topic=posed.topic, front=posed.prompt, answer=0, reason="")
