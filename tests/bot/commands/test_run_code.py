"""What a person pasted, as the Python they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.run_code import MAX_CODE, understood
from bot.errors import TextTooLong


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("x = 1", "x = 1"),
        ("  if x:\n      y\n", "if x:\n    y"),
        ("```python\nx = 1\n```", "x = 1"),
        ("```py\nx = 1```", "x = 1"),
        ("```\nx = 1\n```", "x = 1"),
        ("```python x = 1```", "x = 1"),
        ("```x = 1```", "x = 1"),
        ("```python\r\nif x:\r\n    y\r\n```", "if x:\n    y"),
        ("```python\nnever closed", "never closed"),
        ("look:\n```\nx = 1\n```\nand\n```\ny = 2\n```", "x = 1\ny = 2"),
        ("`x = 1`", "x = 1"),
        ("pyramid = 1", "pyramid = 1"),
        ("s = '''\n```\nno fence\n```\n'''", "s = '''\n```\nno fence\n```\n'''"),
        ("s = 'a `tick` b'", "s = 'a `tick` b'"),
        (">>> x = 1\n>>> x\n1\n", "x = 1\nx"),
        (">>> def f():\n...     return 1\n...\n>>> f()\n1", "def f():\n    return 1\n\nf()"),
        ("", ""),
        ("``````", ""),
    ],
)
def test_fences_prompts_and_indentation_are_not_code(pasted: str, code: str) -> None:
    assert understood(pasted) == code


def test_more_than_is_run_is_refused() -> None:
    with pytest.raises(TextTooLong, match=f"{MAX_CODE:,}"):
        understood("x" * (MAX_CODE + 1))


@given(st.text(alphabet="`x \n>.='\r\t", max_size=80))
def test_whatever_is_pasted_is_read(pasted: str) -> None:
    assert isinstance(understood(pasted), str)
