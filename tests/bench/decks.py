"""How long decks of ten thousand cards take to come in and go out."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from bot.deck_files.reader import DeckReader
from cards.anki_read import read_apkg
from cards.anki_write import write_apkg
from cards.calendar import calendar
from cards.csv_deck import read_csv, write_csv
from cards.grade import Rating
from cards.memory import Teacher, review
from cards.model import Card, Deck
from cards.toml_deck import read_toml, write_toml
from tests.attacks.packages import note, package
from tests.bench.measure import Figure

_T = TypeVar("_T")
CARDS = 10_000
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRONT = (
    "<div>What is the output of <code>nn.Conv1d({0}, 16, 3)</code> for an input of <b>({0}, 3, 100)</b>&nbsp;?</div>"
)
BACK = (
    "<ul><li>({0}, 16, 98)</li><li>since a kernel of 3 takes 2 off</li></ul><pre>x = torch.zeros({0})<br>x.shape</pre>"
)


async def figures() -> list[Figure]:
    """A package as Anki's people write it, and a deck of ours in each of its three forms."""
    days = calendar("Europe/Berlin")
    foreign = await asyncio.to_thread(package, _notes)
    cards = tuple(_card(number) for number in range(CARDS))
    deck = Deck(id="bench", title="Bench", says="", cards=cards)
    first = review(None, "0", Rating.EASY, NOW, calendar=days, load={}, seed=1, teacher=Teacher())
    memories = {card.id: first for card in cards}
    written, writing = _timed(lambda: write_apkg(deck, memories, now=NOW, calendar=days))
    began = time.perf_counter()
    there = await DeckReader().read("notes.apkg", foreign, days)
    apart = time.perf_counter() - began
    if len(there.deck.cards) != CARDS:
        raise AssertionError(f"{len(there.deck.cards)} cards came")
    table, tabling = _timed(lambda: write_csv(deck))
    text, lettering = _timed(lambda: write_toml(deck))
    return [
        Figure(name=f"import of {CARDS:,} notes of Anki's, in the reading process", value=apart, unit="s", at_most=20),
        Figure(
            name="the same here, of CPU time",
            value=_timed(lambda: read_apkg(foreign, calendar=days))[1],
            unit="s",
            at_most=10,
        ),
        Figure(
            name="read back as a package, CPU", value=_timed(lambda: read_apkg(written, calendar=days))[1], unit="s"
        ),
        Figure(name="written as a package with dates, CPU", value=writing, unit="s", at_most=10),
        Figure(name="read from CSV, CPU", value=_timed(lambda: read_csv(table.encode()))[1], unit="s"),
        Figure(name="written as CSV, CPU", value=tabling, unit="s"),
        Figure(name="read from TOML, CPU", value=_timed(lambda: read_toml(text.encode()))[1], unit="s"),
        Figure(name="written as TOML, CPU", value=lettering, unit="s"),
    ]


def _notes(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    for number in range(1, CARDS + 1):
        note(FRONT.format(number), BACK.format(number), guid=str(number), id_=number)(connection)
    connection.execute("COMMIT")


def _card(number: int) -> Card:
    return Card(
        id=str(number),
        kind="number",
        topic="",
        front=f"What is the length that `nn.Conv1d(1, 1, 3)` makes of {number + 3}?",
        answer=number + 1,
        reason="A kernel of 3 takes 2 off.",
        why_no_proof="A card of the bench.",
    )


def _timed(call: Callable[[], _T]) -> tuple[_T, float]:
    began = time.process_time()  # what a neighbour on the machine takes is not counted
    result = call()
    return result, time.process_time() - began
