"""Replies as JSON and back, for the history. Every part keeps everything, so an old answer can be shown anew."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, assert_never

from bot.actions import from_id, to_id
from bot.reply import (
    Button,
    Buttons,
    Code,
    Fault,
    Field,
    File,
    Form,
    MessageRef,
    Part,
    Picture,
    Reply,
    Select,
    Table,
    Text,
)

VERSION = 1
_ENCODER = json.JSONEncoder(separators=(",", ":"))  # built once: json.dumps with any option builds one a call


class CodecError(ValueError):
    """JSON that is not a reply of a version that is understood."""


def dumps(reply: Reply) -> str:
    """A reply as one line of JSON."""
    return _ENCODER.encode(to_json(reply))


def loads(text: str) -> Reply:
    """The reply in a line; raises `CodecError`."""
    try:
        return from_json(json.loads(text))
    except (ValueError, RecursionError) as fault:
        raise CodecError("not JSON of a reply") from fault


def to_json(reply: Reply) -> dict[str, Any]:
    """A reply as a JSON object."""
    message: dict[str, Any] = {"v": VERSION, "parts": [_part_out(part) for part in reply.parts]}
    if reply.private:
        message["private"] = True
    if reply.replaces is not None:
        message["replaces"] = asdict(reply.replaces)
    if reply.data:
        message["data"] = dict(reply.data)
    if reply.fault is not None:
        message["fault"] = asdict(reply.fault)
    return message


def from_json(message: Mapping[str, Any]) -> Reply:
    """The reply in a JSON object; raises `CodecError`."""
    try:
        if message["v"] != VERSION:
            raise CodecError(f"a reply of version {message['v']!r}")
        replaces, fault = message.get("replaces"), message.get("fault")
        return Reply(
            parts=tuple(_READERS[part["is"]](part) for part in message["parts"]),
            private=bool(message.get("private", False)),
            replaces=None if replaces is None else MessageRef(**replaces),
            data=message.get("data", {}),
            fault=None if fault is None else Fault(**fault),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise CodecError(f"not a reply: {problem}") from problem


def _part_out(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            until = {} if part.until is None else {"until": part.until.isoformat()}
            return {"is": "text", "text": part.text, "tone": part.tone, **until}
        case Code():
            return {"is": "code", "code": part.code, "language": part.language}
        case Table():
            return {"is": "table", "headers": part.headers, "rows": part.rows, "title": part.title}
        case Picture():
            return {"is": "picture", "data": _bytes_out(part.data), "alt": part.alt, "kind": part.kind}
        case File():
            return {"is": "file", "name": part.name, "data": _bytes_out(part.data), "kind": part.kind}
        case Buttons():
            buttons = [{"label": each.label, "id": to_id(each.action), "style": each.style} for each in part.buttons]
            return {"is": "buttons", "buttons": buttons}
        case Select():
            return {"is": "select", "label": part.label, "options": part.options, "id": to_id(part.action)}
        case Form():
            fields = [asdict(each) for each in part.fields]
            return {"is": "form", "title": part.title, "fields": fields, "id": to_id(part.action)}
        case _:
            assert_never(part)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _rows(rows: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Part]] = {
    "text": lambda part: Text(text=part["text"], tone=part["tone"], until=_moment(part.get("until"))),
    "code": lambda part: Code(code=part["code"], language=part["language"]),
    "table": lambda part: Table(headers=tuple(part["headers"]), rows=_rows(part["rows"]), title=part["title"]),
    "picture": lambda part: Picture(data=b64decode(part["data"]), alt=part["alt"], kind=part["kind"]),
    "file": lambda part: File(name=part["name"], data=b64decode(part["data"]), kind=part["kind"]),
    "buttons": lambda part: Buttons(
        buttons=tuple(
            Button(label=each["label"], action=from_id(each["id"]), style=each["style"]) for each in part["buttons"]
        )
    ),
    "select": lambda part: Select(
        label=part["label"],
        options=tuple((value, label) for value, label in part["options"]),
        action=from_id(part["id"]),
    ),
    "form": lambda part: Form(
        title=part["title"], fields=tuple(Field(**each) for each in part["fields"]), action=from_id(part["id"])
    ),
}


def _bytes_out(data: bytes) -> str:
    return b64encode(data).decode("ascii")
