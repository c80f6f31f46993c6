"""When a snippet fails, the line is shown with the shape of every operand in it, and nothing is run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.jobs.conftest import Host


def test_the_failing_line_its_operands_torch_s_words_and_what_they_mean(host: Host) -> None:
    ran = host.run("a = torch.randn(3, 4)\nb = torch.randn(5, 6)\nprint('so far')\nc = a @ b\nprint('never')")
    assert ran.status == "user_error"
    assert ran.stdout == "so far\n"
    error = ran.error
    assert (error["type"], error["line"], error["column"], error["code"]) == ("RuntimeError", 4, 5, "c = a @ b")
    assert error["message"] == "mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)"
    assert "3 rows of 4" in error["means"]
    assert ran.operand("a") == ("float32", (3, 4))
    assert ran.operand("b") == ("float32", (5, 6))
    assert ran.made("a"), "what was made before is still told"


@pytest.mark.parametrize(
    ("code", "operands"),
    [
        ("torch.randn(3, 4) @ torch.randn(5, 6)", {"torch.randn(3, 4)": (3, 4), "torch.randn(5, 6)": (5, 6)}),
        ("x = torch.ones(2, 3)\nx.view(-1, 4)", {"x": (2, 3)}),
        ("x = torch.ones(2, 3)\n(x * 2).t().view(4, 4)", {"(x * 2).t()": (3, 2), "x": (2, 3)}),
        ("x = torch.ones(2, 3)\ntorch.cat([x, x.t()], 0)", {"x": (2, 3), "x.t()": (3, 2)}),
        ("x = torch.ones(2, 3)\nx += torch.ones(4)", {"x": (2, 3), "torch.ones(4)": (4,)}),
        ("x = torch.ones(2, 3)\nx[torch.tensor([7])]", {"x": (2, 3), "torch.tensor([7])": (1,)}),
        ("x = torch.ones(2, 3)\nx < torch.ones(4)", {"x": (2, 3), "torch.ones(4)": (4,)}),
        (
            "F.linear(torch.ones(2, 3), weight=torch.ones(5, 6))",
            {"torch.ones(2, 3)": (2, 3), "torch.ones(5, 6)": (5, 6)},
        ),
        ("[x @ x for x in [torch.ones(2, 3)]]", {"x": (2, 3)}),
        ("f = lambda q: q.mm(q)\nf(torch.ones(2, 3))", {"q": (2, 3)}),
        ("nn.Linear(3, 4)(torch.ones(2, 5))", {"torch.ones(2, 5)": (2, 5)}),
        ("n = nn.Linear(3, 4)\nx = torch.ones(2, 5)\ny = n(\n    x\n)", {"x": (2, 5)}),
        ("w = torch.ones(4, 3)\nx = torch.ones(2, 4)\nx @ w.T", {"x": (2, 4), "w.T": (3, 4), "w": (4, 3)}),
        ("for a, b in [(torch.ones(2), torch.ones(3))]:\n    a + b", {"a": (2,), "b": (3,)}),
        ("t = 'ä'; x = torch.ones(2); y = 'ö'; x @ torch.ones(3)", {"x": (2,), "torch.ones(3)": (3,)}),
    ],
)
def test_operands_without_a_name_are_told_too(host: Host, code: str, operands: dict[str, tuple[int, ...]]) -> None:
    ran = host.run(code)
    assert ran.status == "user_error"
    for name, shape in operands.items():
        assert ran.operand(name) == ("int64" if "tensor([7" in name else "float32", shape)


def test_numbers_and_sizes_in_the_line_are_told_by_their_value(host: Host) -> None:
    ran = host.run("x = torch.ones(2, 3)\nn = 4\nx.view(n, x.shape[0] * 3)")
    texts = {row["name"]: row.get("text") for row in ran.error["operands"]}
    assert texts == {"x": None, "n": "4", "x.shape[0] * 3": "6"}


def test_a_failure_within_a_model_is_told_where_the_snippet_says_it(host: Host) -> None:
    ran = host.run(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv1d(3, 8, 3)\n"
        "        self.fc = nn.Linear(10, 2)\n"
        "    def forward(self, x):\n        x = self.conv(x)\n        return self.fc(x)\n"
        "Net()(torch.ones(1, 3, 30))\n"
    )
    assert (ran.error["line"], ran.error["code"].strip()) == (8, "return self.fc(x)")
    assert [(step["line"], step["in"]) for step in ran.error["traceback"]] == [(9, None), (8, "forward")]
    assert ran.operand("x") == ("float32", (1, 8, 28))
    (layer,) = [row for row in ran.error["operands"] if row["name"] == "self.fc"]
    assert layer["kind"] == "Linear"
    assert ran.value["calls"][-1]["outputs"] is None


def test_the_layer_of_a_chain_that_failed_is_told_with_what_reached_it(host: Host) -> None:
    ran = host.run("net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(5, 2))\nnet(torch.ones(7, 3))")
    assert ran.operand("input of Linear(in_features=5, out_features=2, bias=True)") == ("float32", (7, 4))


def test_nothing_is_run_again_to_explain_a_failure(host: Host) -> None:
    ran = host.run(
        "class Sly:\n    @property\n    def x(self): print('looked'); return torch.ones(2)\n"
        "    def __getattr__(self, name): print('asked'); return 1\n"
        "def make(n): print('made', n); return torch.ones(n)\n"
        "s = Sly()\n(s.x + make(3), s.y)"
    )
    assert ran.stdout == "looked\nmade 3\n"
    assert ran.operand("s.x") == ("float32", (2,))
    assert ran.operand("make(3)") == ("float32", (3,))


@pytest.mark.parametrize(
    ("code", "line", "column", "words"),
    [
        ("x = 1\ndef f(:\n    pass", 2, 7, "invalid syntax"),
        ("x = (1,\n", 1, 5, "'(' was never closed"),
        ("if True:\nx 1", 2, 1, "expected an indented block"),
        ("return 3", 1, 1, "'return' outside function"),
        ("x = 'ä' +", 1, 10, "invalid syntax"),
        ("x = 1\n%timeit x +", 2, 12, "invalid syntax"),
        ("%timeit", 1, 1, "invalid syntax"),
        ("await f()", 1, 1, "'await' outside function"),
        ("a = 1\x00", None, None, "null bytes"),
    ],
)
def test_a_mistake_in_the_syntax_is_told_with_its_column(
    host: Host, code: str, line: int | None, column: int | None, words: str
) -> None:
    ran = host.run(code)
    assert ran.status == "user_error"
    assert ran.error["type"] == ("IndentationError" if "indented" in words else "SyntaxError")
    assert words in ran.error["message"]
    if line is not None:
        assert (ran.error["line"], ran.error["column"]) == (line, column)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("f = lambda: f(); f()", "RecursionError", "recursion"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "interrupted"),
        ("import sys; sys.exit('bye')", "SystemExit", "'bye'"),
        ("quit(3)", "SystemExit", "3"),
        ("raise MemoryError", "MemoryError", "memory"),
        ("{}['a']", "KeyError", "'a'"),
        ("undefined", "NameError", "'undefined'"),
        ("assert 1 == 2, 'no'", "AssertionError", "no"),
        ("input()", "EOFError", "EOF"),
        ("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])", "ExceptionGroup", "two"),
        ("raise GeneratorExit", "GeneratorExit", ""),
        ("exec('a b')", "SyntaxError", "invalid syntax"),
        ("import nothing_of_this_name", "ModuleNotFoundError", "nothing_of_this_name"),
    ],
)
def test_every_end_has_a_clear_value(host: Host, code: str, kind: str, words: str) -> None:
    ran = host.run(code)
    assert ran.status == ("memory" if kind == "MemoryError" else "user_error")
    assert ran.error["type"] == kind
    assert words in ran.error["message"]
    assert ran.error["line"] == len(code.splitlines())
    assert len(ran.error["traceback"]) <= 8


def test_leaving_in_peace_is_no_error(host: Host) -> None:
    for code in ("print('a')\nimport sys; sys.exit()", "print('a')\nexit(0)\nprint('b')"):
        ran = host.run(code)
        assert (ran.status, ran.stdout, ran.error) == ("ok", "a\n", None)


def test_memory_that_does_not_suffice_has_its_own_status(host: Host) -> None:
    for code in (
        "torch.empty(10**14)",
        "bytearray(10**14)",
        "np.ones(10**13)",
        "x = []\nwhile True:\n    x.append(torch.ones(10**8))",
    ):
        assert host.run(code).status == "memory", code


def test_an_error_in_what_the_value_says_of_itself_is_the_snippet_s_error(host: Host) -> None:
    ran = host.run("class A:\n    def __repr__(self): return 1 / 0\nA()")
    assert (ran.status, ran.error["type"], ran.error["line"]) == ("user_error", "ZeroDivisionError", 2)
