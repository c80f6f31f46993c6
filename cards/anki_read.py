"""Anki packages (.apkg) to decks."""

from __future__ import annotations

from cards.calendar import Calendar
from cards.imported import Imported


def read_apkg(data: bytes, *, name: str = "deck.apkg", calendar: Calendar | None = None) -> Imported:
    """The deck in an Anki package, of the old formats or the new; raises `DeckError`."""
    raise NotImplementedError
