"""Stride in Slack, from the command to what people see, through the real slack-bolt and a Slack that checks."""

from __future__ import annotations

from bot.adapters.slack.client import StrideApp
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.slack.blocks import walk, words
from tests.bot.adapters.slack.fake_people import ALICE, CHANNEL, OWN_CHAT, Said
from tests.bot.adapters.slack.fake_slack import FakeSlack


def element(message: Said, label: str) -> str:
    """The id of a button by its label, or of a choice by what stands in it."""
    return next(
        str(each["action_id"])
        for each in walk(message.blocks)
        if "action_id" in each and label in (each.get("text", {}).get("text"), each.get("placeholder", {}).get("text"))
    )


async def asks(slack: FakeSlack, app: StrideApp, text: str) -> list[Said]:
    """What is said after a command."""
    before = len(slack.said)
    await slack.by_socket(slack.slash(text))
    await app.idle()
    return slack.said[before:]


async def test_a_command_is_answered_with_a_table_and_buttons_for_everyone(
    over_socket: FakeSlack, app: StrideApp
) -> None:
    (answer,) = await asks(over_socket, app, "/table")
    assert (answer.channel, answer.seen_by) == (CHANNEL, None)
    assert "axis   in  out\n----  ---  ---\nC       3   16\nL     100  100" in words(answer.blocks)
    assert element(answer, "Why?") != element(answer, "Python")


