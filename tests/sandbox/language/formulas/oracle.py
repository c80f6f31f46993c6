"""Torch as the judge of the formulas: the same question put to both, and the answers compared.

`assert_agrees(name, args, inputs)` is all that a family's test needs; `assert_agrees_for_free_sizes` asks the formula
with letters in place of some axes and compares what it says of the numbers with what torch does with them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch.utils.flop_counter import FlopCounterMode

from sandbox.language.catalogue import full_args
from sandbox.language.formulas.registry import LAYER_FORMULAS
from sandbox.language.formulas.working import Assumed, Condition, Misfit, Working
from sandbox.language.layers.nesting import as_torch, at_call
from sandbox.language.layers.registry import LAYERS
from sandbox.language.model import FLOAT, Dtype, Stage, Tensor, Value
from sandbox.language.size import Size, evaluate, symbol
from tests.sandbox.language.formulas.versions import tolerated

torch.set_num_threads(1)

Args = Mapping[str, Value]
Input = tuple[Sequence[int], str] | Sequence[int]  # (shape, dtype), or a shape alone for float32
Shaped = tuple[tuple[int, ...], str]


@dataclass(frozen=True)
class Outcome:
    """What came out: the outputs' shapes and dtypes, or an error's words."""

    outputs: tuple[Shaped, ...] = ()
    params: int = 0
    macs: int | None = None
    error: str | None = None
    solved: Mapping[str, Value] | None = None


def shaped(item: Input) -> Shaped:
    """An input's shape and dtype, float32 where only a shape was given."""
    if item and isinstance(item[-1], str):
        shape, dtype = cast("tuple[Sequence[int], str]", item)
        return tuple(shape), dtype
    return tuple(cast("Sequence[int]", item)), FLOAT


def defaults(name: str) -> dict[str, Value]:
    """The default arguments in torch's own signature, and those that the language adds."""
    return full_args(Stage("layer", name))


def ask_torch(name: str, args: Args, inputs: Sequence[Input], *, training: bool = True, macs: bool = False) -> Outcome:
    """Builds the layer and runs it on real CPU tensors; integers are zeros, and so in range for any table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            layer = build(name, args)
            layer.train(training)
            tensors = [make(*shaped(item)) for item in inputs]
            if name == "EmbeddingBag" and args.get("include_last_offset"):
                close_last_bag(tensors)
            if not macs:
                result = call(name, args, layer, tensors)
                flops = None
            else:
                with FlopCounterMode(display=False) as counter:
                    result = call(name, args, layer, tensors)
                flops = counter.get_total_flops()
        except Exception as error:  # noqa: BLE001 - whatever torch raises is its answer
            return Outcome(error=f"{type(error).__name__}: {error}")
    outputs = tuple((tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")) for tensor in flat(result))
    params = sum(parameter.numel() for parameter in layer.parameters())
    return Outcome(outputs, params, None if flops is None else flops // 2)


def ask_formula(name: str, args: Args, inputs: Sequence[Input], *, training: bool = True) -> Outcome:
    """The closed form's answer to the same question."""
    tensors = tuple(Tensor(*shaped(item)) for item in inputs)
    try:
        working = work(name, args, tensors, training=training)
    except Misfit as misfit:
        return Outcome(error=misfit.words)
    outputs = tuple((numbers(output.tensor.shape, {}), output.tensor.dtype) for output in working.outputs)
    return Outcome(
        outputs, evaluate(working.params.value, {}), evaluate(working.macs.value, {}), None, dict(working.solved)
    )


def assert_agrees(
    name: str, args: Args, inputs: Sequence[Input], *, training: bool = True, macs: bool = False
) -> Outcome:
    """The formula says what torch does, including whether it fails; returns torch's outcome."""
    formula = ask_formula(name, args, inputs, training=training)
    truth = ask_torch(name, {**args, **(formula.solved or {})}, inputs, training=training, macs=macs)
    question = (
        f"{name}({written(args)}) on {list(inputs)}, training={training}\n  torch:   {truth}\n  formula: {formula}"
    )
    with tolerated(name):
        assert (formula.error is None) == (truth.error is None), f"one of them refuses {question}"
        if truth.error is None:
            assert formula.outputs == truth.outputs, f"different outputs of {question}"
            assert formula.params == truth.params, f"different parameters of {question}"
            assert not macs or formula.macs == truth.macs, f"different multiply-adds of {question}"
    return truth


def assert_agrees_for_free_sizes(
    name: str,
    args: Args,
    shape: Sequence[int],
    free: Mapping[int, str],
    *,
    training: bool = True,
    others: Sequence[Input] = (),
) -> None:
    """With letters on the axes of the first input that `free` names, the answer is right at the numbers in `shape`.

    A refusal or a condition that does not hold must mean that torch refuses; an assumed size is put in and the
    question asked again, as the walk does.
    """
    with tolerated(name):
        _assert_agrees_for_free_sizes(name, args, shape, free, training=training, others=others)


