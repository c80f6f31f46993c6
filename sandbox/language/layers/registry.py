"""Every layer and operation of the language, from the family files."""

from __future__ import annotations

from sandbox.language.layers import (
    activation,
    attention,
    convolution,
    distance,
    dropout,
    embedding,
    flatten,
    folding,
    linear,
    loss,
    normalisation,
    padding,
    pooling,
    recurrent,
    resampling,
    tensor_ops,
    transformer,
)
from sandbox.language.layers.spec import LayerSpec, OpSpec

_FAMILIES = (
    activation,
    attention,
    convolution,
    distance,
    dropout,
    embedding,
    flatten,
    folding,
    linear,
    loss,
    normalisation,
    padding,
    pooling,
    recurrent,
    resampling,
    transformer,
)

LAYERS: dict[str, LayerSpec] = {spec.name: spec for family in _FAMILIES for spec in family.LAYERS}
OPS: dict[str, OpSpec] = {spec.name: spec for spec in tensor_ops.OPS}
