"""What the layers that slide or resample over (N, C, L) to (N, C, D, H, W) are given, and how they are all written."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.language.layers.spec import Args, Layout, Sizes
from sandbox.language.model import Tensor

AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
WINDOW_FLAGS = {"k": "kernel_size", "s": "stride", "p": "padding", "d": "dilation"}


def planes_layout(axes: int, channels: str | None = None) -> Layout:
    """(N, C, L) and so on; `channels` names the argument that says how many channels there are."""

    def layout(args: Args, size: Sizes) -> tuple[Tensor, ...]:
        depth = size("C", args[channels]) if channels else size("C")
        return (Tensor((size("N"), depth, *(size(letter) for letter in AXES[axes]))),)

    return layout


def other_letters(axes: int) -> Mapping[str, str]:
    """Letters that people write for the axes: T for time, S for a sequence, F for frames."""
    if axes == 1:
        return {"T": "L", "S": "L", "W": "L", "E": "C"}
    return {"T": "D", "E": "C"} if axes == 3 else {"E": "C"}


def ranked(axes: int, *words: str) -> tuple[str, ...]:
    """`conv1`, `conv_1d`, `conv`: the word alone belongs to every rank, and so the grammar asks which."""
    return tuple(
        form
        for word in words
        for form in (f"{word}{axes}d", f"{word}{axes}", f"{word}_{axes}d", f"{word}_{axes}", word)
    )
