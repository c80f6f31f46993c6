"""How `nn.Flatten` and `nn.Unflatten` are written."""

from __future__ import annotations

from sandbox.language.layers.sequences import letters_written
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor


def _any(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (letters_written(sizes, ("C", "H", "W")),)


def _splittable(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, E) where axis 1 is split: just large enough for the sizes written."""
    wanted = args["unflattened_size"]
    parts = [size for size in wanted if isinstance(size, int)] if isinstance(wanted, tuple) else []
    total = 1
    for size in parts:
        total *= size
    return (Tensor((sizes("N"), sizes("E", total if parts and min(parts) > 0 else None))),)


LAYERS: tuple[LayerSpec, ...] = (
    LayerSpec(
        name="Flatten",
        layout=_any,
        aliases=("flat",),
        letters={"T": "L", "S": "L"},
        family="flatten",
    ),
    LayerSpec(name="Unflatten", layout=_splittable, aliases=("unflat",), letters={"C": "E"}, family="flatten"),
)
