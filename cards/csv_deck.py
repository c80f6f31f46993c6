"""Decks as tables: CSV in and out.

Any table with questions and answers is a deck: with a header the columns are found by their names, without one they are
question, answer and reason. What is written here reads back as the same cards, and a spreadsheet that opens it
calculates nothing of it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from cards.csv_fields import fields_of, row_of
from cards.deck import MAX_BYTES, MAX_CARDS, MAX_ID, DeckError, card_of, check
from cards.html_text import clean, text_of
from cards.model import Card, Deck, Place
from cards.toml_deck import slug, title_of

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "guid", "key"),
    "kind": ("kind", "type"),
    "topic": ("topic", "tags", "tag", "category", "chapter", "subject", "deck"),
    "topic title": ("topic title",),
    "front": ("front", "question", "prompt", "term", "word", "q"),
    "code": ("code", "snippet"),
    "answer": ("answer", "back", "definition", "meaning", "response", "solution", "a"),
    "unit": ("unit", "units"),
    "accept": ("accept", "also accept", "also accepted", "also right", "alternatives", "synonyms"),
    "wrong": ("wrong", "distractors", "wrong choices", "wrong answers"),
    "reason": ("reason", "why", "because", "explanation", "explain", "extra", "notes", "note"),
    "example": ("example", "examples", "try"),
    "hint": ("hint", "clue"),
    "difficulty": ("difficulty", "level"),
    "family": ("family",),
    "needs": ("needs", "prerequisites"),
    "facts": ("facts",),
    "proof": ("proof",),
    "value": ("value",),
    "denials": ("denials",),
    "tolerance": ("tolerance",),
    "why_no_proof": ("why no proof",),
    "source": ("source",),
}
_NAMES = {name: column for column, names in COLUMNS.items() for name in names}
_WITHOUT_HEADER = ("front", "answer", "reason")
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_LOOK_AT = 20  # records, to find out what parts their cells
_DIRECTIVE = re.compile(r"#([a-z ]+):(.*)\Z", re.IGNORECASE)  # the first lines of Anki's own text files
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r＝＋－＠]")  # noqa: RUF001 - wide signs begin a formula, too
_DEFUSED = re.compile(r"'+\s*[=+\-@\t\r＝＋－＠]")  # noqa: RUF001 - as above
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\Z", re.ASCII)
_ID = re.compile(rf"[a-z0-9][a-z0-9.-]{{0,{MAX_ID - 1}}}\Z", re.ASCII)


def read_csv(data: bytes, *, name: str = "deck.csv") -> Deck:
    """The deck in a table of cards: parted by commas, semicolons, tabs or `|`; raises `DeckError`.

    Its columns are those of `COLUMNS`, by any of their names, in any order; others are not read. A card is recall where
    it does not say its kind.
    """
    table = _table(_decoded(data, name), name)
    cards: dict[str, Card] = {}
    places: dict[str, Place] = {}
    topics: dict[str, str] = {}
    for line, cells in list(table.rows):  # all of it is a table before any of it is a card
        place = Place(name, line)
        card = _card(place, dict(zip(table.columns, cells, strict=False)), topics)
        if card.id in cards:
            words = f"it has the id or the question of {places[card.id]}: take one of them out"
            raise DeckError(name, line, card.id, words)
        cards[card.id], places[card.id] = card, place
    if not cards:
        raise DeckError(name, None, "", "it has no cards: each line is one, with a question and an answer")
    title = title_of(name)
    other = slug(title) or "cards"
    if topics and any(not card.topic for card in cards.values()):  # where some have a topic, all have one
        topics.setdefault(other, title)
        cards = {id_: card if card.topic else replace(card, topic=other) for id_, card in cards.items()}
    deck = Deck(id=other, title=title, says="", cards=tuple(cards.values()), topics=topics, places=places)
    check(deck)
    return deck


def write_csv(deck: Deck) -> str:
    """The deck as a table, with the columns that it needs."""
    rows = [row_of(card, deck.topics.get(card.topic, "")) for card in deck.cards]
    columns = [name for name in COLUMNS if name in {"front", "answer"} or any(row.get(name) for row in rows)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_defused(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()


class _Table(NamedTuple):
    columns: Sequence[str]  # ours, and empty ones for those that are not read
    rows: Iterator[tuple[int, list[str]]]  # with the lines in which they begin


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise DeckError(name, None, "", f"it is larger than {MAX_BYTES >> 20} MiB: part it into several")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as Excel's "Unicode text" begins
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        words = "it is not UTF-8 text: save it as 'CSV UTF-8'"
        raise DeckError(name, None if wide else line, "", words) from fault


def _table(text: str, name: str) -> _Table:
    """The columns and the rows below them."""
    told: dict[str, str] = {}
    skipped = 0
    while found := _DIRECTIVE.match(text.split("\n", 1)[0].strip()):
        told[found[1].casefold()] = found[2].strip()
        text = text.partition("\n")[2]
        skipped += 1
    if (first := text.split("\n", 1)[0].strip().casefold()).startswith("sep=") and len(first) == 5:
        told["separator"], text, skipped = first[4], text.partition("\n")[2], skipped + 1
    named = {word: sign for sign, word in _DELIMITERS.items()}
    told_sign = named.get(told.get("separator", "").casefold(), told.get("separator", ""))
    sign = told_sign if told_sign in _DELIMITERS else _delimiter(text)
    rows = _rows(text, sign, name, skipped, html=told.get("html", "").casefold() == "true")
    begins = next(rows, None)
    if begins is None:
        return _Table((), rows)
    columns = _header(begins[1])
    if columns:
        return _Table(columns, rows)
    return _Table(_told_columns(told, len(begins[1])), _again(begins, rows))


def _again(row: tuple[int, list[str]], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield row
    yield from rows


def _rows(text: str, sign: str, name: str, skipped: int, *, html: bool) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    line = 1
    found = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found += 1
                if found > MAX_CARDS + 1:
                    raise DeckError(name, None, "", f"it has more than {MAX_CARDS:,} cards: part it into several")
                read = [text_of(cell) for cell in cells] if html else cells
                yield line + skipped, [_loaded(clean(cell)) for cell in read]
            line = reader.line_num + 1
    except csv.Error as fault:
        words = f"it is no table that can be read ({fault}): a cell with quotes in it needs each of them twice"
        raise DeckError(name, line + skipped, "", words) from fault


def _delimiter(text: str) -> str:
    """What parts the cells: whatever makes the first records alike, and a header of them."""
    return max(_DELIMITERS, key=lambda sign: _likeness(text, sign))


def _likeness(text: str, sign: str) -> tuple[int, int, int]:
    widths: list[int] = []
    names = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
            names = names or (len([name for name in _header(cells) if name]) if not widths else 0)
            if cells:
                widths.append(len(cells))
            if len(widths) >= _LOOK_AT:
                break
    except csv.Error:
        return 0, 0, 0
    usual = max(set(widths), key=widths.count, default=0)
    alike = widths.count(usual) if usual > 1 else 0
    return names, alike, -usual


def _header(cells: Sequence[str]) -> list[str]:
    """Our names of the columns; none where this is no header."""
    columns: list[str] = []
    for cell in cells:
        name = _NAMES.get(" ".join(re.split(r"[\s_-]+", cell.strip().casefold())), "")
        columns.append("" if name in columns else name)
    return columns if {"front", "answer"} <= set(columns) else []


def _told_columns(told: dict[str, str], width: int) -> list[str]:
    """The columns of a table without a header; Anki's files say which of them are none of a note's fields."""
    columns: list[str] = [""] * width
    for words, number in told.items():
        kind, _, last = words.rpartition(" ")
        if last == "column" and number.isdecimal() and 0 < int(number) <= width:
            columns[int(number) - 1] = {"guid": "id", "tags": "topic", "deck": "-"}.get(kind, "-")
    free = (place for place, column in enumerate(columns) if not column)
    for place, column in zip(free, _WITHOUT_HEADER, strict=False):
        columns[place] = column
    return columns


def _card(place: Place, cells: dict[str, str], topics: dict[str, str]) -> Card:
    """The card in a row; its topic is put among the others."""
    for name in ("front", "answer"):
        if not cells.get(name, "").strip():
            raise DeckError(*place, cells.get("id", "")[:MAX_ID], f"it has no {name}: fill in that cell")
    topic = cells.get("topic", "").strip()
    id_ = topic if _ID.match(topic) else slug(topic)
    if topic:
        title = cells.get("topic title", "").strip() or topic
        topics.setdefault(id_ or "cards", title[:100])
        id_ = id_ or "cards"
    return card_of(place, fields_of(place, cells) | {"topic": id_})


def _defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.match(cell) else cell


def _loaded(cell: str) -> str:
    """The cell that was defused."""
    return cell[1:] if _DEFUSED.match(cell) else cell
