"""Decks to Anki packages (.apkg), with what is remembered of the cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cards.calendar import Calendar
from cards.memory import Memory
from cards.model import Deck


def write_apkg(deck: Deck, memories: Mapping[str, Memory], *, now: datetime, calendar: Calendar) -> bytes:
    """An Anki package with the deck's cards and, by their ids, when they are due.

    The same card has the same GUID in each package, so that Anki replaces it and doubles nothing.
    """
    raise NotImplementedError
