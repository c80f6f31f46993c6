"""Questions with fresh numbers: drawn by a family, proved by torch before anybody sees them.

A question is named by its family, level and seed, and nothing else: the same name gives the same question, on any
machine and after any restart, so an answer can come back as long after as it likes.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from cards.families import behaviour, convolution, parameters, pooling, reshaping, sequences
from cards.families.family import LEVELS, AskedFor, Draft, Family
from cards.misconceptions import Wrong, close, distinct
from cards.model import Value
from cards.proof import CUT_SHORT, listed
from sandbox.client import Sandbox
from sandbox.oracle import Answer, Oracle
from sandbox.protocol import Job, JobKind, Status

T = TypeVar("T")
FAMILIES: tuple[Family, ...] = (
    *convolution.FAMILIES,
    *pooling.FAMILIES,
    *parameters.FAMILIES,
    *reshaping.FAMILIES,
    *sequences.FAMILIES,
    *behaviour.FAMILIES,
)
BY_ID = {family.id: family for family in FAMILIES}
FEWEST_WRONG = 2  # choices beside the key; a draw with fewer is drawn again
MOST_WRONG = 3
_TRIES = 60
_SIDE_BY_SIDE = 4
_NAME = re.compile(r"([a-z0-9-]{1,40})\.([123])\.([0-9a-f]{1,16})\Z", re.ASCII)


class QuestionError(Exception):
    """A question that cannot be asked, and why: torch does not confirm it, or is not there."""


class TorchAwayError(QuestionError):
    """Torch could not be asked, which says nothing about the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that torch has answered.

    Attributes:
        id: family, level and seed.
        family: that drew it.
        level: from 1 to 3.
        asks: what the answer is; `pair` is judged by torch.
        prompt: what is asked.
        key: the right answer, as torch gives it.
        wrong: what wrong rules give, each different and none the key.
        choices: the key among some of them, in random order; empty for a pair.
        working: how one gets to the key.
        proof: the `/shape` line or the Python that torch ran.
        unit: of a number.
        tolerance: how far a number may be away.
        torch: its version.
    """

    id: str
    family: Family
    level: int
    asks: AskedFor
    prompt: str
    key: Value
    wrong: tuple[Wrong, ...]
    choices: tuple[Value, ...]
    working: str
    proof: str
    unit: str
    tolerance: float
    torch: str


def draft(family: Family, level: int, seed: int) -> tuple[Draft, Random]:
    """The question as drawn, and the randomness that is left for its choices.

    Numbers for which two wrong rules give the same, or hardly any gives something else, are drawn again.
    """
    for attempt in range(_TRIES):
        draw = Random(f"{family.id}.{level}.{seed}.{attempt}")  # noqa: S311 questions, not secrets
        drawn = family.make(draw, level)
        kept = distinct(drawn.key, drawn.wrong, tolerance=drawn.tolerance, signed=drawn.signed)
        if _sensible(drawn) and (drawn.asks == "pair" or len(kept) >= FEWEST_WRONG):
            return drawn, draw
    raise QuestionError(f"{family.id}, level {level}: no numbers can be found")


def _sensible(drawn: Draft) -> bool:
    sizes = drawn.key if isinstance(drawn.key, tuple) else (drawn.key,)
    return drawn.signed or all(not isinstance(size, int | float) or size > 0 for size in sizes) or drawn.asks == "pair"


class Examiner:
    """Makes questions with a sandbox's torch; holds nothing between them but a counter for job ids."""

    def __init__(self, sandbox: Sandbox, oracle: Oracle) -> None:
        """Both stay the caller's."""
        self._sandbox = sandbox
        self._oracle = oracle
        self._ids = itertools.count()

    async def question(self, family: Family, level: int, seed: int) -> Question:
        """One question; raises `QuestionError` where torch does not say the same."""
        drawn, draw = draft(family, level, seed)
        given, version = await self._given(drawn)
        expected = drawn.key if drawn.gives is None else drawn.gives
        if not close(given, expected, drawn.tolerance):
            raise QuestionError(f"{family.id}: the closed form gives {expected}, torch gives {given}")
        key = drawn.key
        wrong = distinct(key, drawn.wrong, tolerance=drawn.tolerance, signed=drawn.signed)
        return Question(
            id=name(family, level, seed),
            family=family,
            level=level,
            asks=drawn.asks,
            prompt=drawn.prompt,
            key=key,
            wrong=wrong,
            choices=() if drawn.asks == "pair" else _choices(key, wrong, draw),
            working=drawn.working,
            proof=f"/shape {drawn.line}" if drawn.line else drawn.proof,
            unit=drawn.unit,
            tolerance=drawn.tolerance,
            torch=version,
        )

    async def named(self, question_id: str) -> Question:
        """The question of that name; raises `QuestionError` where there is none."""
        family, level, seed = parse(question_id)
        return await self.question(family, level, seed)

    async def several(self, chosen: Iterable[tuple[Family, int, int]]) -> list[Question]:
        """Many, in their order; a few at a time, so that the worker is kept busy and others get their turn."""
        turns = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def one(family: Family, level: int, seed: int) -> Question:
            async with turns:
                return await self.question(family, level, seed)

        return list(await asyncio.gather(*(one(*each) for each in chosen)))

    async def pair_gives(self, question_id: str, stride: int, padding: int) -> int | None:
        """The length that torch gives with this stride and padding; None where it takes no such layer.

        Raises:
            QuestionError: there is no such question, or it is none about a pair.
            TorchAwayError: torch could not be asked.
        """
        drawn, _ = draft(*parse(question_id))
        if drawn.tried is None:
            raise QuestionError(f"{question_id} does not ask for a pair")
        answer = await self._oracle.ask(drawn.tried(stride, padding))
        if answer.failure is not None:
            return None
        if answer.unchecked:
            raise TorchAwayError(f"torch could not be asked: {answer.unchecked}")
        length = answer.outputs[0].tensor.shape[-1]
        return length if isinstance(length, int) else None

    async def _given(self, drawn: Draft) -> tuple[Value, str]:
        """What torch gives, and its version."""
        if drawn.line:
            answer = await self._oracle.ask(drawn.line)
            if answer.failure is not None or answer.disagreement:
                raise QuestionError(f"torch does not take {drawn.line}")
            if answer.unchecked:
                raise TorchAwayError(f"torch could not be asked: {answer.unchecked}")
            return _read(drawn, answer), answer.torch
        payload = {"code": drawn.proof, "answer": listed(drawn.key), "denials": [], "tolerance": drawn.tolerance}
        job = Job(id=f"question-{next(self._ids)}", kind=JobKind.PROVE, payload=payload | {"shown": ""})
        result = await self._sandbox.run(job)
        if result.status is Status.UNAVAILABLE:
            raise TorchAwayError(f"torch could not be asked: {result.error}")
        if result.status in CUT_SHORT:
            raise TorchAwayError(f"torch could not finish: {result.error}")
        if result.status is not Status.OK:
            raise QuestionError(f"its proof does not hold: {result.error}")
        return drawn.key, result.torch_version


