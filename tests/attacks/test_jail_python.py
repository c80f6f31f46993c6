"""What code can do to its own Python and to whoever runs it there: at worst its own answer suffers, in time."""

from __future__ import annotations

import json

import pytest

from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.jail_lab import hit, output, run, sound

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Each still gives the value of its last line.
HARMLESS = {
    "something for the end": "import atexit; atexit.register(print, 'late'); atexit.register(os._exit, 3); 5",
    "an object that does not want to go": """
class Kept:
    def __del__(self):
        while True: pass
import builtins; builtins.kept = Kept(); 5""",
    "modules replaced": """
import types
for name in list(sys.modules):
    if name.startswith('sandbox') or name in ('json', 'os', 'signal'): sys.modules[name] = types.ModuleType(name)
5""",
    "no modules": "sys.modules.clear(); 5",
    "no importers": "sys.meta_path.clear(); sys.path_hooks.clear(); sys.path.clear(); 5",
    "a tracer that leaves": "def trace(*a): raise SystemExit\nsys.setprofile(None); threading.settrace(trace); 5",
    "the collector let loose": """
import gc, io
gc.set_threshold(1)
for each in gc.get_objects():
    if isinstance(each, io.IOBase): each.close()
5""",
    "lying clocks": "time.perf_counter = time.monotonic = time.time = lambda: -1e99\n5",
    "no environment": "os.environ.clear(); 5",
    "hooks": "sys.excepthook = sys.displayhook = sys.unraisablehook = lambda *a: os._exit(4)\n5",
    "a poisoned watcher": "import builtins\nbuiltins.__stride_keep__ = lambda number, value: value\nlen('12345')",
    "names that break a table": "exec('x' * 100_000 + ' = 1'); globals().update({'\\x1b[2J\\n@everyone|`': 1}); 5",
    "threads behind its back": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); 5",
    "a hundred thousand assignments": "for number in range(100_000): x = number\n5",
    "more pictures than are shown": "for _ in range(9): show(torch.rand(3, 300, 300))\n5",
}


@pytest.mark.parametrize("code", list(HARMLESS.values()), ids=list(HARMLESS))
async def test_code_that_upsets_its_own_python_still_gets_its_value(pool: Pool, code: str) -> None:
    result = await run(pool, code)
    assert (result.status, result.value["value"]) == (Status.OK, "5"), result
    await sound(pool)


ENDS = {
    "its channel replaced": "os.dup2(os.open('/dev/null', os.O_WRONLY), 3); 5",
    "its channel shut": "socket.socket(fileno=os.dup(3)).shutdown(2); 5",
    "an alarm that ends it": "signal.signal(14, signal.SIG_DFL); signal.setitimer(0, 0.01)\nwhile True: pass",
    "a dump that ends it": "import faulthandler; faulthandler.dump_traceback_later(0.05, exit=True); time.sleep(60)",
    "None overwritten": "ctypes.memset(id(None), 0, 16); 5",
    "a jump to nowhere": "ctypes.CDLL(None).longjmp(0, 1)",
    "its main thread ended": "ctypes.CDLL(None).pthread_exit(0)",
    "its interpreter ended": "ctypes.pythonapi.Py_FinalizeEx(); 5",
    "the lock given away": "ctypes.pythonapi.PyEval_SaveThread(); 5",
    "C's own exit": "ctypes.CDLL(None).exit(3)",
    "code of its own making": """
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes([0x0F, 0x0B]) * 100)
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()""",
    "more threads than there may be": "torch.set_num_threads(1000); torch.randn(900, 900) @ torch.randn(900, 900)",
}


@pytest.mark.parametrize("code", list(ENDS.values()), ids=list(ENDS))
async def test_code_that_ends_its_own_process_is_told_so(pool: Pool, code: str) -> None:
    result = await run(pool, "print('early')\n" + code)
    assert result.status is Status.KILLED, result
    assert result.error
    assert output(result).startswith("early\n")
    await sound(pool)


async def test_threads_of_a_library_that_end_it_are_named(pool: Pool) -> None:
    result = await run(pool, "torch.set_num_threads(1000); torch.randn(900, 900) @ torch.randn(900, 900)")
    assert hit(result) == "threads"


BOMBS = {
    "a text of a gigabyte": ("class A:\n  def __repr__(self): return 'x' * (1 << 30)\nA()", Status.MEMORY),
    "a width": ("'%2000000000d' % 1", Status.MEMORY),
    "another width": ("format(1, '>9999999999')", Status.MEMORY),
    "a constant": ("(1,) * (1 << 33)", Status.MEMORY),
    "what unpacks": (
        "import zlib; d = zlib.compress(bytes(10**7)); [zlib.decompress(d) for _ in range(200)]",
        Status.MEMORY,
    ),
    "a list in a list": ("x = []\nfor _ in range(10**5): x = [x]\nx", Status.USER_ERROR),
    "a repr of itself": ("class A:\n  def __repr__(self): return repr(self)\nA()", Status.USER_ERROR),
    "digits": ("10 ** 10**6", Status.USER_ERROR),
    "a compiler's stack": ("compile('1' + '+1' * 10**5, 'x', 'eval')", Status.USER_ERROR),
    "a parser's stack": ("import ast; ast.literal_eval('(' * 10**5 + ')' * 10**5)", Status.USER_ERROR),
    "a parser's memory": ("import ast; ast.literal_eval('-' * 10**5 + '1')", Status.MEMORY),
    "causes of causes": (
        "e = None\nfor i in range(10**4):\n  n = ValueError(i); n.__cause__ = e; e = n\nraise e",
        Status.USER_ERROR,
    ),
    "a group of errors": ("raise ExceptionGroup('x' * 10**6, [ValueError()] * 10**4)", Status.USER_ERROR),
    "an error that cannot be told": (
        "class E(Exception):\n  def __str__(self): raise self\nraise E",
        Status.USER_ERROR,
    ),
    "marks over marks": ("print('e' + '\\u0301' * 10**5)", Status.OUTPUT_LIMIT),
    "wide letters": ("print('\\ufdfd\\u202e\\U0001f469\\u200d' * 10**5)", Status.OUTPUT_LIMIT),
    "an audit of everything": ("sys.addaudithook(lambda *a: 1 / 0); 5", Status.USER_ERROR),
    "a tensor that lies": (
        "class T(torch.Tensor):\n  shape = property(lambda s: (1 << 70, 'x', None))\ntorch.ones(3).as_subclass(T)",
        Status.USER_ERROR,
    ),
    "a program that exits": ("sys.exit('@everyone')", Status.USER_ERROR),
    "an exit of a generator": ("raise GeneratorExit", Status.USER_ERROR),
    "what Ctrl-C raises": ("raise KeyboardInterrupt", Status.USER_ERROR),
}


