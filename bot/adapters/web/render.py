"""Answers as frames for the browser, which shows every text as text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, assert_never

from bot.actions import Action, to_id
from bot.adapters.web.parse import PLATFORM
from bot.command import Command, Completion, User, said_by_a_file
from bot.reply import Buttons, Code, File, Form, Part, Picture, Reply, Select, Table, Text, plain, plain_part

if TYPE_CHECKING:
    from bot.store.exchange_rows import Exchange

Json = dict[str, Any]

SPOKEN = 300  # characters of an answer that a screen reader is told at once
MEDIA = "/media"  # where the bytes of pictures and files are fetched
_PNG, _PNG_HEAD = b"\x89PNG\r\n\x1a\n", 24
_KEY = re.compile(r"(?P<at>[0-9]{1,16})-(?P<person>[0-9a-f]{32})")
_POST = re.compile(r"post-(?P<number>[0-9]{1,16})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def message(
    *,
    user: User,
    channel: str,
    at: datetime,
    said: str,
    action: str | None,
    reply: Reply,
    number: int | None,
    event: str | None,
) -> Json:
    """One exchange: what someone said or pressed, and what came back.

    Args:
        user: who it was.
        channel: where.
        at: when; with the person this names the exchange, now and in the history.
        said: what they typed; empty for a press.
        action: the id of what they pressed.
        reply: what came back.
        number: the exchange's number in the store, where it is known.
        event: the id that the person's own browser gave to what it sent.
    """
    name = key(user.id, at)
    return {
        "key": name,
        "number": number,
        "of": event,
        "author": author(user),
        "at": at.isoformat(),
        "said": said,
        "action": action,
        "parts": [part(each, f"{MEDIA}/{channel}/{name}/{index}") for index, each in enumerate(reply.parts)],
        "plain": plain(reply)[:SPOKEN],
        "private": reply.private,
        "kept": reply.kept,
        "fault": reply.fault is not None,
        "replaces": reply.replaces is not None,
    }


def post(exchange: Exchange, channel: str) -> Json:
    """What Stride said unasked, as it is now: an exchange without the half that somebody said."""
    name = f"post-{exchange.id}"
    parts = [part(each, _fresh(each, f"{MEDIA}/{channel}/{name}/{n}")) for n, each in enumerate(exchange.reply.parts)]
    return {
        "key": name,
        "number": exchange.id,
        "change": exchange.change,
        "of": None,
        "author": None,
        "at": exchange.at.isoformat(),
        "said": "",
        "action": None,
        "parts": parts,
        "plain": plain(exchange.reply)[:SPOKEN],
        "private": bool(exchange.person),
        "kept": True,
        "fault": False,
        "replaces": False,
    }


def interim(reply: Reply, event: str) -> Json:
    """Something to show until the answer to what a browser called `event` is there; what is large can wait for it."""
    parts = [part(each, "") for each in reply.parts if not isinstance(each, Picture | File)]
    return {"type": "interim", "of": event, "parts": parts, "plain": plain(reply)[:SPOKEN]}


def post_of(name: str) -> int | None:
    """The number in a post's name; None where it is not one."""
    found = _POST.fullmatch(name)
    return None if found is None else int(found["number"])


def moment_of(name: str) -> tuple[str, datetime] | None:
    """The person's id and the moment in an exchange's name; None where it is not one."""
    found = _KEY.fullmatch(name)
    if found is None:
        return None
    return f"{PLATFORM}:{found['person']}", _EPOCH + timedelta(microseconds=int(found["at"]))


def key(person: str, at: datetime) -> str:
    """The name of an exchange: nobody says two things in the same microsecond."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{person.removeprefix(f'{PLATFORM}:')}"


def author(user: User) -> Json:
    """Someone, as others see them."""
    return {"id": user.id.removeprefix(f"{PLATFORM}:"), "name": user.name}


def action_id(action: Action | None) -> str | None:
    """The id of what was pressed, by which the page knows its button."""
    return None if action is None else to_id(action)


def part(each: Part, address: str) -> Json:
    """One part of an answer; the bytes of pictures and files are fetched from `address`."""
    match each:
        case Text():
            until = {} if each.until is None else {"until": each.until.isoformat(), "plain": plain_part(each)}
            return {"type": "text", "text": each.text, "tone": each.tone, **until}
        case Code():
            return {"type": "code", "code": each.code, "language": each.language}
        case Table():
            return {"type": "table", "headers": each.headers, "rows": each.rows, "title": each.title}
        case Picture():
            return {"type": "picture", "address": address, "alt": each.alt, "size": _size(each.data)}
        case File():
            return {"type": "file", "name": each.name, "address": address, "size": len(each.data)}
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
                if not each.file
            ],
            "file": said_by_a_file([command]) or None,
            "examples": [{"text": each.text, "says": each.says} for each in command.examples],
        }
        for command in known
        if organiser or not command.organisers_only
    ]


def completions(number: int, found: Iterable[Completion]) -> Json:
    """Ways to go on typing."""
    items = [{"text": each.text, "label": each.label, "says": each.says} for each in found]
    return {"type": "completions", "number": number, "items": items}


def _fresh(each: Part, address: str) -> str:
    """An address that changes with what lies there, since an edit puts other bytes in the same place."""
    if not isinstance(each, Picture | File):
        return address
    return f"{address}?v={hashlib.blake2b(each.data, digest_size=6).hexdigest()}"


def _size(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG in pixels, so that the page keeps room for it; None of anything else."""
    if not picture.startswith(_PNG) or len(picture) < _PNG_HEAD:
        return None
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
