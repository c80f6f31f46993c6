"""Posts on a simulated Discord: each comes once, whatever happens on its way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.actions import Action
from bot.adapters.discord.client import StrideBot
from bot.adapters.discord.mark import LEAST, mark_in, mark_of_key, marked
from bot.adapters.discord.poster import MOST, REMEMBERED_S, _keep
from bot.adapters.discord.render import one_message
from bot.app import Core
from bot.command import Place
from bot.errors import PostFailed, PostRefused, PostUnsure
from bot.posting import Poster
from bot.reply import Button, Buttons, MessageRef, Picture, Reply, Text
from tests.bot.adapters.discord.nonces import Nonces, nonces
from tests.bot.adapters.discord.openapi import check_sizes
from tests.bot.adapters.discord.test_discord_conversations import parts
from tests.bot.adapters.discord.test_discord_conversations import shown as words_of
from tests.bot.adapters.lab import PNG

KEY = "k3yofonepost"
WHY = Buttons(buttons=(Button(label="Why?", action=Action("lab-more", ("the card",))),))
CARD = Reply(parts=(Text(text="What is the length?"), Picture(data=PNG, alt="One blue dot"), WHY))
WORDS = Reply(parts=(Text(text="Only words, @everyone."),))


@pytest.fixture
def kept(discord_env: Any) -> Iterator[Nonces]:
    with nonces(discord_env) as found:
        yield found


@pytest.fixture
def poster(core: Core, discord_env: Any, kept: Nonces) -> Poster:
    assert discord_env
    assert kept
    return core.posters["discord"]


@pytest.fixture
def place(channel: Any) -> Place:
    return Place(platform="discord", community=str(channel.guild.id), channel=str(channel.id))


@pytest.fixture
def bob(discord_env: Any) -> Any:
    return discord_env.create_user("bob")


def messages(channel: Any) -> list[Any]:
    return list(channel.history())


def components(message: Any) -> list[dict[str, Any]]:
    return [each.to_dict() for each in message.components]


def shown(message: Any) -> str:
    return "\n".join(each["content"] for each in parts(components(message)) if "content" in each)


async def test_a_post_is_one_message_with_its_picture_and_pings_nobody(
    poster: Poster, place: Place, channel: Any, discord_env: Any
) -> None:
    ref = await poster.post(place, CARD, key=KEY)
    (message,) = messages(channel)
    assert ref == MessageRef(channel=str(channel.id), message=str(message.id))
    sent = discord_env.http_requests[-1].json
    assert (sent["nonce"], sent["enforce_nonce"], sent["allowed_mentions"]) == (KEY, True, {"parse": []})
    assert [each.filename for each in message.attachments] == ["picture-2.png"]


async def test_sent_again_while_the_nonce_is_known_it_is_still_one_message(
    poster: Poster, place: Place, channel: Any, kept: Nonces
) -> None:
    kept.lose.append(("POST", "/channels/*/messages"))
    with pytest.raises(PostUnsure):
        await poster.post(place, CARD, key=KEY)
    again = await poster.post(place, CARD, key=KEY)
    (message,) = messages(channel)
    assert again.message == str(message.id)
    assert kept.dropped == 1


@pytest.mark.parametrize("reply", [CARD, WORDS], ids=["with buttons", "without buttons"])
async def test_an_hour_later_the_history_has_it(
    poster: Poster, place: Place, channel: Any, discord_env: Any, kept: Nonces, reply: Reply
) -> None:
    sent_at = discord_env.now()
    kept.lose.append(("POST", "/channels/*/messages"))
    with pytest.raises(PostUnsure):
        await poster.post(place, reply, key=KEY)
    await poster.post(place, reply, key="another")
    await discord_env.advance_time(3_600)
    found = await poster.find(place, key=KEY, since=sent_at)
    assert found is not None
    assert found.message == str(messages(channel)[0].id)
    assert await poster.find(place, key="neversent", since=sent_at) is None


async def test_the_history_is_read_back_to_the_moment_and_no_further(
    poster: Poster, place: Place, alice: Any, channel: Any, discord_env: Any
) -> None:
    began = discord_env.now()
    first = await poster.post(place, WORDS, key=KEY)
    for number in range(150):
        discord_env.backend.create_message(channel.id, alice.id, f"message {number}")
    await discord_env.advance_time(3_600)
    sent_at = discord_env.now()
    second = await poster.post(place, WORDS, key="second")
    assert await poster.find(place, key="second", since=sent_at) == second
    reads = len(discord_env.http_requests)
    assert await poster.find(place, key=KEY, since=sent_at) is None
    assert len(discord_env.http_requests) - reads == 1
    assert await poster.find(place, key=KEY, since=began) == first


async def test_a_message_of_somebody_else_is_never_taken_for_a_post(
    poster: Poster, place: Place, channel: Any, discord_env: Any
) -> None:
    await poster.post(place, WORDS, key=KEY)
    (message,) = discord_env.backend.messages[channel.id].values()
    message.author_id = discord_env.create_user("mallory").id
    assert await poster.find(place, key=KEY, since=discord_env.now()) is None


async def test_an_edited_post_is_still_found_also_by_a_bot_that_did_not_post_it(
    poster: Poster, place: Place, channel: Any, discord_env: Any, core: Core, new_bot: Callable[[], StrideBot]
) -> None:
    ref = await poster.post(place, CARD, key=KEY)
    await discord_env.restart_bot(new_bot())
    later = core.posters["discord"]
    assert later is not poster
    await later.edit(place, ref, WORDS)
    assert shown(messages(channel)[0]) == "Only words, \\@everyone."
    assert not messages(channel)[0].attachments
    assert await later.find(place, key=KEY, since=discord_env.now()) == ref


async def test_a_post_that_a_press_has_changed_is_still_found(
    poster: Poster, place: Place, alice: Any, channel: Any, discord_env: Any, core: Core
) -> None:
    ref = await poster.post(place, CARD, key=KEY)
    core.dispatcher._presses["lab-more"] = (core.commands[0], _changes(ref))
    await alice.click(messages(channel)[0], label="Why?")
    assert shown(messages(channel)[0]) == "Changed."
    assert await poster.find(place, key=KEY, since=discord_env.now()) == ref


def _changes(ref: MessageRef) -> Any:
    async def press(_core: Core, _incoming: Any, _action: Action) -> Reply:
        return Reply(parts=(Text(text="Changed."),), replaces=ref)

    return press


async def test_a_press_on_a_post_comes_back_from_the_place_it_was_posted_to_also_after_a_restart(
    poster: Poster, place: Place, alice: Any, channel: Any, discord_env: Any, core: Core, new_bot: Any, monkeypatch: Any
) -> None:
    await poster.post(place, CARD, key=KEY)
    heard = _overhear(core, monkeypatch)
    await discord_env.restart_bot(new_bot())
    answer = await alice.click(messages(channel)[0], label="Why?")
    assert words_of(answer.response) == "More about the card."
    assert heard[0].place == place
    assert heard[0].action == Action("lab-more", ("the card",))


def _overhear(core: Core, monkeypatch: Any) -> list[Any]:
    heard: list[Any] = []
    answer = core.handle

    async def handle(incoming: Any) -> Any:
        heard.append(incoming)
        return await answer(incoming)

    monkeypatch.setattr(core, "handle", handle)
    return heard


async def test_a_reminder_goes_to_one_person_alone_and_is_found_there(
    poster: Poster, place: Place, channel: Any, bob: Any, discord_env: Any
) -> None:
    ref = await poster.post(place, CARD, key=KEY, person=f"discord:{bob.id}")
    assert not messages(channel)
    (message,) = messages(bob.dm_channel)
    assert ref == MessageRef(channel=str(bob.dm_channel.id), message=str(message.id))
    assert await poster.find(place, key=KEY, since=discord_env.now(), person=f"discord:{bob.id}") == ref
    answer = await bob.click(message, label="Why?")
    assert words_of(answer.response) == "More about the card."


async def test_who_takes_no_messages_from_strangers_gets_none_and_is_not_tried_again(
    poster: Poster, place: Place, bob: Any, discord_env: Any
) -> None:
    discord_env.inject_error("POST", "/channels/*/messages", status=403, code=50007, message="Cannot send")
    with pytest.raises(PostRefused, match="50007"):
        await poster.post(place, CARD, key=KEY, person=f"discord:{bob.id}")
    with pytest.raises(PostRefused, match="account"):
        await poster.post(place, CARD, key=KEY, person="slack:T0.U0")


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003), (400, 50035)])
async def test_where_nobody_may_write_a_post_is_refused_for_good(
    poster: Poster, place: Place, discord_env: Any, status: int, code: int
) -> None:
    discord_env.inject_error("POST", "/channels/*/messages", status=status, code=code)
    with pytest.raises(PostRefused, match=str(code)):
        await poster.post(place, WORDS, key=KEY)


@pytest.mark.parametrize(("status", "error"), [(500, PostUnsure), (503, PostUnsure), (429, PostFailed)])
async def test_a_server_that_fails_may_have_sent_it_and_one_that_asks_to_wait_has_not(
    poster: Poster, place: Place, discord_env: Any, status: int, error: type[Exception]
) -> None:
    discord_env.inject_error("POST", "/channels/*/messages", status=status)
    with pytest.raises(error):
        await poster.post(place, CARD, key=KEY)


async def test_a_chat_that_could_not_be_opened_was_surely_not_written_to(
    poster: Poster, place: Place, bob: Any, discord_env: Any
) -> None:
    discord_env.inject_error("POST", "/users/@me/channels", status=500)
    with pytest.raises(PostFailed):
        await poster.post(place, CARD, key=KEY, person=f"discord:{bob.id}")


async def test_without_the_history_it_cannot_be_known_but_for_the_first_minute(
    poster: Poster, place: Place, discord_env: Any, kept: Nonces
) -> None:
    blind = discord.PermissionOverwrite(read_message_history=False)
    closed = discord_env.guild.create_text_channel("closed", overwrites={discord_env.bot.user: blind})
    there = replace(place, channel=str(closed.id))
    with pytest.raises(PostUnsure, match="history"):
        await poster.find(there, key=KEY, since=discord_env.now())
    kept.lose.append(("POST", "/channels/*/messages"))
    with pytest.raises(PostUnsure):
        await poster.post(there, CARD, key=KEY)
    assert await poster.find(there, key=KEY, since=discord_env.now()) is None
    await poster.post(there, CARD, key=KEY)
    assert len(messages(closed)) == 1
    poster._tried[KEY] -= REMEMBERED_S  # type: ignore[attr-defined]  # a minute later
    with pytest.raises(PostUnsure, match="history"):
        await poster.find(there, key=KEY, since=discord_env.now())


async def test_a_history_that_fails_is_asked_again_and_a_channel_that_is_gone_is_not(
    poster: Poster, place: Place, discord_env: Any
) -> None:
    discord_env.inject_error("GET", "/channels/*/messages", status=502)
    with pytest.raises(PostFailed):
        await poster.find(place, key=KEY, since=discord_env.now())
    with pytest.raises(PostUnsure):
        await poster.find(replace(place, channel="1"), key=KEY, since=discord_env.now())


async def test_a_bot_that_has_left_posts_nothing(poster: Poster, place: Place, core: Core, discord_env: Any) -> None:
    await discord_env.bot.close()
    assert "discord" not in core.posters
    with pytest.raises(PostFailed):
        await poster.post(place, CARD, key=KEY)


async def test_a_lost_connection_is_no_place_to_post_until_it_is_there_again(core: Core, discord_env: Any) -> None:
    await discord_env.bot.on_disconnect()
    assert "discord" not in core.posters
    await discord_env.bot.on_resumed()
    assert "discord" in core.posters


async def test_a_post_too_long_for_one_message_comes_with_a_file_and_keeps_its_buttons(
    poster: Poster, place: Place, channel: Any
) -> None:
    words = tuple(Text(text=f"Line {number}. " + "word " * 60) for number in range(100))
    await poster.post(place, Reply(parts=(*words, WHY)), key=KEY)
    (message,) = messages(channel)
    (file,) = message.attachments
    assert b"Line 99." in await file.read()
    assert [each["label"] for each in parts(components(message)) if each["type"] == 2] == ["Why?"]
    assert "Line 0." in shown(message)


def test_a_mark_is_found_where_it_was_put_and_other_messages_have_none() -> None:
    message = one_message(CARD)
    assert mark_in(message.components) is None
    mark = mark_of_key(KEY)
    assert min(mark) >= LEAST
    assert max(mark) < 1 << 31
    assert mark_in(marked(message, mark).components) == mark
    assert mark_in(()) is None
    check_sizes({"components": marked(message, mark).components})


def test_what_is_remembered_of_posts_has_a_bound() -> None:
    remembered: OrderedDict[int, int] = OrderedDict()
    for number in range(MOST + 10):
        _keep(remembered, number, number)
    assert list(remembered) == list(range(10, MOST + 10))
