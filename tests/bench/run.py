"""How long a run of people's code takes, beside what any other chat bot does: a fresh jail that imports torch."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time

from sandbox import interpreter
from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Status
from sandbox.settings import SandboxSettings
from tests.bench.measure import Figure, median, milliseconds

CODE = "nn.Conv1d(3,16,3)(torch.randn(32,3,100)).shape"
FRESH = f"import torch; from torch import nn; print({CODE})"
FRESH_TIMES = 5
TIMES = 200
GAP_S = 0.05  # people do not ask a millisecond after an answer
AT_ONCE = 300


async def figures() -> list[Figure]:
    """Fresh jails first, then a pool's: the same snippet, the same machine, one after the other."""
    fresh = [await _fresh() for _ in range(FRESH_TIMES)]
    async with Pool(SandboxSettings()) as pool:
        await _ready(pool)
        for _ in range(20):
            await _run(pool)
        spaced = [await _run(pool, gap_s=GAP_S) for _ in range(TIMES)]
        bare = [await _run(pool, "1", gap_s=GAP_S) for _ in range(TIMES // 4)]
        in_a_row = [await _run(pool) for _ in range(TIMES)]
        began = time.perf_counter()
        await asyncio.gather(*(_run(pool) for _ in range(AT_ONCE)))
        throughput = AT_ONCE / (time.perf_counter() - began)
    return [
        Figure(name="the snippet in a fresh bwrap + Python + import torch", value=milliseconds(fresh), unit="ms"),
        Figure(name="the same by Stride, warm, p50", value=milliseconds(spaced), unit="ms", at_most=12),
        Figure(name="the same, p99", value=milliseconds(spaced, 0.99), unit="ms", at_most=50),
        Figure(name="how many times faster", value=median(fresh) / median(spaced), unit="x", at_least=100),
        Figure(name="of which a run of `1` takes (channels, answer, checks), p50", value=milliseconds(bare), unit="ms"),
        Figure(name="one after the other without a pause, p50", value=milliseconds(in_a_row), unit="ms"),
        Figure(name="runs a second, many at once, 2 side by side", value=throughput, unit="/s", at_least=60),
    ]


async def _fresh() -> float:
    """Seconds from nothing to the answer, in a namespace jail without any of the other protections."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise AssertionError("bubblewrap is needed for what it is compared with")
    found = await interpreter.examine(sys.executable)
    command = [bwrap, "--unshare-all", "--die-with-parent", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 inside
    for path in found.read:
        command += ["--ro-bind", path, path]
    command += ["--setenv", "PYTHONPATH", ":".join(found.packages), "--setenv", "OMP_NUM_THREADS", "1"]
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(*command, found.executable, "-c", FRESH), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    if b"torch.Size([32, 16, 98])" not in said:
        raise AssertionError(f"the fresh jail said {said!r}")
    return time.perf_counter() - began


async def _ready(pool: Pool) -> None:
    async with asyncio.timeout(120):
        while pool.idle < SandboxSettings().jail.side_by_side + 1:  # noqa: ASYNC110 jails come without an event
            await asyncio.sleep(0.05)


async def _run(pool: Pool, code: str = CODE, gap_s: float = 0.0) -> float:
    """Seconds from asking to the result."""
    await asyncio.sleep(gap_s)
    began = time.perf_counter()
    result = await pool.run(Job(id="bench", kind=JobKind.RUN, payload={"code": code, "show": False}))
    taken = time.perf_counter() - began
    if result.status is not Status.OK:
        raise AssertionError(f"no answer: {result}")
    return taken
