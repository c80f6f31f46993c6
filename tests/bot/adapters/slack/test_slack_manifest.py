"""The manifest that an administrator pastes into Slack."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from bot.adapters.slack.manifest import MAX_COMMAND, RESERVED, manifest, taken, text
from bot.command import Command
from bot.commands.registry import COMMANDS
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.specs import need_spec

COMMITTED = Path(__file__).parents[4] / "deploy" / "slack-manifest.json"


def names() -> list[str]:
    return [each["command"] for each in manifest(COMMANDS)["features"]["slash_commands"]]


def test_the_committed_manifest_is_the_one_that_the_commands_declare() -> None:
    """`python -m bot.adapters.slack.manifest > deploy/slack-manifest.json` writes it anew."""
    assert COMMITTED.read_text() == text(COMMANDS)


def test_slack_takes_the_manifest() -> None:
    jsonschema.validate(json.loads(text(COMMANDS)), need_spec("slack-manifest.schema.json"))


def test_no_command_has_a_name_that_slack_keeps_to_itself() -> None:
    """One such name would make Slack refuse the whole manifest."""
    assert not {name.removeprefix("/") for name in names()} & RESERVED


def test_strides_own_command_reaches_what_has_no_name_of_its_own() -> None:
    assert "/stride" in names()
    assert "help" in RESERVED


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: str(each.name))
def test_slack_offers_all_that_a_command_declares(command: Command) -> None:
    """By its own name, or where Slack keeps that to itself through `/stride`; with all that may follow it."""
    declared = {each["command"]: each for each in manifest(COMMANDS)["features"]["slash_commands"]}
    found = declared.get(f"/{command.name}")
    assert (found is None) is taken(command)
    if found is None:
        return
    assert found["description"] == command.says
    hint = found.get("usage_hint", "")
    assert not hint.endswith("…")
    for option in command.options:
        assert option.file or all(choice in hint for choice in option.choices or (option.name,))


@pytest.mark.parametrize("name", names())
def test_a_command_has_a_form_that_slack_takes(name: str) -> None:
    assert name == name.lower()
    assert 1 < len(name) <= MAX_COMMAND


async def test_no_two_commands_have_one_name() -> None:
    declared = [each["command"] for each in manifest(Lab().commands)["features"]["slash_commands"]]
    assert len(declared) == len(set(declared))
