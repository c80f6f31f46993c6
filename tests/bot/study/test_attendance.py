"""A bot that is killed leaves nobody's streak broken."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.command import User
from bot.serve import serve
from bot.settings import Settings, WebSettings
from sandbox.settings import SandboxSettings
from tests.bot.conversation import GROUP, START, conversation
from tests.bot.study.standing_lab import answered

ALICE = User(id="test:alice", name="alice")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# A bot of its own process, which says at a moment that it is there and then waits for its end.
BOT = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from bot.store.store import open_store
from bot.study.attendance import Attendance

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        await Attendance(store.attendance, sys.argv[2]).beat(datetime.fromisoformat(sys.argv[3]))
        print("there", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def lives_until_it_is_killed(path: Path, name: str, at: datetime) -> None:
    """A bot begins at a moment; then SIGKILL ends it."""
    arguments = [sys.executable, "-c", BOT, str(path), name, at.isoformat()]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"there\n"
    process.kill()
    await process.wait()


async def test_a_day_on_which_a_killed_bot_was_missing_breaks_no_streak(tmp_path: Path) -> None:
    """Killed on Tuesday in the evening, back on Wednesday at 05:00: Tuesday could not be answered any more."""
    async with conversation(tmp_path) as group:
        await answered(group.core, "alice", START)
        path = tmp_path / "stride.sqlite3"
        await lives_until_it_is_killed(path, "first", START + DAY + 9 * HOUR)
        await lives_until_it_is_killed(path, "second", START + DAY + 20 * HOUR)
        found = await group.core.study.standing.streak(ALICE, GROUP, START + DAY + 20 * HOUR)
        assert (found.days, [each.kind.value for each in found.history]) == (1, ["answered", "downtime", "open"])
        alone = await group.core.study.standing.streak(ALICE, GROUP, START + 3 * DAY)
        assert alone.history[2].kind.value == "downtime"  # back one hour after that day had begun


async def test_whoever_serves_says_that_it_is_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, web=WebSettings(port=0), sandbox=SandboxSettings(python="/bin/false"))
    stop = asyncio.Event()
    before = datetime.now(UTC)
    serving = asyncio.create_task(serve(settings, announce=lambda _: None, stop=stop))

    def seen() -> list[int]:
        with closing(sqlite3.connect(tmp_path / "stride.sqlite3")) as raw:
            tables = raw.execute("SELECT name FROM sqlite_master WHERE name = 'bots'").fetchall()
            return [row[0] for row in raw.execute("SELECT seen FROM bots")] if tables else []

    async with asyncio.timeout(60):
        while len(found := await asyncio.to_thread(seen)) < 2:  # its own row, and that of all bots
            pass
    stop.set()
    await serving
    assert all(before.timestamp() <= each / 1e6 <= before.timestamp() + 60 for each in found)
