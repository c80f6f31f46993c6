"""Anki packages (.apkg) to decks.

What people wrote becomes cards of this house: a front and a back as plain text, a card for each gap of a cloze, tags as
topics. What cannot come along is counted and named. A card that Stride wrote itself comes back as it was, as long as
nobody changed it in Anki.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cards.anki_collection import MAX_FIELDS, Collection, Note, Row, read_collection
from cards.anki_notetypes import Notetype
from cards.anki_own import own_card
from cards.anki_schedule import SUSPENDED, memory_of, position
from cards.anki_template import MAX_CLOZE, EndlessError, Sides, cloze_sides, sides
from cards.calendar import Calendar
from cards.deck import MAX_TEXT, DeckError, check
from cards.html_text import Content, clean, read_html
from cards.imported import Imported, LeftOut
from cards.memory import Memory
from cards.model import Card, Deck
from cards.package import collection_of
from cards.toml_deck import slug, title_of

WHY_NO_PROOF = "It came from an Anki package, and those hold no proofs."
MAX_CHARACTERS = 40_000_000  # of all sides of all cards, in HTML
_SPECIAL = frozenset({"leech", "marked"})  # tags that Anki itself puts
_EXAMPLE = 60  # characters


def read_apkg(data: bytes, *, name: str = "deck.apkg", calendar: Calendar | None = None) -> Imported:
    """The deck in an Anki package, of the old formats or the new; raises `DeckError`.

    Args:
        data: the package.
        name: of the file; it is shown in faults, and is the deck's title where the package has none.
        calendar: of the learner, who takes the dates over on which cards are due; None: they are not read.
    """
    return _Reading(read_collection(collection_of(data, name), name), name, calendar).imported()


class _LeftOutError(Exception):
    """A card that stays behind, and why."""


class _Reading:
    """One package on its way to a deck."""

    def __init__(self, collection: Collection, name: str, calendar: Calendar | None) -> None:
        self._collection, self._name, self._calendar = collection, name, calendar
        self._cards: dict[str, Card] = {}
        self._memories: list[Memory] = []
        self._topics: dict[str, str] = {}
        self._left: Counter[tuple[str, bool]] = Counter()
        self._examples: dict[tuple[str, bool], str] = {}
        self._characters = 0
        self._fields: dict[int, dict[str, str]] = {}  # by note
        names = {collection.decks.get(row.deck, ""): None for row in collection.cards}
        self._siblings = Counter(row.note for row in collection.cards)
        self._above = _common(names)
        self._title = " / ".join(clean(part) for part in self._above)[:100].strip() or title_of(name)

    def imported(self) -> Imported:
        """All of it."""
        for row in sorted(self._collection.cards, key=lambda row: (position(row), row.id)):
            self._take(row)
        if self._collection.unreadable:
            self._leave_out("their notes are not UTF-8 text", "", self._collection.unreadable)
        if not self._cards:
            whys = "; ".join(sorted({why for why, _ in self._left})) or "it is empty"
            raise DeckError(self._name, None, "", f"no card in it can be used ({whys})")
        deck = Deck(
            id=slug(self._title) or "anki",
            title=self._title,
            says="",
            cards=tuple(replace(card, needs=self._there(card.needs)) for card in self._cards.values()),
            topics=self._topics,
        )
        check(deck)
        left = (
            LeftOut(why=why, kept=kept, cards=count, example=self._examples.get((why, kept), ""))
            for (why, kept), count in self._left.most_common()
        )
        return Imported(deck=deck, left_out=tuple(left), memories=tuple(self._memories))

    def _there(self, cards: Sequence[str]) -> tuple[str, ...]:
        """Those that came along."""
        return tuple(card for card in cards if card in self._cards)

    def _take(self, row: Row) -> None:
        note = self._collection.notes.get(row.note)
        if note is None:
            return  # its note could not be read, and is counted with those
        try:
            card = self._card(note, row)
        except _LeftOutError as why:
            self._leave_out(str(why), note.fields[0])
            return
        except EndlessError:
            self._leave_out(f"a side has more than {MAX_TEXT:,} characters", note.fields[0])
            return
        self._cards[card.id] = card
        if row.queue == SUSPENDED:
            self._leave_out("they were suspended in Anki, and are asked here", card.front, kept=True)
        if self._calendar is not None and row.type:
            memory = memory_of(row, card.id, self._collection, self._calendar)
            if memory is not None:
                self._memories.append(memory)
            else:
                self._leave_out("Anki does not say enough of when they are due, so they are new", card.front, kept=True)

    def _card(self, note: Note, row: Row) -> Card:
        notetype = self._collection.notetypes.get(note.notetype)
        if notetype is None:
            raise _LeftOutError("their note type is missing")
        if notetype.pictures:
            raise _LeftOutError("they ask for parts of a picture, and pictures stay behind")
        if sum(map(len, note.fields)) > MAX_FIELDS:
            raise EndlessError
        own = own_card(notetype, note.fields)
        if own is not None:
            return self._placed(own.card, own.topic)
        html = self._sides(note, notetype, row)
        self._characters += len(html.front) + len(html.answer) + len(html.rest)
        if self._characters > MAX_CHARACTERS:
            raise DeckError(self._name, None, "", f"it has more than {MAX_CHARACTERS:,} characters: export it in parts")
        return self._read(html, note, row)

    def _sides(self, note: Note, notetype: Notetype, row: Row) -> Sides:
        fields = self._fields.get(note.id)
        if fields is None:
            fields = self._fields[note.id] = dict(zip(notetype.fields, note.fields, strict=False))
        if notetype.cloze and notetype.templates:
            if not 0 <= row.ord < MAX_CLOZE:
                raise _LeftOutError("their gap is not in the text")
            return cloze_sides(*notetype.templates[0], fields, row.ord + 1)
        if not 0 <= row.ord < len(notetype.templates):
            raise _LeftOutError("their template is missing")
        return sides(*notetype.templates[row.ord], fields)

    def _read(self, html: Sides, note: Note, row: Row) -> Card:
        front, answer, rest, hint = (read_html(each) for each in (html.front, html.answer, html.rest, html.hint))
        if front.empty or answer.empty:
            media = front.media + answer.media
            raise _LeftOutError("one side is nothing but a picture or a sound" if media else "one side is empty")
        text, code = _with_code(front)
        said = _without(answer.text, front.text)
        if any(len(each) > MAX_TEXT for each in (text, code, said, rest.text, hint.text)):
            raise EndlessError
        if front.media + answer.media + rest.media:
            self._leave_out("pictures and sounds stay behind", text, kept=True)
        topic, title = self._topic(note, row)
        card = Card(
            id=_id(note.guid, row.ord),
            kind="recall",
            topic=topic,
            family=_id(note.guid, None) if self._siblings[note.id] > 1 else "",
            front=text,
            code=code,
            answer=said,
            reason="" if rest.empty else rest.text,
            hint="" if hint.empty else hint.text,
            why_no_proof=WHY_NO_PROOF,
            source=f"Anki: {clean(self._collection.decks.get(row.deck, ''))}"[:200],
        )
        return self._placed(card, title)

    def _placed(self, card: Card, title: str) -> Card:
        """The card, under a topic that has a title, unless there is one of its id already."""
        if card.id in self._cards:
            raise _LeftOutError("the package holds them twice")
        self._topics.setdefault(card.topic, title or card.topic or self._title)
        return card

    def _topic(self, note: Note, row: Row) -> tuple[str, str]:
        """A card's topic and its title: the first tag, or else the deck below the one that all have in common."""
        below = self._collection.decks.get(row.deck, "").split("::")[len(self._above) :]
        names = [tag.split("::") for tag in note.tags if tag.casefold() not in _SPECIAL]
        parts = next((name for name in (*names, below) if slug("-".join(name))), self._above or (self._title,))
        title = " / ".join(clean(part) for part in parts if part)[:100]
        return slug("-".join(parts)) or "cards", title or self._title

    def _leave_out(self, why: str, example: str, cards: int = 1, *, kept: bool = False) -> None:
        self._left[why, kept] += cards
        if example and (why, kept) not in self._examples:
            said = " ".join(read_html(example[: 20 * _EXAMPLE]).text.split())
            self._examples[why, kept] = said if len(said) <= _EXAMPLE else said[: _EXAMPLE - 1] + "…"


def _with_code(front: Content) -> tuple[str, str]:
    """A question, and the block of code below it, where it has just one."""
    blocks = [piece.text for piece in front.pieces if piece.is_code]
    words = [piece.text for piece in front.pieces if not piece.is_code]
    if len(blocks) == 1 and words and "\n" in blocks[0]:
        return "\n".join(words), blocks[0]
    return front.text, ""


def _without(answer: str, front: str) -> str:
    """An answer without the question, where the back shows that once more."""
    return answer.removeprefix(f"{front}\n")


def _id(guid: str, place: int | None) -> str:
    """A card's id, or its family's: the same in every edition of a package, since a note keeps its GUID."""
    return f"anki-{hashlib.blake2b(f'{place} {guid}'.encode(), digest_size=8).hexdigest()}"


def _common(decks: Iterable[str]) -> tuple[str, ...]:
    """The decks that all of these are in or below, from the top."""
    first, *others = [deck.split("::") for deck in decks] or [[]]
    for other in others:
        same = (place for place, (one, two) in enumerate(zip(first, other, strict=False)) if one != two)
        first = first[: next(same, min(len(first), len(other)))]
    return tuple(first)
