"""What recurrent layers, attention and embeddings give: which axis is where, and how many of everything."""

from __future__ import annotations

from random import Random

from cards.families.family import Draft, Family, shown, spelled, wrong


def _output(draw: Random, level: int) -> Draft:
    name = draw.choice(("RNN", "LSTM", "GRU"))
    length, n, inputs, hidden = *draw.sample((2, 3, 5, 6, 7), 2), *draw.sample((4, 8, 10, 16), 2)
    first, both = level > 1 and draw.random() < 0.5, level == 3
    shape = (n, length, inputs) if first else (length, n, inputs)
    ways = 2 if both else 1
    told = (", batch_first=True" if first else "") + (", bidirectional=True" if both else "")
    key = (*shape[:2], ways * hidden)
    return Draft(
        asks="shape",
        prompt=f"`nn.{name}({inputs}, {hidden}{told})` gets an input of shape {shown(shape)}. What is the shape of "
        "`output`?",
        key=key,
        wrong=(
            wrong(
                "M14", (shape[1], shape[0], key[2]), "" if not first else "With batch_first=True the batch stays first."
            ),
            wrong("", (ways, n, hidden), "That is h_n: output has a row for every step."),
            wrong("", (*shape[:2], inputs), "The last axis becomes hidden_size."),
            wrong("", (*shape[:2], hidden), "Both directions are put side by side: twice hidden_size."),
            wrong("", (*shape[:2], 2 * hidden), "There is one direction."),
        ),
        working=f"every step of every sequence has {ways}*{hidden} numbers: {shown(key)}",
        line=f"{name.lower()} {inputs} {hidden} batch_first={str(first).lower()} bidirectional={str(both).lower()} "
        f"@ {spelled(shape)}",
    )


def _hidden(draw: Random, level: int) -> Draft:
    name = draw.choice(("GRU", "LSTM"))
    length, n, inputs, hidden = *draw.sample((2, 3, 5, 6, 7), 2), *draw.sample((4, 8, 10, 16), 2)
    layers, both = (1 if level == 1 else draw.choice((2, 3))), level == 3
    ways = 2 if both else 1
    key = (layers * ways, n, hidden)
    told = (f", num_layers={layers}" if layers > 1 else "") + (", bidirectional=True" if both else "")
    return Draft(
        asks="shape",
        prompt=f"`nn.{name}({inputs}, {hidden}{told}, batch_first=True)` gets an input of shape "
        f"{shown((n, length, inputs))}. What is the shape of `h_n`?",
        key=key,
        wrong=(
            wrong("M15", (n, layers * ways, hidden)),
            wrong("", (n, length, ways * hidden), "That is output: h_n holds the last state alone."),
            wrong("", (1, n, hidden), "Every layer and direction has a last state of its own."),
            wrong("", (layers, n, ways * hidden), "Directions count along the first axis of h_n, not the last."),
            wrong("", (n, hidden), "The first axis stays, also with one layer."),
        ),
        working=f"{_counted(layers, 'layer')} times {_counted(ways, 'direction')}, {n} sequences, {hidden} numbers",
        line=f"{name.lower()} {inputs} {hidden} num_layers={layers} bidirectional={str(both).lower()} batch_first=true "
        f"@ {spelled((n, length, inputs))}",
        reads="h_n",
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _weights(draw: Random, level: int) -> Draft:
    heads = draw.choice((2, 4, 8))
    size = heads * draw.choice((4, 8))
    queries, n = draw.sample((3, 5, 6, 7, 9), 2)
    keys = queries if level == 1 else draw.choice([length for length in (4, 10, 12) if length != queries])
    inputs = f"{n}x{queries}x{size}"
    if keys != queries:
        inputs += f" {n}x{keys}x{size} {n}x{keys}x{size}"
    told = (
        f"self-attention on an input of shape {shown((n, queries, size))}"
        if keys == queries
        else f"queries of shape {shown((n, queries, size))}, keys and values of shape {shown((n, keys, size))}"
    )
    return Draft(
        asks="shape",
        prompt=f"`nn.MultiheadAttention({size}, {heads}, batch_first=True)`: {told}. What is the shape of the "
        "attention weights that it returns?",
        key=(n, queries, keys),
        wrong=(
            wrong("M16", (n, heads, queries, keys)),
            wrong("", (n, queries, size), "That is the output: the weights say how much each query looks at each key."),
            wrong("", (n, keys, queries), "Each row is a query, each column a key."),
            wrong("", (n, queries, queries), "The columns are the keys."),
            wrong("", (queries, keys), "There is a table for every sequence of the batch."),
            wrong("M14", (queries, n, keys), "With batch_first=True the batch is first."),
        ),
        working=f"{n} sequences, {queries} queries, {keys} keys; averaged over the heads",
        line=f"mha {size} {heads} batch_first=true @ {inputs}",
        reads="weights",
    )


def _embedding(draw: Random, level: int) -> Draft:
    rows, size = draw.choice((20, 100, 1000)), draw.choice((4, 8, 16, 64))
    shape = tuple(draw.choice((2, 3, 5, 6, 7)) for _ in range(level))
    return Draft(
        asks="shape",
        prompt=f"`nn.Embedding({rows}, {size})` gets indices (whole numbers) of shape {shown(shape)}. What shape "
        "comes out?",
        key=(*shape, size),
        wrong=(
            wrong("", shape, "Every number becomes a row of the table: one more axis."),
            wrong("", (*shape, rows), "That is the number of rows: a row has embedding_dim numbers."),
            wrong("", (*shape[:-1], size), "No axis is replaced: one is added."),
            wrong("", (*shape, rows, size), "One row is looked up for each number, not the whole table."),
            wrong("", (size, *shape), "The new axis comes last."),
        ),
        working=f"one row of {size} numbers for each: {shown((*shape, size))}",
        line=f"embedding {rows} {size} @ int64 {spelled(shape) if len(shape) > 1 else f'({shape[0]},)'}",
    )


FAMILIES = (
    Family(id="rnn-output", title="what a recurrent layer gives", topic="recurrent", rule="rnn-output", make=_output),
    Family(id="rnn-hidden", title="the last hidden state", topic="recurrent", rule="h_n", make=_hidden),
    Family(id="mha-weights", title="attention weights", topic="attention", rule="mha-weights", make=_weights),
    Family(
        id="embedding-shape", title="the shape after Embedding", topic="broadcasting", rule="embedding", make=_embedding
    ),
)
