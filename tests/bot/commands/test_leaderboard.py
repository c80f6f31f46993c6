"""`/leaderboard`: a week that newcomers can win."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.reply import Table, plain
from tests.bot.conversation import START, Conversation
from tests.bot.study.standing_lab import answered

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def tables(reply: object) -> list[tuple[tuple[str, ...], ...]]:
    return [part.rows for part in reply.parts if isinstance(part, Table)]  # type: ignore[attr-defined]  # a Reply


async def test_it_shows_ten_places_and_ones_own_and_says_how_points_come(group: Conversation) -> None:
    for number in range(12):
        name = f"p{number:02}"
        await group.says(name, "/help")
        await answered(group.core, name, *[START + each * MINUTE for each in range(max(1, 7 - number // 2))])
    group.clock.advance(hours=1)
    reply = await group.says("p11", "/leaderboard")
    assert not reply.private
    [points] = tables(reply)
    assert points[0] == ("1.", "p00", "10")
    assert [row[0] for row in points] == ["1.", "1.", "3.", "3.", "5.", "5.", "7.", "7.", "9.", "9.", "11."]
    assert points[-1][1] == "p11"
    assert "3 points for answering at all and 1 for each right answer, 10 at most; speed gives none" in plain(reply)
    assert (reply.data["people"], reply.data["points"][-1]["you"]) == (12, True)


async def test_whoever_hides_is_seen_by_nobody_and_sees_so_themselves_alone(group: Conversation) -> None:
    await group.says("alice", "/help")
    await answered(group.core, "alice", START)
    await answered(group.core, "bob", START)
    hidden = await group.says("alice", "/leaderboard hide")
    assert hidden.private
    group.clock.advance(hours=1)
    assert "alice" not in plain(await group.says("bob", "/leaderboard"))
    own = await group.says("alice", "/leaderboard")
    assert own.private
    assert "You are left out" in plain(own)
    await group.says("alice", "/leaderboard show")
    assert "alice" in plain(await group.says("bob", "/leaderboard"))


async def test_a_gain_is_told_and_a_loss_is_not(group: Conversation) -> None:
    await group.says("alice", "/help")
    await answered(group.core, "alice", START - 7 * DAY)
    await answered(group.core, "bob", *[START - 7 * DAY + each * MINUTE for each in range(7)])
    await answered(group.core, "alice", START, START + MINUTE)
    await answered(group.core, "bob", START)
    group.clock.advance(hours=1)
    _, gains = tables(await group.says("alice", "/leaderboard"))
    assert gains == (("1.", "alice", "+1"),)


async def test_the_week_before_stays_to_be_seen(group: Conversation) -> None:
    await group.says("alice", "/help")
    await answered(group.core, "alice", START)
    group.clock.advance(days=7)
    assert "Nobody has points yet" in plain(await group.says("alice", "/leaderboard"))
    last = await group.says("alice", "/leaderboard last")
    assert "The week from 2 to 8 March 2026" in plain(last)
    assert tables(last) == [(("1.", "alice", "4"),)]
    group.clock.advance(days=14)
    assert "Nobody had points then." in plain(await group.says("alice", "/leaderboard last"))


async def test_a_week_of_two_years_names_both(group: Conversation) -> None:
    group.clock.at = datetime(2026, 1, 3, 9, tzinfo=UTC)
    assert "This week, 29 December 2025 to 4 January 2026;" in plain(await group.says("alice", "/leaderboard"))


async def test_it_shows_nothing_of_another_community(group: Conversation) -> None:
    from bot.command import Place

    await answered(group.core, "alice", START, place=Place(platform="test", community="other", channel="group"))
    assert (await group.says("alice", "/leaderboard")).data["points"] == []
