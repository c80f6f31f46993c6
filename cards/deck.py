"""Decks from TOML files: read, checked, and every fault said with its file, line, card and what to do."""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cards.grade import judge_card
from cards.model import EASIEST, HARDEST, KINDS, Card, Choice, Deck, Place, Proof, Value

HOUSE = Path(__file__).parent / "decks"
MAX_CARDS = 20_000
MAX_BYTES = 32 << 20
MAX_TEXT = 4_000  # characters of one field
MAX_LIST = 50  # items of one field
MOST = 10**15  # of a number: beyond it a float skips whole numbers
MAX_DEPTH = 8  # of lists in lists
MAX_ID = 80
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}\Z", re.ASCII)
_CARD = re.compile(r"\s*\[\[\s*card\s*\]\]\s*(#.*)?\Z")
_TEXTS = ("front", "reason", "example", "family", "code", "unit", "hint", "why_no_proof", "source")
_FIELDS = {
    *("id", "kind", "topic", "answer", "facts", "difficulty", "needs", "wrong", "accept", "proof", "value", "denials"),
    *("tolerance", *_TEXTS),
}


class DeckError(ValueError):
    """A deck that cannot be used: where, and what to do."""

    def __init__(self, file: str, line: int | None, card: str, fault: str) -> None:
        """`card` is empty for a fault of the whole file."""
        super().__init__(f"{Place(file, line)}{f', card {card}' if card else ''}: {fault}")
        self.file, self.line, self.card, self.fault = file, line, card, fault


def load(paths: Iterable[Path], *, deck_id: str, title: str, says: str) -> Deck:
    """One deck from several files; raises `DeckError`."""
    return combine(((path.name, _text(path)) for path in paths), deck_id=deck_id, title=title, says=says)


def combine(files: Iterable[tuple[str, str]], *, deck_id: str, title: str, says: str) -> Deck:
    """One deck from the names and texts of its files; raises `DeckError`."""
    topics: dict[str, str] = {}
    cards: list[Card] = []
    places: dict[str, Place] = {}
    for file, text in files:
        found_topics, found = read_placed(file, text)
        topics |= found_topics
        for place, card in found:
            if card.id in places:
                raise DeckError(*place, card.id, f"another card has this id ({places[card.id]}): rename one")
            places[card.id] = place
            cards.append(card)
    deck = Deck(id=deck_id, title=title, says=says, cards=tuple(cards), topics=topics, places=places)
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
    topics, found = read_placed(file, text)
    return topics, [card for _, card in found]


def read_placed(file: str, text: str) -> tuple[dict[str, str], list[tuple[Place, Card]]]:
    """The topics and cards of one file, each card with where it stands; raises `DeckError`."""
    raw = _parsed(file, text)
    unknown = sorted(raw.keys() - {"topics", "card"})
    if unknown:
        raise DeckError(file, None, "", f"there is no {unknown[0][:60]}; a deck has [topics] and [[card]]s")
    topics = raw.get("topics", {})
    if not isinstance(topics, dict) or not all(isinstance(title, str) for title in topics.values()):
        raise DeckError(file, None, "", "[topics] holds lines such as: conv1d = 'Convolution in one dimension'")
    rows = raw.get("card", [])
    if not isinstance(rows, list) or not rows:
        raise DeckError(file, None, "", "it has no cards: each begins with [[card]]")
    if len(rows) > MAX_CARDS:
        raise DeckError(file, None, "", f"{len(rows)} cards, and a deck may have {MAX_CARDS}")
    places = [Place(file, line) for line in _lines(text, len(rows))]
    return topics, [(place, _Reader(file, place.line, row).card()) for place, row in zip(places, rows, strict=True)]


def card_of(place: Place, row: Mapping[str, Any]) -> Card:
    """One card from its fields, named and typed as in a deck file; raises `DeckError`."""
    return _Reader(place.file, place.line, row).card()


def check(deck: Deck) -> None:
    """Holds the cards to each other; raises `DeckError`."""
    needs = {card.id: card.needs for card in deck.cards}
    for card in deck.cards:
        for need in card.needs:
            if need not in needs:
                raise _fault(deck, card.id, f"it needs the card {need}, which is not there")
        if deck.topics and card.topic not in deck.topics:
            raise _fault(deck, card.id, f"its topic {card.topic or '(none)'} is not under [topics]")
    round_trip = _circle(needs)
    if round_trip:
        raise _fault(deck, round_trip[0], f"it needs itself: {' -> '.join(round_trip)}; take one of these needs out")


def _fault(deck: Deck, card: str, words: str) -> DeckError:
    return DeckError(*deck.places.get(card, Place(deck.id, None)), card, words)


