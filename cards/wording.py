"""Names and short texts as people type them: what makes no difference, and what is only a slip."""

from __future__ import annotations

import difflib
import re
from functools import cache

SHORT = 4  # words up to here have to be spelled right
_ALIKE = 0.84  # of a word and what was typed, where spelling is forgiven
_WORD = re.compile(r"[a-z0-9]+\Z", re.ASCII)  # no operator in it, so it is not code
_DENIES = re.compile(r"\b(?:not|no|never|non|nothing|without)\b|n't\b")
_OTHER = re.compile(r"(?:un|in|im|ir|dis|de|non|anti|a|pre|post|sub|over|under|up|down)\Z")  # unbatched, asymmetric
_SAYING = re.compile(r"\A(?:it|this|that|they)\s*(?:is|are|s|gives?|should be|must be|has to be)\s+")


def key_of(text: str) -> str:
    """A text without what makes no difference: case, spaces, quotes, a module's prefix, "it is", an article."""
    short = _SAYING.sub("", re.sub(r"[`'\"]", "", text.strip().casefold()))
    short = re.sub(r"\b(?:torch\.)?(?:nn\.)?(?:functional\.)?(?=[a-z_])", "", short)
    short = re.sub(r"\A(?:the|a|an)\s+", "", short)
    short = re.sub(r"(?<!\d)\.|\.(?!\d)", "", short)  # but for the one in 0.5
    return re.sub(r"[\s_,;()]+|-(?=[a-z])", "", short)


def bare_words(text: str) -> str:
    """The words of a text, with one space between them."""
    return " ".join(re.sub(r"[`'\",;:()]|(?<!\d)\.|\.(?!\d)", " ", text.casefold()).split())


def misspelt(text: str, right: str) -> bool:
    """Whether a text is the right one but for slips within its words.

    A word more or less, or another word, is no slip: "it is open" is not "it is not open".
    """
    if len(right.split()) == 1:
        return not _DENIES.search(text.casefold()) and _slip(key_of(text), key_of(right))
    ours, theirs = ([key_of(word) for word in each.split()] for each in (text, right))
    return len(ours) == len(theirs) and all(
        one == other or _slip(one, other) for one, other in zip(ours, theirs, strict=True)
    )


def _slip(typed: str, name: str) -> bool:
    """Whether a word is another one misspelt, and no word of its own: Conv1d is no slip of Conv2d."""
    if len(name) <= SHORT or not _WORD.match(name) or not _WORD.match(typed):
        return False
    if re.sub(r"\D", "", typed) != re.sub(r"\D", "", name) or typed in _names_of_torch():
        return False
    short, long = sorted((typed, name), key=len)
    if long.endswith(short) and _OTHER.match(long.removesuffix(short)):
        return False
    return difflib.SequenceMatcher(None, typed, name).ratio() >= _ALIKE


@cache
def _names_of_torch() -> frozenset[str]:
    from sandbox.language.catalogue import names  # which reads in every layer: most of what is said needs none

    return frozenset(name.casefold() for name in names())
