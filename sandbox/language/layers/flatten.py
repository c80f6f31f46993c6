"""How the flatten layers are written."""

from __future__ import annotations

from sandbox.language.layers.spec import LayerSpec

LAYERS: tuple[LayerSpec, ...] = ()
