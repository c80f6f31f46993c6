"""Finds cards and topics by the words that people type: misspelt, abbreviated, in code or by another name."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cards.families.family import LEVELS, Family
from cards.generate import draft
from cards.model import EASIEST, Card, Value
from cards.postings import Field, Vocabulary
from cards.terms import Word
from cards.terms import words as words_of
from cards.wanted import Wanted, other_names, wanted

_FRONT, _ANSWER, _TOPIC, _NAME, _FACTS, _REASON, _CODE, _ASIDE = 3.0, 2.0, 1.2, 2.0, 1.0, 1.0, 1.0, 0.6
_MOST_READ = 400  # characters of a question that are read
_WITH_ALL = 0.75  # of a card's score that hangs on how many of the words it has
_EASIER = 0.94  # of two cards that fit alike, who looks something up wants the plainer one
_BY_NAME = 1000.0  # a card whose name was typed stands before all others
_IN_SCOPE = 0.4  # of the best card's score that a card needs to belong to what is practised
_MOST_IN_SCOPE = 60
_FIRM = 0.6  # how well a term has to stand for a word that names a whole topic
_EVERYTHING = {"", "all", "any", "anything", "everything", "mixed", "random"}
_KINDS = {"mistake": "spot the mistake", "predict": "predict the output", "order": "put the steps in order"}
_OFFERED = 5  # words, where nothing was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A card that was found: its name in the index (`stride/conv1d-k3p1`), and how well it fits."""

    name: str
    card: Card
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gives.

    Attributes:
        hits: the nearest cards, best first.
        read: a word that was typed -> the word of the cards that it was taken for, where it was misspelt.
        instead: where nothing was found, words that would find something: the nearest first, then topics.
    """

    hits: tuple[Hit, ...]
    read: Mapping[str, str]
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What somebody wants to practise: `conv` means every topic about convolution, `batchnorm` a part of one.

    Attributes:
        topics: ids of the topics that are meant as a whole, in the deck's order; empty where the words say less.
        cards: names of the cards that belong to it: all cards of the topics, or the nearest ones, best first.
        skills: names of the families of questions that belong to it, best first.
        title: what was understood, in words: "Conv1d: padding", or "`batchnorm`".
        instead: where nothing was found, words that would find something.
    """

    topics: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    title: str = ""
    instead: tuple[str, ...] = ()


