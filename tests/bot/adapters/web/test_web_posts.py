"""What Stride says unasked on the page: once, live, in its place, and to those whom it is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.actions import Action
from bot.adapters.wall import WallPoster
from bot.adapters.web.parse import COMMUNITY, PLATFORM, place
from bot.clock import SYSTEM_CLOCK
from bot.command import Place
from bot.errors import PostRefused
from bot.posting import Poster
from bot.reply import Button, Buttons, MessageRef, Picture, Reply, Text
from bot.store.store import open_store
from tests.bot.adapters.lab import PNG
from tests.bot.adapters.web.served import Frame, Served, Talk, Visitor, served

GENERAL = place("general")
CARD = Reply(
    parts=(Text(text="Good morning"), Buttons(buttons=(Button(label="A", action=Action("lab-more", ("a",))),)))
)


def says(text: str) -> Reply:
    return Reply(parts=(Text(text=text),))


async def hears(talk: Talk) -> Frame:
    """The next post that a page is told of."""
    return dict((await talk.hears("post"))["message"])


def words(message: Frame) -> str:
    return str(message["parts"][0]["text"])


@pytest.fixture
def poster(page: Served) -> Poster:
    return page.core.posters[PLATFORM]


@asynccontextmanager
async def another_bot(folder: Path) -> AsyncIterator[WallPoster]:
    """A poster over the same store in another bot, which can wake nobody here."""
    async with open_store(folder / "stride.sqlite3") as store:
        yield WallPoster(PLATFORM, COMMUNITY, store, SYSTEM_CLOCK)


async def test_a_post_is_seen_by_everybody_in_the_channel_and_by_nobody_elsewhere(
    poster: Poster, alice: Visitor, bob: Visitor
) -> None:
    (talk, _), (elsewhere, _) = await alice.enters(), await bob.enters("week-1")
    await poster.post(GENERAL, CARD, key="daily1")
    await poster.post(place("week-1"), says("quiet here"), key="daily2")
    message = await hears(talk)
    assert words(message) == "Good morning"
    assert message["author"] is None
    assert words(await hears(elsewhere)) == "quiet here"


async def test_a_post_that_is_sent_twice_is_shown_once_and_found_by_its_key(poster: Poster, alice: Visitor) -> None:
    talk, _ = await alice.enters()
    first = await poster.post(GENERAL, CARD, key="daily1")
    again = await poster.post(GENERAL, says("a second bot's choice"), key="daily1")
    await poster.post(GENERAL, says("later"), key="daily2")
    assert [words(await hears(talk)) for _ in range(2)] == ["Good morning", "later"]
    since = SYSTEM_CLOCK.now() - timedelta(hours=1)
    assert first == again == await poster.find(GENERAL, key="daily1", since=since)
    assert await poster.find(GENERAL, key="daily3", since=since) is None


async def test_who_comes_later_finds_the_post_as_it_is_by_then(poster: Poster, alice: Visitor) -> None:
    sent = await poster.post(GENERAL, says("question"), key="quiz1")
    await poster.edit(GENERAL, sent, says("closed"))
    _, welcome = await alice.enters()
    (message,) = welcome["messages"]
    assert words(message) == "closed"
    assert welcome["channels"] == ["general"]


async def test_an_edit_arrives_under_the_posts_own_name_with_a_greater_change(poster: Poster, alice: Visitor) -> None:
    talk, _ = await alice.enters()
    sent = await poster.post(GENERAL, says("question"), key="quiz1")
    before = await hears(talk)
    await poster.edit(GENERAL, sent, says("closed"))
    after = await hears(talk)
    assert (before["key"], words(after)) == (after["key"], "closed")
    assert before["change"] < after["change"]


async def test_what_another_bot_posts_is_seen_within_moments(tmp_path: Path) -> None:
    async with served(tmp_path) as page, page.visitor() as alice, another_bot(tmp_path) as other:
        talk, _ = await alice.enters()
        await other.post(GENERAL, says("from afar"), key="daily1")
        assert words(await hears(talk)) == "from afar"


async def test_bots_that_post_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as page, page.visitor() as alice, another_bot(tmp_path) as other:
        talk, _ = await alice.enters()
        posters = (page.core.posters[PLATFORM], other, other)
        posting = (each.post(GENERAL, says(f"{n}"), key=f"k{n}") for n in range(10) for each in posters)
        await asyncio.gather(*posting)
        heard = [await hears(talk) for _ in range(10)]
        assert sorted(map(words, heard)) == [f"{n}" for n in range(10)]
        _, welcome = await alice.enters()
        assert {message["key"] for message in welcome["messages"]} == {message["key"] for message in heard}


async def test_a_post_to_one_person_is_shown_on_their_pages_alone_wherever_they_are(
    poster: Poster, alice: Visitor, bob: Visitor
) -> None:
    (talk, me), (aside, _), (other, _) = await alice.enters(), await alice.enters("aside"), await bob.enters()
    await poster.post(GENERAL, says("your cards are due"), key="remind1", person=f"web:{me['you']['id']}")
    await poster.post(GENERAL, says("for all"), key="daily1")
    for page in (talk, aside):
        message = await hears(page)
        assert (words(message), message["private"]) == ("your cards are due", True)
    assert words(await hears(other)) == "for all"
    _, later = await bob.enters()
    assert [words(message) for message in later["messages"]] == ["for all"]


async def test_buttons_of_a_post_work_for_everybody_and_after_a_restart(tmp_path: Path) -> None:
    async with served(tmp_path) as page:
        await page.core.posters[PLATFORM].post(GENERAL, CARD, key="daily1")
    async with served(tmp_path) as again, again.visitor() as alice, again.visitor() as bob:
        for someone in (alice, bob):
            talk, welcome = await someone.enters()
            button = welcome["messages"][0]["parts"][1]["buttons"][0]
            await talk.sends(type="act", action=button["action"], values={})
            assert words((await talk.hears("message"))["message"]) == "More about a."


async def test_a_picture_in_a_post_is_fetched_by_whom_it_is_for_and_has_a_new_address_when_it_changes(
    poster: Poster, alice: Visitor, bob: Visitor
) -> None:
    talk, me = await alice.enters()
    await bob.enters()
    sent = await poster.post(
        GENERAL, Reply(parts=(Picture(data=PNG, alt="A dot"),)), key="mine1", person=f"web:{me['you']['id']}"
    )
    address = (await hears(talk))["parts"][0]["address"]
    async with alice.session.get(f"{alice.url}{address}") as answer:
        assert await answer.read() == PNG
    async with bob.session.get(f"{bob.url}{address}") as answer:
        assert answer.status == 404
    await poster.edit(GENERAL, sent, Reply(parts=(Picture(data=PNG + b"more", alt="A dot"),)))
    assert (await hears(talk))["parts"][0]["address"] != address


@pytest.mark.parametrize("address", ["post-", "post-x", "post-1", "post--1", "post-" + "9" * 16])
async def test_an_address_of_no_post_is_answered_so(page: Served, alice: Visitor, address: str) -> None:
    await alice.enters()
    async with alice.session.get(f"{page.url}/media/general/{address}/0") as answer:
        assert answer.status == 404


async def test_what_the_page_does_not_have_is_refused(poster: Poster) -> None:
    elsewhere = Place(platform="web", community="another", channel="general")
    with pytest.raises(PostRefused):
        await poster.post(elsewhere, CARD, key="daily1")
    with pytest.raises(PostRefused):
        await poster.post(GENERAL, CARD, key="daily1", person="discord:1")
    with pytest.raises(PostRefused):
        await poster.edit(GENERAL, MessageRef(channel="general", message="7"), CARD)


async def test_a_page_that_goes_down_takes_its_poster_with_it(tmp_path: Path) -> None:
    async with served(tmp_path) as page:
        core = page.core
        assert PLATFORM in core.posters
    assert PLATFORM not in core.posters