def name(family: Family, level: int, seed: int) -> str:
    """The id of a question."""
    return f"{family.id}.{level}.{seed:x}"


def parse(question_id: str) -> tuple[Family, int, int]:
    """Family, level and seed of an id; raises `QuestionError`."""
    match = _NAME.match(question_id)
    if match is None or match[1] not in BY_ID:
        raise QuestionError(f"there is no question {question_id[:60]}")
    return BY_ID[match[1]], int(match[2]), int(match[3], 16)


class Turns(Generic[T]):
    """Goes round some things in random order, never two in a row by one rule where there is another."""

    def __init__(self, things: Iterable[T], rule: Callable[[T], str], draw: Random, *, last: str = "") -> None:
        """`last` is the rule of what came before."""
        self._things = list(things)
        self._rule = rule
        self._draw = draw
        self._last = last
        self._waiting: list[T] = []

    def __bool__(self) -> bool:
        return bool(self._things)

    def next(self) -> T:
        """Whose turn it is; raises `IndexError` where there is nothing."""
        place = self._place()
        if place is None:  # all that waits is by the last rule: others may have had their turn, and get another
            self._waiting += self._draw.sample(self._things, len(self._things))
            place = self._place()
        thing = self._waiting.pop(place or 0)
        self._last = self._rule(thing)
        return thing

    def drop(self, thing: T) -> None:
        """Leaves it out from now on."""
        self._things.remove(thing)
        self._waiting = [each for each in self._waiting if each != thing]

    def _place(self) -> int | None:
        return next((place for place, each in enumerate(self._waiting) if self._rule(each) != self._last), None)


def mixed(families: Sequence[Family], count: int, level: int, draw: Random) -> list[tuple[Family, int, int]]:
    """So many families with seeds, never two in a row by one rule where there is another."""
    if level not in LEVELS:
        raise ValueError(f"levels are {LEVELS}")
    turns = Turns(families, lambda family: family.rule, draw)
    return [(turns.next(), level, draw.getrandbits(32)) for _ in range(count)]


def _choices(key: Value, wrong: Sequence[Wrong], draw: Random) -> tuple[Value, ...]:
    """The key and the likeliest wrong ones: those of a named rule first."""
    likely = sorted(wrong, key=lambda each: not each.misconception)[:MOST_WRONG]
    choices = [key, *(each.value for each in likely)]
    draw.shuffle(choices)
    return tuple(choices)


def _read(drawn: Draft, answer: Answer) -> Value:
    """What of torch's answer is asked for."""
    shapes = {output.name: tuple(output.tensor.shape) for output in answer.outputs}
    found: object
    match drawn.reads:
        case "output":
            found = next(iter(shapes.values()))
        case "last":
            found = next(iter(shapes.values()))[-1]
        case "params":
            found = answer.walk.params
        case "solved":
            found = next(iter(answer.walk.solved.values()), None)
        case "receptive":
            found = answer.walk.receptive[-1] if answer.walk.receptive else None
        case _:
            found = shapes.get(drawn.reads)
    if isinstance(found, int) or (isinstance(found, tuple) and all(isinstance(size, int) for size in found)):
        return found
    raise QuestionError(f"torch's answer to {drawn.line} has no {drawn.reads}")
