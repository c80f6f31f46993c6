"""Which deck somebody means, whose it is, and what they may do with it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.arguments import shorten
from bot.command import Incoming
from bot.errors import NotAllowed, WrongUsage
from bot.store.deck_rows import Held
from bot.store.decks import community, slug

if TYPE_CHECKING:
    from bot.app import Core

HOUSE = "stride"  # the id of the deck that comes with Stride
HOUSE_TITLE = "PyTorch layers"
ALMOST = 0.6  # how like a name the words must be to be taken for it
MOST_OFFERED = 5


class NoSuchDeck(WrongUsage):
    """No deck of that name is to be seen here."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who speaks of decks, and where."""

    person: str
    group: str

    @classmethod
    def of(cls, incoming: Incoming) -> Reader:
        """Whoever did this, in the community of its place."""
        return cls(incoming.user.id, community(incoming.place))

    @property
    def owners(self) -> tuple[str, str]:
        """Whose decks they see."""
        return self.person, self.group

    def whose(self, held: Held) -> str:
        """Whose a deck is, in a word."""
        return "yours" if held.owner == self.person else "the group's"


async def named(core: Core, incoming: Incoming, words: str, *, group: bool = False, removed: bool = False) -> Held:
    """The deck that the words name, forgivingly: one's own before the group's; with `group` the group's alone.

    Raises:
        NoSuchDeck: there is none; says which there are.
    """
    reader = Reader.of(incoming)
    seen = await core.store.decks.of([reader.group] if group else reader.owners, removed=removed)
    found = nearest(seen, words, first=reader.person)
    if found is None:
        raise none_such(words, seen, removed=removed)
    return found


def is_house(words: str) -> bool:
    """Whether the words name the deck that comes with Stride."""
    return slug(words) in {HOUSE, slug(HOUSE_TITLE)}


def nearest(seen: Sequence[Held], words: str, *, first: str = "") -> Held | None:
    """The deck whose title or id is most like the words; of two that are alike, that of `first`."""
    wish = slug(words)
    if not words.strip():
        return None
    ranked = sorted(seen, key=lambda held: held.owner != first)
    fits = (
        lambda held: held.id == words.strip().casefold(),
        lambda held: slug(held.title) == wish,
        lambda held: slug(held.title).startswith(wish) or held.id.startswith(wish),
        lambda held: wish in slug(held.title),
    )
    for fit in fits:
        for held in ranked:
            if fit(held):
                return held
    titles = {slug(held.title): held for held in reversed(ranked)}
    near = difflib.get_close_matches(wish, titles, n=1, cutoff=ALMOST)
    return titles[near[0]] if near else None


def none_such(words: str, seen: Sequence[Held], *, removed: bool = False) -> NoSuchDeck:
    """What to say where no deck has that name."""
    kind = "removed deck" if removed else "deck"
    said = f"I see no {kind} called `{shorten(words)}` here." if words.strip() else f"Which {kind}? Say its name."
    if not seen:
        return NoSuchDeck(f"{said} There is none.", suggestion="/deck list" if removed else "/deck import")
    titles = ", ".join(f"`{shorten(held.title)}`" for held in seen[:MOST_OFFERED])
    more = f" and {len(seen) - MOST_OFFERED} more" if len(seen) > MOST_OFFERED else ""
    return NoSuchDeck(f"{said} There are {titles}{more}." if len(seen) > 1 else f"{said} There is {titles}.")


async def owner_of_new(core: Core, incoming: Incoming, *, group: bool) -> str:
    """Whose a new deck becomes; raises `NotAllowed` for a group's, by anybody but its organisers."""
    reader = Reader.of(incoming)
    if not group:
        return reader.person
    await must_organise(core, incoming, "bring in decks for the group", "Without `--group` it becomes your own.")
    return reader.group


async def must_own(core: Core, incoming: Incoming, held: Held, what: str) -> None:
    """Raises `NotAllowed` where a deck is neither theirs nor of a group here that they organise."""
    reader = Reader.of(incoming)
    if held.owner == reader.person:
        return
    if held.owner != reader.group:
        raise NotAllowed("That deck is somebody else's.")
    await must_organise(core, incoming, what)


async def must_organise(core: Core, incoming: Incoming, what: str, way_out: str = "Ask one of them.") -> None:
    """Raises `NotAllowed` for everybody but the organisers of the place."""
    if not await core.organises(incoming):
        where = ", in a channel of the group" if incoming.place.private else ""
        raise NotAllowed(f"Only organisers may {what}{where}. {way_out}")
