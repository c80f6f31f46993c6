"""Decks to Anki packages (.apkg), with what is remembered of the cards.

The collection is written here, table by table: what writes packages for others (genanki) writes no scheduling, so that
all of its cards' rows would have to be written over again. The format is Anki's older one with SQLite in a zip, which
every Anki reads.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

from cards.anki_own import BACK, CSS, FIELDS, FRONT, NAME, note_fields
from cards.anki_schedule import Scheduled, scheduled
from cards.calendar import DAY_BEGINS, Calendar, zone_info
from cards.html_text import clean, escaped, text_of
from cards.memory import Memory
from cards.model import Deck

_NOTETYPE = 1_760_000_000_001  # ids of Anki's are moments; the same each time, so that Anki knows its note type again
_DECKS = 1_760_000_000_000  # from here on
_SCHEMA = """
CREATE TABLE col (id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL,
    ver integer NOT NULL, dty integer NOT NULL, usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL,
    models text NOT NULL, decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL);
CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL,
    usn integer NOT NULL, tags text NOT NULL, flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL,
    flags integer NOT NULL, data text NOT NULL);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL,
    mod integer NOT NULL, usn integer NOT NULL, type integer NOT NULL, queue integer NOT NULL, due integer NOT NULL,
    ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL, lapses integer NOT NULL,
    left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL, flags integer NOT NULL, data text NOT NULL);
CREATE TABLE revlog (id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL, ease integer NOT NULL,
    ivl integer NOT NULL, lastIvl integer NOT NULL, factor integer NOT NULL, time integer NOT NULL,
    type integer NOT NULL);
CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_notes_csum ON notes (csum);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_revlog_cid ON revlog (cid);
"""
_VERSION = 11  # of the schema
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a file in a zip: packages of the same cards are the same
_UNSENT = -1  # not yet sent to a server of Anki's


def write_apkg(deck: Deck, memories: Mapping[str, Memory], *, now: datetime, calendar: Calendar) -> bytes:
    """An Anki package with the deck's cards and, by their ids, when they are due.

    The same card has the same GUID in each package, so that Anki changes it and doubles nothing. Like packages from
    Anki itself, one brings dates only for cards that are not there yet.

    Args:
        deck: whose title is the deck's name in Anki; topics become tags.
        memories: by the ids of their cards; cards without one are new.
        now: a moment that knows its zone.
        calendar: of the learner.
    """
    return write_package([(deck, memories)], now=now, calendar=calendar)


def write_package(shelf: Sequence[tuple[Deck, Mapping[str, Memory]]], *, now: datetime, calendar: Calendar) -> bytes:
    """The same of several decks, each with what is remembered of it, in one package."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        _fill(connection, shelf, now, calendar)
        collection = connection.serialize()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("collection.anki2", collection), ("media", b"{}")):
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _fill(
    connection: sqlite3.Connection,
    shelf: Sequence[tuple[Deck, Mapping[str, Memory]]],
    now: datetime,
    calendar: Calendar,
) -> None:
    days = (memory.day for _, memories in shelf for memory in memories.values())
    began = min([calendar.day(now), *days]) - timedelta(days=1)
    seconds, milliseconds = int(now.timestamp()), int(now.timestamp() * 1000)
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO col VALUES (1, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?, '{}')",
        (
            int(calendar.begins(began).timestamp()),
            milliseconds,
            milliseconds,
            _VERSION,
            *map(json.dumps, (_settings(began, calendar), _notetypes(seconds), _decks(shelf, seconds), _LIMITS)),
        ),
    )
    cards = ((deck, memories, card) for deck, memories in shelf for card in deck.cards)
    for place, (deck, memories, card) in enumerate(cards, start=1):
        id_ = milliseconds + place
        memory = memories.get(card.id)
        row = Scheduled(due=place) if memory is None else scheduled(memory, calendar, began, place)
        fields = note_fields(card, deck.topics.get(card.topic, ""))
        first = text_of(fields[0])
        tags = f" {'-'.join(card.topic.split())} " if card.topic.strip() else ""
        connection.execute(
            "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')",
            (id_, _guid(deck, card.id), _NOTETYPE, seconds, _UNSENT, tags, "\x1f".join(fields), first, _sum(first)),
        )
        connection.execute(
            "INSERT INTO cards VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?)",
            (id_, id_, _deck_id(deck), seconds, _UNSENT, *row),
        )
    connection.execute("COMMIT")


