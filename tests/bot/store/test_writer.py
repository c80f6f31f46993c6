"""What is written behind an answer is not lost, however fast people speak."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.store.store import open_store
from bot.store.writer import MOST_WAITING

EVENTS = MOST_WAITING + 5_000
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_whoever_speaks_faster_than_the_disk_writes_waits_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "stride.sqlite3"
    async with open_store(path) as store:
        for number in range(EVENTS):
            store.keep_claim(f"event-{number}", AT)
            await store.room()
    with closing(sqlite3.connect(path)) as raw:
        (kept,) = raw.execute("select count(*) from events").fetchone()
    assert kept == EVENTS
