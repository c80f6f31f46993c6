"""Each limit of a job, run into on purpose: it is named, the next job is unharmed, the host has nothing of it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.host import MARK, nothing_of_an_attack
from tests.attacks.jail_lab import hit, open_pool, output, run, sound, until_ready
from tests.attacks.processes import gone, taken_megabytes

pytestmark = pytest.mark.asyncio(loop_scope="session")

MEMORY = {
    "the heap": "bytearray(1 << 30)",
    "a tensor": "torch.zeros(1 << 28)",
    "many tensors": "kept = []\nwhile True: kept.append(torch.ones(1 << 20))",
    "a list that grows": "kept = [0]\nwhile True: kept += kept",
    "a text that grows": "text = 'x'\nwhile True: text += text",
    "shared mappings": "kept = []\nwhile True: kept.append(mmap.mmap(-1, 64 << 20))",
    "private mappings": "kept = []\nwhile True: kept.append(mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | 32))",
    "a broadcast made whole": "torch.ones(1, 1 << 14).expand(1 << 14, -1).contiguous()",
    "a huge integer": "x = 1 << (1 << 33)",
}


@pytest.mark.parametrize("code", list(MEMORY.values()), ids=list(MEMORY))
async def test_memory_ends_at_its_limit_by_every_way(pool: Pool, code: str) -> None:
    result = await run(pool, code)
    assert (result.status, hit(result)) == (Status.MEMORY, "memory"), result
    assert result.limit == {"name": "memory", "value": 512, "unit": "MB"}
    assert all(taken_megabytes(pid) < 700 for pid in pool.processes())
    await sound(pool)


async def test_the_stacks_of_threads_count_as_memory(pool: Pool) -> None:
    code = "threading.stack_size(256 << 20)\nfor _ in range(10): threading.Thread(target=time.sleep, args=(9,)).start()"
    result = await run(pool, code)
    assert result.status in {Status.USER_ERROR, Status.MEMORY}
    await sound(pool)


async def test_threads_end_at_their_limit(pool: Pool) -> None:
    code = """
started = 0
try:
    while True:
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        started += 1
finally:
    print(started)
"""
    result = await run(pool, code, threads=20)
    assert (result.status, hit(result)) == (Status.USER_ERROR, "threads"), result
    assert 10 <= int(output(result)) <= 20
    await sound(pool)


HANGS = {
    "a loop": "while True: pass",
    "sleep": "time.sleep(60)",
    "C code that holds the GIL": "sum(range(10**12))",
    "a pattern that backtracks": "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    "signals ignored": "for n in (1, 2, 14, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    "stopping itself": "signal.raise_signal(signal.SIGSTOP); time.sleep(60)",
    "exceptions swallowed": "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    "a thread that stays": "threading.Thread(target=time.sleep, args=(60,)).start(); time.sleep(60)",
    "a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "its own input": "open(3, 'rb', closefd=False).read()",
}


# Each of these costs a jail, which takes seconds to replace.
_LONG = {"signals ignored", "its own input"}


@pytest.mark.parametrize(
    "code",
    [pytest.param(code, id=name, marks=[pytest.mark.long] if name in _LONG else []) for name, code in HANGS.items()],
)
async def test_time_ends_at_its_limit_whatever_a_job_does(pool: Pool, code: str) -> None:
    result = await run(pool, "print('early')\n" + code, wall_s=0.5)
    assert (result.status, result.limit) == (Status.TIMEOUT, {"name": "wall", "value": 0.5, "unit": "s"}), result
    assert output(result) == "early\n"
    await sound(pool)


@pytest.mark.long
async def test_a_jail_that_was_late_is_replaced_and_no_other(pool: Pool) -> None:
    await until_ready(pool, 2)
    before = set(pool.processes())
    # Time enough to get there also on a busy machine: whatever is stopped before that ends by itself, and in time.
    result = await run(pool, HANGS["C code that holds the GIL"], wall_s=5.0)
    assert (result.status, hit(result)) == (Status.TIMEOUT, "wall"), result
    await sound(pool)
    assert len(before & set(pool.processes())) == 1


async def test_processor_time_ends_at_its_limit_also_where_the_signal_is_handled(pool: Pool) -> None:
    for code in ("while True: pass", "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"):
        result = await run(pool, code, cpu_s=1, wall_s=60)
        assert (result.status, result.limit) == (Status.TIMEOUT, {"name": "cpu", "value": 1, "unit": "s"}), result
        await sound(pool)


OUTPUT = {
    "without end": "while True: print('x' * 100)",
    "without end, past Python": "while True: os.write(1, b'x' * 4096)",
    "without end, on the error stream": "while True: os.write(2, b'x' * 4096)",
    "a line of 100 MB": "print('x' * 100_000_000)",
    "a little too much": "print('x' * 20_000)",
}


@pytest.mark.parametrize("code", list(OUTPUT.values()), ids=list(OUTPUT))
async def test_output_ends_at_its_limit_and_its_beginning_is_kept(pool: Pool, code: str) -> None:
    result = await run(pool, code, wall_s=60)
    assert (result.status, result.limit) == (Status.OUTPUT_LIMIT, {"name": "output", "value": 16, "unit": "kB"}), result
    assert len(output(result)) == 16 * 1024
    assert result.value["truncated"] is True
    await sound(pool)


async def test_what_a_terminal_or_a_chat_would_obey_is_only_text(pool: Pool) -> None:
    code = r"""
