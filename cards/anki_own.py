"""Stride's own note type in Anki: a card as fields that a person reads there, and the way back.

The last field holds the card as a deck file would, on no side of the card. Read back, a card that still says the same
is the card that it was, with its kind, its choices and its proof; one that somebody changed is a recall card of what it
says now.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from cards.anki_notetypes import Notetype
from cards.deck import MAX_TEXT, DeckError, card_of
from cards.grade import written
from cards.html_text import code_html, escaped, text_of, to_html
from cards.memory import mixed
from cards.model import Card, Place
from cards.toml_deck import row

NAME = "Stride"
FIELDS = ("Front", "Code", "Choices", "Answer", "Reason", "Proof", "Example", "Hint", "Card")
CHANGED = "It was changed in Anki, and a proof would have to be changed with it."
FRONT = (
    "<div>{{Front}}</div>{{#Code}}{{Code}}{{/Code}}{{#Choices}}{{Choices}}{{/Choices}}"
    "{{#Hint}}<div class=aside>{{hint:Hint}}</div>{{/Hint}}"
)
BACK = (
    "{{FrontSide}}<hr id=answer><div>{{Answer}}</div>{{#Reason}}<div class=aside>{{Reason}}</div>{{/Reason}}"
    "{{#Example}}<div class=aside>To try: {{Example}}</div>{{/Example}}"
    "{{#Proof}}<div class=aside>What torch ran:{{Proof}}</div>{{/Proof}}"
)
CSS = """\
.card { font-family: sans-serif; font-size: 18px; line-height: 1.45; max-width: 40em; margin: 0 auto; }
.aside { font-size: 15px; margin-top: 0.8em; opacity: 0.85; }
pre { text-align: left; overflow-x: auto; padding: 0.6em; border: 1px solid; border-radius: 6px; }
code { font-family: monospace; }
"""
_VERSION = 1


class Own(NamedTuple):
    """A card of ours, and the title of its topic."""

    card: Card
    topic: str


def note_fields(card: Card, topic: str) -> list[str]:
    """A card as the fields of a note; `topic` is the title of its topic."""
    kept = {"stride": _VERSION, "topic": topic, "card": row(card)}
    return [
        to_html(card.front),
        code_html(card.code) if card.code else "",
        _choices(card),
        _answer(card),
        to_html(card.reason),
        code_html(card.proof.code) if card.proof else "",
        f"<code>{escaped(card.example)}</code>" if "\n" not in card.example else code_html(card.example),
        to_html(card.hint),
        escaped(json.dumps(kept, separators=(",", ":")).replace("  ", r"\u0020\u0020")),  # HTML takes two for one
    ]


def own_card(notetype: Notetype, fields: Sequence[str]) -> Own | None:
    """The card in a note that Stride wrote; None for all other notes."""
    if notetype.fields != FIELDS or len(fields) != len(FIELDS):
        return None
    try:
        kept = json.loads(text_of(fields[-1]))
        card = card_of(Place("Anki", None), kept["card"])
        topic = str(kept["topic"])[:100]
    except (DeckError, ValueError, KeyError, TypeError, RecursionError):
        return None
    expected = note_fields(card, topic)[:-1]
    if list(fields[:-1]) == expected:
        return Own(card, topic)
    shown = [text_of(each) for each in fields[:-1]]
    if shown == [text_of(each) for each in expected]:
        return Own(card, topic)
    changed = _changed(card, shown)
    return None if changed is None else Own(changed, topic)


def _changed(card: Card, shown: Sequence[str]) -> Card | None:
    """A card that somebody changed in Anki, under its own id, so that what is remembered of it stays."""
    front, code, choices, answer, reason, _, example, hint = shown
    front = "\n".join(filter(None, (front, code, choices)))
    if not front or not answer or max(map(len, (front, answer, reason, example, hint))) > MAX_TEXT:
        return None
    return Card(
        id=card.id,
        kind="recall",
        topic=card.topic,
        front=front,
        answer=answer,
        reason=reason,
        example=example,
        hint=hint,
        facts=card.facts,
        difficulty=card.difficulty,
        needs=card.needs,
        family=card.family,
        why_no_proof=CHANGED,
        source=card.source,
    )


def _answer(card: Card) -> str:
    """The right answer; for a choice, what is wrong with the others, too."""
    if card.kind == "order" and isinstance(card.answer, tuple):
        return f"<ol>{''.join(f'<li>{to_html(str(step))}</li>' for step in card.answer)}</ol>"
    unit = f" {escaped(card.unit)}" if card.unit else ""
    if card.kind == "predict":
        return code_html(card.answer if isinstance(card.answer, str) else written(card.answer)) + unit
    answer = to_html(card.answer) if isinstance(card.answer, str) else f"<code>{escaped(written(card.answer))}</code>"
    if card.kind != "choice":
        return answer + unit
    because = (f"<li>{to_html(each.text)}: {to_html(each.because)}</li>" for each in card.wrong)
    return f"{answer}<ul>{''.join(because)}</ul>"


def _choices(card: Card) -> str:
    """What can be chosen from, or the steps to put in order: shuffled, and the same way each time."""
    steps = card.answer if card.kind == "order" and isinstance(card.answer, tuple) else ()
    shown = [str(step) for step in steps]
    if card.kind == "choice":
        shown = [str(card.answer), *(each.text for each in card.wrong)]
    shown.sort(key=lambda text: mixed(f"{card.id}.{text}"))
    return f"<ul>{''.join(f'<li>{to_html(each)}</li>' for each in shown)}</ul>" if shown else ""
