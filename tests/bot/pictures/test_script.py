"""Names in scripts that the fonts of this machine lack are readable all the same."""

from __future__ import annotations

from datetime import date

import pytest

from bot.pictures.charts import Scorer, Season
from bot.pictures.drawing import script
from bot.pictures.drawing.charts import draw_chart
from bot.pictures.drawing.script import legible

LACKED = "\N{CUNEIFORM SIGN A}\N{CUNEIFORM SIGN AB}"  # which no font draws that comes with a system
INSTEAD = "no. 1 in the text"


@pytest.mark.parametrize("name", ["Zoë", "Ольга", "Ελένη", "שרה", "علي", "two  spaces", ""])
def test_what_the_fonts_have_stays_as_it_is(name: str) -> None:
    assert legible(name) == name


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (f"{LACKED} conv", "… conv"),
        (f"Ada {LACKED}{LACKED} b", "Ada … b"),
        ("Ada \N{EGYPTIAN HIEROGLYPH A001}", "Ada …"),
        ("Ada \U0001faf6", "Ada"),  # an ornament that this font is too old for
        (LACKED, INSTEAD),
        ("\U0001faf6", INSTEAD),
        ("!?", "!?"),
    ],
)
def test_what_they_lack_is_no_box(name: str, seen: str) -> None:
    assert legible(name, INSTEAD) == seen


def test_a_font_that_is_installed_draws_what_the_first_one_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert script.families()[0] == "DejaVu Sans"
    monkeypatch.setattr(script, "_OTHERS", ("STIXGeneral", "no such font"))
    assert script.families.__wrapped__() == ("DejaVu Sans", "STIXGeneral")


def test_a_season_is_drawn_with_names_in_any_script() -> None:
    people = tuple(
        Scorer(name=name, points=(3,), place=place)
        for place, name in enumerate(("李雷", "محمد", "सीता", LACKED, "😀😀", "\u202eevil"), start=1)
    )
    assert draw_chart(Season(weeks=(date(2026, 3, 2),), people=people)).startswith(b"\x89PNG")
