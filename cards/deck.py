"""Decks from TOML files: read, checked, and every fault said with its file, line, card and what to do."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cards.model import EASIEST, HARDEST, KINDS, Card, Choice, Deck, Proof, Value

HOUSE = Path(__file__).parent / "decks"
MAX_CARDS = 20_000
MAX_TEXT = 4_000  # characters of one field
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}\Z", re.ASCII)
_TEXTS = ("front", "reason", "example", "family", "code", "unit", "hint", "why_no_proof", "source")
_FIELDS = {
    *("id", "kind", "topic", "answer", "facts", "difficulty", "needs", "wrong", "accept", "proof", "value", "denials"),
    *("tolerance", *_TEXTS),
}


class DeckError(ValueError):
    """A deck that cannot be used: where, and what to do."""

    def __init__(self, file: str, line: int | None, card: str, fault: str) -> None:
        """`card` is empty for a fault of the whole file."""
        where = f"{file}, line {line}" if line is not None else file
        super().__init__(f"{where}{f', card {card}' if card else ''}: {fault}")
        self.file, self.line, self.card, self.fault = file, line, card, fault


def load(paths: Iterable[Path], *, deck_id: str, title: str, says: str) -> Deck:
    """One deck from several files; raises `DeckError`."""
    topics: dict[str, str] = {}
    cards: list[Card] = []
    for path in paths:
        found_topics, found = read(path.name, path.read_text(encoding="utf-8"))
        topics |= found_topics
        cards += found
    deck = Deck(id=deck_id, title=title, says=says, cards=tuple(cards), topics=topics)
    check(deck)
    return deck


def house() -> Deck:
    """The deck that comes with Stride."""
    return load(
        sorted(HOUSE.glob("*.toml")),
        deck_id="stride",
        title="PyTorch layers",
        says="Shapes, parameters, behaviour and traps of torch's layers, each proved by torch.",
    )


def read(file: str, text: str) -> tuple[dict[str, str], list[Card]]:
    """The topics and cards of one file; raises `DeckError`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        line = re.search(r"at line (\d+)", str(fault))
        raise DeckError(file, int(line[1]) if line else None, "", f"not TOML: {fault}") from fault
    topics = raw.get("topics", {})
    if not isinstance(topics, dict) or not all(isinstance(title, str) for title in topics.values()):
        raise DeckError(file, None, "", "[topics] holds lines such as: conv1d = 'Convolution in one dimension'")
    rows = raw.get("card", [])
    if not isinstance(rows, list) or not rows:
        raise DeckError(file, None, "", "it has no cards: each begins with [[card]]")
    if len(rows) > MAX_CARDS:
        raise DeckError(file, None, "", f"{len(rows)} cards, and a deck may have {MAX_CARDS}")
    lines = _lines(text)
    return topics, [
        _Reader(file, lines[index] if index < len(lines) else None, row).card() for index, row in enumerate(rows)
    ]


def check(deck: Deck) -> None:
    """Holds the cards to each other; raises `DeckError`."""
    ids = Counter(card.id for card in deck.cards)
    for card in deck.cards:
        if ids[card.id] > 1:
            raise DeckError(deck.id, None, card.id, "two cards have this id: rename one")
        for need in card.needs:
            if need not in ids:
                raise DeckError(deck.id, None, card.id, f"it needs the card {need}, which is not there")
        if deck.topics and card.topic not in deck.topics:
            raise DeckError(deck.id, None, card.id, f"its topic {card.topic} is not under [topics]")
    _check_order(deck)


def _check_order(deck: Deck) -> None:
    """No card may need itself, by however many others."""
    needs = {card.id: card.needs for card in deck.cards}
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        waiting = [(start, False)]
        while waiting:
            card, left = waiting.pop()
            if left:
                path.pop()
                done.add(card)
            elif card in path:
                raise DeckError(
                    deck.id, None, card, f"it needs itself: {' -> '.join([*path[path.index(card) :], card])}"
                )
            elif card not in done:
                path.append(card)
                waiting.append((card, True))
                waiting += ((need, False) for need in needs[card])


def _lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), start=1) if line.strip() == "[[card]]"]


