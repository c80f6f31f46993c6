"""Somebody's data as files: everything as JSON, and their cards for Anki, none larger than every platform takes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.reply import File
from bot.store.takeout import TAKEN, shown

if TYPE_CHECKING:
    from datetime import datetime

    from cards.calendar import Calendar
    from cards.memory import Memory
    from cards.model import Deck

FORMAT = "stride-export-1"
NAME, CARDS = "stride-data", "stride-cards"
MOST = 8 << 20  # bytes of all files of one message: every platform takes that many
ROWS = 16 << 20  # bytes of JSON in one file: packed, that is far below what a platform takes
PLAIN = 1 << 20  # bytes of JSON that are sent as they are; more is packed
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
Tables = Mapping[str, Sequence[Mapping[str, Any]]]
Shelf = Sequence[tuple["Deck", Mapping[str, "Memory"]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Files, in the messages in which they fit; what fits into none is named with a way to it."""

    messages: tuple[tuple[File, ...], ...]
    rows: int
    cards: int
    too_large: tuple[str, ...] = ()


def exported(
    person: str, tables: Tables, shelf: Shelf, *, now: datetime, calendar: Calendar, most: int = MOST
) -> Exported:
    """All files of somebody's; takes a while.

    Args:
        person: their id.
        tables: their rows, by table.
        shelf: the decks whose cards they have or remember, each with what they remember.
        now: a moment that knows its zone.
        calendar: of their days.
        most: bytes of one message.
    """
    parts = list(_parts(tables))
    files = [_data(person, part, number, len(parts), now) for number, part in enumerate(parts, start=1)]
    packages, too_large = _packages(shelf, now, calendar, most)
    return Exported(
        messages=tuple(map(tuple, _messages([*files, *packages], most))),
        rows=sum(map(len, tables.values())),
        cards=sum(len(deck.cards) for deck, _ in shelf),
        too_large=tuple(too_large),
    )


def _parts(tables: Tables) -> Iterator[dict[str, list[str]]]:
    """The rows as JSON, as many at a time as one file holds; at least one part, so that nothing is said as well."""
    part: dict[str, list[str]] = {name: [] for name in tables}
    size = 0
    for name, rows in tables.items():
        for row in rows:
            written = _ENCODER.encode(shown(name, row))
            if size and size + len(written) > ROWS:
                yield part
                part, size = {each: [] for each in tables}, 0
            part[name].append(written)
            size += len(written)
    yield part


def _data(person: str, part: Mapping[str, Sequence[str]], number: int, of: int, now: datetime) -> File:
    about = {each.table.name: {"row": each.says, "fields": dict(each.fields)} for each in TAKEN}
    head = {"format": FORMAT, "made": now.isoformat(), "person": person, "part": number, "of": of, "about": about}
    tables = ",\n".join(f"{_ENCODER.encode(name)}: [{''.join(_lines(rows))}]" for name, rows in part.items())
    text = f'{_ENCODER.encode(head)[:-1]},\n"data": {{\n{tables}\n}}}}\n'.encode("utf-8", "replace")
    name = NAME if of == 1 else f"{NAME}-{number}-of-{of}"
    if len(text) <= PLAIN:
        return File(name=f"{name}.json", data=text, kind="application/json")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.json", _EARLIEST), text, zipfile.ZIP_DEFLATED)
    return File(name=f"{name}.zip", data=packed.getvalue(), kind="application/zip")


def _lines(rows: Sequence[str]) -> Iterator[str]:
    for place, row in enumerate(rows):
        yield f"{',' if place else ''}\n{row}"


def _packages(shelf: Shelf, now: datetime, calendar: Calendar, most: int) -> tuple[list[File], list[str]]:
    """All cards in one package, else each deck in its own; and the decks that are too large even so."""
    if not shelf:
        return [], []
    whole = _package(CARDS, shelf, now, calendar)
    if len(whole.data) <= most:
        return [whole], []
    files, too_large = [], []
    for place, (deck, memories) in enumerate(shelf, start=1):
        file = _package(f"{CARDS}-{place}", [(deck, memories)], now, calendar)
        if len(file.data) <= most:
            files.append(file)
        else:
            too_large.append(deck.title)
    return files, too_large


def _package(name: str, shelf: Shelf, now: datetime, calendar: Calendar) -> File:
    from cards.anki_write import write_package

    data = write_package(shelf, now=now, calendar=calendar)
    return File(name=f"{name}.apkg", data=data, kind="application/octet-stream")


def _messages(files: Iterable[File], most: int) -> Iterator[list[File]]:
    """Files in their order, as many at a time as a message takes."""
    held: list[File] = []
    for file in files:
        if held and sum(len(each.data) for each in (*held, file)) > most:
            yield held
            held = []
        held.append(file)
    yield held
