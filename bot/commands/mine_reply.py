"""What `/mine` says: somebody's days, numbers, what they remember and what they mix up, for themselves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.actions import Action
from bot.commands import asked
from bot.commands.learning_words import counted
from bot.commands.practise_button import practise_button
from bot.commands.streak_reply import headline
from bot.group.streaks import Streak
from bot.pictures.chart_words import percent
from bot.pictures.charts import (
    MOST_BARS,
    MOST_DAYS,
    MOST_TOPICS,
    Chart,
    DayShown,
    Forgetting,
    Mastery,
    Mistake,
    Mistakes,
    Topic,
    Year,
)
from bot.reply import Button, Buttons, Part, Reply, Table, Text
from bot.study.mine import MISTAKES_DAYS, Answered, Followed, Mine
from cards.misconceptions import MISCONCEPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.tutor.model import Knowledge

PRACTISE = "mine-practise"  # and the id of a misconception
TO_PRACTISE = 3  # misconceptions that have a button
WEAKEST = 5  # cards of a topic that are named
_CELL = 56  # characters


def nothing() -> Reply:
    """Nobody has answered anything yet."""
    says = "Nothing to show yet: your days, what you remember and what you mix up are drawn from your own answers."
    how = "Answer a few questions, a card of the day or a quiz, and look again. Or type `/practice`."
    parts = (Text(text=says), asked.start(), Text(text=how, tone="note"))
    return Reply(parts=parts, private=True, data={"begun": False})


def charts(mine: Mine) -> list[Chart]:
    """What there is to draw of it, in the order of `page`."""
    found: list[Chart | None] = [_mastery(mine.knowledge), _forgetting(mine.knowledge), _mistakes(mine)]
    if not mine.knowledge.title:
        found.insert(0, _year(mine.streak))
    return [chart for chart in found if chart is not None]


def before(mine: Mine) -> Reply:
    """The numbers, while there is something to draw of them."""
    knowledge = mine.knowledge
    drawing = Text(text="The pictures are being drawn.", tone="note")
    if knowledge.title:
        return Reply(parts=(_heading(knowledge), Text(text=_numbers(mine)), drawing), private=True)
    streak = Text(text=streak_line(mine.streak), tone="heading")
    return Reply(parts=(streak, Text(text=_numbers(mine)), Text(text=_todo(knowledge)), drawing), private=True)


def page(mine: Mine, drawn: Sequence[Part]) -> Reply:
    """All about somebody; `drawn` are the parts for `charts`, in their order."""
    first = drawn[:1] if mine.streak.history else ()
    parts: list[Part] = [
        Text(text=streak_line(mine.streak), tone="heading"),
        *first,
        Text(text=_numbers(mine)),
        Text(text=_todo(mine.knowledge)),
        *_changes(mine),
        *drawn[len(first) :],
        *_ways(mine),
    ]
    return Reply(parts=tuple(parts), private=True, data=data(mine))


def topic_page(mine: Mine, drawn: Sequence[Part], words: str) -> Reply:
    """About one topic of theirs."""
    knowledge = mine.knowledge
    practise = practise_button(words, "Practise it", style="primary")
    if not knowledge.begun:
        says = f"You have not begun this yet: {counted(len(knowledge.names), 'card')} wait for you."
        parts: tuple[Part, ...] = (_heading(knowledge), Text(text=says), *_buttons(practise))
        return Reply(parts=parts, private=True, data=data(mine))
    weakest = sorted(knowledge.begun, key=lambda each: (each.remembered, each.name))[:WEAKEST]
    rows = tuple((_cut(each.title), percent(each.remembered)) for each in weakest)
    parts = (
        _heading(knowledge),
        Text(text=_numbers(mine)),
        *_changes(mine),
        *drawn,
        Table(headers=("what you remember least", "now"), rows=rows),
        *_buttons(practise, *_mistake_buttons(mine.mistakes)),
    )
    return Reply(parts=parts, private=True, data=data(mine))


def streak_line(streak: Streak) -> str:
    """A streak in one line, with what today can do for it."""
    if streak.lost:
        more = counted(streak.earn_back_answers, "more answer")
        brings = "brings" if streak.earn_back_answers == 1 else "bring"
        today = f"{more} in time {brings} back your {counted(streak.lost, 'day')}, see `/streak`"
    elif not streak.days:
        today = "one answer today begins one"
    else:
        today = "today is done" if streak.safe else "one answer today keeps it"
    return f"{headline(streak)}: {today}"


def data(mine: Mine) -> dict[str, Any]:
    """The same for programs."""
    knowledge, streak = mine.knowledge, mine.streak
    return {
        "begun": True,
        "topic": knowledge.title,
        "streak": {"days": streak.days, "longest": streak.longest, "freezes": streak.freezes, "safe": streak.safe},
        "days": _days(streak),
        "answers": _answered(mine.answers),
        "week": {**_answered(mine.week), "new": mine.new},
        "week_before": {**_answered(mine.before), "new": mine.new_before},
        "due": sum(each.due for each in knowledge.begun) if knowledge.title else knowledge.standing.due,
        "cards": {
            "begun": len(knowledge.begun),
            "remembered": round(_known(knowledge), 2),
            "all": len(knowledge.names),
        },
        "topics": [
            {
                "topic": each.title,
                "remembered": round(each.remembered, 4),
                "begun": each.begun,
                "cards": each.cards,
                "due": each.due,
            }
            for each in knowledge.topics
        ],
        "forecast": None
        if knowledge.forecast is None
        else {
            "from": knowledge.today.isoformat(),
            "with_reviews": [round(each, 4) for each in knowledge.forecast.reviewed],
            "without": [round(each, 4) for each in knowledge.forecast.left],
        },
        "mistakes": [
            {"id": each.mistake, "name": _name(each), "count": each.count, "topic": each.topic}
            for each in mine.mistakes
        ],
    }


def _year(streak: Streak) -> Year | None:
    history = streak.history
    if not history:
        return None
    first = history[-1].day.date - timedelta(days=MOST_DAYS - 1)
    days = tuple(
        DayShown(date=each.day.date, answers=each.answers, kind=each.kind) for each in history if each.day.date >= first
    )
    return Year(days=days)


def _mastery(knowledge: Knowledge) -> Mastery | None:
    if not knowledge.topics:
        return None
    cut = len(knowledge.topics) > MOST_TOPICS
    topics = tuple(
        Topic(name=each.title, remembered=min(1.0, each.remembered), begun=each.begun, cards=each.cards)
        for each in knowledge.topics[:MOST_TOPICS]
    )
    title = f"Your {MOST_TOPICS} weakest topics" if cut else "What you remember"
    return Mastery(topics=topics, title=title)


def _forgetting(knowledge: Knowledge) -> Forgetting | None:
    ahead = knowledge.forecast
    if ahead is None:
        return None
    return Forgetting(reviewed=ahead.reviewed, left=ahead.left, cards=len(knowledge.begun))


def _mistakes(mine: Mine) -> Mistakes | None:
    if not mine.mistakes:
        return None
    found = tuple(Mistake(name=_name(each), count=each.count) for each in mine.mistakes[:MOST_BARS])
    return Mistakes(mistakes=found, title=f"Mixed up in the last {MISTAKES_DAYS} days")


def _heading(knowledge: Knowledge) -> Text:
    return Text(text=knowledge.title, tone="heading")


def _numbers(mine: Mine) -> str:
    """How much was answered, and what is there of it now."""
    knowledge = mine.knowledge
    days = "" if knowledge.title else f" on {counted(_days(mine.streak), 'day')}"
    answers = f"{counted(mine.answers.tried, 'answer')}{days}{_share(mine.answers)}."
    begun = len(knowledge.begun)
    if not begun:
        return answers
    them = "them are" if begun > 1 else "it is"
    known = f"{percent(_known(knowledge), begun)} of {them} remembered now"
    return f"{answers} {counted(begun, 'card')} begun of {len(knowledge.names):,}; {known}."


def _todo(knowledge: Knowledge) -> str:
    standing = knowledge.standing
    new = f"{counted(standing.new, 'new one')} may come today" if standing.new else ""
    if standing.due:
        due = f"{counted(standing.due, 'card')} {'is' if standing.due == 1 else 'are'} due now"
        return f"{due}; {new}." if new else f"{due}."
    return f"Nothing is due; {new}." if new else "Nothing is due."


def _changes(mine: Mine) -> list[Text]:
    """How the last seven days went beside the seven before; nothing where both were empty."""
    if not (mine.week.tried or mine.before.tried):
        return []
    new = f", {counted(mine.new, 'card')} new" if mine.new else ""
    week = f"The last 7 days: {counted(mine.week.tried, 'answer')}{_share(mine.week)}{new}."
    new = f", {counted(mine.new_before, 'card')} new" if mine.new_before else ""
    before = f"The 7 days before: {counted(mine.before.tried, 'answer')}{_share(mine.before)}{new}."
    return [Text(text=f"{week} {before}")]


def _ways(mine: Mine) -> tuple[Buttons, ...]:
    due = mine.knowledge.standing.due
    label = f"Review {counted(due, 'card')}" if due else "Practise"
    first = Button(label=label, action=Action("review-next" if due else "practice-start"), style="primary")
    return _buttons(first, *_mistake_buttons(mine.mistakes))


def _mistake_buttons(mistakes: Sequence[Followed]) -> list[Button]:
    return [
        Button(label=f"Practise: {_name(each)}", action=Action(PRACTISE, (each.mistake,)))
        for each in mistakes[:TO_PRACTISE]
        if each.topic
    ]


def _buttons(*found: Button | None) -> tuple[Buttons, ...]:
    there = tuple(each for each in found if each is not None)
    return (Buttons(buttons=there),) if there else ()


def _share(given: Answered) -> str:
    return f", {percent(given.right, given.tried)} right" if given.tried else ""


def _answered(given: Answered) -> dict[str, int]:
    return {"tried": given.tried, "right": given.right}


def _days(streak: Streak) -> int:
    return sum(each.answers > 0 for each in streak.history)


def _known(knowledge: Knowledge) -> float:
    return sum(each.remembered for each in knowledge.begun)


def _cut(title: str) -> str:
    """A question in a cell of a table, in which no code is marked."""
    calm = " ".join(title.replace("`", "").split())
    return calm if len(calm) <= _CELL else f"{calm[: _CELL - 1]}…"


def _name(each: Followed) -> str:
    known = MISCONCEPTIONS.get(each.mistake)
    return known.name if known else each.mistake
