"""Anki packages as an attacker would pack them."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime

from cards.anki_write import write_apkg
from cards.calendar import calendar
from cards.model import Card, Deck
from cards.package import collection_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTE = "INSERT INTO notes VALUES (?, ?, 7, 0, 0, '', ?, '', 0, 0, '')"
CARD = "INSERT INTO cards VALUES (?, ?, 1, ?, 0, 0, ?, ?, ?, 5, 2500, 3, 0, 0, 0, 0, 0, ?)"
BASIC = (
    '{"7": {"name": "Basic", "type": 0, "flds": [{"name": "Front", "ord": 0}, {"name": "Back", "ord": 1}],'
    ' "tmpls": [{"ord": 0, "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}]}}'
)


def harmless() -> bytes:
    """A package with one card, as Stride writes it."""
    card = Card(id="a", kind="recall", topic="", front="What?", answer="That.", reason="", why_no_proof="-")
    return write_apkg(Deck(id="d", title="D", says="", cards=(card,)), {}, now=NOW, calendar=calendar("UTC"))


def packed(members: Mapping[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these members."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data, method)
    return found.getvalue()


def collection(change: Callable[[sqlite3.Connection], object]) -> bytes:
    """A collection of Anki's old format without a note, after somebody laid hands on it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(collection_of(harmless(), "harmless.apkg"))
        connection.execute("DELETE FROM notes")
        connection.execute("DELETE FROM cards")
        connection.execute("UPDATE col SET models = ?", (BASIC,))
        change(connection)
        return connection.serialize()


def package(change: Callable[[sqlite3.Connection], object]) -> bytes:
    """The same as a package."""
    return packed({"collection.anki2": collection(change)})


def note(front: str | bytes, back: str | bytes = "back", *, guid: str = "g", id_: int = 1) -> Callable[..., None]:
    """Puts a note and its card in; bytes stay the bytes that they are, under the name of a text."""
    parts = [part.encode(errors="surrogatepass") if isinstance(part, str) else part for part in (front, back)]

    def put(connection: sqlite3.Connection, *, data: str = "{}", due: int = 1, kind: int = 0) -> None:
        sql = NOTE.replace("?, ?, 7", "?1, ?2, 7").replace("'', ?, ''", "'', CAST(?3 AS TEXT), ''")
        connection.execute(sql, (id_, guid, b"\x1f".join(parts)))
        connection.execute(CARD, (id_, id_, 0, kind, kind, due, data))

    return put
