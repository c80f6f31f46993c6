"""The Python to paste back: the question's layers, called on inputs of the question's sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sandbox.language import catalogue
from sandbox.language.conditions import holds
from sandbox.language.layers.nesting import as_torch, at_call
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import FLOAT, Dtype, Pipeline, Stage, Tensor, Unknown, Value
from sandbox.language.size import evaluate, symbols
from sandbox.language.walk import Walk, bindings

_COMFORTABLE: Mapping[str, int] = {"N": 32, "C": 16, "L": 100, "T": 50, "S": 20, "E": 64, "D": 16, "H": 32, "W": 32}
_ANY = 8  # for a free size with another name
_FLOATING = {"float64", "float16", "bfloat16", "complex64", "complex128"}
_STARRED = {"view", "reshape", "permute", "expand", "repeat", "flip"}  # x.view(2, 3), not x.view((2, 3))
_BETWEEN_0_AND_1 = {"BCELoss", "GaussianNLLLoss"}  # torch refuses other values
_TO_WHOLE = {"long", "int"}  # what follows may count from 0
_UNPACKED: Mapping[str, str] = {
    "LSTM": "{}, (h_n, c_n)",
    "GRU": "{}, h_n",
    "RNN": "{}, h_n",
    "LSTMCell": "{}, c",
    "MultiheadAttention": "{}, weights",
    "AdaptiveLogSoftmaxWithLoss": "{}, loss",
}
_PIECES = {"split", "chunk", "unbind"}
_INFIX = {"matmul": " @ ", "broadcast": " + "}
_IN_FUNCTIONAL = {"pad", "one_hot"}


def write(pipeline: Pipeline, inputs: Sequence[Tensor] | None = None, *, sizes: Mapping[str, int] | None = None) -> str:
    """Lines that run where `torch`, `nn` and `F` are imported, and end in `y = ...`.

    `inputs` stand in for the pipeline's own; `sizes` are numbers for its free sizes, which else get common ones.
    Raises `ValueError` for a `?` that was not solved.
    """
    tensors = tuple(pipeline.inputs if inputs is None else inputs)
    names = _names(pipeline.stages, len(tensors))
    lines = _input_lines(pipeline.stages, tensors, names, sizes or {})
    if _fits_sequential(pipeline):
        return "\n".join([*lines, *_as_module(pipeline, names)])
    given = names
    for index, stage in enumerate(pipeline.stages):
        last = index == len(pipeline.stages) - 1
        lines += _step(stage, given, "y" if last else "h", pipeline, unpack=last or not pipeline.python)
        given = ["h"]
    return "\n".join(lines)


def comfortable_sizes(walked: Walk) -> dict[str, int]:
    """Numbers for the free sizes with which the whole line works: common ones if they do, else small ones."""
    free = {name for tensor in walked.pipeline.inputs for size in tensor.shape for name in symbols(size)}
    common = {name: _COMFORTABLE.get(name, _ANY) for name in free}
    if all(holds(condition, common) for condition in walked.conditions):
        return common
    return next(iter(bindings(walked, 1)), common)


def expression(stage: Stage) -> str:
    """A layer as Python makes it: `nn.Conv1d(3, 16, kernel_size=3)`."""
    if stage.name == "Sequential":
        inner = "".join(f"\n    {line}," for line in (_indented(expression(child)) for child in stage.children))
        return f"nn.Sequential({inner}{chr(10) if inner else ''})"
    stage = as_torch(stage)
    places: list[str] = []
    by_place = True
    named: list[str] = []
    for index, parameter in enumerate(catalogue.signature(stage.name).parameters):
        if parameter.name not in stage.args:
            by_place = False
            continue
        by_place = by_place and parameter.required and (index == 0 or parameter.name != "kernel_size")
        text = _literal(stage.args[parameter.name])
        (places if by_place else named).append(text if by_place else f"{parameter.name}={text}")
    return f"nn.{stage.name}({', '.join([*places, *named])})"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _fits_sequential(pipeline: Pipeline) -> bool:
    """One module says it all: a single layer, or a chain of layers of one input and one output each."""
    stages = pipeline.stages
    if any(stage.kind != "layer" for stage in stages):
        return False
    if len(stages) == 1:
        return True
    return len(pipeline.inputs) == 1 and all(
        LAYERS[leaf.name].call != "self_attention" and (pipeline.python or _unpacking(leaf) is None)
        for stage in stages
        for leaf in (stage.children or (stage,))
        if leaf.name in LAYERS
    )


def _as_module(pipeline: Pipeline, names: list[str]) -> list[str]:
    stages = pipeline.stages
    stage = stages[0] if len(stages) == 1 else Stage("layer", "Sequential", {}, children=stages)
    name = "model" if stage.name == "Sequential" else "layer"
    mode = "" if pipeline.training else ".eval()"
    pattern = _unpacking(stage) if len(stages) == 1 else None
    left = pattern.format("y") if pattern else "y"
    return [f"{name} = {expression(stage)}{mode}", f"{left} = {name}{_call(stage, names)}"]


def _step(stage: Stage, names: list[str], to: str, pipeline: Pipeline, *, unpack: bool) -> list[str]:
    pattern = _unpacking(stage) if unpack else None
    left = pattern.format(to) if pattern else to
    if stage.kind == "op":
        text = _operation(stage, names)
        return [f"{left} = {text}" if stage.name not in _PIECES else f"{to}, *rest = {text}"]
    mode = "" if pipeline.training else ".eval()"
    return [f"{left} = {expression(stage)}{mode}{_call(stage, names)}"]


def _unpacking(stage: Stage) -> str | None:
    """How a tuple that comes out is taken apart, with `{}` for its first part; None for a tensor alone."""
    if stage.kind == "op":
        return "{}, indices" if stage.name in {"max", "min"} and stage.args.get("dim") is not None else None
    return _UNPACKED.get(stage.name) or ("{}, indices" if stage.args.get("return_indices") else None)


def _call(stage: Stage, names: list[str]) -> str:
    spec = LAYERS.get(stage.name)
    style = spec.call if spec else "inputs"
    extra = [f"{name}={_literal(value)}" for name, value in at_call(stage).items()]
    if style == "self_attention" and len(names) == 1:
        return f"({', '.join([*names * 3, *extra])})"
    if style == "state" and len(names) == 3:
        return f"({names[0]}, ({names[1]}, {names[2]}))"
    return f"({', '.join([*names, *extra])})"


def _operation(stage: Stage, names: list[str]) -> str:
    op = OPS[stage.name]
    if stage.name in _INFIX:
        return _INFIX[stage.name].join(names)
    first = ", ".join(names)
    if stage.name in {"cat", "stack"}:
        first = f"({first}{',' if len(names) == 1 else ''})"
    arguments = _op_arguments(stage)
    if stage.name == "einsum":
        return f"torch.einsum({', '.join([*arguments, first])})"
    if op.method and len(names) == 1:
        return f"{names[0]}.{stage.name}({', '.join(arguments)})"
    module = "F" if stage.name in _IN_FUNCTIONAL else "torch"
    return f"{module}.{stage.name}({', '.join([first, *arguments])})"


def _op_arguments(stage: Stage) -> list[str]:
    arguments: list[str] = []
    by_place = True
    for name, default in OPS[stage.name].parameters.items():
        value = stage.args.get(name)
        if name not in stage.args or (value is None and default is None):
            by_place = False
            continue
        if stage.name in _STARRED and isinstance(value, tuple):
            arguments += [_literal(item) for item in value]
            continue
        arguments.append(_literal(value) if by_place and default is ... else f"{name}={_literal(value)}")
    return arguments


def _literal(value: Value) -> str:
    match value:
        case Dtype(name=name):
            return f"torch.{name}"
        case Stage():
            return expression(value)
        case tuple():
            inner = ", ".join(_literal(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case str():
            return f'"{value}"' if value.isprintable() and not set('"\\') & set(value) else repr(value)
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case Unknown():
            raise ValueError("an unsolved ? has no Python")
        case _:
            return repr(value)


# ---- inputs


def _names(stages: tuple[Stage, ...], count: int) -> list[str]:
    if count == 1:
        return ["x"]
    first = stages[0]
    style = LAYERS[first.name].call if first.kind == "layer" and first.name in LAYERS else "inputs"
    usual = {"self_attention": ["query", "key", "value"], "state": ["x", "h", "c"]}.get(style, ["a", "b", "c", "d"])
    return usual[:count] if count <= len(usual) else [f"x{index}" for index in range(1, count + 1)]


def _input_lines(
    stages: tuple[Stage, ...], tensors: tuple[Tensor, ...], names: list[str], sizes: Mapping[str, int]
) -> list[str]:
    free = sorted({name for tensor in tensors for size in tensor.shape for name in symbols(size)})
    numbers = {name: sizes.get(name, _COMFORTABLE.get(name, _ANY)) for name in free}
    lines = [f"{name} = {_tensor(stages[0], tensor, numbers)}" for name, tensor in zip(names, tensors, strict=True)]
    if free:
        chosen = ", ".join(f"{name} = {numbers[name]}" for name in free)
        lines[0] += f"  # free: {chosen}"
    return lines


def _tensor(first: Stage, tensor: Tensor, numbers: Mapping[str, int]) -> str:
    shape = ", ".join(str(evaluate(size, numbers)) for size in tensor.shape)
    if tensor.dtype == FLOAT:
        maker = "rand" if first.name in _BETWEEN_0_AND_1 | _TO_WHOLE else "randn"
        return f"torch.{maker}({shape or '()'})"
    if tensor.dtype in _FLOATING:
        return f"torch.randn({shape or '()'}, dtype=torch.{tensor.dtype})"
    words = first.args.get("num_embeddings")
    if isinstance(words, int) and words > 0 and tensor.dtype == "int64" and "," in shape:
        return f"torch.randint({words}, ({shape}))"
    return f"torch.zeros({shape or '()'}, dtype=torch.{tensor.dtype})"
