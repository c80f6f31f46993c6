"""What a person did in Slack -> `Incoming`, and where the answer goes.

Pure: it reads the payload and the time that it is given, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.actions import Action, ActionError, from_id
from bot.command import Incoming, Place, User
from bot.reply import MessageRef

CHOICE = "choice"
OWN_COMMAND = "/stride"
_CURLY = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " "})
_LINK = re.compile(r"<(?:https?|mailto)[^>|]*\|([^>]*)>|<((?:https?|mailto)[^>]*)>")
_MENTION = re.compile(r"\s*<@[A-Z0-9]+(\|[^>]*)?>\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an answer goes, and what Slack lends for it: a URL for 30 minutes, a trigger for 3 seconds."""

    channel: str
    user: str
    team: str
    thread: str | None = None
    response_url: str | None = None
    trigger: str | None = None
    pressed: MessageRef | None = None
    metadata: Mapping[str, Any] | None = None  # of the message that was pressed


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that somebody shared, and where its bytes are."""

    name: str
    size: int
    url: str


def attached(body: Mapping[str, Any]) -> list[Attached]:
    """The files of a message, or of a form."""
    found = list(body.get("event", {}).get("files") or ())
    for block in body.get("view", {}).get("state", {}).get("values", {}).values():
        for state in block.values():
            found += state.get("files") or ()
    return [
        Attached(
            name=str(file.get("name") or "file"),
            size=int(file.get("size") or 0),
            url=str(file.get("url_private_download") or file.get("url_private") or ""),
        )
        for file in found
    ]


def slash(body: Mapping[str, Any], at: datetime) -> Incoming:
    """A slash command, `/shape conv1d 3 16` or `/stride shape conv1d 3 16`."""
    typed = typed_text(str(body.get("text", "")))
    text = _own(typed) if body["command"] == OWN_COMMAND else f"{body['command']} {typed}".rstrip()
    return _incoming(
        slash_address(body), event=str(body["trigger_id"]), name=str(body.get("user_name", "")), at=at, text=text
    )


def slash_address(body: Mapping[str, Any]) -> Address:
    """Where a slash command is answered."""
    return Address(
        channel=str(body["channel_id"]),
        user=str(body["user_id"]),
        team=str(body["team_id"]),
        response_url=body.get("response_url"),
        trigger=body.get("trigger_id"),
    )


def event(body: Mapping[str, Any], alone: str = "") -> Incoming:
    """A message that mentions the bot, or one in its own chat. Slack sends it again until it is acknowledged.

    `alone` is what a message means that brings a file and says nothing.
    """
    said = body["event"]
    typed = typed_text(_MENTION.sub(" ", str(said.get("text", "")), count=1))
    text = alone if alone and not typed and said.get("files") else _own(typed)
    at = datetime.fromtimestamp(float(said["ts"]), UTC)
    return _incoming(event_address(body), event=str(body["event_id"]), name="", at=at, text=text)


def event_address(body: Mapping[str, Any]) -> Address:
    """Where a message is answered: in its thread, or beginning one; in the bot's own chat simply below."""
    said = body["event"]
    own_chat = said.get("channel_type") == "im"
    return Address(
        channel=str(said["channel"]),
        user=str(said["user"]),
        team=str(body["team_id"]),
        thread=said.get("thread_ts") or (None if own_chat else said["ts"]),
    )


def press(body: Mapping[str, Any], at: datetime) -> Incoming:
    """A press or a choice; raises `bot.actions.ActionError` for one that is not of this version."""
    done = body["actions"][0]
    chosen = done.get("selected_option")
    return _incoming(
        press_address(body),
        event=str(body["trigger_id"]),
        name=str(body["user"].get("username") or body["user"].get("name", "")),
        at=at,
        action=_action(str(done["action_id"])),
        values={CHOICE: str(chosen["value"])} if chosen else {},
    )


def press_address(body: Mapping[str, Any]) -> Address:
    """Where a press is answered."""
    container = body.get("container", {})
    channel = str(body.get("channel", {}).get("id") or container.get("channel_id", ""))
    message = container.get("message_ts")
    return Address(
        channel=channel,
        user=str(body["user"]["id"]),
        team=str(body["team"]["id"]),
        thread=container.get("thread_ts"),
        response_url=body.get("response_url"),
        trigger=body.get("trigger_id"),
        pressed=MessageRef(channel=channel, message=str(message)) if message else None,
        metadata=body.get("message", {}).get("metadata"),
    )


def form(body: Mapping[str, Any], at: datetime) -> Incoming:
    """A form that was sent; raises `bot.actions.ActionError` for one that is not of this version."""
    view = body["view"]
    return _incoming(
        form_address(body),
        event=str(body.get("trigger_id") or f"{view['id']}.{view['hash']}"),
        name=str(body["user"].get("username") or body["user"].get("name", "")),
        at=at,
        action=from_id(str(_kept(body).get("action", ""))),
        values=dict(_inputs(view["state"]["values"])),
    )


def form_address(body: Mapping[str, Any]) -> Address:
    """Where a form is answered: where it was asked for, which it carries with it."""
    kept = _kept(body)
    return Address(
        channel=str(kept.get("channel", "")),
        user=str(body["user"]["id"]),
        team=str(body["team"]["id"]),
        thread=kept.get("thread"),
        trigger=body.get("trigger_id"),
    )


def typed_text(text: str) -> str:
    """Text as it was typed: Slack marks links, escapes `& < >` and curls quotation marks."""
    text = _LINK.sub(lambda found: found[1] or found[2], text)
    for escaped, mark in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(escaped, mark)
    return text.translate(_CURLY).strip()


def _own(typed: str) -> str:
    """`shape conv1d 3 16` said to the bot itself -> `/shape conv1d 3 16`; nothing at all asks for help."""
    return f"/{typed.removeprefix('/')}" if typed else "/help"


def _action(action_id: str) -> Action:
    prefix, _, rest = action_id.partition(":")
    if prefix != "stride":
        raise ActionError("not one of ours")
    return from_id(rest.partition(":")[2])


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        kept = json.loads(body["view"].get("private_metadata") or "{}")
    except ValueError as fault:
        raise ActionError("a form that is not ours") from fault
    return kept if isinstance(kept, dict) else {}


def _inputs(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    """What stands in a form: Slack curls its quotation marks, and leaves everything else as it was typed."""
    for block in values.values():
        for name, state in block.items():
            if state.get("type") == "file_input":
                continue
            yield name, str(state.get("value") or "").translate(_CURLY)


def _incoming(
    address: Address,
    *,
    event: str,
    name: str,
    at: datetime,
    text: str = "",
    action: Action | None = None,
    values: Mapping[str, str] | None = None,
) -> Incoming:
    return Incoming(
        id=f"slack:{event}",
        # Slack's ids of people are told apart by their workspace only.
        user=User(id=f"slack:{address.team}.{address.user}", name=name or address.user),
        place=Place(
            platform="slack",
            community=address.team,
            channel=address.channel,
            private=address.channel.startswith("D"),
        ),
        at=at,
        text=text,
        action=action,
        values=values or {},
    )
