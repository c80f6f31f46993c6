"""What `/run` answers, from a real jail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.reply import Code, File, Picture, Reply, plain
from sandbox.client import Sandbox
from tests.bot.commands.running import AT_EASE, code, labels, table, text, the_form
from tests.bot.conversation import Conversation, conversation
from tests.torch_here import lent

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Conversation]:
    """One channel with jails for all of this file: torch takes seconds to load."""
    folder = tmp_path_factory.mktemp("run")
    async with conversation(folder, sandbox=lent(torch_here), fairness=AT_EASE) as talk:
        yield talk


async def test_a_line_shows_its_value_and_what_went_through_the_layer(group: Conversation) -> None:
    reply = await group.says("alice", "/run nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100)).shape")
    assert reply.fault is None
    assert code(reply) == "torch.Size([32, 16, 98])"
    assert table(reply, "comes out")[0][1:] == ("(32, 3, 100)", "(32, 16, 98)")
    assert reply.data["device"] == "cpu"
    assert text(reply).splitlines()[-1].startswith(f"torch {reply.data['torch']}, cpu, ")


@pytest.mark.parametrize(
    "typed",
    [
        "/run\nx = torch.ones(2, 3)\nfor _ in range(2):\n    x = x + 1\nx.sum()",
        "/run\n    x = torch.ones(2, 3)\n    for _ in range(2):\n        x = x + 1\n    x.sum()",
        "/run ```python\nx = torch.ones(2, 3)\nfor _ in range(2):\n    x = x + 1\nx.sum()\n```",
        "/run why is this 18?\n```\nx = torch.ones(2, 3)\nfor _ in range(2):\n    x = x + 1\nx.sum()\n``` thanks",
        "/run >>> x = torch.ones(2, 3)\n>>> for _ in range(2):\n...     x = x + 1\n...\n>>> x.sum()\ntensor(18.)",
        "/run `torch.ones(2, 3).sum() * 3`",
        "/stride run torch.tensor(18.0)",
    ],
)
async def test_code_is_understood_however_it_was_pasted(group: Conversation, typed: str) -> None:
    reply = await group.says("alice", typed)
    assert reply.data["value"] == "tensor(18.)", plain(reply)


async def test_code_in_a_field_of_its_own_is_run_and_its_indentation_counts(group: Conversation) -> None:
    reply = await group.says("alice", "/run", code="    if True:\n        print('in')\n    'out'")
    assert reply.data["stdout"] == "in\n"
    assert reply.data["value"] == "'out'"


async def test_both_streams_come_in_order_and_are_told_apart(group: Conversation) -> None:
    reply = await group.says(
        "alice", "/run import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')\nprint(end='four')"
    )
    assert code(reply) == "one\n! two\nthree\nfour"
    assert "`!` were written to stderr" in text(reply)
    streams = [(piece["stream"], piece["text"]) for piece in reply.data["output"]]
    assert streams == [("stdout", "one\n"), ("stderr", "two\n"), ("stdout", "three\nfour")]
    assert reply.data["stdout"] == "one\nthree\nfour"


async def test_every_name_is_shown_with_dtype_shape_device_and_line(group: Conversation) -> None:
    reply = await group.says("alice", "/run x = torch.randn(4, 3)\nn = 3\nnet = nn.Linear(n, 2)\ny = net(x).double()")
    assert table(reply, "name") == (
        ("x", "float32", "(4, 3)", "cpu", "1"),
        ("net", "Linear, 8 parameters", "", "cpu", "3"),
        ("y", "float64", "(4, 2)", "cpu", "4"),
    )
    trace = {row["name"]: row for row in reply.data["trace"]}
    assert trace["y"]["shape"] == [4, 2]
    assert trace["y"]["dtype"] == "float64"
    assert trace["n"]["kind"] == "int"
    more = await group.presses("bob", "Details", reply)
    assert more.private, "a long table is for the one who asked for it"
    assert "n" in [row[0] for row in table(more, "name")]


async def test_a_failure_shows_the_line_the_operands_torchs_words_and_what_they_mean(group: Conversation) -> None:
    reply = await group.says(
        "bob", "/run print('first')\nx = torch.randn(32, 4096)\ny = nn.Linear(512, 10)(x)\ny.sum()"
    )
    assert reply.fault is not None
    assert reply.fault.kind == "user_error"
    assert reply.private, "a mistake is seen by the one who made it"
    assert "Line 3 failed" in text(reply)
    shown = code(reply)
    assert "> 3 | y = nn.Linear(512, 10)(x)" in shown
    assert "mat1 and mat2 shapes cannot be multiplied (32x4096 and 512x10)" in shown
    assert "first" in shown, "what came before the failure is not lost"
    assert ("x", "float32", "(32, 4096)", "cpu") in table(reply, "in that line")
    assert "512" in text(reply), "what it means, in words"
    assert reply.data["status"] == "user_error"
    assert reply.data["error"]["line"] == 3
    assert reply.data["stdout"] == "first\n"


async def test_the_way_into_a_failure_is_behind_a_button(group: Conversation) -> None:
    reply = await group.says("bob", "/run def f(a):\n    return a @ a\n\nf(torch.ones(2, 3))")
    more = await group.presses("bob", "Details", reply)
    assert "line 4, in the code" in code(more)
    assert "line 2, in f: return a @ a" in code(more)


async def test_a_slip_is_marked_where_python_found_it(group: Conversation) -> None:
    reply = await group.says("bob", "/run x = 1\ny = (x +\nz = 3")
    assert reply.fault is not None
    assert "SyntaxError" in code(reply)
    assert "^" in code(reply)


@pytest.mark.parametrize(
    ("typed", "status", "limit", "says"),
    [
        ("while True: pass", "timeout", ("wall", 1.0, "s"), "still running after 1 s"),
        ("print('a' * 10 ** 6)", "output_limit", ("output", 64, "kB"), "more than 64 kB"),
        ("torch.empty(10 ** 10)", "memory", ("memory", 1024, "MB"), "the 1024 MB"),
        ("import os; os._exit(3)", "killed", None, "status 3"),
        ("raise SystemExit(3)", "user_error", None, "failed"),
    ],
)
async def test_what_ends_badly_says_why_and_its_data_is_complete(
    group: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    status: str,
    limit: tuple[str, float, str] | None,
    says: str,
) -> None:
    settings = group.core.settings
    quick = settings.sandbox.jail.model_copy(update={"wall_s": 1.0})
    sandbox = settings.sandbox.model_copy(update={"jail": quick})
    monkeypatch.setattr(group.core, "settings", settings.model_copy(update={"sandbox": sandbox}))
    reply = await group.says("eve", f"/run {typed}")
    assert reply.fault is not None
    assert reply.fault.kind == reply.data["status"] == status
    assert reply.private
    assert says in text(reply)
    named = reply.data["limit"]
    assert (None if named is None else (named["name"], named["value"], named["unit"])) == limit
    assert set(reply.data) >= {"output", "stdout", "value", "trace", "calls", "pictures", "elapsed_ms", "device"}
    assert "Edit and run again" in labels(reply)


async def test_long_output_is_cut_in_the_middle_and_whole_in_a_file(group: Conversation) -> None:
    reply = await group.says("alice", "/run for i in range(5000): print(i)")
    shown = code(reply).splitlines()
    assert shown[0] == "0"
    assert shown[-1] == "4999"
    assert len(shown) < 40
    assert any("left out" in line for line in shown)
    (file,) = (part for part in reply.parts if isinstance(part, File))
    assert file.data.decode().splitlines() == [str(number) for number in range(5000)]


async def test_one_endless_line_is_cut_too(group: Conversation) -> None:
    reply = await group.says("alice", "/run print('x' * 50_000)")
    assert len(code(reply)) < 2_000
    assert [len(part.data) for part in reply.parts if isinstance(part, File)] == [50_000]


async def test_a_long_value_is_whole_in_a_file_too(group: Conversation) -> None:
    reply = await group.says("alice", "/run [torch.ones(2)] * 300")
    (file,) = (part for part in reply.parts if isinstance(part, File))
    assert file.data.decode() == reply.data["value"]
    assert len(code(reply)) < 2_000


async def test_a_layer_without_a_batch_says_nothing_on_stderr(group: Conversation) -> None:
    reply = await group.says("alice", "/run nn.Conv2d(3, 4, 3)(torch.randn(1, 3, 10, 10)).shape")
    assert reply.data["output"] == []


async def test_show_draws_a_picture_with_words_for_who_cannot_see_it(group: Conversation) -> None:
    reply = await group.says("alice", "/run show(torch.arange(6.0).reshape(2, 3), 'steps')")
    (picture,) = (part for part in reply.parts if isinstance(part, Picture))
    assert picture.data.startswith(b"\x89PNG")
    assert picture.alt
    (described,) = reply.data["pictures"]
    assert described["of"] == [2, 3]
    assert described["png"]
    assert "values" not in described, "the raw numbers stay behind"


async def test_what_is_printed_neither_formats_nor_drives_anything(group: Conversation) -> None:
    hostile = "@everyone <!channel> **bold** <b> \x1b[31m \x1b]0;title\x07 \u202eback ``` \x00"
    reply = await group.says("eve", f"/run print({hostile!r})")
    blocks = [part.code for part in reply.parts if isinstance(part, Code)]
    assert any("@everyone <!channel> **bold** <b> \\e[31m" in block for block in blocks)
    assert not any(mark in plain(reply) for mark in ("\x1b", "\x07", "\u202e", "\x00"))
    assert "@everyone" not in text(reply), "what people print stands in fixed width alone"
    assert reply.data["stdout"] == hostile + "\n", "programs get it to the letter"


async def test_hostile_words_of_an_error_stand_in_fixed_width(group: Conversation) -> None:
    reply = await group.says("eve", "/run raise ValueError('@everyone \\x1b[2J `x`')")
    assert "@everyone \\e[2J" in code(reply)
    assert "@everyone" not in text(reply)


async def test_a_run_that_shows_nothing_says_how_to_see_something(group: Conversation) -> None:
    assert "print(total)" in text(await group.says("alice", "/run total = 3"))
    defined = await group.says("alice", "/run class Net(nn.Module):\n    pass")
    assert "net = Net()" in text(defined)


async def test_without_code_a_form_opens_and_runs_what_is_sent(group: Conversation) -> None:
    for typed in ("/run", "/run   ", "/run ```python\n```"):
        reply = await group.says("alice", typed)
        form = the_form(reply)
        (field,) = form.fields
        assert field.multiline
    sent = await group.submits("alice", form.action, code="x = 2\nx * 21")
    assert sent.data["value"] == "42"
    assert "x = 2\nx * 21" in code(sent), "who did not see it being typed sees the code"


async def test_too_much_code_is_refused_with_the_figure(group: Conversation) -> None:
    reply = await group.says("alice", "/run", code="x = 1\n" * 10_000)
    assert reply.fault is not None
    assert "60,000 characters" in text(reply)


async def test_timings_are_printed_and_given_as_figures(group: Conversation) -> None:
    reply = await group.says("alice", "/run %timeit -n 3 -r 3 math.sqrt(2)")
    assert "per loop" in code(reply)
    (timing,) = reply.data["timings"]
    assert timing["median_s"] > 0


async def test_every_example_of_the_help_does_what_it_says(group: Conversation) -> None:
    command = group.core.dispatcher.named("run")
    assert command is not None
    replies: list[Reply] = [await group.says("alice", example.text) for example in command.examples]
    assert [reply.fault is not None for reply in replies] == [example.fails for example in command.examples]
    assert any(isinstance(part, Picture) for reply in replies for part in reply.parts)
    assert all(reply.data["torch"] for reply in replies)