def _guid(deck: Deck, card: str) -> str:
    return hashlib.blake2b(f"stride {deck.id} {card}".encode(), digest_size=10).hexdigest()


def _deck_id(deck: Deck) -> int:
    """A number for a deck that it has in every package; Anki's ids are moments, so that is what it looks like."""
    return _DECKS + 10 + int.from_bytes(hashlib.blake2b(deck.id.encode(), digest_size=4).digest())


def _sum(text: str) -> int:
    """By this Anki finds notes that begin alike."""
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def _settings(began: date, calendar: Calendar) -> dict[str, Any]:
    """What Anki needs to know to count days as the learner does."""
    offset = calendar.begins(began).astimezone(zone_info(calendar.zone)).utcoffset() or timedelta()
    return {
        "activeDecks": [1],
        "collapseTime": 1200,
        "creationOffset": -int(offset.total_seconds() // 60),  # minutes west
        "curDeck": 1,
        "curModel": str(_NOTETYPE),
        "estTimes": True,
        "dueCounts": True,
        "nextPos": 1,
        "rollover": DAY_BEGINS.hour,
        "sched2021": True,
        "schedVer": 2,
        "sortBackwards": False,
        "sortType": "noteFld",
        "timeLim": 0,
    }


def _notetypes(seconds: int) -> dict[str, Any]:
    fields = [
        {"name": name, "ord": place, "sticky": False, "rtl": False, "font": "Arial", "size": 20, "media": []}
        for place, name in enumerate(FIELDS)
    ]
    template = {"name": "Card 1", "ord": 0, "qfmt": FRONT, "afmt": BACK, "bqfmt": "", "bafmt": "", "did": None}
    notetype = {
        "id": _NOTETYPE,
        "name": NAME,
        "type": 0,
        "mod": seconds,
        "usn": _UNSENT,
        "sortf": 0,
        "did": None,
        "tmpls": [template],
        "flds": fields,
        "css": CSS,
        "latexPre": "",
        "latexPost": "",
        "req": [[0, "any", [0]]],
        "tags": [],
        "vers": [],
    }
    return {str(_NOTETYPE): notetype}


def _decks(shelf: Sequence[tuple[Deck, Mapping[str, Memory]]], seconds: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    named = [
        (_deck_id(deck), clean(deck.title).replace('"', "'").replace("::", ":").strip() or deck.id, deck.says)
        for deck, _ in shelf
    ]
    for id_, called, says in ((1, "Default", ""), *named):
        found[str(id_)] = {
            "id": id_,
            "name": called,
            "mod": seconds,
            "usn": _UNSENT,
            "lrnToday": [0, 0],
            "revToday": [0, 0],
            "newToday": [0, 0],
            "timeToday": [0, 0],
            "collapsed": False,
            "desc": escaped(says),
            "dyn": 0,
            "conf": 1,
            "extendNew": 0,
            "extendRev": 0,
        }
    return found


_LIMITS = {
    "1": {
        "id": 1,
        "name": "Default",
        "mod": 0,
        "usn": 0,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "new": {"bury": True, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 7], "order": 1, "perDay": 20},
        "rev": {"bury": True, "ease4": 1.3, "fuzz": 0.05, "ivlFct": 1, "maxIvl": 36500, "perDay": 200},
        "lapse": {"delays": [10], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0},
        "dyn": False,
    }
}
