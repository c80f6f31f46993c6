"""`Reply` -> Slack's blocks, in messages that Slack will take.

What people typed goes into rich text and plain text, which Slack does not interpret: no mention, link or bold can
come of it. Only the notification's text is Slack's markup, and it is escaped. Pure: only dictionaries and bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, assert_never

from bot.actions import to_id
from bot.adapters.layout import Record, lay_out, pieces, shortened, spans
from bot.adapters.slack.parse import Address
from bot.reply import (
    Button,
    Buttons,
    Code,
    Field,
    File,
    Form,
    Part,
    Picture,
    Reply,
    Select,
    Table,
    Text,
    Tone,
    plain,
    plain_part,
)

MARKS: Mapping[Tone, str] = {"good": "✅ ", "bad": "❌ "}
MAX_BLOCKS = 50
MAX_BLOCK_TEXT = 3_000
MAX_MESSAGE = 12_000  # characters of blocks as JSON; Slack refuses somewhat above 13,000
MAX_MESSAGES = 3  # what is longer goes into a file; a response URL would take five
MAX_NOTICE = 3_000
MAX_ROW = 25
ROWS = 20  # of a table in one block
MAX_CELL = 1_000
MAX_SPANS = 60  # marked and plain pieces of one paragraph; a text with more is not worth marking
MAX_HEADER = 150
MAX_FORM_VALUE = 3_000
MAX_ALT = 2_000
FORM = "stride"
NO_PICTURES: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that follows the messages: Slack takes files by another road."""

    name: str
    data: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its blocks, and what stands in the notification and for screen readers (Slack's markup)."""

    blocks: tuple[dict[str, Any], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What carries a reply."""

    messages: tuple[Message, ...]
    uploads: tuple[Upload, ...] = ()


def render(reply: Reply) -> Rendered:
    """At most `MAX_MESSAGES` messages, the rest in a file."""
    uploads = [upload for number, part in enumerate(reply.parts, 1) if (upload := _upload(part, number))]
    pages = _pages(list(_blocks(reply.parts)))
    if len(pages) > MAX_MESSAGES:
        controls = [block for page in pages[1:] for block in page if block["type"] == "actions"]
        pages = [pages[0], *_pages(controls)][:MAX_MESSAGES]
        uploads.append(Upload("answer.txt", plain(reply).encode(), "The whole answer"))
    messages = [Message(tuple(page), _notice(reply)) for page in pages or [list(_notes("…"))]]
    return Rendered(tuple(messages), tuple(uploads))


def one_message(reply: Reply, pictures: Mapping[int, str] = NO_PICTURES) -> Rendered:
    """The one message that a reply is posted as: what it has no room for is in a file, and its buttons stay.

    Args:
        reply: what is said.
        pictures: of pictures that Slack has already, its ids of them by the numbers of their parts, counted from 1.
    """
    uploads = [
        upload
        for number, part in enumerate(reply.parts, 1)
        if number not in pictures and (upload := _upload(part, number))
    ]
    shown = list(_blocks(reply.parts, pictures)) or list(_notes("…"))
    if len(_pages(shown)) > 1:
        uploads.append(Upload("answer.txt", plain(reply).encode(), "The whole of it"))
        shown = _cut(shown)
    return Rendered((Message(tuple(shown), _notice(reply)),), tuple(uploads))


def _cut(held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As much of a long message as there is room for above its buttons."""
    controls = [block for block in held if block["type"] == "actions"]
    kept: list[dict[str, Any]] = []
    last = _pages(controls)[0] if controls else []
    for block in held:
        if block["type"] == "actions":
            continue
        if len(_pages([*kept, block, *last])) > 1:
            break
        kept.append(block)
    return [*kept, *last]


def picture_uploads(reply: Reply) -> dict[int, Upload]:
    """The pictures of a reply by the numbers of their parts, counted from 1."""
    return {
        number: upload
        for number, part in enumerate(reply.parts, 1)
        if isinstance(part, Picture) and (upload := _upload(part, number))
    }


def modal(form: Form, address: Address, said: Sequence[Part] = ()) -> dict[str, Any]:
    """A form as a modal window below the texts that came with it, which carries with it where it was asked for."""
    kept = {"action": to_id(form.action), "channel": address.channel, "thread": address.thread}
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": json.dumps(kept),
        "title": _plain(form.title, 24),
        "submit": _plain("Send", 24),
        "close": _plain("Cancel", 24),
        "blocks": [
            *_blocks([part for part in said if isinstance(part, Text)]),
            *(
                {
                    "type": "input",
                    "block_id": each.name,
                    "optional": not each.required,
                    "label": _plain(each.label, 2000),
                    "element": _input(each),
                }
                for each in form.fields
            ),
        ],
    }


def _input(field: Field) -> dict[str, Any]:
    if field.file:
        return {"type": "file_input", "action_id": field.name, "max_files": 1}
    return {
        "type": "plain_text_input",
        "action_id": field.name,
        "multiline": field.multiline,
        "max_length": MAX_FORM_VALUE,
        **({"initial_value": field.value[:MAX_FORM_VALUE]} if field.value else {}),
    }


def _notice(reply: Reply) -> str:
    return escape(shortened(plain(reply), MAX_NOTICE)).strip() or "…"


def escape(text: str) -> str:
    """Text for Slack's markup with its three control characters escaped, so that nothing mentions or links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(parts: Sequence[Part], pictures: Mapping[int, str] = NO_PICTURES) -> Iterator[dict[str, Any]]:
    counter = iter(range(10_000))  # ids of elements must differ within a message
    for number, part in enumerate(parts, 1):
        match part:
            case Text():
                yield from _text(part)
            case Code():
                yield from _fixed(part.code)
            case Table():
                yield from _table(part)
            case Buttons():
                elements = [_button(each, next(counter)) for each in part.buttons]
                for start in range(0, len(elements), MAX_ROW):
                    yield {"type": "actions", "elements": elements[start : start + MAX_ROW]}
            case Select():
                yield {"type": "actions", "elements": [_select(part, next(counter))]}
            case Picture() if number in pictures:
                yield _image(part, pictures[number])
            case Picture() | File() | Form():
                # Files follow the message, and forms open as windows: here stands what they are.
                yield from _notes(plain_part(part))
            case _:
                assert_never(part)


def _text(part: Text) -> Iterator[dict[str, Any]]:
    if part.until is not None:
        yield from _counted(part, part.until)
        return
    said = part.text
    match part.tone:
        case "normal":
            yield from _paragraph(said)
        case "heading" if len(said) <= MAX_HEADER and said.strip():
            yield {"type": "header", "text": _plain(said.replace("`", ""), MAX_HEADER)}
        case "heading":
            yield from _paragraph(said, bold=True)
        case "good" | "bad":
            yield from _paragraph(MARKS[part.tone] + said)
        case "note":
            yield from _notes(said.replace("`", ""))
        case _:
            assert_never(part.tone)


def _paragraph(text: str, *, bold: bool = False) -> Iterator[dict[str, Any]]:
    for piece in pieces(text, MAX_BLOCK_TEXT):
        found = list(spans(piece))
        elements = []
        for words, code in found if len(found) <= MAX_SPANS else [(piece, False)]:
            style = {name: True for name, on in (("bold", bold), ("code", code)) if on}
            elements.append({"type": "text", "text": words, **({"style": style} if style else {})})
        yield _rich(elements)


def _counted(part: Text, until: datetime) -> Iterator[dict[str, Any]]:
    """A paragraph that leads up to a moment: each reader sees it in their own zone."""
    at = f"{until.astimezone(UTC):%H:%M:%S} UTC"
    date = {"type": "date", "timestamp": int(until.timestamp()), "format": "{time_secs}", "fallback": at}
    *before, last = _paragraph(f"{MARKS.get(part.tone, '')}{part.text} at ", bold=part.tone == "heading")
    yield from before
    last["elements"][0]["elements"].append(date)
    yield last


def _rich(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _fixed(code: str) -> Iterator[dict[str, Any]]:
    for piece in pieces(code, MAX_BLOCK_TEXT):
        block = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": piece}]}
        yield {"type": "rich_text", "elements": [block]}


def _table(part: Table) -> Iterator[dict[str, Any]]:
    if part.title:
        yield _rich([{"type": "text", "text": shortened(part.title, MAX_CELL), "style": {"bold": True}}])
    laid = lay_out(part)
    if isinstance(laid, str):
        yield from _fixed(laid)
        return
    for rows in _grouped([_row(record) for record in laid]):
        yield {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": rows}]}


def _grouped(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows in groups that are each a block."""
    groups: list[list[dict[str, Any]]] = []
    size = MAX_BLOCK_TEXT
    for row in rows:
        cost = sum(len(each["text"]) for each in row["elements"])
        if size + cost > MAX_BLOCK_TEXT or len(groups[-1]) == ROWS:
            groups.append([])
            size = 0
        groups[-1].append(row)
        size += cost
    return groups


def _row(record: Record) -> dict[str, Any]:
    elements: list[dict[str, Any]] = [
        {"type": "text", "text": shortened(record.headline, MAX_CELL) or "…", "style": {"code": True}}
    ]
    if said := record.sentence():
        elements.append({"type": "text", "text": f"  {shortened(said, MAX_CELL)}"})
    return {"type": "rich_text_section", "elements": elements}


def _image(part: Picture, file: str) -> dict[str, Any]:
    return {"type": "image", "slack_file": {"id": file}, "alt_text": shortened(part.alt, MAX_ALT) or "picture"}


def _notes(text: str) -> Iterator[dict[str, Any]]:
    for piece in pieces(text, 2000):
        yield {"type": "context", "elements": [_plain(piece, 2000)]}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shortened(text, limit) or "…", "emoji": False}


