"""Code on Discord: a window for it, a place in line, and what comes of it."""

from __future__ import annotations

from typing import Any

from tests.bot.adapters.discord.test_discord_conversations import parts, shown
from tests.bot.adapters.lab import SNIPPET, Lab


async def test_a_slow_command_without_its_code_opens_a_window_first(alice: Any, channel: Any, discord_env: Any) -> None:
    """Discord opens one only as the first acknowledgement, which "is thinking" would have used up."""
    opened = await alice.slash(channel, "snippet")
    assert opened.modal["title"] == SNIPPET.title
    field = opened.modal["components"][0]["component"]
    assert (field["style"], field["max_length"], field["value"]) == (2, 4000, SNIPPET.fields[0].value)
    code = "for i in range(3):\n    print(i)\n\n    # done"
    sent = await alice.submit_modal(opened, {"code": code})
    assert f"```\n{code}\n```" in shown(sent.response)
    kinds = [each.json["type"] for each in discord_env.http_requests if each.path.endswith("/callback")]
    assert kinds == [9, 5], "a window, then an acknowledgement for the code, which may take its time"


async def test_a_press_opens_a_window_too(alice: Any, channel: Any, discord_env: Any) -> None:
    answer = await alice.slash(channel, "snippet", code="1 + 1")
    opened = await alice.click(answer.response, label="Edit")
    assert opened.modal["title"] == SNIPPET.title
    kinds = [each.json["type"] for each in discord_env.http_requests if each.path.endswith("/callback")]
    assert kinds == [5, 9], "with code there is nothing to ask, so the command is acknowledged at once"


async def test_whoever_waits_sees_their_place_and_the_answer_takes_its_place(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    answer = await alice.slash(channel, "queue")
    await discord_env.settle()
    assert lab.shown.qsize() == 2
    assert shown(answer.response) == "-# You are 1st in line."
    assert [each["label"] for each in parts(answer.response.components) if each["type"] == 2] == ["Cancel"]
    cancelled = await alice.click(answer.response, label="Cancel")
    assert shown(cancelled.response) == "More about cancelling."
    lab.gate.set()
    await discord_env.settle()
    assert shown(answer.response) == "It was your turn."
    assert not answer.followups


async def test_an_answer_for_one_person_leaves_nothing_of_the_line_behind(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    lab.alone = True
    answer = await alice.slash(channel, "queue")
    await discord_env.settle()
    lab.gate.set()
    await discord_env.settle()
    assert answer.response is None
    assert [each.ephemeral for each in answer.followups] == [True]
    assert shown(answer.followups[0]) == "It was your turn."


async def test_a_press_that_waits_leaves_the_message_that_was_pressed_alone(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    lab.gate.set()
    first = await alice.slash(channel, "queue")
    lab.gate.clear()
    again = await alice.click(first.response, label="Again")
    await discord_env.settle()
    assert shown(again.response) == "-# You are 1st in line."
    lab.gate.set()
    await discord_env.settle()
    assert shown(first.response) == "It was your turn."
    assert shown(again.response) == "It was your turn."


async def test_nothing_that_is_shown_before_an_answer_pings(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    lab.gate.set()
    await alice.slash(channel, "queue")
    edits = [each.json for each in discord_env.http_requests if each.method == "PATCH"]
    assert len(edits) == 3
    assert all(each.get("allowed_mentions") == {"parse": []} for each in edits)
