"""`/shape` as people use it, answered by a real torch worker."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.reply import Code, Reply, Table, Text, plain
from sandbox.client import Sandbox, open_sandbox
from sandbox.local import Local
from sandbox.settings import SandboxSettings
from tests.bot.conversation import Conversation, conversation
from tests.torch_here import lent

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENT = SandboxSettings(wait_s=60, start_s=300)  # importing torch takes long on a busy machine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Conversation]:
    """One channel with one worker for all of this file: torch takes seconds to load."""
    folder = tmp_path_factory.mktemp("shape")
    async with conversation(folder, sandbox=lent(torch_here)) as talk:
        yield talk


def outputs(reply: Reply) -> list[list[int | str]]:
    return [output["shape"] for output in reply.data["outputs"]]


def said(reply: Reply, kind: type[Text | Code]) -> str:
    return "\n".join(
        part.code if isinstance(part, Code) else part.text for part in reply.parts if isinstance(part, kind)
    )


async def test_a_layer_is_answered_for_every_batch_size(group: Conversation) -> None:
    reply = await group.says("alice", "/shape conv1d 3 16 k3 s1 p1 L100")
    assert reply.fault is None
    assert outputs(reply) == [["N", 16, 100]]
    assert reply.data["agreed"] == ["formula", "meta", "cpu"]
    assert reply.data["params"] == 160
    assert len({shapes[0][0] for shapes in reply.data["checked_at"]}) > 1, "torch saw more than one batch size"
    code = said(reply, Code)
    assert "floor((100 + 2*1 - 1*(3-1) - 1)/1) + 1 = 100" in code
    assert "16*3*3 + 16 = 160" in code
    assert "nn.Conv1d(3, 16" in code


@pytest.mark.parametrize("line", ["lstm 28 64 batch_first=true @ 8x28x28", "conv2d 64 64 k3 @ 8x64x64x64"])
async def test_a_size_that_cannot_shrink_does_not_keep_its_twin_from_shrinking(group: Conversation, line: str) -> None:
    """Too large for a real run as it stands: torch checks it with fewer steps or places and the same features."""
    reply = await group.says("alice", f"/shape {line}")
    assert reply.data["agreed"] == ["formula", "meta", "cpu"]


async def test_a_free_length_stays_an_expression(group: Conversation) -> None:
    reply = await group.says("alice", "/shape conv1d 3 16 k3 s2 p1")
    (shape,) = outputs(reply)
    assert shape[:2] == ["N", 16]
    assert str(shape[2]).replace(" ", "") == "floor((L-1)/2)+1"


async def test_python_from_a_notebook_is_understood(group: Conversation) -> None:
    reply = await group.says("bob", "/shape nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3) @ 1x3x224x224")
    assert outputs(reply) == [[1, 64, 112, 112]]


async def test_the_question_mark_is_the_number_that_beginners_look_for(group: Conversation) -> None:
    reply = await group.says("bob", "/shape conv2d 3 16 k3 p1 H32 W32 | relu | maxpool2d k2 | flatten | linear ? 10")
    assert reply.data["solved"]["in_features"] == 4096
    assert outputs(reply) == [["N", 10]]
    assert [stage["layer"] for stage in reply.data["stages"]] == [
        "Conv2d",
        "ReLU",
        "MaxPool2d",
        "flatten" if reply.data["stages"][3]["layer"] == "flatten" else "Flatten",
        "Linear",
    ]
    (table,) = (part for part in reply.parts if isinstance(part, Table))
    assert len(table.rows) == 5


async def test_every_output_of_a_recurrent_layer_has_its_name(group: Conversation) -> None:
    reply = await group.says("bob", "/shape lstm 10 20 num_layers=2 bidirectional=true N8 T50")
    assert [(each["name"], each["shape"]) for each in reply.data["outputs"]] == [
        ("output", [50, 8, 40]),
        ("h_n", [4, 8, 20]),
        ("c_n", [4, 8, 20]),
    ]


async def test_a_misfit_gets_torchs_words_their_meaning_and_a_change_that_works(group: Conversation) -> None:
    reply = await group.says("carol", "/shape linear 512 10 @ 32x4096")
    assert reply.fault is not None
    assert reply.fault.kind == "shape"
    assert "mat1 and mat2 shapes cannot be multiplied (32x4096 and 512x10)" in said(reply, Code)
    assert "`linear 4096 10`" in said(reply, Text)
    assert "you wrote `linear 512 10`" in said(reply, Text)
    shown = await group.presses("carol", "Show that", reply)
    assert shown.fault is None
    assert outputs(shown) == [[32, 10]]


async def test_the_failing_stage_of_a_chain_is_named(group: Conversation) -> None:
    reply = await group.says("carol", "/shape conv1d 3 16 k3 L100 N2 | relu | conv1d 8 4 k3")
    assert "Stage 3" in said(reply, Text)
    assert "expected input[2, 16, 98] to have 8 channels, but got 16 channels" in said(reply, Code)
    assert len(reply.data["stages"]) == 2


async def test_a_slip_is_marked_at_its_column_with_the_nearest_word(group: Conversation) -> None:
    reply = await group.says("dave", "/shape conv1s 3 16 k3")
    assert reply.fault is not None
    assert reply.fault.kind == "language"
    assert reply.fault.column == 0
    assert reply.fault.suggestion is not None
    assert "conv1d" in reply.fault.suggestion
    assert "^^^^^^" in said(reply, Code)


async def test_code_is_pointed_to_where_code_runs(group: Conversation) -> None:
    reply = await group.says("dave", "/shape class Net(nn.Module):\n    def forward(self, x):\n        return x")
    assert reply.fault is not None
    assert "/run" in plain(reply)


async def test_the_working_is_explained_behind_a_button(group: Conversation) -> None:
    reply = await group.says("erin", "/shape conv1d 3 16 k3 s2 p1 L100")
    more = await group.presses("erin", "Explain", reply)
    text = plain(more)
    assert "floor((L + 2p - d(k-1) - 1)/s) + 1" in text
    assert "kernel_size" in text
    assert "Trap:" in text


async def test_buttons_outlive_a_restart(tmp_path: Path, torch_here: Sandbox) -> None:
    async with conversation(tmp_path, sandbox=lent(torch_here)) as before:
        reply = await before.says("erin", "/shape conv1d 3 16 k3 s2 p1 L50")
    async with conversation(tmp_path, sandbox=lent(torch_here)) as after:
        more = await after.presses("erin", "Explain", reply)
    assert more.fault is None
    assert more.data["outputs"] == reply.data["outputs"]


async def test_a_question_asked_again_gets_the_same_answer(group: Conversation) -> None:
    first = await group.says("alice", "/shape conv1d 3 16 k5 L77")
    assert (await group.says("bob", "/shape conv1d 3 16 k5 L77")).data == first.data


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("conv1d 3 16 k3 L1000000000000", ["N", 16, 999999999998]),
        ("lstm 10 20 T1000000 N4", [1000000, 4, 20]),
        ("linear 1000000 1000000 @ 2x1000000", [2, 1000000]),
        ("conv2d 3 64 k3 p1 @ 4096x3x1024x1024", [4096, 64, 1024, 1024]),
    ],
)
async def test_absurd_sizes_are_answered_without_taking_memory(
    group: Conversation, line: str, shape: list[int | str]
) -> None:
    reply = await group.says("mallory", f"/shape {line}")
    assert reply.fault is None, plain(reply)
    assert outputs(reply)[0] == shape
    assert "formula" in reply.data["agreed"]
    assert len(reply.data["agreed"]) > 1, "torch agrees at this size, or at a smaller one by the same rule"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x" * 20_000,
        "\x00\x01\x02",
        "conv1d 3 16 k-1 L100",
        "conv1d 3 16 k3.5 L100",
        "conv1d 3 16 k1e400 L100",
        f"conv1d {'9' * 500} 16 k3",
        "|".join(["relu"] * 5_000),
        "(" * 3_000,
        "\u202econv1d 3 16 k3",
        "'; DROP TABLE questions; --",
        "<script>alert(1)</script>",
        "__import__('os').system('id')",
        "nn.__class__.__mro__[1].__subclasses__()",
        "nn.Linear(3, (lambda: 4)())",
        "conv1d 3 16 k3 L" + "1" * 30,
    ],
)
async def test_bad_input_gets_an_error_and_a_way_out(group: Conversation, line: str) -> None:
    reply = await group.says("mallory", f"/shape {line}")
    assert reply.fault is not None
    assert reply.fault.kind in {"language", "usage", "shape"}
    assert "Traceback" not in plain(reply)


async def test_full_width_digits_are_digits(group: Conversation) -> None:
    assert outputs(await group.says("yuki", "/shape conv1d ３ １６ k３ L１００")) == [["N", 16, 98]]


async def test_stride_zero_is_for_torch_to_refuse(group: Conversation) -> None:
    reply = await group.says("mallory", "/shape conv1d 3 16 k3 s0 N2 L100")
    assert reply.fault is not None
    assert "stride" in plain(reply)
    assert reply.data["torch"] is not None


async def test_a_killed_worker_costs_no_more_than_an_answer(tmp_path: Path) -> None:
    """The closed form is shown and marked, or the replacement answers; and the next question is checked again."""
    async with Local(PATIENT) as worker, conversation(tmp_path, sandbox=_held(worker)) as talk:
        await talk.says("alice", "/shape conv1d 3 16 k3 L100")
        for pid in worker._resident.processes()[1:]:
            os.kill(pid, signal.SIGKILL)
        during = await talk.says("alice", "/shape conv1d 3 16 k3 L101")
        assert outputs(during) == [["N", 16, 99]]
        after = await talk.says("alice", "/shape conv1d 3 16 k3 L102")
        assert after.data["agreed"] == ["formula", "meta", "cpu"]


async def test_without_torch_the_closed_form_says_that_nobody_checked_it(tmp_path: Path) -> None:
    nobody = SandboxSettings(socket=tmp_path / "nobody.sock")
    async with conversation(tmp_path, sandbox=open_sandbox(nobody)) as talk:
        reply = await talk.says("alice", "/shape conv1d 3 16 k3 L100")
    assert outputs(reply) == [["N", 16, 98]]
    assert reply.data["agreed"] == ["formula"]
    assert "Not checked by torch" in plain(reply)


class _held:  # noqa: N801 - reads as a verb where it is used
    """A worker that somebody else opens and closes."""

    def __init__(self, worker: Local) -> None:
        self.worker = worker

    async def __aenter__(self) -> Local:
        return self.worker

    async def __aexit__(self, *_: Any) -> None:
        return None
