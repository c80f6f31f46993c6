"""What somebody who types words to find something may mean by them: other names, nicknames, slips of the finger."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from cards.postings import Vocabulary
from cards.terms import Word, words
from sandbox.language.layers.registry import LAYERS
from sandbox.language.words import key, meanings

_LONGEST = 4  # words of a phrase with a meaning of its own
_MOST_STARTING = 12
_SHORTEST_START = 2
_LETTERS_A_SLIP = 4  # a word of eight may have two
_LETTERS_A_SLIP_OF_CODE = 6  # its pieces may be meant, too
_MOST_WORDS = 24  # of a question that are looked at: nobody finds anything with more
AS_TYPED, TOGETHER, OTHER_NAME, BEGUN, MISSPELT, KIN, PIECE = 1.0, 0.9, 0.75, 0.7, 0.85, 0.5, 0.3
Ways = dict[tuple[str, ...], float]


@dataclass(slots=True)
class Wanted:
    """One word or phrase of a question.

    Attributes:
        typed: as it was typed.
        ways: terms that together stand for it -> how well they do.
        taken_for: the word that it was taken for, where it was misspelt.
    """

    typed: str
    ways: Ways = field(default_factory=dict)
    taken_for: str = ""

    def add(self, terms: Sequence[str], worth: float) -> None:
        """One more way to say it; of two worths the higher one counts."""
        if terms:
            self.ways[tuple(terms)] = max(worth, self.ways.get(tuple(terms), 0.0))


def wanted(text: str, vocabulary: Vocabulary, *, typing: bool = False) -> list[Wanted]:
    """Every word and phrase of a question with what it may mean here; with `typing`, the last may be unfinished."""
    typed = [word for word in words(text) if not word.says_nothing][:_MOST_WORDS]
    found: list[Wanted] = []
    at = 0
    while at < len(typed):
        length, each = _phrase(typed[at:], vocabulary)
        at += length
        if each is None:
            each = _word(typed[at - 1], vocabulary)
        if typing and at == len(typed):
            _begin(each, typed[-1].term, vocabulary)
        if not each.ways:
            _unknown(each, vocabulary)
        found.append(each)
    return found


def _phrase(typed: Sequence[Word], vocabulary: Vocabulary) -> tuple[int, Wanted | None]:
    """How many words belong together, and what they mean; one word alone is left to others."""
    for length in range(min(_LONGEST, len(typed)), 1, -1):
        terms = tuple(word.term for word in typed[:length])
        means = synonyms().get(terms)
        if means is not None:
            found = Wanted(" ".join(word.written for word in typed[:length]))
            if not all(term.isdigit() for term in terms):  # of 1x1, a 1 alone says nothing
                found.add(terms, TOGETHER)
            _also(found, means, vocabulary)
            _joined(found, typed[:length], vocabulary)
            return length, found
    if len(typed) > 1:
        found = Wanted(f"{typed[0].written} {typed[1].written}")
        _joined(found, typed[:2], vocabulary)
        if found.ways:  # `max pool`, `conv 1d`, `batch norm`
            found.add([word.term for word in typed[:2]], TOGETHER)
            return 2, found
    return 1, None


def _joined(found: Wanted, typed: Sequence[Word], vocabulary: Vocabulary) -> None:
    """The same words written as one."""
    joined = words("".join(word.written for word in typed))
    if len(joined) == 1 and joined[0].term in vocabulary and not joined[0].term[0].isdigit():
        found.add([joined[0].term], AS_TYPED)


def _word(word: Word, vocabulary: Vocabulary) -> Wanted:
    found = Wanted(word.written)
    if word.term in vocabulary:
        found.add([word.term], AS_TYPED)
    _also(found, synonyms().get((word.term,), ()), vocabulary)
    for name in _layers(word.written):
        means = [each.term for each in words(name)]
        _also(found, [tuple(means)], vocabulary)
    if found.ways:
        for piece in word.pieces:
            found.add([piece], PIECE)
        return found
    if word.pieces:  # of code that is misspelt, `Conv1s`, the pieces say less than what was meant
        _misspelt(found, vocabulary, max(1, len(word.term) // _LETTERS_A_SLIP_OF_CODE))
    known = [piece for piece in word.pieces if piece in vocabulary]
    found.add(known, TOGETHER)
    for piece in known:
        found.add([piece], OTHER_NAME)
    if not found.ways and len(word.term) > _SHORTEST_START:
        _begin(found, word.term, vocabulary)
    return found


def _also(found: Wanted, means: Sequence[tuple[str, ...]], vocabulary: Vocabulary, worth: float = OTHER_NAME) -> None:
    for terms in means:
        if all(term in vocabulary for term in terms):
            found.add(terms, worth)


def _begin(found: Wanted, start: str, vocabulary: Vocabulary) -> None:
    """Words that begin with what was typed; the more of one is there, the likelier it is meant."""
    if len(start) < _SHORTEST_START or start[0].isdigit():
        return
    for term in vocabulary.starting(start, _MOST_STARTING):
        found.add([term], BEGUN + (AS_TYPED - BEGUN) * len(start) / len(term) / 2)


def _unknown(found: Wanted, vocabulary: Vocabulary) -> None:
    """A layer that no card names is sought by its family; any other word is taken for a misspelt one."""
    layers = [meaning.name for meaning in meanings(found.typed) if meaning.kind == "layer"]
    for name in layers:
        _also(found, [tuple(word.term for word in words(LAYERS[name].family))], vocabulary, KIN)
    if not layers:
        _misspelt(found, vocabulary, max(1, len(found.typed) // _LETTERS_A_SLIP))


def _misspelt(found: Wanted, vocabulary: Vocabulary, farthest: int) -> None:
    form = vocabulary.nearest(found.typed, farthest)
    if form is None or form.isdigit() or form == found.typed.lower():
        return
    for word in words(form):
        meant = _word(word, vocabulary)
        for terms, worth in meant.ways.items():
            found.add(terms, worth * MISSPELT)
    if found.ways:
        found.taken_for = form


def _layers(written: str) -> Iterator[str]:
    """Layers that a nickname means: `bn` -> BatchNorm1d and its sisters."""
    for meaning in meanings(written):
        if meaning.kind == "layer" and key(meaning.name) != key(written):
            yield meaning.name


@cache
def synonyms() -> Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """What people type -> what the cards say, both as terms."""
    found: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    for entry in _entries():
        means = tuple(_terms(phrase) for phrase in entry["means"])
        for phrase in entry["typed"]:
            typed = _terms(phrase)
            found[typed] = tuple(dict.fromkeys((*found.get(typed, ()), *(each for each in means if each != typed))))
    return found


@cache
def other_names() -> tuple[str, ...]:
    """Words of one piece that people type, long enough to be misspelt."""
    typed = (phrase for entry in _entries() for phrase in entry["typed"])
    return tuple(phrase for phrase in typed if " " not in phrase and len(phrase) > _SHORTEST_START + 1)


@cache
def _entries() -> list[dict[str, list[str]]]:
    text = resources.files("cards").joinpath("synonyms.toml").read_text(encoding="utf-8")
    entries: list[dict[str, list[str]]] = tomllib.loads(text)["synonym"]
    return entries


def _terms(phrase: str) -> tuple[str, ...]:
    return tuple(word.term for word in words(phrase) if not word.says_nothing)
