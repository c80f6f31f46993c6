"""Proves cards: each proof is run by torch in a jail, and a deck gets a stamp that says what held.

A proof that does not hold is a fault of the card. That nobody could be asked is not: such a job is tried again, and in
the end the card is said to be unasked, never wrong.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cards.model import Card, Deck, Place, Value
from sandbox.client import Sandbox
from sandbox.protocol import Job, JobKind, Limits, Result, Status

PAUSES_S = (0.2, 0.4, 0.8, 1.6)  # before an unanswered job is tried again; a busy sandbox waits before it says so
SIDE_BY_SIDE = 2
CUT_SHORT = frozenset({Status.TIMEOUT, Status.MEMORY, Status.OUTPUT_LIMIT, Status.KILLED})  # by limits, not by torch
LIMITS = Limits(wall_s=20.0, cpu_s=5.0, memory_mb=512)  # a busy machine is no fault of a proof; the processor time is

Sleep = Callable[[float], Awaitable[None]]


class Outcome(StrEnum):
    """What became of a card's proof."""

    PROVED = "proved"
    WRONG = "wrong"
    NOTHING_TO_RUN = "nothing to run"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one card.

    Attributes:
        card: its id.
        place: where it is written.
        outcome: whether its proof held.
        why: what is wrong, why nothing can be run, or why nobody could be asked; empty where it is proved.
        gave: what torch gave, as text.
        torch: the version that said so.
        elapsed_ms: that it took in the jail.
        cut: a limit ended it, so that torch itself has said nothing.
    """

    card: str
    place: Place
    outcome: Outcome
    why: str = ""
    gave: str = ""
    torch: str = ""
    elapsed_ms: float = 0.0
    cut: bool = False

    def __str__(self) -> str:
        return f"{self.place}, card {self.card}: {self.why or self.outcome}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a deck once its proofs have been run."""

    verdicts: tuple[Verdict, ...]

    def of(self, outcome: Outcome) -> tuple[Verdict, ...]:
        """The verdicts that came out so, in the deck's order."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome is outcome)

    @property
    def holds(self) -> bool:
        """Whether every proof that there is was run and held."""
        return not self.of(Outcome.WRONG) and not self.of(Outcome.UNASKED)

    def __str__(self) -> str:
        versions = sorted({verdict.torch.partition("+")[0] for verdict in self.of(Outcome.PROVED)})
        on = f" on torch {' and '.join(versions)}" if versions else ""
        words = [f"{len(self.of(Outcome.PROVED))} proved{on}", f"{len(self.of(Outcome.NOTHING_TO_RUN))} not executable"]
        words += [f"{len(self.of(Outcome.WRONG))} wrong"] if self.of(Outcome.WRONG) else []
        words += [f"{len(self.of(Outcome.UNASKED))} not asked"] if self.of(Outcome.UNASKED) else []
        return ", ".join(words)


class Prover:
    """Runs proofs in a sandbox, so many at a time."""

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        side_by_side: int = SIDE_BY_SIDE,
        limits: Limits = LIMITS,
        pauses: Sequence[float] = PAUSES_S,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """The sandbox stays the caller's; `sleep` is how it waits between two tries, for so many seconds each."""
        self._sandbox = sandbox
        self._side_by_side = side_by_side
        self._limits = limits
        self._pauses = tuple(pauses)
        self._sleep = sleep
        self._ids = itertools.count()

    async def deck(self, deck: Deck, *, progress: Callable[[Verdict], None] = lambda _: None) -> Stamp:
        """Proves every card of a deck; `progress` is told each verdict as it comes.

        Once torch could not be had for one card, those that are left are not asked.
        """
        found: dict[str, Verdict] = {}
        waiting = iter(deck.cards)
        gone = ""

        async def prover() -> None:
            nonlocal gone
            for card in waiting:  # each takes its next from the same
                place = deck.places.get(card.id, Place(deck.id, None))
                if gone and card.proof is not None:
                    verdict = Verdict(card=card.id, place=place, outcome=Outcome.UNASKED, why=gone)
                else:
                    verdict = await self.card(card, place)
                if verdict.outcome is Outcome.UNASKED:
                    gone = verdict.why
                found[card.id] = verdict
                progress(verdict)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._side_by_side):
                group.create_task(prover())
        return Stamp(tuple(found[card.id] for card in deck.cards))

    async def card(self, card: Card, place: Place) -> Verdict:
        """Proves one card."""
        if card.proof is None:
            return Verdict(card=card.id, place=place, outcome=Outcome.NOTHING_TO_RUN, why=card.why_no_proof)
        result = await self._asked(card)
        outcome, why, gave = Outcome.WRONG, "", ""
        match result.status:
            case Status.OK if result.value["held"]:
                outcome, gave = Outcome.PROVED, result.value["gave"]
            case Status.UNAVAILABLE:
                outcome, why = Outcome.UNASKED, result.error or "no worker answered"
            case _:
                why = _why(result)
        return Verdict(
            card=card.id,
            place=place,
            outcome=outcome,
            why=why,
            gave=gave,
            torch=result.torch_version,
            elapsed_ms=result.elapsed_ms,
            cut=result.status in CUT_SHORT,
        )

    async def _asked(self, card: Card) -> Result:
        payload = job_payload(card)
        for pause in (*self._pauses, None):
            job = Job(id=f"proof-{next(self._ids)}", kind=JobKind.PROVE, payload=payload, limits=self._limits)
            result = await self._sandbox.run(job)
            if result.status is not Status.UNAVAILABLE or pause is None:
                break
            await self._sleep(pause)
        return result


def job_payload(card: Card) -> dict[str, object]:
    """What a PROVE job says; the card has a proof."""
    proof = card.proof
    if proof is None:
        raise ValueError(f"{card.id} has no proof")
    return {
        "code": proof.code,
        "answer": listed(proof.value),
        "denials": [listed(denial) for denial in proof.denials],
        "tolerance": proof.tolerance,
        "shown": card.code,
    }


def listed(value: Value) -> object:
    """A value as JSON has it."""
    return [listed(item) for item in value] if isinstance(value, tuple) else value


def _why(result: Result) -> str:
    """What is wrong with a proof: the limit that it hit with its value, or the line and the words of its error."""
    if result.limit is not None:
        name, value, unit = result.limit["name"], result.limit["value"], result.limit["unit"]
        return f"it did not end within its limits ({name}: {value:g} {unit})"
    value = result.value if isinstance(result.value, dict) else {}
    error = value.get("error")
    if not error:
        return value.get("why") or result.error or f"it ended with {result.status}"
    words = error["message"] if error["type"] in _OWN else f"{error['type']}: {error['message']}"
    return f"line {error['line']} of its proof: {words}" if error["line"] else words


_OWN = frozenset({"DeniedError", "UnprovableError"})  # what the prover itself says needs no name before it
