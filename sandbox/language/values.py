"""What the pieces of the short spelling mean: numbers, tuples, words, and shapes with free letters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.language.model import UNKNOWN, Dtype, LanguageError, Value
from sandbox.language.size import Size, symbol
from sandbox.language.tokens import Token

LARGEST = 2**63 - 1
DTYPES = frozenset(
    {
        "float32",
        "float64",
        "float16",
        "bfloat16",
        "int64",
        "int32",
        "int16",
        "int8",
        "uint8",
        "bool",
        "complex64",
        "complex128",
    }
)
_DTYPE_WORDS = {name: name for name in DTYPES} | {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32", "short": "int16",
    "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
_WORDS: Mapping[str, Value] = {"true": True, "false": False, "none": None, "yes": True, "no": False, "?": UNKNOWN}
_INTEGER = re.compile(r"[+-]?\d[\d_]*\Z", re.ASCII)
_POWER = re.compile(r"([+-]?\d{1,19})(?:\^|\*\*)(\d{1,3})\Z", re.ASCII)
_SCIENTIFIC = re.compile(r"([+-]?\d+)[eE]\+?(\d+)\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_FREE = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
_SHAPE = re.compile(
    r"(?:(?:\d[\d_]*(?:[eE^]\d+)?|[A-WYZa-wyz])(?:[xX*](?:\d[\d_]*(?:[eE^]\d+)?|[A-WYZa-wyz]))+|\(.*\)|\[.*\])\Z",
    re.ASCII | re.DOTALL,
)
_SPLIT = re.compile(r"[xX*](?!\*)", re.ASCII)
_RESERVED = {"floor", "min", "max", "True", "False", "None", "x", "X"}


def dtype_named(word: str) -> str | None:
    """Torch's own name of a dtype, from `float64`, `torch.float64` or `long`; None for any other word."""
    return _DTYPE_WORDS.get(word.lower().removeprefix("torch."))


def looks_like_shape(text: str) -> bool:
    """Whether a piece can only be a shape: `32x3x100`, `(32, 3, 100)`, `Nx3xL`."""
    return _SHAPE.match(text) is not None


def value_of(token: Token, *, text_wanted: bool = False) -> Value:
    """The value that a piece stands for; raises `LanguageError`.

    `text_wanted` keeps `none` a word: torch's `reduction="none"` is text, its `padding_idx=None` is nothing.
    """
    text = token.text
    if text.isdigit():
        return integer(text, token)
    if text_wanted and text.replace("_", "").isalnum() and not text[0].isdigit():
        return text
    return _value(text, token)


def integer(text: str, token: Token) -> int:
    """A whole number in ASCII digits, below 2**63; raises `LanguageError`."""
    if len(text) > 4000:  # Python itself refuses to read more
        raise _too_large(token)
    number = int(text)
    if not -LARGEST <= number <= LARGEST:
        raise _too_large(token)
    return number


def shape_of(token: Token) -> tuple[Size, ...]:
    """A shape: whole numbers and free letters; raises `LanguageError`."""
    text = token.text
    bracketed = text[:1] in "(["
    parts = text[1:-1].split(",") if bracketed else _SPLIT.split(text) if "," not in text else text.split(",")
    if bracketed and len(parts) == 1 and ("x" in text or "X" in text):
        parts = _SPLIT.split(text[1:-1])
    parts = [part.strip() for part in parts]
    if parts and not parts[-1] and (bracketed or len(parts) > 1):
        parts.pop()  # (32,)
    if len(parts) > 64:
        raise LanguageError("A tensor has at most 64 axes.", column=token.start, token=token.whole)
    return tuple(_axis(part, token) for part in parts)


def _axis(part: str, token: Token) -> Size:
    number = _whole(part, token)
    if number is not None:
        if number < 0:
            raise LanguageError(
                f"An axis cannot have the size {number}.",
                column=token.start,
                token=token.whole,
                expected="a size of 0 or more, or a letter such as N where it is free",
                example="conv1d 3 16 k3 @ 32x3x100",
            )
        return number
    if _FREE.match(part) and part not in _RESERVED:
        return symbol(part.upper() if len(part) == 1 else part)
    raise LanguageError(
        f"`{token.whole}` is not a shape.",
        column=token.start,
        token=token.whole,
        expected="sizes with x between them, such as 32x3x100, or Nx3xL where N and L are free",
        example="conv1d 3 16 k3 @ 32x3x100",
    )


def _value(text: str, token: Token) -> Value:
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    number = _whole(text, token)
    if number is not None:
        return number
    if _DECIMAL.match(text):
        return _decimal(text, token)
    if text[0] in "([" and text[-1] in ")]" and len(text) > 1:
        return tuple(_value(part.strip(), token) for part in text[1:-1].split(",") if part.strip())
    if text[0] in "\"'" and text[-1] == text[0] and len(text) > 1:
        return text[1:-1]
    parts = text.split(",") if "," in text else _SPLIT.split(text)
    if len(parts) > 1 and all(_DECIMAL.match(part) or _whole(part, token) is not None or part == "?" for part in parts):
        return tuple(_value(part, token) for part in parts)
    if re.match(r"[A-Za-z_][\w.]*\Z", text, re.ASCII):
        name = dtype_named(text)
        return Dtype(name) if name else text
    raise LanguageError(
        f"I cannot read `{token.whole}`.", column=token.column, token=token.whole, expected="a number, 3x5, or a word"
    )


def _whole(text: str, token: Token) -> int | None:
    """A whole number, also as 1e12, 10^9 and 1_000."""
    if _INTEGER.match(text):
        return integer(text.replace("_", ""), token)
    power = _POWER.match(text)
    if power:
        return _bounded(int(power[1]), int(power[2]), None, token)
    scientific = _SCIENTIFIC.match(text)
    if scientific:
        if len(scientific[2]) > 3 or len(scientific[1]) > 20:
            raise _too_large(token)
        return _bounded(10, int(scientific[2]), int(scientific[1]), token)
    return None


def _bounded(basis: int, exponent: int, factor: int | None, token: Token) -> int:
    number: int = basis**exponent * (1 if factor is None else factor)  # exponent is a whole number: int stays int
    if not -LARGEST <= number <= LARGEST:
        raise _too_large(token)
    return number


def _decimal(text: str, token: Token) -> float:
    number = float(text.replace("_", ""))
    if number in (float("inf"), float("-inf")):
        raise _too_large(token)
    return number


def _too_large(token: Token) -> LanguageError:
    return LanguageError(
        "That number is too large: torch counts to 2**63 - 1.",
        column=token.column,
        token=token.whole,
        expected=f"a number up to {LARGEST}",
    )
