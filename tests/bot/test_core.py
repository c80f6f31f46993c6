"""What adapters and handlers find in the core beside answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.answers import LONGEST, Answers
from bot.app import Core, References
from bot.clock import SYSTEM_CLOCK, moment
from bot.command import Command, Completion, Option
from bot.commands.registry import COMMANDS
from bot.duties import EVENTS_KEPT, do_due
from bot.reply import Reply
from tests.bot.conversation import START, Conversation


def _colours(_core: Core, typed: str) -> list[Completion]:
    if typed.startswith("bug"):
        raise RuntimeError(typed)
    return [Completion(text=colour, label=colour.title(), says="a colour") for colour in ("red", "rose", "green")]


PAINT = Command(
    name="paint",
    says="paints",
    help="Paints.",
    options=(
        Option(name="what", says="what to paint", choices=("wall", "door")),
        Option(name="colours", says="in which colours", rest=True, complete=_colours),
    ),
    examples=(),
    handler=COMMANDS[0].handler,
    aliases=("colour",),
)


@pytest.fixture
def core(group: Conversation) -> Core:
    return Core(
        settings=group.core.settings,
        store=group.core.store,
        sandbox=group.core.sandbox,
        commands=(*COMMANDS, PAINT),
        clock=group.clock,
    )


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("/pa", ["/paint "]),
        ("pa", ["/paint "]),
        ("/colo", ["/paint "]),
        ("/paint ", ["/paint wall", "/paint door"]),
        ("/paint D", ["/paint door"]),
        ("/paint door r", ["/paint door red", "/paint door rose", "/paint door green"]),
        ("/colour  door  x y", ["/colour  door  red", "/colour  door  rose", "/colour  door  green"]),
        ("/help pai", ["/help paint"]),
        ("/help paint now", []),
        ("/nothing here", []),
    ],
)
def test_what_is_typed_is_completed_to_whole_messages(core: Core, typed: str, texts: list[str]) -> None:
    assert [each.text for each in core.complete(typed)] == texts


def test_nothing_typed_yet_offers_every_command(core: Core) -> None:
    assert [each.text for each in core.complete("")] == [f"/{command.name} " for command in core.commands]


def test_a_bug_in_a_hint_stops_nobody(core: Core) -> None:
    with capture_logs() as lines:
        assert core.complete("/paint door bug with hunter2") == []
    assert lines[0]["error"] == "RuntimeError"
    assert "hunter2" not in str(lines)


def test_answers_are_kept_for_those_who_ask_again_until_others_need_the_room() -> None:
    answers = Answers(most=2)
    replies = [Reply(parts=()) for _ in range(3)]
    answers.put("a", replies[0])
    answers.put("b", replies[1])
    assert answers.get("a") is replies[0]
    answers.put("c", replies[2])
    assert answers.get("b") is None
    assert answers.get("a") is replies[0]


def test_the_answer_to_a_very_long_question_is_not_kept() -> None:
    answers = Answers()
    answers.put("x" * (LONGEST + 1), Reply(parts=()))
    assert answers.get("x" * (LONGEST + 1)) is None


async def test_duties_forget_what_is_old_once_a_day(group: Conversation) -> None:
    store = group.core.store
    store.keep_claim("slack:1", START)
    store.keep_question("abc", "text", START)
    keep = group.core.settings.keep
    first, _ = await do_due(store, START, keep)
    assert first.counts == {"events": 0, "questions": 0, "decks": 0, "codes": 0}
    assert await do_due(store, START + timedelta(hours=23), keep) == []
    second, _ = await do_due(store, START + EVENTS_KEPT + timedelta(seconds=1), keep)
    assert second.counts == {"events": 1, "questions": 0, "decks": 0, "codes": 0}
    third, _ = await do_due(store, START + timedelta(days=keep.buttons_days, seconds=1), keep)
    assert third.counts == {"events": 0, "questions": 1, "decks": 0, "codes": 0}


@pytest.mark.parametrize(
    "text", ["2026-03-29T01:30Z", "2026-03-29T01:30:00+00:00", "2026-03-29T03:30+02:00", "2026-03-28T20:30-05:00"]
)
def test_a_moment_is_read_with_its_zone(text: str) -> None:
    assert moment(text) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "now", "2026-03-29", "2026-03-29T01:30", "9999-12-31T23:59-23:59", "1" * 10_000])
def test_what_is_no_moment_is_said_shortly(text: str) -> None:
    with pytest.raises(ValueError, match="is not a moment with its zone") as caught:
        moment(text)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("text", ["9999-12-31T23:59Z", "3000-01-01T00:00Z", "1969-12-31T23:59Z", "0001-01-02T00:00Z"])
def test_a_moment_that_no_calendar_reaches_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="moments from 1970 to 2999 can be tried"):
        moment(text)


def test_the_systems_clock_knows_its_zone() -> None:
    assert SYSTEM_CLOCK.now().utcoffset() == timedelta(0)


def test_references_are_eight_digits_and_differ() -> None:
    new = References(seed=1)
    found = {new() for _ in range(1000)}
    assert len(found) == 1000
    assert all(len(each) == 8 and int(each, 16) >= 0 for each in found)
