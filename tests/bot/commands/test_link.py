"""Two accounts become one person, and part again, as people see it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.command import Incoming, Place, User
from bot.errors import UserError
from bot.reply import Code, Reply, plain
from bot.store.group_tables import link_codes
from bot.store.links import Links
from bot.store.tables import exchanges
from bot.tutor import wire
from bot.tutor.model import Marked, Posed
from tests.bot.commands.decks import PLAIN, brings, titles
from tests.bot.conversation import Conversation, conversation
from tests.bot.tutor.tutor_lab import Pupil, number

CARDS = [number(f"n{place}") for place in range(4)]


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path, database=database, organisers=frozenset({"olga"})) as found:
        yield found


def code_of(reply: Reply) -> str:
    """What is typed elsewhere, as it is shown."""
    [found] = [part.code for part in reply.parts if isinstance(part, Code)]
    return found


async def linked(group: Conversation, one: str, other: str) -> Reply:
    """Makes two people one, as they would."""
    given = await group.says(one, "/link")
    shown = await group.says(other, code_of(given))
    return await group.presses(other, "Make them", shown)


async def learns(group: Conversation, name: str, *answers: str) -> Pupil:
    """Somebody answers cards of a deck of their own, each with the words given."""
    pupil = Pupil(group, name)
    await pupil.brings(*CARDS)
    for posed, typed in zip(await pupil.asked(*(card.id for card in CARDS[: len(answers)])), answers, strict=True):
        await pupil.says(posed, typed)
        group.clock.advance(minutes=1)
    return pupil


async def everybodys(group: Conversation, pupil: Pupil, name: str) -> Posed:
    """A question that the whole channel is asked."""
    [posed] = await pupil.asked(name)
    shared = replace(posed, id=f"all{name}", person="", session=f"all{name}")
    await group.core.store.learning.pose([wire.asked(shared)])
    return shared


async def of(pupil: Pupil) -> Incoming:
    """Something they do, as the core takes it: by the person to whom the account belongs."""
    _, known = await pupil.group.core._known(pupil.event())
    return known


async def both(group: Conversation) -> tuple[Pupil, Pupil]:
    """Alice was here first, and has answered three; bob has answered two."""
    await group.says("alice", "/help")
    group.clock.advance(minutes=1)
    await group.says("bob", "/help")
    return await learns(group, "alice", "7", "7", "8"), await learns(group, "bob", "7", "9")


async def test_what_will_happen_is_shown_before_anything_does(group: Conversation) -> None:
    await both(group)
    shown = await group.says("bob", code_of(await group.says("alice", "/link")))
    assert shown.data["kept"] == {"accounts": ["test:alice"], "answers": 3}
    assert shown.data["added"] == {"accounts": ["test:bob"], "answers": 2}
    assert "you will be called `alice`" in plain(shown)
    left = await group.presses("bob", "Leave them", shown)
    assert "Nothing was changed" in plain(left)
    assert (await group.says("bob", "/link show")).data["accounts"] == ["test:bob"]


async def test_two_accounts_become_one_person_with_one_memory_and_one_streak(group: Conversation) -> None:
    alice, bob = await both(group)
    done = await linked(group, "alice", "bob")
    assert "5 answers" in plain(done)
    assert await group.core.store.learning.pupil(bob.user.id) is None
    assert await alice.replayed() == await alice.memories()
    assert {memory.card.partition("/")[0] for memory in await alice.memories()} == {"alice-deck", "bob-deck"}
    event = await of(bob)
    assert (event.user.id, event.user.account) == ("test:alice", "test:bob")
    streak = await group.core.study.standing.streak(event.user, group.place, group.clock.now())
    assert sum(day.answers for day in streak.history) == 5
    assert [each.community for each in await group.core.store.members.memberships("test:alice")] == ["page"]
    assert await group.core.store.members.memberships("test:bob") == []
    board = await group.core.study.standing.leaderboard(group.place, group.clock.now())
    assert (board.people, board.tried) == (1, 5)
    assert [await group.core.store.tallies.differing(each) for each in await group.core.store.tallies.groups()] == [0]


async def test_whoever_was_here_first_stays_whichever_account_brings_the_code(group: Conversation) -> None:
    await both(group)
    done = await linked(group, "bob", "alice")
    assert done.data["accounts"] == ["test:alice", "test:bob"]


async def test_of_two_answers_to_one_question_the_earlier_counts(group: Conversation) -> None:
    alice, bob = await both(group)
    shared = await everybodys(group, alice, "n3")
    await bob.says(shared, "7")
    group.clock.advance(minutes=5)
    await alice.says(shared, "8")
    shown = await group.says("bob", code_of(await group.says("alice", "/link")))
    assert "One question was answered with both" in plain(shown)
    done = await group.presses("bob", "Make them", shown)
    assert "6 answers" in plain(done)
    marked = await group.core.tutor.marked(shared, alice.user)
    assert isinstance(marked, Marked)
    assert (marked.correct, marked.said) == (True, "7")
    assert await alice.replayed() == await alice.memories()
    assert await group.core.store.tallies.differing((group.place.platform, group.place.community)) == 0
    again = await group.core.tutor.answer(await of(bob), shared, typed="8")
    assert isinstance(again, Marked)
    assert (again.again, again.correct) == (True, True)


async def test_an_open_question_of_the_one_is_answered_by_either(group: Conversation) -> None:
    _, bob = await both(group)
    [posed] = await bob.asked("n3")
    await linked(group, "alice", "bob")
    reply = await group.says("alice", f"/answer {posed.id} 7")
    assert reply.fault is None, plain(reply)
    assert reply.data["correct"] is True


async def test_the_history_keeps_the_account_and_roles_do_not_travel(group: Conversation) -> None:
    await group.core.store.make_organiser(User(id="test:alice", name="alice"), group.clock.now())
    await linked(group, "alice", "bob")
    await group.says("bob", "/help run")
    [said] = [each for each in await group.core.history(group.place) if each.said == "/help run"]
    assert (said.person, said.name) == ("test:bob", "bob")
    assert await group.core.organises(await of(Pupil(group, "alice")))
    assert not await group.core.organises(await of(Pupil(group, "bob")))
    refused = await group.says("bob", "/group export")
    assert refused.fault is not None


async def test_a_code_holds_ten_minutes_and_once(group: Conversation) -> None:
    code = code_of(await group.says("alice", "/link"))
    group.clock.advance(minutes=10)
    assert (await group.says("bob", code)).fault is not None
    code = code_of(await group.says("alice", "/link"))
    newer = code_of(await group.says("alice", "/link"))
    assert (await group.says("bob", code)).fault is not None, "a newer one has taken its place"
    shown = await group.says("bob", newer.lower().replace("-", " "))
    await group.presses("bob", "Make them", shown)
    for who in ("bob", "carol"):
        used = await group.presses(who, "Make them", shown)
        assert used.fault is not None
    assert (await group.says("carol", "/link show")).data["accounts"] == ["test:carol"]


async def test_codes_are_in_no_table_no_history_and_no_log(group: Conversation) -> None:
    with capture_logs() as lines:
        code = code_of(await group.says("alice", "/link"))
        shown = await group.says("bob", code)
        await group.says("alice", code)
        await group.presses("bob", "Make them", shown)
    bare = code.removeprefix("/link ").replace("-", "")
    await group.core.store.drain()
    async with group.core.store._engine.connect() as connection:
        rows = [*(await connection.execute(select(exchanges))), *(await connection.execute(select(link_codes)))]
    assert not [row for row in rows if bare in re.sub(r"\W", "", str(row))]
    assert bare not in re.sub(r"\W", "", str(lines))


async def test_guessing_is_slowed_down(group: Conversation) -> None:
    code = code_of(await group.says("alice", "/link"))
    for turn in range(5):
        assert "not one that holds" in plain(await group.says("mallory", f"/link {turn:012d}"))
    assert "several codes" in plain(await group.says("mallory", "/link AAAA-BBBB-CCCC"))
    assert "several codes" in plain(await group.says("mallory", code)), "the right one, too"
    group.clock.advance(minutes=2)
    assert (await group.says("mallory", code)).fault is None


async def test_nobody_is_linked_to_themselves_and_there_are_no_chains_or_circles(group: Conversation) -> None:
    code = code_of(await group.says("alice", "/link"))
    assert "own code" in plain(await group.says("alice", code))
    await linked(group, "alice", "bob")
    again = await group.says("bob", code_of(await group.says("alice", "/link")))
    assert "linked already" in plain(again)
    back = await group.says("alice", code_of(await group.says("bob", "/link")))
    assert "linked already" in plain(back)
    await linked(group, "carol", "dave")
    await linked(group, "dave", "bob")  # two pairs become one person, whose accounts all lead straight to them
    accounts = (await group.says("carol", "/link show")).data["accounts"]
    assert sorted(accounts) == [f"test:{name}" for name in ("alice", "bob", "carol", "dave")]
    links = group.core.store.links
    assert {await links.person_of(account) for account in accounts} == {accounts[0]}


async def test_separated_accounts_leave_what_was_learnt_with_the_person(group: Conversation) -> None:
    alice, bob = await both(group)
    await linked(group, "alice", "bob")
    asked = await group.says("bob", "/link off")
    assert "stay there" in plain(asked)
    done = await group.presses("bob", "Separate", asked)
    assert "stays with `alice`" in plain(done)
    assert len(await alice.memories()) == 5
    assert await bob.memories() == ()
    bob.deck = "another"
    await bob.brings(*CARDS)
    [posed] = await bob.asked("n0")
    await bob.says(posed, "7")
    assert len(await bob.memories()) == 1
    assert (await group.says("bob", "/link off")).fault is not None


@pytest.mark.long
async def test_decks_come_along_and_the_same_file_again_updates_them_wherever_they_came_from(
    group: Conversation,
) -> None:
    await group.says("alice", "/help")
    group.clock.advance(minutes=1)
    first = await brings(group, "bob", "/deck import Torch", deck_toml=PLAIN)
    await linked(group, "alice", "bob")
    for who in ("alice", "bob"):
        again = await brings(group, who, "/deck import Torch", deck_toml=PLAIN)
        assert again.data["deck"] == first.data["deck"]
        assert await titles(group, who) == ["Torch"]
    await group.presses("bob", "Separate", await group.says("bob", "/link off"))
    assert await titles(group, "bob") == []
    anew = await brings(group, "bob", "/deck import Torch", deck_toml=PLAIN)
    assert anew.fault is None, plain(anew)
    assert anew.data["deck"] != first.data["deck"]
    assert await titles(group, "alice") == await titles(group, "bob") == ["Torch"]


class Elsewhere(Conversation):
    """Another platform, on which people have accounts of their own."""

    def incoming(self, name: str, **said: Any) -> Incoming:
        found = super().incoming(name, **said)
        return replace(found, user=replace(found.user, id=f"elsewhere:{name}", account=f"elsewhere:{name}"))


@pytest.mark.parametrize("set_elsewhere", [True, False])
async def test_a_reminder_ends_with_the_account_that_it_came_to(group: Conversation, set_elsewhere: bool) -> None:
    place = Place(platform="elsewhere", community="team", channel="group")
    there = Elsewhere(core=group.core, clock=group.clock, place=place)
    await group.says("ann", "/streak")
    shown = await there.says("ann", code_of(await group.says("ann", "/link")))
    await there.presses("ann", "Make them", shown)
    await (there if set_elsewhere else group).says("ann", "/remind at 18:00")
    told = plain(await there.presses("ann", "Separate", await there.says("ann", "/link off")))
    assert ("The reminder came on elsewhere, and has ended" in told) is set_elsewhere
    assert ("every day at 18:00" in plain(await group.says("ann", "/remind"))) != set_elsewhere


async def test_separating_where_the_memory_is_lets_the_others_go(group: Conversation) -> None:
    alice, _ = await both(group)
    await linked(group, "alice", "bob")
    done = await group.presses("alice", "Separate", await group.says("alice", "/link off"))
    assert "stay here" in plain(done)
    assert len(await alice.memories()) == 5
    assert (await group.says("bob", "/link show")).data["accounts"] == ["test:bob"]


async def test_answers_on_their_way_all_count_once_or_are_told_to_come_again(group: Conversation) -> None:
    alice, bob = await both(group)
    cards = [number(f"m{place}") for place in range(6)]
    await bob.brings(*CARDS, *cards)
    asked = await bob.asked(*(card.id for card in cards))
    shown = await group.says("bob", code_of(await group.says("alice", "/link")))
    tasks = [asyncio.create_task(group.core.tutor.answer(bob.event(), each, typed="7")) for each in asked]
    await asyncio.sleep(0)
    done = await group.presses("bob", "Make them", shown)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert done.fault is None, plain(done)
    assert all(isinstance(each, Marked | UserError) for each in found)
    counted = [each for each in found if isinstance(each, Marked)]
    assert len(await group.core.store.learning.log("test:alice")) == 5 + len(counted)
    assert await group.core.store.learning.log("test:bob") == []
    assert await alice.replayed() == await alice.memories()
    for each in asked:  # those that did not count can be given again, and nothing counts twice
        await group.core.tutor.answer(await of(bob), replace(each, person="test:alice"), typed="7")
    assert len(await group.core.store.learning.log("test:alice")) == 5 + len(asked)


async def test_two_bots_that_join_the_same_two_at_once_do_it_once(
    group: Conversation, tmp_path: Path, database: Path | SecretStr
) -> None:
    alice, _ = await both(group)
    async with conversation(tmp_path, database=database) as other:
        other.clock.at = group.clock.at
        shown = await group.says("bob", code_of(await group.says("alice", "/link")))
        done = await asyncio.gather(*(each.presses("bob", "Make them", shown) for each in (group, other)))
        assert sum(each.fault is None for each in done) == 1
        assert len(await alice.memories()) == 5
        assert await alice.replayed() == await alice.memories()


async def test_another_bot_knows_within_a_second_and_asks_the_store_of_nobody_before(
    group: Conversation, tmp_path: Path, database: Path | SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("bot.store.links.time.monotonic", lambda: now[0])
    async with conversation(tmp_path, database=database) as other:
        links: Links = other.core.store.links
        assert await links.person_of("test:bob") == "test:bob"
        await group.says("alice", "/help")
        await linked(group, "alice", "bob")
        assert await links.person_of("test:bob") == "test:bob", "what it knows, it knows for a second"
        now[0] += 1.0
        assert await links.person_of("test:bob") == "test:alice"
