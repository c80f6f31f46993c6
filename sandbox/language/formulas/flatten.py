"""What comes out of `nn.Flatten` and `nn.Unflatten`: the operations of the same name, starting after the batch."""

from __future__ import annotations

from dataclasses import replace

from sandbox.language.formulas import reshaping
from sandbox.language.formulas.working import Fix, Formula, Misfit, Working


def flatten(w: Working) -> None:
    """All axes from `start_dim` to `end_dim` become one; the batch axis stays by default."""
    reshaping.flatten(w)
    w.count(0, "0")


def unflatten(w: Working) -> None:
    """One axis becomes several."""
    if not isinstance(w.args["unflattened_size"], tuple):
        w.refuse("Unflatten takes a tuple of sizes for `unflattened_size`, such as (3, 4).")
    inner = replace(w, args={"dim": w.args["dim"], "sizes": w.args["unflattened_size"]})
    try:
        reshaping.unflatten(inner)
    except Misfit as misfit:
        raise Misfit(misfit.words, tuple(_renamed(fix) for fix in misfit.fixes)) from None
    w.count(0, "0")


def _renamed(fix: Fix) -> Fix:
    return Fix({{"sizes": "unflattened_size"}.get(name, name): value for name, value in fix.args.items()}, fix.insert)


FORMULAS: dict[str, Formula] = {"Flatten": flatten, "Unflatten": unflatten}
