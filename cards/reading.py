"""Answers as people type them, read: shapes, numbers, names, outputs, choices.

Reading is lenient, and says where it is not sure; whether what was read is right is another matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cards import tidying
from cards.model import Value
from cards.wording import SHORT, bare_words, key_of, misspelt

MAX_TYPED = 500  # characters
MAX_DIGITS, MOST = 40, 10**30  # of a number that is read
_WRAPPER = re.compile(r"\A(?:torch\.)?(?:Size|Tensor|shape|size)\s*[:=]?\s*\(?(?=[(\[])", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[,;x\N{MULTIPLICATION SIGN}*]\s*|\s+by\s+|\s+", re.IGNORECASE)
_LEAD = re.compile(r"\A(?:(?:it|that|this)\s+)?(?:prints|print|gives|outputs|returns|shows)\s*:?\s+", re.IGNORECASE)
_SENTENCE = re.compile(
    r"\A(?:(?:i think|i guess|i'd say|maybe|the answer is|answer:|it is|it's|that's)\s+)+", re.IGNORECASE
)
_GROUP = 1000
ROW = "|"  # between two rows of an output
_COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PRINTED = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?|-?inf|[A-Za-z_][\w.]*|\|", re.IGNORECASE | re.ASCII
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,' _]\d{3})+(?:\.\d+)?", re.ASCII)
_FREE = re.compile(r"[A-Za-z](?:\d|_\w{1,8})?\Z", re.ASCII)  # N, C2, L_out
_BETWEEN_STEPS = re.compile(r"\s*(?:->|\N{RIGHTWARDS ARROW}|=>|>|,|;|\n|\bthen\b)+\s*", re.IGNORECASE)
_SCALAR = re.compile(r"[(\[]{1,2}\s*[)\]]{1,2}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as."""

    value: Value
    sure: bool = True


class UnreadableError(ValueError):
    """A text that is no answer of this kind, and how one looks."""


def read(kind: str, typed: str, key: Value, accept: Sequence[str] = ()) -> Reading:
    """What was meant; raises `UnreadableError` with how to write it."""
    text = clean(typed)
    if not text:
        raise UnreadableError("There is no answer in that.")
    if kind == "shape":
        batch = key[0] if isinstance(key, tuple) and key and isinstance(key[0], str) else "N"
        return read_shape(text, batch if batch.isalpha() else "N")
    if kind == "number":
        if isinstance(key, int) and abs(key) >= _GROUP and re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+", text, re.ASCII):
            grouped = int(text.replace(".", ""))  # 33.024 in much of the world
            return Reading(grouped, sure=False) if grouped == key else read_number(text)
        return read_number(text)
    if kind == "numbers":
        return read_numbers(text)
    if kind == "predict":
        return read_output(text)
    return read_text(text, [str(key), *accept])


def clean(typed: str) -> str:
    """The text without what a keyboard, a chat or a sentence adds: full-width digits, backticks, stars, "it is"."""
    text = unicodedata.normalize("NFKC", tidying.seen(typed[:MAX_TYPED])).replace("\N{MINUS SIGN}", "-")
    text = text.strip().strip("`*|").strip().rstrip(".!").strip()
    return _SENTENCE.sub("", text) or text


def read_shape(text: str, batch: str = "N") -> Reading:
    """`32x16x100`, `(32, 16, 100)`, `[32,16,100]`, `N,16,100`, `torch.Size([32, 16, 100])`, `32 16 100`, `()`."""
    text = tidying.shape(text, batch)
    bare = _WRAPPER.sub("", text)
    bare = bare.replace("[", " ").replace("]", " ").replace("(", " ").replace(")", " ").strip().strip(",;").strip()
    if not bare:
        if not _SCALAR.search(text):
            raise UnreadableError(_HOW_SHAPE)
        return Reading(())
    sizes: list[Value] = []
    for part in _SEPARATOR.split(bare):
        if part.isdigit() and len(part) < 20:
            sizes.append(int(part))
        elif _FREE.match(part):
            sizes.append(part)
        else:
            raise UnreadableError(_HOW_SHAPE)
    return Reading(tuple(sizes), sure=not (len(sizes) > 1 and "," not in text and "x" not in text.lower()))


