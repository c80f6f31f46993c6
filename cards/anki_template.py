"""Anki's templates: the two sides of a card made from a note's fields, as HTML, without running anything.

A back side is parted into the answer, which ends with the first field that the front does not show, and the rest, which
explains it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MAX_SIDE = 64_000  # characters of HTML
MAX_CLOZE = 500  # the largest number of a gap
_MAX_DEPTH = 8  # of gaps in gaps
_REPLACEMENT = re.compile(r"\{\{([^{}\n]{1,200})\}\}")
_ANSWER = re.compile(r"""<hr[^<>]{0,100}\bid=["']?answer["']?[^<>]{0,100}>""", re.IGNORECASE)
_GAP = re.compile(r"\{\{c([0-9,]{1,20})::|\}\}")


class EndlessError(ValueError):
    """A card that would be longer than any card is."""


@dataclass(slots=True)
class Sides:
    """A card, in HTML.

    Attributes:
        front: the question.
        answer: what the front did not show.
        rest: what comes after it.
        hint: what is shown on demand.
    """

    front: str
    answer: str
    rest: str
    hint: str = ""


@dataclass(slots=True)
class _Side:
    """One side while it is made."""

    parts: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # fields
    length: int = 0
    split: int | None = None  # how many parts belong to the answer

    def add(self, text: str) -> None:
        self.length += len(text)
        if self.length > MAX_SIDE:
            raise EndlessError("a side of a card is too long")
        self.parts.append(text)


def sides(front: str, back: str, fields: Mapping[str, str]) -> Sides:
    """Both sides of an ordinary card; raises `EndlessError`."""
    asked = _Side()
    _fill(front, fields, asked, known=frozenset(), typed=False)
    said = _Side()
    _fill(_after_line(back), fields, said, known=frozenset(asked.shown), typed=True)
    split = len(said.parts) if said.split is None else said.split
    return Sides(
        front="".join(asked.parts),
        answer="".join(said.parts[:split]),
        rest="".join(said.parts[split:]),
        hint=" ".join(asked.hints),
    )


def cloze_sides(front: str, back: str, fields: Mapping[str, str], number: int) -> Sides:
    """Both sides of one gap of a text; the front is empty where no field has a gap of this number."""
    asked = _Side()
    answers: list[str] = []
    gaps: dict[str, str] = dict(fields)
    for name in _cloze_fields(front):
        if name in fields:
            blanked, found = blank(fields[name], number)
            gaps[name] = blanked if found else ""
            answers += found
    if not answers:
        return Sides("", "", "")
    _fill(front, gaps, asked, known=frozenset(), typed=False)
    said = _Side()
    hidden = {name: "" if name in _cloze_fields(back) else text for name, text in fields.items()}
    _fill(_after_line(back), hidden, said, known=frozenset(), typed=True)
    return Sides("".join(asked.parts), "; ".join(dict.fromkeys(answers)), "".join(said.parts), " ".join(asked.hints))


def blank(text: str, number: int) -> tuple[str, list[str]]:
    """A text with the gaps of one number left blank and all others filled, and what belongs into these."""
    stack: list[tuple[bool, list[str]]] = [(False, [])]  # whether it is asked for, and its parts
    answers: list[str] = []
    at = 0
    for found in _GAP.finditer(text):
        stack[-1][1].append(text[at : found.start()])
        at = found.end()
        if found[1] is not None and len(stack) <= _MAX_DEPTH:
            stack.append((str(number) in found[1].split(","), []))
        elif found[1] is None and len(stack) > 1:
            asked, parts = stack.pop()
            inner, _, hint = "".join(parts).partition("::")
            if asked:
                answers.append(inner)
            stack[-1][1].append(f"[{hint or '...'}]" if asked else inner)
        else:
            stack[-1][1].append(found[0])
    stack[-1][1].append(text[at:])
    return "".join("".join(parts) for _, parts in stack), answers


@lru_cache(maxsize=256)
def _parsed(template: str) -> tuple[str, ...]:
    """Text and what stands between double braces, in turns."""
    begins, *others = template.split("<!--")
    return tuple(_REPLACEMENT.split(begins + "".join(other.partition("-->")[2] for other in others)))


@lru_cache(maxsize=256)
def _after_line(back: str) -> str:
    """A back side without what stands above its line: the front once more."""
    found = _ANSWER.search(back)
    return back[found.end() :] if found else back


@lru_cache(maxsize=256)
def _cloze_fields(template: str) -> frozenset[str]:
    parts = (part.strip() for part in _parsed(template)[1::2])
    return frozenset(part.rsplit(":", 1)[1].strip() for part in parts if "cloze:" in part)


def _fill(template: str, fields: Mapping[str, str], side: _Side, *, known: frozenset[str], typed: bool) -> None:
    """Puts fields into a template. What stands inside `{{#Field}}` is there where the field is not empty."""
    hidden: list[bool] = []  # of each condition that is open
    for place, part in enumerate(_parsed(template)):
        if place % 2 == 0:
            if not any(hidden):
                side.add(part)
            continue
        sign, name = part[0], part[1:].strip()
        if sign in "#^":
            filled = bool(_visible(fields.get(name, "")))
            hidden.append(filled == (sign == "^"))
        elif sign == "/":
            hidden[-1:] = []
        elif not any(hidden):
            _put(part.strip(), fields, side, known=known, typed=typed)


def _put(part: str, fields: Mapping[str, str], side: _Side, *, known: frozenset[str], typed: bool) -> None:
    """One field, as its filters want it."""
    *filters, name = (each.strip() for each in part.split(":"))
    if name not in fields or any(each.startswith("tts") for each in filters):
        return  # `FrontSide`, `Tags`, what a machine would read aloud, and names that nothing has
    text = fields[name]
    if "hint" in filters and not typed:
        side.hints.append(text)
        return
    if "type" in filters and not typed:
        return  # a box to type into
    side.shown.add(name)
    side.add(text)
    if side.split is None and name not in known and _visible(text):
        side.split = len(side.parts)


def _visible(text: str) -> bool:
    return bool(text.strip())
