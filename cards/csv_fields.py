"""A card's fields as the cells of a table, and back: lists, numbers and shapes as people write them there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from cards.deck import DeckError
from cards.model import Card, Place
from cards.reading import UnreadableError, read
from cards.toml_deck import row, slug

WHY_NO_PROOF = "It came from a table of somebody's own, without a proof."
_LISTS = frozenset({"accept", "facts", "needs"})
_VALUES = frozenset({"value", "denials"})
_NUMBERS = frozenset({"difficulty", "tolerance"})
_SHAPE = re.compile(r"[\s()\[\]]*-?\d+(?:[\s,;x×*]+-?\d+)*[\s,;()\[\]]*\Z|\(\s*\)\Z")  # noqa: RUF001 - typed so
_PARTED = " | "  # between a wrong choice and the mistake behind it


def row_of(card: Card, topic: str) -> dict[str, str]:
    """The cells of a card, by the names of their columns; `topic` is the title of its topic."""
    found: dict[str, str] = {}
    for name, value in row(card).items():
        if name == "answer":
            found[name] = _answer(card.kind, value)
        elif name == "wrong":
            found[name] = _wrong(value)
        elif name in _LISTS:
            found[name] = _list(value)
        else:
            found[name] = _json(value) if name in _VALUES else str(value)
    if card.why_no_proof == WHY_NO_PROOF:
        del found["why_no_proof"]
    if topic and topic != card.topic:
        found["topic title"] = topic
    if found["id"] == made_id(card.front) and card.kind == "recall":
        del found["id"]
    if card.kind == "recall" and not card.wrong:
        del found["kind"]
    return found


def fields_of(place: Place, cells: Mapping[str, str]) -> dict[str, Any]:
    """A card's fields, as in a deck file, from its cells; raises `DeckError`."""
    filled = {name: cell for name, cell in cells.items() if cell.strip() and name not in {"", "-", "topic title"}}
    kind = filled.get("kind", "choice" if "wrong" in filled else "recall").strip().casefold()
    found: dict[str, Any] = {"kind": kind}
    for name, cell in filled.items():
        if name in _LISTS:
            found[name] = _items(cell)
        elif name in _VALUES or name in _NUMBERS:
            found[name] = _value(cell)
        elif name == "wrong":
            found[name] = _choices(cell)
        elif name == "answer":
            found[name] = _answered(kind, cell)
        elif name != "kind":
            found[name] = cell
    found["id"] = _id(found.get("id", ""), cells["front"])
    if "proof" not in found:
        found.setdefault("why_no_proof", WHY_NO_PROOF)
    if "proof" in found and "reason" not in found:
        raise DeckError(*place, found["id"], "it has a proof but no reason: say in the column reason why it is so")
    return found


def made_id(front: str) -> str:
    """The id of a card that has none of its own: its question's, so that it is the same in the table's next edition."""
    return f"row-{hashlib.blake2b(' '.join(front.split()).encode(), digest_size=6).hexdigest()}"


def _id(written: str, front: str) -> str:
    """A card's id; one that cannot be ours becomes one that can, and stays the same."""
    written = written.strip()
    if not written:
        return made_id(front)
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,79}", written, re.ASCII):
        return written
    return f"{slug(written)[:40]}-{made_id(written)}".strip("-")


def _answer(kind: str, value: Any) -> str:
    if kind == "order":
        return _list(value)
    if kind == "shape":
        return f"({', '.join(map(str, value))}{',' if len(value) == 1 else ''})"
    if not isinstance(value, str):
        return _json(value)
    return _json(value) if kind == "predict" and _value(value) != value else value


def _answered(kind: str, cell: str) -> Any:
    if kind == "order":
        return _items(cell)
    if kind == "shape" and _SHAPE.match(cell.strip()):
        return [int(size) for size in re.findall(r"-?\d+", cell)]
    value = _value(cell) if kind in {"shape", "number", "predict"} else cell
    if kind == "number" and isinstance(value, str):
        with suppress(UnreadableError):
            return read("number", cell, 0).value  # as people type them: 1,792 or 50%
    return value


def _list(items: list[str]) -> str:
    """One a line, unless that would read as something else."""
    text = "\n".join(items)
    return text if _items(text) == items else _json(items)


def _items(cell: str) -> list[Any]:
    value = _value(cell)
    if isinstance(value, list):
        return value
    lines = cell.split("\n") if "\n" in cell else cell.split(";")
    return [line.strip() for line in lines if line.strip()]


def _wrong(choices: list[dict[str, str]]) -> str:
    text = "\n".join(f"{each['text']}{_PARTED}{each['because']}" for each in choices)
    return text if _choices(text) == choices else _json(choices)


def _choices(cell: str) -> list[Any]:
    value = _value(cell)
    if isinstance(value, list):
        return value
    parted = (line.partition(_PARTED) for line in cell.split("\n") if line.strip())
    return [{"text": text.strip(), "because": because.strip()} for text, _, because in parted]


def _value(cell: str) -> Any:
    """A number, a truth, a list or a quoted text; otherwise the cell as it is."""
    try:
        return json.loads(cell, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return cell


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no values of a card


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