def read_numbers(text: str) -> Reading:
    """Several numbers: `-1, 1`, `[0, 2, 4]`, `5 7`."""
    bare = re.sub(r"[\[\]()]|\A(?:torch\.)?tensor", " ", text).strip().strip(",;")
    parts = [read_number(part) for part in re.split(r"\s*[,;]\s*|\s+(?:and\s+)?", bare) if part]
    if not parts:
        raise UnreadableError("I could not read numbers in that. Write them like 1, 2, 3.")
    return Reading(tuple(part.value for part in parts), sure=all(part.sure for part in parts))


def read_number(text: str) -> Reading:
    """`1e3`, `1,000`, `1 000`, `0.5`, `1/2`, `50%`, `2^10`, `3*4`, `160 parameters`."""
    bare = text.lower().replace("\N{MULTIPLICATION SIGN}", "*").replace("**", "^").rpartition("=")[2].strip()
    bare = tidying.number(bare)
    bare = re.sub(rf"(?<![^-])(?:{'|'.join(_COUNTED)})\b", lambda word: str(_COUNTED.index(word[0])), bare, count=1)
    bare, percents = re.subn(r"\s*(?:%|percent|per cent)$", "", bare)
    percent = percents > 0
    grouped = _GROUPED.match(bare)
    if grouped is not None:
        plain = re.sub(r"[,' _]", "", grouped[0])
        _within(plain)
        number: float | int = _plain(plain)
        rest, sure = bare[grouped.end() :], True
    elif re.fullmatch(r"[+-]?\d+,\d+", bare, re.ASCII):
        return Reading(_scaled(float(bare.replace(",", ".")), percent=percent), sure=False)  # 0,5 in much of the world
    else:
        number, rest, sure = _sum(bare)
    if rest.strip() and not re.fullmatch(r"\s*[a-z][a-z /-]*", rest):
        raise UnreadableError(_HOW_NUMBER)
    return Reading(_scaled(number, percent=percent), sure=sure and not rest.strip())


def _sum(text: str) -> tuple[float | int, str, bool]:
    """A number, or a few with signs between them, at the head of the text; what follows; whether it was one number."""
    match = _NUMBER.match(text)
    if match is None:
        raise UnreadableError(_HOW_NUMBER)
    values, signs, at = [_within(match[0])], [], match.end()
    while step := re.match(r"\s*([*/^+-])\s*", text[at:]):
        following = _NUMBER.match(text, at + step.end())
        if following is None:
            break
        values.append(_within(following[0]))
        signs.append(step[1])
        at = following.end()
    for binding in ("^", "*/", "+-"):
        while place := next((index + 1 for index, sign in enumerate(signs) if sign in binding), 0):
            values[place - 1 : place + 1] = [_combined(values[place - 1], signs.pop(place - 1), values[place])]
    value = values[0]
    return (int(value) if value.denominator == 1 else float(value)), text[at:], at == match.end()


def _within(text: str) -> Fraction:
    """A number that is not larger than any that is asked for, so that nobody's answer can keep the machine busy."""
    number = Fraction(text) if len(text) < MAX_DIGITS else None
    if number is None or abs(number) > MOST:
        raise UnreadableError(_TOO_LARGE)
    return number


def _combined(left: Fraction, sign: str, right: Fraction) -> Fraction:
    """One step of arithmetic, small enough that nobody's answer can keep the machine busy."""
    if sign == "^" and right.denominator == 1 and 0 <= right <= 64 and abs(left) <= 1_000_000:
        return left ** int(right)
    if sign == "/" and right != 0:
        return left / right
    if sign == "*":
        return left * right
    if sign in "+-":
        return left + right if sign == "+" else left - right
    raise UnreadableError(_HOW_NUMBER)


def _plain(text: str) -> float | int:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _scaled(number: float | int, *, percent: bool) -> float | int:
    return number / 100 if percent else number


def read_text(text: str, right: Sequence[str]) -> Reading:
    """A name or a few words: case and underscores forgiven, and small slips of names; else as it was typed."""
    if key_of(text) in {key_of(each) for each in right}:
        return Reading(right[0])
    if any(misspelt(text, each) for each in right):
        return Reading(right[0], sure=False)
    return Reading(text)


