"""One chart of each kind, whose pictures are kept beside this file."""

from __future__ import annotations

from datetime import date, timedelta

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

TODAY = date(2026, 11, 22)
_REST = (Kind.NONE, Kind.FROZEN, Kind.HOLIDAY, Kind.MISSED, Kind.DOWNTIME)


def _day(back: int) -> DayShown:
    answers = (0, 3, 7, 12, 30)[back * 7 % 5]
    kind = Kind.ANSWERED if answers else _REST[back // 5 % 5]
    return DayShown(date=TODAY - timedelta(days=back), answers=answers, kind=kind)


YEAR = Year(days=tuple(_day(back) for back in reversed(range(365))))
DISTRIBUTION = Distribution(
    title="Lengths",
    bars=(
        Bar(letter="A", answer="(16, 98)", count=15, right=True),
        Bar(letter="B", answer="(16, 97)", count=6, mistake="the +1 left out"),
        Bar(letter="C", answer="(98, 16)", count=3, mistake="channels and length swapped"),
        Bar(letter="D", answer="(3, 100)", count=0),
    ),
)
MASTERY = Mastery(
    topics=(
        Topic(name="Convolutions", remembered=0.75, begun=14, cards=20),
        Topic(name="Pooling", remembered=0.5, begun=8, cards=12),
        Topic(name="Broadcasting", remembered=0.0, begun=3, cards=9),
        Topic(name="Losses", remembered=1.0, begun=7, cards=7),
    )
)
FORGETTING = Forgetting(
    reviewed=tuple(0.95 - 0.01 * (day % 7) for day in range(57)),
    left=tuple(0.95 - 0.01 * day for day in range(57)),
    cards=120,
)
SEASON = Season(
    weeks=tuple(TODAY - timedelta(weeks=back) for back in (3, 2, 1, 0)),
    people=(
        Scorer(name="Ada", points=(10, 20, 30, 40), place=1),
        Scorer(name="Bob", points=(40, 5, 0, 20), place=2),
        Scorer(name="Chen", points=(0, 0, 0, 20), place=2),
    ),
)
MISTAKES = Mistakes(
    mistakes=(
        Mistake(name="the +1 left out", count=16),
        Mistake(name="channels and length swapped", count=8),
        Mistake(name="stride left out", count=4),
    )
)
SAMPLES: dict[str, Chart] = {
    "year": YEAR,
    "distribution": DISTRIBUTION,
    "mastery": MASTERY,
    "forgetting": FORGETTING,
    "season": SEASON,
    "mistakes": MISTAKES,
}
