"""How soon cards are found among ten thousand: those of the house deck again and again, with other numbers."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from functools import partial
from random import Random

from cards.deck import house
from cards.generate import BY_ID
from cards.model import Card
from cards.search import Index
from tests.bench.measure import Figure, milliseconds, timed

CARDS = 10_000
TIMES = 20  # each question is asked
QUESTIONS = (
    "conv", "conv1d", "convlution", "droput", "fully connected", "bn", "mha params", "seq len", "downsample",
    "channels last", "#params", "weights", "nn.Conv1d", "conv_transpose2d", "batch_first", "conv1d-k3p1", "1000",
    "how long is the output of a Conv1d with kernel_size=3 and stride=2?", "softmax before cross entropy", "xqzzyw",
    "mat1 and mat2 shapes cannot be multiplied", "vanishing gradients", "embeding lookup", "32x3x100", "what is stride",
)  # fmt: skip
_WORDS = ("sensor", "voice", "photo", "ticket", "protein", "market", "weather", "signal", "poem", "engine")


async def figures() -> list[Figure]:
    """A first search learns the synonyms; it is not counted, as nobody's first search is the process's."""
    deck = await asyncio.to_thread(house)
    cards = many(deck.cards, Random(1))  # noqa: S311 - cards, not secrets
    building = timed(lambda: Index(cards, deck.topics, BY_ID), 1)
    index = Index(cards, deck.topics, BY_ID)
    index.search("droput")
    searches = [took for words in QUESTIONS for took in timed(partial(index.search, words), TIMES)]
    begun = partial(index.search, typing=True)
    typing = [took for words in QUESTIONS for took in timed(partial(begun, words[:5]), TIMES)]
    topics = [took for words in QUESTIONS for took in timed(partial(index.topics, words), TIMES)]
    return [
        Figure(name=f"search among {CARDS:,} cards, p50", value=milliseconds(searches), unit="ms", at_most=20),
        Figure(name=f"search among {CARDS:,} cards, p99", value=milliseconds(searches, 0.99), unit="ms", at_most=20),
        Figure(name="search while typing, p99", value=milliseconds(typing, 0.99), unit="ms", at_most=20),
        Figure(name="what to practise, p99", value=milliseconds(topics, 0.99), unit="ms", at_most=40),
        Figure(name=f"index of {CARDS:,} cards", value=building[0], unit="s"),
    ]


def many(cards: tuple[Card, ...], draw: Random) -> dict[str, Card]:
    """So many cards by name: each real one with other numbers and a word or two of its own."""
    found = {}
    for place in range(CARDS):
        card = cards[place % len(cards)]
        name = f"made/{card.id}-{place}"
        word = f"{draw.choice(_WORDS)}{draw.randrange(500)}"
        front = f"{_varied(card.front, draw)} ({word} {draw.choice(_WORDS)})"
        found[name] = replace(card, id=name, front=front, reason=_varied(card.reason, draw))
    return found


def _varied(text: str, draw: Random) -> str:
    return re.sub(r"(?<![\w.])\d+(?![\w.])", lambda _: str(draw.randrange(1, 400)), text)