def read_output(text: str) -> Reading:
    """What code prints: numbers and words in their order, and where a row ends and another begins.

    Spaces, quotes, outer brackets and `torch.` make no difference.
    """
    parts: list[Value] = []
    plain = re.sub(r"\b(?:torch\.)?(?:Size|tensor|float)(?=\()", " ", _LEAD.sub("", text))
    plain = re.sub(r"infinity|\N{INFINITY}", "inf", plain, flags=re.IGNORECASE)
    plain = re.sub(r"[\])]\s*[,;]?\s*[\[(]", f" {ROW} ", plain)
    for part in _PRINTED.findall(re.sub(r"(?<=\d)x(?=\d)", " ", plain)):  # 2x3 for (2, 3)
        word = part.removeprefix("torch.")
        if word not in {"and", "then"}:
            parts.append(_plain(word) if re.match(r"[+-]?\.?\d", word) else word.casefold())
    if not parts:
        raise UnreadableError("There is nothing in that which code could print.")
    return Reading(tuple(parts))


def read_choice(text: str, choices: Sequence[str]) -> Reading:
    """One of the choices: its letter, its number, or its words."""
    short = text.strip("()[].: ").casefold()
    if len(short) == 1 and short.isalpha() and ord(short) - ord("a") < len(choices):
        return Reading(choices[ord(short) - ord("a")])
    for alike in (lambda one: " ".join(one.replace("`", "").split()), key_of):  # (L - 1)*s - 2p is not (L - 1)*s + 2p
        mine = alike(text)
        exact = [choice for choice in choices if alike(choice) == mine]
        if len(exact) == 1:
            return Reading(exact[0])
    if short.isdigit():
        counted = [choice for choice in choices if bare_words(choice).split()[:1] == [short]]  # 3 for "3 positions"
        if len(counted) == 1:
            return Reading(counted[0], sure=False)
        if 0 < int(short[:3]) <= len(choices):
            return Reading(choices[int(short[:3]) - 1], sure=False)
    long = choices if len(key_of(text)) > SHORT else ()
    begun = [choice for choice in long if key_of(choice).startswith(key_of(text))]
    held = [choice for choice in long if f" {bare_words(text)} " in f" {bare_words(choice)} "]
    for found in (begun, held):
        if len(found) == 1:
            return Reading(found[0], sure=False)
    if both := re.match(r"\(?[a-z]\s*[.):]\s*(?=\S)", text, re.IGNORECASE):  # b) its words
        return read_choice(text[both.end() :], choices)
    letters = ", ".join(chr(ord("a") + index) for index in range(len(choices)))
    raise UnreadableError(f"Choose one of {letters}, or type its words.")


def read_steps(text: str, steps: Sequence[str]) -> tuple[str, ...]:
    """All steps in the order that is meant: `c a b`, `3 1 2`, `cab`, or `backward, step, zero_grad`."""
    named = re.findall(r"[a-z]|\d{1,2}", text.casefold())
    places = [ord(part) - ord("a") if part.isalpha() else int(part) - 1 for part in named]
    if sorted(places) == list(range(len(steps))):
        return tuple(steps[place] for place in places)
    parts = [f" {bare_words(part)} " for part in _BETWEEN_STEPS.split(text) if part.strip()]
    meant = [[step for step in steps if part in f" {bare_words(step)} "] for part in parts]
    if (
        len(parts) == len(steps)
        and all(len(found) == 1 for found in meant)
        and len({one for (one,) in meant}) == len(steps)
    ):
        return tuple(one for (one,) in meant)
    raise UnreadableError(f"Name all {len(steps)} steps once, such as: {_letters(len(steps))}.")


def _letters(count: int) -> str:
    """The letters of so many steps, in an order that is not theirs."""
    letters = [chr(ord("a") + index) for index in range(count)]
    return " ".join([*letters[1:], letters[0]])


_HOW_SHAPE = "I could not read that as a shape. Write it like 32x16x100 or (32, 16, 100)."
_TOO_LARGE = "That number is larger than any that I ask for."
_HOW_NUMBER = "I could not read that as a number. Write it like 160, 1,792, 0.5, 1/2 or 50%."
