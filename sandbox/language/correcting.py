"""A mistaken line with the suggested word in its place, so that it can be typed as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from sandbox.language.model import LanguageError
from sandbox.language.words import meanings

_SEPARATOR = re.compile(r"\s*(?:,|;|\+|=?>|\u2192|\bthen\b|\band\b)\s+(?=[A-Za-z])")  # what people write for |
_SPACED = re.compile(r"(?<=\s)([a-z][a-z_]*)\s+(\d[\dx.]*)(?!\S)")  # kernel_size 3
_OTHER_BRACKETS = re.compile(r"\b((?:torch\.)?nn\.\w+)[\[{]([^\[\]{}]*)[\]}]")
_INNERMOST = re.compile(r"\(([^()]*)\)")
_AFTER_CALL = re.compile(r"\)\s+(?=nn\.)")
_GLUED_PAIR = re.compile(r"(?<=\s)(\d+)x(\d+)(?!\S)")
_PAIR = re.compile(r"^(\w+)\s(\d+)\s(\d+)(?=\s*(?:@|$))")  # adaptiveavgpool2d 7 7
MAX_UNCLOSED = 4
_MADE = re.compile(r"(?:torch\.)?nn\.\w+\(.*\)")
_WORD = re.compile(r"(?<!\S)[A-Za-z]\w+")
MAX_TALK = 12  # words before the layer
MAX_LINE = 300  # characters: nobody reads a longer suggestion


def corrected(line: str, fault: LanguageError) -> Iterator[str]:
    """Lines to try, the likeliest first; nothing where the line is long or has several rows.

    `line` is the cleaned line in which the fault's column counts.
    """
    shown = line.strip()
    if shown and len(shown) <= MAX_LINE and "\n" not in shown:
        yield from _by_word(line, shown, fault)
        yield from _resigned(shown)


def _by_word(line: str, shown: str, fault: LanguageError) -> Iterator[str]:
    """The line with the word that the fault suggests, or cut down to its layer."""
    word = fault.suggestion or ""
    piped = _SEPARATOR.sub(" | ", shown)
    if piped != shown:
        yield piped
    if not word:
        yield from _without_talk(shown)
        return
    before, rest = line[: fault.column], line[fault.column :]
    if not fault.token:  # something is missing here: the `?` of `batchnorm2d ?`
        if word.endswith("?"):
            yield f"{before.rstrip()} {word.split()[-1]}{rest}".strip()
        return
    key, equals, _ = fault.token.partition("=")
    whole = re.match(re.escape(key) + r"\s*=\s*" + re.escape(fault.token[len(key) + 1 :]) if equals else "", rest)
    end = whole.end() if whole and equals else len(fault.token)
    if not whole or (not equals and not rest.startswith(fault.token)):
        return  # the token was shortened
    if " " in word:  # a line already
        yield word
    yield f"{before}{word}{rest[end:]}".strip()
    for meaning in meanings(word)[1:] and meanings(word):  # the slip of a word that has several meanings: maxpol 2
        yield f"{before}{word}{meaning.name[-2:]}{rest[end:]}".strip()
    if equals:  # the name was wrong, not the value: kernal_size=3
        yield f"{before}{word}{rest[len(key) :]}".strip()
    yield f"{before}{word}={rest[end:].lstrip()}".strip()  # kernel 3


def _resigned(line: str) -> Iterator[str]:
    """The same words with other signs between them: brackets closed, `k 3` as `k=3`, `10x20` as `10 20`."""
    joined = _SPACED.sub(lambda match: match[0] if meanings(match[1]) else f"{match[1]}={match[2]}", line)
    rounded = _OTHER_BRACKETS.sub(lambda match: f"{match[1]}({match[2]})", line)
    commas = _AFTER_CALL.sub("), ", _INNERMOST.sub(_with_commas, line))
    opened = line.count("(") - line.count(")")
    closed = f"{line}{')' * opened}" if 0 < opened < MAX_UNCLOSED else line
    if opened < 0 and line.endswith(")"):
        closed = line[:opened]
    split = _GLUED_PAIR.sub(r"\1 \2", line)
    paired = _PAIR.sub(r"\1 \2x\3", line)
    yield from (other for other in (joined, rounded, commas, closed, split, paired) if other != line)


def _with_commas(inside: re.Match[str]) -> str:
    """`(3 16; 3,,)` as `(3, 16, 3)`."""
    return f"({', '.join(part for part in re.split(r'[,;]|(?<![=+*/-])[ ](?![=+*/-])', inside[1]) if part.strip())})"


def _without_talk(line: str) -> Iterator[str]:
    """The layer out of a sentence about it: `what is the shape of conv2d 3 16 k3`."""
    if "|" in line:
        return
    made = _MADE.search(line)
    if made:
        yield made[0]
    for match in islice(_WORD.finditer(line), 1, MAX_TALK):
        if meanings(match[0]):
            yield line[match.start() :].rstrip("?!. ")
