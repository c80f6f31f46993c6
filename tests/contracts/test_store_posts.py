"""What the store promises of posts: one a key, in the order of their changes, seen by whom they are for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.command import Incoming, Place, User
from bot.reply import Reply, Text, plain
from bot.store import posts
from bot.store.store import Store, open_store
from tests.bot.conversation import START

GENERAL = Place(platform="web", community="page", channel="general")
ASIDE = Place(platform="web", community="page", channel="aside")
ALICE = User(id="web:alice", name="Alice")


@pytest.fixture
async def store(database: Path | SecretStr) -> AsyncIterator[Store]:
    async with open_store(database) as opened:
        yield opened


def says(text: str) -> Reply:
    return Reply(parts=(Text(text=text),))


async def seen(store: Store, *channels: str, person: str = "", after: int = 0) -> list[str]:
    upto = await store.posts.newest()
    changes = await store.posts.changes("web", "page", channels, [person] if person else [], after=after, upto=upto)
    return [plain(each.exchange.reply) for each in changes]


async def test_a_key_is_posted_once_however_often_and_by_how_many_it_is_sent(database: Path | SecretStr) -> None:
    async with open_store(database) as one, open_store(database) as other:
        tries = (
            store.posts.put("daily1", GENERAL, says(f"card {n}"), START) for store in (one, other) for n in range(4)
        )
        assert len(set(await asyncio.gather(*tries))) == 1
        assert len(await one.history(GENERAL)) == 1
        assert await other.posts.find("daily1") == await one.posts.find("daily1") is not None
        assert await one.posts.find("daily2") is None


async def test_a_post_stands_in_the_history_among_what_was_said(store: Store) -> None:
    await store.posts.put("a", GENERAL, says("good morning"), START)
    store.record_exchange(Incoming(id="1", user=ALICE, place=GENERAL, at=START, text="/help"), says("help"))
    await store.drain()
    await store.posts.put("b", GENERAL, says("good night"), START + timedelta(hours=9))
    kept = await store.history(GENERAL)
    assert [plain(each.reply) for each in kept] == ["good morning", "help", "good night"]
    assert [each.change is None for each in kept] == [False, True, False]
    assert await store.channels("web", "page") == ["general"]


async def test_a_post_to_one_person_is_shown_to_them_alone(store: Store) -> None:
    number = await store.posts.put("a", GENERAL, says("your cards are due"), START, person=ALICE.id)
    assert await store.history(GENERAL, viewer="web:bob") == []
    assert len(await store.history(GENERAL, viewer=ALICE.id)) == 1
    assert await store.posts.post(GENERAL, number, "web:bob") is None
    assert await store.posts.post(GENERAL, number, ALICE.id) is not None


async def test_an_edit_takes_the_place_of_what_was_said_and_is_the_newest_change(store: Store) -> None:
    first = await store.posts.put("a", GENERAL, says("before"), START)
    await store.posts.put("b", GENERAL, says("other"), START)
    assert await store.posts.edit(GENERAL, first, says("after"))
    assert [plain(each.reply) for each in await store.history(GENERAL)] == ["after", "other"]
    assert await seen(store, "general") == ["other", "after"]


async def test_only_posts_are_edited_and_only_in_their_own_channel(store: Store) -> None:
    store.record_exchange(Incoming(id="1", user=ALICE, place=GENERAL, at=START, text="/help"), says("help"))
    [answer] = await store.history(GENERAL)
    number = await store.posts.put("a", GENERAL, says("before"), START)
    assert not await store.posts.edit(GENERAL, answer.id, says("after"))
    assert not await store.posts.edit(ASIDE, number, says("after"))
    assert not await store.posts.edit(GENERAL, number + 1, says("after"))
    assert [plain(each.reply) for each in await store.history(GENERAL)] == ["help", "before"]


async def test_whoever_asks_for_what_came_after_a_number_misses_nothing_and_sees_nothing_twice(
    database: Path | SecretStr,
) -> None:
    """Two bots post at once, and a third looks all the while."""
    async with (
        open_store(database) as one,
        open_store(database) as other,
        open_store(database) as looks,
    ):
        posting = asyncio.gather(
            *(store.posts.put(f"k{n}", GENERAL, says(f"{n}"), START) for n, store in enumerate([one, other] * 10))
        )
        found: list[str] = []
        after = 0
        while not posting.done() or after < await looks.posts.newest():
            upto = await looks.posts.newest()
            changes = await looks.posts.changes("web", "page", ["general"], [], after=after, upto=upto)
            found += [plain(each.exchange.reply) for each in changes]
            after = upto
        await posting
    assert sorted(found, key=int) == [f"{n}" for n in range(20)]


async def test_changes_are_of_the_channels_that_are_asked_for(store: Store) -> None:
    await store.posts.put("a", GENERAL, says("here"), START)
    await store.posts.put("b", ASIDE, says("there"), START)
    assert await seen(store, "general") == ["here"]
    assert await seen(store, "general", "aside") == ["here", "there"]
    assert await seen(store, "general", "aside", after=1) == ["there"]
    assert await seen(store) == []


async def test_changes_of_what_is_for_one_person_are_theirs_wherever_they_look(store: Store) -> None:
    await store.posts.put("a", GENERAL, says("for alice"), START, person=ALICE.id)
    await store.posts.put("b", GENERAL, says("for all"), START)
    assert await seen(store, "aside", person=ALICE.id) == ["for alice"]
    assert await seen(store, "general", person="web:bob") == ["for all"]
    assert await seen(store, "general", person=ALICE.id) == ["for alice", "for all"]


async def test_many_changes_come_in_several_answers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "MOST", 2)
    for number in range(3):
        await store.posts.put(f"{number}", GENERAL, says(f"{number}"), START)
    assert await seen(store, "general") == ["0", "1"]
    assert await seen(store, "general", after=2) == ["2"]
