"""Decks of people's own and of their communities, as the store keeps them.

A deck belongs to one owner: a person's id, or `community:<platform>:<community>`. What came of each card's proof is
kept beside it: a card that torch has not been asked about yet is there, but is not to be asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, delete, func, select, update

from bot.command import Place
from bot.errors import TooMuchKept
from bot.store.batches import Batches
from bot.store.deck_rows import Changes, Held, Kept, Standing, kept_in, row_of, rows_of
from bot.store.dialect import insert, one_at_a_time
from bot.store.engine import looking
from bot.store.many import among, many
from bot.store.tables import deck_cards, deck_uses, decks
from cards.model import Card, Deck
from cards.proof import Outcome

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

MAX_DECKS = 30  # of one owner
MAX_CARDS = 20_000  # of one deck
MAX_CHARACTERS = 64_000_000  # of one owner, as JSON
MAX_SLUG = 40
_STRANGE = re.compile(r"[^a-z0-9]+")
_DIGEST_BYTES = 4
Editions = tuple[tuple[str, int, datetime], ...]  # of decks by their ids


def community(place: Place) -> str:
    """The owner that stands for everyone in a community."""
    return f"community:{place.platform}:{place.community}"


def deck_id(owner: str, name: str) -> str:
    """The id of an owner's deck of that name: the same each time, so that what is remembered of its cards stays."""
    found = slug(name)
    digest = hashlib.blake2b(f"{owner}\0{found}".encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{found}-{digest}"


def slug(name: str) -> str:
    """A name in small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    found = _STRANGE.sub("-", plain).strip("-")[:MAX_SLUG].strip("-")
    if found or not name.strip():
        return found or "deck"
    return "deck-" + hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


class Decks:
    """The verbs; `Store.decks` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine, self._looking = engine, looking(engine)
        self._editions: Batches[tuple[str, ...], Editions] = Batches(self._read_editions)

    async def put(self, deck: Deck, standing: Mapping[str, Standing], *, owner: str, at: datetime) -> Changes:
        """Adds a deck, or makes the one of its id into it; all or nothing.

        Cards without a standing are not taken; of those, one that is there already stays as it was. A removed deck of
        that id comes back.

        Raises:
            TooMuchKept: the owner has as many decks, or as much in them, as may be; or the deck has too many cards.
        """
        if len(deck.cards) > MAX_CARDS:
            raise TooMuchKept(f"{len(deck.cards):,} cards; a deck may have {MAX_CARDS:,}: part it into several.")
        rows = await asyncio.to_thread(rows_of, deck, standing)
        async with self._engine.begin() as connection:
            fresh = await self._written(connection, deck, owner, at)
            known = await _data(connection, deck.id)
            named = {card.id for card in deck.cards}
            gone = [card for card in known if card not in named]
            if gone:
                await connection.execute(_DROP_CARD, [{"of": deck.id, "named": card} for card in gone])
            if rows:
                await connection.execute(_PUT_CARD, rows)
            await _hold_limits(connection, owner)
        added = tuple(row["card"] for row in rows if row["card"] not in known)
        changed = tuple(row["card"] for row in rows if known.get(row["card"], row["data"]) != row["data"])
        return Changes(
            fresh=fresh,
            added=added,
            changed=changed,
            same=len(rows) - len(added) - len(changed),
            gone=tuple(gone),
        )

    async def put_card(self, deck: Deck, card: Card, standing: Standing, *, owner: str, at: datetime) -> bool:
        """Adds one card to a deck, which is made where it is not there, or begins again where it had been removed.

        Whether the card was new comes back.

        Args:
            deck: its id, title and words; its cards are not looked at.
            card: replaces one of the same id.
            standing: what became of its proof.
            owner: whose the deck is.
            at: when.

        Raises:
            TooMuchKept: see `put`.
        """
        async with self._engine.begin() as connection:
            gone = select(decks.c.id).where(decks.c.id == deck.id, decks.c.removed.is_not(None))
            await connection.execute(delete(deck_cards).where(deck_cards.c.deck.in_(gone)))
            await self._written(connection, deck, owner, at, anew=False)
            known = await _data(connection, deck.id)
            place = select(func.coalesce(func.max(deck_cards.c.position), -1) + 1).where(deck_cards.c.deck == deck.id)
            row = row_of(deck.id, card, standing, (await connection.execute(place)).scalar_one())
            if card.id not in known and len(known) >= MAX_CARDS:
                raise TooMuchKept(f"{deck.title} has {MAX_CARDS:,} cards, as many as a deck may have.")
            await connection.execute(_PUT_CARD, [row])
            await _hold_limits(connection, owner)
        return card.id not in known

    async def take_card(self, deck_id: str, card: str) -> bool:
        """Takes one card out of a deck; whether it was there. What is remembered of it stays."""
        which = (deck_cards.c.deck == deck_id, deck_cards.c.card == card)
        async with self._engine.begin() as connection:
            there = (await connection.execute(delete(deck_cards).where(*which))).rowcount > 0
            await connection.execute(update(decks).where(decks.c.id == deck_id).values(edition=decks.c.edition + 1))
        return there

    async def judge(self, deck_id: str, standing: Mapping[str, Standing]) -> None:
        """Keeps what came of proofs; cards that are wrong are taken out."""
        wrong = [card for card, found in standing.items() if found.outcome is Outcome.WRONG]
        async with self._engine.begin() as connection:
            for card, found in standing.items():
                which = (deck_cards.c.deck == deck_id, deck_cards.c.card == card)
                if card in wrong:
                    await connection.execute(delete(deck_cards).where(*which))
                else:
                    values = {"proof": found.outcome.value, "torch": found.torch}
                    await connection.execute(update(deck_cards).where(*which).values(values))
            await connection.execute(update(decks).where(decks.c.id == deck_id).values(edition=decks.c.edition + 1))

    async def of(self, owners: Iterable[str], *, removed: bool = False) -> list[Held]:
        """The decks of some owners, by title; with `removed`, those that can still be restored instead."""
        gone = decks.c.removed.is_not(None) if removed else decks.c.removed.is_(None)
        return await self._held(decks.c.owner.in_(list(owners)), gone)

    async def held(self, deck_id: str) -> Held | None:
        """The deck of that id, also a removed one."""
        found = await self._held(decks.c.id == deck_id)
        return found[0] if found else None

    async def read(self, deck_id: str) -> Kept | None:
        """A deck with its cards; None where there is none, or it has been removed."""
        found = await self._held(decks.c.id == deck_id, decks.c.removed.is_(None))
        if not found:
            return None
        wanted = select(deck_cards).where(deck_cards.c.deck == deck_id).order_by(deck_cards.c.position)
        about = select(decks.c.topics).where(decks.c.id == deck_id)
        async with self._engine.connect() as connection:
            cards = (await connection.execute(wanted)).all()
            topics = (await connection.execute(about)).scalar_one()
        return await asyncio.to_thread(kept_in, found[0], cards, topics)

    async def used_by(self, owners: Iterable[str]) -> list[Held]:
        """The decks that some people or communities use, each once."""
        using = select(deck_uses.c.deck).where(deck_uses.c.owner.in_(list(owners)))
        return await self._held(decks.c.id.in_(using), decks.c.removed.is_(None))

    async def editions(self, owners: Iterable[str]) -> Editions:
        """What changes whenever the decks that these use, or the cards of one, do: each deck's id and edition."""
        return await self._editions(tuple(owners))

    async def idle(self) -> None:
        """Returns when nothing is asked any more, for whoever closes the database."""
        await self._editions.idle()

    async def _read_editions(self, asked: Sequence[tuple[str, ...]]) -> list[Editions]:
        """Each answer begins with it, so that those who ask at once do so in one query."""
        used: dict[str, list[tuple[str, int, datetime]]] = {owner: [] for owners in asked for owner in owners}
        async with self._looking.connect() as connection:
            for owner, *deck in await connection.execute(_EDITIONS, {"owners": many(used)}):
                used[owner].append((deck[0], deck[1], deck[2]))
        return [tuple(sorted({deck for owner in owners for deck in used[owner]})) for owners in asked]

    async def use(self, owner: str, deck_id: str) -> None:
        """From now on an owner practises a deck, which is there."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(deck_uses).on_conflict_do_nothing(), {"owner": owner, "deck": deck_id})

    async def stop_using(self, owner: str, deck_id: str) -> None:
        """An owner no longer practises a deck; what is remembered of it stays."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(deck_uses).where(deck_uses.c.owner == owner, deck_uses.c.deck == deck_id))

    async def remove(self, deck_id: str, at: datetime) -> bool:
        """Takes a deck away until it is restored or forgotten; whether it was there."""
        changed = update(decks).where(decks.c.id == deck_id, decks.c.removed.is_(None)).values(removed=at)
        async with self._engine.begin() as connection:
            return (await connection.execute(changed)).rowcount > 0

    async def restore(self, deck_id: str) -> bool:
        """Brings a removed deck back, used by whoever used it; whether it was still to be had.

        Raises:
            TooMuchKept: its owner has taken its room meanwhile.
        """
        async with self._engine.begin() as connection:
            changed = update(decks).where(decks.c.id == deck_id, decks.c.removed.is_not(None)).values(removed=None)
            there = (await connection.execute(changed)).rowcount > 0
            if there:
                owner = select(decks.c.owner).where(decks.c.id == deck_id)
                await _hold_limits(connection, str((await connection.execute(owner)).scalar_one()))
        return there

    async def forget(self, *, removed_before: datetime) -> int:
        """Drops the decks that were removed before a moment, for good; how many."""
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(decks).where(decks.c.removed < removed_before))).rowcount

    async def _written(
        self, connection: AsyncConnection, deck: Deck, owner: str, at: datetime, *, anew: bool = True
    ) -> bool:
        """Writes a deck's own row, its words only where it is `anew`; whether there was none."""
        row = {
            "id": deck.id,
            "owner": owner,
            "title": deck.title,
            "says": deck.says,
            "topics": json.dumps(deck.topics),
            "made": at,
            "changed": at,
            "edition": 1,
        }
        names = ("title", "says", "topics", "changed") if anew else ("changed",)
        again = {name: row[name] for name in names} | {"removed": None, "edition": decks.c.edition + 1}
        made = insert(decks).on_conflict_do_nothing()
        if (await connection.execute(made, row)).rowcount > 0:
            return True
        theirs = update(decks).where(decks.c.id == deck.id, decks.c.owner == owner)
        if (await connection.execute(theirs.values(again))).rowcount == 0:
            raise ValueError(f"the deck {deck.id} is another owner's")
        return False

    async def _held(self, *wanted: Any) -> list[Held]:
        columns = [column for column in decks.c if column.name not in {"topics", "edition"}]
        found = (
            select(
                *columns,
                func.count(deck_cards.c.card).label("cards"),
                _count(Outcome.PROVED).label("proved"),
                _count(Outcome.UNASKED).label("waiting"),
            )
            .outerjoin(deck_cards, deck_cards.c.deck == decks.c.id)
            .where(*wanted)
            .group_by(decks.c.id)
            .order_by(decks.c.title, decks.c.id)
        )
        async with self._engine.connect() as connection:
            return [Held(**row) for row in (await connection.execute(found)).mappings()]


