"""Whatever a snippet does to its own process, an answer comes back, in time and within its bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.jobs.conftest import Host

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('x' * 100)",
        "print('x' * 10**8)",
        "import sys\nwhile True: print('x', file=sys.stderr)",
        "import os\nwhile True: os.write(1, b'x' * 1000)",
        "import os\nos.write(2, b'x' * 200_000)",
        "import ctypes\nlibc = ctypes.CDLL(None)\nfor _ in range(10**5): libc.puts(b'xxxxxxxxxx')\nprint('end')",
        "while True:\n    try: print('x' * 1000)\n    except BaseException: pass",
        "class A:\n    def __repr__(self):\n        while True: print('x' * 999)\nA()",
        "import threading\ndef loud():\n    while True: print('x' * 1000)\nthreading.Thread(target=loud).start()",
        "print('\\ud800' * 30_000)",
        "print('\\U0001F600' * 30_000)",
    ],
)
def test_endless_output_is_stopped_at_its_limit(host: Host, code: str) -> None:
    ran = host.run(code, output_kb=64)
    assert ran.status == "output_limit"
    assert ran.limit == {"name": "output", "value": 64, "unit": "kB"}
    assert ran.value["truncated"]
    written = "".join(piece["text"] for piece in ran.value["output"])
    assert 64 * 1024 - 4 <= len(written.encode()) <= 64 * 1024
    assert "".join(text for _, text in ran.emitted) == written


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "while True:\n    try: pass\n    except BaseException: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "class A:\n    def __repr__(self):\n        while True: pass\nA()",
        "def f():\n    try:\n        while True: pass\n    finally:\n        while True: pass\nf()",
        "import threading\nthreading.Event().wait()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
        "%timeit __import__('time').sleep(60)",
        "x = torch.randn(100, 100)\nwhile True: x = x @ x",
        (
            "class M(type):\n    def __instancecheck__(c, x):\n        while True: pass\n"
            "    def __repr__(c):\n        while True: pass\nclass A(metaclass=M): pass\nA"
        ),
    ],
)
def test_what_does_not_end_is_answered_when_its_time_is_up(host: Host, code: str) -> None:
    ran = host.run("print('begun')\n" + code, wall_s=1.0)
    assert (ran.status, ran.limit) == ("timeout", {"name": "wall", "value": 1.0, "unit": "s"})
    assert ran.stdout == "begun\n"
    assert ran.error["type"] == "TimeLimit"
    assert ran.error["line"] or "args=(60,)" in code, "where it was is told, if it was anywhere"


@pytest.mark.parametrize(
    "code",
    [
        (
            "import builtins\nfor name in list(vars(builtins)):\n"
            "    if not name.startswith('__'): setattr(builtins, name, None)"
        ),
        "import builtins\nvars(builtins).clear()",
        (
            "import builtins\n"
            "builtins.isinstance = builtins.len = builtins.type = lambda *_: (_ for _ in ()).throw(SystemExit)"
        ),
        "import sys\nsys.setrecursionlimit(50)\ndef f(): f()\nf()",
        "import sys\nsys.settrace(lambda *_: 1 / 0)\nx = 1\nundefined",
        "import sys\nsys.setprofile(lambda *_: 1 / 0)",
        "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None\nprint('lost')\n1 / 0",
        "import sys\nsys.stdout.close(); print('kept')",
        "import sys\nsys.modules.clear()",
        "import os\nos.close(1); os.close(2)\nprint('still')",
        "torch.Tensor.__repr__ = torch.Tensor.shape = torch.Tensor.dtype = None\ntorch.ones(3)",
        "torch.Tensor.shape = property(lambda self: 1 / 0)\nx = torch.ones(3)\nx + torch.ones(4)",
        "nn.Module.__call__ = None\nx = nn.Linear(2, 3)\nx(1)",
        "nn.Module.parameters = lambda self: 1 / 0\nx = nn.Linear(2, 3)",
        "torch.isnan = torch.aminmax = torch.no_grad = None\ntorch.ones(30)",
        "import json\njson.JSONEncoder.encode = json.JSONEncoder.iterencode = json.dumps = None",
        (
            "import ast, warnings, linecache\nast.parse = ast.walk = warnings.catch_warnings = None\n"
            "linecache.cache = None\n1 / 0"
        ),
        "import threading\nthreading.active_count = threading.enumerate = None",
        "import signal\nsignal.signal = signal.setitimer = None",
        "import gc\nfor thing in gc.get_objects():\n    if type(thing) is dict and 'trace' in thing: thing.clear()",
        (
            "import sys\nframe = sys._getframe()\nwhile frame.f_back:\n    frame = frame.f_back\n"
            "    for name in list(frame.f_locals): pass"
        ),
        (
            "import sys\nself = sys._getframe(1).f_locals.get('self')\n"
            "for name in ('_trace', '_output', '_gallery', '_timings', '_started'):\n"
            "    setattr(self, name, None)"
        ),
        "del show, torch, nn\n__builtins__.clear() if isinstance(__builtins__, dict) else None",
        (
            "import re\nre.compile = re.Pattern = None\n"
            "raise RuntimeError('mat1 and mat2 shapes cannot be multiplied (7x4 and 5x2)')"
        ),
    ],
)
def test_a_process_that_is_wrecked_from_within_still_answers(host: Host, code: str) -> None:
    ran = host.run(code)
    assert ran.status in {"ok", "user_error"}
    assert set(ran.value) == {"output", "value", "about", "trace", "calls", "pictures", "timings", "error", "truncated"}


@pytest.mark.parametrize(
    "code",
    [
        "class E(Exception):\n    def __str__(self): raise self\nraise E",
        "class E(Exception):\n    def __str__(self): return 7\nraise E",
        "class E(BaseException):\n    def __str__(self): raise SystemExit\nraise E",
        "class E(Exception):\n    def __str__(self): return 'x' * 10**8\nraise E",
        "class M(type):\n    __name__ = property(lambda c: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E",
        (
            "class S(str):\n    def __getitem__(self, i): raise ValueError\n"
            "    def encode(self, *_): return 7\nclass A:\n    def __repr__(self): return S('fine')\n"
            "A()"
        ),
        (
            "class T(torch.Tensor):\n    @classmethod\n"
            "    def __torch_function__(cls, *a, **k): raise ValueError('no')\n"
            "x = torch.ones(3).as_subclass(T)"
        ),
        "class A:\n    __class__ = property(lambda self: 1 / 0)\nx = A()\n[x]",
        "class A:\n    def __getattribute__(self, name): raise SystemExit\nx = A()\nx = 3",
        (
            "class A(nn.Module):\n    def extra_repr(self): raise SystemExit('sly')\n"
            "    def forward(self, x): return x\nA()(1)"
        ),
        (
            "class A(nn.Module):\n"
            "    def forward(self, x): return {'a': [x, (x, None)], 'self': self}\n"
            "x = A()(torch.ones(2))"
        ),
        "class E(Exception): pass\ne = E(); e.__traceback__ = None\nraise e",
        "raise type('x' * 10**6, (Exception,), {})",
        "x = 10**10000\nx @ 3",
        "raise ValueError('\\ud800\\x1b[2J\\x00')",
    ],
)
def test_values_that_lie_about_themselves_do_not_escape(host: Host, code: str) -> None:
    ran = host.run(code)
    assert ran.status in {"ok", "user_error"}
    assert len(json.dumps(ran.value)) < 50_000


def test_a_value_never_grows_beyond_its_bytes(host: Host) -> None:
    code = (
        "for i in range(4): show(torch.rand(3, 224, 224))\n"
        "for i in range(300): exec(f'x{i} = torch.ones({i})')\nprint('\\x00' * 60_000)\n'y' * 9999"
    )
    ran = host.run(code, most_bytes=100_000)
    assert len(json.dumps(ran.value, separators=(",", ":"))) <= 100_000
    assert ran.value["truncated"]
    assert ran.value["pictures"] == []


def test_thousands_of_names_and_layers_are_bounded(host: Host) -> None:
    code = "\n".join(f"x{i} = nn.Linear(1, 1); x{i}(torch.ones({i}, 1))" for i in range(600))
    ran = host.run(code)
    assert ran.status == "ok"
    assert (len(ran.value["trace"]), len(ran.value["calls"])) == (200, 100)
    assert ran.value["truncated"]


@pytest.mark.parametrize(
    "code",
    [
        "(" * 5000,
        "-" * 30_000 + "1",
        "[" * 90 + "]" * 90,
        "x = " + "1 + " * 20_000 + "1",
        "a" * 60_000,
        "f(" * 150 + ")" * 150,
    ],
)
def test_a_deep_or_long_snippet_is_answered(host: Host, code: str) -> None:
    assert host.run(code).status in {"ok", "user_error", "memory"}


def test_escapes_and_nul_bytes_are_kept_as_data(host: Host) -> None:
    assert host.run("print('\\x1b[31mred\\x1b[0m\\x00@everyone', end='')").stdout == "\x1b[31mred\x1b[0m\x00@everyone"
