"""The end of a session: how many were right, what was missed and by which mistake, and ways to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.actions import Action
from bot.reply import Button, Buttons, Part, Reply, Table, Text
from bot.tutor.model import Marked
from cards.misconceptions import MISCONCEPTIONS


def session_over(results: Sequence[Marked]) -> Reply:
    """The end of a session, shown once more."""
    data = {"session": score(results)}
    return Reply(parts=tuple(summary(results)), private=True, data=data)


def summary(results: Sequence[Marked]) -> list[Part]:
    """The parts of it; there is at least one answer."""
    right = sum(map(counts, results))
    missed = [each for each in results if not counts(each)]
    says = f"All {right} right." if not missed else f"{right} of {len(results)} right."
    parts: list[Part] = [Text(text=says, tone="heading")]
    first = results[0].posed.id
    ways = [Button(label="Once more", action=Action("practice-again", (first, "all")))]
    if missed:
        mistakes = Counter((each.posed.topic, _mistake(each)) for each in missed)
        rows = tuple(
            (topic, mistake + (f" ({times} times)" if times > 1 else ""))
            for (topic, mistake), times in mistakes.items()
        )
        parts.append(Table(headers=("missed", "the mistake"), rows=rows))
        parts.append(Text(text="What you missed comes back in `/review`, when it is due.", tone="note"))
        again = Action("practice-again", (first, "missed"))
        ways.insert(0, Button(label="Practise what I missed", action=again, style="primary"))
    return [*parts, Buttons(buttons=tuple(ways))]


def _mistake(found: Marked) -> str:
    known = MISCONCEPTIONS.get(found.mistake)
    if known is not None:
        return known.name
    return found.diagnosis or (f"you said {found.understood}" if found.understood else "you did not know")


def score(results: Sequence[Marked]) -> dict[str, int]:
    """How many of how many were right."""
    return {"right": sum(map(counts, results)), "of": len(results)}


def counts(found: Marked) -> bool:
    """Whether an answer counts as right: it was, or the question was wrong."""
    return found.correct or found.credited
