"""What comes out of the recurrent layers."""

from __future__ import annotations

from sandbox.language.formulas.working import Formula

FORMULAS: dict[str, Formula] = {}
