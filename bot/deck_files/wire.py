"""What the bot and the reading process say to each other: the file's name and bytes in, one line of JSON out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cards.deck import DeckError, card_of, check
from cards.imported import Imported, LeftOut
from cards.memory import Memory
from cards.model import Deck, Place
from cards.toml_deck import row

MAX_ANSWER = 96 << 20  # bytes


def question(name: str, data: bytes, zone: str) -> bytes:
    """What the process reads: a line, and then the file; `zone` is empty where no dates are wanted."""
    return json.dumps({"name": name, "zone": zone}).encode() + b"\n" + data


def answer(found: Imported) -> bytes:
    """What was read, as a line."""
    deck = found.deck
    said = {
        "id": deck.id,
        "title": deck.title,
        "says": deck.says,
        "topics": deck.topics,
        "cards": [row(card) for card in deck.cards],
        "places": {id_: list(place) for id_, place in deck.places.items()},
        "left_out": [asdict(left) for left in found.left_out],
        "memories": [memory.to_data() for memory in found.memories],
    }
    return json.dumps({"read": said}).encode()


def refusal(fault: DeckError) -> bytes:
    """Why it was not read, as a line."""
    said = {"file": fault.file, "line": fault.line, "card": fault.card, "fault": fault.fault}
    return json.dumps({"refused": said}).encode()


def lost(fault: Exception) -> bytes:
    """That reading went wrong, by a fault that no file may lead to; without its words, which may be the file's."""
    at = fault.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at is not None else ""
    return json.dumps({"lost": f"{type(fault).__name__} {where}"}).encode()


def understood(line: bytes) -> Imported:
    """What the process said. Every card is looked at once more: the process may have been taken over by the file.

    Raises:
        DeckError: the file was refused, or a card is none.
        ValueError, KeyError, TypeError: this is no answer.
    """
    said = json.loads(line)
    if "lost" in said:
        raise ValueError(str(said["lost"])[:200])
    if "refused" in said:
        raise _refused(said["refused"])
    read = said["read"]
    texts = {str(id_): str(title)[:200] for id_, title in read["topics"].items()}
    places = {str(id_): Place(str(file)[:200], line and int(line)) for id_, (file, line) in read["places"].items()}
    title = str(read["title"])[:200]
    cards = {card.id: card for card in (card_of(places.get("", Place(title, None)), each) for each in read["cards"])}
    deck = Deck(
        id=str(read["id"])[:80],
        title=title,
        says=str(read["says"])[:1000],
        cards=tuple(cards.values()),
        topics=texts,
        places=places,
    )
    check(deck)
    return Imported(
        deck=deck,
        left_out=tuple(_left_out(each) for each in read["left_out"]),
        memories=tuple(_memory(each, deck) for each in read["memories"] if each["card"] in cards),
    )


def _refused(said: dict[str, Any]) -> DeckError:
    line = said["line"]
    return DeckError(str(said["file"])[:200], line and int(line), str(said["card"])[:80], str(said["fault"])[:600])


def _left_out(said: dict[str, Any]) -> LeftOut:
    return LeftOut(
        why=str(said["why"])[:300],
        cards=int(said["cards"]),
        example=str(said["example"])[:200],
        kept=bool(said["kept"]),
    )


def _memory(said: dict[str, Any], deck: Deck) -> Memory:
    memory = Memory.from_data(said)
    numbers = (memory.stability, memory.difficulty, memory.reviews, memory.lapses)
    if not all(isinstance(number, int | float) and 0 <= number < 1e9 for number in numbers):
        raise ValueError(f"a memory of {deck.id} with numbers that none has")
    return memory
