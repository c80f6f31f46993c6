"""What somebody may be asked: the house deck, the decks that they and their community use, and skills.

Decks are read in a thread with the first use, and kept until one of them changes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from bot.store import card_rows
from bot.store.deck_rows import Kept
from bot.store.decks import community
from bot.tutor.model import SKILL, Catalogue
from cards import deck as decks
from cards.generate import FAMILIES
from cards.model import EASIEST, Card, Deck
from cards.search import Index

if TYPE_CHECKING:
    from bot.command import Place, User
    from bot.group.picking import Stock
    from bot.store.store import Store

HOUSE = "stride"
IN_MEMORY = 50
_DIGEST_BYTES = 8
Editions = tuple[tuple[str, int, datetime], ...]
Withdrawn = frozenset[tuple[str, str]]


class Shelved:
    """A catalogue and what belongs to it.

    Attributes:
        catalogue: what may be asked.
        proved: names of cards that people brought -> the torch that proved them then.
        built: the words by which cards are found, once anybody has looked for some.
        for_everybody: what a whole channel may be asked of it, by what is wished for, where that was wished before.
    """

    def __init__(self, catalogue: Catalogue, proved: Mapping[str, str], built: Index | None = None) -> None:
        """Reads no words yet."""
        self.catalogue = catalogue
        self.proved = proved
        self.built = built
        self.for_everybody: OrderedDict[tuple[str, int | None], Stock] = OrderedDict()
        self._building = asyncio.Lock()

    async def index(self) -> Index:
        """The words by which cards are found; read with the first use."""
        async with self._building:
            if self.built is None:
                self.built = await asyncio.to_thread(_index, self.catalogue)
        return self.built


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
        """The words of the house deck, and perhaps of others, where anybody has looked for some."""
        return next((each.built for each in reversed(self._known.values()) if each.built is not None), None)

    async def of(self, user: User, place: Place) -> Shelved:
        """What this person may be asked in this place."""
        return await self.of_person(user.id, place)

    async def of_person(self, person: str, place: Place) -> Shelved:
        """The same by the person's id."""
        editions = await self.editions(person, community(place))
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

    async def editions(self, *owners: str) -> Editions:
        """The decks that any of these use, each as it is now."""
        return await self._store.decks.editions(owners)

    async def _read(self, editions: Editions, withdrawn: Withdrawn) -> Shelved:
        self._house = await asyncio.to_thread(house)
        kept = [await self._store.decks.read(deck) for deck, _, _ in editions]
        return await asyncio.to_thread(_shelved, self._house, [each for each in kept if each is not None], withdrawn)


@cache
def house() -> Deck:
    """The deck that comes with Stride: one for the process, since it never changes."""
    return decks.house()


@cache
def _house_shelf() -> tuple[Catalogue, Index]:
    """The house deck alone, which most people are asked."""
    catalogue = _catalogue([house()])
    return catalogue, _index(catalogue)


@cache
def _house_taught() -> list[Card]:
    """The same cards for everybody: whoever has decks of their own has them beside these."""
    return _with_skills([named(HOUSE, card) for card in house().cards])


def _index(catalogue: Catalogue) -> Index:
    return Index(catalogue.cards, catalogue.topics, catalogue.skills)


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


def _shelved(first: Deck, own: Sequence[Kept], withdrawn: Withdrawn) -> Shelved:
    if not own and not withdrawn:
        catalogue, index = _house_shelf()
        return Shelved(catalogue, {}, index)
    sources = {source for source, _ in withdrawn}
    found = [first, *(replace(kept.deck, cards=kept.usable) for kept in own)]
    proved = {f"{kept.deck.id}/{name}": standing.torch for kept in own for name, standing in kept.standing.items()}
    return Shelved(_catalogue([_asked(deck, sources, withdrawn) for deck in found]), proved)


def _catalogue(found: Sequence[Deck]) -> Catalogue:
    """Of some decks, the house's first."""
    first, *own = found
    cards_of_house = _house_taught() if first is house() else _with_skills([named(HOUSE, card) for card in first.cards])
    lists = [cards_of_house, *([named(deck.id, card) for card in deck.cards] for deck in own)]
    taught = tuple(card for card in chain.from_iterable(zip_longest(*lists)) if card is not None)  # decks in turns
    skills = {f"{SKILL}{family.id}": family for family in FAMILIES}
    cards = {card.id: card for each in lists for card in each if card.id not in skills}
    topics = {f"{deck.id}/{topic}": title for deck in found for topic, title in deck.topics.items()}
    return Catalogue(decks=tuple(found), cards=cards, skills=skills, topics=topics, taught=taught)


def _asked(deck: Deck, sources: Collection[str], withdrawn: Withdrawn) -> Deck:
    """A deck but for the cards that were withdrawn as they are; itself, where that is none."""
    gone = {
        card.id
        for card in deck.cards
        if (name := f"{deck.id}/{card.id}") in sources and (name, digest(named(deck.id, card))) in withdrawn
    }
    return replace(deck, cards=tuple(card for card in deck.cards if card.id not in gone)) if gone else deck


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
