"""Stages travel as JSON and come back the same."""

from __future__ import annotations

import json
import math

import pytest

from sandbox.language.model import UNKNOWN, Dtype, Stage, Value
from sandbox.language.wire import WireError, stage_from_wire, stage_to_wire


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -(10**30), 1.5, "same", "", Dtype("float64"), math.inf, -math.inf),
        *((), (1, 2), ((1, 2), "x", None), Stage("layer", "ReLU"), (Stage("op", "view", {"shape": (1, -1)}),)),
    ],
)
def test_every_value_survives(value: Value) -> None:
    stage = Stage("layer", "Anything", {"it": value}, children=(Stage("layer", "ReLU", {"inplace": True}),))
    assert stage_from_wire(json.loads(json.dumps(stage_to_wire(stage), allow_nan=False))) == stage


def test_nan_survives() -> None:
    back = stage_from_wire(stage_to_wire(Stage("layer", "Threshold", {"value": math.nan})))
    assert isinstance(back.args["value"], float)
    assert math.isnan(back.args["value"])


def test_an_unsolved_argument_cannot_be_sent() -> None:
    with pytest.raises(WireError, match="solved"):
        stage_to_wire(Stage("layer", "Linear", {"in_features": UNKNOWN}))


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], "ReLU", {}, {"kind": "layer"}, {"kind": "layer", "name": 1}, {"kind": "module", "name": "ReLU"}),
        {"kind": "layer", "name": "ReLU", "args": []},
        {"kind": "layer", "name": "ReLU", "args": {"x": {"pickle": "no"}}},
        {"kind": "layer", "name": "ReLU", "args": {"x": {"float": "1"}}},
        {"kind": "layer", "name": "ReLU", "children": {}},
        {"kind": "layer", "name": "ReLU", "args": {"x": {"stage": None}}},
    ],
)
def test_what_is_no_stage_is_refused(data: object) -> None:
    with pytest.raises(WireError):
        stage_from_wire(data)


def test_nesting_has_an_end() -> None:
    stage = Stage("layer", "ReLU")
    for _ in range(100):
        stage = Stage("layer", "Sequential", children=(stage,))
    with pytest.raises(WireError, match="deeper"):
        stage_from_wire(stage_to_wire(stage))
    value: Value = ()
    for _ in range(100):
        value = (value,)
    with pytest.raises(WireError, match="deeper"):
        stage_from_wire(stage_to_wire(Stage("op", "view", {"shape": value})))
