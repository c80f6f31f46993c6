"""`/deck export`: a deck as a file, for Anki with what somebody remembers of it, as a table, or as TOML."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.command import Incoming
from bot.commands import deck_words as words
from bot.commands.deck_turn import in_turn
from bot.reply import File, Reply, Text
from bot.store.decks import slug
from cards.model import Deck

if TYPE_CHECKING:
    from bot.app import Core

KINDS: Mapping[str, str] = {
    "apkg": "application/octet-stream",
    "csv": "text/csv",
    "toml": "application/toml",
}
USUAL = "apkg"


def split_kind(rest: str) -> tuple[str, str]:
    """`my deck csv` -> (`my deck`, `csv`): the kind may be left out, and may have a dot before it."""
    name, _, last = rest.rpartition(" ")
    kind = last.strip().casefold().removeprefix(".")
    if kind == "anki":
        kind = "apkg"
    return (name.strip(), kind) if kind in KINDS and name.strip() else (rest.strip(), USUAL)


async def exported(core: Core, incoming: Incoming, deck: Deck, kind: str) -> Reply:
    """The deck as a file."""
    write = await _writer(core, incoming, deck, kind)
    data = await in_turn(core, incoming, lambda _: asyncio.to_thread(write))
    name = f"{slug(deck.title)}.{kind}"
    said = f"`{name}`: {words.count(len(deck.cards), 'card')}."
    if kind == "apkg":
        said += " Anki opens it, with the dates on which you are asked again."
    else:
        said += " `/deck import` reads it back, proofs and all."
    file = File(name=name, data=data, kind=KINDS[kind])
    return Reply(
        parts=(Text(text=said, tone="good"), file),
        private=True,
        data={"deck": deck.id, "file": name, "kind": kind, "bytes": len(data), "cards": len(deck.cards)},
    )


async def _writer(core: Core, incoming: Incoming, deck: Deck, kind: str) -> Callable[[], bytes]:
    """What makes the file; it blocks."""
    if kind == "apkg":
        from cards.anki_write import write_apkg

        memories = await core.tutor.remembered(incoming.user, deck.id)
        calendar = await core.tutor.calendar(incoming.user)
        return lambda: write_apkg(deck, memories, now=incoming.at, calendar=calendar)
    if kind == "csv":
        from cards.csv_deck import write_csv

        return lambda: write_csv(deck).encode()
    from cards.toml_deck import write_toml

    return lambda: write_toml(replace(deck, places={})).encode()
