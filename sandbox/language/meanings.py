"""Torch's error messages in plain words, with the numbers that stand in them.

Messages are matched, never guessed at: a text that no pattern of `meanings.toml` knows has no meaning here, and the
reader gets torch's own words alone.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources


@cache
def patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every known message with its words, in the order in which they are tried."""
    text = resources.files("sandbox.language").joinpath("meanings.toml").read_text(encoding="utf-8")
    return tuple((re.compile(entry["pattern"]), entry["means"]) for entry in tomllib.loads(text)["meaning"])


def meaning(text: str) -> str | None:
    """What a message of torch means, or None where no pattern knows it."""
    for pattern, words in patterns():
        found = pattern.search(text)
        if found:
            return words.format("", *(group or "" for group in found.groups()))
    return None
