"""`/bench` as people use it, measured in a real jail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.commands import bench_reply
from bot.commands.bench_reply import milliseconds
from bot.reply import Code, Reply, Table, plain
from sandbox.client import open_sandbox
from sandbox.protocol import Result, Status
from sandbox.settings import JailSettings, SandboxSettings
from tests.bot.conversation import Conversation, conversation, torch_away

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

ROOMY = SandboxSettings(wait_s=60, start_s=300, jail=JailSettings(wait_s=300, wall_s=30, cpu_s=30, side_by_side=1))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def group(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    """One channel with one jail for all of this file: torch takes seconds to load."""
    folder = tmp_path_factory.mktemp("bench")
    async with conversation(folder, sandbox=open_sandbox(ROOMY)) as talk:
        yield talk


@pytest.fixture(autouse=True)
def rested(group: Conversation) -> None:
    """Everybody may run again as often as at the start."""
    group.clock.advance(minutes=10)


def python(reply: Reply) -> str:
    return next(part.code for part in reply.parts if isinstance(part, Code) and part.language == "python")


async def test_a_layer_is_timed_forward_and_backward(group: Conversation) -> None:
    reply = await group.says("alice", "/bench conv1d 3 16 k3 L100 N32")
    assert reply.fault is None
    (table,) = (part for part in reply.parts if isinstance(part, Table))
    assert [row[0] for row in table.rows] == ["forward", "backward", "both"]
    text = plain(reply)
    for expected in ("GFLOP/s", "parameters: 160", "multiply-adds: 451,584", "1 thread", "other work may be running"):
        assert expected in text


async def test_programs_get_every_figure(group: Conversation) -> None:
    data = (await group.says("alice", "/bench nn.Linear(64, 32) @ 8x64")).data
    assert data["layer"] == "nn.Linear(64, 32)"
    assert data["inputs"] == [{"shape": [8, 64], "dtype": "float32"}]
    assert (data["params"], data["macs"]) == (64 * 32 + 32, 8 * 64 * 32)
    cpu = data["runs"]["cpu"]
    for name in ("forward", "backward", "total"):
        assert cpu[name].keys() == {"median_ms", "low_ms", "high_ms", "runs", "noisy"}
    assert cpu["gflops"] == pytest.approx(2 * data["macs"] / cpu["forward"]["median_ms"] / 1e6)
    assert cpu["memory"]["outputs"] == 8 * 32 * 4
    assert data["runs"]["cuda"] is None
    assert "no CUDA worker is up" in data["why_not"]["cuda"]


async def test_sizes_that_were_left_out_are_chosen_and_said(group: Conversation) -> None:
    reply = await group.says("alice", "/bench conv1d 3 16 k3")
    assert reply.data["sizes"] == {"L": 100, "N": 32}
    assert reply.data["inputs"][0]["shape"] == [32, 3, 100]
    assert "measured at L = 100, N = 32" in plain(reply)


async def test_a_question_mark_is_worked_out(group: Conversation) -> None:
    reply = await group.says("alice", "/bench conv2d 3 8 k3 | relu | flatten | linear ? 10 @ 8x3x16x16")
    assert reply.data["params"] == 3 * 8 * 9 + 8 + 1568 * 10 + 10


async def test_what_has_no_backward_says_why(group: Conversation) -> None:
    reply = await group.says("alice", "/bench argmax dim=1 @ 32x10")
    assert reply.data["runs"]["cpu"]["backward"] is None
    assert "no backward to measure: its output (int64) has no gradient" in plain(reply)


@pytest.mark.parametrize(
    "line",
    [
        "lstm 10 20 N8 T50 | linear 20 5",
        "conv2d 3 8 k3 | view 8 -1 | linear ? 10 eval @ 8x3x16x16",
        "crossentropyloss @ 32x10 int64 (32,)",
        "nn.Sequential(nn.Linear(8, 4), nn.ReLU()) @ 2x8",
    ],
)
async def test_the_python_measures_it_with_torchs_own_timer(group: Conversation, line: str) -> None:
    code = python(await group.says("alice", f"/bench {line}"))
    timed = code.replace("print(Timer", "RESULTS.append(Timer").replace(".blocked_autorange())", ".timeit(2))")
    space: dict[str, list[object]] = {"RESULTS": []}
    exec(timed, space)  # noqa: S102 what people would do with it
    assert len(space["RESULTS"]) == 2


@pytest.mark.parametrize(
    ("times", "words"), [(0.5, "2 times as fast as"), (3.0, "3 times as slow as"), (0.97, "as fast as on the CPU")]
)
async def test_cuda_stands_beside_the_cpu_where_it_is_up(times: float, words: str) -> None:
    question = await asyncio.to_thread(bench_reply.read, "linear 4 4 N2")
    passes = ("forward", "backward", "total")
    memory = dict.fromkeys(("parameters", "inputs", "outputs", "kept", "gradients", "forward", "backward"), 32)

    def result(device: str, ms: float) -> Result:
        time = {"median_ms": ms, "low_ms": ms, "high_ms": ms, "runs": 9, "noisy": False}
        value = {"times": dict.fromkeys(passes, time), "memory": memory, "rate": 1e9, "threads": 1, "params": 20}
        return Result(id="1", status=Status.OK, value=value | {"no_backward": "", "error": None}, device=device)

    reply = bench_reply.answered(question, {"cpu": result("cpu", 1.0), "cuda": result("cuda", times)})
    (table,) = (part for part in reply.parts if isinstance(part, Table))
    assert [row[0] for row in table.rows] == [
        f"{name}, {on}" for name in ("forward", "backward", "both") for on in ("CPU", "CUDA")
    ]
    assert words in plain(reply)
    assert reply.data["runs"]["cuda"]["forward"]["median_ms"] == times
    assert reply.data["why_not"] == {}


async def test_what_does_not_fit_is_refused_with_the_figure_and_the_limit(group: Conversation) -> None:
    reply = await group.says("alice", "/bench linear 100000 100000 N1")
    assert reply.fault is not None
    assert reply.fault.kind == "memory"
    assert "about 80,002 MB" in plain(reply)
    assert "1,024 MB" in plain(reply)
    assert reply.data["runs"] == {"cpu": None, "cuda": None}


async def test_a_layer_that_does_not_take_its_input_is_explained_as_in_shape(group: Conversation) -> None:
    reply = await group.says("alice", "/bench linear 512 10 @ 32x4096")
    assert reply.fault is not None
    assert reply.fault.kind == "shape"
    assert reply.data["repair"]


async def test_a_slip_in_the_line_is_marked_and_the_example_is_one_of_bench(group: Conversation) -> None:
    reply = await group.says("alice", "/bench konv1d 3 16")
    assert reply.fault is not None
    assert reply.fault.kind == "language"
    assert "/bench " in plain(reply)


async def test_without_a_worker_the_answer_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("away")
    async with conversation(folder, sandbox=open_sandbox(torch_away(folder))) as talk:
        reply = await talk.says("alice", "/bench relu @ 3")
    assert reply.fault is not None
    assert reply.fault.kind == "unavailable"


async def test_times_are_told_in_the_unit_that_reads_best() -> None:
    assert [milliseconds(value) for value in (1234.5, 1.5, 0.0015, 0.0000015)] == [
        "1.23 s",
        "1.5 ms",
        "1.5 µs",
        "1.5 ns",
    ]
