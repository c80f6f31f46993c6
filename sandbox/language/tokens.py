"""The line as typed becomes words with their columns.

Cleaning replaces characters one for one (full-width digits, smart quotes, code fences), so that a column in the
cleaned line is the same column in the line that the person sees.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from sandbox.language.model import LanguageError

MAX_LENGTH = 10_000  # characters; a 200-stage chain has some 5,000
MAX_SHOWN = 40  # characters of a bad token in an error


class Token(NamedTuple):
    """A piece of the line: `kind` is pipe, at, value (with its `key`), word or bad."""

    kind: str
    text: str
    start: int
    end: int
    key: str = ""
    key_start: int = 0

    @property
    def whole(self) -> str:
        """What stands in the line, key and all, shortened."""
        return shorten(f"{self.key}={self.text}" if self.key else self.text)

    @property
    def column(self) -> int:
        """Where it starts, key and all."""
        return self.key_start if self.key else self.start


_PIECE = r"""(?>\((?>[^()]*)\)|\[(?>[^\[\]]*)\]|"[^"\n]*"|'[^'\n]*'|(?!->(?:\s|$))[^\s|@=])+"""
_TOKEN = re.compile(
    rf"(?P<pipe>\|>?|->(?=\s|$))|(?P<at>@)"
    rf"|(?P<key>[^\W\d]\w*)\s*=\s*(?P<value>{_PIECE})|(?P<word>{_PIECE})|(?P<bad>\S)"
)
_EQUATION = re.compile(
    r"""\s*("[^"]*"|'[^']*'|[A-Za-z.]+(?:\s*,\s*[A-Za-z.]+)*\s*->\s*[A-Za-z.]*|[A-Za-z.,]+)(?=\s|$)"""
)
_EINSUM = re.compile(r"(?:torch\.)?einsum$", re.IGNORECASE)
_COMMENT = re.compile(r"(?:(?<=\s)|^)#[^\n]*")
_FENCE = re.compile(r"\A\s*```[ \t]*(?:python|py)?[ \t]*(?=\n)|\A\s*```(?:python|py)(?=[ \t])|\A\s*`+|`+\s*\Z")
_SIZE = re.compile(r"torch\.Size\(\[([^\[\]()]*)\]\)")
_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?= |$)", re.MULTILINE)
_COMMAND = re.compile(r"\A\s*/shape(?=\s|\Z)", re.IGNORECASE)
_SPACES = dict.fromkeys("\t\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\ufeff\ufe0f", " ") | {
    chr(code): " " for code in range(0x2000, 0x200B)
}
_TWINS = _SPACES | {
    "\u00d7": "x", "\u2715": "x", "\u2a2f": "x", "\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-",
    "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u3001": ",", "\u00a6": "|",
}  # fmt: skip
_ALLOWED_CONTROLS = {"\n", "\r", "\t"}


def shorten(text: str) -> str:
    """A token as an error shows it."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def clean(text: str) -> str:
    """The line with look-alike characters replaced one for one; raises `LanguageError` for what cannot stand in one."""
    if len(text) > MAX_LENGTH:
        raise LanguageError(
            f"That is {len(text):,} characters; a line may have {MAX_LENGTH:,}.",
            column=MAX_LENGTH,
            expected="one layer, or a chain of them",
        )
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_plain, text, range(len(text))))
    if "torch.Size(" in text:
        text = _SIZE.sub(_bracketed, text)
    if "`" in text:
        text = _FENCE.sub(_blank, text)
    if "#" in text:
        text = _COMMENT.sub(_blank, text)
    if ">>>" in text:
        text = _PROMPT.sub(_blank, text)
    return _COMMAND.sub(_blank, text) if "/" in text else text


def scan(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The words of a cleaned line, or of a part of it."""
    tokens: list[Token] = []
    position, last = start, len(text) if end is None else end
    while True:
        match = _TOKEN.search(text, position, last)
        if match is None:
            return tokens
        kind, begin = match.lastgroup or "bad", match.start()
        position = match.end()
        if kind == "value":
            value_start = match.start("value")
            tokens.append(Token(kind, match["value"], value_start, position, match["key"], begin))
            continue
        tokens.append(Token(kind, match[0], begin, position))
        if kind == "word" and position - begin < 16 and _EINSUM.match(match[0]):
            equation = _EQUATION.match(text, position, last)
            if equation is not None:
                position = equation.end()
                tokens.append(Token("equation", equation[1], equation.start(1), equation.end(1)))


def _bracketed(match: re.Match[str]) -> str:
    """`torch.Size([32, 3])` as `(32, 3)`, in its place."""
    return f"{'':11}({match[1]}) "


def _blank(match: re.Match[str]) -> str:
    return "".join(character if character == "\n" else " " for character in match[0])


def _plain(character: str, column: int) -> str:
    if character.isascii() and character.isprintable():
        return character
    twin = _TWINS.get(character)
    if twin is not None:
        return twin
    if character in _ALLOWED_CONTROLS:
        return "\n" if character == "\n" else " "
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        raise LanguageError(
            f"There is an invisible character (U+{ord(character):04X}) in the line; type it again without it.",
            column=column,
            token=f"U+{ord(character):04X}",
            expected="letters, digits and signs",
        )
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    narrow = unicodedata.normalize("NFKC", character)
    return narrow if len(narrow) == 1 else character
