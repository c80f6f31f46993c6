"""Stride on Discord, from the command to what people see, through the real discord.py and a simulated Discord."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.actions import Action, to_id
from bot.adapters.discord.client import StrideBot
from tests.bot.adapters.lab import Lab


def shown(message: Any) -> str:
    """All text of a message, as Discord gets it."""
    return "\n".join(each["content"] for each in parts(message.components) if "content" in each)


def parts(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for each in components:
        found += [each, *parts(each.get("components", []))]
    return found


async def press(alice: Any, message: Any, label: str) -> Any:
    return await alice.click(message, label=label)


async def test_a_command_is_answered_with_a_table_and_buttons_for_everyone(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "table")
    assert not answer.deferred
    assert not answer.ephemeral
    assert "axis   in  out\n----  ---  ---\nC       3   16\nL     100  100" in shown(answer.response)
    labels = [each["label"] for each in parts(answer.response.components) if each["type"] == 2]
    assert labels == ["Why?", "Python"]


async def test_help_lists_the_commands(alice: Any, channel: Any) -> None:
    assert "/table" in shown((await alice.slash(channel, "help")).response)


async def test_a_press_is_answered(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "table")
    assert shown((await press(alice, answer.response, "Why?")).response) == "More about formula."


async def test_a_choice_comes_back_with_its_value(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "table")
    picked = await alice.select(answer.response, ["bn"], custom_id=to_id(Action("lab-pick")))
    assert shown(picked.response) == "You picked bn."


async def test_a_button_still_works_after_a_restart(
    alice: Any, channel: Any, discord_env: Any, new_bot: Callable[[], StrideBot]
) -> None:
    answer = await alice.slash(channel, "table")
    await discord_env.restart_bot(new_bot())
    assert shown((await press(alice, answer.response, "Python")).response) == "More about python."


async def test_a_button_of_another_version_says_so_to_its_presser_alone(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "table")
    row = next(each for each in parts(answer.response._message.components) if each["type"] == 1)
    row["components"][0]["custom_id"] = "0:gone"
    told = await alice.click(answer.response, custom_id="0:gone")
    assert told.ephemeral
    assert "another version" in shown(told.response)


async def test_a_mistake_is_shown_to_the_one_who_made_it_alone(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "wrong")
    assert answer.ephemeral
    assert "❌ There is no layer `conv9d`." in shown(answer.response)
    assert "/table" in shown(answer.response)


async def test_a_bug_shows_a_reference_and_nothing_of_itself(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "bug")
    assert answer.ephemeral
    assert "give this number" in shown(answer.response)
    assert "42" not in shown(answer.response).partition("number")[0]


async def test_typing_is_completed(alice: Any, channel: Any) -> None:
    choices = await alice.autocomplete(channel, "layer", "layer", "conv")
    assert choices == [
        {"name": "conv1d – the layer conv1d", "value": "conv1d"},
        {"name": "conv2d – the layer conv2d", "value": "conv2d"},
    ]


async def test_a_slow_answer_is_acknowledged_in_time_and_comes_later(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    """Discord gives up after three seconds; the simulated one does too."""
    answer = await alice.slash(channel, "wait")
    assert not answer.acknowledged
    await discord_env.advance_time(2)
    assert answer.deferred
    lab.gate.set()
    await discord_env.settle()
    assert shown(answer.response) == "It took its time."


async def test_a_mistake_after_a_long_wait_is_still_shown_to_one_person_alone(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    answer = await alice.slash(channel, "secret")
    await discord_env.advance_time(2)
    assert not answer.ephemeral
    lab.gate.set()
    await discord_env.settle()
    assert answer.response is None
    assert [each.ephemeral for each in answer.followups] == [True]
    assert shown(answer.followups[0]) == "Only for you."


async def test_a_form_that_is_ready_too_late_asks_to_be_called_again(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    answer = await alice.slash(channel, "late")
    await discord_env.advance_time(2)
    lab.gate.set()
    await discord_env.settle()
    assert "Ask for it again" in shown(answer.followups[0])


async def test_a_command_declared_slow_is_acknowledged_at_once(alice: Any, channel: Any, discord_env: Any) -> None:
    answer = await alice.slash(channel, "slow", words="done")
    assert [each.json["type"] for each in discord_env.http_requests if each.path.endswith("/callback")] == [5]
    assert shown(answer.response) == "-# /slow done\ndone"


async def test_nothing_that_a_person_typed_mentions_links_or_formats(
    alice: Any, channel: Any, discord_env: Any
) -> None:
    typed = "@everyone <@1> **bold** [x](https://e.org) <#2> :smile: # top"
    answer = await alice.slash(channel, "echo", words=typed)
    body = discord_env.http_requests[-1].json["data"]
    assert body["allowed_mentions"] == {"parse": []}
    question, said = shown(answer.response).split("\n")
    assert question == f"-# /echo {said}"
    assert said == r"\@everyone \<\@1\> \*\*bold\*\* \[x\](https\://e.org) \<#2\> \:smile: # top"


async def test_a_long_answer_comes_in_several_messages(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "long", lines="20")
    assert 1 <= len(answer.followups) <= 2
    assert "Line 19." in shown(answer.followups[-1])


async def test_a_very_long_answer_comes_as_a_file(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "long", lines="100")
    assert len(answer.followups) <= 2
    files = [each for message in (answer.response, *answer.followups) for each in message.attachments]
    assert [each.filename for each in files] == ["answer.txt"]
    assert b"Line 99." in await files[0].read()


async def test_pictures_and_files_arrive_with_words_for_those_who_cannot_see(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "files")
    assert [each.filename for each in answer.response.attachments] == ["picture-2.png", "a_b.py"]
    gallery = next(each for each in parts(answer.response.components) if each["type"] == 12)
    assert gallery["items"][0]["description"] == "One blue dot"


async def test_a_form_opens_as_a_window_and_comes_back(alice: Any, channel: Any) -> None:
    opened = await alice.slash(channel, "form")
    assert opened.modal["title"] == "Report a mistake"
    sent = await alice.submit_modal(opened, {"layer": "linear", "words": "wrong\nkey"})
    assert shown(sent.response) == "linear: wrong\nkey"


async def test_the_commands_are_declared_once_and_again_only_when_they_change(
    discord_env: Any, new_bot: Callable[[], StrideBot], lab: Lab, core: Any
) -> None:
    def declarations() -> list[Any]:
        return [each for each in discord_env.http_requests if each.method == "PUT"]

    assert [each["name"] for each in declarations()[0].json] == [each.name for each in lab.commands]
    await discord_env.restart_bot(new_bot())
    assert len(declarations()) == 1
    core.commands = core.commands[:-1]
    await discord_env.restart_bot(new_bot())
    assert len(declarations()) == 2


async def test_the_bot_asks_for_no_privileged_intent(discord_env: Any) -> None:
    intents = discord_env.bot.intents
    assert not any((intents.message_content, intents.members, intents.presences))


async def test_a_private_command_also_waits_in_private(alice: Any, channel: Any, discord_env: Any, lab: Lab) -> None:
    answer = await alice.slash(channel, "whisper")
    await discord_env.advance_time(2)
    assert answer.ephemeral
    lab.gate.set()
    await discord_env.settle()
    assert shown(answer.response) == "It took its time."


async def test_an_answer_comes_where_what_was_shown_before_it_was_taken_away(
    alice: Any, channel: Any, discord_env: Any, lab: Lab
) -> None:
    """A moderator deletes what says how long the line is."""
    answer = await alice.slash(channel, "queue")
    await lab.said_twice()
    discord_env.backend.delete_message(channel.id, answer.response.id)
    lab.gate.set()
    await discord_env.settle()
    assert [shown(each) for each in answer.followups] == ["It was your turn."]
