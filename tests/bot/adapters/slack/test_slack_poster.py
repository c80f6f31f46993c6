"""Posts in a Slack that checks them: each comes once, whatever happens on its way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actions import Action
from bot.adapters.slack.client import StrideApp
from bot.adapters.slack.poster import EVENT, SlackPoster
from bot.adapters.slack.render import one_message
from bot.app import Core
from bot.command import Place
from bot.errors import PostFailed, PostRefused, PostUnsure
from bot.posting import Poster
from bot.reply import Button, Buttons, File, MessageRef, Picture, Reply, Text
from tests.bot.adapters.lab import PNG
from tests.bot.adapters.slack.blocks import check_message, walk, words
from tests.bot.adapters.slack.fake_people import CHANNEL, OWN_CHAT, TEAM
from tests.bot.adapters.slack.fake_slack import FakeSlack
from tests.bot.adapters.slack.test_slack_conversations import element

KEY = "k3yofonepost"
PLACE = Place(platform="slack", community=TEAM, channel=CHANNEL)
ALICE_HERSELF = f"slack:{TEAM}.U0ALICE"
WHY = Buttons(buttons=(Button(label="Why?", action=Action("lab-more", ("the card",))),))
CARD = Reply(parts=(Text(text="What is the length?"), Picture(data=PNG, alt="One blue dot"), WHY))
WORDS = Reply(parts=(Text(text="Only words, <!channel>."),))


@pytest.fixture
def poster(app: StrideApp) -> Poster:
    return SlackPoster(app.client, pauses_s=(0, 0))


def now(slack: FakeSlack) -> datetime:
    return datetime.fromtimestamp(slack.now, UTC)


async def test_a_post_is_one_message_with_its_picture_in_it(poster: Poster, slack: FakeSlack) -> None:
    ref = await poster.post(PLACE, CARD, key=KEY)
    (said,) = slack.said
    assert ref == MessageRef(channel=CHANNEL, message=said.ts)
    assert said.metadata == {"event_type": EVENT, "event_payload": {"key": KEY}}
    assert slack.files == [(CHANNEL, "picture-2.png", PNG)]
    assert slack.alts == ["One blue dot"]


async def test_a_picture_that_is_not_ready_is_waited_for(poster: Poster, slack: FakeSlack) -> None:
    slack.slow_pictures = 1
    await poster.post(PLACE, CARD, key=KEY)
    assert len(slack.said) == len(slack.files) == 1


async def test_a_picture_that_never_gets_ready_comes_in_the_thread_and_its_words_stand_for_it(
    poster: Poster, slack: FakeSlack
) -> None:
    slack.slow_pictures = 2
    await poster.post(PLACE, CARD, key=KEY)
    assert "One blue dot" in words(slack.said[0].blocks)
    assert slack.files == [(CHANNEL, "picture-2.png", PNG)]


async def test_a_picture_that_slack_does_not_take_costs_no_post(poster: Poster, slack: FakeSlack) -> None:
    slack.fail["files.getUploadURLExternal"] = ["missing_scope", "missing_scope"]
    await poster.post(PLACE, CARD, key=KEY)
    assert "One blue dot" in words(slack.said[0].blocks)
    assert not slack.files


async def test_files_come_in_the_thread_of_a_post(poster: Poster, slack: FakeSlack) -> None:
    await poster.post(PLACE, Reply(parts=(Text(text="The week."), File(name="week.csv", data=b"a,b"))), key=KEY)
    assert len(slack.said) == 1
    assert slack.files == [(CHANNEL, "week.csv", b"a,b")]


@pytest.mark.parametrize("reply", [CARD, WORDS], ids=["with buttons", "without buttons"])
async def test_where_the_answer_is_lost_nothing_is_sent_again_and_the_history_has_it(
    poster: Poster, slack: FakeSlack, reply: Reply
) -> None:
    sent_at = now(slack)
    slack.lose.append("chat.postMessage")
    with pytest.raises(PostUnsure):
        await poster.post(PLACE, reply, key=KEY)
    assert slack.calls["chat.postMessage"] == 1
    (said,) = slack.said
    slack.now += 3_600
    assert await poster.find(PLACE, key=KEY, since=sent_at) == MessageRef(channel=CHANNEL, message=said.ts)
    assert await poster.find(PLACE, key="neversent", since=sent_at) is None


async def test_the_history_is_read_page_by_page_back_to_the_moment(poster: Poster, slack: FakeSlack) -> None:
    began = now(slack)
    first = await poster.post(PLACE, WORDS, key=KEY)
    slack.now += 3_600
    for number in range(40):
        await poster.post(PLACE, WORDS, key=f"later{number}")
    read = slack.calls["conversations.history"]
    assert await poster.find(PLACE, key=KEY, since=began) == first
    assert slack.calls["conversations.history"] - read == 3
    assert await poster.find(PLACE, key=KEY, since=began + timedelta(minutes=30)) is None


async def test_slack_is_waited_for_where_it_asks_for_it(poster: Poster, slack: FakeSlack) -> None:
    slack.patient = False
    for number in range(3):
        await poster.post(PLACE, WORDS, key=f"post{number}")
    assert len(slack.said) == 3
    slack.fail["chat.postMessage"] = ["429 3600"]  # so long nobody waits here: it is tried again later
    with pytest.raises(PostFailed):
        await poster.post(PLACE, WORDS, key=KEY)
    slack.fail["chat.postMessage"] = ["ratelimited"]
    with pytest.raises(PostFailed):
        await poster.post(PLACE, WORDS, key=KEY)


REFUSALS = [
    ("not_in_channel", PostRefused),
    ("channel_not_found", PostRefused),
    ("is_archived", PostRefused),
    ("invalid_auth", PostFailed),
    ("internal_error", PostUnsure),
    ("fatal_error", PostUnsure),
    ("503", PostUnsure),
]


@pytest.mark.parametrize(("why", "error"), REFUSALS)
async def test_what_slack_refuses_is_told_apart_from_what_it_may_have_done(
    poster: Poster, slack: FakeSlack, why: str, error: type[Exception]
) -> None:
    slack.fail["chat.postMessage"] = [why]
    with pytest.raises(error, match=why):
        await poster.post(PLACE, WORDS, key=KEY)


async def test_organisers_are_told_where_posts_would_not_come(poster: Poster, slack: FakeSlack) -> None:
    assert await poster.obstacle(PLACE) == ""
    assert "/invite" in await poster.obstacle(replace(PLACE, channel="C0OTHER"))
    slack.fail["conversations.history"] = ["500"]
    assert await poster.obstacle(PLACE) == ""
    assert poster.named(PLACE) == ""


async def test_where_slack_cannot_be_reached_nothing_was_sent(app: StrideApp) -> None:
    app.client.base_url = "http://127.0.0.1:9/api/"
    with pytest.raises(PostFailed):
        await SlackPoster(app.client).post(PLACE, WORDS, key=KEY)


async def test_a_history_that_may_not_be_read_leaves_it_unknown_and_one_that_fails_is_asked_again(
    poster: Poster, slack: FakeSlack
) -> None:
    with pytest.raises(PostUnsure):
        await poster.find(replace(PLACE, channel="C0OTHER"), key=KEY, since=now(slack))
    slack.fail["conversations.history"] = ["500"]
    with pytest.raises(PostFailed):
        await poster.find(PLACE, key=KEY, since=now(slack))
    slack.reads_history = False
    with pytest.raises(PostFailed, match="missing_scope"):
        await poster.find(PLACE, key=KEY, since=now(slack))


async def test_a_reminder_goes_to_one_person_alone_and_is_found_there(poster: Poster, slack: FakeSlack) -> None:
    ref = await poster.post(PLACE, CARD, key=KEY, person=ALICE_HERSELF)
    assert ref.channel == OWN_CHAT
    assert await poster.find(PLACE, key=KEY, since=now(slack), person=ALICE_HERSELF) == ref


async def test_who_cannot_be_written_to_is_not_tried_again_but_where_slack_fails_they_are(
    poster: Poster, slack: FakeSlack
) -> None:
    slack.fail["conversations.open"] = ["user_disabled", "500"]
    with pytest.raises(PostRefused, match="user_disabled"):
        await poster.post(PLACE, WORDS, key=KEY, person=ALICE_HERSELF)
    with pytest.raises(PostFailed):
        await poster.post(PLACE, WORDS, key=KEY, person=ALICE_HERSELF)
    with pytest.raises(PostRefused, match="account"):
        await poster.post(PLACE, WORDS, key=KEY, person="discord:1")


async def test_an_edited_post_keeps_its_key(poster: Poster, slack: FakeSlack) -> None:
    ref = await poster.post(PLACE, WORDS, key=KEY)
    await poster.edit(PLACE, ref, CARD)
    assert "What is the length?" in words(slack.said[0].blocks)
    assert slack.files[-1][2] == PNG
    assert await poster.find(PLACE, key=KEY, since=now(slack)) == ref
    slack.said.clear()
    with pytest.raises(PostRefused, match="message_not_found"):
        await poster.edit(PLACE, ref, WORDS)


async def test_of_many_edits_at_once_those_between_are_left_out_and_the_last_one_stands(
    poster: Poster, slack: FakeSlack
) -> None:
    ref = await poster.post(PLACE, WORDS, key=KEY)
    countdown = [Reply(parts=(Text(text=f"{seconds} seconds left"),)) for seconds in range(20, 0, -1)]
    await asyncio.gather(*(poster.edit(PLACE, ref, each) for each in countdown))
    assert "1 seconds left" in words(slack.said[0].blocks)
    assert slack.calls["chat.update"] <= 2


async def test_a_press_on_a_post_comes_back_from_the_place_it_was_posted_to(
    over_socket: FakeSlack, app: StrideApp, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    answer = core.handle

    async def handle(incoming: Any) -> Any:
        heard.append(incoming)
        return await answer(incoming)

    monkeypatch.setattr(core, "handle", handle)
    await core.posters["slack"].post(PLACE, CARD, key=KEY)
    (said,) = over_socket.said
    await over_socket.by_socket(over_socket.press(said, element(said, "Why?")))
    await app.idle()
    assert heard[0].place == PLACE
    assert "More about the card." in words(over_socket.said[-1].blocks)


async def test_a_post_that_a_press_has_changed_is_still_found(
    over_socket: FakeSlack, app: StrideApp, core: Core
) -> None:
    poster = core.posters["slack"]
    ref = await poster.post(PLACE, CARD, key=KEY)

    async def press(_core: Core, _incoming: Any, _action: Action) -> Reply:
        return Reply(parts=(Text(text="Changed."),), replaces=ref)

    core.dispatcher._presses["lab-more"] = (core.commands[0], press)
    (said,) = over_socket.said
    await over_socket.by_socket(over_socket.press(said, element(said, "Why?")))
    await app.idle()
    assert words(said.blocks) == "Changed."
    assert await poster.find(PLACE, key=KEY, since=now(over_socket)) == ref


async def test_who_is_not_connected_posts_nothing(app: StrideApp, core: Core) -> None:
    assert "slack" not in core.posters
    await app.enters()
    assert "slack" in core.posters
    app.leaves()
    assert "slack" not in core.posters


def test_a_post_too_long_for_one_message_keeps_its_buttons_and_comes_whole_in_a_file() -> None:
    lines = tuple(Text(text=f"Line {number}. " + "word " * 60) for number in range(100))
    rendered = one_message(Reply(parts=(*lines, WHY)))
    (message,) = rendered.messages
    check_message({"blocks": [dict(each) for each in message.blocks], "text": message.text})
    assert "Line 0." in words([dict(each) for each in message.blocks])
    assert [each["text"]["text"] for each in walk(list(message.blocks)) if each.get("type") == "button"] == ["Why?"]
    (whole,) = rendered.uploads
    assert b"Line 99." in whole.data
