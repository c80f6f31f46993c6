"""Finds cards and topics by the words that people type: misspelt, abbreviated, in code or by another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cards.families.family import Family
from cards.model import Card


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
        read: a word that was typed -> the word of the cards that it was taken for, where they differ.
        instead: where nothing was found, the nearest words that would find something.
    """

    hits: tuple[Hit, ...]
    read: Mapping[str, str]
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What somebody wants to practise: `conv` means every topic about convolution, `batchnorm` a part of one.

    Attributes:
        topics: ids of the topics that are meant as a whole, in the deck's order; empty where the words say less or more.
        cards: names of the cards that belong to it: all cards of the topics, or the nearest ones, best first.
        families: ids of the families of questions that belong to it, best first.
        title: what was understood, in words: "Conv1d: padding", or "6 topics about conv".
        instead: where nothing was found, the nearest words that would find something.
    """

    topics: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    title: str = ""
    instead: tuple[str, ...] = ()


class Index:
    """Words of many cards, kept so that those of a question are looked up and not searched for.

    Building one takes tens of milliseconds a thousand cards: do it in a thread. An index never changes; a search only
    reads it.
    """

    def __init__(
        self, cards: Mapping[str, Card], topics: Mapping[str, str], families: Iterable[Family] = ()
    ) -> None:
        """Takes the cards by name, the titles of their topics by id, and the families of questions with fresh numbers."""

    def search(self, words: str, limit: int = 10, *, typing: bool = False) -> Found:
        """The nearest cards; with `typing`, the last word may be unfinished. Empty words find nothing."""

    def topics(self, words: str) -> Scope:
        """What to practise; empty words mean every card and family."""
