"""What people write round a shape or a number, taken away: quotes, smileys, hedges, names of axes, other signs.

Each function gives a text that `cards.reading` understands, or one that it refuses; none decides what was meant.
"""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = frozenset({"So", "Cf", "Cs", "Co", "Cn"})  # smileys, marks of direction and of nothing
_EMOJI = "\N{MAHJONG TILE EAST WIND}"  # from here on, skin colours included
_RAISED = "\u2070\u00b9\u00b2\u00b3\u2074-\u2079"  # digits
_POWER = re.compile(rf"(?<=[\d)])[{_RAISED}]+")
_HALVES = re.compile(r"(?<=\d)(?=[\u00bc-\u00be])")
_DASH = r"[-\N{EN DASH}\N{EM DASH}\N{NON-BREAKING HYPHEN}]"
_QUOTES = " \t\"'\u201c\u201d\u2018\u2019"

_BEFORE_NUMBER = re.compile(
    r"\A(?:(?:about|around|roughly|approx(?:imately)?\b\.?|circa|ca\.|probably|exactly|just|only|a single|"
    r"there (?:are|is)|in total|total|params|parameters|[~:\N{ALMOST EQUAL TO}])\s*)+"
)
_REMARK = re.compile(r"\s*\([^()\d]*\)\Z")
_TIMES = re.compile(r"(?<=[\d)])\s*[x\N{MIDDLE DOT}\N{DOT OPERATOR}]\s*(?=\d)")
_THOUSANDS = {"k": "*1000", "thousand": "*1000", "million": "*1000000"}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_FRACTION = re.compile(rf"\A(?:(a|one|two|three|four)\s+)?({'|'.join(_PARTS)})s?\Z")
_SMALL = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_SPELLED = re.compile(rf"\A[a-z]+[\s-].*\b(?:hundred|thousand|million|{'|'.join(_PARTS)})s?\b")

_BEFORE_SHAPE = re.compile(
    r"\A(?:(?:i think|maybe|probably|(?:the|its|it's|is|of|a|shapes?|sizes?|output|result|answer|tensor|so)\b|"
    r"[=:~\N{ALMOST EQUAL TO}])\s*)+",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\A([^\d,\[\](){}<>]*)([\[({<].*[\])}>])([^\d,\[\](){}<>]*)\Z", re.DOTALL)
_AXIS = re.compile(r"\b[A-Za-z]\w*\s*=\s*(?=\w)")
_BARS = re.compile(rf"(?<=\d)\s*(?:[|/]|{_DASH})\s*(?=\d)")
_BATCH = re.compile(
    r"\A(\W*)(?:batch(?:[ _-]?size)?|bsz?|b|n|none|\?|\*|-1)(?=\s*(?:[,;x\N{MULTIPLICATION SIGN}]|\s))", re.IGNORECASE
)
_COMMAS = str.maketrans(
    {"\N{IDEOGRAPHIC COMMA}": ",", "{": "(", "}": ")", "<": "(", ">": ")", "\N{CYRILLIC SMALL LETTER HA}": "x"}
)


def seen(text: str) -> str:
    """Without smileys and characters that show nothing; raised digits as powers, and halves as such."""
    if text.isascii():  # none of all this is
        return text
    text = _HALVES.sub("+", _POWER.sub(lambda raised: f"^{raised[0]}", text))
    kept = (sign for sign in text if sign < _EMOJI and unicodedata.category(sign) not in _UNSEEN)
    return "".join(kept).replace("\N{VARIATION SELECTOR-16}", "")


def number(text: str) -> str:
    """`(1792)?`, `approx. 1.5k`, `minus 2`, `3 x 10^2`, `a half`; nothing of `one thousand and two`, or of `1 or 2`."""
    text = text.replace("\N{FRACTION SLASH}", "/").strip(_QUOTES)
    text = _REMARK.sub("", text).rstrip("?,;: ").strip(_QUOTES)
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    text = _BEFORE_NUMBER.sub("", text)
    text = re.sub(rf"\A(?:(?:minus|negative)\s+|{_DASH}\s*)(?=\w|\.)", "-", text)
    fraction = _FRACTION.match(text)
    if fraction is not None:
        return f"{_SMALL[fraction[1] or 'a']}/{_PARTS[fraction[2]]}"
    if _SPELLED.match(text) or re.search(r"\bor\b", text):
        return ""
    text = re.sub(r"(?<=\d)\s*(k|thousand|million)\b", lambda word: _THOUSANDS[word[1]], text)
    return _TIMES.sub("*", text)


def shape(text: str, batch: str = "N") -> str:
    """`output: [32, 16]`, `"32x16"?`, `N=32, C=16`, `32-16`, `(batch, 16)`; `batch` is how the batch is called."""
    text = text.strip(_QUOTES).rstrip("?").strip(_QUOTES)
    group = _GROUP.match(text)
    text = group[2] if group is not None else _BEFORE_SHAPE.sub("", text)
    text = _AXIS.sub("", text.translate(_COMMAS))
    if "," not in text and "x" not in text.lower():
        text = _BARS.sub(",", text)
    return _BATCH.sub(rf"\g<1>{batch}", text)
