"""Takes a person out of what was said about them: their ids and names, wherever they stand in a JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

SOMEBODY = "somebody"  # instead of a name
LOST_PICTURE = "A picture stood here, with the name of somebody who wished to be forgotten."


class Scrub:
    """What is to be taken out, and what stands there instead."""

    def __init__(self, ids: Iterable[str], names: Iterable[str], gone: str) -> None:
        """`gone` stands for each of `ids`; `SOMEBODY` for each of `names`, where it stands as a word of its own."""
        self._gone = gone
        wanted = dict.fromkeys(ids, gone) | {each: SOMEBODY for each in names if each.strip()}
        longest = sorted(wanted, key=len, reverse=True)
        self._wanted = wanted
        self._rule = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest) or r"(?!)")

    @property
    def clues(self) -> tuple[str, ...]:
        """What a JSON text holds that is to be changed, as it is written in JSON; a database finds it by these."""
        plain = dict.fromkeys(self._wanted)
        escaped = dict.fromkeys(json.dumps(each)[1:-1] for each in self._wanted)
        return tuple(plain | escaped)

    def text(self, said: str) -> str:
        """A text without them."""
        return self._rule.sub(lambda found: self._wanted[found[0]], said)

    def data(self, written: str) -> str:
        """A JSON text without them; the same where they are not in it. Pictures beside them go: names may be drawn."""
        try:
            before = json.loads(written)
        except ValueError:
            return self.text(written)
        after = self._value(before)
        if after == before:
            return written
        if isinstance(after, dict) and isinstance(after.get("parts"), list):
            after["parts"] = [_without_picture(part) for part in after["parts"]]
        return json.dumps(after, separators=(",", ":"))

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            kept = {"data"} if value.get("is") in {"picture", "file"} else set()  # bytes, in which chance spells names
            return {self.text(name): each if name in kept else self._value(each) for name, each in value.items()}
        return value


def _without_picture(part: Any) -> Any:
    if isinstance(part, Mapping) and part.get("is") == "picture":
        return {"is": "text", "text": LOST_PICTURE, "tone": "note"}
    return part
