"""The button that practises a topic, wherever one is named."""

from __future__ import annotations

from typing import Literal

from bot.actions import Action
from bot.reply import Button

LONGEST = 60  # characters of a topic in a button's id


def practise_button(topic: str, label: str = "", *, style: Literal["normal", "primary"] = "normal") -> Button | None:
    """Practises a topic, by its title or other words that find it; None where they find no room in an id."""
    words = " ".join(topic.replace(":", " ").split())
    if not words or len(words) > LONGEST:
        return None
    return Button(label=label or f"Practise {topic}", action=Action("practice-about", (words,)), style=style)
