"""What a card is, on no platform and in no file format in particular.

A card asks one thing. What it says is proved: the proof is Python that torch runs in the jail, and that ends in
`claim(value)`, where `value` is what torch gave and has to be what the card says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Union, get_args

Kind = Literal["recall", "shape", "number", "choice", "predict", "mistake", "order"]
KINDS: tuple[str, ...] = get_args(Kind)
Value = Union[bool, int, float, str, tuple["Value", ...]]
EASIEST, HARDEST = 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A wrong answer: its text, and the mistake of whoever gives it.

    Attributes:
        text: as it is shown among the choices, or as people type it.
        because: the mistake in words, said to whoever chose or typed it.
        misconception: its id (`M1` to `M24`) where it is one of the known ones, else empty.
    """

    text: str
    because: str
    misconception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How torch shows that a card is right, and would show that it is wrong.

    Attributes:
        code: Python; `torch nn F np math` are there, `claim(value)`, `raises(error, call)` (the exception that the call
            raises), `nparam(module)` (its parameters), `shown(code)` (what running the code prints, with its last value
            as a REPL shows it) and `code` (the card's own).
        value: what the code has to claim: the card's answer where that is a shape, a number or an output, else True.
        denials: values with which the same code must fail; one that follows from the value is always tried too.
        tolerance: how far a number may be away.
    """

    code: str
    value: Value
    denials: tuple[Value, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing to know.

    Attributes:
        id: unique in its deck; never changes, since people's memories hang on it.
        kind: `recall` (self-rated or typed), `shape`, `number`, `choice`, `predict` (what does this code give?),
            `mistake` (a wrong statement to find the fault in) or `order` (steps to put in order).
        topic: of the deck's topics.
        front: the question, asking one thing; code between backticks.
        answer: a text, a number, a shape or an output, by kind; for `order` the steps in their order.
        reason: why it is so, in one or two sentences; may be empty where there is no proof, as on most people's cards.
        example: something to try, a `/shape` line or Python; may be empty.
        facts: ids of the facts that it teaches.
        difficulty: from 1 to 3.
        needs: ids of cards to know before.
        family: cards of one family ask nearly the same, so that two of them never come on one day; may be empty.
        code: for `predict`, what is shown and run.
        wrong: for `choice`, the other choices; for what is typed, wrong answers that people give.
        accept: further right answers as people type them, for texts.
        unit: of a number; may be empty.
        hint: a first help; may be empty.
        proof: how torch shows it.
        why_no_proof: why nothing can be run to show it; one of the two is there.
        source: where the fact came from; may be empty.
    """

    id: str
    kind: Kind
    topic: str
    front: str
    answer: Value
    reason: str
    example: str = ""
    facts: tuple[str, ...] = ()
    difficulty: int = 1
    needs: tuple[str, ...] = ()
    family: str = ""
    code: str = ""
    wrong: tuple[Choice, ...] = ()
    accept: tuple[str, ...] = ()
    unit: str = ""
    hint: str = ""
    proof: Proof | None = None
    why_no_proof: str = ""
    source: str = ""


class Place(NamedTuple):
    """Where a card is written, for whoever has to change it."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}, line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """Cards that belong together."""

    id: str
    title: str
    says: str
    cards: tuple[Card, ...] = ()
    topics: dict[str, str] = field(default_factory=dict)  # id -> title
    places: dict[str, Place] = field(default_factory=dict)  # id of a card -> where it is written
