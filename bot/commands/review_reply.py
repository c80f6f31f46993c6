"""What `/review` says beside its cards: that nothing is due, when it will be, and how a backlog could be spread."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.actions import Action
from bot.commands import asked
from bot.commands.learning_words import after, counted, today
from bot.reply import Button, Buttons, Part, Reply, Text
from bot.tutor.model import Standing
from cards.backlog import Plan


def rest(standing: Standing, now: datetime) -> Reply:
    """Nothing is to be asked now."""
    parts: list[Part] = [Text(text=_headline(standing), tone="good" if standing.done else "normal")]
    if done := today(standing):
        parts.append(Text(text=done))
    if ahead := _ahead(standing, now):
        parts.append(Text(text=ahead))
    parts.append(asked.start() if not standing.learnt else _go_on())
    if not standing.learnt:
        parts.append(Text(text="Or type `/practice`.", tone="note"))
    return Reply(parts=tuple(parts), private=True, data={"questions": [], **_data(standing)})


def backlog(standing: Standing) -> tuple[Part, ...]:
    """That much has piled up, and a plan that takes the weight off; nothing where there is no plan."""
    plan = standing.plan
    if plan is None:
        return ()
    words = f"{counted(plan.cards, 'card')} have piled up. Spread out, that is {plan}."
    button = Button(label=f"Spread them over {counted(plan.days, 'day')}", action=Action("review-plan"))
    return Text(text=words), Buttons(buttons=(button,))


def planned(plan: Plan) -> Reply:
    """The plan has been taken up."""
    words = f"Done: {plan.a_day} of them today, and as many on each day until all {plan.cards} are through."
    return Reply(
        parts=(Text(text=words, tone="good"), Buttons(buttons=(_next(),))),
        private=True,
        data={"cards": plan.cards, "a_day": plan.a_day, "days": plan.days, "retention": plan.retention},
    )


def _headline(standing: Standing) -> str:
    if not standing.learnt:
        return "You have not learnt anything here yet. A few questions are a good start."
    return "Nothing is due. Well done." if standing.done else "Nothing is due."


def _ahead(standing: Standing, now: datetime) -> str:
    pieces = []
    if standing.next_due is not None:
        pieces.append(f"The next one comes {after(standing.next_due - now)}")
    if standing.tomorrow:
        pieces.append(f"{counted(standing.tomorrow, 'card')} tomorrow")
    return f"{', '.join(pieces)}." if pieces else ""


def _go_on() -> Buttons:
    return Buttons(buttons=(Button(label="Practise", action=Action("practice-start")),))


def _next() -> Button:
    return Button(label="Begin", action=Action("review-next"), style="primary")


def _data(standing: Standing) -> dict[str, Any]:
    found = asdict(standing)
    plan = found.pop("plan")
    found["next_due"] = None if standing.next_due is None else standing.next_due.isoformat()
    found["plan"] = None if plan is None else {name: plan[name] for name in ("cards", "a_day", "days", "retention")}
    return found
