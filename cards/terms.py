"""Text as the terms that it is looked up by: plurals, spellings of code and of two Englishes come out the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

MAX_WORD = 40  # characters of a term: nothing longer is typed to find something
_SAY_NOTHING = """
a an and any are as at be been by can could did do does for from get gets give gives has have how i if in into
is it its let lets me my no nn not of on or our please should so some tell than that the their them then there
these they this those to torch pytorch us use used was we were what whats when where which who why will with
would you your about between explain means mean show card cards question vs versus difference layer layers
dont doesnt cant isnt happen happens
"""
STOP_WORDS = frozenset(_SAY_NOTHING.split())
_WORD = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)|[^\W_]\w*")
_BETWEEN_SIZES = re.compile(r"(?<=\d)[x\u00d7](?=\d)")
_FLAGGED = re.compile(r"\b(kernel_size|stride|padding|dilation|groups)\s*=\s*(\d+)\b")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_FLAGS = re.compile(r"(?:[a-z]\d+)+\Z")  # k3p1, as ids of cards have it
_RANK = re.compile(r"(?<=\w\w)[123]d\Z")
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_IRREGULAR = {
    "axes": "axis", "indices": "index", "matrices": "matrix", "vertices": "vertex", "bias": "bias", "loss": "loss",
    "lens": "length", "len": "length", "avg": "average", "zeroes": "zero", "data": "data", "does": "do",
}  # fmt: skip
_UNDOUBLED = frozenset("bdgmnprt")
_SHORTEST_PIECE = 3


class Word(NamedTuple):
    """One word of a text: as it is written, the term it is looked up by, and the terms of its pieces."""

    written: str
    term: str
    pieces: tuple[str, ...] = ()

    @property
    def says_nothing(self) -> bool:
        """Whether nobody looks for it."""
        return self.written.lower() in STOP_WORDS


def words(text: str) -> list[Word]:
    """The words of a text in their order; `kernel_size=3` gives `k3` as well."""
    return [word for written in pieces(text) for word in read(written)]


def pieces(text: str) -> list[str]:
    """A text cut into what is read as words."""
    found: list[str] = _WORD.findall(_BETWEEN_SIZES.sub(" ", unicodedata.normalize("NFKC", text)))
    if "=" in text:
        found += [f"{name[0]}{value}" for name, value in _FLAGGED.findall(text)]
    return found


@lru_cache(maxsize=1 << 15)
def read(written: str) -> tuple[Word, ...]:
    """A word with its pieces; several words where a script sets no spaces, which then are pairs of letters."""
    if _WITHOUT_SPACES.search(written):
        pairs = [written[at : at + 2] for at in range(max(1, len(written) - 1))]
        return tuple(Word(pair, pair) for pair in pairs[:MAX_WORD])
    lowered = written.lower()
    whole = lowered.replace("_", "")[:MAX_WORD]
    if written.isascii() and written.isalpha() and written in {lowered, lowered.capitalize(), written.upper()}:
        return (Word(written, stem(whole)),)
    parts = [stem(piece.lower()) for piece in _PIECE.findall(written[:MAX_WORD]) if len(piece) >= _SHORTEST_PIECE]
    if _FLAGS.match(whole):
        parts = re.findall(r"[a-z]\d+", whole)
    bare = _RANK.sub("", whole)
    if bare != whole:
        parts.append(stem(bare))
    term = stem(whole) if whole.isalpha() else whole
    return (Word(written, term, tuple(piece for piece in dict.fromkeys(parts) if piece != term)),)


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """A word in lower case without its endings: `pooling`, `pooled` and `pools` are `pool`.

    Stems are only looked up by, never shown.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.isascii():
        return word
    if len(word) > 5:
        word = word.replace("iz", "is").replace("yz", "ys")
    return _without_ending(_singular(word))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "ases")) and len(word) > 5:
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "as")):
        return word[:-1]
    return word


def _without_ending(word: str) -> str:
    for ending, left in (("isation", "is"), ("iser", "is"), ("ational", "at"), ("ation", "at"), ("ional", "ion")):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_PIECE:
            return word[: -len(ending)] + left
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _SHORTEST_PIECE and not word.endswith("eed") and set(rest) & set("aeiouy"):
            doubled = len(rest) > _SHORTEST_PIECE and rest[-1] == rest[-2] and rest[-1] in _UNDOUBLED
            return rest[:-1] if doubled else rest.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word
