"""The BENCH job in a real jail: what it counts is held against torch, and what is too large is never tried."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import torch
from torch import nn

from sandbox.bench_job import payload
from sandbox.language.grammar import parse
from sandbox.language.walk import walk
from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Limits, Result, Status
from tests.attacks.jail_lab import open_pool, until_ready

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ids = itertools.count(1)
_FLOAT = 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[Pool]:
    async with open_pool(wall_s=30.0, cpu_s=30.0) as jails:
        await until_ready(jails)
        yield jails


def question(line: str) -> dict[str, Any]:
    """The payload for a line in which every size is a number."""
    return payload(walk(parse(line))) | {"budget_s": 0.2}


async def bench(pool: Pool, line: str, **limits: Any) -> Result:
    """What became of a line."""
    asked = await asyncio.to_thread(question, line)  # the language is read from files
    chosen = Limits(**{"wall_s": 30.0, "cpu_s": 30.0, **limits})
    return await pool.run(Job(id=f"b{next(_ids)}", kind=JobKind.BENCH, payload=asked, limits=chosen))


async def test_both_passes_are_timed_with_their_spread(pool: Pool) -> None:
    result = await bench(pool, "conv1d 3 16 k3 L100 N32")
    assert (result.status, result.error, result.limit) == (Status.OK, "", None)
    assert result.value["threads"] == 1
    assert result.value["rate"] > 1e6
    times = result.value["times"]
    for each in times.values():
        assert 0 < each["low_ms"] <= each["median_ms"] <= each["high_ms"]
        assert each["runs"] >= 1
    assert times["total"]["median_ms"] > times["forward"]["median_ms"]


@pytest.mark.parametrize(
    ("line", "module", "shape"),
    [
        ("conv1d 3 16 k3 L100 N32", nn.Conv1d(3, 16, 3), (32, 3, 100)),
        ("nn.Linear(64, 32) @ 8x64", nn.Linear(64, 32), (8, 64)),
        (
            "linear 64 32 | relu | linear ? 4 @ 8x64",
            nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4)),
            (8, 64),
        ),
        ("layernorm 20 @ 8x20", nn.LayerNorm(20), (8, 20)),
    ],
)
async def test_parameters_outputs_and_gradients_are_as_many_bytes_as_torchs_own(
    pool: Pool, line: str, module: nn.Module, shape: tuple[int, ...]
) -> None:
    result = await bench(pool, line)
    assert result.status is Status.OK, result.error
    x = torch.rand(shape, requires_grad=True)
    params = sum(weight.numel() for weight in module.parameters())
    counted = result.value["memory"]
    assert result.value["params"] == params
    assert counted["parameters"] == params * _FLOAT
    assert counted["inputs"] == x.numel() * _FLOAT
    assert counted["outputs"] == module(x).numel() * _FLOAT
    assert counted["gradients"] == (params + x.numel()) * _FLOAT
    assert counted["forward"] >= counted["kept"] >= counted["outputs"]
    assert counted["backward"] >= counted["kept"]


async def test_what_backward_needs_is_what_autograd_saves(pool: Pool) -> None:
    """A ReLU is undone by its output, so a chain keeps what each of its layers gave."""
    result = await bench(pool, "linear 64 32 | relu | linear ? 4 @ 8x64")
    first, relu, last = 8 * 32 * _FLOAT, 8 * 32 * _FLOAT, 8 * 4 * _FLOAT
    assert result.value["memory"]["kept"] == relu + last
    assert result.value["memory"]["forward"] == first + relu + last - min(first, last)


@pytest.mark.parametrize(
    "line",
    [
        "embedding 100 8 N4 L10",
        "crossentropyloss @ 32x10 int64 (32,)",
        "bceloss @ 32x10 32x10",
        "softmarginloss @ 32x10 32x10",
        "lstm 10 20 N8 T50",
        "mha 64 8 N4 T5",
        "maxpool2d k2 return_indices=true @ 2x3x8x8",
        "lazylinear 5 @ 2x3",
        "matmul 30x40 40x50",
        "conv2d 3 8 k3 | batchnorm2d ? | view 8 -1 | linear ? 10 @ 8x3x16x16",
    ],
)
async def test_layers_of_every_kind_have_a_backward(pool: Pool, line: str) -> None:
    result = await bench(pool, line)
    assert (result.status, result.error) == (Status.OK, "")
    assert result.value["times"]["backward"]["median_ms"] > 0
    assert result.value["no_backward"] == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [("argmax dim=1 @ 32x10", "int64"), ("relu inplace=true @ 3x4", "in-place operation")],
)
async def test_without_a_backward_the_forward_is_timed_and_the_reason_given(pool: Pool, line: str, why: str) -> None:
    result = await bench(pool, line)
    assert result.status is Status.OK
    assert result.value["times"]["forward"]["runs"] >= 1
    assert (result.value["times"]["backward"], result.value["times"]["total"]) == (None, None)
    assert why in result.value["no_backward"]


async def test_what_would_not_fit_is_refused_with_the_figure_before_any_is_taken(pool: Pool) -> None:
    result = await bench(pool, "linear 100000 100000 N1", memory_mb=200)
    assert result.status is Status.MEMORY
    assert result.limit == {"name": "memory", "value": 200, "unit": "MB"}
    assert "about 80,002 MB" in result.error
    assert "200 MB" in result.error
    assert result.value is None


async def test_what_would_take_too_long_is_refused_with_the_figure(pool: Pool) -> None:
    result = await bench(pool, "conv2d 64 64 k31 p15 @ 1x64x300x300", wall_s=1.0)
    assert result.status is Status.TIMEOUT
    assert result.limit == {"name": "wall", "value": 1.0, "unit": "s"}
    assert "multiply-adds" in result.error


async def test_memory_that_runs_out_on_the_way_names_its_limit(pool: Pool) -> None:
    """The gates of an LSTM are no layer's output, so that nobody sees them coming."""
    result = await bench(pool, "lstm 64 512 N64 T300", memory_mb=128)
    assert result.status is Status.MEMORY
    assert result.value["error"]["step"] == "forward"
    assert result.limit == {"name": "memory", "value": 128, "unit": "MB"}


async def test_torchs_refusal_names_the_stage(pool: Pool) -> None:
    stage = {"kind": "layer", "name": "Linear", "args": {"in_features": 4, "out_features": 5}, "children": []}
    asked = {
        "stages": [stage],
        "training": True,
        "python": False,
        "inputs": [{"shape": [2, 3], "dtype": "float32"}],
        "macs": 0,
        "takes": {},
    }
    result = await pool.run(Job(id="r", kind=JobKind.BENCH, payload=asked))
    assert result.status is Status.USER_ERROR
    assert result.value["error"]["type"] == "RuntimeError"
    assert (result.value["error"]["stage"], result.value["error"]["step"]) == (0, "forward")
    assert "mat1 and mat2" in result.error


async def test_a_jail_that_has_measured_runs_code_as_before(pool: Pool) -> None:
    await bench(pool, "relu @ 3")
    result = await pool.run(Job(id="n", kind=JobKind.RUN, payload={"code": "1 + 1", "show": True}))
    assert result.value["value"] == "2"
