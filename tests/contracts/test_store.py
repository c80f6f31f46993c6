"""What the store promises, whichever database it stands on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bot.actions import Action
from bot.command import Incoming, Place, User
from bot.reply import Code, Reply, Text, plain
from bot.store import writer
from bot.store.store import Store, open_store
from bot.store.tables import EPOCH, MICROSECOND, Moment
from tests.bot.conversation import GROUP, START
from tests.bot.store.beside import beside

ALICE = User(id="test:alice", name="Alice")
BOB = User(id="test:bob", name="Bob")
ELSEWHERE = Place(platform="test", community="page", channel="elsewhere")


@pytest.fixture
async def store(database: Path | SecretStr) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


def said(text: str, *, by: User = ALICE, at: Place = GROUP, action: Action | None = None) -> Incoming:
    return Incoming(id=f"test:{text}", user=by, place=at, at=START, text=text, action=action)


def says(text: str, *, private: bool = False) -> Reply:
    return Reply(parts=(Text(text=text),), private=private)


async def test_history_comes_back_oldest_first_and_can_be_paged(store: Store) -> None:
    for number in range(5):
        store.record_exchange(said(f"question {number}"), says(f"answer {number}"))
    newest = await store.history(GROUP, limit=2)
    assert [each.said for each in newest] == ["question 3", "question 4"]
    older = await store.history(GROUP, before=newest[0].id, limit=2)
    assert [plain(each.reply) for each in older] == ["answer 1", "answer 2"]
    assert older[0].name == "Alice"
    assert older[0].at == START


async def test_history_is_of_one_channel(store: Store) -> None:
    store.record_exchange(said("here"), says("a"))
    store.record_exchange(said("there", at=ELSEWHERE), says("b"))
    assert [each.said for each in await store.history(GROUP)] == ["here"]
    assert [each.said for each in await store.history(ELSEWHERE)] == ["there"]


async def test_a_private_answer_is_shown_to_the_one_who_asked(store: Store) -> None:
    store.record_exchange(said("secret"), says("for alice", private=True))
    store.record_exchange(said("open", by=BOB), says("for all"))
    assert [each.said for each in await store.history(GROUP)] == ["open"]
    assert [each.said for each in await store.history(GROUP, viewer=BOB.id)] == ["open"]
    assert [each.said for each in await store.history(GROUP, viewer=ALICE.id)] == ["secret", "open"]


async def test_history_survives_a_restart(database: Path | SecretStr) -> None:
    async with open_store(database) as before:
        before.record_exchange(said("", action=Action("press", ("1",))), says("pressed"))
    async with open_store(database) as after:
        [kept] = await after.history(GROUP)
    assert (kept.action, plain(kept.reply)) == ("1:press:1", "pressed")


async def test_an_event_is_claimed_once_and_when_it_was_answered_also_after_a_restart(
    database: Path | SecretStr,
) -> None:
    answered, cut_off = said("answered"), said("cut off")
    async with open_store(database) as before:
        for event in (answered, cut_off):
            assert before.claim(event.id)
            assert not before.claim(event.id)
        before.record_exchange(answered, says("an answer"))
    async with open_store(database) as after:
        assert not after.claim(answered.id)
        assert after.claim(cut_off.id), "nobody was answered, so a second delivery must not be turned away"


async def test_a_claim_that_was_released_can_be_made_again(store: Store) -> None:
    assert store.claim("slack:1")
    store.release("slack:1")
    assert store.claim("slack:1")


async def test_a_question_is_found_by_its_name_also_after_a_restart(database: Path | SecretStr) -> None:
    async with open_store(database) as before:
        before.keep_question("abc", "conv1d 3 16 k3", START)
        assert await before.question("abc") == "conv1d 3 16 k3"
        assert await before.question("gone") is None
    async with open_store(database) as after:
        assert await after.question("abc") == "conv1d 3 16 k3"


async def test_old_events_and_questions_are_forgotten(store: Store) -> None:
    later = START + timedelta(days=10)
    for at in (START, later):
        store.keep_claim(f"event {at}", at)
        store.keep_question(f"name {at}", "text", at)
    between = START + timedelta(days=5)
    assert await store.forget(events_before=between, questions_before=between) == {"events": 1, "questions": 1}
    assert await store.question(f"name {START}") is None
    assert await store.question(f"name {later}") == "text"


async def test_people_are_remembered_by_their_last_name(store: Store) -> None:
    store.remember_person(ALICE, START)
    store.remember_person(User(id=ALICE.id, name="Alice B."), START + timedelta(minutes=1))
    person = await store.person(ALICE.id)
    assert person is not None
    assert (person.name, person.first_seen) == ("Alice B.", START)
    assert await store.person("nobody") is None


async def test_an_organiser_stays_one_whatever_they_say_next(store: Store) -> None:
    assert await store.role_of(ALICE.id) == "member"
    await store.make_organiser(ALICE, START)
    store.remember_person(ALICE, START + timedelta(days=1))
    assert await store.role_of(ALICE.id) == "organiser"
    assert await store.role_of(BOB.id) == "member"


async def test_a_secret_is_made_once(store: Store) -> None:
    assert await store.secret("web", lambda: b"first") == b"first"
    assert await store.secret("web", lambda: b"second") == b"first"
    assert await store.secret("other", lambda: b"third") == b"third"


async def test_a_duty_is_claimed_by_one_bot_and_again_when_it_is_due(database: Path | SecretStr) -> None:
    day = timedelta(days=1)
    async with open_store(database) as one, open_store(database) as other:
        claims = [await each.claim_duty("forget", START, START - day) for each in (one, other)]
        assert claims == [True, False]
        assert await other.claim_duty("forget", START + day, START)


async def test_many_exchanges_are_all_written_in_their_order(store: Store) -> None:
    for number in range(3 * writer.MOST_TOGETHER + 7):
        store.record_exchange(said(f"{number}", at=GROUP if number % 2 else ELSEWHERE), says("a"))
    kept = await store.history(GROUP, limit=10_000)
    assert [each.said for each in kept] == [f"{number}" for number in range(1, 3 * writer.MOST_TOGETHER + 7, 2)]


async def test_a_reply_that_json_cannot_carry_costs_its_own_record_only(store: Store) -> None:
    with capture_logs() as lines:
        store.record_exchange(said("before"), says("a"))
        store.record_exchange(said("broken"), Reply(parts=(), data={"it": object()}))
        store.record_exchange(said("after"), Reply(parts=(Code(code="b"),)))
        kept = [each.said for each in await store.history(GROUP)]
    assert kept == ["before", "after"]
    assert [line["event"] for line in lines] == ["store.lost"]


async def test_while_the_database_is_away_answers_go_on_and_the_loss_is_logged(
    database: Path | SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAUSE_S", 0.0)
    async with open_store(database) as opened:
        await beside(database, "DROP TABLE questions")
        with capture_logs() as lines:
            opened.keep_question("abc", "text", START)
            opened.record_exchange(said("kept"), says("a"))
            assert [each.said for each in await opened.history(GROUP)] == ["kept"]
        assert {"event": "store.lost", "rows": 1, "log_level": "error"} in lines
        assert await opened.question("abc") == "text"


async def test_what_was_said_stands_once_in_the_history_though_a_connection_broke_off_at_its_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote it cannot know that it was committed, and writes it again; what was not is written then."""
    begin = store._engine.begin
    breaks = ["after", "before"]

    @asynccontextmanager
    async def breaking() -> AsyncIterator[AsyncConnection]:
        when = breaks.pop() if breaks else "never"
        async with begin() as connection:
            yield connection
            if when == "before":
                raise ConnectionResetError
        if when == "after":
            raise ConnectionResetError

    store.record_exchange(said("before"), says("a"))
    await store.drain()
    monkeypatch.setattr(store._writer, "_engine", SimpleNamespace(begin=breaking))
    for text in ("once", "too"):
        store.record_exchange(said(text), says(text, private=True))
    assert [each.said for each in await store.history(GROUP, viewer=ALICE.id)] == ["before", "once", "too"]
    assert not breaks


async def test_what_is_said_while_what_was_said_before_waits_is_written_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both fail together once more, what was tried before and what was not."""
    begin = store._engine.begin
    faults = 2 * writer.TRIES + 1

    @asynccontextmanager
    async def away() -> AsyncIterator[AsyncConnection]:
        nonlocal faults
        faults -= 1
        if faults == writer.TRIES:
            store.record_exchange(said("later"), says("b"))
        if faults >= 0:
            raise ConnectionResetError
        async with begin() as connection:
            yield connection

    monkeypatch.setattr(store._writer, "_pause_s", 0.0)
    monkeypatch.setattr(store._writer, "_engine", SimpleNamespace(begin=away))
    store.record_exchange(said("before"), says("a"))
    async with asyncio.timeout(60):
        while len(kept := await store.history(GROUP)) < 2:
            pass
    assert [each.said for each in kept] == ["before", "later"]


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_comes_back_as_it_was(moment: datetime) -> None:
    column = Moment()
    kept = column.process_bind_param(moment, None)  # type: ignore[arg-type]  # no dialect is looked at
    assert kept == (moment - EPOCH) // MICROSECOND
    assert column.process_result_value(kept, None) == moment.astimezone(UTC)  # type: ignore[arg-type]  # no dialect is looked at
