"""What Python's own errors mean."""

from __future__ import annotations

import pytest

from bot.commands.run_meanings import meaning


def said(kind: str, message: str, *names: str, means: str | None = None) -> str | None:
    return meaning({"type": kind, "message": message, "means": means}, names)


def test_a_misspelt_name_gets_the_nearest_that_there_is() -> None:
    assert "Did you mean `print`?" in (said("NameError", "name 'prnt' is not defined") or "")
    assert "Did you mean `model`?" in (said("NameError", "name 'modle' is not defined", "model", "x") or "")
    assert "Did you mean `torch`?" in (said("NameError", "name 'trch' is not defined") or "")


def test_a_name_of_an_earlier_run_is_explained() -> None:
    assert "Each run begins anew" in (said("NameError", "name 'my_dataset' is not defined") or "")


def test_a_module_that_is_not_here_is_named() -> None:
    assert (said("ModuleNotFoundError", "No module named 'sklearn.svm'") or "").startswith("`sklearn` is not here")


def test_what_torch_means_comes_first() -> None:
    assert said("IndexError", "index 5 is out of bounds", means="the sizes") == "the sizes"


def test_a_long_name_is_shortened() -> None:
    assert len(said("NameError", f"name '{'x' * 1_900}' is not defined") or "") < 300


@pytest.mark.parametrize("kind", ["ZeroDivisionError", "ValueError", "MyOwnError"])
def test_an_error_whose_words_say_it_all_is_left_alone(kind: str) -> None:
    assert said(kind, "words") is None
