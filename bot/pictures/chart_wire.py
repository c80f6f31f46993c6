"""A chart as one line of JSON and back, for the way to the drawing process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from bot.group.streaks import Kind
from bot.pictures.charts import (
    Bar,
    Chart,
    DayShown,
    Distribution,
    Forgetting,
    Mastery,
    Mistake,
    Mistakes,
    Scorer,
    Season,
    Topic,
    Year,
)
from bot.pictures.errors import DrawingError

CHART = "chart"  # in a line that asks for one: which


def to_line(chart: Chart) -> bytes:
    """One line of JSON, for the drawing process."""
    said = {CHART: type(chart).__name__} | asdict(chart)
    return json.dumps(said, default=date.isoformat).encode() + b"\n"


def read(given: Mapping[str, Any]) -> Chart:
    """The chart of a line that was decoded; raises `DrawingError`."""
    fields = dict(given)
    make = _MAKE.get(str(fields.pop(CHART, "")))
    if make is None:
        raise DrawingError("the chart is of no known kind")
    try:
        return make(fields)
    except (KeyError, TypeError, ValueError) as fault:
        raise DrawingError(f"the chart lacks something: {fault}") from fault


def _year(fields: dict[str, Any]) -> Year:
    days = tuple(
        DayShown(date=date.fromisoformat(day["date"]), answers=day["answers"], kind=Kind(day["kind"]))
        for day in fields.pop("days")
    )
    return Year(days=days, **fields)


def _forgetting(fields: dict[str, Any]) -> Forgetting:
    return Forgetting(reviewed=tuple(fields.pop("reviewed")), left=tuple(fields.pop("left")), **fields)


def _season(fields: dict[str, Any]) -> Season:
    weeks = tuple(map(date.fromisoformat, fields.pop("weeks")))
    people = tuple(Scorer(**each | {"points": tuple(each["points"])}) for each in fields.pop("people"))
    return Season(weeks=weeks, people=people, **fields)


_MAKE: Mapping[str, Callable[[dict[str, Any]], Chart]] = {
    "Year": _year,
    "Distribution": lambda fields: Distribution(bars=tuple(Bar(**each) for each in fields.pop("bars")), **fields),
    "Mastery": lambda fields: Mastery(topics=tuple(Topic(**each) for each in fields.pop("topics")), **fields),
    "Forgetting": _forgetting,
    "Season": _season,
    "Mistakes": lambda fields: Mistakes(mistakes=tuple(Mistake(**each) for each in fields.pop("mistakes")), **fields),
}
