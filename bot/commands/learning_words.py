"""What the learning commands say in few words: when something comes back, how well it was known, how to write it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.tutor.model import Asks, Posed, Standing
from cards.grade import Rating

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNPROVED = "not proved by torch"  # of a card that has nothing to run, wherever it is shown
MONTH_DAYS, YEAR_DAYS = 30, 365
LONG_DAYS = 60  # from here on people count in months
_UNKNOWN = frozenset({"?", "idk", "i don't know", "i dont know", "don't know", "dont know", "no idea", "i do not know"})
_WRITTEN: dict[Asks, str] = {
    "shape": "a shape, such as 8x4",
    "number": "a number",
    "numbers": "the numbers, such as 1, 2, 3",
    "pair": "two numbers, such as 2 1",
    "predict": "what it prints",
    "order": "the letters in their order, such as b a c",
    "recall": "a word or a few",
    "mistake": "what is wrong, in your own words",
}
RATED: dict[Rating, str] = {
    Rating.AGAIN: "I did not know it",
    Rating.HARD: "It was hard",
    Rating.GOOD: "It was fine",
    Rating.EASY: "It was easy",
}
NOTED: dict[Rating, str] = {
    Rating.AGAIN: "you did not know it",
    Rating.HARD: "it was hard",
    Rating.GOOD: "it was fine",
    Rating.EASY: "it was easy",
}


def says_unknown(text: str) -> bool:
    """Whether somebody types that they do not know."""
    return " ".join(text.split()).casefold().rstrip(".!") in _UNKNOWN


def how_to_write(posed: Posed) -> str:
    """What an answer looks like, without giving anything of it away."""
    if posed.choices and posed.asks != "order":
        letters = LETTERS[: len(posed.choices)].lower()
        return f"{', '.join(letters[:-1])} or {letters[-1]}"
    expected = _WRITTEN.get(posed.asks, "your answer")
    return f"{expected} of {posed.unit}" if posed.asks == "number" and posed.unit else expected


def comes_back(due: datetime | date, day: date, at: datetime) -> str:
    """When it is asked again: `in 10 minutes`, `tomorrow`, `in 6 days`.

    Args:
        due: a moment, or a day of the learner's.
        day: of the learner's, from which days are counted.
        at: the moment from which minutes are counted.
    """
    if isinstance(due, datetime):
        return after(due - at)
    days = (due - day).days
    if days <= 1:
        return "tomorrow" if days == 1 else "today"
    if days < LONG_DAYS:
        return f"in {days} days"
    months = round(days / MONTH_DAYS)
    return f"in about {months} months" if days < 2 * YEAR_DAYS else f"in about {round(days / YEAR_DAYS)} years"


def after(span: timedelta) -> str:
    """A span of time ahead: `in 1 minute`, `in 3 hours`, `in 2 days`; none is `now`."""
    minutes = -(-span // timedelta(minutes=1))
    if minutes < 1:
        return "now"
    hours = round(minutes / 60)
    if minutes <= 90:
        return f"in {counted(minutes, 'minute')}"
    return f"in {counted(hours, 'hour')}" if hours < 36 else f"in {counted(round(hours / 24), 'day')}"


def counted(number: int, what: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def today(standing: Standing) -> str:
    """What was done today; empty where that is nothing."""
    if not standing.done:
        return ""
    answers = counted(standing.done, "answer")
    return (
        f"{answers} today, all right."
        if standing.right == standing.done
        else (f"{answers} today, {standing.right} right.")
    )
