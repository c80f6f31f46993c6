"""A few jobs done before the first one: torch imports, and oneDNN and MKL look at the machine, when first used.

A confined worker can open no file, so what is not loaded here is not loaded at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Perform = Callable[[Mapping[str, Any]], Any]


def _stage(name: str, children: tuple[dict[str, Any], ...] = (), **args: Any) -> dict[str, Any]:
    return {"kind": "layer", "name": name, "args": args, "children": list(children)}


_JOBS: tuple[tuple[list[dict[str, Any]], list[int]], ...] = (
    ([_stage("Conv1d", in_channels=3, out_channels=16, kernel_size=3)], [2, 3, 16]),
    (
        [
            _stage("Conv2d", in_channels=3, out_channels=4, kernel_size=3, padding="same"),
            _stage("BatchNorm2d", num_features=4),
            _stage("MaxPool2d", kernel_size=2),
            _stage("ReLU"),
            _stage("Flatten"),
            _stage("LazyLinear", out_features=10),
        ],
        [2, 3, 8, 8],
    ),
    ([_stage("LSTM", input_size=4, hidden_size=5)], [3, 2, 4]),
    ([_stage("GRU", input_size=4, hidden_size=5, bidirectional=True)], [3, 2, 4]),
    ([_stage("Linear", in_features=3, out_features=4)], [2, 5]),  # and a failure
)


def up(perform: Perform) -> None:
    """Do the jobs, on both devices."""
    for stages, shape in _JOBS:
        case = {"inputs": [{"shape": shape, "dtype": "float32"}], "meta": True, "cpu": True}
        perform({"stages": stages, "training": True, "python": False, "cases": [case]})
