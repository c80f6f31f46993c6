"""What came out of a file that somebody brought: a deck, what is remembered of its cards, and what was left out.

The readers (`cards.anki_read`, `cards.csv_deck`, `cards.toml_deck`) are pure functions from bytes to this; `read` takes
the one that fits the file. Files come from anywhere: whoever serves others reads them with `bot.deck_files`, in a
process that may open nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from cards.calendar import Calendar
from cards.deck import DeckError
from cards.memory import Memory
from cards.model import Deck

MAX_FILE_BYTES = 32 << 20
TABLES = (".csv", ".tsv", ".txt")
KINDS = (".apkg", ".toml", *TABLES)  # what the names of files that hold a deck end in
_PACKAGES = (".apkg", ".colpkg")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Cards, or parts of cards, that did not come along.

    Attributes:
        why: for people, as the end of "3 cards: ...".
        cards: how many cards it concerns.
        example: the beginning of one of them; may be empty.
        kept: whether the cards are there, without the part that `why` names.
    """

    why: str
    cards: int
    example: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A file that was read.

    Attributes:
        deck: its id is made from its title; the ids of its cards are the same each time that the file is read, and in a
            newer edition of it. A card's `reason` may be empty: most people's cards give none.
        left_out: what did not come along, and why.
        memories: what the file's owner remembers of the cards; empty where the file does not say, or no calendar came.
    """

    deck: Deck
    left_out: tuple[LeftOut, ...] = ()
    memories: tuple[Memory, ...] = ()


def read(name: str, data: bytes, calendar: Calendar | None = None) -> Imported:
    """The deck in a file, by the file's name and beginning.

    Args:
        name: as the file was called; it is shown in faults.
        data: its bytes.
        calendar: of the learner, who takes the dates over on which cards are due; None: they are not read.

    Raises:
        DeckError: it cannot be used; says where and what to do. Nothing has been imported then.
    """
    from cards import anki_read, csv_deck, toml_deck

    kind = name[name.rfind(".") :].casefold() if "." in name else ""
    if kind in _PACKAGES or (kind not in TABLES and data.startswith(b"PK")):
        return anki_read.read_apkg(data, name=name, calendar=calendar)
    if kind in TABLES:
        return Imported(deck=csv_deck.read_csv(data, name=name))
    if kind == ".toml":
        return Imported(deck=toml_deck.read_toml(data, name=name))
    raise DeckError(name[:80], None, "", f"decks are files of the kinds {', '.join(KINDS)}")