def _button(button: Button, number: int) -> dict[str, Any]:
    style = {} if button.style == "normal" else {"style": button.style}
    return {"type": "button", "action_id": _id(number, to_id(button.action)), "text": _plain(button.label, 75), **style}


def _select(part: Select, number: int) -> dict[str, Any]:
    return {
        "type": "static_select",
        "action_id": _id(number, to_id(part.action)),
        "placeholder": _plain(part.label, 150),
        "options": [{"text": _plain(label, 75), "value": value} for value, label in part.options],
    }


def _id(number: int, action: str) -> str:
    """An element's id: the action's, made different from that of another element that does the same."""
    return f"stride:{number}:{action}"


def _upload(part: Part, number: int) -> Upload | None:
    match part:
        case Picture():
            return Upload(f"picture-{number}.{part.kind}", part.data, part.alt)
        case File():
            return Upload(re.sub(r"[\x00-\x1f/\\]", "_", part.name), part.data)
        case _:
            return None


def _pages(blocks: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    size = MAX_MESSAGE
    for block in blocks:
        cost = len(json.dumps(block, ensure_ascii=False)) + 2
        if size + cost > MAX_MESSAGE or len(pages[-1]) == MAX_BLOCKS:
            pages.append([])
            size = 0
        pages[-1].append(block)
        size += cost
    return pages
