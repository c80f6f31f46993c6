"""Whether a question is right: torch runs its proof, before it is asked, and again whenever somebody wants to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import TorchAway
from bot.tutor.model import Checked, Drawn, Posed
from cards.generate import Examiner, QuestionError, TorchAwayError
from cards.grade import written
from cards.misconceptions import close
from cards.model import Card, Place
from cards.proof import Outcome, Prover, Verdict

if TYPE_CHECKING:
    from bot.clock import Clock
    from sandbox.client import Sandbox
    from sandbox.oracle import Oracle

AWAY = timedelta(seconds=30)  # before torch is asked again for that
LATER = "Torch cannot be asked just now, so nothing was decided. Try again in a moment."


class Checker:
    """Asks torch about questions."""

    def __init__(
        self, sandbox: Sandbox, oracle: Callable[[], Awaitable[Oracle]], clock: Clock, *, confirm_s: float
    ) -> None:
        """Asks nothing yet; `confirm_s` is how long a card waits for its proof before it is asked."""
        self._sandbox = sandbox
        self._oracle = oracle
        self._clock = clock
        self._confirm_s = confirm_s
        self._prover = Prover(sandbox)
        self._quick = Prover(sandbox, pauses=())
        self._examiner: Examiner | None = None
        self._proved: dict[Card, str] = {}
        self._away_until: datetime | None = None

    async def examiner(self) -> Examiner:
        """Makes questions with fresh numbers."""
        if self._examiner is None:
            self._examiner = Examiner(self._sandbox, await self._oracle())
        return self._examiner

    async def confirmed(self, card: Card) -> tuple[bool, str]:
        """Whether a card of the house deck may be asked, and the torch that has proved it in this process.

        What torch cannot be asked about in time may be asked, with no version. A card that does not hold is not asked.
        """
        known = self._proved.get(card)
        now = self._clock.now()
        if known is not None or card.proof is None or (self._away_until is not None and now < self._away_until):
            return True, known or ""
        try:
            async with asyncio.timeout(self._confirm_s):
                verdict = await self._quick.card(card, Place(card.id, None))
        except TimeoutError:
            verdict = Verdict(card=card.id, place=Place(card.id, None), outcome=Outcome.UNASKED)
        if verdict.outcome is Outcome.PROVED:
            self._proved[card] = verdict.torch
            self._away_until = None
        elif verdict.outcome is Outcome.UNASKED:
            self._away_until = now + AWAY
        wrong = verdict.outcome is Outcome.WRONG and not verdict.cut
        return not wrong, verdict.torch if verdict.outcome is Outcome.PROVED else ""

    async def check(self, posed: Posed) -> Checked:
        """Runs the proof of a question now; raises `TorchAway` where nothing can be said."""
        if isinstance(posed.secret, Card):
            return await self._check_card(posed.secret)
        return await self._check_drawn(posed, posed.secret)

    async def _check_card(self, card: Card) -> Checked:
        if card.proof is None:
            return Checked(outcome="nothing to run", proof="", why=card.why_no_proof)
        verdict = await self._prover.card(card, Place(card.id, None))
        if verdict.outcome is Outcome.UNASKED:
            raise TorchAway(LATER)
        if verdict.cut:
            raise TorchAway(f"Torch could not finish: {verdict.why}. Nothing was decided; try again in a moment.")
        return Checked(
            outcome="holds" if verdict.outcome is Outcome.PROVED else "wrong",
            proof=card.proof.code,
            gave=verdict.gave,
            why=verdict.why,
            torch=verdict.torch,
            elapsed_ms=verdict.elapsed_ms,
        )

    async def _check_drawn(self, posed: Posed, drawn: Drawn) -> Checked:
        try:
            question = await (await self.examiner()).named(posed.source)
        except TorchAwayError as fault:
            raise TorchAway(LATER) from fault
        except QuestionError as fault:
            return Checked(outcome="wrong", proof=drawn.proof, why=str(fault), torch=posed.torch)
        if question.prompt != posed.prompt:
            why = "it was drawn by another version of Stride, which drew other numbers"
            return Checked(outcome="nothing to run", proof=drawn.proof, why=why)
        right = close(question.key, drawn.key, drawn.tolerance)
        return Checked(
            outcome="holds" if right else "wrong",
            proof=drawn.proof,
            gave=written(question.key),
            why="" if right else f"torch gives {written(question.key)}, and the key was {written(drawn.key)}",
            torch=question.torch,
        )
