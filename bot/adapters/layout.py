"""Text laid out for chats that show no real tables and limit how much one message holds.

Discord and Slack share these rules, since a study group reads both on a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.reply import File, Picture, Reply, Table, Text, plain_part

PHONE = 36  # characters of fixed width that a phone shows before it wraps
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


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a wide table, to be read on its own: what it is about, and what it says by header."""

    headline: str
    cells: tuple[tuple[str, str], ...]

    def sentence(self) -> str:
        """The cells in one line that may wrap. The first speaks for itself; the others are named."""
        (_, first), *rest = self.cells or (("", ""),)
        return " · ".join([first, *(f"{header} {cell}" for header, cell in rest)])


def lay_out(table: Table, width: int = PHONE) -> str | list[Record]:
    """A table without its title: lined up in a fixed width where that fits a phone, else one record a row."""
    lines = _lined_up(table)
    if all(len(line) <= width for line in lines):
        return "\n".join(lines)
    return [_record(table.headers, row) for row in table.rows]


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


def _record(headers: tuple[str, ...], row: tuple[str, ...]) -> Record:
    """A row as a record; a leading row number joins the headline."""
    first = 2 if len(row) > 2 and _NUMBER.fullmatch(row[0]) else 1
    cells = zip(headers[first:], row[first:], strict=True)
    return Record("  ".join(row[:first]), tuple((header, cell) for header, cell in cells if cell))


def in_words(reply: Reply) -> Reply:
    """The same without files: the words that stand for them are there."""
    parts = tuple(
        Text(text=plain_part(part), tone="note") if isinstance(part, File | Picture) else part for part in reply.parts
    )
    return replace(reply, parts=parts)


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
