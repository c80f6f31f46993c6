"""`Reply` -> Discord's components, in messages that Discord will take.

Components ("V2") rather than embeds: a reader who has switched embeds off still sees them, buttons stand beside what
they belong to, and a message holds 4,000 characters. Pure: only dictionaries and bytes come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from bot.actions import to_id
from bot.adapters.discord.markup import MAX_RAW_TEXT, escape, paragraphs
from bot.adapters.layout import lay_out, pieces, shortened
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
    plain,
    plain_part,
)

MAX_TEXT = 4_000  # characters of text in one message, all components together
MAX_COMPONENTS = 40  # nested ones too
MAX_FILES = 10
MAX_BYTES = 10 * 1024 * 1024 - 64 * 1024  # of all files of a message, and what Discord's form around them takes
MAX_MESSAGES = 3  # what is longer goes into a file: nobody scrolls through ten messages
MAX_BLOCK = 1_800  # characters of fixed width shown in the chat; what is longer goes into a file
MAX_ROWS = 3_600  # characters of a table that is read row by row; what is longer goes into a file
MAX_TITLE = 200
PHONE = 30  # characters of fixed width that a phone shows in a container, beside Discord's margins
MAX_FORM = 5
MAX_FORM_VALUE = 4_000

ROW, BUTTON, SELECT, INPUT, TEXT, GALLERY, FILE, CONTAINER, LABEL, UPLOAD = 1, 2, 3, 4, 10, 12, 13, 17, 18, 19
STYLES = {"normal": 2, "primary": 1, "danger": 4}
_OWN_NAME = re.compile(r"answer\.txt$|(?:code|table|picture)-\d+\.")  # files that this module names
_TWO_MARKS = re.compile("`(?=`)")  # three would end a block: something that nobody sees stands between them
GREEN, RED, BLUE = 0x2DA44E, 0xD1242F, 0x4E79A7


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message; components name it as `attachment://NAME`."""

    name: str
    data: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a container's components, and its files."""

    components: tuple[dict[str, Any], ...]
    files: tuple[Attachment, ...] = ()


@dataclass(slots=True)
class _Piece:
    """What must stay together: a component, what it costs, and its file."""

    component: dict[str, Any]
    text: int = 0
    components: int = 1
    file: Attachment | None = None


@dataclass(slots=True)
class _Page:
    """A message being filled."""

    pieces: list[_Piece] = field(default_factory=list)

    def fits(self, piece: _Piece) -> bool:
        held = [*self.pieces, piece]
        return (
            sum(each.text for each in held) <= MAX_TEXT
            and sum(each.components for each in held) < MAX_COMPONENTS  # the container is one more
            and sum(each.file is not None for each in held) <= MAX_FILES
            and sum(len(each.file.data) for each in held if each.file) <= MAX_BYTES
        )


def render(reply: Reply) -> list[Message]:
    """The messages that carry a reply: one as a rule, at most `MAX_MESSAGES`, the rest in a file."""
    pages = _pages(_pieces(reply.parts))
    if len(pages) > MAX_MESSAGES:
        whole = _file("answer.txt", plain(reply).encode())
        controls = [piece for page in pages[1:] for piece in page.pieces if piece.component["type"] == ROW]
        pages = _pages([*pages[0].pieces, whole, *controls])[:MAX_MESSAGES]
    return [_message(page, _colour(reply)) for page in pages]


def one_message(reply: Reply) -> Message:
    """The one message that a reply is posted as: what it has no room for is in a file, and its buttons stay."""
    held = _pieces(reply.parts)
    pages = _pages(held)
    if len(pages) == 1:
        return _message(pages[0], _colour(reply))
    last = _Page([_file("answer.txt", plain(reply).encode())])
    for piece in held:
        if piece.component["type"] == ROW and last.fits(piece):
            last.pieces.append(piece)
    first = _Page()
    for piece in held:
        if piece.component["type"] == ROW:
            continue
        if not _Page([*first.pieces, *last.pieces]).fits(piece):
            break
        first.pieces.append(piece)
    return _message(_Page([*first.pieces, *last.pieces]), _colour(reply))


def modal(form: Form, said: Sequence[Part] = ()) -> dict[str, Any]:
    """A form as a modal window, with the texts that came with it; raises `ValueError` for more than 5 inputs."""
    if len(form.fields) > MAX_FORM:
        raise ValueError(f"a form on Discord has at most {MAX_FORM} inputs, not {len(form.fields)}")
    inputs = [{"type": LABEL, "label": shortened(each.label, 45), "component": _input(each)} for each in form.fields]
    texts = [_text(words) for part in said if isinstance(part, Text) for words in paragraphs(part)]
    room = MAX_FORM - len(inputs)
    return {
        "title": shortened(form.title, 45),
        "custom_id": to_id(form.action),
        "components": [*(piece.component for piece in texts[:room]), *inputs],
    }


def _input(field: Field) -> dict[str, Any]:
    if field.file:
        least = 1 if field.required else 0
        bounds = {"min_values": least, "max_values": 1, "required": field.required}
        return {"type": UPLOAD, "custom_id": field.name, **bounds}
    return {
        "type": INPUT,
        "custom_id": field.name,
        "style": 2 if field.multiline else 1,
        "value": field.value[:MAX_FORM_VALUE],
        "required": field.required,
        "max_length": MAX_FORM_VALUE,
    }


def _pieces(parts: Sequence[Part]) -> list[_Piece]:
    found: list[_Piece] = []
    taken: set[str] = set()
    for number, part in enumerate(parts, start=1):
        found.extend(map(_sendable, _part(part, number, taken)))
    return found


