"""Small changes that would let a failing stage work: proposed generously, kept where the closed form accepts them.

A formula knows best which of its arguments to change. What is wrong with the input is much alike for all of them, so
it is proposed here: another dtype, axes in another order, an axis more or less, one size changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from sandbox.language.catalogue import full_args
from sandbox.language.formulas.working import Fix
from sandbox.language.layers.registry import LAYERS
from sandbox.language.layers.tensor_ops import CASTS
from sandbox.language.layouts import Shape, typed_inputs
from sandbox.language.model import FLOAT, INTEGER, Dtype, Pipeline, Stage, Tensor
from sandbox.language.size import Size
from sandbox.language.tokens import Token
from sandbox.language.walk import Walk, walk

MAX_WALKS = 2_000  # stages followed in search of a repair
MAX_AXES = 6
_CAST_BY_DTYPE = {dtype: name for name, dtype in CASTS.items()}
_RANKS = {"1d", "2d", "3d"}
_NOWHERE = Token("word", "", 0, 0)


def repairs(walked: Walk) -> Iterator[tuple[Fix, Walk]]:
    """The changes after which the whole line has an answer, the likeliest first, each with that answer."""
    failure = walked.failure
    if failure is None:
        return
    pipeline, index = walked.pipeline, failure.index
    met = pipeline.inputs if index == 0 else (walked.steps[index - 1].outputs[0].tensor,)
    proposed = _proposed(pipeline.stages[index], met, failure.fixes, first=index == 0)
    for fix in islice(proposed, max(4, MAX_WALKS // len(pipeline.stages))):
        repaired = walk(applied(pipeline, index, fix))
        if repaired.failure is None:
            yield fix, repaired


def applied(pipeline: Pipeline, index: int, fix: Fix) -> Pipeline:
    """The line with a change made at the stage of this index."""
    stages = list(pipeline.stages)
    if fix.args:
        stages[index] = replace(stages[index], args={**stages[index].args, **fix.args})
    if fix.name:
        stages[index] = replace(stages[index], name=fix.name)
    if fix.insert is not None:
        stages.insert(index, fix.insert)
    training = pipeline.training and not fix.evaluate
    return replace(pipeline, stages=tuple(stages), training=training, inputs=fix.inputs or pipeline.inputs)


def _proposed(stage: Stage, met: tuple[Tensor, ...], known: Sequence[Fix], *, first: bool) -> Iterator[Fix]:
    yield from _other_dtypes(stage, met, first=first)
    yield from _other_order(stage, met)
    yield from (fix for fix in known if first or not fix.inputs)
    yield from _other_rank(stage, met)
    if not first:
        return
    yield from map(_given, _more_inputs(stage, met))
    yield from _targets(stage, met)
    if len(met) > 1:
        yield from map(_given, _turned(stage, met))
        yield from map(_given, _one_size_changed(met))
        yield from map(_given, _same_shape(met))
    else:
        yield from map(_given, _larger(met))
    if all(isinstance(size, int) for tensor in met for size in tensor.shape):
        yield from map(_given, _one_axis_more_or_less(stage, met))


def _given(inputs: tuple[Tensor, ...]) -> Fix:
    return Fix(inputs=inputs)


def _usual(stage: Stage, met: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The same shapes in the dtypes that the stage takes."""
    return typed_inputs(stage, [Shape(tensor.shape, None, _NOWHERE) for tensor in met])


def _other_dtypes(stage: Stage, met: tuple[Tensor, ...], *, first: bool) -> Iterator[Fix]:
    usual = _usual(stage, met)
    candidates = [usual, *(tuple(replace(tensor, dtype=dtype) for tensor in met) for dtype in (FLOAT, INTEGER))]
    for wanted in candidates:
        changed = [tensor.dtype for tensor in wanted]
        if changed == [tensor.dtype for tensor in met]:
            continue
        if first:
            yield Fix(inputs=wanted)
        else:
            name = _CAST_BY_DTYPE.get(changed[0])
            yield Fix(insert=Stage("op", name) if name else Stage("op", "to", {"dtype": Dtype(changed[0])}))


