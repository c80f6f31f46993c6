"""Which signs the fonts of this machine have, so that a name in another script is never a row of boxes."""

from __future__ import annotations

import unicodedata
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

FIRST = "DejaVu Sans"  # comes with matplotlib
# Where one of them is installed, it draws what those before it cannot.
_OTHERS = (
    "Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR",
    "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic",
    "Noto Sans Devanagari", "Lohit Devanagari", "Noto Sans Arabic", "Noto Sans Thai", "Noto Sans Bengali",
    "Noto Sans Tamil", "Noto Sans Telugu", "FreeSans", "Unifont",
)  # fmt: skip
_LEFT_OUT = "…"


@cache
def families() -> tuple[str, ...]:
    """The fonts that are drawn with, each where those before it lack a sign."""
    installed = {font.name for font in fontManager.ttflist}
    return (FIRST, *(name for name in _OTHERS if name in installed))


def legible(text: str, instead: str = "") -> str:
    """A text without what no font can draw: a dot-dot-dot for letters, nothing for ornaments.

    Args:
        text: on one line.
        instead: where no letter and no digit is left.
    """
    if _signs().issuperset(map(ord, text)):
        return text
    found: list[str] = []
    for mark in text:
        if ord(mark) in _signs():
            found.append(mark)
        elif unicodedata.category(mark)[0] in "LN" and found[-1:] != [_LEFT_OUT]:
            found.append(_LEFT_OUT)
    if instead and not any(unicodedata.category(mark)[0] in "LN" for mark in found):
        return instead
    return " ".join("".join(found).split())


@cache
def _signs() -> frozenset[int]:
    """By their numbers: those that a family has in both of the weights that are drawn with."""
    found: set[int] = set()
    for name in families():
        light, bold = (findfont(FontProperties(family=name, weight=weight)) for weight in ("normal", "bold"))
        found |= FT2Font(light).get_charmap().keys() & FT2Font(bold).get_charmap().keys()
    return frozenset(found)
