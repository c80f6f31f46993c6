"""Every system call there is, made from inside a job: by number, with nonsense, and in ways that reach others."""

from __future__ import annotations

import ast
import platform

import pytest

from sandbox import calls
from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.jail_lab import output, run, sound

pytestmark = pytest.mark.asyncio(loop_scope="session")

_COLUMN = 0 if platform.machine() == "x86_64" else 1
_LISTED = {numbers[_COLUMN] for numbers in calls.JOB.values()}
# The way back from a kernel probe: the kernel shows it to no filter, and ends whoever comes from anywhere else.
_UNFILTERED = {335, 336} if platform.machine() == "x86_64" else set()
# Calls that end, stop or block whoever makes them; they concern nobody else.
_OWN_END = {
    calls.JOB[name][_COLUMN]
    for name in ("exit", "exit_group", "pause", "rt_sigsuspend", "rt_sigreturn", "read", "poll", "ppoll", "select")
} | {
    calls.JOB[name][_COLUMN] for name in ("futex", "rt_sigtimedwait", "close_range", "clone", "brk", "munmap", "alarm")
}


async def test_every_call_that_is_not_listed_is_refused(pool: Pool) -> None:
    """Whatever its arguments: with zeros, with ones, with an address that can be read and written."""
    code = f"""
libc = ctypes.CDLL(None, use_errno=True)
place = ctypes.create_string_buffer(4096)
answers = {{}}
for number in {sorted(set(range(501)) - _LISTED - _UNFILTERED)!r}:
    for each in (0, 1, -1, ctypes.addressof(place)):
        ctypes.set_errno(0)
        value = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each)] * 6)
        if value != -1 or ctypes.get_errno() not in (1, 38):
            answers[number] = (value, ctypes.get_errno())
print(answers)
"""
    result = await run(pool, code)
    assert (result.status, ast.literal_eval(output(result))) == (Status.OK, {}), result
    await sound(pool)


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 30))])
async def test_nonsense_in_the_calls_that_are_listed_harms_nobody_else(pool: Pool, seed: int) -> None:
    numbers = sorted(each for each in _LISTED - _OWN_END if each is not None)
    code = f"""
import random
chance = random.Random({seed})
libc = ctypes.CDLL(None, use_errno=True)
place = ctypes.create_string_buffer(1 << 16)
here = ctypes.addressof(place)
signal.setitimer(signal.ITIMER_REAL, 1, 0.01)
for _ in range(20_000):
    number = chance.choice({numbers!r})
    values = [chance.choice((0, 1, 2, 3, 4, 5, 64, -1, 4096, here, here + 8, 1 << 31, 1 << 62, chance.getrandbits(64)))
              for _ in range(6)]
    libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, values))
"""
    result = await run(pool, code, wall_s=2)
    assert result.status is not Status.UNAVAILABLE, result
    await sound(pool)


async def test_a_job_cannot_make_its_owner_wait_at_a_pipe(pool: Pool) -> None:
    """It shares the pipes with its owner, but not whether reading them waits."""
    code = """
for number in range(6):
    os.set_blocking(number, True)
os.write(3, b'{"v":1,"status":"ok","value":null,"error":"","limit":""}\\n')
while True: time.sleep(1)
"""
    assert (await run(pool, code)).status is Status.OK
    await sound(pool)


SIGNALS_BY_DESCRIPTOR = """
import fcntl
refused = []
reading, writing = os.pipe()
for command, value in ((8, 1), (8, os.getppid()), (10, 9), (1024, 1), (1026, 1), (15, 0), (1033, 1)):
    try:
        fcntl.fcntl(reading, command, value)
        refused.append((command, value))
    except PermissionError:
        pass
for request in (0x5452, 0x8901, 0x8902, 0x5412, 0x540E, 0x541C, 0x5413):
    try:
        fcntl.ioctl(reading, request, b"\\0" * 8)
        refused.append(request)
    except OSError:
        pass
refused
"""


async def test_the_kernel_sends_no_signal_on_a_jobs_behalf(pool: Pool, weak: Pool) -> None:
    """F_SETOWN and its kin name who gets a signal, and F_SETSIG which; in the weaker mode that could be the bot."""
    for jails in (pool, weak):
        assert (await run(jails, SIGNALS_BY_DESCRIPTOR)).value["value"] == "[]"


async def test_nothing_is_typed_into_a_terminal(pool: Pool) -> None:
    code = """
import fcntl, termios
found = []
for name in ("/dev/tty", "/dev/console", "/dev/ptmx", "/dev/pts/0", "/dev/pts/ptmx", "/dev/tty0"):
    for number in (0, 1, 2, name):
        try:
            end = os.open(number, os.O_RDWR) if isinstance(number, str) else number
            fcntl.ioctl(end, termios.TIOCSTI, b"x")
            found.append((name, number))
        except OSError:
            pass
found
"""
    assert (await run(pool, code)).value["value"] == "[]"


async def test_of_dev_only_what_gives_nothing_and_chance_can_be_opened(pool: Pool) -> None:
    code = """
found = {}
for folder, folders, files in os.walk("/dev"):
    for name in folders + files:
        for mode in (os.O_RDONLY, os.O_RDWR):
            try:
                os.close(os.open(os.path.join(folder, name), mode | os.O_NONBLOCK))
            except OSError:
                continue
            found.setdefault(name, []).append(mode)
for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "shm", "mem", "kvm", "fuse", "net/tun"):
    for mode in (os.O_RDONLY, os.O_RDWR):
        try:
            os.close(os.open("/dev/" + name, mode | os.O_NONBLOCK))
        except OSError:
            continue
        found.setdefault(name, []).append(mode)
sorted((name, max(modes)) for name, modes in found.items())
"""
    result = await run(pool, code)
    assert result.value["value"] == "[('null', 2), ('random', 0), ('urandom', 0), ('zero', 0)]"


async def test_no_two_jobs_share_an_object_of_the_kernel(pool: Pool) -> None:
    """Message queues, semaphores, shared memory, keys, locks by name: none can be made, so none can be met."""
    code = """
import multiprocessing.shared_memory as shared, multiprocessing as mp
name, made = "stride-was-here", []
for attempt in (lambda: shared.SharedMemory(name, create=True, size=64), lambda: os.memfd_create(name), mp.Lock,
                lambda: mp.Value("i"), mp.Queue, mp.Manager, lambda: torch.ones(2).share_memory_()):
    try:
        made.append(attempt())
    except (OSError, RuntimeError):
        pass
made
"""
    assert (await run(pool, code)).value["value"] == "[]"
