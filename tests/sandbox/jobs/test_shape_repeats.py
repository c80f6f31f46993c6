"""Stages that are written alike are built and run once where that is the same; what they get may still differ."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.jobs.shape import perform
from sandbox.language.grammar import parse
from sandbox.language.walk import walk
from sandbox.trial import payload, trial

# As in the worker, where nobody reads them.
pytestmark = pytest.mark.filterwarnings("ignore")


def runs(line: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the meta device and the CPU make of a chain."""
    walked = walk(parse(line))
    (case,) = perform(payload(walked, [trial(walked, {})]))["cases"]
    return case["meta"], case["cpu"]


@pytest.mark.parametrize(
    ("line", "shapes", "params"),
    [
        (
            "conv2d 3 3 k3 p1 | relu | maxpool2d k2 | conv2d 3 3 k3 p1 | relu | maxpool2d k2 @ 2x3x8x8",
            [[2, 3, 8, 8], [2, 3, 8, 8], [2, 3, 4, 4], [2, 3, 4, 4], [2, 3, 4, 4], [2, 3, 2, 2]],
            [84, 0, 0, 84, 0, 0],
        ),
        ("permute 1 0 | permute 1 0 | permute 1 0 @ 2x3", [[3, 2], [2, 3], [3, 2]], [0, 0, 0]),
        (
            "lazylinear 4 | relu | lazylinear 4 | lazylinear 4 @ 2x3",
            [[2, 4]] * 4,
            [16, 0, 20, 20],
        ),
        ("batchnorm1d 3 | relu | batchnorm1d 3 @ 4x3", [[4, 3]] * 3, [6, 0, 6]),
    ],
)
def test_each_stage_of_a_chain_that_repeats_itself_has_its_own_outcome(
    line: str, shapes: list[list[int]], params: list[int]
) -> None:
    for run in runs(line):
        assert (run["error"], run["skipped"]) == (None, None)
        assert [stage["outputs"][0]["shape"] for stage in run["stages"]] == shapes
        assert [stage["params"] for stage in run["stages"]] == params


def test_a_stage_that_went_well_before_fails_where_its_input_does_not_fit() -> None:
    case = perform(
        {
            "stages": [
                {"kind": "layer", "name": name, "args": args, "children": []}
                for name, args in (
                    ("Linear", {"in_features": 3, "out_features": 4}),
                    ("ReLU", {}),
                    ("Linear", {"in_features": 3, "out_features": 4}),
                )
            ],
            "training": True,
            "python": False,
            "cases": [{"inputs": [{"shape": [2, 3], "dtype": "float32"}], "meta": True, "cpu": True}],
        }
    )["cases"][0]
    for run in (case["meta"], case["cpu"]):
        assert (run["error"]["stage"], run["error"]["step"]) == (2, "forward")
        assert [stage["params"] for stage in run["stages"]] == [16, 0]


def test_memory_that_lies_differently_is_another_input() -> None:
    """`view` takes what lies in order, and refuses the same shape where it does not."""
    meta, real = runs("permute 1 0 | contiguous | view -1 2 | permute 1 0 | view -1 2 @ 4x2")
    for run in (meta, real):
        assert run["error"]["stage"] == 4
