"""The catalogue says what the installed torch says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from sandbox.jobs.catalogue import FILE, encode, generate
from sandbox.language import catalogue
from sandbox.language.binding import COUNTS
from sandbox.language.layers.registry import LAYERS
from sandbox.language.layouts import default_inputs
from sandbox.language.model import Stage
from sandbox.language.size import evaluate

COMMITTED: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
INSTALLED = generate()
SAME_TORCH = torch.__version__.split("+")[0] == COMMITTED["torch"]


def by_name(parameters: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {parameter["name"]: parameter for parameter in parameters}


def in_both(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The parameters that both versions of torch have, each list in its own order."""
    left, right = by_name(mine), by_name(theirs)
    return list(
        zip(
            [left[name] for name in left if name in right], [right[name] for name in right if name in left], strict=True
        )
    )


def test_the_committed_file_is_what_this_torch_gives() -> None:
    """Another version of torch may have more or fewer parameters; those that both have must mean the same."""
    if SAME_TORCH:
        assert FILE.read_text(encoding="utf-8") == encode(INSTALLED), "run python -m sandbox.jobs.catalogue"
        return
    for name in COMMITTED["layers"].keys() & INSTALLED["layers"].keys():
        mine, theirs = (source["layers"][name]["parameters"] for source in (COMMITTED, INSTALLED))
        for here, there in in_both(mine, theirs):
            assert (here["name"], here.get("default")) == (there["name"], there.get("default")), name
            assert ("default" in here) == ("default" in there), name


def test_every_layer_of_the_language_is_in_the_catalogue() -> None:
    assert set(LAYERS) <= set(catalogue.names())


def test_a_signature_reads_as_in_torchs_documentation() -> None:
    assert str(catalogue.signature("Linear")) == "Linear(in_features, out_features, bias=True)"
    assert catalogue.signature("Conv1d").by_name["stride"].default == 1
    assert catalogue.signature("Conv1d").by_name["in_channels"].required
    assert catalogue.signature("LSTM").positional[:4] == ("input_size", "hidden_size", "num_layers", "bias")
    assert catalogue.signature("RNN").positional[3] == "nonlinearity"
    assert catalogue.signature("Transformer").by_name["activation"].default == "relu"


def test_a_function_has_its_own_order_of_parameters() -> None:
    function = catalogue.function("max_pool2d")
    assert function is not None
    assert function.positional[-2:] == ("ceil_mode", "return_indices")
    assert catalogue.signature("MaxPool2d").positional[-2:] == ("return_indices", "ceil_mode")
    assert catalogue.function("no_such_function") is None


def test_full_args_are_the_written_ones_over_the_defaults() -> None:
    args = catalogue.full_args(Stage("layer", "Conv1d", {"in_channels": 3, "stride": 2}))
    assert args["in_channels"] == 3
    assert args["stride"] == 2
    assert args["padding"] == 0
    assert "kernel_size" not in args
    assert catalogue.full_args(Stage("op", "cat", {})) == {"dim": 0}


@pytest.mark.parametrize("name", [name for name in LAYERS if hasattr(torch.nn, name)])
def test_torch_too_refuses_a_negative_or_fractional_count(name: str) -> None:
    """The grammar refuses these itself, to point at the token; it may do so only where torch would."""
    signature = catalogue.signature(name)
    counted = [parameter for parameter in signature.parameters if parameter.name in COUNTS]
    if not counted or not all(parameter.required or parameter.default is not None for parameter in counted):
        return
    usual = {"num_heads": 1, "nhead": 1, "num_groups": 1, "groups": 1}
    required = {p.name: usual.get(p.name, 2) for p in signature.parameters if p.required and p.name in COUNTS}
    if len(required) < sum(parameter.required for parameter in signature.parameters):
        return
    accepted = [
        (parameter.name, wrong)
        for parameter in counted
        for wrong in (-1, 1.5)
        if runs(name, {**required, parameter.name: wrong})
    ]
    assert not accepted


def runs(name: str, args: dict[str, Any]) -> bool:
    plain = {key: value if isinstance(value, int) and value > 0 else 4 for key, value in args.items()}
    inputs = default_inputs(Stage("layer", name, plain), {})
    sizes = dict.fromkeys("NCLTSEDHW", 4)
    shapes = [[evaluate(size, sizes) for size in tensor.shape] for tensor in inputs]
    tensors = [torch.zeros(shape, dtype=getattr(torch, t.dtype)) for shape, t in zip(shapes, inputs, strict=True)]
    try:
        getattr(torch.nn, name)(**args)(*tensors)
    except (ArithmeticError, AssertionError, RuntimeError, TypeError, ValueError):
        return False
    return True
