"""What Slack takes as blocks: its schema where this machine has it, slack_sdk's own limits, and the sums of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.bot.adapters.specs import read_spec

MAX_BLOCKS = 50
MAX_CHARACTERS = 13_200
MAX_TEXT = 40_000
CONTROL = ("<!", "<@", "<#", "<http")


class BlockError(Exception):
    """Slack would not take it."""


@cache
def schema() -> jsonschema.protocols.Validator | None:
    spec = read_spec("slack-blockkit.schema.json")
    return jsonschema.Draft202012Validator({**spec, "$ref": "#/definitions/AnyBlock"}) if spec else None


def check_message(message: dict[str, Any]) -> None:
    """Raises `BlockError`."""
    blocks = message["blocks"]
    if not 0 < len(blocks) <= MAX_BLOCKS:
        raise BlockError(f"{len(blocks)} blocks")
    if len(json.dumps(blocks, ensure_ascii=False)) > MAX_CHARACTERS:
        raise BlockError("msg_blocks_too_long")
    if not message.get("text") or len(message["text"]) > MAX_TEXT:
        raise BlockError("no text for notifications, or too much")
    if any(mark in message["text"] for mark in CONTROL):
        raise BlockError("the text mentions or links")
    check_blocks(blocks)


def check_metadata(metadata: dict[str, Any] | None) -> None:
    """Raises `BlockError` where metadata would be refused: an event's name, and simple values under names."""
    if metadata is None:
        return
    event, payload = metadata["event_type"], metadata["event_payload"]
    if metadata.keys() != {"event_type", "event_payload"} or not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", event):
        raise BlockError("invalid_metadata_format")
    if not all(isinstance(value, (str, int, float, bool)) for value in payload.values()):
        raise BlockError("invalid_metadata_schema")


def check_view(view: dict[str, Any]) -> None:
    """Raises `BlockError`."""
    try:
        View(**view).to_dict()
    except SlackObjectFormationError as error:
        raise BlockError(str(error)) from error
    check_blocks(view["blocks"])


def check_blocks(blocks: list[dict[str, Any]]) -> None:
    """Raises `BlockError`."""
    if (validator := schema()) is not None:
        for block in blocks:
            for error in validator.iter_errors(block):
                raise BlockError(f"{block['type']}: {jsonschema.exceptions.best_match([error]).message[:300]}")
    try:
        for parsed in Block.parse_all(blocks):
            parsed.to_dict()
    except SlackObjectFormationError as error:
        raise BlockError(str(error)) from error
    ids = [each["action_id"] for each in walk(blocks) if "action_id" in each]
    if len(ids) != len(set(ids)) or any(len(each) > 255 for each in ids):
        raise BlockError("two elements have one action_id, or one is too long")


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in blocks, outermost first."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def words(blocks: list[dict[str, Any]]) -> str:
    """All that blocks show, in order; fixed width and headers on lines of their own."""
    lines = []
    for block in blocks:
        shown = [each["text"] for each in walk(block) if isinstance(each.get("text"), str)]
        lines.append("".join(shown))
    return "\n".join(lines)
