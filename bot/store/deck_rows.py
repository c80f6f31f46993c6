"""Decks and their cards, and the rows of the store that they are: nothing here asks a database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.store import card_rows
from cards.model import Card, Deck
from cards.proof import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A deck, without its cards.

    Attributes:
        id: names it everywhere, also in the names of its cards (`id/card`).
        cards: how many there are.
        proved: how many of them torch has proved.
        waiting: how many have a proof that torch has not been asked about yet.
        removed: since when it is gone; None for one that is there.
    """

    id: str
    owner: str
    title: str
    says: str
    cards: int
    proved: int
    waiting: int
    made: datetime
    changed: datetime
    removed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a card's proof, and the torch that said so."""

    outcome: Outcome
    torch: str = ""

    @property
    def usable(self) -> bool:
        """Whether the card may be asked: it is proved, or has nothing to prove."""
        return self.outcome in {Outcome.PROVED, Outcome.NOTHING_TO_RUN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A deck with its cards, in their order, and how each stands."""

    held: Held
    deck: Deck
    standing: Mapping[str, Standing]

    @property
    def usable(self) -> tuple[Card, ...]:
        """The cards that may be asked."""
        return tuple(card for card in self.deck.cards if self.standing[card.id].usable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What became of a deck that was put: cards by their ids."""

    fresh: bool  # whether there was no such deck before
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: int = 0
    gone: tuple[str, ...] = ()


def rows_of(deck: Deck, standing: Mapping[str, Standing]) -> list[dict[str, Any]]:
    """The rows of a deck's cards that have a standing."""
    return [
        row_of(deck.id, card, standing[card.id], place) for place, card in enumerate(deck.cards) if card.id in standing
    ]


def row_of(deck_id: str, card: Card, standing: Standing, place: int) -> dict[str, Any]:
    """A card's row, at its place in the deck."""
    return {
        "deck": deck_id,
        "card": card.id,
        "position": place,
        "data": card_rows.written(card),
        "proof": standing.outcome.value,
        "torch": standing.torch,
    }


def kept_in(held: Held, found: Sequence[Any], topics: str) -> Kept:
    """The deck in the rows of its cards, which are in their order; `topics` as they are written."""
    there = {each.card for each in found}
    cards = [card_rows.read(each.data) for each in found]
    # What a card builds on may have been kept out, or taken out since.
    cards = [
        replace(card, needs=tuple(need for need in card.needs if need in there))
        if any(need not in there for need in card.needs)
        else card
        for card in cards
    ]
    deck = Deck(id=held.id, title=held.title, says=held.says, cards=tuple(cards), topics=json.loads(topics))
    return Kept(held=held, deck=deck, standing={each.card: Standing(Outcome(each.proof), each.torch) for each in found})
