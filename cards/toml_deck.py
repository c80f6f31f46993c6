"""Decks as TOML, as the house's own are written: what is written here, `cards.deck` reads as the same cards."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import MISSING, fields
from typing import Any

from cards.deck import MAX_BYTES, DeckError, combine
from cards.model import Card, Deck

_ORDER = (
    *("id", "kind", "topic", "facts", "difficulty", "family", "needs", "front", "code", "answer", "unit", "accept"),
    *("wrong", "reason", "example", "hint", "source", "why_no_proof"),
)
_DEFAULTS = {field.name: field.default for field in fields(Card)}
_CLAIMED = frozenset({"shape", "number", "predict"})
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # what a text between quotes has to escape
_WIDTH = 110
_HEAD = re.compile(r"#[^\n]*\n|\s+")


def read_toml(data: bytes, *, name: str = "deck.toml") -> Deck:
    """The deck in a TOML file; its comments in front are its title and what it says. Raises `DeckError`."""
    if len(data) > MAX_BYTES:
        raise DeckError(name, None, "", f"it is larger than {MAX_BYTES >> 20} MiB: part it into several")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise DeckError(name, line, "", "it is not UTF-8 text: save it as UTF-8") from fault
    title, says = _head(text)
    title = title or title_of(name)
    return combine([(name, text)], deck_id=slug(title) or "deck", title=title, says=says)


def write_toml(deck: Deck) -> str:
    """The deck as TOML."""
    parts = ["".join(f"# {' '.join(words.split())}\n" for words in (deck.title, deck.says) if words.strip())]
    if deck.topics:
        parts.append("[topics]\n" + "".join(f"{_key(id_)} = {_text(title)}\n" for id_, title in deck.topics.items()))
    for card in deck.cards:
        lines = (f"{name} = {_block(name, value)}\n" for name, value in row(card).items())
        parts.append("[[card]]\n" + "".join(lines))
    return "\n".join(filter(None, parts))


def row(card: Card) -> dict[str, Any]:
    """A card's fields, named and typed as in a deck file, without those that are as they would be anyway."""
    found: dict[str, Any] = {}
    for name in _ORDER:
        value = getattr(card, name)
        if _DEFAULTS[name] is MISSING or value != _DEFAULTS[name]:
            found[name] = _plain(value)
    if not card.topic:
        del found["topic"]
    if not card.reason:
        del found["reason"]
    if card.wrong:
        found["wrong"] = [
            {"text": each.text, "because": each.because}
            | ({"misconception": each.misconception} if each.misconception else {})
            for each in card.wrong
        ]
    if card.proof is not None:
        found["proof"] = card.proof.code
        claimed = card.answer if card.kind in _CLAIMED else True
        if _differ(card.proof.value, claimed):
            found["value"] = _plain(card.proof.value)
        if card.proof.denials:
            found["denials"] = _plain(card.proof.denials)
        if card.proof.tolerance:
            found["tolerance"] = card.proof.tolerance
    return found


def slug(text: str) -> str:
    """A text as an id: small letters, digits and dashes; empty where nothing of it can be."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def title_of(name: str) -> str:
    """A deck's title where it has none: its file's name."""
    stem = re.split(r"[\\/]", name)[-1].rsplit(".", 1)[0]
    return " ".join(re.sub(r"[_\s]+", " ", stem).split())[:100] or "Deck"


def _head(text: str) -> tuple[str, str]:
    """The first comment of a file, and those after it."""
    words: list[str] = []
    at = 0
    while found := _HEAD.match(text, at):
        if found[0].startswith("#"):
            words.append(found[0].strip("# \t\r\n"))
        at = found.end()
    words = [each for each in words if each]
    return (words[0][:100], " ".join(words[1:])[:500]) if words else ("", "")


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _differ(one: Any, other: Any) -> bool:
    """Whether two values are not the same, where 1, 1.0 and True are three."""
    return repr(one) != repr(other)


def _block(name: str, value: Any) -> str:
    """A field's value, on several lines where that reads better."""
    if isinstance(value, str) and "\n" in value and not _UNPRINTABLE.search(value):
        if name in {"code", "proof"} and "'''" not in value:
            return f"'''\n{value}\n'''"  # their empty lines at the ends are not read
        if "'''" not in value and not value.endswith("'"):
            return f"'''\n{value}'''"
    written = _value(value)
    if isinstance(value, list) and len(name) + len(written) > _WIDTH:
        return "[\n" + "".join(f"    {_value(item)},\n" for item in value) + "]"
    return written


def _value(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(item)}' for key, item in value.items())} }}"
    return repr(value)  # a number


def _text(text: str) -> str:
    if ('"' in text or "\\" in text) and "'" not in text and "\n" not in text and not _UNPRINTABLE.search(text):
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return text if _BARE.match(text) else _text(text)
