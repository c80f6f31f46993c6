"""Answers as frames for the browser, which shows every text as text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from bot.actions import Action, to_id
from bot.adapters.web.parse import PLATFORM
from bot.command import Command, Completion, User
from bot.reply import Buttons, Code, File, Form, Part, Picture, Reply, Select, Table, Text, plain

Json = dict[str, Any]

SPOKEN = 300  # characters of an answer that a screen reader is told at once
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def message(
    *, user: User, at: datetime, said: str, action: str | None, reply: Reply, number: int | None, event: str | None
) -> Json:
    """One exchange: what someone said or pressed, and what came back.

    Args:
        user: who it was.
        at: when; with the person this names the exchange, now and in the history.
        said: what they typed; empty for a press.
        action: the id of what they pressed.
        reply: what came back.
        number: the exchange's number in the store, where it is known.
        event: the id that the person's own browser gave to what it sent.
    """
    return {
        "key": key(user.id, at),
        "number": number,
        "of": event,
        "author": author(user),
        "at": at.isoformat(),
        "said": said,
        "action": action,
        "parts": [part(each) for each in reply.parts],
        "plain": plain(reply)[:SPOKEN],
        "private": reply.private,
        "fault": reply.fault is not None,
        "replaces": reply.replaces is not None,
    }


def key(person: str, at: datetime) -> str:
    """The name of an exchange: nobody says two things in the same microsecond."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{person.removeprefix(f'{PLATFORM}:')}"


def author(user: User) -> Json:
    """Someone, as others see them."""
    return {"id": user.id.removeprefix(f"{PLATFORM}:"), "name": user.name}


def action_id(action: Action | None) -> str | None:
    """The id of what was pressed, by which the page knows its button."""
    return None if action is None else to_id(action)


def part(each: Part) -> Json:
    """One part of an answer."""
    match each:
        case Text():
            return {"type": "text", "text": each.text, "tone": each.tone}
        case Code():
            return {"type": "code", "code": each.code, "language": each.language}
        case Table():
            return {"type": "table", "headers": each.headers, "rows": each.rows, "title": each.title}
        case Picture():
            return {"type": "picture", "data": _base64(each.data), "kind": each.kind, "alt": each.alt}
        case File():
            return {"type": "file", "name": each.name, "data": _base64(each.data), "size": len(each.data)}
        case Buttons():
            buttons = [{"label": one.label, "action": to_id(one.action), "style": one.style} for one in each.buttons]
            return {"type": "buttons", "buttons": buttons}
        case Select():
            return {"type": "select", "label": each.label, "options": each.options, "action": to_id(each.action)}
        case Form():
            fields = [asdict(field) for field in each.fields]
            return {"type": "form", "title": each.title, "fields": fields, "action": to_id(each.action)}
        case _:
            assert_never(each)


def commands(known: Sequence[Command], *, organiser: bool) -> list[Json]:
    """What can be typed here: the palette's inline help, and the examples of an empty channel."""
    return [
        {
            "name": command.name,
            "aliases": command.aliases,
            "says": command.says,
            "options": [
                {"name": each.name, "says": each.says, "required": each.required, "choices": each.choices}
                for each in command.options
            ],
            "examples": [{"text": each.text, "says": each.says} for each in command.examples],
        }
        for command in known
        if organiser or not command.organisers_only
    ]


def completions(number: int, found: Iterable[Completion]) -> Json:
    """Ways to go on typing."""
    items = [{"text": each.text, "label": each.label, "says": each.says} for each in found]
    return {"type": "completions", "number": number, "items": items}


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
