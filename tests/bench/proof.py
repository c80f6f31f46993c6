"""How long it takes to prove the whole deck in the jails, as `stride verify` does it."""

from __future__ import annotations

import asyncio
import time

from cards.deck import house
from cards.proof import Outcome, Prover
from sandbox.client import open_sandbox
from sandbox.settings import JailSettings, SandboxSettings
from tests.bench.measure import Figure, milliseconds


async def figures() -> list[Figure]:
    """From the first proof to the last; the jails have torch by then."""
    deck = await asyncio.to_thread(house)
    first = next(card for card in deck.cards if card.proof is not None)
    settings = SandboxSettings(start_s=300, jail=JailSettings(wait_s=300))
    async with open_sandbox(settings) as sandbox:
        prover = Prover(sandbox, side_by_side=settings.jail.side_by_side)
        await prover.card(first, deck.places[first.id])
        began = time.perf_counter()
        stamp = await prover.deck(deck)
        took = time.perf_counter() - began
    if not stamp.holds:
        raise AssertionError(str(stamp))
    proved = [verdict.elapsed_ms / 1e3 for verdict in stamp.of(Outcome.PROVED)]
    return [
        Figure(name=f"the deck's {len(proved)} proofs, in the jails", value=took, unit="s", at_most=30),
        Figure(name="one proof, p50", value=milliseconds(proved), unit="ms"),
        Figure(name="one proof, p99", value=milliseconds(proved, 0.99), unit="ms"),
    ]