def _circle(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Cards of which each needs the next, and the last is the first again; empty where there are none."""
    done: set[str] = set()
    for start in needs:
        path: dict[str, None] = {}  # in order
        waiting = [(start, False)]
        while waiting:
            card, left = waiting.pop()
            if left:
                del path[card]
                done.add(card)
            elif card in path:
                way = list(path)
                return [*way[way.index(card) :], card]
            elif card not in done:
                path[card] = None
                waiting.append((card, True))
                waiting += ((need, False) for need in needs[card])
    return []


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DeckError(path.name, None, "", f"it is larger than {MAX_BYTES >> 20} MiB: part it into several")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DeckError(path.name, None, "", "it is not UTF-8 text: save it as UTF-8") from fault
    except OSError as fault:
        raise DeckError(path.name, None, "", f"it cannot be read: {fault.strerror}") from fault


def _parsed(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as fault:  # a number of 5,000 digits is no TOMLDecodeError
        line = re.search(r"at line (\d+)", str(fault))
        at = int(line[1]) if line else text.count("\n") + 1 if "end of document" in str(fault) else None
        raise DeckError(file, at, "", f"not TOML: {fault}") from fault


def _lines(text: str, cards: int) -> list[int | None]:
    """In which line each card begins; none where a text among the cards looks like the beginning of one."""
    found = [number for number, line in enumerate(text.split("\n"), start=1) if _CARD.match(line)]
    return [*found] if len(found) == cards else [None] * cards


class _Reader:
    """Reads one card."""

    def __init__(self, file: str, line: int | None, row: Any) -> None:
        self.file, self.line = file, line
        if not isinstance(row, dict):
            raise DeckError(file, line, "", "a card is a table of fields")
        self.row: Mapping[str, Any] = row
        self.id = str(row.get("id", ""))[:MAX_ID]  # as it is, for messages

    def card(self) -> Card:
        """The card; raises `DeckError`."""
        if not isinstance(self.row.get("id"), str) or not _ID.match(self.row["id"]):
            raise self.fault("its id must be a text of small letters, digits, dots and dashes, such as conv1d-len")
        unknown = sorted(self.row.keys() - _FIELDS)
        if unknown:
            raise self.fault(f"there is no field {unknown[0][:60]}; there are {', '.join(sorted(_FIELDS))}")
        kind = self.row.get("kind")
        if kind not in KINDS:
            raise self.fault(f"its kind must be one of {', '.join(KINDS)}")
        texts = {name: self.text(name) for name in _TEXTS}
        if not texts["front"]:
            raise self.fault("it has no front")
        if not texts["reason"] and not texts["why_no_proof"]:  # what is proved is explained, too
            raise self.fault("it has no reason")
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
        self.check_wrong(card)
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
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Python warns of is not a fault of the deck
                compile(code, "<proof>", "exec")
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as fault:
            raise self.fault(f"its proof is not Python: {fault}") from fault
        value = self.value("value") if "value" in self.row else answer if kind in _CLAIMED else True
        denials = self.value("denials") if "denials" in self.row else ()
        if not isinstance(denials, tuple):
            raise self.fault("denials is a list of values that the proof must refuse")
        tolerance = self.row.get("tolerance", 0.0)
        if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance <= MOST:
            raise self.fault("tolerance is a number, 0 or more")
        return Proof(code=code, value=value, denials=denials, tolerance=float(tolerance))

    def wrong(self, kind: str, answer: Value) -> tuple[Choice, ...]:
        """The wrong choices, or the wrong answers that people are known to type."""
        rows = self.row.get("wrong", [])
        if not isinstance(rows, list) or len(rows) > MAX_LIST or (kind == "choice" and not rows):
            raise self.fault(
                "a choice card has a list wrong = [{ text = ..., because = ... }], and others may have one"
            )
        if kind == "order" and rows:
            raise self.fault("an order card has no list wrong: whoever puts the steps in another order is wrong")
        choices: list[Choice] = []
        for row in rows:
            if not isinstance(row, dict) or not row.keys() <= {"text", "because", "misconception"}:
                raise self.fault("each wrong choice is { text, because, misconception }")
            if not all(isinstance(value, str) and len(value) <= MAX_TEXT for value in row.values()):
                raise self.fault('each field of a wrong choice is a text: write text = "5", not text = 5')
            if not row.get("text", "").strip() or not row.get("because", "").strip():
                raise self.fault("each wrong choice has a text, and says in because what mistake leads to it")
            choices.append(Choice(**row))
        shown = [choice.text for choice in choices] + [str(answer)]
        if rows and len(set(shown)) < len(shown):
            raise self.fault("two of its choices are the same")
        return tuple(choices)

    def check_wrong(self, card: Card) -> None:
        """Refuses wrong answers that nobody could type, or that would be graded right."""
        if card.kind == "choice":
            return
        for each in card.wrong:
            verdict = judge_card(replace(card, wrong=()), each.text)
            if verdict.correct:
                raise self.fault(f"its wrong answer {each.text[:60]} is graded right")
            if verdict.problem:
                raise self.fault(f"its wrong answer {each.text[:60]} is none that can be typed: {verdict.problem}")

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
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.fault(f"{name} is a list of texts")
        if len(value) > MAX_LIST or any(len(item) > MAX_TEXT for item in value):
            raise self.fault(f"{name} may have {MAX_LIST} texts of {MAX_TEXT} characters")
        return tuple(value)

    def value(self, name: str) -> Value:
        """A value that a proof can claim."""
        if name not in self.row:
            raise self.fault(f"it has no {name}")
        return self._value(name, self.row[name])

    def _value(self, name: str, raw: Any, depth: int = MAX_DEPTH) -> Value:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, int | float):
            if not abs(raw) <= MOST:
                raise self.fault(
                    f'{name} holds a number that is not between -1e15 and 1e15: write "nan" or "inf" as text'
                )
            return raw
        if isinstance(raw, str) and len(raw) <= MAX_TEXT:
            return raw.strip()
        if isinstance(raw, list) and depth and len(raw) <= MAX_LIST:
            return tuple(self._value(name, item, depth - 1) for item in raw)
        raise self.fault(f"{name} is a short text, a number, true, false, or a short list of those")

    def fault(self, words: str) -> DeckError:
        """What is wrong with this card."""
        return DeckError(self.file, self.line, self.id or "without id", words)


_CLAIMED = frozenset({"shape", "number", "predict"})  # kinds whose answer is itself what the proof claims


def covered(cards: Sequence[Card]) -> set[str]:
    """The ids of all facts that the cards teach."""
    return {fact for card in cards for fact in card.facts}