def _sendable(piece: _Piece) -> _Piece:
    """A file that Discord would refuse is named, so that the rest of the answer arrives."""
    if piece.file is None or len(piece.file.data) <= MAX_BYTES:
        return piece
    size = len(piece.file.data) / 1024 / 1024
    return _text(f"-# {escape(piece.file.name)} has {size:.0f} MiB, more than Discord takes.")


def _part(part: Part, number: int, taken: set[str]) -> Iterator[_Piece]:
    match part:
        case Text():
            yield from map(_text, paragraphs(part))
        case Code():
            yield from _block(part.code, part.language, f"code-{number}.txt")
        case Table():
            yield from _table(part, f"table-{number}.txt")
        case Picture():
            name = f"picture-{number}.{part.kind}"
            item: dict[str, Any] = {"media": {"url": f"attachment://{name}"}}
            if part.alt:
                item["description"] = shortened(part.alt, 1024)
            yield _Piece({"type": GALLERY, "items": [item]}, file=Attachment(name, part.data, part.alt))
        case File():
            yield _file(_safe_name(part.name, number, taken), part.data)
        case Buttons():
            yield from _rows(part, taken)
        case Select():
            yield from _select(part, taken)
        case Form():
            # The client opens forms as windows; in a message one is what it asks for.
            asked = ", ".join(each.label for each in part.fields)
            asked = shortened(asked, MAX_RAW_TEXT)
            yield _text(f"**{escape(shortened(part.title, MAX_TITLE))}**\n{escape(asked)}")
        case _:
            assert_never(part)


def _text(said: str) -> _Piece:
    said = said if said.strip() else "\u200b"  # Discord refuses an empty text
    return _Piece({"type": TEXT, "content": said}, text=len(said))


def _block(code: str, language: str, name: str, title: str = "") -> Iterator[_Piece]:
    """Fixed width; also in a file where it is long, or where Discord could not show it to the letter."""
    fence = f"{title}```{re.sub('[^a-z0-9+-]', '', language.lower())}\n"
    shown = _TWO_MARKS.sub("`\u200b", code)
    if len(shown) <= MAX_BLOCK:
        yield _text(f"{fence}{shown}\n```")
    else:
        yield _text(f"{fence}{pieces(shown, MAX_BLOCK // 2)[0]}\n…\n```")
    if shown != code or len(shown) > MAX_BLOCK:
        yield _file(name, code.encode())


def _table(part: Table, name: str) -> Iterator[_Piece]:
    title = f"**{escape(shortened(part.title, MAX_TITLE))}**\n" if part.title else ""
    laid = lay_out(part, PHONE)
    if isinstance(laid, str):
        yield from _block(laid, "", name, title)
        return
    rows = [f"{_as_code(record.headline)} {escape(record.sentence())}".strip() for record in laid]
    if sum(map(len, rows)) > MAX_ROWS or max(map(len, rows), default=0) > MAX_BLOCK:
        yield from _block(plain_part(part), "", name, title)
    else:
        yield from map(_text, pieces(title + "\n".join(rows), MAX_BLOCK))


def _as_code(text: str) -> str:
    return f"**{escape(text)}**" if "`" in text else f"`{text}`"


def _file(name: str, data: bytes) -> _Piece:
    return _Piece({"type": FILE, "file": {"url": f"attachment://{name}"}}, file=Attachment(name, data))


def _safe_name(name: str, number: int, taken: set[str]) -> str:
    """A file name as Discord keeps it, so that the component finds its file; numbered where another is called so."""
    stem, dot, ending = name.rpartition(".")
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", stem or ending)
    kind = re.sub(r"[^A-Za-z0-9]", "", ending) if dot and stem else ""
    ends = f".{kind[:16]}" if kind else ""
    found = f"{safe[:80]}{ends}"
    if found in taken or _OWN_NAME.match(found) or not safe.strip("_"):
        found = f"{safe[:80]}-{number}{ends}"
    taken.add(found)
    return found


def _rows(part: Buttons, taken: set[str]) -> Iterator[_Piece]:
    """Rows of five. Discord refuses the same id twice in a message, and twice the same action is once too often."""
    fresh = []
    for button in part.buttons:
        if (key := to_id(button.action)) not in taken:
            taken.add(key)
            fresh.append(_button(button))
    for start in range(0, len(fresh), 5):
        row = fresh[start : start + 5]
        yield _Piece({"type": ROW, "components": row}, components=1 + len(row))


def _button(button: Button) -> dict[str, Any]:
    return {
        "type": BUTTON,
        "style": STYLES[button.style],
        "label": shortened(button.label, 80) or "…",
        "custom_id": to_id(button.action),
    }


def _select(part: Select, taken: set[str]) -> Iterator[_Piece]:
    if (key := to_id(part.action)) in taken:
        return
    taken.add(key)
    menu = {
        "type": SELECT,
        "custom_id": key,
        "placeholder": shortened(part.label, 150),
        "options": [{"label": shortened(label, 100), "value": value} for value, label in part.options],
    }
    yield _Piece({"type": ROW, "components": [menu]}, components=2)


def _pages(held: Sequence[_Piece]) -> list[_Page]:
    pages = [_Page()]
    for piece in held:
        if not pages[-1].fits(piece):
            pages.append(_Page())
        pages[-1].pieces.append(piece)
    return [page for page in pages if page.pieces] or [_Page([_text("")])]


def _message(page: _Page, colour: int) -> Message:
    container = {
        "type": CONTAINER,
        "accent_color": colour,
        "components": [piece.component for piece in page.pieces],
    }
    return Message((container,), tuple(piece.file for piece in page.pieces if piece.file))


def _colour(reply: Reply) -> int:
    tones = {part.tone for part in reply.parts if isinstance(part, Text)}
    if reply.fault or "bad" in tones:
        return RED
    return GREEN if "good" in tones else BLUE
