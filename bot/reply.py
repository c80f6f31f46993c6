"""What a chat answer is, on no platform in particular.

Every part has a plain-text form (`plain`), so a platform that cannot show a part still says what it says. Text is
plain text in which only `code` between backticks is marked; adapters escape everything else, so nothing that a
person typed can ping, link or format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Union, assert_never

from bot.actions import Action

Tone = Literal["normal", "heading", "good", "bad", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph. `code` in backticks is the only markup.

    `until` is a moment that the words lead up to, such as "The question closes": where a platform can count down to it
    "in 20 s" follows, and goes on by itself; elsewhere the time of day follows.
    """

    text: str
    tone: Tone = "normal"
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Text in a fixed width, kept to the letter; `language` is a highlighter's name or empty."""

    code: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of plain cells under headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image and the words that stand for it."""

    data: bytes
    alt: str
    kind: Literal["png", "gif"] = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Something to download."""

    name: str
    data: bytes
    kind: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A press that comes back as its action, also after a restart."""

    label: str
    action: Action
    style: Literal["normal", "primary", "danger"] = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A row of at most 25 buttons."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """One choice of up to 25; the chosen value comes back in `Incoming.values["choice"]`."""

    label: str
    options: tuple[tuple[str, str], ...]  # (value, label)
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a form; a `file` is chosen instead of typed, and comes in `Incoming.files`."""

    name: str
    label: str
    value: str = ""
    multiline: bool = False
    required: bool = True
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Inputs that come back together in `Incoming.values`."""

    title: str
    fields: tuple[Field, ...]
    action: Action


Part = Union[Text, Code, Table, Picture, File, Buttons, Select, Form]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why there is no answer: for programs, the same as the parts say to people.

    Attributes:
        kind: `language`, `shape`, `usage`, `busy`, `cancelled`, `unavailable`, `bug`, or a sandbox status in lower
            case.
        message: one sentence.
        column: where in the text, counted from 0.
        suggestion: what to write instead.
    """

    kind: str
    message: str
    column: int | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message that was sent before, in its platform's own terms."""

    channel: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. `data` is the same for programs (`stride ask --json`).

    What is not `kept` stays out of the channel's history, with what was said: codes, and what is long.
    """

    parts: tuple[Part, ...]
    private: bool = False
    kept: bool = True
    replaces: MessageRef | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    fault: Fault | None = None


def plain(reply: Reply) -> str:
    """The whole reply as plain text, for terminals, notifications and screen readers."""
    return "\n\n".join(text for part in reply.parts if (text := plain_part(part)))


def plain_part(part: Part) -> str:
    """One part as plain text."""
    match part:
        case Text():
            return part.text if part.until is None else f"{part.text} at {part.until.astimezone(UTC):%H:%M:%S} UTC"
        case Code():
            return part.code
        case Table():
            return plain_table(part)
        case Picture():
            return f"[picture: {part.alt}]"
        case File():
            return f"[file: {part.name}, {len(part.data)} bytes]"
        case Buttons():
            return " ".join(f"[{button.label}]" for button in part.buttons)
        case Select():
            return f"{part.label}: " + " | ".join(label for _, label in part.options)
        case Form():
            return f"{part.title}: " + ", ".join(each.label for each in part.fields)
        case _:
            assert_never(part)


def plain_table(table: Table) -> str:
    """A table with its columns lined up."""
    rows = (table.headers, *table.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.headers))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([table.title, *lines] if table.title else lines)
