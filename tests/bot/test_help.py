"""What /help says, as people see it."""

from __future__ import annotations

from bot.reply import Table, plain
from tests.bot.conversation import Conversation


async def test_help_lists_every_command_that_one_may_type(group: Conversation) -> None:
    """What is the organisers' is told of by its own name, and not offered to whoever may not use it."""
    everything = {command.name for command in group.core.commands}
    for organisers in {command.name for command in group.core.commands if command.organisers_only}:
        assert "For organisers only." in plain(await group.says("alice", f"/help {organisers}"))
        everything.discard(organisers)
    for name, seen in (("alice", everything), ("olga", {command.name for command in group.core.commands})):
        reply = await group.says(name, "/help")
        assert {command["name"] for command in reply.data["commands"]} == seen
        [rows] = [part.rows for part in reply.parts if isinstance(part, Table)]
        assert {row[0].split()[0].removeprefix("/") for row in rows} == seen
    assert {"daily", "digest", "group"}.isdisjoint(everything)


async def test_help_about_a_command_shows_its_options_and_examples(group: Conversation) -> None:
    for command in group.core.commands:
        text = plain(await group.says("alice", f"/help {command.name}"))
        assert command.help in text
        assert all(option.says in text for option in command.options)
        assert all(example.text in text for example in command.examples)


async def test_help_takes_a_command_with_its_slash_or_by_its_other_name(group: Conversation) -> None:
    said = plain(await group.says("alice", "/help help"))
    assert plain(await group.says("alice", "/help /help")) == said
    assert plain(await group.says("alice", "/help H")) == said


async def test_help_about_a_misspelt_command_offers_the_nearest(group: Conversation) -> None:
    reply = await group.says("alice", "/help hepl")
    assert reply.fault is not None
    assert reply.fault.suggestion == "/help help"


async def test_a_pressed_example_is_answered_as_if_it_had_been_typed(group: Conversation) -> None:
    page = await group.says("alice", "/help help")
    pressed = await group.presses("bob", "/help help", page)
    assert plain(page) in plain(pressed)
    assert plain(pressed).startswith("/help help")


async def test_an_example_of_another_version_says_so(group: Conversation) -> None:
    page = await group.says("alice", "/help help")
    button = group.button(page, "/help help")
    for args in ((), ("help", "99"), ("gone", "0"), ("help", "-1"), ("help", "x")):
        reply = await group.submits("alice", type(button.action)("example", args))
        assert reply.fault is not None
        assert "another version" in reply.fault.message
