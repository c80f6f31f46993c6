"""How many parameters a layer has: weights, biases, and what groups and gates do to the count."""

from __future__ import annotations

from random import Random

from cards.families.family import Draft, Family, wrong

_SMALL = (2, 3, 4, 5, 8, 10)
_CHANNELS = (3, 4, 8, 16, 32)


def _linear(draw: Random, level: int) -> Draft:
    rows, columns = draw.sample((2, 3, 4, 5, 10, 20) if level == 1 else (8, 10, 16, 20, 32, 64, 100), 2)
    bias = level < 3 or draw.random() < 0.5
    told = "" if bias else ", bias=False"
    weights = rows * columns
    return Draft(
        asks="number",
        prompt=f"How many parameters does `nn.Linear({rows}, {columns}{told})` have?",
        key=weights + columns * bias,
        wrong=(
            wrong("M11", weights + columns * (not bias)),
            wrong("M11", weights + rows, "The bias belongs to the outputs: one for each of them."),
            wrong("M11", weights + 1, "One bias for each output, not one for the layer."),
            wrong("M11", 2 * weights, "The bias is added to an output, not to each weight."),
            wrong("", rows + columns, "Every input is joined to every output: multiply."),
        ),
        working=f"{rows}*{columns}" + (f" + {columns}" if bias else "") + f" = {weights + columns * bias}",
        line=f"linear {rows} {columns} bias={str(bias).lower()}",
        reads="params",
        unit="parameters",
    )


def _conv(draw: Random, level: int) -> Draft:
    axes = 1 if level == 1 else draw.choice((1, 2))
    k = draw.choice((3, 5) if axes == 2 else (2, 3, 5))
    c_in, c_out = draw.sample(_CHANNELS if level > 1 else _SMALL, 2)
    bias = level < 3 or draw.random() < 0.5
    told = "" if bias else ", bias=False"
    taps = k**axes
    weights = c_out * c_in * taps
    power = f"{k}" if axes == 1 else f"{k}*{k}"
    return Draft(
        asks="number",
        prompt=f"How many parameters does `nn.Conv{axes}d({c_in}, {c_out}, {k}{told})` have?",
        key=weights + c_out * bias,
        wrong=(
            wrong("M11", weights + c_out * (not bias)),
            wrong("M11", weights + c_in, "The bias belongs to the filters: one for each output channel."),
            wrong("M11", weights + 1, "One bias for each output channel, not one for the layer."),
            wrong("", c_out * taps + c_out * bias, "Each filter has a slice for every input channel."),
            wrong("", c_in * c_out * k + c_out * bias, "A kernel in two dimensions has k*k numbers."),
        ),
        working=f"{c_out}*{c_in}*{power}" + (f" + {c_out}" if bias else "") + f" = {weights + c_out * bias}",
        line=f"conv{axes}d {c_in} {c_out} k{k} bias={str(bias).lower()}",
        reads="params",
        unit="parameters",
    )


