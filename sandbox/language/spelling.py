"""Stages back into text, so that a suggestion can be typed as it stands: `linear 4096 10`, `nn.Linear(4096, 10)`."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Dtype, Pipeline, Stage, Tensor, Unknown, Value
from sandbox.language.python import expression

_FLAG_ARGUMENTS = frozenset({"kernel_size", "stride", "padding", "dilation", "groups", "output_padding"})


def spell_stage(stage: Stage, *, python: bool = False) -> str:
    """One stage as one would type it, every written argument included, in the short spelling or in Python's."""
    if python and stage.kind == "layer":
        return expression(stage)
    if stage.kind == "op":
        return _spell_op(stage)
    if stage.children:
        return " | ".join(spell_stage(child) for child in stage.children)
    spec = LAYERS[stage.name]
    flags = {argument: flag for flag, argument in spec.flags.items() if argument in _FLAG_ARGUMENTS}
    words = [stage.name.lower()]
    positional = True
    for name, value in stage.args.items():
        if name in flags and _is_glueable(value):
            words.append(flags[name] + _spell_value(value))
            positional = False
        elif positional and _is_whole(value) and name in _leading(stage):
            words.append(_spell_value(value))
        else:
            words.append(f"{name}={_spell_value(value)}")
            positional = False
    return " ".join(words)


def spell_pipeline(pipeline: Pipeline) -> str:
    """The whole line: stages, `eval` where asked for, and the inputs."""
    words = [spell_stages(pipeline.stages, python=pipeline.python)]
    if not pipeline.training:
        words.append("eval")
    if pipeline.inputs:
        words.append("@ " + " ".join(spell_tensor(tensor) for tensor in pipeline.inputs))
    return " ".join(words)


def spell_stages(stages: Sequence[Stage], *, python: bool) -> str:
    """Stages in a row: joined by `|`, or in an `nn.Sequential` where all of them are layers written in Python."""
    if python and all(stage.kind == "layer" for stage in stages):
        written = [expression(stage) for stage in stages]
        return written[0] if len(written) == 1 else f"nn.Sequential({', '.join(written)})"
    return " | ".join(spell_stage(stage) for stage in stages)


def spell_tensor(tensor: Tensor) -> str:
    """`32x3x100`, with the dtype before it where it is not float32; bracketed where `x` could not join the axes."""
    bracketed = not tensor.shape or len(tensor.shape) == 1
    shape = f"({', '.join(map(str, tensor.shape))}{',' if len(tensor.shape) == 1 else ''})"
    shape = shape if bracketed else "x".join(str(size) for size in tensor.shape)
    return shape if tensor.dtype == "float32" else f"{tensor.dtype} {shape}"


def _leading(stage: Stage) -> tuple[str, ...]:
    """The arguments that have been written in signature order from the first one on."""
    from sandbox.language.catalogue import signature

    names = [parameter.name for parameter in signature(stage.name).parameters]
    written = list(stage.args)
    count = 0
    while count < min(len(names), len(written)) and names[count] == written[count]:
        count += 1
    return tuple(names[:count])


def _spell_op(stage: Stage) -> str:
    spec = OPS[stage.name]
    words = [stage.name]
    for name, value in stage.args.items():
        if name == spec.sizes and isinstance(value, tuple):
            words += [_spell_value(each) for each in value]
        elif _is_whole(value) or name == "equation" or isinstance(value, Dtype):
            words.append(_spell_value(value))
        else:
            words.append(f"{name}={_spell_value(value)}")
    return " ".join(words)


def _is_whole(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, int) and not isinstance(value, bool))


def _is_glueable(value: Value) -> bool:
    return _is_whole(value) or (
        isinstance(value, tuple) and len(value) > 1 and all(isinstance(each, int) for each in value)
    )


def _spell_value(value: Value) -> str:
    match value:
        case Unknown():
            return "?"
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case Dtype(name=name):
            return name
        case Stage():
            return spell_stage(value)
        case tuple() if len(value) > 1 and all(isinstance(each, int) for each in value):
            return "x".join(str(each) for each in value)
        case tuple():
            return f"({', '.join(_spell_value(each) for each in value)}{',' if len(value) == 1 else ''})"
        case _:
            return str(value)
