"""Anki's note types: the names of a note's fields, and the templates that make cards of them.

Old collections have them as JSON, new ones as rows with protobuf in them, of which three fields are needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_IMAGE_OCCLUSION = 6  # Anki's number of its own kind of notes about pictures
_CLOZE = 1
_MAX_TEMPLATE = 64_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Notetype:
    """How notes become cards.

    Attributes:
        name: as its owner calls it.
        cloze: whether cards come from gaps in a text, all of one template.
        pictures: whether its cards ask for parts of a picture.
        fields: their names, in their order.
        templates: front and back of each card, by its number.
    """

    name: str
    cloze: bool = False
    pictures: bool = False
    fields: tuple[str, ...] = ()
    templates: tuple[tuple[str, str], ...] = ()


def notetypes_of_json(models: Any) -> dict[int, Notetype]:
    """The note types of an old collection; raises `ValueError`, `KeyError` or `TypeError`."""
    found: dict[int, Notetype] = {}
    for id_, model in models.items():
        fields = sorted((int(each["ord"]), str(each["name"])) for each in model["flds"])
        templates = sorted((int(each["ord"]), str(each["qfmt"]), str(each["afmt"])) for each in model["tmpls"])
        found[int(id_)] = Notetype(
            name=str(model["name"]),
            cloze=model["type"] == _CLOZE,
            pictures=model.get("originalStockKind") == _IMAGE_OCCLUSION,
            fields=tuple(name for _, name in fields),
            templates=tuple((_bounded(front), _bounded(back)) for _, front, back in templates),
        )
    return found


def decks_of_json(decks: Any) -> dict[int, str]:
    """The names of an old collection's decks; raises what `notetypes_of_json` does."""
    return {int(id_): str(deck["name"]) for id_, deck in decks.items()}


def notetypes_of_rows(
    notetypes: Sequence[tuple[int, str, bytes]],
    fields: Sequence[tuple[int, int, str]],
    templates: Sequence[tuple[int, int, bytes]],
) -> dict[int, Notetype]:
    """The note types of a new collection, from the rows of its three tables; raises `ValueError` or `TypeError`."""
    names: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for of, place, name in fields:
        names[of].append((place, name))
    sides: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for of, place, config in templates:
        known = dict(_protobuf(config))
        sides[of].append((place, _string(known.get(1, b"")), _string(known.get(2, b""))))
    found: dict[int, Notetype] = {}
    for id_, name, config in notetypes:
        known = dict(_protobuf(config))
        found[id_] = Notetype(
            name=name,
            cloze=known.get(1) == _CLOZE,
            pictures=known.get(9) == _IMAGE_OCCLUSION,
            fields=tuple(each for _, each in sorted(names[id_])),
            templates=tuple((_bounded(front), _bounded(back)) for _, front, back in sorted(sides[id_])),
        )
    return found


def _bounded(template: str) -> str:
    if len(template) > _MAX_TEMPLATE:
        raise ValueError("a template without end")
    return template


def _string(value: int | bytes) -> str:
    if isinstance(value, int):
        raise TypeError("a number in place of a text")
    return value.decode()


def _protobuf(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message by their numbers; raises `ValueError`."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        size, at = _varint(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        if at + size > len(data):
            raise ValueError("a field longer than its message")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without end")
