"""Text laid out for chats that show no real tables and limit how much one message holds.

Discord and Slack share these rules, since a study group reads both on a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.reply import Table

PHONE = 42  # characters of fixed width that a phone shows before it wraps
_CODE = re.compile(r"`([^`\n]+)`")
_NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?%?")


def spans(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a `Text` in order, each with whether it was between backticks."""
    at = 0
    for match in _CODE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], False
        yield match[1], True
        at = match.end()
    if at < len(text):
        yield text[at:], False


def fixed(table: Table, width: int = PHONE) -> str:
    """A table in a fixed width: lined up where it fits, else one short record a row. The title is left out."""
    lined_up = _lined_up(table)
    if all(len(line) <= width for line in lined_up):
        return "\n".join(lined_up)
    return "\n".join(line for row in table.rows for line in _record(table.headers, row))


def _lined_up(table: Table) -> list[str]:
    columns = list(zip(table.headers, *table.rows, strict=True))
    laid = [_column(cells) for cells in columns]
    lines = ["  ".join(row).rstrip() for row in zip(*laid, strict=True)]
    lines.insert(1, "  ".join("-" * len(cells[0]) for cells in laid))
    return lines


def _column(cells: tuple[str, ...]) -> list[str]:
    """One column padded to its width; figures go to the right, so that they can be compared."""
    width = max(map(len, cells))
    figures = len(cells) > 1 and all(_NUMBER.fullmatch(cell) for cell in cells[1:] if cell)
    return [cell.rjust(width) if figures else cell.ljust(width) for cell in cells]


def _record(headers: tuple[str, ...], row: tuple[str, ...]) -> Iterator[str]:
    """A row as a headline and one line a cell; a leading row number joins the headline."""
    first = 2 if len(row) > 1 and _NUMBER.fullmatch(row[0]) else 1
    yield "  ".join(row[:first])
    label = max((len(header) for header in headers[first:]), default=0)
    for header, cell in zip(headers[first:], row[first:], strict=True):
        if cell:
            yield f"  {header.ljust(label)}  {cell}"


def pieces(text: str, limit: int) -> list[str]:
    """A long text in pieces of at most `limit` characters, cut between paragraphs, lines or words where it can be."""
    found = []
    rest = text
    while len(rest) > limit:
        cut = next((at for mark in ("\n\n", "\n", " ") if (at := rest.rfind(mark, limit // 2, limit)) > 0), limit)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip("\n ") if cut < limit else rest[cut:]
    if rest:
        found.append(rest)
    return found


def shortened(text: str, limit: int) -> str:
    """A label cut to `limit` characters, the cut marked."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
