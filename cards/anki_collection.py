"""An Anki collection, read out of its SQLite file: notes, cards, note types, decks, and when cards were answered.

The file is somebody else's, and SQLite trusts what it opens. So it is opened in memory, with nothing to write to; only
plain tables are read, only the columns named here, in a bounded number of steps, with no function, view or trigger of
the file's own. All limits are checked before the rows are looked at.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cards.anki_notetypes import Notetype, decks_of_json, notetypes_of_json, notetypes_of_rows
from cards.deck import DeckError

MAX_NOTES = 20_000
MAX_CARDS = 20_000
MAX_FIELDS = 64_000  # characters of all fields of a note
_MAX_REVIEWS = 500_000
_MAX_ROW = 16 << 20  # bytes
_MAX_NAMES = 20_000  # decks, note types, fields
_STEP, _MAX_STEPS = 100_000, 3_000  # of SQLite's machine: some seconds
_REPAIR = "in Anki, choose Tools > Check Database, then export it again"
_DAMAGED = (sqlite3.Error, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
_COLUMNS = {
    "sqlite_master": {"type", "name", "sql"},
    "col": {"crt", "ver", "conf", "models", "decks"},
    "notes": {"id", "guid", "mid", "tags", "flds"},
    "cards": {
        *("id", "nid", "did", "ord", "type", "queue", "due", "ivl", "factor", "reps", "lapses", "left"),
        *("odue", "odid", "data"),
    },
    "revlog": {"id", "cid"},
    "notetypes": {"id", "name", "config"},
    "fields": {"ntid", "ord", "name"},
    "templates": {"ntid", "ord", "config"},
    "decks": {"id", "name"},
    "config": {"KEY", "val"},
}
_COMPUTED = re.compile(r"\bVIRTUAL\b|\bGENERATED\b|\bAS\s*\(", re.IGNORECASE)
_SCHEMA_OF_TABLES = 18  # from here on note types and decks have tables of their own


class Note(NamedTuple):
    """What somebody wrote."""

    id: int
    guid: str
    notetype: int
    tags: tuple[str, ...]
    fields: tuple[str, ...]


class Row(NamedTuple):
    """One card of a note, as Anki's scheduler has it."""

    id: int
    note: int
    deck: int
    ord: int
    type: int
    queue: int
    due: int
    interval: int
    factor: int
    reps: int
    lapses: int
    left: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is read of a collection.

    Attributes:
        created: the moment from which it counts its days, in seconds of UTC.
        west: minutes that its owner was west of UTC then; None where it does not say.
        notes: by id.
        unreadable: how many notes are not text.
        cards: in no order.
        reviews: by card, the moments of its first and its last answer, in milliseconds of UTC.
    """

    created: int
    west: int | None
    notetypes: dict[int, Notetype]
    decks: dict[int, str]
    notes: dict[int, Note]
    cards: tuple[Row, ...]
    unreadable: int = 0
    reviews: dict[int, tuple[int, int]] = field(default_factory=dict)


def read_collection(data: bytes, name: str) -> Collection:
    """The collection in a SQLite file; raises `DeckError`."""
    try:
        with closing(_opened(data)) as connection:
            return _Reader(connection, name).collection()
    except DeckError:
        raise
    except _DAMAGED as fault:
        raise DeckError(name, None, "", f"its collection is damaged: {_REPAIR}") from fault


def _opened(data: bytes) -> sqlite3.Connection:
    """The file in memory, behind all guards."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = bytes
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_ROW)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
    if data[18:20] == b"\x02\x02":  # a write-ahead log, which a file in memory cannot have
        data = data[:18] + b"\x01\x01" + data[20:]
    connection.deserialize(data)
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "temp_store=MEMORY", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}").close()
    steps = iter(range(_MAX_STEPS))
    connection.set_progress_handler(lambda: int(next(steps, None) is None), _STEP)
    connection.set_authorizer(_allow)
    return connection


def _allow(action: int, what: str | None, column: str | None, _database: str | None, inside: str | None) -> int:
    """SQLite's question whether a statement may do this."""
    if inside is None and action == sqlite3.SQLITE_SELECT:
        return sqlite3.SQLITE_OK
    if inside is None and action == sqlite3.SQLITE_READ and what in _COLUMNS:
        known = not column or column in _COLUMNS[what]  # SQLite asks for no column where it takes row numbers only
        return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_DENY


