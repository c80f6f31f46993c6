"""What comes out of tensor operations."""

from __future__ import annotations

from sandbox.language.formulas.casting import CASTING
from sandbox.language.formulas.cutting import CUTTING
from sandbox.language.formulas.products import PRODUCTS
from sandbox.language.formulas.reductions import REDUCTIONS
from sandbox.language.formulas.reshaping import RESHAPING
from sandbox.language.formulas.spreading import SPREADING
from sandbox.language.formulas.working import Formula

FORMULAS: dict[str, Formula] = {**RESHAPING, **SPREADING, **CUTTING, **PRODUCTS, **REDUCTIONS, **CASTING}
