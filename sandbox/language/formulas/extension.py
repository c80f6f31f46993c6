"""How torch extends axes at their ends, by the four ways that padding layers and convolutions share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.language.formulas.spatial import require_some, signed
from sandbox.language.formulas.working import Fix, Working
from sandbox.language.size import Size


@dataclass(frozen=True, slots=True)
class Edge:
    """What one axis gets before and after; a negative number takes away."""

    letter: str
    size: Size
    before: int
    after: int

    @property
    def made(self) -> Size:
        """The axis afterwards."""
        return self.size + self.before + self.after

    @property
    def kept(self) -> Size:
        """What negative numbers leave of the axis."""
        return self.size + min(self.before, 0) + min(self.after, 0)

    @property
    def written(self) -> str:
        """Its sum."""
        return f"{self.size} + {signed(self.before)} + {signed(self.after)}"


def most(size: Size, mode: str) -> int | None:
    """The largest padding that an axis can give in this mode, where there is a largest one and it is known."""
    if not isinstance(size, int) or mode not in ("reflect", "circular"):
        return None
    return size - 1 if mode == "reflect" else size


def extend(working: Working, lead: Sequence[Size], edges: Sequence[Edge], mode: str, *fixes: Fix) -> None:
    """Says what the mode requires of axes that are extended; `lead` is what stands before them, without a batch."""
    if mode in ("reflect", "replicate"):
        for size in (*lead, *(edge.size for edge in edges)):
            require_some(working, size, f"An axis of size {size} has nothing to {mode}.")
    for edge in edges:
        _require_source(working, edge, mode, fixes)
        words = f"{edge.letter}: {edge.written} = {edge.made} leaves less than nothing."
        working.require_at_least(edge.made, 0, words, Fix({"padding": 0}))
        if mode in ("constant", "circular"):  # what is taken away goes first
            least = max(edge.before, edge.after, 0) if mode == "circular" else 0
            words = f"{edge.letter} has {edge.size}, and the padding takes away too much of it."
            working.require_at_least(edge.kept, least, words, Fix({"padding": 0}))
    if mode in ("reflect", "replicate"):  # torch is content when one of the axes keeps something
        kept = sum((edge.made for edge in edges[1:]), edges[0].made)
        words = "; ".join(f"{edge.letter}: {edge.written} = {edge.made}" for edge in edges)
        working.require_at_least(kept, 1, f"Nothing is left: {words}.", Fix({"padding": 0}))


def _require_source(working: Working, edge: Edge, mode: str, fixes: tuple[Fix, ...]) -> None:
    longest = max(edge.before, edge.after)
    if mode == "reflect":
        words = f"A reflection leaves the edge itself out, so {longest} on {edge.letter} needs {longest + 1} or more, "
        words += f"and there are {edge.size}."
        working.require_at_least(edge.size, longest + 1, words, *fixes)
    elif mode == "circular":
        words = f"Circular padding wraps round once at most: {longest} on {edge.letter} needs {longest} or more, "
        words += f"and there are {edge.size}."
        working.require_at_least(edge.size, longest, words, *fixes)
