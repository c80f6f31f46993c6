"""What comes out of the convolution layers."""

from __future__ import annotations

from sandbox.language.formulas.working import Formula

FORMULAS: dict[str, Formula] = {}
