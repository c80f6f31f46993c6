"""What is forgiven an older torch is forgiven no other, and nothing else is."""

from __future__ import annotations

import pytest

from tests.sandbox.language.formulas.versions import numbers, tolerated

_KNOWN = "one of them refuses ZeroPad1d\n torch: negative output size"


def test_a_known_difference_of_an_older_torch_is_let_pass() -> None:
    with tolerated("ZeroPad1d", older=True):
        raise AssertionError(_KNOWN)


@pytest.mark.parametrize(
    ("name", "words", "older"),
    [("ZeroPad1d", _KNOWN, False), ("Linear", _KNOWN, True), ("ZeroPad1d", "different outputs", True)],
)
def test_any_other_difference_is_a_failure(name: str, words: str, *, older: bool) -> None:
    with pytest.raises(AssertionError), tolerated(name, older=older):
        raise AssertionError(words)


def test_versions_are_compared_as_numbers() -> None:
    assert numbers("2.6.0+cu124") == (2, 6, 0) < numbers("2.13.0") < numbers("2.13.1a0")
