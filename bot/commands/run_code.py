"""What a person pasted, as the Python they mean: without the fences, prompts and indentation of where it came from."""

from __future__ import annotations

import ast
import re
import textwrap

from bot.errors import TextTooLong

MAX_CODE = 32_000  # characters
_FENCE = "```"
_LANGUAGE = re.compile(r"(?:python3?|pycon|ipython|py)(?=\s|$)", re.IGNORECASE)
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")


def understood(pasted: str) -> str:
    """The code; raises `TextTooLong`.

    What stands between fences is the code, and what stands around them talk; of a session pasted from a Python
    prompt, what was typed is.
    """
    text = pasted.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_CODE:
        raise TextTooLong(f"That is {len(text):,} characters of code; I run up to {MAX_CODE:,}.")
    if text.lstrip().startswith(_FENCE) or (f"\n{_FENCE}" in text and not _is_python(text)):
        text = "\n".join(_block(piece).strip("\n") for piece in text.split(_FENCE)[1::2])
    elif text.count("`") == 2 and (quoted := text.strip()).startswith("`") and quoted.endswith("`"):
        text = quoted[1:-1]
    return _without_prompts(textwrap.dedent(text).strip("\n").rstrip())


def _block(piece: str) -> str:
    """What stands between two fences, without the language that the first may name."""
    piece = piece.strip("`")
    return _LANGUAGE.sub("", piece, count=1).lstrip(" \t") if _LANGUAGE.match(piece) else piece


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _without_prompts(text: str) -> str:
    """The lines behind `>>>` and `...` where a session was pasted; what Python had answered goes."""
    if not text.startswith(">>>"):
        return text
    return "\n".join(line[4:] for line in text.split("\n") if _PROMPT.match(line))
