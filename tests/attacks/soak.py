"""Many runs, one in ten of them hostile: is every answer right, and is everything as it was afterwards?"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.pool import Pool
from sandbox.protocol import Result, Status
from tests.attacks.host import look, nothing_of_an_attack
from tests.attacks.jail_lab import open_pool, run, until_ready
from tests.attacks.processes import gone, taken_megabytes

ASKERS = 4
ONE_IN = 10

# What a hostile run does, and the only right answers to it.
HOSTILE: dict[str, tuple[str, set[Status]]] = {
    "a loop": ("while True: pass", {Status.TIMEOUT}),
    "sleep": ("time.sleep(60)", {Status.TIMEOUT}),
    "the GIL held": ("sum(range(10**12))", {Status.TIMEOUT}),
    "alarms ignored": ("signal.setitimer(0, 0)\nwhile True: pass", {Status.TIMEOUT}),
    "a stop": ("signal.raise_signal(signal.SIGSTOP)", {Status.TIMEOUT}),
    "the heap": ("bytearray(1 << 31)", {Status.MEMORY}),
    "a tensor": ("torch.zeros(1 << 30)", {Status.MEMORY}),
    "mappings": ("kept = []\nwhile True: kept.append(mmap.mmap(-1, 256 << 20))", {Status.MEMORY}),
    "output": ("while True: print('x' * 1000)", {Status.OUTPUT_LIMIT}),
    "output past Python": ("while True: os.write(1, b'x' * 4096)", {Status.OUTPUT_LIMIT}),
    "a large file": ("open('/tmp/stride-was-here', 'wb').truncate(1 << 40)", {Status.USER_ERROR}),
    "many files": ("for n in range(3000): os.close(os.open(f'/tmp/{n}', os.O_CREAT))", {Status.OK}),
    "deep folders": ("os.chdir('/tmp')\nfor _ in range(500): os.mkdir('d'); os.chdir('d')", {Status.OK}),
    "a fork": ("os.fork()", {Status.USER_ERROR}),
    "a program": ("subprocess.run(['/bin/true'])", {Status.USER_ERROR}),
    "a socket": ("socket.socket()", {Status.USER_ERROR}),
    "a file of the host": ("open('/etc/passwd')", {Status.USER_ERROR}),
    "a setting": ("open('/proc/sys/kernel/hostname', 'w')", {Status.USER_ERROR}),
    "an exit": ("os._exit(0)", {Status.KILLED}),
    "a null pointer": ("ctypes.string_at(0)", {Status.KILLED}),
    "an abort": ("os.abort()", {Status.KILLED}),
    "a stack": ("x = ()\nfor _ in range(10**6): x = (x,)\nhash(x)", {Status.KILLED, Status.TIMEOUT}),
    "its channel closed": ("os.close(3)", {Status.KILLED}),
    "nonsense": ("os.write(3, b'nonsense\\n')", {Status.KILLED}),
    "a broken torch": (
        "torch.Tensor.__add__ = nn.Linear = None; import builtins; builtins.print = None; 0",
        {Status.OK},
    ),
}


@dataclass(slots=True)
class Soaked:
    """What came of it.

    Attributes:
        wrong: answers that were not right, with what was asked.
        before_mb, after_mb: memory that the jails and this process have taken, when all stand ready.
        left: processes and files that are still there when the pool has closed.
        restarts: jails that were replaced.
        seconds: that all the runs took.
    """

    wrong: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    before_mb: float = 0.0
    after_mb: float = 0.0
    left: list[str] = field(default_factory=list)
    restarts: int = 0
    seconds: float = 0.0


async def soak(runs: int, *, wall_s: float = 1.0, seed: int = 0) -> Soaked:
    """So many runs by four askers at once, each hostile kind as often as the others."""
    found = Soaked()
    host = await asyncio.to_thread(look)
    asked = iter(_runs(runs, random.Random(seed)))  # noqa: S311 which run is hostile is no secret
    async with open_pool(side_by_side=2, wait_s=300.0) as pool:
        await _warmed(pool)
        found.before_mb = await asyncio.to_thread(_taken, pool)
        seen = set(pool.processes())
        started = time.monotonic()
        await asyncio.gather(*(_ask(pool, asked, found, wall_s, seen) for _ in range(ASKERS)))
        found.seconds = time.monotonic() - started
        found.restarts = (await pool.report()).restarts
        await _warmed(pool)
        found.after_mb = await asyncio.to_thread(_taken, pool)
        seen |= set(pool.processes())
    found.left = [f"process {pid}" for pid in seen if not gone(pid)]
    found.left += await asyncio.to_thread(nothing_of_an_attack)
    if await asyncio.to_thread(look) != host:
        found.left.append("a change of the host")
    return found


def _runs(count: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, code) of each run; the kind of an honest one is what it must answer."""
    kinds = itertools.cycle(HOSTILE)
    for start in range(0, count, ONE_IN):
        at = chance.randrange(ONE_IN)
        for number in range(start, min(start + ONE_IN, count)):
            if number - start == at:
                kind = next(kinds)
                yield kind, HOSTILE[kind][0]
            else:
                yield str(number), f"nn.Conv1d(3, 16, 3)(torch.randn(2, 3, 100)); print(os.listdir('/tmp')); {number}"


async def _ask(pool: Pool, asked: Iterator[tuple[str, str]], found: Soaked, wall_s: float, seen: set[int]) -> None:
    for kind, code in asked:
        result = await run(pool, code, wall_s=wall_s)
        seen.update(pool.processes())
        found.statuses[result.status] += 1
        if not _right(kind, result):
            found.wrong.append(f"{kind}: {result}"[:400])


def _right(kind: str, result: Result) -> bool:
    if kind in HOSTILE:
        return result.status in HOSTILE[kind][1]
    printed = [{"stream": "stdout", "text": "[]\n"}]
    return result.status is Status.OK and (result.value["value"], result.value["output"]) == (kind, printed)


async def _warmed(pool: Pool) -> None:
    """Every jail has done one run and stands ready again, with one child waiting."""
    await until_ready(pool, 3)
    await asyncio.gather(*(run(pool, "1") for _ in range(3)))
    await until_ready(pool, 3)


def _taken(pool: Pool) -> float:
    """In megabytes: the zygotes and this process; a waiting child has next to nothing that is not its zygote's."""
    return sum(taken_megabytes(pid) for pid in (os.getpid(), *pool.processes()))
