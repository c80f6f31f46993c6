"""What a family of questions is: it draws numbers, and computes the key and what each wrong rule would give.

The key that a family computes is a claim like any other: torch runs the question's line, or its proof, before anybody
is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from cards.misconceptions import Wrong
from cards.model import Value

LEVELS = (1, 2, 3)
AskedFor = Literal["shape", "number", "numbers", "pair"]
Reads = Literal["output", "last", "params", "solved", "h_n", "c_n", "weights", "elements", "receptive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question as its family makes it.

    Attributes:
        asks: what the answer is: a shape, a number, several numbers, or a pair that torch has to judge.
        prompt: what is asked, code between backticks.
        key: the right answer by the closed form.
        wrong: what the wrong rules give; may hold the key and repetitions, which are left out later.
        working: how one gets to the key, with the numbers in it.
        line: in the layer language, what torch runs; empty where there is a proof instead.
        reads: what of torch's answer is the key: a whole output, its last axis, a count...
        proof: Python that ends in `claim(...)`, for what no line can say.
        unit: of a number.
        tolerance: how far a number may be away.
        gives: what torch gives, for a pair: the key is one of those with which it does.
        tried: the line with the pair that somebody names.
        signed: zero and negative numbers are as believable as others.
    """

    asks: AskedFor
    prompt: str
    key: Value
    wrong: tuple[Wrong, ...]
    working: str
    line: str = ""
    reads: Reads = "output"
    proof: str = ""
    unit: str = ""
    tolerance: float = 0.0
    gives: int | None = None
    tried: Callable[[int, int], str] | None = None
    signed: bool = False


Make = Callable[[Random, int], Draft]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Questions that one skill answers.

    Attributes:
        id: such as `conv1d-length`.
        title: such as "the length after Conv1d".
        topic: of the deck's topics.
        rule: what has to be known; two questions in a row never have the same.
        make: draws a question of a level from 1 to 3.
    """

    id: str
    title: str
    topic: str
    rule: str
    make: Make


def wrong(misconception: str, value: Value, says: str = "") -> Wrong:
    """What a wrong rule gives; `says` replaces the rule's own words where the numbers say it better."""
    return Wrong(value=value, misconception=misconception, says=says)


def spelled(shape: tuple[int, ...]) -> str:
    """A shape as the layer language writes it: `32x3x100`."""
    return "x".join(str(size) for size in shape)


def shown(shape: tuple[int, ...]) -> str:
    """A shape as torch shows it: `(32, 3, 100)`."""
    inside = ", ".join(str(size) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"