class _Reader:
    """Reads what is needed, in order: what there is, how much of it, and then the rows."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._unreadable = 0

    def collection(self) -> Collection:
        """All of it; raises what `read_collection` knows."""
        tables = self._tables()
        if not {"col", "notes", "cards"} <= tables:
            raise DeckError(self._name, None, "", f"it has no notes and cards: {_REPAIR}")
        self._count("notes", "id", MAX_NOTES)
        self._count("cards", "id", MAX_CARDS)
        (created, version, conf, models, decks), *_ = self._some("SELECT crt, ver, conf, models, decks FROM col")
        if _number(version) >= _SCHEMA_OF_TABLES:
            settings = {_text(key): value for key, value in self._some("SELECT KEY, val FROM config")}
            west = _west(settings.get("creationOffset"))
            notetypes, names = self._notetypes(), self._decks()
        else:
            found = _json(conf)
            west = found.get("creationOffset") if isinstance(found, dict) else None
            notetypes, names = notetypes_of_json(_json(models)), decks_of_json(_json(decks))
        notes = {note.id: note for note in self._notes()}
        return Collection(
            created=_number(created),
            west=west if isinstance(west, int) and abs(west) <= 24 * 60 else None,
            notetypes=notetypes,
            decks=names,
            notes=notes,
            cards=tuple(self._cards()),
            unreadable=self._unreadable,
            reviews=self._reviews() if "revlog" in tables else {},
        )

    def _tables(self) -> set[str]:
        """The tables by name, after a look at what else there is."""
        tables: set[str] = set()
        for kind, name, sql in self._some("SELECT type, name, sql FROM sqlite_master"):
            what, called, made = _text(kind), _text(name), _text(sql or b"")
            if what in {"view", "trigger"} or (what == "table" and called in _COLUMNS and _COMPUTED.search(made)):
                raise DeckError(self._name, None, "", f"its collection holds a program ({called[:40]}): {_REPAIR}")
            if what == "table":
                tables.add(called)
        return tables

    def _count(self, table: str, column: str, most: int) -> None:
        """Stops at one more than there may be: what lies behind is not read."""
        found = sum(1 for _ in self._rows(f"SELECT {column} FROM {table} LIMIT {most + 1}"))  # noqa: S608 - names of ours
        if found > most:
            raise DeckError(self._name, None, "", f"it has more than {most:,} {table}: export the deck in parts")

    def _notes(self) -> Iterator[Note]:
        for id_, guid, notetype, tags, fields in self._rows("SELECT id, guid, mid, tags, flds FROM notes"):
            try:
                text = _text(fields)
                words = tuple(_text(tags).split()[:100])
                yield Note(_number(id_), _text(guid), _number(notetype), words, tuple(text.split("\x1f")))
            except (ValueError, TypeError):
                self._unreadable += 1

    def _cards(self) -> Iterator[Row]:
        sql = "SELECT id, nid, did, ord, type, queue, due, ivl, factor, reps, lapses, left, odue, odid, data FROM cards"
        for *numbers, data in self._rows(sql):
            known = [_number(number) for number in numbers]
            deck_before, due_before = known.pop(), known.pop()
            if deck_before:  # it is in a filtered deck for now
                known[2], known[6] = deck_before, due_before or known[6]
            yield Row._make([*known, _shown(data)])

    def _reviews(self) -> dict[int, tuple[int, int]]:
        found: dict[int, tuple[int, int]] = {}
        for moment, card in self._rows(f"SELECT id, cid FROM revlog LIMIT {_MAX_REVIEWS}"):  # noqa: S608 - a number
            at, of = _number(moment), _number(card)
            first, last = found.get(of, (at, at))
            found[of] = min(first, at), max(last, at)
        return found

    def _notetypes(self) -> dict[int, Notetype]:
        return notetypes_of_rows(
            [
                (_number(id_), _text(name), config)
                for id_, name, config in self._some("SELECT id, name, config FROM notetypes")
            ],
            [
                (_number(of), _number(at), _text(name))
                for of, at, name in self._some("SELECT ntid, ord, name FROM fields")
            ],
            [
                (_number(of), _number(at), config)
                for of, at, config in self._some("SELECT ntid, ord, config FROM templates")
            ],
        )

    def _decks(self) -> dict[int, str]:
        rows = self._some("SELECT id, name FROM decks")
        return {_number(id_): _text(name).replace("\x1f", "::") for id_, name in rows}

    def _some(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table that is short in every collection."""
        for place, row in enumerate(self._rows(sql)):
            if place >= _MAX_NAMES:
                raise DeckError(self._name, None, "", f"it has more than {_MAX_NAMES:,} decks, fields or note types")
            yield row

    def _rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        return self._connection.execute(sql)


def _number(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int):
        raise TypeError("not a number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        raise TypeError("not a text")
    return value.decode()


def _shown(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _json(value: Any) -> Any:
    import json

    return json.loads(_text(value))


def _west(value: Any) -> Any:
    return None if value is None else _json(value)