@pytest.mark.parametrize(("code", "expected"), list(BOMBS.values()), ids=list(BOMBS))
async def test_a_bomb_is_an_answer(pool: Pool, code: str, expected: Status) -> None:
    result = await run(pool, code)
    assert result.status is expected, result
    assert len(json.dumps(result.value)) < 200_000
    await sound(pool)


ENDLESS = {
    "a shape without end": """
class Shape(tuple):
    def __iter__(self):
        while True: yield 1
class T(torch.Tensor):
    shape = property(lambda self: Shape((1,)))
torch.ones(3).as_subclass(T)""",
    "digits that are asked for": "sys.set_int_max_str_digits(0); 7 ** 10**7",
    "a pattern": "import re; re.match('(a|a)*$', 'a' * 40 + 'b')",
    "asyncio": """
import asyncio
async def stay():
    try: await asyncio.sleep(99)
    finally: await asyncio.sleep(99)
asyncio.run(stay())""",
    "layers without end": "layer = nn.Linear(1, 1)\nwhile True: layer(torch.ones(1, 1))",
    "pictures without end": "while True: show(torch.rand(64, 64))",
    "its own interruption": """
import _thread
while True:
    try: _thread.interrupt_main(); time.sleep(9)
    except KeyboardInterrupt: pass""",
}


@pytest.mark.parametrize("code", list(ENDLESS.values()), ids=list(ENDLESS))
async def test_what_does_not_end_is_told_so_and_costs_no_jail(pool: Pool, code: str) -> None:
    before = set(pool.processes())
    result = await run(pool, code, wall_s=1)
    assert (result.status, hit(result)) == (Status.TIMEOUT, "wall"), result
    await sound(pool)
    assert before & set(pool.processes()), "the jail is not the one to blame"


STUBBORN = {
    "no alarm": "signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
    "another alarm": "signal.signal(signal.SIGALRM, lambda *a: None)\nwhile True: pass",
    "a storm of alarms": "signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)\nwhile True: pass",
    "no signals at all": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
    "every signal handled": """
for number in range(1, 65):
    try: signal.signal(number, lambda *a: None)
    except (OSError, ValueError): pass
os.read(3, 1)""",
    "a thread that overflows": """
def f(): return f()
sys.setrecursionlimit(10**6); threading.stack_size(32768)
thread = threading.Thread(target=f); thread.start(); signal.setitimer(0, 0); time.sleep(60)""",
}


@pytest.mark.long
@pytest.mark.parametrize("code", list(STUBBORN.values()), ids=list(STUBBORN))
async def test_code_that_listens_to_nobody_is_ended_from_outside(pool: Pool, code: str) -> None:
    result = await run(pool, code, wall_s=1)
    assert result.status in {Status.TIMEOUT, Status.KILLED}, result
    await sound(pool)


async def test_code_that_walks_up_to_its_engine_changes_its_own_answer_at_most(pool: Pool) -> None:
    """It shares a process with what answers for it: it may say of itself what it likes, and of nothing else."""
    code = """
frame = sys._getframe()
while frame:
    for each in list(frame.f_locals.values()):
        if type(each).__name__ == '_Run':
            each._verdict = lambda: ('timeout', {'name': 'cpu', 'value': 1 << 40, 'unit': 'years'})
    frame = frame.f_back
5"""
    result = await run(pool, code, cpu_s=3)
    assert (result.status, result.limit) == (Status.TIMEOUT, {"name": "cpu", "value": 3, "unit": "s"}), result
    finished = """
frame = sys._getframe()
while frame:
    if 'finish' in frame.f_locals:
        frame.f_locals['finish']({'status': 'ok', 'value': {'value': 'of its own making'}, 'limit': None})
    frame = frame.f_back
"""
    assert (await run(pool, finished)).value["value"] == "of its own making"
    await sound(pool)


async def test_a_job_cannot_say_that_no_worker_was_there(pool: Pool) -> None:
    """Whoever reads that would have it done once more, by another."""
    answer = json.dumps({"v": 1, "status": "unavailable", "value": None, "error": "", "limit": ""})
    result = await run(pool, f"os.write(3, {answer!r}.encode() + b'\\n'); time.sleep(60)")
    assert result.status is Status.KILLED, result


async def test_an_answer_of_a_million_parts_is_not_read(pool: Pool) -> None:
    code = """
answer = b'{"v":1,"status":"ok","value":{' + b','.join(b'"%x":1' % n for n in range(300_000)) + b'}}\\n'
channel = socket.socket(fileno=3); channel.setblocking(True); channel.sendall(answer); time.sleep(60)"""
    result = await run(pool, code)
    assert (result.status, "too many parts" in result.error) == (Status.KILLED, True), result
    await sound(pool)