async def test_every_command_is_reached_by_strides_own(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/stride echo hello there")
    assert words(answer.blocks) == "alice: /echo hello there\nhello there"


async def test_strides_own_command_alone_is_help(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/stride")
    assert "/table" in words(answer.blocks)


async def test_a_press_is_answered(over_socket: FakeSlack, app: StrideApp) -> None:
    (table,) = await asks(over_socket, app, "/table")
    await over_socket.by_socket(over_socket.press(table, element(table, "Why?")))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == "More about formula."


async def test_a_choice_comes_back_with_its_value(over_socket: FakeSlack, app: StrideApp) -> None:
    (table,) = await asks(over_socket, app, "/table")
    await over_socket.by_socket(over_socket.press(table, element(table, "Next layer"), "bn"))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == "You picked bn."


async def test_a_button_of_another_version_says_so_to_its_presser_alone(over_socket: FakeSlack, app: StrideApp) -> None:
    (table,) = await asks(over_socket, app, "/table")
    await over_socket.by_socket(over_socket.press(table, "stride:0:0:gone"))
    await app.idle()
    assert "another version" in words(over_socket.said[-1].blocks)
    assert over_socket.said[-1].seen_by is not None


async def test_a_mistake_is_shown_to_the_one_who_made_it_alone(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/wrong")
    assert answer.seen_by is not None
    assert "There is no layer conv9d." in words(answer.blocks)


async def test_a_bug_shows_a_reference_and_nothing_of_itself(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/bug")
    assert answer.seen_by is not None
    assert "give this number" in words(answer.blocks)
    assert "secret" not in words(answer.blocks)


async def test_nothing_that_a_person_typed_mentions_links_or_formats(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/echo &lt;!channel&gt; &lt;@U1&gt; *bold* &amp; a -&gt; b")
    assert words(answer.blocks).endswith("\n<!channel> <@U1> *bold* & a -> b")
    assert "mrkdwn" not in {each["type"] for each in walk(answer.blocks)}
    assert answer.text.endswith("\n&lt;!channel&gt; &lt;@U1&gt; *bold* &amp; a -&gt; b")


async def test_a_slow_answer_comes_after_its_acknowledgement(over_socket: FakeSlack, app: StrideApp, lab: Lab) -> None:
    await over_socket.by_socket(over_socket.slash("/wait"))
    assert not over_socket.said
    lab.gate.set()
    await app.idle()
    assert words(over_socket.said[0].blocks) == "alice: /wait\nIt took its time."


async def test_an_event_that_comes_twice_is_answered_once(over_socket: FakeSlack, app: StrideApp) -> None:
    mention = over_socket.mention("<@U0STRIDE> echo hello")
    await over_socket.by_socket(mention)
    await over_socket.by_socket(mention, retry=1)
    await app.idle()
    assert [words(each.blocks) for each in over_socket.said] == ["hello"]
    assert over_socket.said[0].thread == mention["event"]["ts"]


async def test_the_bots_own_chat_needs_no_mention(over_socket: FakeSlack, app: StrideApp) -> None:
    await over_socket.by_socket(over_socket.mention("echo hello", kind="message", channel=OWN_CHAT))
    await app.idle()
    assert [(each.channel, each.thread) for each in over_socket.said] == [(OWN_CHAT, None)]


async def test_an_answer_finds_another_way_when_its_url_is_used_up(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    await over_socket.by_socket(over_socket.slash("/wait"))
    over_socket.now += 31 * 60
    lab.gate.set()
    await app.idle()
    assert [each.by for each in over_socket.said] == ["chat.postMessage"]


async def test_a_hurried_post_waits_as_long_as_slack_says(over_socket: FakeSlack, app: StrideApp) -> None:
    over_socket.patient = False
    for text in ("echo one", "echo two"):
        await over_socket.by_socket(over_socket.mention(f"<@U0STRIDE> {text}"))
        await app.idle()
    assert [words(each.blocks) for each in over_socket.said] == ["one", "two"]
    assert over_socket.calls["chat.postMessage"] == 3


async def test_a_long_answer_comes_in_several_messages(over_socket: FakeSlack, app: StrideApp) -> None:
    said = await asks(over_socket, app, "/long 40")
    assert len(said) == 2
    assert "Line 39." in words(said[-1].blocks)


async def test_a_very_long_answer_comes_as_a_file(over_socket: FakeSlack, app: StrideApp) -> None:
    await asks(over_socket, app, "/long 200")
    ((channel, name, data),) = over_socket.files
    assert (channel, name) == (CHANNEL, "answer.txt")
    assert b"Line 199." in data


async def test_pictures_and_files_follow_the_message(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/files")
    assert "One blue dot" in words(answer.blocks)
    assert [name for _, name, _ in over_socket.files] == ["picture-3.png", "a b.py"]


async def test_a_file_that_cannot_be_sent_says_what_to_do(over_socket: FakeSlack, app: StrideApp) -> None:
    over_socket.members_of.clear()
    said = await asks(over_socket, app, "/files")
    assert "not_in_channel" in words(said[-1].blocks)
    assert "/invite" in words(said[-1].blocks)


async def test_a_form_opens_as_a_window_and_comes_back_to_its_channel(over_socket: FakeSlack, app: StrideApp) -> None:
    assert await asks(over_socket, app, "/form") == []
    (view,) = over_socket.views
    said, *inputs = view["blocks"]
    assert words([said]) == "Say what is wrong."
    assert [each["label"]["text"] for each in inputs] == ["Which layer", "What is wrong"]
    await over_socket.by_socket(over_socket.submit(view, {"layer": "linear", "words": "wrong key"}))
    await app.idle()
    assert (over_socket.said[-1].channel, words(over_socket.said[-1].blocks)) == (CHANNEL, "linear: wrong key")


async def test_a_form_is_answered_in_ones_own_chat_where_stride_is_not_in_the_channel(
    over_socket: FakeSlack, app: StrideApp
) -> None:
    over_socket.members_of.remove(CHANNEL)
    await asks(over_socket, app, "/form")
    (view,) = over_socket.views
    await over_socket.by_socket(over_socket.submit(view, {"layer": "linear", "words": "wrong key"}))
    await app.idle()
    assert (over_socket.said[-1].channel, words(over_socket.said[-1].blocks)) == (OWN_CHAT, "linear: wrong key")


async def test_files_for_one_person_come_to_their_own_chat_and_the_answer_says_so(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    lab.alone = True
    (answer,) = await asks(over_socket, app, "/files")
    assert answer.seen_by == ALICE
    assert "in your direct messages with me" in words(answer.blocks)
    assert {channel for channel, _, _ in over_socket.files} == {OWN_CHAT}


async def test_an_answer_comes_where_what_was_shown_before_it_was_taken_away(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    await over_socket.by_socket(over_socket.slash("/queue"))
    await lab.said_twice()
    over_socket.said.clear()
    lab.gate.set()
    await app.idle()
    (answer,) = over_socket.said
    assert "It was your turn." in words(answer.blocks)


async def test_a_press_sent_again_is_answered_once(over_socket: FakeSlack, app: StrideApp, lab: Lab) -> None:
    (offer,) = await asks(over_socket, app, "/table")
    press = over_socket.press(offer, element(offer, "Why?"))
    for retry in (0, 1, 2):
        await over_socket.by_socket(press, retry=retry)
    await app.idle()
    assert lab.answered == 2


async def test_a_form_that_is_ready_too_late_asks_to_be_called_again(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    await over_socket.by_socket(over_socket.slash("/late"))
    over_socket.now += 4
    lab.gate.set()
    await app.idle()
    assert "Ask for it again" in words(over_socket.said[-1].blocks)


async def test_a_signed_request_is_answered(over_http: FakeSlack, app: StrideApp) -> None:
    assert await over_http.by_http(over_http.slash("/table")) == 200
    await app.idle()
    assert "axis" in words(over_http.said[0].blocks)


async def test_a_request_that_slack_did_not_sign_is_refused(over_http: FakeSlack, app: StrideApp) -> None:
    assert await over_http.by_http(over_http.slash("/table"), secret="guessed") == 401
    assert await over_http.by_http(over_http.slash("/table"), at=1_000_000_000.0) == 401
    await app.idle()
    assert not over_http.said


async def test_an_event_sent_again_over_http_is_answered_once(over_http: FakeSlack, app: StrideApp) -> None:
    mention = over_http.mention("<@U0STRIDE> echo hello")
    assert await over_http.by_http(mention) == 200
    assert await over_http.by_http(mention, retry=1) == 200
    await app.idle()
    assert len(over_http.said) == 1
