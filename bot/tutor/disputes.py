"""Doubts: torch decides, and where a question is wrong it is withdrawn and everybody it affected is credited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import WrongUsage
from bot.tutor import wire
from bot.tutor.answering import allowed, seal
from bot.tutor.model import Checked, Disputed, Posed
from cards.grade import Confidence
from cards.grade import rating as rating_for

if TYPE_CHECKING:
    from datetime import datetime

    from bot.command import Incoming
    from bot.store.learning import Learning
    from bot.store.learning_rows import Line
    from bot.tutor.answering import Answers
    from bot.tutor.checking import Checker

FIRST = "Answer it first: the proof would give the answer away."


@dataclass(frozen=True, slots=True)
class Disputes:
    """The verbs; `Tutor` has one."""

    learning: Learning
    checker: Checker
    answers: Answers

    async def check(self, incoming: Incoming, posed: Posed) -> Checked:
        """See `Tutor.check`."""
        await self._answered(incoming, posed)
        return await self.checker.check(posed)

    async def dispute(self, incoming: Incoming, posed: Posed) -> Disputed:
        """See `Tutor.dispute`."""
        await self._answered(incoming, posed)
        before = await self.learning.withdrawal(posed.source, seal(posed))
        if before is not None:
            why, torch = before
            return await self._credited(
                incoming, posed, Checked(outcome="wrong", proof=posed.proof, why=why, torch=torch)
            )
        checked = await self.checker.check(posed)
        if checked.outcome == "wrong":
            checked = await self.checker.check(posed)  # nothing is withdrawn for a single run
        if checked.outcome != "wrong":
            await self._noted(incoming, posed, checked, credited=0)
            return Disputed(posed=posed, checked=checked)
        await self.learning.withdraw(posed.source, seal(posed), at=incoming.at, why=checked.why, torch=checked.torch)
        return await self._credited(incoming, posed, checked)

    async def _answered(self, incoming: Incoming, posed: Posed) -> None:
        """Raises `UserError` for a question that this person has not answered; a card by its name is anybody's."""
        allowed(incoming.user, posed)
        if posed.id and not await self.learning.answer_to(incoming.user.id, posed.id):
            raise WrongUsage(FIRST, suggestion=f"/answer {posed.id} ...")

    async def _credited(self, incoming: Incoming, posed: Posed, checked: Checked) -> Disputed:
        """Makes right what was counted wrong; where it was broken off before, the rest of it."""
        people = set()
        for line in await self.learning.affected(posed.source):
            if await self._credit(line, posed, incoming.at):
                people.add(line.person)
        await self._noted(incoming, posed, checked, credited=len(people))
        yours = incoming.user.id in people
        return Disputed(posed=posed, checked=checked, withdrawn=True, credited=len(people), yours=yours)

    async def _credit(self, line: Line, posed: Posed, at: datetime) -> bool:
        row = None if line.posed is None else await self.learning.asked(line.posed)
        if row is None:
            return False
        question = wire.posed(row)
        if seal(question) != seal(posed):  # the card as it was before somebody changed it
            return False
        confidence = None if line.confidence is None else Confidence(line.confidence)
        rating = rating_for(correct=True, confidence=confidence)
        return await self.answers.rated_anew(
            line, "credit", rating, at=at, posed=question, unless=lambda later: later.kind == "credit"
        )

    async def _noted(self, incoming: Incoming, posed: Posed, checked: Checked, *, credited: int) -> None:
        await self.learning.disputed(
            incoming.user.id,
            posed.source,
            at=incoming.at,
            outcome=checked.outcome,
            why=checked.why,
            torch=checked.torch,
            credited=credited,
        )
