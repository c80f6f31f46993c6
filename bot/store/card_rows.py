"""Cards as JSON and back, for the store: every field that is not as it is by default, so that rows stay short."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any

from cards.model import Card, Choice, Proof, Value

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, sort_keys=True)
_DEFAULTS = {field.name: field.default for field in fields(Card)}


def written(card: Card) -> str:
    """A card as one line of JSON, the same for the same card."""
    row: dict[str, Any] = {}
    for name, default in _DEFAULTS.items():
        value = getattr(card, name)
        if default is MISSING or value != default:
            row[name] = value
    if card.wrong:
        row["wrong"] = [
            {"text": choice.text, "because": choice.because, "misconception": choice.misconception}
            for choice in card.wrong
        ]
    if card.proof is not None:
        proof = card.proof
        row["proof"] = {
            "code": proof.code,
            "value": proof.value,
            "denials": proof.denials,
            "tolerance": proof.tolerance,
        }
    return _ENCODER.encode(row)


def read(text: str) -> Card:
    """The card in a line of JSON that `written` made."""
    row = json.loads(text)
    row["answer"] = _value(row["answer"])
    for name in ("facts", "needs", "accept"):
        if name in row:
            row[name] = tuple(row[name])
    if "wrong" in row:
        row["wrong"] = tuple(Choice(**choice) for choice in row["wrong"])
    if (proof := row.get("proof")) is not None:
        row["proof"] = Proof(
            code=proof["code"],
            value=_value(proof["value"]),
            denials=tuple(_value(denial) for denial in proof["denials"]),
            tolerance=proof["tolerance"],
        )
    return Card(**row)


def _value(value: Any) -> Value:
    return tuple(_value(item) for item in value) if isinstance(value, list) else value
