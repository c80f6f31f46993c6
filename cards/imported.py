"""What came out of a file that somebody brought: a deck, what is remembered of its cards, and what was left out.

The readers (`cards.anki_read`, `cards.csv_deck`, `cards.toml_deck`) are pure functions from bytes to this; `read` takes
the one that fits the file. Files come from anywhere: whoever serves others reads them with `bot.deck_files`, in a
process that may open nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from cards.calendar import Calendar
from cards.memory import Memory
from cards.model import Deck

MAX_FILE_BYTES = 32 << 20
KINDS = (".apkg", ".csv", ".toml", ".tsv", ".txt")  # names of files that can hold a deck


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
    raise NotImplementedError
