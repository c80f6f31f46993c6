"""`stride verify`: proves the deck card by card, runs every example of the help, and says which torch confirmed it.

The same proves people's own deck files, in the same jails: no deck is trusted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.terminal.parse import Request, Speaker, incoming
from bot.adapters.terminal.render import harmless
from bot.app import build_core
from bot.command import Example
from bot.reply import Table, Text, plain_table
from cards import deck as decks
from cards.deck import DeckError
from cards.model import Deck
from cards.proof import Outcome, Prover, Verdict

if TYPE_CHECKING:
    from bot.app import Core
    from bot.settings import Settings

EVERY = 50  # cards between two lines, where there is no terminal to draw a bar on
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How one example went. `torch` is the version that confirmed it, or empty where none was asked."""

    text: str
    good: bool
    torch: str
    says: str


async def verify(settings: Settings, *, say: Say, files: Sequence[Path] = (), watched: bool = False) -> int:
    """Says what was proved; 0 where all of it held, 1 where something did not.

    Args:
        settings: as the process was started with.
        say: prints a line.
        files: decks to prove; without any, the one that comes with Stride is proved, and the help's examples are run.
        watched: whether there is a terminal on which a bar can move.
    """
    try:
        found = await asyncio.to_thread(chosen, files)
    except DeckError as fault:
        say(harmless(str(fault)))
        return 1
    async with build_core(settings, patient=True) as core:
        held = await _prove_deck(core, found, say=say, watched=watched)
        if not files:
            held &= await _prove_examples(core, say=say)
    return 0 if held else 1


def chosen(files: Sequence[Path]) -> Deck:
    """The cards of these files, or of all that come with Stride; raises `DeckError`.

    The files that come with Stride make one deck, whose cards need each other, so that each is read with the others.
    """
    ours = {path.name for path in files if path.is_file() and path.resolve().parent == decks.HOUSE.resolve()}
    if len(ours) < len(files):
        return decks.load(files, deck_id="deck", title="", says="")
    house = decks.house()
    return replace(house, cards=tuple(card for card in house.cards if not ours or house.places[card.id].file in ours))


async def _prove_deck(core: Core, deck: Deck, *, say: Say, watched: bool) -> bool:
    """Says how every card that is not proved went, and what is known of the deck now."""
    prover = Prover(core.sandbox, side_by_side=core.settings.sandbox.jail.side_by_side)
    with _bar(len(deck.cards)) if watched else _lines(len(deck.cards), say) as progress:
        stamp = await prover.deck(deck, progress=progress)
    for verdict in stamp.of(Outcome.WRONG):
        say(f"WRONG  {harmless(str(verdict))}")
    unasked = stamp.of(Outcome.UNASKED)
    if unasked:
        say(f"torch could not be asked about {len(unasked)} cards: {harmless(unasked[0].why)}")
    say(f"{len(deck.cards)} cards: {stamp}")
    return stamp.holds


@contextmanager
def _bar(cards: int) -> Iterator[Callable[[Verdict], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("proving"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, transient=True) as drawn:
        task = drawn.add_task("", total=cards)
        yield lambda _: drawn.advance(task)


@contextmanager
def _lines(cards: int, say: Say) -> Iterator[Callable[[Verdict], None]]:
    done = 0

    def count(_: Verdict) -> None:
        nonlocal done
        done += 1
        if done % EVERY == 0 and done < cards:
            say(f"{done} of {cards} cards")

    yield count


async def _prove_examples(core: Core, *, say: Say) -> bool:
    """Says how every example of the help went."""
    proofs = await prove(core)
    rows = tuple(("ok" if proof.good else "WRONG", proof.text, proof.says) for proof in proofs)
    say(plain_table(Table(headers=("", "example", "confirmed by"), rows=rows)))
    wrong = sum(not proof.good for proof in proofs)
    say(f"{len(proofs)} examples, {wrong} wrong" if wrong else f"{len(proofs)} examples, all confirmed")
    return not wrong


async def prove(core: Core) -> list[Proof]:
    """Runs every example of every command."""
    return [await _proof(core, example) for command in core.commands for example in command.examples]


async def _proof(core: Core, example: Example) -> Proof:
    text = example.text
    asked = Request(text=text, code=None, speaker=Speaker(name="verify", channel="verify"))
    reply = await core.again(incoming(asked, id=core.new_event(), now=core.clock.now()), text)
    torch = str(reply.data.get("torch") or "")
    if example.fails:
        good = reply.fault is not None and bool(torch)
        return Proof(text=text, good=good, torch=torch, says=f"torch {torch}: refused" if good else "was not refused")
    if reply.fault is not None:
        return Proof(text=text, good=False, torch="", says=reply.fault.message)
    agreed = reply.data.get("agreed")
    if agreed is None:
        return Proof(text=text, good=True, torch=torch, says=f"torch {torch}" if torch else "no torch in it")
    if torch and "formula" in agreed and len(agreed) > 1:
        return Proof(text=text, good=True, torch=torch, says=f"torch {torch}: {', '.join(agreed)}")
    notes = [part.text for part in reply.parts if isinstance(part, Text)]
    return Proof(text=text, good=False, torch=torch, says=notes[-1] if notes else "not checked by torch")
