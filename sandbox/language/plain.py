"""What a program wrote, made fit to be shown: no escapes, no controls, nothing that turns text round.

The data stays as it was written; this is for display, and says whether it took anything away.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_MOST_MARKS = 4  # combining marks on one character: more is a tower that hides its neighbours
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?"  # OSC: titles, links, the clipboard
    r"|\x1b[PX^_][^\x1b]{0,4096}(?:\x1b\\)?"  # strings for the device
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]{0,16}[0-~]?"
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class Plain(NamedTuple):
    """Text to show; `changed` where something was taken out of it."""

    text: str
    changed: bool


def plain(text: str) -> Plain:
    """A program's output as it may be shown."""
    shown = text.replace("\r\n", "\n")
    if "\r" in shown:
        shown = "\n".join(_last_drawn(line) for line in shown.split("\n"))
    shown = _CONTROLS.sub("", _ESCAPES.sub("", shown))
    if not shown.isascii():
        shown = _without_towers(shown.encode("utf-8", "backslashreplace").decode())
    return Plain(shown, shown != text)


def _last_drawn(line: str) -> str:
    """A progress bar draws its line again and again."""
    return line.rstrip("\r").rpartition("\r")[2]


def _without_towers(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) or unicodedata.category(character) == "Me" else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
