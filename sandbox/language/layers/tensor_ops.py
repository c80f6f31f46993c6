"""How tensor operations are written."""

from __future__ import annotations

from sandbox.language.layers.spec import OpSpec

OPS: tuple[OpSpec, ...] = ()
