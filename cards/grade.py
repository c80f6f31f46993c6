"""What somebody typed, held against the key: right or wrong, and the mistake behind it.

Reading is lenient (see `reading`); judging is exact, but for a stated tolerance.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from cards.misconceptions import Wrong, close
from cards.model import Card, Value
from cards.reading import ROW, UnreadableError, clean, read, read_choice, read_output, read_steps
from cards.wording import key_of

_BRACKET = re.compile(r"[\[\](){}]")


class Rating(IntEnum):
    """How well something was known, as the scheduler takes it."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Confidence(IntEnum):
    """How sure somebody was before the answer was shown."""

    GUESSED = 1
    UNSURE = 2
    SURE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of an answer.

    Attributes:
        correct: whether it is right.
        understood: how it was read, as one would write it; empty where it could not be.
        sure: whether that reading was the only one.
        mistake: the wrong rule that gives just this, if any does.
        problem: why it could not be read; empty where it could.
    """

    correct: bool
    understood: str = ""
    sure: bool = True
    mistake: Wrong | None = None
    problem: str = ""


def judge(
    kind: str,
    typed: str,
    key: Value,
    *,
    wrong: Sequence[Wrong] = (),
    accept: Sequence[str] = (),
    tolerance: float = 0.0,
) -> Verdict:
    """Holds a typed answer against the key.

    Args:
        kind: `shape`, `number`, `numbers`, or anything else for a text.
        typed: as it came.
        key: a tuple, a number or a text.
        wrong: what wrong rules give.
        accept: further right texts.
        tolerance: how far a number may be away.
    """
    try:
        reading = read(kind, typed, key, accept)
    except UnreadableError as fault:
        return Verdict(correct=False, problem=str(fault))
    understood = clean(typed) if kind == "predict" else written(reading.value)
    if _same(reading.value, key, tolerance):
        return Verdict(correct=True, understood=understood, sure=reading.sure)
    mistake = next((each for each in wrong if _same(reading.value, each.value, tolerance)), None)
    return Verdict(correct=False, understood=understood, sure=reading.sure, mistake=mistake)


def judge_card(card: Card, typed: str, choices: Sequence[str] = ()) -> Verdict:
    """Holds a typed answer against a card's; `choices` in the order in which they were shown."""
    if card.kind == "choice":
        return _chosen(card, typed, choices)
    if card.kind == "order":
        return _ordered(card, typed, choices)
    if card.kind == "predict" and isinstance(card.answer, str):
        right = [read_output(each).value for each in (card.answer, *card.accept)]
        if set(_parts(right[0])) <= {"true", "false"}:
            typed = re.sub(r"\b(?:(yes)|no)\b", lambda word: str(bool(word[1])), typed, flags=re.IGNORECASE)
        if not _BRACKET.search(typed):
            right += [_in_one_row(each) for each in right]
        tries = [judge("predict", typed, each, wrong=_known(card)) for each in right]
        return next((each for each in tries if each.correct), tries[0])
    tolerance = card.proof.tolerance if card.proof else 0.0
    return judge(_asked(card), typed, card.answer, wrong=_known(card), accept=card.accept, tolerance=tolerance)


def _chosen(card: Card, typed: str, choices: Sequence[str]) -> Verdict:
    shown = list(choices) or [str(card.answer), *(each.text for each in card.wrong)]
    try:
        reading = read_choice(clean(typed), shown)
    except UnreadableError as fault:
        return Verdict(correct=False, problem=str(fault))
    taken = next((each for each in card.wrong if each.text == reading.value), None)
    wrong = Wrong(value=taken.text, misconception=taken.misconception, says=taken.because) if taken else None
    return Verdict(correct=taken is None, understood=str(reading.value), sure=reading.sure, mistake=wrong)


def _known(card: Card) -> list[Wrong]:
    """The card's wrong answers as they are read when they are typed."""
    return [
        Wrong(value=read(_asked(card), each.text, "").value, misconception=each.misconception, says=each.because)
        for each in card.wrong
    ]


def _in_one_row(output: Value) -> Value:
    """The numbers of an output without the borders of its rows, where the rows are equally long and so go without."""
    parts = _parts(output)
    borders = [-1, *(place for place, part in enumerate(parts) if part == ROW), len(parts)]
    lengths = {after - before for before, after in itertools.pairwise(borders)}
    return tuple(part for part in parts if part != ROW) if len(lengths) == 1 else output


def _parts(output: Value) -> tuple[Value, ...]:
    return output if isinstance(output, tuple) else (output,)


def _asked(card: Card) -> str:
    """How an answer to a card is read."""
    if isinstance(card.answer, tuple):
        return "shape" if card.kind == "shape" else "numbers"
    if isinstance(card.answer, int | float) and not isinstance(card.answer, bool):
        return "number"
    return card.kind


def _ordered(card: Card, typed: str, shown: Sequence[str]) -> Verdict:
    """Steps in order, as `c a b` or `3 1 2` of the steps as they were shown, or by their words."""
    steps = list(shown) or [str(step) for step in card.answer] if isinstance(card.answer, tuple) else []
    try:
        order = read_steps(clean(typed), steps)
    except UnreadableError as fault:
        return Verdict(correct=False, problem=str(fault))
    return Verdict(correct=order == card.answer, understood=" -> ".join(order))


def _same(value: Value, key: Value, tolerance: float) -> bool:
    if isinstance(value, tuple) and isinstance(key, tuple):
        return len(value) == len(key) and all(_same(a, b, tolerance) for a, b in zip(value, key, strict=True))
    if isinstance(value, str) and isinstance(key, str):
        return key_of(value) == key_of(key)
    return close(value, key, tolerance)


def written(value: Value) -> str:
    """A value as one would write it: `(32, 16, 100)`, `1,792`, `0.75`."""
    if isinstance(value, tuple):
        inside = ", ".join(size if isinstance(size, str) else written(size).replace(",", "") for size in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.10g}" if isinstance(value, float) else value


def rating(*, correct: bool, confidence: Confidence | None = None) -> Rating:
    """What the scheduler is told: a wrong answer is always Again; a right one counts by how sure it was."""
    if not correct:
        return Rating.AGAIN
    return {Confidence.GUESSED: Rating.HARD, Confidence.UNSURE: Rating.GOOD, Confidence.SURE: Rating.EASY}.get(
        confidence or Confidence.UNSURE, Rating.GOOD
    )
