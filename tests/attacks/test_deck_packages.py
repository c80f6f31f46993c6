"""Anki packages made to do harm: each is refused in a sentence, or read within bounds; never half, never for ever."""

from __future__ import annotations

import io
import random
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cards import package as limits
from cards.anki_notetypes import notetypes_of_rows
from cards.anki_read import read_apkg
from cards.calendar import calendar
from cards.deck import DeckError
from cards.imported import Imported, read
from tests.attacks.packages import BASIC, CARD, collection, harmless, note, package, packed


def refused(data: bytes, words: str, name: str = "evil.apkg") -> None:
    with pytest.raises(DeckError, match=words) as found:
        read(name, data, calendar("UTC"))
    assert str(found.value).startswith(f"{name}")


def outcome(data: bytes) -> Imported | DeckError:
    """What becomes of a package that may be read or refused; anything else is a failure."""
    try:
        return read_apkg(data, calendar=calendar("UTC"))
    except DeckError as fault:
        return fault


def test_what_the_attacks_change_is_read_while_it_is_harmless() -> None:
    assert [card.front for card in read_apkg(harmless()).deck.cards] == ["What?"]
    assert [card.answer for card in read_apkg(package(note("front"))).deck.cards] == ["back"]


# The zip.


def test_a_bomb_that_unpacks_to_a_thousand_times_its_size_is_given_up_early() -> None:
    refused(packed({"collection.anki2": bytes(80 << 20)}), "more than 200 times its size")


def test_a_bomb_of_zstd_is_given_up_early() -> None:
    refused(packed({"collection.anki21b": zstandard.compress(bytes(512 << 20))}), "more than 200 times its size")


def test_a_bomb_in_a_bomb_is_given_up_early() -> None:
    inner = zstandard.compress(bytes(256 << 20))
    refused(packed({"collection.anki21b": zstandard.compress(inner * 4)}), "no Anki package|what should be|200 times")


def test_a_collection_beyond_all_bounds_is_refused_though_it_is_hard_to_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_COLLECTION", 1 << 20)
    noise = random.Random(1).randbytes(2 << 20)  # noqa: S311 - noise
    refused(packed({"collection.anki21": noise}), "unpacks to more than 1 MiB: export the deck in parts")


