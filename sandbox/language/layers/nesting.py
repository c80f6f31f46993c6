"""From arguments as the language has them to arguments as torch takes them.

`transformerencoder 512 8 num_layers=6` is short for a TransformerEncoderLayer inside a TransformerEncoder, and
`need_weights` of MultiheadAttention belongs to the call: torch's classes know neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.language.layers.registry import LAYERS
from sandbox.language.model import Stage, Value


def as_torch(stage: Stage) -> Stage:
    """The stage with nothing but arguments that torch's class takes, its modules written out."""
    spec = LAYERS.get(stage.name) if stage.kind == "layer" else None
    if spec is None or not (spec.extra or spec.nested):
        return stage
    args = {name: value for name, value in stage.args.items() if name not in spec.extra}
    inner = {name: stage.args[name] for name in spec.extra if name in stage.args and name not in spec.forward}
    modules = {name: Stage("layer", kind, inner) for name, kind in spec.nested.items() if name not in args}
    return replace(stage, args={**modules, **args})


def at_call(stage: Stage) -> Mapping[str, Value]:
    """The arguments that torch takes at the call, by name."""
    spec = LAYERS.get(stage.name) if stage.kind == "layer" else None
    if spec is None:
        return {}
    return {name: stage.args[name] for name in spec.forward if name in stage.args}
