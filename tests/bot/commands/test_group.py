"""What organisers take out of their group, and how long it keeps what was said."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.duties import do_due
from bot.reply import File, Reply, plain
from bot.study.roll import AT_ONCE, HEADERS, written
from tests.bot.commands.test_link import learns
from tests.bot.conversation import START, Conversation, conversation
from tests.bot.study.standing_lab import answered


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path, database=database, organisers=frozenset({"olga"})) as found:
        yield found


def table_of(reply: Reply) -> list[dict[str, str]]:
    [file] = [part for part in reply.parts if isinstance(part, File)]
    return list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))


async def test_the_table_has_everybodys_numbers_and_nothing_that_they_said(group: Conversation) -> None:
    for name in ("alice", "bob", "olga"):
        await group.says(name, "/help")
    await learns(group, "alice", "7", "8")
    reply = await group.says("olga", "/group export")
    rows = {row["name"]: row for row in table_of(reply)}
    assert {name: row["answers here"] for name, row in rows.items()} == {"alice": "2", "bob": "0", "olga": "0"}
    assert (rows["alice"]["right here"], rows["alice"]["streak"], rows["alice"]["account"]) == ("1", "1", "test:alice")
    assert reply.private


async def test_whoever_hides_is_left_out(group: Conversation) -> None:
    for name in ("alice", "olga"):
        await group.says(name, "/help")
    await group.core.store.members.hide(group.place, "test:alice", START, hidden=True)
    reply = await group.says("olga", "/group export")
    assert [row["name"] for row in table_of(reply)] == ["olga"]
    assert "1 member who hid" in plain(reply)
    assert "alice" not in plain(reply)


@pytest.mark.parametrize("name", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", " =1", "'=1", "＝1", "|cmd", "%0A"])
def test_no_name_becomes_a_formula(name: str) -> None:
    row = next(csv.reader(io.StringIO(written([(name,)]).decode("utf-8-sig").splitlines()[1])))
    assert row == [f"'{name}"]


def test_a_name_with_commas_quotes_and_lines_stays_one_cell() -> None:
    name = 'Zoë "the, shape"\nOne'
    rows = list(csv.reader(io.StringIO(written([(name, 1)]).decode("utf-8-sig"), newline="")))
    assert rows == [list(HEADERS), [name, "1"]]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_where_another_sign_parts_cells_a_name_stays_one_cell_too(separator: str) -> None:
    """Much of Europe's spreadsheets part them by a semicolon, whatever the file does."""
    table = written([(f"x{separator}=1+1{separator}y", 7)]).decode("utf-8-sig")
    [_, row] = csv.reader(io.StringIO(table, newline=""), delimiter=separator)
    assert row == [f"x{separator}=1+1{separator}y,7"]


async def test_each_of_hundreds_has_their_own_row_and_streak(group: Conversation) -> None:
    await group.says("olga", "/help")
    names = [f"p{number}" for number in range(AT_ONCE + 3)]
    for number, name in enumerate(names[:: len(names) - 1]):
        await answered(group.core, name, *(START - timedelta(days=day) for day in range(number + 2)))
    for name in names:
        group.core.store.members.remember(group.place, f"test:{name}", START - timedelta(days=9))
    rows = {row["account"]: row for row in table_of(await group.says("olga", "/group export"))}
    assert len(rows) == len(names) + 1
    assert [rows[f"test:{name}"]["streak"] for name in (names[0], names[1], names[-1])] == ["2", "0", "3"]


async def test_only_organisers_take_it_out_or_choose(group: Conversation) -> None:
    for line in ("/group export", "/group keep 30"):
        reply = await group.says("alice", line)
        assert reply.fault is not None
        assert "organisers" in reply.fault.message


async def test_a_group_may_choose_that_less_is_kept(group: Conversation) -> None:
    await group.says("alice", "/help run")
    assert "365 days" in plain(await group.says("olga", "/group keep"))
    assert "30 days" in plain(await group.says("olga", "/group keep 30 days"))
    keep = group.core.settings.keep
    await do_due(group.core.store, START + timedelta(days=29), keep)
    assert [each.said for each in await group.core.history(group.place)] == ["/help run"]
    done = await do_due(group.core.store, START + timedelta(days=31), keep)
    assert {each.duty: each.counts for each in done}["history"]["exchanges"] == 1
    assert await group.core.history(group.place) == []


@pytest.mark.parametrize("days", ["0", "366", "-3", "many", "9" * 40, "٣"])
async def test_days_that_cannot_be_are_refused_with_some_that_can(group: Conversation, days: str) -> None:
    reply = await group.says("olga", f"/group keep {days}")
    assert reply.fault is not None
    assert reply.fault.suggestion == "/group keep 90"


async def test_what_is_old_goes_by_itself_and_answers_stay(group: Conversation) -> None:
    alice = await learns(group, "alice", "7")
    await alice.asked("n2")
    await group.says("alice", "/help run")
    keep = group.core.settings.keep
    done = await do_due(group.core.store, START + timedelta(days=keep.history_days + 1), keep)
    assert {each.duty: each.counts for each in done}["history"] == {"exchanges": 1, "unanswered": 1}
    assert len(await group.core.store.learning.log("test:alice")) == 1
    assert len(await alice.memories()) == 1
