"""How much one job may cost, and what a step would cost before it is run.

The bounds keep a worker answering: sizes in a question may be anything, and some of torch's meta functions loop in
Python over them. They are estimates from above; the worker's memory limit and wall time stand behind them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from sandbox.language.model import Stage, Value

MOST_STAGES = 2_000  # of a job, nested ones counted
MOST_LAYERS = 256  # of one num_layers
MOST_PIECES = 10_000  # tensors that one step gives back
MOST_META_STEPS = 8  # time steps times layers and directions: each takes milliseconds of Python on meta
MOST_REAL_STEPS = 10_000  # the same with real numbers: each takes tens of microseconds
MOST_PARAMETERS = 20_000_000  # built with real numbers, in all stages
MOST_ELEMENTS = 8_000_000  # of one real tensor
MOST_MULTIPLIES = 200_000_000  # of one step with real numbers
MOST_UNKNOWN_PARAMETERS = 10_000_000  # that arguments could mean, where meta cannot tell

_REPEATS = ("num_layers", "num_encoder_layers", "num_decoder_layers")
_ATTENTION = ("MultiheadAttention", "Transformer")
_ROW_A_NUMBER = ("Linear", "Conv1d", "Conv2d", "Conv3d")
_MATRIX = ("matmul", "mm", "bmm")


class NotRunError(Exception):
    """A step that is not run, and why."""


class TooMuchError(NotRunError):
    """A step that would cost more than a job may."""


def check_stages(stages: Iterable[Stage]) -> None:
    """Raises `TooMuchError` for more modules than a worker should build."""
    count = 0
    waiting = list(stages)
    while waiting:
        stage = waiting.pop()
        count += 1
        if count > MOST_STAGES:
            raise TooMuchError(f"there are more than {MOST_STAGES} layers")
        for name in _REPEATS:
            repeats = stage.args.get(name)
            if isinstance(repeats, int) and repeats > MOST_LAYERS:
                raise TooMuchError(f"{name}={repeats}, and the limit for a run is {MOST_LAYERS}")
        waiting += stage.children
        waiting += (value for value in stage.args.values() if isinstance(value, Stage))


def check_steps(module: nn.Module, inputs: tuple[Any, ...]) -> None:
    """Raises `TooMuchError` where a recurrent layer would go through too many time steps."""
    if not isinstance(module, nn.RNNBase) or not inputs or not isinstance(inputs[0], torch.Tensor):
        return
    shape = inputs[0].shape
    if not 2 <= len(shape) <= 3:
        return
    length = shape[1] if module.batch_first and len(shape) == 3 else shape[0]
    steps = length * module.num_layers * (2 if module.bidirectional else 1)
    where, most = ("the meta device", MOST_META_STEPS) if inputs[0].is_meta else ("the CPU", MOST_REAL_STEPS)
    if steps > most:
        raise TooMuchError(f"{steps} time steps on {where} take too long, and the limit is {most}")


def check_real(stage: Stage, params: Iterable[torch.Tensor], inputs: Iterable[torch.Tensor], out: int) -> None:
    """Raises `TooMuchError` where a step with real numbers would take too long or too much memory.

    Args:
        stage: the step.
        params: of its module, on any device.
        inputs: its inputs, on any device.
        out: elements that come out of it, as far as known.
    """
    tensors = list(inputs)
    touched = max(out, *(tensor.numel() for tensor in tensors), 0)
    if touched > MOST_ELEMENTS:
        raise TooMuchError(f"a tensor would have {touched} elements, and the limit is {MOST_ELEMENTS}")
    # Each number that these give is a row of weights times as many inputs; of the others no such thing is known.
    each = out if out and stage.name in _ROW_A_NUMBER else touched
    multiplies = each * sum(_columns(tensor) for tensor in params) + _other_multiplies(stage, tensors, touched)
    if multiplies > MOST_MULTIPLIES:
        raise TooMuchError(f"it would take about {multiplies} multiplications, and the limit is {MOST_MULTIPLIES}")


def check_parameters(count: int) -> None:
    """Raises `TooMuchError` for more weights than are filled with real numbers."""
    if count > MOST_PARAMETERS:
        raise TooMuchError(f"it has {count} parameters, and the limit is {MOST_PARAMETERS}")


def affordable(stage: Stage) -> bool:
    """Whether building the stage is cheap whatever its arguments mean."""
    return _worst(stage.args.values()) <= MOST_UNKNOWN_PARAMETERS


def _columns(weight: torch.Tensor) -> int:
    return weight.numel() // max(1, weight.shape[0]) if weight.dim() else 1


def _other_multiplies(stage: Stage, tensors: list[torch.Tensor], touched: int) -> int:
    if stage.name in _MATRIX and tensors and tensors[0].dim():
        return touched * int(tensors[0].shape[-1])
    if stage.name == "einsum":
        return _einsum_multiplies(stage.args, tensors)
    if stage.name.startswith(_ATTENTION):
        return touched * max((size for tensor in tensors for size in tensor.shape), default=1)
    kernel = stage.args.get("kernel_size")
    if kernel is not None and stage.name[-1:] == "d":
        axes = int(stage.name[-2]) if stage.name[-2:-1].isdigit() else 1
        return touched * (_worst([kernel]) ** axes if isinstance(kernel, int) else _worst([kernel]))
    return touched


def _einsum_multiplies(args: Mapping[str, Value], tensors: list[torch.Tensor]) -> int:
    """The product of the sizes of all letters."""
    terms = str(args.get("equation", "")).split("->")[0].replace(" ", "").split(",")
    sizes: dict[str, int] = {}
    for term, tensor in zip(terms, tensors, strict=False):
        if "." in term:
            sizes[term] = tensor.numel()
        else:
            sizes.update(zip(term, tensor.shape, strict=False))
    return math.prod(sizes.values())


def _worst(values: Iterable[Value]) -> int:
    """The product of all whole numbers in the arguments."""
    product = 1
    for value in values:
        match value:
            case int():
                product *= max(1, abs(value))
            case tuple():
                product *= _worst(value)
            case Stage():
                product *= _worst(value.args.values())
            case _:
                pass
    return product
