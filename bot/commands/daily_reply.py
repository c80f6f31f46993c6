"""The card of the day as a channel sees it, and on the day after what was answered, the key and its proof."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.actions import Action
from bot.commands.learning_words import LETTERS, UNPROVED
from bot.commands.marked_reply import ONE_CLAIM, because, code_part, spoken, steps, version
from bot.commands.question_reply import asked, described
from bot.group.reveals import Spread, commonest
from bot.pictures.charts import Bar, Distribution, folded
from bot.reply import Button, Buttons, Code, Part, Picture, Reply, Table, Text
from bot.tutor.model import Marked, Posed
from cards.calendar import zone_info
from cards.misconceptions import MISCONCEPTIONS

UNKNOWN = "I don't know"
MOST_SHOWN = 60  # characters of an answer in a table
_CLAIM = re.compile(r"\bclaim\(")  # what a proof does with torch's answer: whoever runs it sees it printed


def card(posed: Posed, *, closes: datetime, zone: str) -> Reply:
    """The card of the day, for everybody in a channel."""
    when = f"{closes.astimezone(zone_info(zone)):%A %H:%M}"
    parts: tuple[Part, ...] = (
        Text(text="Card of the day", tone="heading"),
        *asked(posed),
        Text(text=f"Only you see whether you were right. Everybody sees the answer on {when} ({zone}).", tone="note"),
    )
    data = {"kind": "daily", "question": described(posed), "closes": closes.isoformat()}
    return Reply(parts=parts, data=data)


def reveal(posed: Posed, given: Sequence[Marked], found: Sequence[Spread], picture: Picture | None) -> Reply:
    """What was answered, without anybody's name, and the key with its proof.

    Args:
        posed: the card.
        given: the answers, of each person one.
        found: how they were spread.
        picture: the same drawn; None where it could not be: a table stands for it.
    """
    right = sum(each.correct or each.credited for each in given)
    parts: list[Part] = [
        Text(text=f"The answer to the last card of the day: {posed.topic}", tone="heading"),
        Text(text=posed.prompt),
    ]
    if posed.code:
        parts.append(Code(code=posed.code, language="python"))
    parts.append(Text(text=how_many(len(given), right)))
    if given:
        parts.append(picture or table(posed, found))
    parts += key(posed)
    wrong = commonest(each.mistake for each in given if not (each.correct or each.credited))
    parts += mistake(wrong)
    parts.append(Buttons(buttons=(Button(label="Why", action=Action("why", (posed.id,))),)))
    data: dict[str, Any] = {
        "kind": "reveal",
        "question": described(posed),
        "key": posed.key,
        "proof": posed.proof,
        "answers": len(given),
        "right": right,
        "distribution": [
            {"answer": each.answer or None, "count": each.count, "right": each.right, "mistake": each.mistake or None}
            for each in found
        ],
        "mistake": None if wrong is None else {"id": wrong[0], "count": wrong[1]},
    }
    return Reply(parts=tuple(parts), data=data)


def key(posed: Posed) -> list[Part]:
    """The answer, why it is that, and what torch ran."""
    if posed.asks == "order":
        parts: list[Part] = [Text(text="This is the order:", tone="good"), *steps(posed)]
    else:
        parts = [Text(text=f"The answer: {spoken(posed, posed.key)}", tone="good")]
    if posed.reason:
        parts.append(Text(text=because(posed.reason)))
    if not posed.proof:
        return [*parts, Text(text=UNPROVED[:1].upper() + UNPROVED[1:] + ".", tone="note")]
    ran = f"torch {version(posed.torch)} ran this:" if posed.torch else "What torch runs to prove it:"
    return [*parts, Text(text=ran, tone="note"), code_part(_shown(posed))]


def _shown(posed: Posed) -> str:
    """The proof as it says most: of what a question's code prints that code, of a single claim what it is about."""
    proof = posed.proof.strip()
    if posed.code and "shown(code" in proof:
        return posed.code
    claim = ONE_CLAIM.fullmatch(proof)
    return claim[1] if claim else _CLAIM.sub("print(", proof)


def mistake(wrong: tuple[str, int] | None) -> list[Part]:
    """The commonest mistake, and how many made it; nothing where none was recognised."""
    if wrong is None or wrong[0] not in MISCONCEPTIONS:
        return []
    rule, count = MISCONCEPTIONS[wrong[0]], wrong[1]
    return [Text(text=f"The commonest mistake ({_people(count)}): {rule.name}. {rule.says}")]


def chart(posed: Posed, found: Sequence[Spread]) -> Distribution:
    """How the answers were spread, to be drawn."""
    bars = (
        Bar(
            answer=each.answer or UNKNOWN,
            count=each.count,
            right=each.right,
            letter=_letter(posed, each.answer),
            mistake=MISCONCEPTIONS[each.mistake].name if each.mistake in MISCONCEPTIONS else "",
        )
        for each in found
    )
    return Distribution(bars=folded(tuple(bars)), title="What was answered")


def table(posed: Posed, found: Sequence[Spread]) -> Table:
    """How the answers were spread."""
    rows = tuple(
        (" ".join((_named(posed, each.answer), "(right)" if each.right else "")).strip(), str(each.count))
        for each in found
    )
    return Table(headers=("answer", "people"), rows=rows, title="What was answered")


def _named(posed: Posed, answer: str) -> str:
    letter, said = _letter(posed, answer), answer or UNKNOWN
    said = said if len(said) <= MOST_SHOWN else said[:MOST_SHOWN] + "…"
    return f"{letter}: {said}" if letter else said


def _letter(posed: Posed, answer: str) -> str:
    chosen = posed.asks != "order" and answer in posed.choices
    return LETTERS[posed.choices.index(answer)] if chosen else ""


def how_many(given: int, right: int) -> str:
    """How many answered, and how many of them rightly."""
    if not given:
        return "Nobody answered this one."
    if given == 1:
        return "One person answered, and was right." if right else "One person answered, and was not right."
    if right == given:
        return f"{given} people answered, and all were right."
    were = "one was" if right == 1 else f"{right or 'none'} were"
    return f"{given} people answered; {were} right."


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"
