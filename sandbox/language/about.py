"""What a layer does, in words for a learner, with its traps: read from `about.toml`, where torch has run each trap."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class About:
    """One layer in its family: `letters` are (letter, meaning) of its formula, `traps` true sentences about it."""

    key: str
    text: str
    letters: tuple[tuple[str, str], ...]
    traps: tuple[str, ...]


def about(name: str) -> About | None:
    """What is known about a layer, by its class name; None for tensor operations."""
    return families().get(name)


@cache
def families() -> dict[str, About]:
    """Every layer's family, by the layer's class name, with the traps that are this layer's."""
    text = resources.files("sandbox.language").joinpath("about.toml").read_text(encoding="utf-8")
    return {
        layer: About(
            key=entry["key"],
            text=entry["text"],
            letters=tuple((letter, meaning) for letter, meaning in entry["letters"]),
            traps=tuple(trap["says"] for trap in entry["traps"] if layer in trap.get("of", (layer,))),
        )
        for entry in tomllib.loads(text)["family"]
        for layer in entry["layers"]
    }
