"""How torch extends an axis at its ends, by the four ways that padding layers and convolutions share."""

from __future__ import annotations

from sandbox.language.formulas.spatial import signed
from sandbox.language.formulas.working import Working
from sandbox.language.size import Size


def extend(working: Working, letter: str, size: Size, pad: tuple[int, int], mode: str) -> Size:
    """The axis with `pad` elements more before and after it; says what the mode requires of it."""
    before, after = pad
    longest = max(before, after)
    if mode == "reflect":
        words = (
            f"Reflection needs an axis longer than its padding, and {letter} is {size} with {longest}: "
            f"the edge itself is not repeated."
        )
        working.require_at_least(size, longest + 1, words)
    elif mode == "circular":
        words = f"Circular padding wraps round at most once: {longest} is more than {letter} = {size}."
        working.require_at_least(size, longest, words)
    made = size + before + after
    words = f"{letter}: {size} + {signed(before)} + {signed(after)} = {made} leaves nothing."
    working.require_at_least(made, 0 if mode == "constant" else 1, words)
    return made