def _assert_agrees_for_free_sizes(
    name: str, args: Args, shape: Sequence[int], free: Mapping[int, str], *, training: bool, others: Sequence[Input]
) -> None:
    bindings = {letter: shape[axis] for axis, letter in free.items()}
    truth = ask_torch(name, args, [shape, *others], training=training)
    question = f"{name}({written(args)}) on {list(shape)} with free {dict(free)}: torch {truth}"
    sizes: list[Size] = [symbol(free[axis]) if axis in free else size for axis, size in enumerate(shape)]
    inputs = (Tensor(tuple(sizes)), *(Tensor(*shaped(item)) for item in others))
    working, refusal, forced = attempt(name, args, inputs, training=training)
    if forced is not None and bindings[forced.name] == forced.value:
        left = {axis: letter for axis, letter in free.items() if letter != forced.name}
        assert_agrees_for_free_sizes(name, args, shape, left, training=training, others=others)
        return
    if working is None:
        assert truth.error is not None, f"refused ({refusal or forced}): {question}"
        return
    holds = all(condition_holds(condition, bindings) for condition in working.conditions)
    assert holds == (truth.error is None), f"conditions {working.conditions}: {question}"
    if holds:
        outputs = tuple((numbers(output.tensor.shape, bindings), output.tensor.dtype) for output in working.outputs)
        assert outputs == truth.outputs, f"different outputs of {question}"
        for line in working.lines:
            assert evaluate(line.value, bindings) >= 0, f"negative line {line}: {question}"


def work(name: str, args: Args, inputs: tuple[Tensor, ...], *, training: bool = True) -> Working:
    """The formula's finished sheet; raises `Misfit` and `Assumed`."""
    working = Working(Stage("layer", name, dict(args)), {**defaults(name), **args}, inputs, training)
    LAYER_FORMULAS[name](working)
    return working


def attempt(
    name: str, args: Args, inputs: tuple[Tensor, ...], *, training: bool
) -> tuple[Working | None, str, Assumed | None]:
    """The finished sheet, or the words of a refusal, or the size that a letter must have."""
    try:
        return work(name, args, inputs, training=training), "", None
    except Misfit as misfit:
        return None, misfit.words, None
    except Assumed as assumed:
        return None, "", assumed


def build(name: str, args: Args) -> torch.nn.Module:
    """The module itself, made of the arguments that torch's class takes."""
    stage = as_torch(Stage("layer", name, args))
    module = getattr(torch.nn, name)(**{key: native(value) for key, value in stage.args.items()})
    assert isinstance(module, torch.nn.Module)
    return module


def call(name: str, args: Args, layer: torch.nn.Module, tensors: Sequence[torch.Tensor]) -> object:
    """The module called on its inputs as its declaration says."""
    how, keywords = LAYERS[name].call, at_call(Stage("layer", name, args))
    if how == "self_attention" and len(tensors) == 1:
        return layer(*tensors, *tensors, *tensors, **keywords)
    if how == "state" and len(tensors) == 3:
        return layer(tensors[0], (tensors[1], tensors[2]))
    return layer(*tensors, **keywords)


def make(shape: Sequence[int], dtype: str) -> torch.Tensor:
    """A tensor to try: random where it has fractions, zeros otherwise."""
    kind = getattr(torch, dtype)
    size = tuple(shape)
    return torch.rand(size).to(kind) if kind.is_floating_point else torch.zeros(size, dtype=kind)


def close_last_bag(tensors: Sequence[torch.Tensor]) -> None:
    """Lets the last offset be the number of indices, as it must be: torch writes out of bounds where it is not."""
    if len(tensors) > 1 and tensors[0].dim() == 1 and tensors[1].dim() == 1 and len(tensors[1]):
        tensors[1][-1] = len(tensors[0])


def native(value: Value) -> Any:
    """The argument as torch takes it."""
    if isinstance(value, Dtype):
        return getattr(torch, value.name)
    if isinstance(value, Stage):
        return build(value.name, value.args)
    if isinstance(value, tuple):
        return tuple(native(item) for item in value)
    return value


def flat(result: object) -> Iterator[torch.Tensor]:
    """Every tensor in a module's result, in order."""
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, tuple | list):
        for item in result:
            yield from flat(item)


def numbers(shape: Sequence[Size], bindings: Mapping[str, int]) -> tuple[int, ...]:
    """A shape at the given sizes."""
    return tuple(evaluate(size, bindings) for size in shape)


def condition_holds(condition: Condition, bindings: Mapping[str, int]) -> bool:
    """Whether the numbers satisfy what the formula asks of the free sizes."""
    value = evaluate(condition.size, bindings)
    return value >= 0 if condition.divisor is None else value % evaluate(condition.divisor, bindings) == 0


def written(args: Args) -> str:
    """The arguments as one would type them."""
    return ", ".join(f"{key}={value!r}" for key, value in args.items())
