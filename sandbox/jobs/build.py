"""From a stage to something torch can call: a module by its name in `torch.nn`, or an operation of the table.

Nothing is evaluated: a name is looked up in the language's own registry, and arguments are values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from sandbox.jobs.bounds import check_steps
from sandbox.jobs.hazards import made_safe
from sandbox.jobs.operations import OPERATIONS
from sandbox.language.layers.nesting import as_torch, at_call
from sandbox.language.layers.registry import LAYERS
from sandbox.language.model import Dtype, Stage, Value

DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"),
        *("complex64", "complex128"),
    )
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class UnknownStageError(Exception):
    """A name that is not in the language."""


@dataclass(slots=True)
class Built:
    """A stage that can be called with tensors.

    Attributes:
        stage: what it was built from.
        call: takes what the stage before gave, as a tuple.
        lazy: it decides about its weights when it first sees an input, and then for good.
        modules: its torch modules, none for an operation.
    """

    stage: Stage
    call: Callable[[tuple[Any, ...]], Any]
    lazy: bool
    modules: tuple[nn.Module, ...] = ()
    _weights: list[torch.Tensor] | None = None

    def weights(self) -> list[torch.Tensor]:
        """Its parameters, each once; those that a lazy layer has not made yet are left out."""
        if self._weights is not None:
            return self._weights
        found = [weight for module in self.modules for weight in module.parameters()]
        if self.lazy:
            return [weight for weight in found if not isinstance(weight, UninitializedParameter)]
        self._weights = found
        return found


def build(stage: Stage, device: str, *, training: bool) -> Built:
    """The stage on a device; raises what torch raises."""
    if stage.kind == "op":
        return _operation(stage)
    if stage.name == "Sequential":
        return _sequence(stage, [build(child, device, training=training) for child in stage.children])
    module = _module(as_torch(stage), device)
    if not training:
        module.eval()
    return Built(stage, _caller(stage, module), _lazy(stage), (module,))


def materialise(built: Built) -> Built:
    """The same on the CPU with weights of no particular value: filling them would take longer than the run."""
    for module in built.modules:
        module.to_empty(device="cpu")
    return built


def _lazy(stage: Stage) -> bool:
    return stage.name.startswith("Lazy") or any(isinstance(v, Stage) and _lazy(v) for v in stage.args.values())


def _module(stage: Stage, device: str) -> nn.Module:
    kind = _kind(stage.name)
    args = {name: _value(value, device) for name, value in stage.args.items() if name != "device"}
    if _takes_device(kind):
        args["device"] = device
    module: nn.Module = kind(**args)
    return module


@cache
def _kind(name: str) -> Callable[..., nn.Module]:
    found = getattr(nn, name, None) if name in LAYERS else None
    if found is None:
        version = torch.__version__.split("+")[0]
        raise UnknownStageError(f"torch {version} has no {name}")
    return found  # type: ignore[no-any-return]  # the registry holds names of modules only


@cache
def _takes_device(kind: Callable[..., nn.Module]) -> bool:
    if isinstance(kind, type) and issubclass(kind, nn.RNNBase):  # takes it among **kwargs
        return True
    return "device" in inspect.signature(kind).parameters


def _value(value: Value, device: str) -> Any:
    match value:
        case Dtype():
            return DTYPES.get(value.name, value.name)
        case Stage():
            return _module(as_torch(value), device)
        case tuple():
            return tuple(_value(item, device) for item in value)
        case _:
            return value


def _operation(stage: Stage) -> Built:
    operation = OPERATIONS.get(stage.name)
    if operation is None:
        raise UnknownStageError(f"no tensor operation {stage.name}")
    args = {name: _value(value, "cpu") for name, value in stage.args.items()}
    return Built(stage, lambda inputs: operation(inputs, args), lazy=False)


def _sequence(stage: Stage, parts: list[Built]) -> Built:
    """As nn.Sequential calls its parts, one by one, so that each is looked at before it runs."""

    def call(inputs: tuple[Any, ...]) -> Any:
        value: Any = inputs[0] if len(inputs) == 1 else inputs
        for part in parts:
            value = part.call((value,))
        return value

    return Built(
        stage, call, any(part.lazy for part in parts), tuple(module for part in parts for module in part.modules)
    )


def _caller(stage: Stage, module: nn.Module) -> Callable[[tuple[Any, ...]], Any]:
    style = LAYERS[stage.name].call
    extra: Mapping[str, Any] = {name: _value(value, "cpu") for name, value in at_call(stage).items()}

    def call(inputs: tuple[Any, ...]) -> Any:
        if style == "self_attention" and len(inputs) == 1:
            inputs = inputs * 3
        elif style == "state" and len(inputs) == 3:
            inputs = (inputs[0], inputs[1:])
        check_steps(module, inputs)
        return module(*made_safe(module, inputs), **extra)

    return call