def test_a_size_that_is_a_lie_helps_nobody() -> None:
    data = bytearray(packed({"collection.anki2": bytes(80 << 20)}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(mark) + offset
        data[at : at + 4] = (1000).to_bytes(4, "little")
    refused(bytes(data), "no Anki package, or a damaged one")


def test_entries_that_lie_over_each_other_cost_nothing() -> None:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("collection.anki2", collection(note("front")))
        kernel = archive.getinfo("collection.anki2")
        for number in range(5_000):
            copy = zipfile.ZipInfo(str(number))
            for name in ("compress_type", "compress_size", "file_size", "CRC", "header_offset"):
                setattr(copy, name, getattr(kernel, name))
            archive.filelist.append(copy)
    assert len(read_apkg(found.getvalue()).deck.cards) == 1


def test_a_package_that_holds_itself_is_no_collection() -> None:
    refused(packed({"collection.anki2": harmless()}), "what should be its collection is none")


@pytest.mark.parametrize(
    "name",
    ["../../etc/cron.d/x", "/etc/passwd", "a/../../x", "..\\..\\x", "C:\\x", "C:x", "\\\\host\\x", ".."],
)
def test_a_name_that_climbs_out_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    member = zipfile.ZipInfo("x")
    member.filename = name
    refused(packed({"collection.anki2": collection(note("front")), member: b"x"}), "lie outside of it|no Anki package")
    assert not list(tmp_path.iterdir())


def test_a_link_is_refused() -> None:
    member = zipfile.ZipInfo("0")
    member.external_attr = 0o120777 << 16
    refused(packed({"collection.anki2": collection(note("front")), member: b"/etc/passwd"}), "it holds a link")


def test_an_absurd_number_of_entries_is_refused_before_they_are_listed() -> None:
    members: dict[str | zipfile.ZipInfo, bytes] = {str(number): b"" for number in range(20_001)}
    refused(packed(members, zipfile.ZIP_STORED), "more than 20000 files in it: export it without media")


def test_two_collections_of_one_name_are_refused() -> None:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("collection.anki2", collection(note("one")))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("collection.anki2", collection(note("other")))
    refused(found.getvalue(), "two files of one name")


def test_a_locked_package_is_refused() -> None:
    data = bytearray(packed({"collection.anki2": collection(note("front"))}))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(mark) + offset] |= 1
    refused(bytes(data), "locked with a password: export it from Anki again")


def test_a_zip_with_long_numbers_is_read() -> None:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive, archive.open("collection.anki2", "w", force_zip64=True) as member:
        member.write(collection(note("front")))
    assert len(read_apkg(found.getvalue()).deck.cards) == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_of_packing_that_anki_does_not_know_is_refused(method: int) -> None:
    refused(packed({"collection.anki2": bytes(1 << 20)}, method), "packed in a way that Anki does not pack")


def test_a_zip_cut_off_anywhere_is_refused() -> None:
    data = harmless()
    for end in range(0, len(data) - 1, max(1, len(data) // 60)):
        refused(data[:end], "no Anki package, or a damaged one")


def test_zstd_cut_off_anywhere_is_refused() -> None:
    squeezed = zstandard.compress(collection(note("front")))
    for end in range(0, len(squeezed) - 1, max(1, len(squeezed) // 40)):
        refused(packed({"collection.anki21b": squeezed[:end]}), "no Anki package, or a damaged one")


def test_zstd_that_wants_to_look_back_over_gigabytes_is_refused() -> None:
    settings = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    squeezed = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    data = squeezed.compress(collection(note("front"))) + squeezed.flush()
    refused(packed({"collection.anki21b": data}), "no Anki package, or a damaged one")


@pytest.mark.parametrize("meta", [b"\x08\x04", b"\x08\x00", b"", b"\xff" * 500, b"\x08"])
def test_a_format_that_nobody_knows_is_refused(meta: bytes) -> None:
    refused(packed({"meta": meta, "collection.anki2": collection(note("front"))}), "a newer Anki made it")


# The collection.


def test_a_package_with_more_notes_than_a_deck_may_have_is_refused_by_their_number_alone() -> None:
    def many(connection: sqlite3.Connection) -> None:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
            " INSERT INTO notes SELECT i, hex(randomblob(8)), 7, 0, 0, '', '', '', 0, 0, '' FROM n"
        )

    refused(package(many), r"more than 20,000 notes: export the deck in parts")


def test_a_package_with_more_cards_than_a_deck_may_have_is_refused() -> None:
    def many(connection: sqlite3.Connection) -> None:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 20000)"
            " INSERT INTO cards SELECT i, 1, 1, i, 0, 0, 0, 0, random(), 0, 0, 0, 0, 0, 0, 0, 0, '' FROM n"
        )

    refused(package(many), r"more than 20,000 cards")


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE notes; CREATE VIEW notes AS SELECT 1 id, 'g' guid, 7 mid, '' tags, 'a' flds",
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
        "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM cards; END",
        "DROP TABLE notes; CREATE VIRTUAL TABLE notes USING fts5(id, guid, mid, tags, flds)",
        "DROP TABLE revlog; CREATE TABLE revlog (cid, id GENERATED ALWAYS AS (hex(zeroblob(1000000000))))",
        "DROP TABLE revlog; CREATE TABLE revlog (cid, id AS (zeroblob(1000000000)) STORED)",
        "DROP TABLE cards; CREATE TABLE cards AS SELECT 1",
        "DROP TABLE notes",
        "DROP TABLE col; CREATE TABLE col (id)",
        "DELETE FROM col",
        "UPDATE col SET models = x'ff'",
        "UPDATE col SET decks = 3",
        "UPDATE col SET models = '[]'",
        "UPDATE col SET models = '{\"7\": []}'",
        "UPDATE col SET crt = 'now'",
        "UPDATE col SET ver = 18",
        "UPDATE notes SET id = NULL, guid = zeroblob(9)",
    ],
)
def test_a_collection_with_a_program_or_without_sense_in_it_is_refused(sql: str) -> None:
    data = package(lambda connection: connection.executescript(f"{sql};"))
    refused(data, "its collection (is damaged|holds a program)|has no notes and cards|no card in it can be used")


@pytest.mark.parametrize(
    "models", ["[" * 100_000, "9" * 100_000, '{"7":' * 20_000, BASIC.replace('"type": 0', '"type": 1e999999')]
)
def test_json_made_to_break_its_reader_is_refused(models: str) -> None:
    data = package(lambda connection: connection.execute("UPDATE col SET models = ?", (models,)))
    refused(data, "its collection is damaged|no card in it can be used")


