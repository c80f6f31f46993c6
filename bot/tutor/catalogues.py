"""What somebody may be asked: the house deck, the decks that they and their community use, and skills.

Decks are read in a thread with the first use, and kept until one of them changes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from bot.store import card_rows
from bot.store.decks import Kept, community
from bot.tutor.model import SKILL, Catalogue
from cards import deck as decks
from cards.generate import FAMILIES
from cards.model import EASIEST, Card, Deck
from cards.search import Index

if TYPE_CHECKING:
    from bot.command import Place, User
    from bot.store.store import Store

HOUSE = "stride"
IN_MEMORY = 12
_DIGEST_BYTES = 8
Editions = tuple[tuple[str, int, datetime], ...]
Withdrawn = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shelved:
    """A catalogue and what belongs to it: the words by which its cards are found, and torch's version for each."""

    catalogue: Catalogue
    index: Index
    proved: Mapping[str, str]  # name of a card -> the torch that proved it when it was brought in


class Catalogues:
    """Everybody's catalogue."""

    def __init__(self, store: Store) -> None:
        """Reads nothing yet."""
        self._store = store
        self._house: Deck | None = None
        self._known: OrderedDict[tuple[Editions, Withdrawn], Shelved] = OrderedDict()
        self._reading = asyncio.Lock()

    @property
    def topics(self) -> Mapping[str, str]:
        """The titles of the house deck's topics by their ids; none before it was read."""
        return {} if self._house is None else {f"{HOUSE}/{name}": title for name, title in self._house.topics.items()}

    @property
    def read_before(self) -> Index | None:
        """The words of the house deck, and perhaps of others, where anybody has asked for them yet."""
        return next(iter(reversed(self._known.values()))).index if self._known else None

    async def of(self, user: User, place: Place) -> Shelved:
        """What this person may be asked in this place."""
        return await self.of_person(user.id, place)

    async def of_person(self, person: str, place: Place) -> Shelved:
        """The same by the person's id."""
        editions = await self._store.decks.editions((person, community(place)))
        withdrawn = await self._store.learning.withdrawn()
        known = self._known.get((editions, withdrawn))
        if known is None:
            async with self._reading:  # who comes meanwhile waits for the same
                known = self._known.get((editions, withdrawn)) or await self._read(editions, withdrawn)
                self._known[editions, withdrawn] = known
                if len(self._known) > IN_MEMORY:
                    self._known.popitem(last=False)
        self._known.move_to_end((editions, withdrawn))
        return known

    async def _read(self, editions: Editions, withdrawn: Withdrawn) -> Shelved:
        if self._house is None:
            self._house = await asyncio.to_thread(decks.house)
        kept = [await self._store.decks.read(deck) for deck, _, _ in editions]
        return await asyncio.to_thread(_shelved, self._house, [each for each in kept if each is not None], withdrawn)


def digest(card: Card) -> str:
    """Names a card as it is written, by whatever name its deck gives it."""
    return hashlib.blake2b(card_rows.written(card).encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


def named(deck: str, card: Card) -> Card:
    """The same with names that hold in every deck."""
    return replace(
        card,
        id=f"{deck}/{card.id}",
        topic=f"{deck}/{card.topic}",
        needs=tuple(f"{deck}/{need}" for need in card.needs),
        family=f"{deck}/{card.family}" if card.family else "",
        facts=tuple(f"{deck}/{fact}" for fact in card.facts),
    )


def _shelved(house: Deck, own: Sequence[Kept], withdrawn: Withdrawn) -> Shelved:
    found = [house, *(replace(kept.deck, cards=kept.usable) for kept in own)]
    sources = {source for source, _ in withdrawn}
    found = [replace(deck, cards=_asked(deck, sources, withdrawn)) for deck in found]
    lists = [[named(deck.id, card) for card in deck.cards] for deck in found]
    lists[0] = _with_skills(lists[0])
    taught = tuple(card for card in chain.from_iterable(zip_longest(*lists)) if card is not None)  # decks in turns
    skills = {f"{SKILL}{family.id}": family for family in FAMILIES}
    cards = {card.id: card for each in lists for card in each if card.id not in skills}
    topics = {f"{deck.id}/{topic}": title for deck in found for topic, title in deck.topics.items()}
    catalogue = Catalogue(decks=tuple(found), cards=cards, skills=skills, topics=topics, taught=taught)
    proved = {f"{kept.deck.id}/{name}": standing.torch for kept in own for name, standing in kept.standing.items()}
    return Shelved(catalogue=catalogue, index=Index(cards, topics, skills), proved=proved)


def _asked(deck: Deck, sources: Collection[str], withdrawn: Withdrawn) -> tuple[Card, ...]:
    """The cards of a deck but for those that were withdrawn as they are."""
    kept = []
    for card in deck.cards:
        name = f"{deck.id}/{card.id}"
        if name not in sources or (name, digest(named(deck.id, card))) not in withdrawn:
            kept.append(card)
    return tuple(kept)


def _with_skills(cards: Sequence[Card]) -> list[Card]:
    """The house deck with a stand-in for each skill, behind the cards of its topic."""
    found: list[Card] = []
    for place, card in enumerate(cards):
        found.append(card)
        if place + 1 == len(cards) or cards[place + 1].topic != card.topic:
            found += _skills(card.topic, cards)
    return found


def _skills(topic: str, cards: Iterable[Card]) -> list[Card]:
    """A skill is as hard as a card in the middle; where it is forgotten too often, the topic's easiest cards help."""
    easiest = [card for card in cards if card.topic == topic and card.difficulty == EASIEST]
    facts = tuple(dict.fromkeys(fact for card in easiest for fact in card.facts))
    return [
        Card(
            id=f"{SKILL}{family.id}",
            kind="number",
            topic=topic,
            front=family.title,
            answer=0,
            reason="",
            facts=facts,
            difficulty=EASIEST + 1,
        )
        for family in FAMILIES
        if f"{HOUSE}/{family.topic}" == topic
    ]
