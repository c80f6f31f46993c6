"""Which layer somebody means who types a name, and what to say where it is none, or could be several.

Imported with the first question: the layer language behind it would make Stride slow to start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Completion
from bot.errors import NothingFound
from bot.reply import Button, Buttons, Reply, Text
from sandbox.language.complete import complete
from sandbox.language.layers.excused import EXCUSED
from sandbox.language.lessons import lesson
from sandbox.language.words import Meaning, meanings, nearest_name, unsupported

if TYPE_CHECKING:
    from cards.search import Found

_CALL = re.compile(r"[(@|=].*", re.DOTALL)
_SPACES = re.compile(r"[\s_-]+")
_LONGEST = 80  # characters of a name
_MOST_WORDS = 4


def meant(words: str) -> tuple[Meaning, ...]:
    """What was typed: `conv1d`, `nn.Conv1d(3, 16, 3)`, `batch norm 2d`, or a whole line; nothing where it is none."""
    text = _CALL.sub("", words[:_LONGEST]).strip(" .`\"'")
    pieces = text.split()[:_MOST_WORDS]
    for length in range(len(pieces), 0, -1):
        for sign in ("", "_"):
            found = meanings(sign.join(pieces[:length])) or meanings(_SPACES.sub("", "".join(pieces[:length])))
            if found:
                return found
    return ()


def which(words: str, found: Sequence[Meaning]) -> Reply:
    """Asks which of several layers is meant."""
    names = [each.name for each in found]
    says = f"`{shorten(words)}` can be {', '.join(names[:-1])} or {names[-1]}. Which one?"
    choices = tuple(Button(label=_title(each), action=Action("layer", (_spelled(each),))) for each in found)
    return Reply(
        parts=(Text(text=says), Buttons(buttons=choices)),
        data={"choices": [{"name": _spelled(each), "does": lesson(each).does} for each in found]},
    )


def nothing(words: str, cards: Found) -> NothingFound:
    """There is no such layer: why, and what is near."""
    word = _CALL.sub("", words[:_LONGEST]).strip().partition(" ")[0]
    excused = unsupported(word)
    if excused is not None:
        says = f"`{excused}` is not told here ({EXCUSED.get(excused, 'it maps no tensor to a tensor')})."
        return NothingFound(says, suggestion=f"/card {excused}")
    near = nearest_name(word)
    found = meanings(near) if near else ()
    ways = [Button(label=_title(each), action=Action("layer", (_spelled(each),))) for each in found]
    if cards.hits and not cards.read:
        ways.append(Button(label="Look for cards", action=Action("card-words", (shorten(words).replace(":", " "),))))
    return NothingFound(
        f"I know no layer called `{shorten(words)}`.",
        suggestion=_way_out(words, found, about=bool(ways)),
        buttons=Buttons(buttons=tuple(ways)) if ways else None,
    )


def _way_out(words: str, found: Sequence[Meaning], *, about: bool) -> str:
    if found:
        return f"/layer {_spelled(found[0])}"
    return f"/card {shorten(words)}" if about else "/layer conv1d"


def completions(typed: str) -> list[Completion]:
    """Names that begin so."""
    return [Completion(text=each.text, label=each.label, says=each.says) for each in complete(typed.partition(" ")[0])]


def _title(meaning: Meaning) -> str:
    return f"nn.{meaning.name}" if meaning.kind == "layer" else meaning.name


def _spelled(meaning: Meaning) -> str:
    """A word that means this and nothing else."""
    word = meaning.name if meaning.kind == "layer" else f"torch.{meaning.name}"
    return word if meanings(word) == (meaning,) else meaning.name
