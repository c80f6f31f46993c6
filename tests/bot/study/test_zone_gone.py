"""A zone that the tz database of this computer does not have, as after a restore on an older one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from bot.reply import plain
from tests.bot.conversation import START, Conversation, conversation
from tests.bot.study.standing_lab import answered

TABLES = ("learners", "communities", "schedules")


async def moved_to_nowhere(group: Conversation) -> None:
    """All that was said of Tokyo is of a zone that there is not."""
    async with group.core.store.members._engine.begin() as connection:
        for table in TABLES:
            await connection.execute(text(f"UPDATE {table} SET zone = 'Mars/Olympus'"))  # noqa: S608 - names from above
        await connection.execute(text("UPDATE happenings SET data = replace(data, 'Asia/Tokyo', 'Mars/Olympus')"))


async def test_whoever_lives_in_a_zone_that_is_no_more_is_answered_and_told_and_can_move(tmp_path: Path) -> None:
    async with conversation(tmp_path, organisers=frozenset({"olga"})) as group:
        await answered(group.core, "alice", START)
        for line in ("/timezone tokyo", "/remind at 18:00"):
            await group.says("alice", line)
        for line in ("/timezone community tokyo", "/daily set 09:00 Tokyo", "/digest on"):
            await group.says("olga", line)
        await moved_to_nowhere(group)
        group.clock.advance(days=1)
        for line in ("/streak", "/remind", "/leaderboard", "/digest", "/holiday list", "/daily show"):
            assert (await group.says("olga", line)).fault is None
        assert (await group.says("alice", "/streak")).data["days"] == 1
        for who, line in (("alice", "/timezone"), ("olga", "/daily show"), ("olga", "/daily skip")):
            assert "I know no time zone Mars/Olympus any more" in plain(await group.says(who, line))
        assert "Berlin" in plain(await group.says("alice", "/timezone berlin"))
        assert (await group.says("alice", "/streak")).data["days"] == 1
        assert "The next" in plain(await group.says("olga", "/daily set 10:00 Berlin"))
