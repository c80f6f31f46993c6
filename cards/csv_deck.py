"""Decks as tables: CSV in and out."""

from __future__ import annotations

from cards.model import Deck


def read_csv(data: bytes, *, name: str = "deck.csv") -> Deck:
    """The deck in a table of cards; raises `DeckError`."""
    raise NotImplementedError


def write_csv(deck: Deck) -> str:
    """The deck as a table, safe to open in a spreadsheet."""
    raise NotImplementedError
