"""Decks as TOML, as the house's own are written."""

from __future__ import annotations

from cards.model import Deck


def read_toml(data: bytes, *, name: str = "deck.toml") -> Deck:
    """The deck in a TOML file; raises `DeckError`."""
    raise NotImplementedError


def write_toml(deck: Deck) -> str:
    """The deck as TOML; `cards.deck` reads the same from it."""
    raise NotImplementedError
