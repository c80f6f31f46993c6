"""Decks that nobody thought of, for tests of what goes out and comes in again."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from cards.deck import DeckError, card_of
from cards.model import Card, Deck, Place

_CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u2028\u2029\x85"
) | st.sampled_from("\n\t '\"\\`=+-@;,|<&>[]{}#\xa0’é漢\N{GRINNING FACE}")
WORDS = st.text(_CHARACTERS, min_size=1, max_size=40).map(str.strip).filter(bool)
_LINES = st.lists(st.sampled_from(["x = 1", "for a in b:", "    y", "", "print('<&>')", "# `"]), min_size=1, max_size=4)
CODE = _LINES.map("\n".join).map(lambda code: code.strip("\n")).filter(bool)
_NUMBERS = st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15)
_VALUES = st.recursive(st.booleans() | _NUMBERS | WORDS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
_IDS = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True)
_ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "recall": WORDS,
    "mistake": WORDS,
    "choice": WORDS,
    "shape": st.lists(st.integers(-(10**6), 10**6), max_size=5),
    "number": _NUMBERS,
    "predict": _VALUES.filter(lambda value: value != ""),
    "order": st.lists(WORDS, min_size=2, max_size=5),
}


@st.composite
def rows(draw: st.DrawFn, topics: list[str]) -> dict[str, Any]:
    """A card's fields, as in a deck file."""
    kind = draw(st.sampled_from(sorted(_ANSWERS)))
    row: dict[str, Any] = {
        "id": draw(_IDS),
        "kind": kind,
        "front": draw(WORDS),
        "answer": draw(_ANSWERS[kind]),
        "topic": draw(st.sampled_from(topics)) if topics else "",
        "accept": draw(st.lists(WORDS, max_size=3)),
        "facts": draw(st.lists(WORDS, max_size=2)),
        "difficulty": draw(st.integers(1, 3)),
    }
    for name in ("example", "family", "unit", "hint", "source"):
        row[name] = draw(st.just("") | WORDS)
    row["code"] = draw(CODE) if kind == "predict" else draw(st.just("") | CODE)
    if kind == "choice":
        texts = draw(st.lists(WORDS.filter(lambda text: text != row["answer"]), min_size=1, max_size=3, unique=True))
        row["wrong"] = [
            {"text": text, "because": draw(WORDS), "misconception": draw(st.just("") | WORDS)} for text in texts
        ]
    if draw(st.booleans()):
        row |= {
            "proof": draw(st.sampled_from(["claim(True)", "x = 1\nfor a in 'b':\n    claim(x)"])),
            "reason": draw(WORDS),
        }
        row |= {"tolerance": draw(st.floats(0, 10)), "denials": draw(st.lists(_VALUES, max_size=2))}
        if draw(st.booleans()):
            row["value"] = draw(_VALUES)
    else:
        row |= {"why_no_proof": draw(WORDS), "reason": draw(st.just("") | WORDS)}
    return row


def _card(row: dict[str, Any]) -> Card | None:
    try:
        return card_of(Place("made", None), row)
    except DeckError:
        return None  # choices that read alike, and the like


@st.composite
def decks(draw: st.DrawFn) -> Deck:
    """A deck that `cards.deck` would take."""
    titles = draw(st.dictionaries(_IDS, WORDS.map(lambda text: " ".join(text.split())), max_size=3))
    made = [_card(row) for row in draw(st.lists(rows(sorted(titles)), min_size=1, max_size=4))]
    cards = {card.id: card for card in made if card is not None}
    used = {card.topic for card in cards.values()}
    return Deck(
        id="made",
        title="A deck",
        says="",
        cards=tuple(cards.values()),
        topics={topic: title for topic, title in titles.items() if topic in used},
    )


def same(one: Deck, other: Deck) -> bool:
    """Whether two decks have the same cards, where 1, 1.0 and True are three, under the same topics."""
    return repr(one.cards) == repr(other.cards) and one.topics == other.topics


def differences(one: Deck, other: Deck) -> str:
    """What is not the same, for whoever reads a failure."""
    pairs = zip(one.cards, other.cards, strict=False)
    return json.dumps([[repr(a), repr(b)] for a, b in pairs if repr(a) != repr(b)][:2], indent=1, ensure_ascii=False)