class Index:
    """Words of many cards, kept so that those of a question are looked up and not searched for.

    Building one takes about a tenth of a second a thousand cards: do it in a thread. An index never changes; a search
    only reads it.
    """

    def __init__(
        self, cards: Mapping[str, Card], topics: Mapping[str, str], skills: Mapping[str, Family] | None = None
    ) -> None:
        """Takes cards by name, titles of their topics by id, and families of questions with fresh numbers by name."""
        self._names = tuple(cards)
        self._cards = tuple(cards.values())
        self._topics = dict(topics)
        self._skills = dict(skills or {})
        fields = (_card_fields(card, self._topics.get(card.topic, card.topic)) for card in self._cards)
        self._known = Vocabulary(fields, other_names())
        self._asked = Vocabulary(map(_family_fields, self._skills.values()))
        self._titles = Vocabulary(
            ([(_NAME, _tail(topic)), (_NAME, title)] for topic, title in self._topics.items()), other_names()
        )
        self._by_name: dict[str, list[int]] = {}
        for place, (name, card) in enumerate(cards.items()):
            for alias in {name, _tail(name), *card.facts, *map(_tail, card.facts)}:
                self._by_name.setdefault(alias.lower(), []).append(place)

    def search(self, words: str, limit: int = 10, *, typing: bool = False) -> Found:
        """The nearest cards; with `typing`, the last word may be unfinished. Empty words find nothing."""
        words = words[:_MOST_READ]
        asked = wanted(words, self._known, typing=typing)
        scores = _scores(self._known, asked)
        for place in self._by_name.get(words.strip().lower(), ()):
            scores[place] = scores.get(place, 0.0) + _BY_NAME
        best = heapq.nsmallest(limit, scores, key=lambda place: self._rank(place, scores[place]))
        hits = tuple(Hit(name=self._names[each], card=self._cards[each], score=scores[each]) for each in best)
        return Found(
            hits=hits,
            read={each.typed: each.taken_for for each in asked if each.taken_for},
            instead=() if hits else self._instead(asked),
        )

    def topics(self, words: str) -> Scope:
        """What to practise; empty words mean every card and family."""
        words = words[:_MOST_READ].strip()
        if words.casefold() in _EVERYTHING:
            skills = tuple(self._skills)
            return Scope(topics=tuple(self._topics), cards=self._names, skills=skills, title="everything")
        whole = self._whole_topics(words)
        if whole:
            return self._of_topics(whole, words)
        found = self.search(words, _MOST_IN_SCOPE)
        enough = found.hits[0].score * _IN_SCOPE if found.hits else 0.0
        cards = tuple(hit.name for hit in found.hits if hit.score >= enough)
        skills = self._skills_about(words)
        if not cards and not skills:
            return Scope(instead=found.instead)
        return Scope(cards=cards, skills=skills, title=f"`{words.replace('`', '')}`")

    def _rank(self, place: int, score: float) -> tuple[float, int, int]:
        card = self._cards[place]
        return (-round(score * _EASIER ** (card.difficulty - EASIEST), 3), card.difficulty, place)

    def _instead(self, asked: Sequence[Wanted]) -> tuple[str, ...]:
        near = (self._known.nearest(each.typed, max(2, len(each.typed) // 2)) for each in asked)
        titles = list(self._topics.values())[:: len(self._topics) // _OFFERED or 1]
        return tuple(dict.fromkeys((*(form for form in near if form), *titles)))[:_OFFERED]

    def _whole_topics(self, words: str) -> list[str]:
        """Topics at the head of whose id or title the words stand, or whose title was typed."""
        typed = words.casefold()
        named = [topic for topic, title in self._topics.items() if typed == title.casefold()]
        asked = wanted(words, self._titles)
        return named or [
            topic
            for topic, title in self._topics.items()
            if all(_says(each, topic, title) for each in asked) and any(_heads(each, topic, title) for each in asked)
        ]

    def _of_topics(self, topics: Sequence[str], words: str) -> Scope:
        chosen = set(topics)
        inside = [name for name, card in zip(self._names, self._cards, strict=True) if card.topic in chosen]
        title = (
            self._topics[topics[0]] if len(topics) == 1 else f"{len(topics)} topics about `{words.replace('`', '')}`"
        )
        tails = {_tail(topic) for topic in topics}
        skills = tuple(name for name, family in self._skills.items() if family.topic in tails)
        return Scope(topics=tuple(topics), cards=tuple(inside), skills=skills, title=title)

    def _skills_about(self, words: str) -> tuple[str, ...]:
        """Skills that have every word that any of them has."""
        asked = [each for each in wanted(words, self._asked) if each.ways and not each.taken_for]
        scores = _scores(self._asked, asked)
        matched = [found for each in asked if (found := _matches(self._asked, each))]
        inside = [place for place in scores if all(place in each for each in matched)]
        enough = _IN_SCOPE * max((scores[place] for place in inside), default=0.0)
        best = sorted((place for place in inside if scores[place] >= enough), key=lambda at: (-scores[at], at))
        names = tuple(self._skills)
        return tuple(names[place] for place in best)


def _says(each: Wanted, topic: str, title: str) -> bool:
    """Whether a word of a question stands in a topic's id or title, in one of its ways."""
    terms = _terms(words_of(f"{_tail(topic)} {title}"))
    return any(set(way) <= terms for way, worth in each.ways.items() if worth >= _FIRM)


def _heads(each: Wanted, topic: str, title: str) -> bool:
    """Whether it stands at the head of one of them: `flatten` does not for "Linear, flatten and view"."""
    heads = _terms([*words_of(_tail(topic))[:1], *words_of(title)[:1]])
    ways = [way for way, worth in each.ways.items() if worth >= _FIRM]
    return any(not heads.isdisjoint(way) for way in ways)


def _terms(found: Iterable[Word]) -> set[str]:
    return {term for word in found for term in (word.term, *word.pieces)}


def _scores(vocabulary: Vocabulary, asked: Sequence[Wanted]) -> dict[int, float]:
    """How well each document that has any of the words fits all of them."""
    total: dict[int, float] = {}
    covered: dict[int, float] = {}
    possible = 0.0
    for each in asked:
        best = _matches(vocabulary, each)
        if not best:
            continue
        held = max(len(best), *(min(map(vocabulary.count, way)) for way in each.ways))
        rarity = math.log(1 + (vocabulary.size - held + 0.5) / (held + 0.5))
        possible += rarity
        for place, share in best.items():
            total[place] = total.get(place, 0.0) + rarity * share
            covered[place] = covered.get(place, 0.0) + rarity
    return {place: score * (1 - _WITH_ALL + _WITH_ALL * covered[place] / possible) for place, score in total.items()}


def _matches(vocabulary: Vocabulary, each: Wanted) -> dict[int, float]:
    """The documents that say the word in one of its ways, with the best one's share."""
    best: dict[int, float] = {}
    for terms, worth in sorted(each.ways.items(), key=lambda way: -way[1]):
        found = _together(vocabulary, terms)
        if best:
            for place, share in found:
                if share * worth > best.get(place, 0.0):
                    best[place] = share * worth
        else:
            best = {place: share * worth for place, share in found}
    return best


def _together(vocabulary: Vocabulary, terms: Sequence[str]) -> Iterable[tuple[int, float]]:
    """The documents with all of the terms, and how much the rarest-said one says."""
    first, *others = terms
    found = zip(*vocabulary.postings(first), strict=True)
    if not others:
        return found
    shares = dict(found)
    for term in others:
        next_shares = dict(zip(*vocabulary.postings(term), strict=True))
        shares = {place: min(share, next_shares[place]) for place, share in shares.items() if place in next_shares}
    return shares.items()


def _card_fields(card: Card, topic: str) -> Iterator[Field]:
    yield _FRONT, card.front
    yield _ANSWER, _said(card.answer)
    yield _TOPIC, topic
    yield _TOPIC, _tail(card.topic)
    yield _NAME, _tail(card.id)
    yield _FACTS, " ".join(map(_tail, (*card.facts, card.family)))
    yield _REASON, card.reason
    yield _CODE, card.code
    yield _ASIDE, card.example
    yield _ASIDE, card.hint
    yield _ANSWER, " ".join(card.accept)
    yield _ASIDE, _KINDS.get(card.kind, "")
    for choice in card.wrong:
        yield _ASIDE, choice.text


def _family_fields(family: Family) -> Iterator[Field]:
    yield _FRONT, family.title
    yield _NAME, family.id
    yield _ASIDE, family.topic
    for level in LEVELS:
        yield _ASIDE, draft(family, level, 0)[0].prompt


def _tail(name: str) -> str:
    """A name without its deck's: `stride/conv1d` is looked up as `conv1d`."""
    return name.rpartition("/")[2]


def _said(value: Value) -> str:
    return " ".join(_said(item) for item in value) if isinstance(value, tuple) else str(value)
