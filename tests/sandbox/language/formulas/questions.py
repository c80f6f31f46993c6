"""Random questions for the spatial layers: mostly right ones, and every kind of wrong one now and then."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from sandbox.language.model import Value

LETTERS = {1: "L", 2: "HW", 3: "DHW"}
Choice = TypeVar("Choice")


class Questioner:
    """Repeatable choices."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same questions at every run

    def odds(self, share: float) -> bool:
        """True this often."""
        return self.chance.random() < share

    def pick(self, options: Sequence[Choice]) -> Choice:
        """Any of these."""
        return self.chance.choice(options)

    def mostly(self, usual: Sequence[Choice], odd: Sequence[Choice], share: float = 0.04) -> Choice:
        """A usual one, and now and then an odd one."""
        return self.pick(odd if self.odds(share) else usual)

    def spread(self, axes: int, usual: Sequence[int], odd: Sequence[int]) -> Value:
        """One number, one for each axis, or now and then a wrong count of them."""
        if self.odds(0.5):
            return self.mostly(usual, odd)
        length = self.mostly([axes], [1, axes + 1])
        return tuple(self.mostly(usual, odd) for _ in range(length))

    def some(self, args: dict[str, Value], **shares: float) -> dict[str, Value]:
        """The arguments, each kept with its share; those without one always."""
        return {name: value for name, value in args.items() if self.odds(shares.get(name, 1.0))}

    def shape(self, axes: int, channels: int, usual: Sequence[int] = (3, 4, 5, 6)) -> list[int]:
        """(N, C, ...) or (C, ...), with empty and short axes, other channels and other ranks now and then."""
        space = [self.mostly(usual, [0, 1, 2]) for _ in range(axes)]
        shape = [self.mostly([1, 2], [0], 0.08), self.mostly([channels], [0, 1, 4]), *space]
        if self.odds(0.25):
            return shape[1:]
        return self.mostly([shape], [shape[2:], [1, *shape], shape[:1]])

    def dtype(self, usual: str = "float32", share: float = 0.04) -> str:
        """The input's dtype: mostly the layer's own."""
        return self.mostly([usual], ["int64", "float64", "bool", "float16", "complex64", "uint8", "bfloat16"], share)

    def free(self, shape: Sequence[int]) -> dict[int, str]:
        """Letters for some axes of (N, C, ...)."""
        letters = ("N", "C", *LETTERS.get(len(shape) - 2, ""))
        return {axis: letter for axis, letter in enumerate(letters[: len(shape)]) if self.odds(0.5)}
