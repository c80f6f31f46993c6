"""What the answer of a card of the day shows of what torch ran, for every card of the house's deck."""

from __future__ import annotations

import ast
import re

from bot.commands.daily_reply import key
from bot.reply import Code
from cards.deck import house
from tests.bot.commands.learning import posed

OWN = re.compile(r"\b(claim|shown)\b")  # words of the prover, which nobody else knows


def test_what_torch_ran_is_shown_as_python_without_words_of_the_prover() -> None:
    cards = [card for card in house().cards if card.proof]
    assert len(cards) > 400
    for card in cards:
        question = posed(card, asks=card.kind, prompt=card.front, code=card.code, card=card.id)
        [shown] = [part.code for part in key(question) if isinstance(part, Code)]
        if not shown.startswith("/"):
            ast.parse(shown)
        assert not OWN.search(shown), card.id


def test_of_what_a_question_prints_its_own_code_is_shown() -> None:
    [card] = [card for card in house().cards if card.id == "conv-rows"]
    [shown] = [part.code for part in key(posed(card, code=card.code)) if isinstance(part, Code)]
    assert shown == card.code
