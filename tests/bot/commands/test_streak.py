"""`/streak`, as people read it."""

from __future__ import annotations

from datetime import timedelta

from bot.reply import Table, plain
from bot.store.members import Happening, What
from tests.bot.conversation import START, Conversation
from tests.bot.study.standing_lab import answered

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def test_it_says_what_begins_a_streak_and_by_when(group: Conversation) -> None:
    reply = await group.says("alice", "/streak")
    assert reply.private
    assert "No streak yet" in plain(reply)
    assert "One answer before Tue 3 Mar, 04:00 (in 19 hours) begins it." in plain(reply)
    assert reply.data["days"] == 0


async def test_it_tells_for_each_day_why_it_counted(group: Conversation) -> None:
    days = [START + number * DAY for number in (0, 1, 2, 3, 4, 5, 6, 9, 12, 13)]
    await answered(group.core, "alice", *days)
    away = {"from": (START + 7 * DAY).isoformat(), "to": (START + 7 * DAY + HOUR).isoformat()}
    rest = {"dates": [(START + 8 * DAY).date().isoformat()]}
    await group.core.store.members.note(
        Happening(at=START, kind=What.HOLIDAY, platform="test", community="page", data=rest),
        Happening(at=START + 7 * DAY + HOUR, kind=What.OUTAGE, data=away),
    )
    group.clock.advance(days=14)
    reply = await group.says("alice", "/streak")
    [table] = [part for part in reply.parts if isinstance(part, Table)]
    assert [row[0] for row in table.rows[:2]] == ["Mon 16 Mar", "Sun 15 Mar"]
    assert [row[1] for row in reversed(table.rows)][5:] == [
        "1 answer; earned a freeze",
        "Stride was not there: nothing was needed",
        "holiday of your group: nothing was needed",
        "1 answer",
        "no answer: a freeze was used, 0 left",
        "no answer, and no freeze left: the streak ended",
        "1 answer",
        "1 answer",
        "no answer yet; today is not over",
    ]
    assert "2 days in a row (your longest: 8)" in plain(reply)
    assert "Today needs one answer before Tue 17 Mar, 04:00" in plain(reply)


async def test_it_says_how_a_lost_streak_comes_back(group: Conversation) -> None:
    await answered(group.core, "alice", START, START + DAY)
    group.clock.advance(days=3)
    reply = await group.says("alice", "/streak")
    assert "You lost a streak of 2 days. 10 more answers before Sat 7 Mar, 04:00" in plain(reply)
    assert (reply.data["lost"], reply.data["earn_back_answers"]) == (2, 10)


async def test_a_move_is_told_where_it_begins_and_what_an_answer_before_it_kept(group: Conversation) -> None:
    """Mornings in Tokyo, taken for evenings of UTC until she says where she is."""
    mornings = [START + number * DAY + 14 * HOUR for number in (0, 1, 2, 3)]
    await answered(group.core, "alice", *mornings)
    group.clock.at = mornings[1] + HOUR
    assert "nothing is lost, and nothing won" in plain(await group.says("alice", "/timezone tokyo"))
    group.clock.at = mornings[3]
    for line in ("/streak", "/streak all"):
        [table] = [part for part in (await group.says("alice", line)).parts if isinstance(part, Table)]
        assert table.rows[-3 if line == "/streak" else -2][1] == (
            "you had answered on this date before you changed zones: nothing more was needed; days of Asia/Tokyo from "
            "here on"
        )
        assert table.rows[0][2] == "4"


async def test_all_puts_days_that_were_alike_into_one_row(group: Conversation) -> None:
    await answered(group.core, "alice", *[START + number * DAY for number in range(20)])
    group.clock.advance(days=19)
    short = await group.says("alice", "/streak")
    reply = await group.presses("alice", "Every day", short)
    [table] = [part for part in reply.parts if isinstance(part, Table)]
    assert table.rows == (
        ("Mon 16 Mar to Sat 21 Mar", "6 answers, some on each day", "20"),
        ("Sun 15 Mar", "1 answer; earned a freeze", "14"),
        ("Mon 9 Mar to Sat 14 Mar", "6 answers, some on each day", "13"),
        ("Sun 8 Mar", "1 answer; earned a freeze", "7"),
        ("Mon 2 Mar to Sat 7 Mar", "6 answers, some on each day", "6"),
    )
    assert len(reply.data["history"]) == 20
    assert len(short.data["history"]) == 14


async def test_organisers_choose_what_a_day_of_the_group_takes(group: Conversation) -> None:
    assert "50% of the active members" in plain(await group.says("alice", "/streak quorum"))
    assert (refused := await group.says("alice", "/streak quorum 3")).fault
    assert "Only organisers" in plain(refused)
    chosen = plain(await group.says("olga", "/streak quorum 3 people"))
    assert chosen.endswith("when 3 people answer on it.")
    assert (await group.says("alice", "/streak")).data["group"]["quorum"] == {"people": 3}
    assert (await group.says("olga", "/streak quorum 40%")).data == {"share": 0.4}
    for wrong in ("0%", "101%", "1", "1001", "half", "-3", "3 cats"):
        assert (await group.says("olga", f"/streak quorum {wrong}")).fault, wrong


async def test_any_moment_can_be_tried(group: Conversation) -> None:
    await answered(group.core, "alice", START, START + DAY)
    group.clock.at = START + HOUR
    assert (await group.says("alice", "/streak")).data["days"] == 1
    group.clock.at = START - DAY
    assert (await group.says("alice", "/streak")).data["days"] == 0
