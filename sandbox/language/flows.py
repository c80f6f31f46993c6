"""What the names in pasted Python stand for: layers, and tensors on their way through layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from sandbox.language.layers.registry import LAYERS
from sandbox.language.layouts import Shape
from sandbox.language.model import Stage, Value


@dataclass(frozen=True, slots=True)
class Module:
    """A layer that was made and not yet called."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Source:
    """A tensor that the code starts from: its shape, or only its name where the code does not say more.

    `span` is the lowest and the highest of its whole numbers, where the code says them.
    """

    name: str = ""
    shape: Shape | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A tensor: what it came from and the stages it went through."""

    sources: tuple[Source, ...]
    stages: tuple[Stage, ...] = ()

    def through(self, stage: Stage) -> Flow:
        """The tensor that comes out of one more stage."""
        return Flow(self.sources, (*self.stages, stage))


@dataclass(frozen=True, slots=True)
class SizeOf:
    """`x.size(0)`: one size of a tensor; of all of them where `axis` is None."""

    flow: Flow
    axis: int | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function or class that is named and not called: the `F.gelu` of `activation=F.gelu`."""

    name: str


Thing = Union[Value, Module, Flow, SizeOf, Function, tuple["Thing", ...]]


def flows_in(thing: Thing) -> list[Flow]:
    """The tensors in an argument, out of tuples too: those of `torch.cat((a, b))`."""
    if isinstance(thing, Flow):
        return [thing]
    if isinstance(thing, tuple):
        return [flow for item in thing for flow in flows_in(item)]
    return []


def same_tensor_thrice(stage: Stage, flows: list[Flow]) -> bool:
    """`attention(x, x, x)`: self-attention, which the language gives one input."""
    spec = LAYERS.get(stage.name)
    called = spec is not None and spec.call == "self_attention" and len(flows) == 3
    return called and all(flow is flows[0] for flow in flows)
