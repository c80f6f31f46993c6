"""Files with decks are read in a process of their own, and whatever becomes of it, the sender is told what to do."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.deck_files.reader import WAITING, DeckReader
from bot.deck_files.wire import answer, understood
from cards.anki_write import write_apkg
from cards.calendar import calendar
from cards.csv_deck import write_csv
from cards.deck import DeckError
from cards.grade import Rating
from cards.imported import Imported, read
from cards.memory import Teacher, review
from cards.model import Card, Deck
from cards.toml_deck import write_toml

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS = calendar("Europe/Berlin")
DECK = Deck(
    id="made",
    title="made",
    says="",
    topics={"t": "A topic"},
    cards=(
        Card(id="a", kind="shape", topic="t", front="Was für ein `x`?", answer=(1, 2), reason="", why_no_proof="-"),
        Card(id="b", kind="recall", topic="t", front="Wer?", answer="Wir.", reason="So.", why_no_proof="-"),
    ),
)
MEMORY = review(None, "b", Rating.EASY, NOW, calendar=DAYS, load={}, seed=1, teacher=Teacher())
FILES = {
    "made.toml": write_toml(DECK).encode(),
    "made.csv": write_csv(DECK).encode("utf-8-sig"),
    "wide.csv": write_csv(DECK).encode("utf-16"),
    "made.apkg": write_apkg(DECK, {"b": MEMORY}, now=NOW, calendar=DAYS),
}


def acting(lines: str) -> Callable[[], list[str]]:
    """A reading process in which something is not as it should be."""
    code = f"import os, sys\nimport bot.deck_files.__main__ as process\n{lines}"
    return lambda: [sys.executable, "-P", "-c", code, str(os.getpid())]


@pytest.mark.parametrize("name", FILES)
async def test_each_kind_of_file_is_read_as_it_is_read_here(name: str) -> None:
    there = await DeckReader().read(name, FILES[name], DAYS)
    assert there == await asyncio.to_thread(read, name, FILES[name], DAYS)
    assert repr(there.deck.cards) == repr(DECK.cards)
    assert [memory.due for memory in there.memories] == ([MEMORY.due] if name.endswith("apkg") else [])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"front,answer\nx,\xff\n", "a.csv, line 2: it is not UTF-8 text"),
        ("a.csv", b"\xff\xfe\x00", "a.csv: it is not UTF-8 text"),
        ("a.toml", b"[[card]]\nid = 'x'\n", "a.toml, line 1, card x: its kind must be one of"),
        ("a.toml", b"a = " + b"[" * 100_000, "not TOML"),
        ("a.apkg", b"PK\x03\x04", "no Anki package, or a damaged one"),
        ("a.exe", b"MZ", "decks are files of the kinds"),
    ],
)
async def test_a_fault_is_said_with_its_place(name: str, data: bytes, words: str) -> None:
    with pytest.raises(DeckError, match=words):
        await DeckReader().read(name, data, DAYS)


@pytest.mark.parametrize(
    "lines",
    [
        "os.abort()",
        "sys.exit(3)",
        "print('nonsense')",
        "print('{}')",
        "print('[]')",
        'print(\'{"read": {"topics": 3}}\')',
        "process.read = lambda *_: open('/etc/passwd')\nprocess.rehearse = lambda: None\nprocess.main()",
        "while True: sys.stdout.write('x' * 1_000_000)",
    ],
)
async def test_a_process_that_breaks_or_lies_breaks_nothing_else(lines: str) -> None:
    reader = DeckReader(acting(lines))
    with pytest.raises(DeckError, match=r"made.toml: it could not be read: it is damaged, or takes too much time or"):
        await reader.read("made.toml", FILES["made.toml"])
    assert (await DeckReader().read("made.toml", FILES["made.toml"])).deck.cards == DECK.cards


async def test_a_process_that_never_answers_is_ended() -> None:
    with pytest.raises(DeckError, match="takes too much time"):
        await DeckReader(acting("import time\ntime.sleep(3600)"), patience_s=0.5).read("made.toml", b"")


async def test_a_file_that_needs_too_much_memory_is_refused() -> None:
    hungry = "process.read = lambda *_: bytearray(2_000_000_000)\nprocess.rehearse = lambda: None\nprocess.main()"
    with pytest.raises(DeckError, match="it needs more than 768 MiB of memory: send it in parts"):
        await DeckReader(acting(hungry)).read("made.toml", FILES["made.toml"])


async def test_a_process_ends_with_whoever_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
    start = asyncio.create_subprocess_exec

    async def noted(*command: Any, **more: Any) -> asyncio.subprocess.Process:
        process = await start(*command, **more)
        started.put_nowait(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    reading = asyncio.create_task(DeckReader(acting("import time\ntime.sleep(3600)")).read("made.toml", b""))
    process = await started.get()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert process.returncode == -signal.SIGKILL


async def test_only_so_many_people_wait_at_once() -> None:
    reader = DeckReader(acting("sys.stdin.read()\nsys.exit(1)"))
    many = [asyncio.create_task(reader.read("made.toml", b"x")) for _ in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(DeckError, match="many people are sending decks: try again in a minute"):
        await reader.read("made.toml", b"x")
    for task in many:
        task.cancel()
    await asyncio.gather(*many, return_exceptions=True)


def test_a_card_that_the_process_made_up_is_looked_at_like_any_other() -> None:
    evil = Card(id="../x", kind="recall", topic="", front="f", answer="a", reason="", why_no_proof="-")
    with pytest.raises(DeckError, match="its id must be a text of small letters"):
        understood(answer(Imported(deck=Deck(id="d", title="t", says="", cards=(evil,)))))
