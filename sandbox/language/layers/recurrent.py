"""How the recurrent layers and cells are written."""

from __future__ import annotations

from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor

_LETTERS = {"T": "L", "S": "L", "C": "E", "F": "E", "D": "E"}
_FLAGS = {"h": "hidden_size", "i": "input_size"}


def _sequence(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(L, N, input_size), or (N, L, input_size) with batch_first."""
    batch, length, features = sizes("N"), sizes("L"), sizes("E", args["input_size"])
    first = (batch, length) if args.get("batch_first") else (length, batch)
    return (Tensor((*first, features)),)


def _step(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, input_size)."""
    return (Tensor((sizes("N"), sizes("E", args["input_size"]))),)


def _layer(name: str, *aliases: str) -> LayerSpec:
    return LayerSpec(
        name=name,
        layout=_sequence,
        aliases=aliases,
        flags=_FLAGS,
        letters=_LETTERS,
        call="state",
        family="recurrent",
    )


def _cell(name: str, *aliases: str) -> LayerSpec:
    return LayerSpec(
        name=name,
        layout=_step,
        aliases=aliases,
        flags=_FLAGS,
        letters=_LETTERS,
        call="state",
        family="recurrent cell",
    )


LAYERS: tuple[LayerSpec, ...] = (
    _layer("RNN", "elman", "vanillarnn", "simplernn", "recurrent"),
    _layer("LSTM", "lstmlayer", "longshorttermmemory"),
    _layer("GRU", "grulayer"),
    _cell("RNNCell", "rnn_cell", "simplernncell"),
    _cell("LSTMCell", "lstm_cell"),
    _cell("GRUCell", "gru_cell"),
)
