"""`python -m tests.bench.plot [LEARNERS]`: each rule of teaching, as the README's table and picture.

It takes minutes. The picture is drawn twice, for light pages and for dark ones.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

from cards.deck import house
from cards.simulation import RULES
from tests.bench.simulation import EVENINGS, LEARNERS, Summary, lived, processes, summary

FOLDER = Path(__file__).parents[2] / "deploy"
WHOLE = "all rules"
THEMES = {
    "light": {"ink": "#1f2328", "faint": "#8c959f", "grid": "#d8dee4", "page": "#ffffff", "accent": "#bc4c00"},
    "dark": {"ink": "#e6edf3", "faint": "#7d8590", "grid": "#30363d", "page": "#0d1117", "accent": "#ffa657"},
}
PANELS = (
    ("answers on the\nfullest day", "fullest", 1),
    ("an evening differs\nby (%)", "swing", 100),
    ("forgotten in\nthe year", "forgotten", 1),
    ("after the same\ntopic (%)", "in_a_row", 100),
    ("siblings on\none day", "siblings", 1),
    ("remembered (%)", "remembered", 100),
)
LINES = ("all rules", "no plan after a break")
APART = 0.1  # of the value with all rules: from here on a rule's own figure stands out


def table(found: dict[str, Summary]) -> str:
    """The README's rows."""
    names = ("", "answers a day", "fullest day", "first evening back", "swing", "remembered", "forgotten", "same topic")
    rows = [f"| {' | '.join(names)} | siblings |", "| --- " + "| ---: " * len(names) + "|"]
    rows += [
        f"| {rule} | {each.a_day:.1f} | {each.fullest:.0f} | {each.back[0]:.0f} | {each.swing:.0%} "
        f"| {each.remembered:.1%} | {each.forgotten:.0f} | {each.in_a_row:.1%} | {each.siblings:.0f} |"
        for rule, each in found.items()
    ]
    return "\n".join(rows)


def draw(found: dict[str, Summary], learners: int, theme: str, path: Path) -> None:
    """One picture: the evenings after a break, and each rule beside all of them."""
    from matplotlib.figure import Figure

    paint = THEMES[theme]
    settings: dict[Any, Any] = {
        "svg.fonttype": "path",
        "svg.hashsalt": "stride",
        "font.size": 9,
        "text.color": paint["ink"],
        "axes.edgecolor": paint["grid"],
        "axes.labelcolor": paint["ink"],
        "xtick.color": paint["faint"],
        "ytick.color": paint["ink"],
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(11, 6.4), facecolor=paint["page"], layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=(1, 1.15))
        above, below = parts
        for part in (above, below):
            part.set_facecolor(paint["page"])
        figure.suptitle(f"A year of {learners} made-up learners, with all rules of teaching and without each")
        _back(above.subplots(), found, paint)
        for panel, axes in zip(PANELS, below.subplots(1, len(PANELS), sharey=True), strict=True):
            _dots(axes, panel, found, paint)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _back(axes: Any, found: dict[str, Summary], paint: Mapping[str, str]) -> None:
    _calm(axes, paint)
    for rule, dashes in zip(LINES, ("-", "--"), strict=True):
        values = found[rule].back
        colour = paint["ink"] if rule == WHOLE else paint["accent"]
        axes.plot(range(1, len(values) + 1), values, dashes, color=colour, label=rule, linewidth=1.8)
    axes.set_title("answers on each evening after two to five weeks away", fontsize=9, loc="left")
    axes.set_ylim(bottom=0)
    axes.set_xlim(0.5, EVENINGS + 0.5)
    axes.set_xticks(range(1, EVENINGS + 1, 2))
    axes.set_xlabel("evening")
    axes.legend(frameon=False)


def _dots(axes: Any, panel: tuple[str, str, int], found: dict[str, Summary], paint: Mapping[str, str]) -> None:
    title, name, scale = panel
    _calm(axes, paint)
    whole = getattr(found[WHOLE], name) * scale
    axes.axvline(whole, color=paint["faint"], linewidth=1, linestyle=":")
    for place, (rule, each) in enumerate(reversed(found.items())):
        value = getattr(each, name) * scale
        apart = rule != WHOLE and abs(value - whole) > APART * whole
        axes.plot(
            value,
            place,
            "o",
            clip_on=False,
            color=paint["accent"] if apart else paint["ink"],
            markersize=7 if apart else 5,
        )
    axes.set_title(title, fontsize=9)
    axes.set_yticks(range(len(found)), list(reversed(found)))
    if name == "remembered":
        axes.set_xlim(80, 100)
    else:
        axes.set_xlim(0, 1.15 * max(getattr(each, name) for each in found.values()) * scale)


def _calm(axes: Any, paint: Mapping[str, str]) -> None:
    axes.set_facecolor(paint["page"])
    axes.grid(color=paint["grid"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)


async def main(learners: int) -> None:
    """Lives the years, draws them and prints the table."""
    cards = (await asyncio.to_thread(house)).cards
    with processes() as pool:
        found = {rule: summary((await lived(pool, cards, rule, learners))[0]) for rule in RULES}
    for theme in THEMES:
        draw(found, learners, theme, FOLDER / f"simulation-{theme}.svg")
    print(table(found))  # noqa: T201 - the table is the output


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else LEARNERS))
