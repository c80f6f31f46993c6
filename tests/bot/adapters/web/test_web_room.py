"""People talking on the page, over real sockets."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, WSMsgType
from aiohttp.test_utils import make_mocked_request

from bot.adapters.web.hub import Listener
from bot.adapters.web.limits import MAX_FRAME, MAX_RUNNING_A_PERSON, MAX_SOCKETS_A_PERSON, MESSAGES, PAGE
from bot.adapters.web.line import AGAIN, serve
from bot.adapters.web.parse import place
from bot.adapters.web.room import Room
from bot.command import Incoming, User
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.web.served import HANG_S, Served, Visitor, served

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def test_what_one_asks_the_whole_channel_sees(alice: Visitor, bob: Visitor) -> None:
    talk, _ = await alice.enters()
    other, _ = await bob.enters()
    mine = await talk.says("/table")
    theirs = (await other.hears("message"))["message"]
    assert theirs == mine
    assert [part["type"] for part in mine["parts"]] == ["text", "code", "table", "text", "buttons", "select"]
    assert mine["said"] == "/table"


async def test_another_channel_hears_nothing_of_it(alice: Visitor, bob: Visitor) -> None:
    talk, _ = await alice.enters("general")
    other, _ = await bob.enters("week-1")
    await talk.says("/table")
    await other.says("/echo mine")
    assert [frame["type"] for frame in other.kept if frame["type"] == "message"] == []


async def test_history_greets_those_who_come_later(alice: Visitor, bob: Visitor) -> None:
    talk, _ = await alice.enters()
    said = await talk.says("/echo hello")
    _, welcome = await bob.enters()
    (old,) = welcome["messages"]
    assert old["key"] == said["key"]
    assert old["parts"] == said["parts"]
    assert old["said"] == "/echo hello"
    assert not welcome["earlier"]


async def test_older_messages_come_page_by_page(page: Served, alice: Visitor) -> None:
    zoe = User(id="web:zoe", name="Zoe")
    for number in range(PAGE + 3):  # straight to the core, which has no limits for people
        at = page.core.clock.now()
        await page.core.handle(
            Incoming(id=str(number), user=zoe, place=place("general"), at=at, text=f"/echo {number}")
        )
    talk, welcome = await alice.enters()
    assert welcome["earlier"]
    assert len(welcome["messages"]) == PAGE
    assert welcome["messages"][-1]["said"] == f"/echo {PAGE + 2}"
    await talk.sends(type="earlier", before=welcome["messages"][0]["number"])
    older = await talk.hears("earlier")
    assert older["before"] == welcome["messages"][0]["number"]
    assert [message["said"] for message in older["messages"]] == ["/echo 0", "/echo 1", "/echo 2"]
    assert not older["earlier"]


async def test_a_page_learns_which_version_of_it_is_served(alice: Visitor) -> None:
    """The page itself says the same, until another version is served than the one that is open."""
    _, welcome = await alice.enters()
    async with alice.session.get(f"{alice.url}/c/general") as answer:
        assert f'data-client="{welcome["client"]}"' in await answer.text()


async def test_a_page_that_is_left_before_its_line_is_there_is_no_error(page: Served) -> None:
    """Nobody is in the channel then, and nothing is logged."""
    room = Room(page.core, time.monotonic)
    alice = Listener(User(id="web:alice", name="Alice"), "general")
    left = make_mocked_request("GET", "/ws", headers=UPGRADE)
    left.protocol.transport = None  # as the server leaves it when a connection is lost
    await serve(left, room, alice)
    assert room.hub.channels() == []


async def test_a_press_answers_with_its_action(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    shown = await talk.says("/table")
    button = shown["parts"][4]["buttons"][0]
    await talk.sends(type="act", action=button["action"], values={})
    message = (await talk.hears("message"))["message"]
    assert message["parts"][0]["text"] == "More about formula."
    assert message["action"] == button["action"]
    assert message["said"] == ""


async def test_a_choice_and_a_form_bring_their_values(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    await talk.sends(type="act", action="1:lab-pick", values={"choice": "bn"})
    assert (await talk.hears("message"))["message"]["parts"][0]["text"] == "You picked bn."
    await talk.sends(type="act", action="1:lab-form:7", values={"layer": "lstm", "words": "wrong"})
    assert (await talk.hears("message"))["message"]["parts"][0]["text"] == "lstm: wrong"


async def test_a_private_answer_is_for_the_asker_alone_now_and_later(
    page: Served, alice: Visitor, bob: Visitor
) -> None:
    page.lab.gate.set()
    talk, _ = await alice.enters()
    other, _ = await bob.enters()
    secret = await talk.says("/secret")
    assert secret["private"]
    await other.says("/echo after")
    assert "Only for you." not in str(other.kept)
    _, late = await bob.enters()
    assert "Only for you." not in str(late)
    _, mine = await alice.enters()
    assert "Only for you." in str(mine)


async def test_a_message_sent_twice_is_answered_once(page: Served, alice: Visitor) -> None:
    talk, _ = await alice.enters()
    event = await talk.sends(type="say", text="/table")
    await talk.hears("taken")
    await talk.sends(type="say", text="/table", id=event)
    again = await talk.hears("taken")
    assert again["id"] == event
    assert again["before"]
    assert page.lab.answered == 1


async def test_a_message_sent_again_while_its_answer_is_on_the_way_is_answered_once(
    page: Served, alice: Visitor
) -> None:
    """The line broke in the middle: the answer finds its way to the new one."""
    talk, _ = await alice.enters()
    event = await talk.sends(type="say", text="/wait")
    await talk.sends(type="complete", number=1, text="/")
    await talk.hears("completions")
    await talk.socket.close()
    again, _ = await alice.enters()
    await again.sends(type="say", text="/wait", id=event)
    page.lab.gate.set()
    assert (await again.hears("message"))["message"]["of"] == event
    assert (await again.hears("taken"))["id"] == event
    await again.says("/echo next")
    assert [frame for frame in again.kept if frame["type"] in {"message", "refused"}] == []


async def test_one_persons_ids_do_not_use_up_anothers(alice: Visitor, bob: Visitor) -> None:
    talk, _ = await alice.enters()
    event = await talk.sends(type="say", text="/echo mine")
    await talk.hears("taken")
    other, _ = await bob.enters()
    await other.sends(type="say", text="/echo theirs", id=event)
    assert "before" not in await other.hears("taken")


async def test_history_and_names_survive_a_restart(tmp_path: Path) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        async with served(tmp_path) as page:
            talk, before = await Visitor(session, page.url).enters()
            await talk.sends(type="name", name="Alice")
            await talk.hears("you")
            said = await talk.says("/table")
        async with served(tmp_path) as again:
            _, welcome = await Visitor(session, again.url).enters()
    assert welcome["you"] == before["you"] | {"name": "Alice", "named": True}
    assert [message["key"] for message in welcome["messages"]] == [said["key"]]


async def test_an_answer_that_is_being_made_is_kept_when_the_page_goes_down(tmp_path: Path) -> None:
    lab = Lab()
    async with served(tmp_path, lab) as page, page.visitor() as alice:
        talk, _ = await alice.enters()
        await talk.sends(type="say", text="/wait")
        await talk.sends(type="complete", number=1, text="/")
        await talk.hears("completions")
        asyncio.get_running_loop().call_later(0.2, lab.gate.set)
    async with served(tmp_path) as again:
        (kept,) = await again.core.history(place("general"))
        assert kept.said == "/wait"


async def test_completions_go_on_from_what_is_typed(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    await talk.sends(type="complete", number=7, text="/layer conv")
    frame = await talk.hears("completions")
    assert frame["number"] == 7
    assert [item["text"] for item in frame["items"]] == ["/layer conv1d", "/layer conv2d"]
    assert frame["items"][0]["says"] == "the layer conv1d"


async def test_people_see_who_is_here(alice: Visitor, bob: Visitor) -> None:
    talk, _ = await alice.enters()
    await talk.sends(type="name", name="Alice")
    await talk.hears("you")
    other, _ = await bob.enters()
    await other.sends(type="name", name="Bob")
    names: set[str] = set()
    while names != {"Alice", "Bob"}:
        names = {person["name"] for person in (await talk.hears("people"))["people"]}
    await other.socket.close()
    while names != {"Alice"}:
        names = {person["name"] for person in (await talk.hears("people"))["people"]}


@pytest.mark.parametrize(
    "name", ["Alice", "ALICE", "al\u200bice", "Ａｌｉｃｅ", "Stride", "s-t-r-i-d-e", "...", "\u202e"]
)
async def test_nobody_takes_a_name_that_is_somebody_elses_or_nothing(alice: Visitor, bob: Visitor, name: str) -> None:
    talk, _ = await alice.enters()
    await talk.sends(type="name", name="Alice")
    await talk.hears("you")
    other, _ = await bob.enters()
    await other.sends(type="name", name=name)
    refusal = await other.hears("trouble")
    assert refusal["about"] == "name"
    assert refusal["words"]


async def test_someone_may_spell_their_own_name_anew(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    for name in ("Alice", "ALICE"):
        await talk.sends(type="name", name=name)
        assert (await talk.hears("you"))["you"]["name"] == name


async def test_channels_in_which_something_was_said_are_listed(alice: Visitor) -> None:
    talk, _ = await alice.enters("week-3")
    await talk.says("/echo here")
    _, welcome = await alice.enters("aside")
    assert welcome["channels"] == ["general", "aside", "week-3"]


async def test_haste_is_refused_with_the_seconds_to_wait(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    for number in range(MESSAGES.burst):
        await talk.says(f"/echo {number}")
    event = await talk.sends(type="say", text="/echo too much")
    refusal = await talk.hears("refused")
    assert refusal["id"] == event
    assert "Try again in" in refusal["words"]


async def test_only_so_many_messages_of_one_person_are_answered_at_once(
    page: Served, alice: Visitor, bob: Visitor
) -> None:
    talk, _ = await alice.enters()
    for _ in range(MAX_RUNNING_A_PERSON + 1):
        await talk.sends(type="say", text="/wait")
    assert "still being answered" in (await talk.hears("refused"))["words"]
    other, _ = await bob.enters()
    assert (await other.says("/echo quick"))["parts"][0]["text"] == "quick"
    page.lab.gate.set()


async def test_a_person_opens_only_so_many_pages(alice: Visitor) -> None:
    pages = [await alice.enters() for _ in range(MAX_SOCKETS_A_PERSON)]
    one_more = await alice.connects()
    closed = await one_more.socket.receive(timeout=HANG_S)
    assert all(not talk.socket.closed for talk, _ in pages)
    assert closed.data == AGAIN
    assert "too many places" in str(closed.extra)


async def test_a_frame_too_large_ends_the_line_and_nothing_else(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    await talk.socket.send_str("x" * (MAX_FRAME + 1))
    while (message := await talk.socket.receive(timeout=HANG_S)).type is WSMsgType.TEXT:
        pass
    assert message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED}
    again, _ = await alice.enters()
    assert await again.says("/echo still here")


async def test_nonsense_is_answered_in_words_and_the_line_stays(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    await talk.socket.send_str("not json")
    assert (await talk.hears("trouble"))["words"]
    assert await talk.says("/echo fine")


async def test_a_long_message_is_refused_in_words(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    event = await talk.sends(type="say", text="x" * 40_000)
    refusal = await talk.hears("refused")
    assert refusal["id"] == event
    assert "40,000 characters" in refusal["words"]


async def test_an_answer_that_cannot_be_made_gives_the_words_back(
    page: Served, alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the core's own error boundary held."""

    async def broken(_event: Incoming) -> None:
        raise RuntimeError("the store is gone")

    monkeypatch.setattr(page.core, "handle", broken)
    talk, _ = await alice.enters()
    event = await talk.sends(type="say", text="/table")
    refusal = await talk.hears("refused")
    assert refusal["id"] == event
    assert "store" not in refusal["words"]


async def test_a_user_error_and_a_bug_are_answers_too(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    wrong = await talk.says("/wrong")
    assert wrong["fault"]
    bug = await talk.says("/bug")
    assert "the secret" not in str(bug["parts"])
