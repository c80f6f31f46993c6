"""Proves the cards that somebody brings: in the jails, in fairness with everybody's runs, and saying how far it is.

An import may hold a place at the sandbox for a while, not for ever: what was not proved by then waits, is not asked,
and can be proved with a press.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog

from bot.actions import Action
from bot.command import Incoming
from bot.commands.run import teller
from bot.reply import Button, Buttons, Reply, Text
from bot.store.decks import Standing
from cards.model import Card, Deck, Place
from cards.proof import Outcome, Prover, Verdict

if TYPE_CHECKING:
    from bot.app import Core

BUDGET_S = 80.0  # of one import: a slow command has two minutes, and others wait meanwhile
PACE_S = 3.0  # between two words of progress: Slack lets nobody edit a message more often for long

log = structlog.get_logger(__name__)


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


async def proved(core: Core, incoming: Incoming, deck: Deck, known: Mapping[str, tuple[Card, Standing]]) -> Proofs:
    """What torch says of every card of a deck.

    Args:
        core: whose sandbox runs the proofs.
        incoming: who asked; is told how far it is.
        deck: the cards, and where they are written.
        known: cards that were kept before, with how they stood: those that are the same need no second proof.

    Raises:
        Busy: this person runs something already, or everybody does.
        Cancelled: somebody who may has cancelled it.
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
    if asked:
        await _ask(core, incoming, Deck(id=deck.id, title="", says="", cards=tuple(asked), places=deck.places), proofs)
    return proofs


async def _ask(core: Core, incoming: Incoming, deck: Deck, proofs: Proofs) -> None:
    heard: dict[str, Verdict] = {}
    ticket: list[str] = []

    async def work() -> None:
        prover, clock = Prover(core.sandbox), asyncio.get_running_loop().time
        until = clock() + BUDGET_S
        async with _progress(incoming, heard, len(deck.cards), ticket):
            for card in deck.cards:  # one after the other: an import has one place at the sandbox, as a run has
                if clock() >= until:
                    break
                heard[card.id] = await prover.card(card, deck.places.get(card.id, Place(deck.id, None)))
                if heard[card.id].outcome is Outcome.UNASKED:
                    break

    say_place = teller(_whispering(incoming))

    async def tell(name: str, ahead: int) -> None:
        ticket[:] = [name]
        if ahead and say_place is not None:
            await say_place(name, ahead)

    await core.gate.do(incoming, work, tell=tell)
    for card in deck.cards:
        if card.id in heard:
            proofs.hear(heard[card.id])
        else:
            proofs.standing[card.id] = Standing(Outcome.UNASKED)


def _whispering(incoming: Incoming) -> Incoming:
    """The same, with progress that concerns one person alone."""
    show = incoming.progress
    if show is None:
        return incoming
    return replace(incoming, progress=lambda reply: show(replace(reply, private=True)))


@asynccontextmanager
async def _progress(
    incoming: Incoming, heard: Mapping[str, Verdict], total: int, ticket: Iterable[str]
) -> AsyncIterator[None]:
    """Says every few seconds how many cards have been proved, while what stands within goes on."""
    show = incoming.progress
    if show is None:
        yield
        return

    async def say() -> None:
        while True:
            await asyncio.sleep(PACE_S)
            words = f"Proving the cards: {len(heard)} of {total}."
            buttons = tuple(Button(label="Cancel", action=Action("cancel", (name,)), style="danger") for name in ticket)
            parts = (Text(text=words, tone="note"), *((Buttons(buttons=buttons),) if buttons else ()))
            try:
                await show(Reply(parts=parts, private=True))
            except Exception as fault:  # noqa: BLE001 - what is said before the answer is never needed
                log.warning("progress was not shown", error=type(fault).__name__)

    telling = asyncio.create_task(say(), name="deck progress")
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait({telling})
