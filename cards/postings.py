"""The words of many documents: which of them hold a term, and how much it says about each."""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from cards.terms import STOP_WORDS, pieces, read
from sandbox.language.words import nearest

_SATURATION = 1.2  # how soon a second mention of a term says nothing new
_LENGTH = 0.35  # how much a long document has to say a term oftener than a short one
_AGAIN = 0.15  # of its weight that a word gets for each further mention in a text
_PIECE = 0.45  # of a word's weight that each of its pieces gets: `conv` of `nn.Conv1d`
MOST = 600  # documents of a term that are looked at: to be among ten of them takes far less
_LOOKED_AT = 30  # words that are held letter by letter against a misspelt one
_SHORTEST = 3  # letters of a word that may be meant by a misspelt one

Postings = tuple["array[int]", "array[float]"]  # documents, and from 0 to 1 how much the term says about each
Field = tuple[float, str]  # weight, text
_NONE: Postings = (array("I"), array("f"))


class Vocabulary:
    """Every term of a number of documents. A document is some texts with weights."""

    def __init__(self, documents: Iterable[Iterable[Field]], also: Iterable[str] = ()) -> None:
        """Reads all documents; `also` are words that no document needs to hold, and that may be misspelt too."""
        written: Counter[str] = Counter()
        lengths: list[float] = []
        found: dict[str, Postings] = {}
        for document, texts in enumerate(documents):
            weights = _counted(texts, written)
            lengths.append(sum(weights.values()))
            for term, weight in weights.items():
                postings = found.get(term)
                if postings is None:
                    postings = found[term] = (array("I"), array("f"))
                postings[0].append(document)
                postings[1].append(weight)
        usual = sum(lengths) / len(lengths) if lengths else 1.0
        halves = [_SATURATION * (1 - _LENGTH + _LENGTH * length / (usual or 1.0)) for length in lengths]
        self.size = len(lengths)
        self._count = {term: len(held) for term, (held, _) in found.items()}
        self._postings = {term: _best(*postings, halves) for term, postings in found.items()}
        self._sorted = sorted(found)
        self._by_pair = _pairs({*also, *(word.lower() for word in written if _can_be_misspelt(word))})

    def __contains__(self, term: str) -> bool:
        return term in self._postings

    def count(self, term: str) -> int:
        """How many documents hold a term."""
        return self._count.get(term, 0)

    def postings(self, term: str) -> Postings:
        """The documents that hold a term, at most those `MOST` about which it says most; none where it is unknown."""
        return self._postings.get(term, _NONE)

    def starting(self, start: str, most: int) -> list[str]:
        """Terms that begin so, those of most documents first."""
        first = bisect_left(self._sorted, start)
        last = bisect_left(self._sorted, start + "\U0010ffff")
        return heapq.nlargest(most, self._sorted[first:last], key=self.count)

    def nearest(self, word: str, farthest: int | None = None) -> str | None:
        """The written form that is most like a misspelt word, in lower case; None where all are far.

        Args:
            word: as it was typed.
            farthest: slips of the finger at most, if not a third of its letters.
        """
        word = word.lower()
        shared: Counter[str] = Counter()
        for pair in set(pairwise(f"^{word}$")):
            shared.update(self._by_pair.get(pair, ()))
        alike = heapq.nlargest(_LOOKED_AT, shared, key=lambda form: shared[form] / (len(word) + len(form)))
        return nearest(word, sorted(alike), farthest)


def _counted(document: Iterable[Field], written: Counter[str]) -> dict[str, float]:
    """How much weight each term of a document has; a text that says a word again is hardly more about it."""
    weights: dict[str, float] = {}
    for weight, text in document:
        said = Counter(pieces(text))
        written.update(said)
        for piece, times in said.items():
            worth = weight * (1 + _AGAIN * (times - 1))
            for word in read(piece):
                if not word.says_nothing:
                    weights[word.term] = weights.get(word.term, 0.0) + worth
                    for part in word.pieces:
                        weights[part] = weights.get(part, 0.0) + _PIECE * worth
    return weights


def _best(documents: array[int], weights: array[float], halves: Sequence[float]) -> Postings:
    """The postings of a term; of one that very many documents hold, those that matter."""
    shares = array("f", [weight / (weight + halves[at]) for at, weight in zip(documents, weights, strict=True)])
    if len(documents) <= MOST:
        return documents, shares
    places = sorted(heapq.nlargest(MOST, range(len(shares)), key=shares.__getitem__))
    return array("I", [documents[at] for at in places]), array("f", [shares[at] for at in places])


def _can_be_misspelt(word: str) -> bool:
    return len(word) >= _SHORTEST and not word[0].isdigit() and word.lower() not in STOP_WORDS


def _pairs(forms: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """The words that hold two letters side by side, the start and the end of a word counting as letters."""
    found: dict[tuple[str, str], list[str]] = {}
    for form in forms:
        for pair in set(pairwise(f"^{form}$")):
            found.setdefault(pair, []).append(form)
    return found
