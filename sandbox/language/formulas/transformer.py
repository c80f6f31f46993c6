"""What comes out of the transformer layers and stacks, from the sums that attention has."""

from __future__ import annotations

from dataclasses import replace

from sandbox.language.formulas.attention import heads, layout, products, same_rank, sides
from sandbox.language.formulas.checks import (
    FLOATS,
    affordable_depth,
    countable,
    features_last,
    match_weights,
    number,
    probability,
    shown,
    solved,
    times,
    weight_dtype,
    whole,
)
from sandbox.language.formulas.working import Count, Fix, Formula, Misfit, Working
from sandbox.language.model import Dtype, Stage, Tensor, Value
from sandbox.language.size import Size, product

ENCODER_LAYER, DECODER_LAYER = "TransformerEncoderLayer", "TransformerDecoderLayer"
_LAYER_ARGUMENTS = (
    "d_model",
    "nhead",
    "dim_feedforward",
    "dropout",
    "activation",
    "layer_norm_eps",
    "batch_first",
    "norm_first",
    "bias",
    "device",
    "dtype",
)


def layer(w: Working) -> None:
    """TransformerEncoderLayer, one input; TransformerDecoderLayer, the target and the encoder's memory."""
    decoder = w.stage.name == DECODER_LAYER
    if len(w.inputs) != 1 + decoder:
        wanted = "the target and the encoder's memory" if decoder else "one sequence"
        w.refuse(f"{w.stage.name} takes {wanted}, and got {len(w.inputs)} input(s).")
    width, feed = _sizes(w)
    batch_first = w.flag("batch_first")
    w.require_dims(2, 3, layout=layout(batch_first=batch_first))
    same_rank(w, *w.inputs)
    for tensor in w.inputs:
        given = tensor.shape[-1]
        fixes = list(features_last(tensor, width)) if len(w.inputs) == 1 else []
        fixes += [Fix({"d_model": given})] if isinstance(given, int) and given > 0 else []
        words = f"{w.stage.name} has d_model={width}, and {tensor} has {given} features on the last axis."
        w.require_equal(given, width, words, *fixes)
    match_weights(w)
    w.output(w.x.shape)
    w.params = _layer_params(width, feed, bias=w.flag("bias"), decoder=decoder)
    found = [sides(w, w.x, w.x, batch_first=batch_first)]
    found += [sides(w, w.x, memory, batch_first=batch_first) for memory in w.inputs[1:]]
    places = (*found[0].batch, found[0].queries)
    counts = [products(each, (width, width, width)) for each in found]
    counts.append((2 * product(places) * width * feed, f"2*{times(*places, width, feed)}"))
    total: Size = 0
    for value, _ in counts:
        total = value + total
    w.multiply_adds(total, " + ".join(worked for _, worked in counts))


def _sizes(w: Working) -> tuple[Size, int]:
    """The width and the feed-forward width, with what torch refuses while building."""
    width, _ = heads(w, "d_model", "nhead", w.x.shape[-1] if w.x.shape else 0)
    feed = whole(w, "dim_feedforward", 0)
    for size in (3 * width, feed):
        countable(w, width, size)
    probability(w, "dropout")
    number(w, "layer_norm_eps")
    activation = w.args["activation"]
    if not isinstance(activation, Stage) and activation not in {"relu", "gelu"}:
        words = f"`activation` of {w.stage.name} is 'relu' or 'gelu', not {shown(activation)}."
        w.refuse(words, Fix({"activation": "relu"}), Fix({"activation": "gelu"}))
    if weight_dtype(w) not in FLOATS:
        w.refuse(f"{w.stage.name} cannot take a softmax of {weight_dtype(w)}.", Fix({"dtype": Dtype("float32")}))
    return width, feed


def _layer_params(width: Size, feed: int, *, bias: bool, decoder: bool) -> Count:
    """Attentions of four square projections, two linear layers, and a norm after each part."""
    attentions, norms = (2, 3) if decoder else (1, 2)
    square, rise, fall = times(width, width), times(width, feed), times(feed, width)
    value = attentions * 4 * width * width + 2 * width * feed + norms * width
    if bias:
        value = value + attentions * 4 * width + feed + width + norms * width
        attention, linear, norm = f"({square} + {width})", f"{rise} + {feed} + {fall} + {width}", f"({width} + {width})"
    else:
        attention, linear, norm = square, f"{rise} + {fall}", str(width)
    return Count(value, f"{4 * attentions}*{attention} + {linear} + {norms}*{norm}")


def stack(w: Working) -> None:
    """TransformerEncoder and TransformerDecoder: the same layer again and again, and a norm at the end."""
    decoder = w.stage.name == "TransformerDecoder"
    argument, kind = ("decoder_layer", DECODER_LAYER) if decoder else ("encoder_layer", ENCODER_LAYER)
    depth = whole(w, "num_layers", 1, Fix({"num_layers": 1}))
    affordable_depth(w, "num_layers", depth)
    inner = _inner(w, argument, kind)
    w.outputs = inner.outputs
    w.params = _repeated(inner.params, depth)
    w.macs = _repeated(inner.macs, depth)
    w.line("layers", "num_layers", str(depth), depth)
    norm = w.args.get("norm")
    if norm is None:
        return
    if not isinstance(norm, Stage):
        w.refuse(f"`norm` of {w.stage.name} is a layer such as LayerNorm(512), not {shown(norm)}.", Fix({"norm": None}))
    last = run(w, norm, (inner.outputs[0].tensor,))
    w.outputs = last.outputs
    w.params = Count(w.params.value + last.params.value, f"{w.params.worked} + {last.params.worked}")


