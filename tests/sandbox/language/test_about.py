"""What Stride says about a layer is true: torch runs every trap."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import sandbox.language
from sandbox.language.about import about
from sandbox.language.layers.registry import LAYERS

FAMILIES: list[dict[str, Any]] = tomllib.loads((Path(sandbox.language.__file__).parent / "about.toml").read_text())[
    "family"
]
TRAPS = [trap for family in FAMILIES for trap in family["traps"]]


def raises(kind: type[Exception], call: Callable[[], object]) -> None:
    with pytest.raises(kind):
        call()


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap["says"])
def test_every_trap_is_as_it_says(trap: dict[str, str]) -> None:
    assert "assert" in trap["proof"] or "raises" in trap["proof"], "a proof must be able to fail"
    exec(trap["proof"], {"torch": torch, "nn": nn, "raises": raises})  # noqa: S102 - our own file


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_layer_of_the_language_is_described(name: str) -> None:
    assert about(name) is not None


def test_a_trap_of_some_layers_names_layers_of_its_family() -> None:
    for family in FAMILIES:
        for trap in family["traps"]:
            assert set(trap.get("of", ())) <= set(family["layers"]), trap["says"]


def test_a_layer_is_told_the_traps_that_are_its_own() -> None:
    gelu, relu = about("GELU"), about("ReLU")
    assert gelu is not None
    assert relu is not None
    assert not any("inplace" in trap for trap in gelu.traps), "it has no such argument"
    assert any("inplace" in trap for trap in relu.traps)


def test_a_family_has_no_layer_that_the_language_does_not_know() -> None:
    assert {name for family in FAMILIES for name in family["layers"]} <= set(LAYERS)
