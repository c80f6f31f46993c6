"""What an answer comes to: read, held against the key, and the mistake behind it named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import UnreadableAnswer
from bot.tutor.model import Posed
from cards.grade import Verdict, judge, judge_card
from cards.misconceptions import Wrong
from cards.model import Card
from cards.reading import UnreadableError, clean, read_numbers

if TYPE_CHECKING:
    from cards.generate import Examiner

MOST_OF_A_PAIR = 100_000  # a longer stride or padding than any length that is asked about
HOW_PAIR = "I could not read that as a stride and a padding. Write the two numbers, such as: 2 1"


def read(posed: Posed, typed: str) -> Verdict:
    """Holds typed words against the key; a pair is only read, since torch judges it.

    Raises:
        UnreadableAnswer: the words are no answer of this kind.
    """
    if isinstance(posed.secret, Card):
        verdict = judge_card(posed.secret, typed, posed.choices)
    elif posed.asks == "pair":
        stride, padding = _pair(typed)
        return Verdict(correct=False, understood=f"stride={stride}, padding={padding}")
    else:
        drawn = posed.secret
        words = _by_letter(posed, typed)
        verdict = judge(posed.asks, words, drawn.key, wrong=drawn.wrong, tolerance=drawn.tolerance)
    if verdict.problem:
        raise UnreadableAnswer(verdict.problem)
    return verdict


async def judged(posed: Posed, typed: str, examiner: Examiner) -> Verdict:
    """The same, also for a pair.

    Raises:
        UnreadableAnswer: see `read`.
        TorchAwayError: a pair needs torch, which could not be asked.
    """
    verdict = read(posed, typed)
    if posed.asks != "pair" or isinstance(posed.secret, Card):
        return verdict
    stride, padding = _pair(typed)
    given = await examiner.pair_gives(posed.source, stride, padding)
    wanted = await examiner.pair_gives(posed.source, *_key(posed))
    if given is not None and given == wanted:
        return replace(verdict, correct=True)
    says = f"With stride={stride} and padding={padding} torch gives length {given}, not {wanted}."
    if given is None:
        says = f"torch takes no layer with stride={stride} and padding={padding} here."
    return replace(verdict, mistake=Wrong(value=(stride, padding), says=says))


def _key(posed: Posed) -> tuple[int, int]:
    key = () if isinstance(posed.secret, Card) else posed.secret.key
    if isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], int) and isinstance(key[1], int):
        return key[0], key[1]
    raise TypeError(f"{posed.source} has no pair for a key")


def _pair(typed: str) -> tuple[int, int]:
    """`2 1`, `(2, 1)`, `s=2, p=1`, `stride 2 padding 1`."""
    bare = clean(typed).casefold()
    for word in ("stride", "padding", "and", "s", "p", "="):
        bare = bare.replace(word, " ")
    try:
        values = read_numbers(bare).value
    except UnreadableError as fault:
        raise UnreadableAnswer(HOW_PAIR) from fault
    if isinstance(values, tuple) and len(values) == 2:
        stride, padding = values
        if isinstance(stride, int) and isinstance(padding, int) and max(stride, padding) <= MOST_OF_A_PAIR:
            if min(stride, padding) < 0:
                raise UnreadableAnswer("Stride and padding are not negative. Write them such as: 2 1")
            return stride, padding
    raise UnreadableAnswer(HOW_PAIR)


def _by_letter(posed: Posed, typed: str) -> str:
    """The words of the choice that a single letter names."""
    letter = clean(typed).strip("()[].: ").casefold()
    if posed.choices and len(letter) == 1 and "a" <= letter <= chr(ord("a") + len(posed.choices) - 1):
        return posed.choices[ord(letter) - ord("a")]
    return typed