print("\x1b[2J\x1b]0;title\x07 \x00 @everyone <@123> ``` \u202e \ud83d\ude00 " + "\u0301" * 50)
sys.stdout.write("\ud800")
os.write(1, b"\xff\xfe")
"""
    result = await run(pool, code)
    assert result.status is Status.OK, result
    assert "\x1b[2J" in output(result)
    assert "\x00" in output(result)
    output(result).encode()


FILES = {
    "one file": "open('/tmp/x', 'wb').write(b'x' * (9 << 20))",
    "many files": "for n in range(100): open(f'/tmp/{n}', 'wb').write(b'x' * (1 << 20))",
    "a sparse file": "open('/tmp/x', 'wb').truncate(1 << 40)",
    "a file given room": "os.posix_fallocate(os.open('/tmp/x', os.O_CREAT | os.O_RDWR), 0, 1 << 30)",
}


@pytest.mark.parametrize("code", list(FILES.values()), ids=list(FILES))
async def test_files_end_at_their_limit(pool: Pool, code: str) -> None:
    result = await run(pool, code)
    assert (result.status, result.limit) == (Status.USER_ERROR, {"name": "files", "value": 8, "unit": "MB"}), result
    await sound(pool)


LEFTOVERS = {
    "a file": "open('/tmp/x', 'w').write('x')",
    "folders that are deep": """
os.chdir('/tmp')
for _ in range(5000):
    os.mkdir('d'); os.chdir('d')
""",
    "many files": "for n in range(20_000): os.close(os.open(f'/tmp/{n}', os.O_CREAT))",
    "long names": "for n in range(200): os.mkdir('/tmp/' + str(n).zfill(255))",
    "folders that nobody may enter": "os.mkdir('/tmp/a', 0); os.mkdir('/tmp/b'); os.mkdir('/tmp/b/c', 0)",
    "an open file without a name": "kept = open('/tmp/x', 'w'); os.unlink('/tmp/x'); kept.write('x' * 1000)",
    "names that are no text": "os.mkdir(b'/tmp/\\xff\\n\\x1b'); os.mkdir(b'/tmp/-rf')",
}
_MANY = {"folders that are deep", "many files"}  # take seconds to make and to clear away


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, id=name, marks=[pytest.mark.long] if name in _MANY else [])
        for name, code in LEFTOVERS.items()
    ],
)
async def test_nothing_is_left_in_tmp_for_the_next_job(pool: Pool, code: str) -> None:
    result = await run(pool, code + "\n0")
    assert result.status is Status.OK, result
    await sound(pool)
    await sound(pool)


@pytest.mark.long
async def test_empty_files_take_memory_that_is_bounded(pool: Pool) -> None:
    """Each costs the kernel a kilobyte that no limit of a process counts."""
    result = await run(
        pool,
        "n = 0\nwhile True:\n    os.close(os.open(f'/tmp/{n}', os.O_CREAT)); n += 1",
        wall_s=4,
    )
    assert result.status in {Status.TIMEOUT, Status.MEMORY, Status.USER_ERROR}, result
    await sound(pool)


ENDS = {
    "os._exit(0)": ("os._exit(0)", "status 0"),
    "os._exit(7)": ("os._exit(7)", "status 7"),
    "a null pointer": ("ctypes.string_at(0)", "SIGSEGV"),
    "abort": ("os.abort()", "SIGABRT"),
    "its own signal": ("signal.raise_signal(signal.SIGKILL)", "SIGKILL"),
    "a stack that overflows": ("sys.setrecursionlimit(10**9)\ndef f(*a): return f(*map(f, a), a)\nf()", ""),
    "a stack of C": ("x = ()\nfor _ in range(10**6): x = (x,)\nhash(x)", ""),
    "every descriptor closed": ("os.closerange(0, 1024)", ""),
    "its channel closed": ("os.close(3)", ""),
}


async def settled(pool: Pool) -> set[int]:
    """The jails, once none is being replaced any more for what was done in it before."""
    await until_ready(pool, 2)
    return set(pool.processes())


@pytest.mark.parametrize(("code", "words"), list(ENDS.values()), ids=list(ENDS))
async def test_a_job_that_ends_its_process_is_told_so(pool: Pool, code: str, words: str) -> None:
    before = await settled(pool)
    result = await run(pool, "print('early')\n" + code)
    assert result.status is Status.KILLED, result
    assert words in result.error
    assert output(result).startswith("early\n")
    await sound(pool)
    assert before <= set(pool.processes()), "a job's end costs no jail"


@pytest.mark.long
async def test_nothing_of_all_this_is_left_on_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with open_pool() as another:
        await until_ready(another)
        await run(another, f"open('/tmp/{MARK}', 'w').write('x')")
        pids = another.processes()
    assert all(gone(pid) for pid in pids)
    assert await asyncio.to_thread(os.listdir, tmp_path) == []
    assert await asyncio.to_thread(nothing_of_an_attack) == []
