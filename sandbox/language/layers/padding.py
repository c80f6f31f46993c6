"""How the padding layers are written."""

from __future__ import annotations

from sandbox.language.layers.spatial import AXES, other_letters, planes_layout, ranked
from sandbox.language.layers.spec import LayerSpec

_WORDS = {
    "Constant": ("constantpad", "constpad", "constant_pad"),
    "Zero": ("zeropad", "zero_pad", "zeropadding"),
    "Reflection": ("reflectionpad", "reflectpad", "reflection_pad", "refpad"),
    "Replication": ("replicationpad", "replicatepad", "replication_pad", "edgepad"),
    "Circular": ("circularpad", "circpad", "circular_pad", "wrappad"),
}

LAYERS: tuple[LayerSpec, ...] = tuple(
    LayerSpec(
        name=f"{name}Pad{n}d",
        layout=planes_layout(n),
        aliases=(*ranked(n, *words), *((f"pad{n}d", f"pad_{n}d") if name == "Zero" else ())),
        flags={"p": "padding"},
        letters=other_letters(n),
        family="padding",
    )
    for name, words in _WORDS.items()
    for n in AXES
)
