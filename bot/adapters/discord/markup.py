"""Text -> Discord's markup, so that what a person typed is shown to the letter.

Only `code` between backticks is marked; everything else that Discord would read as markup is escaped.
"""

from __future__ import annotations

import re
from typing import assert_never

from bot.adapters.layout import pieces, spans
from bot.reply import Text, Tone

MAX_RAW_TEXT = 1_300  # of what people wrote: escaping and marking can make three times as much of it
_MARKUP = re.compile(
    r"(?P<mark>[\\*_~|\[\]<>@`])|(?P<colon>:)(?=//|\w+:)|^(?P<list>\s*\d+)\.|^(?P<before>\s*)(?P<line>[#+-])",
    re.MULTILINE,
)


def escape(text: str) -> str:
    """Text that Discord shows to the letter: no bold, no link, no mention, no emoji, no list."""
    return _MARKUP.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    if found["list"]:
        return f"{found['list']}\\."
    return f"{found['before'] or ''}\\{found['mark'] or found['colon'] or found['line']}"


def paragraphs(part: Text) -> list[str]:
    """A paragraph in Discord's markup, in pieces that fit a message whatever has to be escaped."""
    said = [_marked(each) for each in pieces(part.text, MAX_RAW_TEXT) or [""]]
    if part.until is not None:
        said[-1] += f" <t:{int(part.until.timestamp())}:R>"  # "in 20 seconds", which Discord's clients count down
    goes_on: Tone = "note" if part.tone == "note" else "normal"
    return [_toned(said[0], part.tone), *(_toned(each, goes_on) for each in said[1:])]


def _marked(text: str) -> str:
    return "".join(f"`{words}`" if code else escape(words) for words, code in spans(text))


def _toned(said: str, tone: Tone) -> str:
    match tone:
        case "normal":
            return said
        case "heading":
            return f"### {said}"
        case "good":
            return f"✅ {said}"
        case "bad":
            return f"❌ {said}"
        case "note":
            return "\n".join(f"-# {line}" if line.strip() else "" for line in said.splitlines())
        case _:
            assert_never(tone)
