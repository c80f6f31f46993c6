"""Code in Slack: a window for it, a place in line, and what comes of it."""

from __future__ import annotations

from bot.adapters.slack.client import StrideApp
from tests.bot.adapters.lab import SNIPPET, Lab
from tests.bot.adapters.slack.blocks import walk, words
from tests.bot.adapters.slack.fake_people import CHANNEL, OWN_CHAT
from tests.bot.adapters.slack.fake_slack import FakeSlack
from tests.bot.adapters.slack.test_slack_conversations import asks, element

CODE = "    x = [1]\n    if x < [2] and 'a&amp;b':\n        print(x)\n"


async def in_line(slack: FakeSlack, lab: Lab, text: str = "/queue") -> None:
    """A command that has said twice how long the line is."""
    await slack.by_socket(slack.slash(text))
    assert [await lab.shown.get() for _ in range(2)] == ["2nd", "1st"]


async def test_a_window_for_code_gives_it_back_to_the_letter(over_socket: FakeSlack, app: StrideApp) -> None:
    assert await asks(over_socket, app, "/snippet") == []
    (view,) = over_socket.views
    field = view["blocks"][0]["element"]
    assert (field["multiline"], field["initial_value"]) == (True, SNIPPET.fields[0].value)
    await over_socket.by_socket(over_socket.submit(view, {"code": CODE}))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == CODE.rstrip("\n") or words(over_socket.said[-1].blocks) == CODE
    assert over_socket.said[-1].channel == CHANNEL


async def test_quotation_marks_that_a_phone_has_curled_are_straight_again(
    over_socket: FakeSlack, app: StrideApp
) -> None:
    await asks(over_socket, app, "/snippet")
    await over_socket.by_socket(over_socket.submit(over_socket.views[0], {"code": "print(\u201chi\u2019)"}))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == "print(\"hi')"


async def test_lines_of_code_arrive_with_their_indentation(over_socket: FakeSlack, app: StrideApp) -> None:
    (answer,) = await asks(over_socket, app, "/snippet for i in x:\n    print(i &lt; 3)")
    assert words(answer.blocks[1:2]) == "for i in x:\n    print(i < 3)"


async def test_whoever_waits_sees_their_place_and_the_answer_takes_its_place(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    await in_line(over_socket, lab)
    (shown,) = over_socket.said
    assert "You are 1st in line." in words(shown.blocks)
    assert (shown.by, shown.seen_by) == ("chat.postMessage", None)
    lab.gate.set()
    await app.idle()
    (answer,) = over_socket.said
    assert answer.ts == shown.ts
    assert "It was your turn." in words(answer.blocks)
    assert "Cancel" not in words(answer.blocks)
    assert over_socket.calls["chat.update"] == 2


async def test_a_wait_can_be_cancelled(over_socket: FakeSlack, app: StrideApp, lab: Lab) -> None:
    await in_line(over_socket, lab)
    await over_socket.by_socket(over_socket.press(over_socket.said[0], element(over_socket.said[0], "Cancel")))
    lab.gate.set()
    await app.idle()
    assert any("More about cancelling." in words(each.blocks) for each in over_socket.said)


async def test_an_answer_for_one_person_leaves_nothing_of_the_line_behind(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    lab.alone = True
    await in_line(over_socket, lab)
    lab.gate.set()
    await app.idle()
    (answer,) = over_socket.said
    assert answer.seen_by is not None
    assert "It was your turn." in words(answer.blocks)


async def test_where_stride_is_no_member_the_place_is_whispered_once(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    over_socket.members_of.clear()
    await in_line(over_socket, lab)
    lab.gate.set()
    await app.idle()
    shown, answer = over_socket.said
    assert (shown.by, shown.seen_by is not None) == ("response_url", True)
    assert "You are 2nd in line." in words(shown.blocks)
    assert (answer.by, answer.seen_by) == ("response_url", None)


async def test_progress_that_concerns_one_person_is_whispered_once(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    lab.whispers = True
    await in_line(over_socket, lab)
    lab.gate.set()
    await app.idle()
    shown, answer = over_socket.said
    assert (shown.by, shown.seen_by is not None, answer.seen_by) == ("response_url", True, None)
    assert "You are 2nd in line." in words(shown.blocks)
    assert over_socket.calls["chat.postMessage"] == 0


async def test_a_message_in_a_thread_waits_there(over_socket: FakeSlack, app: StrideApp, lab: Lab) -> None:
    mention = over_socket.mention("<@U0STRIDE> queue")
    await over_socket.by_socket(mention)
    assert [await lab.shown.get() for _ in range(2)] == ["2nd", "1st"]
    lab.gate.set()
    await app.idle()
    assert [(each.thread, each.by) for each in over_socket.said] == [(mention["event"]["ts"], "chat.postMessage")]


async def test_pictures_and_files_come_together_with_words_for_those_who_cannot_see(
    over_socket: FakeSlack, app: StrideApp
) -> None:
    await asks(over_socket, app, "/files")
    assert over_socket.calls["files.completeUploadExternal"] == 1
    assert over_socket.alts == ["One blue dot", ""]


async def test_the_files_of_a_private_answer_go_to_its_asker(over_socket: FakeSlack, app: StrideApp, lab: Lab) -> None:
    lab.alone = True
    await asks(over_socket, app, "/files")
    assert {channel for channel, _, _ in over_socket.files} == {OWN_CHAT}


async def test_nothing_that_is_shown_before_an_answer_is_markup(
    over_socket: FakeSlack, app: StrideApp, lab: Lab
) -> None:
    await in_line(over_socket, lab)
    assert "mrkdwn" not in {each["type"] for each in walk(over_socket.said[0].blocks)}
    lab.gate.set()
    await app.idle()
