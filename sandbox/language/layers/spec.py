"""How a layer or a tensor operation is written and what it eats: the grammar's half of the knowledge.

A family file holds `LAYERS` (or `OPS`), a tuple of these declarations; the formulas of the same family stand in the
file of the same name under `sandbox.language.formulas`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sandbox.language.model import Tensor, Value
from sandbox.language.size import Size


class Sizes(Protocol):
    """The sizes written in the line, by letter."""

    def __call__(self, letter: str, default: Size | Value = None) -> Size:
        """The number written for the letter, else `default` where that is a number, else the free size itself."""


Args = Mapping[str, Value]  # every parameter of the signature, defaults filled in
Layout = Callable[[Args, Sizes], tuple[Tensor, ...]]

# How the module is called on its inputs:
#   inputs          layer(x, y, ...)
#   self_attention  layer(x, x, x) for one input, layer(q, k, v) for three
#   state           layer(x), layer(x, h) for two inputs, layer(x, (h, c)) for three
Call = Literal["inputs", "self_attention", "state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpec:
    """One class of `torch.nn`.

    Attributes:
        name: the class's name, `Conv1d`. Its lower case is always a way to write it.
        layout: the inputs it gets where the line does not say `@ ...`.
        aliases: other words for it, in lower case. A word that two layers claim is ambiguous, and the grammar asks.
        flags: short letters for arguments: `{"k": "kernel_size"}`.
        letters: other letters for a size of the layout: `{"T": "L"}`.
        functional: names in `torch.nn.functional` that take the input and then the same arguments.
        call: how the module is called on its inputs.
        extra: arguments that the language adds to torch's signature, with defaults (TransformerEncoder's d_model).
        forward: those of `extra` that torch wants at the call and not at the building (`need_weights`).
        nested: arguments that are modules, with their class, built from the rest of `extra` where the line does not
            write them: `{"encoder_layer": "TransformerEncoderLayer"}`. See `sandbox.language.layers.nesting`.
        positional: the order of unnamed arguments where it is not that of torch's signature.
        presets: aliases that imply arguments where the line does not write them: `gap` is pooling to one number.
        family: what it is, in a word or two, for completion and help.
    """

    name: str
    layout: Layout
    aliases: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    functional: tuple[str, ...] = ()
    call: Call = "inputs"
    extra: Mapping[str, Value] = field(default_factory=dict)
    forward: tuple[str, ...] = ()
    nested: Mapping[str, str] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    presets: Mapping[str, Args] = field(default_factory=dict)
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpSpec:
    """One tensor operation: `view`, `cat`, `einsum`.

    Attributes:
        name: torch's own name for it, and the way to write it.
        parameters: name -> default in order; `...` marks a required one.
        sizes: the parameter that takes all remaining whole numbers (`view 32 -1`), if any.
        many_inputs: shapes may stand in the line itself: `cat 2x3 4x3 dim=0`.
        method: written as a method of a tensor in Python: `x.view(...)`; else `torch.name(...)`.
        aliases: other words for it.
        family: what it is, in a word or two, for completion and help.
    """

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    sizes: str | None = None
    many_inputs: bool = False
    method: bool = True
    aliases: tuple[str, ...] = ()
    family: str = "tensor operation"
