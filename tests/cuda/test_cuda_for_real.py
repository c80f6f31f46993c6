"""CUDA jails on a real GPU: `make test-cuda`. Without one these are skipped, and nothing of them has run."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.bench_job import payload
from sandbox.cuda import NoCudaError, discover
from sandbox.kit import for_cuda
from sandbox.language.grammar import parse
from sandbox.language.walk import walk
from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Result, Status
from tests.attacks.jail_lab import output, until_ready
from tests.cuda.cuda_lab import SETTINGS

pytestmark = [pytest.mark.cuda, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[Pool]:
    """Jails on this machine's first GPU; where it has one, everything must work."""
    try:
        discover()
    except NoCudaError as fault:
        pytest.skip(f"cuda: {fault}")
    if importlib.util.find_spec("torch") is None or not _knows_cuda():
        pytest.skip("cuda: this torch is built without CUDA")
    async with Pool(SETTINGS, for_cuda(SETTINGS)) as jails:
        await until_ready(jails, 2)
        yield jails


def _knows_cuda() -> bool:
    import torch

    return bool(torch.backends.cuda.is_built())


async def run(pool: Pool, code: str) -> Result:
    return await pool.run(Job(id="g", kind=JobKind.RUN, payload={"code": code, "show": True}, device="cuda"))


async def test_the_trace_names_the_device(pool: Pool) -> None:
    result = await run(pool, "x = torch.randn(2, 3, device=device)\ny = nn.Linear(3, 4).to(device)(x)\ny.device")
    assert (result.status, result.error) == (Status.OK, "")
    assert result.device == "cuda"
    rows = {row["name"]: row for row in result.value["trace"]}
    assert rows["x"]["device"] == rows["y"]["device"] == "cuda:0"
    assert result.value["value"] == "device(type='cuda', index=0)"


async def test_a_layer_learns_there_as_on_the_cpu(pool: Pool) -> None:
    code = """
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
layer = nn.Conv1d(3, 16, 3)
x = torch.randn(8, 3, 100)
layer(x).sum().backward()
here = layer.weight.grad.clone()
layer.zero_grad()
layer = layer.to(device)
layer(x.to(device)).sum().backward()
torch.allclose(here, layer.weight.grad.cpu(), atol=1e-2)
"""
    assert (await run(pool, code)).value["value"] == "True"


async def test_one_gpu_is_seen_and_each_job_has_it_fresh(pool: Pool) -> None:
    code = "import os; torch.cuda.device_count(), torch.cuda.memory_reserved() < 2**27, os.getpid()"
    seen = [(await run(pool, code)).value["value"] for _ in range(3)]
    assert all(each.startswith("(1, True, ") for each in seen)


async def test_the_same_seed_draws_the_same_numbers_in_every_job(pool: Pool) -> None:
    drawn = {(await run(pool, "torch.rand(3, device=device).tolist()")).value["value"] for _ in range(3)}
    assert len(drawn) == 1


async def test_memory_of_the_gpu_ends_at_the_limit(pool: Pool) -> None:
    result = await run(pool, "torch.ones(1 << 28, device=device)")
    assert result.status is Status.MEMORY
    assert result.limit == {"name": "memory", "value": SETTINGS.cuda.memory_mb, "unit": "MB"}


async def test_what_fails_on_the_device_fails_in_its_own_snippet(pool: Pool) -> None:
    """Kernels run after the call that asks for them has returned."""
    result = await run(pool, "torch.arange(3, device=device)[torch.tensor([7], device=device)]\n1")
    assert result.status is Status.USER_ERROR
    assert (await run(pool, "1 + 1")).value["value"] == "2"


async def test_a_timing_waits_for_the_device(pool: Pool) -> None:
    code = """
x = torch.randn(4096, 4096, device=device)
x @ x
began, ended = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
began.record(); x @ x; ended.record(); torch.cuda.synchronize()
print(began.elapsed_time(ended))
%timeit -n 5 -r 3 x @ x
"""
    result = await run(pool, code)
    by_device_ms = float(output(result).split("\n")[0])
    assert result.value["timings"][0]["median_s"] * 1e3 > by_device_ms / 3


@pytest.mark.parametrize(
    "forbidden",
    ["os.fork()", "socket.socket()", "socket.socket(socket.AF_UNIX)", "os.kill(1, 9)", "open('/proc/1/environ')"],
)
async def test_a_job_with_a_gpu_can_do_no_more_to_the_machine_than_one_without(pool: Pool, forbidden: str) -> None:
    code = (
        f"import os, socket\nx = torch.ones(2, device=device)\ntry:\n    {forbidden}\nexcept OSError:\n    print('no')"
    )
    assert output(await run(pool, code)) == "no\n"


@pytest.mark.parametrize("line", ["conv1d 3 16 k3 L100 N32", "lstm 10 20 N8 T50", "linear 512 512 @ 64x512"])
async def test_a_layer_is_measured_on_the_gpu(pool: Pool, line: str) -> None:
    asked = await asyncio.to_thread(lambda: payload(walk(parse(line))))
    result = await pool.run(Job(id="b", kind=JobKind.BENCH, payload=asked, device="cuda"))
    assert (result.status, result.error) == (Status.OK, "")
    assert result.value["times"]["total"]["median_ms"] > 0
    assert result.value["memory"]["forward"] >= result.value["memory"]["outputs"] > 0


async def test_many_jobs_leave_no_memory_behind(pool: Pool) -> None:
    free = [int((await run(pool, "torch.cuda.mem_get_info()[0]")).value["value"]) for _ in range(30)]
    assert min(free[20:]) > 0.95 * min(free[:5])
