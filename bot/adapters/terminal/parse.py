"""What is typed in a terminal, or sent on stdin by a program, as `Incoming`."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.adapters.sent import MAX_FILE, MAX_FILES, file_name, too_large, too_many
from bot.adapters.terminal.paths import open_file
from bot.arguments import shorten
from bot.clock import moment
from bot.command import Incoming, Place, User
from bot.errors import WrongUsage

PLATFORM = "terminal"
COMMUNITY = "local"
MAX_LINE = (MAX_FILE * 4 // 3) + (1 << 20)  # bytes of one line on stdin: a file as base64, and words
EXAMPLE_FILES = '{"text": "/deck import", "files": {"deck.toml": "W1tjYXJkXV0..."}}'
EXAMPLE = '{"text": "/help", "as": "alice", "in": "group", "at": "2026-03-29T01:30Z"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who speaks, where and when, unless a line says otherwise. The operator may be anyone, at any time."""

    name: str
    organiser: bool = True
    channel: str = "terminal"
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line, understood.

    `typed` says that the operator wrote it in words: what a program sends may hold somebody else's, so that no path in
    it is ever opened, and its files come as `{"files": {"name": "base64"}}`.
    """

    text: str
    code: str | None
    speaker: Speaker
    files: Mapping[str, bytes] = field(default_factory=dict)
    typed: bool = True


def request(line: bytes, speaker: Speaker) -> Request:
    """A line of stdin: a command as text, or a JSON object; raises `WrongUsage`."""
    if len(line) > MAX_LINE:
        raise WrongUsage(f"A line is longer than {MAX_LINE} bytes.")
    try:
        text = line.decode().strip("\r\n")
    except UnicodeDecodeError:
        raise WrongUsage("A line is not UTF-8.") from None
    if not text.lstrip().startswith("{"):
        return Request(text=text, code=None, speaker=speaker)
    return _object(_json(text), speaker)


def incoming(asked: Request, *, id: str, now: datetime) -> Incoming:  # noqa: A002 - the field's own name
    """The event that a request stands for."""
    who = asked.speaker
    return Incoming(
        id=f"{PLATFORM}:{id}",
        user=User(id=f"{PLATFORM}:{who.name}", name=who.name, organiser=who.organiser, operator=True),
        place=Place(platform=PLATFORM, community=COMMUNITY, channel=who.channel),
        at=who.at or now,
        text=asked.text,
        values={} if asked.code is None else {"code": asked.code},
        files=asked.files,
        open_file=open_file if asked.typed else None,
    )


def _json(text: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as fault:
        raise WrongUsage(f"A line is not JSON: {fault.msg}.", column=fault.pos, suggestion=EXAMPLE) from None
    except (ValueError, RecursionError):  # digits or brackets beyond what Python reads
        raise WrongUsage("A line is not JSON that can be read.", suggestion=EXAMPLE) from None
    if not isinstance(fields, dict):
        raise WrongUsage("A line is no JSON object.", suggestion=EXAMPLE)
    return fields


def _object(fields: Mapping[str, Any], speaker: Speaker) -> Request:
    for name, value in fields.items():
        if name not in _FIELDS:
            known = ", ".join(f"`{each}`" for each in _FIELDS)
            raise WrongUsage(f"`{shorten(name)}` is not one of the fields {known}.", suggestion=EXAMPLE)
        kind, words = _FIELDS[name]
        if not isinstance(value, kind):
            raise WrongUsage(f"The field `{name}` is {words}.", suggestion=EXAMPLE)
    if "text" not in fields:
        raise WrongUsage("The field `text` is missing.", suggestion=EXAMPLE)
    for name, set_field in _SPEAKER.items():
        if name in fields:
            speaker = set_field(speaker, fields[name])
    files = _files(fields.get("files", {}))
    return Request(text=fields["text"], code=fields.get("code"), speaker=speaker, files=files, typed=False)


def _files(encoded: Mapping[str, Any]) -> dict[str, bytes]:
    if len(encoded) > MAX_FILES:
        raise too_many(len(encoded))
    files: dict[str, bytes] = {}
    for name, text in encoded.items():
        try:
            files[file_name(name)] = data = b64decode(text, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise WrongUsage(f"The file `{shorten(name)}` is not base64.", suggestion=EXAMPLE_FILES) from None
        if len(data) > MAX_FILE:
            raise too_large(name, len(data))
    return files


def _at(speaker: Speaker, value: str) -> Speaker:
    try:
        return replace(speaker, at=moment(value))
    except ValueError as fault:
        raise WrongUsage(f"{fault}.", suggestion=EXAMPLE) from fault


_TEXT = (str, "a text")
_FIELDS: Mapping[str, tuple[type, str]] = {
    "text": _TEXT,
    "code": _TEXT,
    "as": _TEXT,
    "organiser": (bool, "true or false"),
    "in": _TEXT,
    "at": _TEXT,
    "files": (dict, "an object of names and base64"),
}
_SPEAKER: Mapping[str, Callable[[Speaker, Any], Speaker]] = {
    "as": lambda speaker, value: replace(speaker, name=value),
    "organiser": lambda speaker, value: replace(speaker, organiser=value),
    "in": lambda speaker, value: replace(speaker, channel=value),
    "at": _at,
}
