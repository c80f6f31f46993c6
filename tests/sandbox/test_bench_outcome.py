"""What a BENCH says, without a jail: how times are summed up, and what passes the border."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.bench_outcome import bench_value
from sandbox.jobs.bench import spread


def test_half_of_the_runs_lie_in_the_spread() -> None:
    found = spread([0.001, 0.002, 0.003, 0.004, 0.005])
    assert found == {"median_ms": 3.0, "low_ms": 2.0, "high_ms": 4.0, "runs": 5, "noisy": True}
    assert not spread([0.001] * 5)["noisy"]
    assert spread([0.001])["noisy"], "one run says nothing about noise"


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        {},
        {"error": None},
        {"error": {"type": "E", "message": 5, "stage": 0, "step": "build"}},
        {"error": {"type": "E", "message": "m", "stage": "0", "step": "build"}},
    ],
)
def test_nonsense_does_not_pass_the_border(nonsense: Any) -> None:
    with pytest.raises((TypeError, KeyError)):
        bench_value(nonsense)