def _inner(w: Working, argument: str, kind: str) -> Working:
    """One layer of the stack, written as a module of its own or through the language's short arguments."""
    module = w.args.get(argument)
    if module is None:
        for name in ("d_model", "nhead"):
            if w.args.get(name) is None:
                w.refuse(
                    f"{w.stage.name} needs {name}: `{w.stage.name.lower()} 512 8 6` is d_model, nhead, num_layers."
                )
        inner = run(w, Stage("layer", kind, {key: w.args[key] for key in _LAYER_ARGUMENTS if key in w.args}), w.inputs)
        w.args |= inner.solved
        w.solved |= inner.solved
        return inner
    if not isinstance(module, Stage) or module.name != kind:
        w.refuse(f"`{argument}` of {w.stage.name} is a {kind}, not {shown(module)}.")
    try:
        inner = run(w, module, w.inputs)
    except Misfit as misfit:
        raise Misfit(misfit.words, tuple(_outward(fix, argument, module) for fix in misfit.fixes)) from misfit
    if inner.solved:
        w.solved[argument] = replace(module, args={**module.args, **inner.solved})
    return inner


def _outward(fix: Fix, argument: str, module: Stage) -> Fix:
    """A change of a nested layer as a change of the stage that holds it."""
    return replace(fix, args={argument: replace(module, args={**module.args, **fix.args})}) if fix.args else fix


def run(w: Working, stage: Stage, inputs: tuple[Tensor, ...]) -> Working:
    """A nested layer's own sheet; its conditions become this stage's."""
    from sandbox.language.catalogue import full_args
    from sandbox.language.formulas.registry import LAYER_FORMULAS

    if stage.name not in LAYER_FORMULAS:
        w.refuse(f"{stage.name} inside {w.stage.name} is not known here.")
    inner = Working(stage, full_args(stage), inputs, w.training)
    LAYER_FORMULAS[stage.name](inner)
    w.conditions += inner.conditions
    return inner


def _repeated(count: Count, times_over: int) -> Count:
    return count if times_over == 1 else Count(count.value * times_over, f"{times_over}*({count.worked})")


def transformer(w: Working) -> None:
    """An encoder of the source and a decoder of the target, each with a norm at its end."""
    if len(w.inputs) != 2:
        w.refuse(f"Transformer takes the source and the target, and got {len(w.inputs)} input(s).")
    source, target = w.inputs
    width = solved(w, "d_model", source.shape[-1] if source.shape else 0, 1)
    batch_first = w.flag("batch_first")
    for name, custom in (("num_encoder_layers", "custom_encoder"), ("num_decoder_layers", "custom_decoder")):
        if w.args.get(custom) is None:
            affordable_depth(w, name, whole(w, name, 1, Fix({name: 1})))
    encoder = _half(w, "custom_encoder", "num_encoder_layers", "TransformerEncoder", (source,))
    w.require_dims(2, 3, layout=layout(batch_first=batch_first))
    same_rank(w, source, target)
    for tensor in w.inputs:
        given = tensor.shape[-1]
        fixes = [Fix({"d_model": given})] if isinstance(given, int) and given > 0 else []
        w.require_equal(given, width, f"Transformer has d_model={width}, and {tensor} has {given} features.", *fixes)
    sides(w, target, source, batch_first=batch_first)
    memory = encoder.outputs[0].tensor
    decoder = _half(w, "custom_decoder", "num_decoder_layers", "TransformerDecoder", (target, memory))
    w.outputs = decoder.outputs
    w.params = Count(encoder.params.value + decoder.params.value, f"{encoder.params.worked} + {decoder.params.worked}")
    w.multiply_adds(encoder.macs.value + decoder.macs.value, f"{encoder.macs.worked} + {decoder.macs.worked}")


def _half(w: Working, custom: str, depth: str, kind: str, inputs: tuple[Tensor, ...]) -> Working:
    """The encoder or the decoder: one that was given, or torch's own with a LayerNorm."""
    module = w.args.get(custom)
    if module is not None:
        if not isinstance(module, Stage):
            w.refuse(f"`{custom}` of Transformer is a module, not {shown(module)}.", Fix({custom: None}))
        return run(w, module, inputs)
    shared = {name: w.args[name] for name in _LAYER_ARGUMENTS if name in w.args}
    norm: dict[str, Value] = {"normalized_shape": shared["d_model"], "bias": w.flag("bias")}
    if "dtype" in shared:
        norm["dtype"] = shared["dtype"]
    args = {**shared, "num_layers": w.args[depth], "norm": Stage("layer", "LayerNorm", norm)}
    return run(w, Stage("layer", kind, args), inputs)


FORMULAS: dict[str, Formula] = {
    ENCODER_LAYER: layer,
    DECODER_LAYER: layer,
    "TransformerEncoder": stack,
    "TransformerDecoder": stack,
    "Transformer": transformer,
}
