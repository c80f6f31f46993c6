"""Proves the cards that somebody brings, in the jails.

An import may hold a place at the sandbox for a while, not for ever: what was not proved by then waits, is not asked,
and can be proved with a press.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.commands.deck_turn import Turn
from bot.store.deck_rows import Standing
from cards.model import Card, Deck, Place
from cards.proof import Outcome, Prover, Verdict

if TYPE_CHECKING:
    from bot.app import Core


@dataclass(slots=True)
class Proofs:
    """What came of the cards of a deck.

    Attributes:
        standing: of the cards that may be kept, by their ids.
        wrong: those that are kept out, and why.
        gone: why torch could not be asked, where it could not.
    """

    standing: dict[str, Standing] = field(default_factory=dict)
    wrong: list[Verdict] = field(default_factory=list)
    gone: str = ""

    def hear(self, verdict: Verdict) -> None:
        """Takes down what became of one card."""
        if verdict.outcome is Outcome.WRONG:
            self.wrong.append(verdict)
        else:
            self.standing[verdict.card] = Standing(verdict.outcome, verdict.torch.partition("+")[0])
        if verdict.outcome is Outcome.UNASKED:
            self.gone = verdict.why

    @property
    def torch(self) -> str:
        """The versions that proved cards, newest last; empty where none did."""
        return " and ".join(sorted({each.torch for each in self.standing.values() if each.torch}))

    def count(self, outcome: Outcome) -> int:
        """How many cards came out so."""
        return sum(each.outcome is outcome for each in self.standing.values())


async def proved(core: Core, turn: Turn, deck: Deck, known: Mapping[str, tuple[Card, Standing]]) -> Proofs:
    """What torch says of every card of a deck.

    Args:
        core: whose sandbox runs the proofs.
        turn: within which this happens; it is told how far it is.
        deck: the cards, and where they are written.
        known: cards that were kept before, with how they stood: those that are the same need no second proof.
    """
    proofs = Proofs()
    asked: list[Card] = []
    for card in deck.cards:
        before = known.get(card.id)
        if card.proof is None:
            proofs.standing[card.id] = Standing(Outcome.NOTHING_TO_RUN)
        elif before is not None and before[0] == card and before[1].outcome is Outcome.PROVED:
            proofs.standing[card.id] = before[1]
        else:
            asked.append(card)
    await _ask(core, turn, asked, deck.places, proofs)
    return proofs


async def _ask(core: Core, turn: Turn, cards: Sequence[Card], places: Mapping[str, Place], proofs: Proofs) -> None:
    prover, clock = Prover(core.sandbox), asyncio.get_running_loop().time
    for number, card in enumerate(cards):  # one after the other: a turn is one place at the sandbox
        if clock() >= turn.until or proofs.gone:
            proofs.standing[card.id] = Standing(Outcome.UNASKED)
            continue
        turn.at = f"Proving the cards: {number} of {len(cards)}."
        proofs.hear(await prover.card(card, places.get(card.id, Place("the deck", None))))