class _Reader:
    """Reads one card."""

    def __init__(self, file: str, line: int | None, row: Any) -> None:
        self.file, self.line = file, line
        if not isinstance(row, dict):
            raise DeckError(file, line, "", "a card is a table of fields")
        self.row: Mapping[str, Any] = row
        self.id = str(row.get("id", ""))

    def card(self) -> Card:
        """The card; raises `DeckError`."""
        if not _ID.match(self.id):
            raise self.fault("its id must be small letters, digits, dots and dashes, such as conv1d-len")
        unknown = sorted(self.row.keys() - _FIELDS)
        if unknown:
            raise self.fault(f"there is no field {unknown[0]}; there are {', '.join(sorted(_FIELDS))}")
        kind = self.row.get("kind")
        if kind not in KINDS:
            raise self.fault(f"its kind must be one of {', '.join(KINDS)}")
        texts = {name: self.text(name) for name in _TEXTS}
        for name in ("front", "reason"):
            if not texts[name]:
                raise self.fault(f"it has no {name}")
        answer = self.answer(kind)
        proof = self.proof(kind, answer)
        if (proof is None) == (not texts["why_no_proof"]):
            raise self.fault("it needs either a proof or a why_no_proof")
        card = Card(
            id=self.id,
            kind=kind,
            topic=self.text("topic"),
            answer=answer,
            facts=self.texts("facts"),
            difficulty=self.difficulty(),
            needs=self.texts("needs"),
            wrong=self.wrong(kind, answer),
            accept=self.texts("accept"),
            proof=proof,
            **texts,
        )
        if kind == "predict" and not card.code:
            raise self.fault("a predict card shows code: write it into the field code")
        return card

    def answer(self, kind: str) -> Value:
        """The answer, of the type that its kind has."""
        answer = self.value("answer")
        fits = {
            "shape": isinstance(answer, tuple) and all(type(size) is int for size in answer),
            "number": isinstance(answer, int | float) and not isinstance(answer, bool),
            "order": isinstance(answer, tuple) and len(answer) > 1 and all(isinstance(step, str) for step in answer),
            "predict": answer != "",
        }.get(kind, isinstance(answer, str) and bool(answer))
        if not fits:
            wanted = {
                "shape": "a list of whole numbers such as [32, 16, 98]",
                "number": "a number",
                "order": "the list of steps in their order",
                "predict": "what the code gives",
            }.get(kind, "a text")
            raise self.fault(f"the answer of a {kind} card is {wanted}")
        return answer

    def proof(self, kind: str, answer: Value) -> Proof | None:
        """The proof, with what it has to claim."""
        code = self.text("proof")
        if not code:
            return None
        try:
            compile(code, "<proof>", "exec")
        except (SyntaxError, ValueError) as fault:
            raise self.fault(f"its proof is not Python: {fault}") from fault
        value = self.value("value") if "value" in self.row else answer if kind in _CLAIMED else True
        denials = self.value("denials") if "denials" in self.row else ()
        if not isinstance(denials, tuple):
            raise self.fault("denials is a list of values that the proof must refuse")
        tolerance = self.row.get("tolerance", 0.0)
        if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or tolerance < 0:
            raise self.fault("tolerance is a number, 0 or more")
        return Proof(code=code, value=value, denials=denials, tolerance=float(tolerance))

    def wrong(self, kind: str, answer: Value) -> tuple[Choice, ...]:
        """The wrong choices."""
        rows = self.row.get("wrong", [])
        if (kind == "choice") != bool(rows) or not isinstance(rows, list):
            raise self.fault("a choice card, and no other, has a list wrong = [{ text = ..., because = ... }]")
        choices: list[Choice] = []
        for row in rows:
            if not isinstance(row, dict) or not row.keys() <= {"text", "because", "misconception"}:
                raise self.fault("each wrong choice is { text, because, misconception }")
            fields = {name: str(value) for name, value in row.items()}
            if not fields.get("text") or not fields.get("because"):
                raise self.fault("each wrong choice has a text, and says in because what mistake leads to it")
            choices.append(Choice(**fields))
        shown = [choice.text for choice in choices] + [str(answer)]
        if rows and len(set(shown)) < len(shown):
            raise self.fault("two of its choices are the same")
        return tuple(choices)

    def difficulty(self) -> int:
        """From 1 to 3."""
        level = self.row.get("difficulty", EASIEST)
        if type(level) is not int or not EASIEST <= level <= HARDEST:
            raise self.fault(f"difficulty is {EASIEST} to {HARDEST}")
        return level

    def text(self, name: str) -> str:
        """A text field; empty where it is left out."""
        value = self.row.get(name, "")
        if not isinstance(value, str):
            raise self.fault(f"{name} is a text")
        if len(value) > MAX_TEXT:
            raise self.fault(f"{name} has {len(value)} characters, and may have {MAX_TEXT}")
        return value.strip() if name not in {"code", "proof"} else value.strip("\n")

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.row.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.fault(f"{name} is a list of texts")
        return tuple(value)

    def value(self, name: str) -> Value:
        """A value that a proof can claim."""
        if name not in self.row:
            raise self.fault(f"it has no {name}")
        return self._value(name, self.row[name])

    def _value(self, name: str, raw: Any) -> Value:
        if isinstance(raw, bool | int | float):
            return raw
        if isinstance(raw, str):
            return raw.strip()
        if isinstance(raw, list):
            return tuple(self._value(name, item) for item in raw)
        raise self.fault(f"{name} is a text, a number, true, false, or a list of those")

    def fault(self, words: str) -> DeckError:
        """What is wrong with this card."""
        return DeckError(self.file, self.line, self.id or "without id", words)


_CLAIMED = frozenset({"shape", "number", "predict"})  # kinds whose answer is itself what the proof claims


def covered(cards: Sequence[Card]) -> set[str]:
    """The ids of all facts that the cards teach."""
    return {fact for card in cards for fact in card.facts}