def _grouped(draw: Random, level: int) -> Draft:
    groups = draw.choice((2, 4))
    c_in = groups * draw.choice((2, 4) if level < 3 else (4, 8))
    c_out = groups * draw.choice((2, 3, 4, 6))
    k = draw.choice((3, 5))
    weights = c_out * (c_in // groups) * k
    return Draft(
        asks="number",
        prompt=f"How many parameters does `nn.Conv1d({c_in}, {c_out}, {k}, groups={groups})` have?",
        key=weights + c_out,
        wrong=(
            wrong("M12", c_out * c_in * k + c_out),
            wrong("M11", weights),
            wrong("M12", weights // groups + c_out, "There are that many for each group: times the groups once more."),
            wrong("M12", weights + c_out // groups, "The biases are not divided: one for each output channel."),
        ),
        working=f"{c_out}*({c_in}/{groups})*{k} + {c_out} = {weights + c_out}",
        line=f"conv1d {c_in} {c_out} k{k} g{groups}",
        reads="params",
        unit="parameters",
    )


def _depthwise(draw: Random, level: int) -> Draft:
    axes = 1 if level == 1 else 2
    channels, k = draw.choice((8, 10, 16, 32) if axes == 1 else (8, 10, 16, 32, 64)), draw.choice((3, 5, 7))
    taps = k**axes
    bias = level < 3
    weights = channels * taps
    told = "" if bias else ", bias=False"
    return Draft(
        asks="number",
        prompt=f"How many parameters does `nn.Conv{axes}d({channels}, {channels}, {k}, groups={channels}{told})`, a "
        "depthwise layer, have?",
        key=weights + channels * bias,
        wrong=(
            wrong("M13", channels * channels * taps + channels * bias),
            wrong("M11", weights + channels * (not bias)),
            wrong("M12", taps + channels * bias, "There is one kernel for each channel, not one for all."),
            wrong("", channels * k + channels * bias, "A kernel in two dimensions has k*k numbers."),
        ),
        working=f"{channels}*1*{taps}" + (f" + {channels}" if bias else "") + f" = {weights + channels * bias}",
        line=f"conv{axes}d {channels} {channels} k{k} g{channels} bias={str(bias).lower()}",
        reads="params",
        unit="parameters",
    )


def _gated(draw: Random, level: int) -> Draft:
    name, gates = draw.choice((("RNN", 1), ("LSTM", 4)) if level == 1 else (("LSTM", 4), ("GRU", 3)))
    inputs, hidden = draw.sample((2, 3, 4, 5, 10), 2)
    both = level == 3
    one = gates * (hidden * inputs + hidden * hidden + 2 * hidden)
    times = 2 if both else 1
    told = ", bidirectional=True" if both else ""
    return Draft(
        asks="number",
        prompt=f"How many parameters does `nn.{name}({inputs}, {hidden}{told})` have?",
        key=times * one,
        wrong=(
            wrong("M11", times * (one - gates * hidden), "torch keeps two biases for each gate: b_ih and b_hh."),
            wrong("M11", times * (one - 2 * gates * hidden), "There are biases too: two for each gate."),
            wrong("", times * one // gates, f"{name} has {gates} gates, each with weights of its own."),
            wrong(
                "",
                times * gates * (hidden * inputs + 2 * hidden),
                "The hidden state has weights too: H*H for each gate.",
            ),
            wrong("", one, "Two directions have weights of their own: twice as many."),
        ),
        working=f"{'2 directions * ' if both else ''}{gates}*({hidden}*{inputs} + {hidden}*{hidden} + 2*{hidden}) "
        f"= {times * one}",
        line=f"{name.lower()} {inputs} {hidden} bidirectional={str(both).lower()}",
        reads="params",
        unit="parameters",
    )


def _attention(draw: Random, level: int) -> Draft:
    heads = draw.choice((2, 4))
    size = heads * draw.choice({1: (2, 4, 5), 2: (4, 5, 8), 3: (8, 10, 16)}[level])
    key = 4 * size * size + 4 * size
    return Draft(
        asks="number",
        prompt=f"How many parameters does `nn.MultiheadAttention({size}, {heads})` have?",
        key=key,
        wrong=(
            wrong("M16", heads * key, "The heads share out the size: their number does not change the count."),
            wrong(
                "", 3 * size * size + 3 * size, "Queries, keys and values are three; the output projection is a fourth."
            ),
            wrong("M11", 4 * size * size),
            wrong("", 4 * size * size + size, "Each of the four projections has a bias."),
        ),
        working=f"4 * ({size}*{size} + {size}) = {key}: queries, keys, values and the output",
        line=f"mha {size} {heads}",
        reads="params",
        unit="parameters",
    )


def _embedding(draw: Random, level: int) -> Draft:
    rows, size = draw.choice((10, 50, 100) if level < 3 else (50, 100, 1000)), draw.choice((4, 8, 16, 32))
    outputs = draw.choice((2, 5, 10)) if level > 1 else 0
    line = f"embedding {rows} {size}" + (f" | linear {size} {outputs}" if outputs else "")
    told = f"does `nn.Embedding({rows}, {size})` have"
    if outputs:
        told = f"do `nn.Embedding({rows}, {size})` and `nn.Linear({size}, {outputs})` have together"
    key = rows * size + (size * outputs + outputs if outputs else 0)
    more = f" + {size}*{outputs} + {outputs}" if outputs else ""
    return Draft(
        asks="number",
        prompt=f"How many parameters {told}?",
        key=key,
        wrong=(
            wrong("M11", key + size, "An embedding has no bias: it looks rows up."),
            wrong("", rows + size, "It is a table: rows times columns."),
            wrong("", key - outputs, "Linear has a bias, one for each output."),
            wrong("", rows * size * max(outputs, 2), "Add the layers up, each by itself."),
        ),
        working=f"{rows}*{size}{more} = {key}",
        line=line,
        reads="params",
        unit="parameters",
    )


FAMILIES = (
    Family(id="linear-params", title="parameters of Linear", topic="linear", rule="linear-params", make=_linear),
    Family(id="conv-params", title="parameters of a convolution", topic="conv-weights", rule="conv-params", make=_conv),
    Family(
        id="grouped-params", title="parameters with groups", topic="conv-weights", rule="group-params", make=_grouped
    ),
    Family(
        id="depthwise-params", title="depthwise parameters", topic="conv-weights", rule="dw-params", make=_depthwise
    ),
    Family(
        id="rnn-params", title="parameters of RNN, LSTM and GRU", topic="recurrent", rule="gate-params", make=_gated
    ),
    Family(id="mha-params", title="parameters of attention", topic="attention", rule="mha-params", make=_attention),
    Family(
        id="embedding-params", title="parameters of Embedding", topic="broadcasting", rule="emb-params", make=_embedding
    ),
)
