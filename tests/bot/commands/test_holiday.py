"""`/holiday`: organisers say when the group rests."""

from __future__ import annotations

from datetime import timedelta

from bot.reply import plain
from tests.bot.conversation import START, Conversation
from tests.bot.study.standing_lab import answered

DAY = timedelta(days=1)


async def test_a_holiday_is_said_shown_and_costs_nobody_a_streak(group: Conversation) -> None:
    await answered(group.core, "alice", START)
    assert "No holiday is ahead" in plain(await group.says("alice", "/holiday"))
    reply = await group.says("olga", "/holiday add 3 Mar to 2026-03-04")
    assert reply.data["dates"] == ["2026-03-03", "2026-03-04"]
    assert "Tue 3 Mar 2026 to Wed 4 Mar 2026" in plain(await group.says("alice", "/holiday list"))
    group.clock.advance(days=3)
    assert (await group.says("alice", "/streak")).data["days"] == 1


async def test_only_organisers_add_and_remove(group: Conversation) -> None:
    for line in ("/holiday add tomorrow", "/holiday remove tomorrow"):
        assert "Only organisers" in plain(await group.says("alice", line))


async def test_one_is_taken_back_only_before_it_has_begun_anywhere(group: Conversation) -> None:
    await group.says("olga", "/holiday add 3 Mar to 5 Mar")
    group.clock.at = START.replace(hour=13, minute=59)
    assert (await group.says("olga", "/holiday remove 3 Mar")).fault is None
    assert (await group.says("olga", "/holiday remove 3 Mar")).fault  # it is none any more
    await group.says("olga", "/holiday add 3 Mar")
    group.clock.at = START.replace(hour=14)  # 04:00 of the 3rd on Kiritimati
    assert "has begun" in plain(await group.says("olga", "/holiday remove 3 Mar to 4 Mar"))
    assert (await group.says("olga", "/holiday")).data["holidays"] == ["2026-03-03", "2026-03-04", "2026-03-05"]


async def test_what_cannot_be_meant_is_refused_with_a_way_out(group: Conversation) -> None:
    wrong = ("", "soon", "2026-02-30", "5 Mar to 3 Mar", "1 Mar to 1 Dec", "2026-02-01", "2029-01-01", "03/04")
    for words in wrong:
        reply = await group.says("olga", f"/holiday add {words}")
        assert reply.fault, words
    assert (await group.says("olga", "/holiday")).data["holidays"] == []


async def test_what_an_organiser_forgot_is_put_right_afterwards(group: Conversation) -> None:
    await answered(group.core, "alice", START)
    group.clock.advance(days=2)
    assert (await group.says("alice", "/streak")).data["days"] == 0
    await group.says("olga", "/holiday add 2026-03-03")
    assert (await group.says("alice", "/streak")).data["days"] == 1
