"""Every module that `torch.nn` exports is answered, or is excused for one of four reasons."""

from __future__ import annotations

import pytest
from torch import nn

from sandbox.jobs.catalogue import module_classes
from sandbox.language.formulas.registry import LAYER_FORMULAS
from sandbox.language.layers import excused
from sandbox.language.layers.registry import LAYERS

EXPORTED = dict(module_classes())
REASONS = {excused.CONTAINER, excused.ABSTRACT, excused.DEPRECATED, excused.GROUP}


def test_no_class_of_torch_nn_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    missing = EXPORTED.keys() - LAYERS.keys() - excused.EXCUSED.keys()
    with capsys.disabled():
        print(f"\n{len(EXPORTED.keys() & LAYERS.keys())} of {len(EXPORTED)} classes of torch.nn")  # noqa: T201 - the README quotes it
    assert not missing


def test_every_excuse_is_an_allowed_one_and_is_needed() -> None:
    assert set(excused.EXCUSED.values()) <= REASONS
    assert not excused.EXCUSED.keys() & LAYERS.keys()


@pytest.mark.parametrize("name", sorted(excused.EXCUSED.keys() & EXPORTED.keys()))
def test_an_excuse_is_true(name: str) -> None:
    """What torch itself says: a container or a base has no forward, an alias is another class's subclass."""
    found = EXPORTED[name]
    reason = excused.EXCUSED[name]
    if reason == excused.ABSTRACT or (reason == excused.CONTAINER and name != "Sequential"):
        assert found.forward is nn.Module.forward or name == "RNNBase"
    if reason == excused.DEPRECATED:
        parent = found.__mro__[1]
        assert parent is nn.Module or parent.__name__ in LAYERS


def test_every_layer_has_its_formula() -> None:
    assert LAYERS.keys() == LAYER_FORMULAS.keys()
