"""What comes out of tensor operations."""

from __future__ import annotations

from sandbox.language.formulas.working import Formula

FORMULAS: dict[str, Formula] = {}
