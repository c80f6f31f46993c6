"""Decks in the store: whole or not at all, and the same after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.command import Place
from bot.errors import TooMuchKept
from bot.store import decks as module
from bot.store.card_rows import read, written
from bot.store.deck_rows import Changes, Standing
from bot.store.decks import Decks, community, deck_id, slug
from bot.store.store import open_store
from cards.deck import house
from cards.model import Card, Deck
from cards.proof import Outcome
from tests.bot.conversation import START

ALICE, BOB = "test:alice", "test:bob"
GROUP = community(Place(platform="test", community="page", channel="group"))
PROVED, PLAIN = Standing(Outcome.PROVED, "2.13.0"), Standing(Outcome.NOTHING_TO_RUN)


def card(name: str, answer: str = "an answer", **more: object) -> Card:
    fields = {"kind": "recall", "topic": "", "front": f"What is {name}?", "reason": "", "why_no_proof": "no reason"}
    return Card(**{"id": name, "answer": answer, **fields, **more})  # type: ignore[arg-type]  # fields by their names


def deck(*cards: Card, owner: str = ALICE, title: str = "My deck") -> Deck:
    return Deck(id=deck_id(owner, title), title=title, says="", cards=cards, topics={"a": "A"})


def plain(found: Deck) -> dict[str, Standing]:
    return {each.id: PLAIN for each in found.cards}


@pytest.fixture
async def decks(database: Path | SecretStr) -> AsyncIterator[Decks]:
    async with open_store(database) as store:
        yield store.decks


async def put(decks: Decks, found: Deck, owner: str = ALICE) -> Changes:
    return await decks.put(found, plain(found), owner=owner, at=START)


def test_every_card_of_the_house_is_the_same_after_it_was_kept() -> None:
    for each in house().cards:
        assert read(written(each)) == each


async def test_a_deck_is_read_as_it_was_put(decks: Decks) -> None:
    mine = deck(card("b"), card("a", needs=("b",)))
    changes = await put(decks, mine)
    assert changes == Changes(fresh=True, added=("b", "a"))
    kept = await decks.read(mine.id)
    assert kept is not None
    assert kept.deck == mine
    assert kept.usable == mine.cards
    assert (kept.held.cards, kept.held.proved, kept.held.owner) == (2, 0, ALICE)


async def test_decks_are_there_after_a_restart(database: Path | SecretStr) -> None:
    mine = deck(card("a"))
    async with open_store(database) as store:
        await put(store.decks, mine)
        await store.decks.use(ALICE, mine.id)
    async with open_store(database) as store:
        assert [held.id for held in await store.decks.used_by([ALICE])] == [mine.id]
        kept = await store.decks.read(mine.id)
        assert kept is not None
        assert kept.deck == mine


async def test_a_deck_that_is_put_again_is_changed_and_not_doubled(decks: Decks) -> None:
    await put(decks, deck(card("a"), card("b"), card("c")))
    changes = await put(decks, deck(card("c"), card("a", answer="another"), card("d")))
    assert changes == Changes(fresh=False, added=("d",), changed=("a",), same=1, gone=("b",))
    (held,) = await decks.of([ALICE])
    kept = await decks.read(held.id)
    assert kept is not None
    assert [each.id for each in kept.deck.cards] == ["c", "a", "d"]


async def test_a_card_without_a_standing_is_left_out_or_stays_as_it_was(decks: Decks) -> None:
    mine = deck(card("a", answer="old"))
    await put(decks, mine)
    newer = deck(card("a", answer="new, and wrong"), card("b"), card("c", needs=("b",)))
    await decks.put(newer, {"c": PLAIN}, owner=ALICE, at=START)
    kept = await decks.read(mine.id)
    assert kept is not None
    assert {each.id: each.answer for each in kept.deck.cards} == {"a": "old", "c": "an answer"}
    assert all(not each.needs for each in kept.deck.cards), "what is needed and not there is no hindrance"


async def test_cards_that_torch_has_not_been_asked_about_are_kept_and_not_used(decks: Decks) -> None:
    mine = deck(card("a"), card("b"), card("c"))
    unasked = Standing(Outcome.UNASKED)
    await decks.put(mine, {"a": unasked, "b": unasked, "c": PROVED}, owner=ALICE, at=START)
    kept = await decks.read(mine.id)
    assert kept is not None
    assert [each.id for each in kept.usable] == ["c"]
    assert (kept.held.waiting, kept.held.proved) == (2, 1)
    await decks.judge(mine.id, {"a": PROVED, "b": Standing(Outcome.WRONG)})
    kept = await decks.read(mine.id)
    assert kept is not None
    assert [each.id for each in kept.usable] == ["a", "c"]
    assert kept.standing["a"] == PROVED
    assert kept.held.waiting == 0


async def test_two_owners_have_decks_of_one_name_and_each_sees_their_own(decks: Decks) -> None:
    await put(decks, deck(card("a")))
    await put(decks, deck(card("b"), owner=BOB), owner=BOB)
    await put(decks, deck(card("c"), owner=GROUP), owner=GROUP)
    assert len({held.id for held in await decks.of([ALICE, BOB, GROUP])}) == 3
    assert [held.owner for held in await decks.of([BOB])] == [BOB]


async def test_nobody_writes_into_anothers_deck(decks: Decks) -> None:
    mine = deck(card("a"))
    await put(decks, mine)
    with pytest.raises(ValueError, match="another owner's"):
        await decks.put(mine, plain(mine), owner=BOB, at=START)


async def test_a_deck_is_used_by_whoever_says_so_until_they_say_otherwise(decks: Decks) -> None:
    mine, ours = deck(card("a")), deck(card("b"), owner=GROUP)
    await put(decks, mine)
    await put(decks, ours, owner=GROUP)
    await decks.use(ALICE, mine.id)
    await decks.use(ALICE, mine.id)
    await decks.use(GROUP, ours.id)
    assert {held.id for held in await decks.used_by([ALICE, GROUP])} == {mine.id, ours.id}
    assert await decks.used_by([BOB]) == []
    await decks.stop_using(ALICE, mine.id)
    assert await decks.used_by([ALICE]) == []


async def test_a_removed_deck_is_gone_and_comes_back_whole(decks: Decks) -> None:
    mine = deck(card("a"))
    await put(decks, mine)
    await decks.use(ALICE, mine.id)
    assert await decks.remove(mine.id, START)
    assert not await decks.remove(mine.id, START)
    assert await decks.read(mine.id) is None
    assert await decks.of([ALICE]) == []
    assert await decks.used_by([ALICE]) == []
    assert [held.id for held in await decks.of([ALICE], removed=True)] == [mine.id]
    assert await decks.restore(mine.id)
    assert not await decks.restore(mine.id)
    assert [held.id for held in await decks.used_by([ALICE])] == [mine.id]


async def test_a_deck_removed_long_ago_is_forgotten(decks: Decks) -> None:
    old, new = deck(card("a")), deck(card("a"), title="Another")
    for each in (old, new):
        await put(decks, each)
    await decks.remove(old.id, START)
    await decks.remove(new.id, START + timedelta(days=5))
    assert await decks.forget(removed_before=START + timedelta(days=1)) == 1
    assert await decks.held(old.id) is None
    assert not await decks.restore(old.id)
    assert await decks.restore(new.id)


async def test_one_card_is_added_to_a_deck_that_may_not_be_there_yet(decks: Decks) -> None:
    mine = deck(title="mine")
    for name in ("b", "a"):
        assert await decks.put_card(mine, card(name), PLAIN, owner=ALICE, at=START)
    assert not await decks.put_card(mine, card("b", answer="better"), PROVED, owner=ALICE, at=START)
    kept = await decks.read(mine.id)
    assert kept is not None
    assert {each.id: each.answer for each in kept.deck.cards} == {"a": "an answer", "b": "better"}


@pytest.mark.parametrize("limit", ["MAX_DECKS", "MAX_CHARACTERS", "MAX_CARDS"])
async def test_what_would_be_too_much_changes_nothing(
    decks: Decks, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = deck(card("a"), card("b"))
    await put(decks, first)
    size = {"MAX_DECKS": 1, "MAX_CARDS": 2, "MAX_CHARACTERS": 400}[limit]
    monkeypatch.setattr(module, limit, size)
    large = deck(*(card(name) for name in "abc"), title="My deck" if limit == "MAX_CARDS" else "Another")
    with pytest.raises(TooMuchKept):
        await put(decks, large)
    (held,) = await decks.of([ALICE])
    assert (held.id, held.cards) == (first.id, 2)


async def test_several_decks_at_once_are_no_way_round_the_limits(decks: Decks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though each of them alone would fit."""
    monkeypatch.setattr(module, "MAX_DECKS", 2)
    all_at_once = (put(decks, deck(card("a"), title=f"Deck {number}")) for number in range(6))
    done = await asyncio.gather(*all_at_once, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Changes"] * 2 + ["TooMuchKept"] * 4
    assert len(await decks.of([ALICE])) == 2


async def test_removing_and_restoring_is_no_way_round_the_limits(decks: Decks, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = deck(card("a")), deck(card("a"), title="Another")
    monkeypatch.setattr(module, "MAX_DECKS", 1)
    await put(decks, first)
    await decks.remove(first.id, START)
    await put(decks, second)
    with pytest.raises(TooMuchKept):
        await decks.restore(first.id)
    assert [held.id for held in await decks.of([ALICE])] == [second.id]


def test_the_id_of_a_deck_is_the_same_each_time_and_names_nobody() -> None:
    found = deck_id(ALICE, "Übung: Conv 1D!")
    assert found == deck_id(ALICE, "ubung conv-1d")
    assert found.startswith("ubung-conv-1d-")
    assert found != deck_id(BOB, "Übung: Conv 1D!")
    assert "alice" not in found


def test_names_in_other_scripts_have_ids_of_their_own() -> None:
    assert slug("卷积") != slug("池化")
    assert slug("") == slug("  ") == "deck"


async def test_a_large_deck_is_kept_in_one_go(decks: Decks) -> None:
    many = deck(*(card(f"c{number}") for number in range(3_000)))
    changes = await put(decks, many)
    assert len(changes.added) == 3_000
    fewer = replace(many, cards=many.cards[::2])
    assert len((await put(decks, fewer)).gone) == 1_500


async def test_a_card_can_be_taken_out_again(decks: Decks) -> None:
    mine = deck(card("a"), card("b"))
    await put(decks, mine)
    before = await decks.editions([ALICE])
    await decks.use(ALICE, mine.id)
    assert await decks.take_card(mine.id, "a")
    assert not await decks.take_card(mine.id, "a")
    kept = await decks.read(mine.id)
    assert kept is not None
    assert [each.id for each in kept.deck.cards] == ["b"]
    assert await decks.editions([ALICE]) != before


async def test_a_card_for_a_deck_that_was_removed_begins_it_again(decks: Decks) -> None:
    mine = deck(card("old"), title="mine")
    await put(decks, mine)
    await decks.remove(mine.id, START)
    assert await decks.put_card(mine, card("new"), PLAIN, owner=ALICE, at=START)
    kept = await decks.read(mine.id)
    assert kept is not None
    assert [each.id for each in kept.deck.cards] == ["new"]
