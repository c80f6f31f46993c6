"""Hundreds of runs in a row, hostile ones among them; `python -m tests.bench soak` does two thousand."""

from __future__ import annotations

import pytest

from tests.attacks.soak import HOSTILE, ONE_IN, soak

RUNS = ONE_IN * len(HOSTILE)


@pytest.mark.long
async def test_after_every_hostile_kind_all_answers_were_right_and_nothing_is_left() -> None:
    found = await soak(RUNS, wall_s=5.0)
    assert found.wrong == []
    assert found.left == []
    assert found.after_mb < found.before_mb * 1.1, (found.before_mb, found.after_mb)
