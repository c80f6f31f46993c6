"""Takes a person out of what was said about several: their ids wherever they stand, their names where people read.

What programs read stays what it is, whatever somebody calls themselves: the names of fields and presses, kinds, moments
and topics. Else whoever is called `text` would take every message of their group along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

SOMEBODY = "somebody"  # instead of a name
LOST_PICTURE = "A picture stood here, with the name of somebody who wished to be forgotten."
SHOWN = 40  # characters of a long name, wherever one is shown
SHORTEST_NAME = 3  # a shorter one is in too many words to be looked for where nobody says that it is meant

Change = Callable[[str], str]


class Scrub:
    """What is to be taken out, and what stands there instead."""

    def __init__(self, ids: Iterable[str], names: Iterable[str], gone: str) -> None:
        """`gone` stands for each of `ids`; `SOMEBODY` for each of `names`, where it stands as a word of its own."""
        self._ids = dict.fromkeys(ids, gone)
        self._names = dict.fromkeys((form for name in names for form in _forms(name)), SOMEBODY)
        telling = {form: there for form, there in self._names.items() if len(form) >= SHORTEST_NAME}
        self._no_ids = _replacing(self._ids)
        self._plain = _replacing(self._ids | telling)
        self._all = _replacing(self._ids | self._names)

    @property
    def clues(self) -> tuple[str, ...]:
        """What a reply as JSON holds that is to be changed; a database finds it by these."""
        return _written((*self._ids, *self._names))

    @property
    def ids(self) -> tuple[str, ...]:
        """What other JSON holds that is to be changed."""
        return _written(self._ids)

    def text(self, said: str) -> str:
        """A text that people read without them."""
        return self._plain(said)

    def data(self, written: str) -> str:
        """A JSON text that programs read without their ids; the same where they are not in it."""
        return _changed(written, lambda before: _values(before, self._no_ids), self._no_ids)

    def reply(self, written: str) -> str:
        """A reply as JSON without them; the same where they are not in it. Pictures go, too: names may be drawn."""
        return _changed(written, self._reply, self._plain)

    def _reply(self, before: Any) -> Any:
        if not isinstance(before, dict) or not isinstance(before.get("parts"), list):
            return _values(before, self._no_ids)
        change = self._all if self._names_them(before.get("data")) else self._plain
        after = before | {"parts": [_part(part, change, self._no_ids) for part in before["parts"]]}
        if "data" in before:
            after["data"] = _values(before["data"], change)
        if isinstance(before.get("fault"), dict):
            after["fault"] = _read_by_people(before["fault"], _FAULT, change, self._no_ids)
        if after != before:
            after["parts"] = [_without_picture(part) for part in after["parts"]]
        return after

    def _names_them(self, value: Any) -> bool:
        """Whether a value says of itself that it is about them."""
        if isinstance(value, str):
            return value in self._names or self._no_ids(value) != value
        inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        return any(self._names_them(each) for each in inner)


# Of each part what people read; the rest is for programs.
_READ = {
    "text": ("text",),
    "code": ("code",),
    "table": ("headers", "rows", "title"),
    "picture": ("alt",),
    "file": ("name",),
    "buttons": ("label",),
    "select": ("label",),
    "form": ("title", "label", "value"),
}
_FAULT = ("message", "suggestion")


def _forms(name: str) -> list[str]:
    """A name as it is shown: whole, on one line without backticks, and cut where it is long."""
    calm = " ".join(name.split()).replace("`", "'")
    cut = [each[:SHOWN] + end for each in (name, calm) if len(each) > SHOWN for end in ("…", "")]
    return [form for form in dict.fromkeys((name, calm, *cut)) if form.strip()]


def _written(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts as they may stand in JSON."""
    plain = dict.fromkeys(texts)
    return tuple(plain | dict.fromkeys(json.dumps(each)[1:-1] for each in plain))


def _replacing(wanted: dict[str, str]) -> Change:
    longest = sorted(wanted, key=len, reverse=True)
    rule = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest) or r"(?!)")
    return lambda said: rule.sub(lambda found: wanted[found[0]], said)


def _changed(written: str, change: Callable[[Any], Any], as_text: Change) -> str:
    try:
        before = json.loads(written)
    except ValueError:
        return as_text(written)
    after = change(before)
    return written if after == before else json.dumps(after, separators=(",", ":"))


def _values(value: Any, change: Change) -> Any:
    """All texts in a value, but for the names of its fields."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_values(each, change) for each in value]
    return {name: _values(each, change) for name, each in value.items()} if isinstance(value, dict) else value


def _part(part: Any, change: Change, no_ids: Change) -> Any:
    if not isinstance(part, dict):
        return part
    read = _READ.get(part.get("is", ""), ())
    after = _read_by_people(part, read, change, no_ids)
    for several in ("buttons", "fields"):
        if several in part:
            after[several] = [_read_by_people(each, read, change, no_ids) for each in part[several]]
    if "options" in part:
        after["options"] = [[no_ids(value), change(label)] for value, label in part["options"]]
    return after


def _read_by_people(found: dict[str, Any], read: Iterable[str], change: Change, no_ids: Change) -> dict[str, Any]:
    """`data` is bytes, in which chance spells anything."""
    return {
        name: each if name == "data" else _values(each, change if name in read else no_ids)
        for name, each in found.items()
    }


def _without_picture(part: Any) -> Any:
    if isinstance(part, dict) and part.get("is") == "picture":
        return {"is": "text", "text": LOST_PICTURE, "tone": "note"}
    return part