_EDITIONS = (
    select(deck_uses.c.owner, decks.c.id, decks.c.edition, decks.c.changed)
    .join(decks, decks.c.id == deck_uses.c.deck)
    .where(among(deck_uses.c.owner, "owners"), decks.c.removed.is_(None))
)


def _count(outcome: Outcome) -> Any:
    return func.coalesce(func.sum(case((deck_cards.c.proof == outcome.value, 1), else_=0)), 0)


_DROP_CARD = delete(deck_cards).where(deck_cards.c.deck == bindparam("of"), deck_cards.c.card == bindparam("named"))
_card = insert(deck_cards)
_PUT_CARD = _card.on_conflict_do_update(
    index_elements=[deck_cards.c.deck, deck_cards.c.card],
    set_={name: _card.excluded[name] for name in ("position", "data", "proof", "torch")},
)


async def _data(connection: AsyncConnection, deck_id: str) -> dict[str, str]:
    found = await connection.execute(select(deck_cards.c.card, deck_cards.c.data).where(deck_cards.c.deck == deck_id))
    return {row.card: row.data for row in found}


async def _hold_limits(connection: AsyncConnection, owner: str) -> None:
    """Raises `TooMuchKept`, which takes back what was just written."""
    mine = select(decks.c.id).where(decks.c.owner == owner, decks.c.removed.is_(None))
    await one_at_a_time(connection, owner)
    if len((await connection.execute(mine)).all()) > MAX_DECKS:
        raise TooMuchKept(f"There are {MAX_DECKS} decks already, as many as one may have: remove one that is old.")
    size = select(func.coalesce(func.sum(func.length(deck_cards.c.data)), 0)).where(deck_cards.c.deck.in_(mine))
    if (await connection.execute(size)).scalar_one() > MAX_CHARACTERS:
        much = f"{MAX_CHARACTERS // 1_000_000} million characters"
        raise TooMuchKept(f"All decks together may have {much}, and would have more: remove one that is old.")
