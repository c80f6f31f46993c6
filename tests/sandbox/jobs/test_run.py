"""A snippet is run, and what it wrote, gave, made and called is told."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.jobs.conftest import Host


def test_the_last_expression_is_shown_as_at_a_prompt(host: Host) -> None:
    assert host.run("nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100)).shape").shown == "torch.Size([32, 16, 98])"
    assert host.run("x = 3\nx * 2").shown == "6"
    assert host.run("'a' + 'b'").shown == "'ab'"
    assert host.run("[1, {'a': (2,)}, {3}, set()]").shown == "[1, {'a': (2,)}, {3}, set()]"
    assert host.run("torch.tensor([1, 2])").shown == "tensor([1, 2])"


@pytest.mark.parametrize(
    "code", ["", "\n\n", "# nothing", "x = 3", "None", "x = 3\nx;", "for i in range(2): i", "def f(): pass"]
)
def test_what_is_no_value_is_not_shown(host: Host, code: str) -> None:
    ran = host.run(code)
    assert ran.status == "ok"
    assert ran.value["value"] is None


def test_a_tensor_is_summarised_before_its_numbers(host: Host) -> None:
    ran = host.run("torch.arange(200.).view(10, 20)")
    head, *rest = ran.shown.splitlines()
    assert head == "float32 (10, 20): min 0, mean 99.5, max 199, std 57.73"
    assert rest[0].startswith("tensor([[")
    about = ran.value["about"]
    assert (about["dtype"], about["shape"], about["min"], about["max"], about["nan"]) == (
        "float32",
        [10, 20],
        0,
        199,
        0,
    )


def test_what_is_no_number_is_counted_and_kept_out_of_the_mean(host: Host) -> None:
    ran = host.run("x = torch.ones(20); x[3] = float('nan'); x[4] = float('inf'); x")
    assert ran.shown.startswith("float32 (20,): min 1, mean inf, max inf, std nan, 1 nan, 1 inf")
    assert ran.value["about"]["max"] == "inf"


@pytest.mark.parametrize(
    "code",
    [
        "torch.empty(0, 3)",
        "torch.tensor(3)",
        "torch.ones(30, dtype=torch.bool)",
        "torch.ones(30, dtype=torch.complex64)",
        "torch.ones(30, dtype=torch.bfloat16)",
        "torch.ones(30, dtype=torch.uint8)",
        "torch.full((30,), float('nan'))",
        "torch.ones(3, 20, device='meta')",
        "torch.eye(20).to_sparse()",
        "torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])",
        "torch.quantize_per_tensor(torch.ones(20), 0.1, 0, torch.qint8)",
        "torch.ones(2, 2, 2, 2, 2, 2, 2, 2)",
        "nn.Parameter(torch.ones(20))",
        "nn.LazyLinear(3)",
        "nn.UninitializedParameter() if hasattr(nn, 'UninitializedParameter') else nn.LazyLinear(3).weight",
        "torch.func.vmap(lambda x: x * 2)(torch.ones(20, 2))",
        "np.ones((3, 4))",
    ],
)
def test_every_kind_of_tensor_can_be_shown(host: Host, code: str) -> None:
    ran = host.run(f"x = {code}\nx")
    assert ran.status == "ok", ran.error
    assert ran.value["value"]
    assert ran.value["trace"][0]["name"] == "x"


def test_long_values_are_cut(host: Host) -> None:
    for code in (
        "'x' * 10**7",
        "list(range(10**6))",
        "torch.randn(9, 9, 9, 9, 9)",
        "[[[[[0] * 99] * 99] * 99] * 99] * 99",
    ):
        assert 500 < len(host.run(code).shown) <= 8000, code


def test_large_tensors_within_a_list_are_told_by_their_shape(host: Host) -> None:
    assert host.run("[torch.ones(3, 500), {'a': torch.ones(2)}]").shown == (
        "[tensor(float32 (3, 500)), {'a': tensor([1., 1.])}]"
    )


def test_both_streams_come_in_the_order_in_which_they_were_written(host: Host) -> None:
    ran = host.run(
        "import os, sys, ctypes\n"
        "print('one')\nprint('two', file=sys.stderr)\nos.write(1, b'three\\n')\nprint('four')\n"
        "sys.stdout.buffer.write(b'five\\n')\nos.write(2, b'six\\n'); print('', end='')\n"
        "libc = ctypes.CDLL(None); libc.puts(b'seven'); libc.fflush(None)\nprint('eight', end='')"
    )
    told = [(piece["stream"], piece["text"]) for piece in ran.value["output"]]
    assert told == [
        ("stdout", "one\n"),
        ("stderr", "two\n"),
        ("stdout", "three\nfour\nfive\n"),
        ("stderr", "six\n"),
        ("stdout", "seven\neight"),
    ]
    assert "".join(text for _, text in ran.emitted) == "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight"


def test_a_thread_s_words_are_waited_for(host: Host) -> None:
    ran = host.run("import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.05), print('late'))).start()")
    assert ran.stdout == "late\n"
    ran = host.run("import threading\nthreading.Thread(target=lambda: 1 / 0).start()")
    assert ran.stderr == "ZeroDivisionError in a thread: division by zero\n"


def test_a_warning_comes_without_the_path_it_came_from(host: Host) -> None:
    ran = host.run("nn.MSELoss()(torch.ones(3, 1), torch.ones(3))\nx = 1\nx is 1")
    assert ran.stderr.startswith('SyntaxWarning: "is" with')
    assert "UserWarning: Using a target size (torch.Size([3]))" in ran.stderr
    assert "/" not in ran.stderr.replace("n/a", "")


def test_every_name_is_traced_with_line_dtype_and_shape(host: Host) -> None:
    ran = host.run(
        "x = torch.randn(32, 3, 100)\n"
        "y = nn.Conv1d(3, 16, 3)(x)\n"
        "a, (b, *c) = torch.ones(2), (torch.ones(3).long(), 1, 2)\n"
        "y += 1\n"
        "n: int = 5\n"
        "for row in torch.ones(4, 7):\n"
        "    row = row[:3]\n"
        "if (w := torch.ones(1)) > 0:\n"
        "    pass\n"
        "with torch.no_grad() as g, open('/dev/null') as f:\n"
        "    net = nn.Linear(3, 4)\n"
        "net.weight.grad = torch.ones(4, 3)\n"
    )
    assert ran.status == "ok", ran.error
    assert ran.made("x") == [(1, "float32", (32, 3, 100))]
    assert ran.made("y") == [(2, "float32", (32, 16, 98)), (4, "float32", (32, 16, 98))]
    assert ran.made("a") == [(3, "float32", (2,))]
    assert ran.made("b") == [(3, "int64", (3,))]
    assert ran.made("c") == [(3, None, None)]
    assert ran.made("n") == [(5, None, None)]
    assert ran.made("row") == [(6, "float32", (7,)), (7, "float32", (3,))]
    assert ran.made("w") == [(8, "float32", (1,))]
    assert ran.made("f") == [(10, None, None)]
    assert ran.made("net.weight.grad") == [(12, "float32", (4, 3))]
    (net,) = [row for row in ran.value["trace"] if row["name"] == "net"]
    assert (net["kind"], net["params"], net["dtype"], net["device"]) == ("Linear", 16, "float32", "cpu")
    (number,) = [row for row in ran.value["trace"] if row["name"] == "n"]
    assert (number["kind"], number["text"]) == ("int", "5")


def test_names_within_functions_and_classes_are_traced_too(host: Host) -> None:
    ran = host.run(
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.fc = nn.Linear(4, 2)\n"
        "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"
        "        '''Halve.'''\n"
        "        h = self.fc(x)\n"
        "        return h.relu()\n"
        "Net()(torch.ones(5, 4))\n"
        "Net.forward.__doc__, Net.forward.__annotations__['return'] is torch.Tensor"
    )
    assert ran.shown == "('Halve.', True)"
    assert ran.made("h") == [(7, "float32", (5, 2))]
    assert ran.made("self.fc") == [(4, "float32", None)]
    assert [(call["module"], call["line"], call["depth"]) for call in ran.value["calls"]] == [
        ("Net", 9, 0),
        ("Linear(in_features=4, out_features=2, bias=True)", 7, 1),
    ]


def test_a_loop_adds_a_row_only_where_something_changes(host: Host) -> None:
    ran = host.run("x = torch.ones(2)\nfor i in range(1000):\n    x = x[:1] if i else torch.ones(5)\n    y = x * i\n")
    assert ran.made("x") == [(1, "float32", (2,)), (3, "float32", (5,)), (3, "float32", (1,))]
    assert ran.made("i") == [(2, None, None)]
    ran = host.run("for i in range(50):\n    x = torch.ones(i)")
    assert len(ran.made("x")) == 8
    assert ran.value["truncated"]


def test_every_layer_is_told_with_what_went_in_and_came_out(host: Host) -> None:
    ran = host.run(
        "net = nn.Sequential(nn.Linear(3, 4), nn.ReLU())\nfor _ in range(3):\n"
        "    net(torch.ones(5, 3))\nnn.LSTM(3, 4)(torch.ones(2, 5, 3))[0].shape"
    )
    given = [
        (call["module"], [row["shape"] for row in call["inputs"]], [row["shape"] for row in call["outputs"]])
        for call in ran.value["calls"]
    ]
    assert given == [
        ("Sequential", [[5, 3]], [[5, 4]]),
        ("Linear(in_features=3, out_features=4, bias=True)", [[5, 3]], [[5, 4]]),
        ("ReLU()", [[5, 4]], [[5, 4]]),
        ("LSTM(3, 4)", [[2, 5, 3]], [[2, 5, 4], [1, 5, 4], [1, 5, 4]]),
    ]


def test_a_pasted_indented_snippet_runs(host: Host) -> None:
    assert host.run("    x = 2\n    x + 1\n").shown == "3"
    assert host.run("x = 2\r\nx + 2\r\n").shown == "4"


def test_it_finds_itself_to_be_the_main_module(host: Host) -> None:
    ran = host.run(
        "from __future__ import annotations\nimport sys, dataclasses, inspect, typing\n"
        "@dataclasses.dataclass\nclass Point:\n    x: torch.Tensor\n"
        "def f(): return 1\n"
        "hints = typing.get_type_hints(Point)\n"
        "(__name__, Point.__module__, hints['x'] is torch.Tensor, inspect.getsource(f), sys.argv)"
    )
    assert ran.shown == "('__main__', '__main__', True, 'def f(): return 1\\n', ['<run>'])"


def test_the_numbers_drawn_depend_on_the_seed_alone(host: Host) -> None:
    code = "import random; (torch.rand(1).item(), np.random.rand(), random.random())"
    first = host.run(code, seed=1).shown
    assert host.run(code, seed=1).shown == first
    assert host.run(code, seed=2).shown != first


def numbers(picture: dict[str, Any]) -> tuple[float, ...]:
    data = base64.b64decode(picture["values"])
    return struct.unpack(f"<{len(data) // 4}f", data)


def test_a_tensor_can_be_shown_as_a_picture(host: Host) -> None:
    ran = host.run(
        "show([[1, 2], [3, 4.5]], 'four')\nshow(torch.tensor([1, 2, 3]))\n"
        "show(torch.ones(1, 3, 4, 5))\nshow(np.zeros((6, 7, 3)))"
    )
    first, second, third, fourth = ran.value["pictures"]
    assert (first["kind"], first["shape"], first["title"], numbers(first)) == ("heat", [2, 2], "four", (1, 2, 3, 4.5))
    assert (first["low"], first["high"]) == (1, 4.5)
    assert (second["kind"], second["shape"], numbers(second)) == ("line", [3], (1, 2, 3))
    assert (third["kind"], third["shape"], third["of"]) == ("image", [4, 5, 3], [1, 3, 4, 5])
    assert (fourth["kind"], fourth["shape"], fourth["dtype"]) == ("image", [6, 7, 3], "float64")


def test_the_bytes_of_an_image_stay_bytes(host: Host) -> None:
    ran = host.run("show(torch.full((2, 2, 3), 200, dtype=torch.uint8))")
    (image,) = ran.value["pictures"]
    assert (image["dtype"], image["low"], image["high"], set(numbers(image))) == ("uint8", 200, 200, {200})


def test_pictures_are_bounded_in_size_and_number(host: Host) -> None:
    ran = host.run(
        "show(torch.rand(3000, 2))\nx = torch.zeros(10**6); x[77] = 9; show(x)\n"
        "show(torch.rand(3, 1000, 500))\nshow(torch.ones(1))\nshow(torch.ones(1))"
    )
    heat, line, image, last = ran.value["pictures"]
    assert heat["shape"] == [256, 2]
    assert line["shape"][0] <= 1024
    assert max(numbers(line)) == 9, "a spike is not lost"
    assert image["shape"] == [224, 112, 3]
    assert last["shape"] == [1]
    assert ran.value["truncated"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("show(torch.ones(5, 6, 7))", "show(x[0])"),
        ("show(torch.tensor(1.))", "1-D"),
        ("show(torch.ones(0, 4))", "nothing to draw"),
        ("show(torch.ones(3, device='meta'))", "meta"),
        ("show('cat')", "str"),
    ],
)
def test_what_has_no_picture_says_why(host: Host, code: str, words: str) -> None:
    ran = host.run(code)
    assert ran.status == "user_error"
    assert words in ran.error["message"]
    assert (ran.error["line"], ran.error["code"]) == (1, code)


def test_numbers_that_are_none_can_be_drawn(host: Host) -> None:
    ran = host.run("show(torch.tensor([[float('nan'), 1], [float('inf'), 0]]))\nshow(torch.full((3,), float('nan')))")
    assert ran.status == "ok"
    assert (ran.value["pictures"][0]["low"], ran.value["pictures"][1]["low"]) == (0, None)