@pytest.mark.parametrize("seed", range(40))
def test_a_collection_with_flipped_bits_is_refused_or_read_and_nothing_else(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - an attacker's dice
    data = bytearray(collection(note("front")))
    for _ in range(dice.choice([1, 10, 200])):
        data[dice.randrange(100 if dice.random() < 0.3 else len(data))] = dice.randrange(256)
    found = outcome(packed({"collection.anki2": bytes(data)}))
    if isinstance(found, Imported):
        assert len(found.deck.cards) == 1
    else:
        assert "export" in str(found) or "no card in it can be used" in str(found)


def test_a_log_in_place_of_a_collection_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = bytearray(collection(note("front")))
    data[18:20] = b"\x02\x02"  # SQLite would look for a second file beside it
    assert len(read_apkg(packed({"collection.anki2": bytes(data)})).deck.cards) == 1
    assert not list(tmp_path.iterdir())


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_note_types_in_nonsense_for_protobuf_are_a_known_fault(config: bytes, template: bytes) -> None:
    with suppress(ValueError, LookupError, TypeError):
        notetypes_of_rows([(1, "n", config)], [(1, 0, "Front")], [(1, 0, template)])


# The notes.


def left(change: Callable[[sqlite3.Connection], object]) -> dict[str, int]:
    """What is left out beside one good card."""

    def both(connection: sqlite3.Connection) -> None:
        note("good", id_=999, guid="good")(connection)
        change(connection)

    found = read_apkg(package(both), calendar=calendar("UTC"))
    assert [card.front for card in found.deck.cards if card.front == "good"] == ["good"]
    encoded(found)
    return {each.why: each.cards for each in found.left_out}


def encoded(found: Imported) -> None:
    """All that was read can be stored and sent."""
    for card in found.deck.cards:
        repr(card).encode()
        f"{card.front}{card.answer}{card.reason}{card.topic}".encode()
    repr(found.deck.topics).encode()
    found.deck.title.encode()


@pytest.mark.parametrize(
    ("front", "why"),
    [
        (b"\xff\xfe", "their notes are not UTF-8 text"),
        ("\ud800", "their notes are not UTF-8 text"),
        ("x" * 70_000, "a side has more than 4,000 characters"),
        ("x" * 5_000, "a side has more than 4,000 characters"),
        ("", "one side is empty"),
        ("\x00\x01\x02", "one side is empty"),
        ("<img src=x onerror=alert(1)>", "one side is nothing but a picture or a sound"),
        ("<script>alert(1)</script>", "one side is empty"),
        ("<svg><animate onbegin=alert(1)>", "one side is nothing but a picture or a sound"),
    ],
)
def test_a_note_that_is_no_card_stays_behind_alone(front: str | bytes, why: str) -> None:
    assert left(note(front)) == {why: 1}


def test_one_note_twice_is_one_card() -> None:
    def twice(connection: sqlite3.Connection) -> None:
        note("a", id_=1)(connection)
        note("b", id_=2)(connection)

    assert left(twice) == {"the package holds them twice": 1}


@pytest.mark.parametrize("name", [r"\ud800", r"\u0000\u202e", "::::", "a" * 5_000, "../../x", "<b>"])
def test_a_deck_may_be_called_anything(name: str) -> None:
    decks = f'{{"1": {{"name": "{name}"}}}}'
    assert left(lambda connection: connection.execute("UPDATE col SET decks = ?", (decks,))) == {}


@pytest.mark.parametrize(
    ("data", "due"),
    [
        ('{"s": 1e400, "d": 5}', 10),
        ('{"s": NaN, "d": 5}', 10),
        ('{"s": -1, "d": 5, "lrt": 1}', 10),
        ('{"s": "x", "d": [], "lrt": -99999999999999999}', 10),
        ('{"s": 5, "d": 5, "lrt": 99999999999999999}', 10),
        ("[" * 100_000, 2**40),
        ('{"s": 5, "d": 5}', 2**62),
        ('{"s": 5, "d": 5}', -(2**62)),
        ("9" * 100_000, 10),
    ],
)
def test_dates_and_numbers_beyond_reason_are_no_memory(data: str, due: int) -> None:
    said = left(lambda connection: note("a")(connection, data=data, due=due, kind=2))
    assert said.keys() <= {"Anki does not say enough of when they are due, so they are new"}


@pytest.mark.parametrize(
    "template",
    ["{{Front}}" * 20_000, "{{#Front}}" * 20_000, "{{" * 30_000, "<!--" * 15_000, "{{^x}}{{/x}}{{hint:" * 3_000],
)
def test_a_template_made_to_grow_is_given_up(template: str) -> None:
    models = BASIC.replace('"qfmt": "{{Front}}"', f'"qfmt": "{template}"')

    def grow(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE col SET models = ?", (models,))
        note("x" * 1_000)(connection)

    refused(package(grow), "no card in it can be used|its collection is damaged")


@pytest.mark.parametrize("text", ["{{c1::" * 10_000, "{{c1::a}}" * 7_000, "}}" * 20_000, "{{c1,2,3::a::b::c}}"])
def test_gaps_in_gaps_are_bounded(text: str) -> None:
    models = BASIC.replace('"type": 0', '"type": 1').replace("{{Front}}", "{{cloze:Front}}")

    def gaps(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE col SET models = ?", (models,))
        note(text)(connection)
        connection.executemany(CARD, [(number, 1, number, 0, 0, 0, "") for number in (2, 500, 2**40, -1)])

    found = outcome(package(gaps))
    if isinstance(found, Imported):
        encoded(found)
    else:
        assert "no card in it can be used" in str(found)


def test_a_whole_collection_is_refused_with_the_way_out() -> None:
    refused(harmless(), "whole collection with all its settings: in Anki, export one deck as .apkg", "all.colpkg")