def _other_order(stage: Stage, met: tuple[Tensor, ...]) -> Iterator[Fix]:
    """Channels last, where the layer wants them on axis 1: `32x100x3` for `conv1d 3 ...`."""
    args = full_args(stage)
    channels = args.get("in_channels", args.get("num_features", args.get("num_channels")))
    axes = len(met[0].shape)
    if len(met) != 1 or stage.kind != "layer" or not isinstance(channels, int) or axes < 3:
        return
    if met[0].shape[-1] == channels != met[0].shape[1]:
        yield Fix(insert=Stage("op", "permute", {"dims": (0, axes - 1, *range(1, axes - 1))}))


def _other_rank(stage: Stage, met: tuple[Tensor, ...]) -> Iterator[Fix]:
    """`batchnorm2d` for the `batchnorm1d` that got an image: the same layer for as many axes as the input has."""
    axes = len(met[0].shape)
    if stage.kind != "layer" or stage.name[-2:] not in _RANKS or axes - int(stage.name[-2]) in (1, 2):
        return
    for rank in (axes - 2, axes - 1):
        name = f"{stage.name[:-2]}{rank}d"
        if name in LAYERS:
            yield Fix(name=name)


def _more_inputs(stage: Stage, met: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    """The target that a loss compares with and nobody wrote, and its like: inputs as the first."""
    if len(met) == 1:
        for count in (2, 3):
            yield _usual(stage, met * count)
    if stage.name == "bmm":
        yield tuple(replace(tensor, shape=(1, *tensor.shape), strides=None) for tensor in met)


def _targets(stage: Stage, met: tuple[Tensor, ...]) -> Iterator[Fix]:
    """What a loss compares with: class numbers, one for each place, or something of the same shape."""
    if len(met) != 2 or stage.kind != "layer" or not stage.name.endswith("Loss"):
        return
    scores, target = met
    places = (*scores.shape[:1], *scores.shape[2:]) if len(scores.shape) > 1 else ()
    for dtype in dict.fromkeys((target.dtype, INTEGER, FLOAT)):
        yield Fix(inputs=(scores, Tensor(places, dtype)))
        yield Fix(inputs=(scores, Tensor(scores.shape, dtype)))


def _one_axis_more_or_less(stage: Stage, met: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    """A batch axis, or one of channels, that was forgotten; an axis of 1 too many."""
    wanted = [value for value in stage.args.values() if type(value) is int and value > 0][:1]
    for place in range(len(met) - 1, -1, -1):
        shape: tuple[Size, ...] = met[place].shape
        if len(shape) > MAX_AXES:
            continue
        for size in dict.fromkeys([*wanted, 1]):
            for axis in range(min(len(shape), 2) + 1):
                yield _with(met, place, (*shape[:axis], size, *shape[axis:]))
        for axis, given in enumerate(shape):
            if given == 1:
                yield _with(met, place, (*shape[:axis], *shape[axis + 1 :]))


def _turned(stage: Stage, met: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    """The second matrix of a product, transposed."""
    shape = met[-1].shape
    if stage.name in {"matmul", "mm", "bmm"} and len(shape) > 1:
        yield _with(met, len(met) - 1, (*shape[:-2], shape[-1], shape[-2]))


def _one_size_changed(met: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    """One size of the last input, then of those before it, becomes one that another input has."""
    for place in range(len(met) - 1, -1, -1):
        others: Iterable[Size] = (size for other, each in enumerate(met) if other != place for size in each.shape)
        sizes = list(dict.fromkeys([*others, 1]))[: MAX_AXES + 1]
        shape = met[place].shape
        for axis in range(min(len(shape), MAX_AXES)):
            for size in sizes:
                if size != shape[axis]:
                    yield _with(met, place, (*shape[:axis], size, *shape[axis + 1 :]))


def _same_shape(met: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    yield tuple(replace(tensor, shape=met[0].shape, strides=None) for tensor in met)
    yield tuple(Tensor(met[0].shape, met[0].dtype) for _ in met)


def _larger(met: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    """One value where several must be compared: two samples, or two places."""
    shape = met[0].shape
    for axis in (0, len(shape) - 1):
        if shape and shape[axis] == 1:
            yield _with(met, 0, (*shape[:axis], 2, *shape[axis + 1 :]))


def _with(met: tuple[Tensor, ...], place: int, shape: tuple[Size, ...]) -> tuple[Tensor, ...]:
    return (*met[:place], Tensor(shape, met[place].dtype), *met[place + 1 :])
