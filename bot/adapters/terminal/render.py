"""A reply as JSON for programs, or as coloured text for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from bot.reply import (
    Button,
    Buttons,
    Code,
    Fault,
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

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

ANSWERED = 0
USERS_ERROR = 1
OURS = 2
OUR_KINDS = frozenset({"bug", "unavailable"})

STYLES: dict[Tone, str] = {"normal": "", "heading": "bold", "good": "green", "bad": "red", "note": "dim"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and newline: they could drive the terminal
MARKED = re.compile(r"`([^`\n]+)`")

Choice = Button | Form | tuple[Select, str]


def status(fault: Fault | None) -> int:
    """The exit status that a reply stands for: 0 an answer, 1 the asker's mistake, 2 our own."""
    if fault is None:
        return ANSWERED
    return OURS if fault.kind in OUR_KINDS else USERS_ERROR


def to_json(reply: Reply) -> str:
    """One line of JSON: `ok`, `text`, `data` and `error`."""
    error: dict[str, Any] | None = None
    if (fault := reply.fault) is not None:
        error = {"kind": fault.kind, "message": fault.message}
        if fault.column is not None:
            error["column"] = fault.column
        if fault.suggestion is not None:
            error["suggestion"] = fault.suggestion
    return json.dumps({"ok": fault is None, "text": plain(reply), "data": dict(reply.data), "error": error})


def harmless(text: str) -> str:
    """Text without what a terminal would obey."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def show(
    reply: Reply,
    console: Console,
    kept: Mapping[int, Path],
    *,
    choices: bool = True,
    before: Sequence[Choice] = (),
) -> list[Choice]:
    """Prints a reply; the choices that there are then, in the order of the numbers printed before them.

    Args:
        reply: what to print.
        console: where.
        kept: the files of its pictures, by their numbers among the parts.
        choices: whether buttons can be pressed here; else they are left out.
        before: choices that were offered before and still are: the numbers go on after theirs.
    """
    offered: list[Choice] = [*before]
    for number, part in enumerate(reply.parts):
        if isinstance(part, Buttons) and not choices:
            continue
        to_read = console.is_terminal and isinstance(part, Text | Buttons)  # the rest is to be copied as it is
        for each in _shown(part, offered):
            console.print(each, highlight=False, soft_wrap=not to_read)
        if number in kept:
            console.print(f"    {kept[number]}", style="cyan", markup=False, highlight=False, soft_wrap=True)
    return offered


def _shown(part: Part, offered: list[Choice]) -> Iterator[RenderableType]:
    from rich.text import Text as Styled

    match part:
        case Text():
            yield _text(part)
        case Code():
            yield Styled("\n".join(f"    {line}" for line in harmless(part.code).splitlines()), style="cyan")
        case Table():
            yield _table(part)
        case Buttons():
            yield Styled("  ".join(_numbered(button.label, button, offered) for button in part.buttons), style="blue")
        case Select():
            yield Styled(harmless(part.label))
            for value, label in part.options:
                yield Styled(_numbered(label, (part, value), offered), style="blue")
        case Form():
            yield Styled(_numbered(part.title, part, offered), style="blue")
        case Picture() | File():
            yield Styled(harmless(plain_part(part)), style="dim")
        case _:
            assert_never(part)


def _numbered(label: str, choice: Choice, offered: list[Choice]) -> str:
    offered.append(choice)
    return f"[{len(offered)}] {harmless(label)}"


def _text(part: Text) -> RenderableType:
    from rich.text import Text as Styled

    shown = Styled(style=STYLES[part.tone])
    for number, piece in enumerate(MARKED.split(harmless(plain_part(part)))):
        shown.append(piece, style="cyan" if number % 2 else None)
    return shown


def _table(part: Table) -> RenderableType:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text as Styled

    grid = Grid(box=box.SIMPLE, title=Styled(harmless(part.title)) if part.title else None)
    for header in part.headers:
        grid.add_column(Styled(harmless(header)), overflow="fold")
    for row in part.rows:
        grid.add_row(*(Styled(harmless(cell)) for cell in row))
    return grid
