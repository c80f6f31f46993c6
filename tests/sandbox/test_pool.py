"""The pool round the jails: what it lends, what it replaces and what it says of itself."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.pool import Pool
from sandbox.protocol import Status
from tests.attacks.jail_lab import open_pool, output, run, until_ready
from tests.attacks.processes import status, until_gone

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[Pool]:
    async with open_pool() as jails:
        await until_ready(jails, 2)
        yield jails


async def test_a_job_gives_its_value_and_what_it_printed_in_order(pool: Pool) -> None:
    code = """
print('one'); print('two', file=sys.stderr); os.write(1, b'three\\n')
nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100)).shape
"""
    result = await run(pool, code)
    assert (result.status, result.error, result.limit) == (Status.OK, "", None)
    assert result.value["value"] == "torch.Size([32, 16, 98])"
    assert result.value["output"] == [
        {"stream": "stdout", "text": "one\n"},
        {"stream": "stderr", "text": "two\n"},
        {"stream": "stdout", "text": "three\n"},
    ]
    assert result.torch_version
    assert result.elapsed_ms > 0


async def test_what_code_raises_is_an_answer(pool: Pool) -> None:
    for code, kind in (("1 / 0", "ZeroDivisionError"), ("raise SystemExit(3)", "SystemExit"), ("1 +", "SyntaxError")):
        result = await run(pool, code)
        assert (result.status, result.value["error"]["type"]) == (Status.USER_ERROR, kind)


async def test_what_one_job_breaks_is_whole_in_the_next(pool: Pool) -> None:
    code = "import builtins; builtins.print = None; torch.Tensor.__add__ = None; nn.Linear = None; np.ones = 5; 0"
    await asyncio.gather(*(run(pool, code) for _ in range(4)))
    code = "print(os.getpid(), os.urandom(4)); nn.Linear(2, 3)(torch.ones(1, 2)) + 1 + torch.from_numpy(np.ones(3))"
    results = await asyncio.gather(*(run(pool, code) for _ in range(6)))
    assert {result.status for result in results} == {Status.OK}
    assert len({output(result) for result in results}) == 6


async def test_the_same_code_draws_the_same_numbers_in_every_jail(pool: Pool) -> None:
    code = "torch.rand(1).item(), np.random.rand(), __import__('random').random()"
    results = await asyncio.gather(*(run(pool, code) for _ in range(6)))
    assert len({result.value["value"] for result in results}) == 1


@pytest.mark.long
async def test_a_forged_answer_is_about_the_forgers_own_job_alone(pool: Pool) -> None:
    """It may say what it likes of itself; its process still ends with its answer, and the others get their own."""
    forged = """
import json
answer = {"v": 1, "status": "ok", "value": {"value": "forged"}, "error": "", "limit": ""}
os.write(3, json.dumps(answer).encode() + b"\\n")
time.sleep(20)
"""
    await until_ready(pool, 2)
    before = (await pool.report()).restarts
    results = await asyncio.gather(run(pool, forged), *(run(pool, f"'own {number}'") for number in range(8)))
    assert results[0].value["value"] == "forged"
    assert [result.value["value"] for result in results[1:]] == [f"'own {number}'" for number in range(8)]
    await until_ready(pool, 2)
    assert (await pool.report()).restarts == before + 1


NONSENSE = {
    "no JSON": "os.write(3, b'nonsense\\n')",
    "another version": "os.write(3, b'{\"v\":2}\\n')",
    "no status": "os.write(3, b'{\"v\":1}\\n')",
    "a strange status": 'os.write(3, b\'{"v":1,"status":"root","value":null,"error":""}\\n\')',
    "a strange limit": 'os.write(3, b\'{"v":1,"status":"ok","value":null,"error":"","limit":{"name":[]}}\\n\')',
    "a strange value": 'os.write(3, b\'{"v":1,"status":"ok","value":{"output":5},"error":""}\\n\')',
    "deep JSON": "os.write(3, b'{\"v\":1,\"status\":' + b'[' * 100000 + b'\\n')",
    "endless frames": 'while True: os.write(3, b\'{"v":1,"out":"stdout","text":""}\\n\' * 1000)',
    "an endless line": "while True: os.write(3, b'x' * 65536)",
    "an early greeting": 'os.write(3, b\'{"v":1,"waiting":true}\\n\'); time.sleep(9)',
}


# Each costs a jail, which takes seconds to replace.
_SHORT = {"no JSON", "an early greeting"}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, id=name, marks=[] if name in _SHORT else [pytest.mark.long])
        for name, code in NONSENSE.items()
    ],
)
async def test_nonsense_on_a_jobs_channel_is_the_end_of_that_job(pool: Pool, code: str) -> None:
    result = await run(pool, code, wall_s=60)
    assert result.status in {Status.KILLED, Status.OUTPUT_LIMIT}, result
    assert (await run(pool, "'sound'")).value["value"] == "'sound'"


@pytest.mark.long
async def test_a_cancelled_job_is_ended_and_its_jail_replaced(pool: Pool) -> None:
    await until_ready(pool, 2)
    before = (await pool.report()).restarts
    task = asyncio.create_task(run(pool, "while True: pass"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await run(pool, "'sound'")).value["value"] == "'sound'"
    await until_ready(pool, 2)
    report = await pool.report()
    assert (report.restarts, report.in_flight) == (before + 1, 0)


@pytest.mark.long
async def test_a_jail_killed_from_outside_costs_its_job_an_answer_and_is_replaced(pool: Pool) -> None:
    await until_ready(pool, 2)
    victims = pool.processes()
    task = asyncio.create_task(run(pool, "print('begun'); time.sleep(5)"))
    await asyncio.sleep(0.1)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    assert (await task).status is Status.KILLED
    await until_gone(*victims)
    assert (await run(pool, "'sound'")).value["value"] == "'sound'"


@pytest.mark.long
async def test_a_jail_that_is_stopped_is_late_and_replaced(pool: Pool) -> None:
    await until_ready(pool, 2)
    for pid in pool.processes():
        os.kill(pid, signal.SIGSTOP)
    results = await asyncio.gather(*(run(pool, "'answer'", wall_s=1) for _ in range(2)))
    assert all(result.status in {Status.OK, Status.TIMEOUT} for result in results)
    assert (await run(pool, "'sound'", wall_s=60)).value["value"] == "'sound'"


async def test_a_jail_that_cannot_be_replaced_does_not_stop_the_others(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until_ready(pool, 1)
    monkeypatch.setattr(pool, "_reason", "a jail was not ready within 60 s")
    assert (await run(pool, "1")).status is Status.OK
    assert (await pool.report()).alive


async def test_jobs_beyond_the_jails_wait_their_turn(pool: Pool) -> None:
    results = await asyncio.gather(*(run(pool, f"{number} * 2") for number in range(30)))
    assert [result.value["value"] for result in results] == [str(number * 2) for number in range(30)]


async def test_the_report_names_every_protection(pool: Pool) -> None:
    report = await pool.report()
    assert report.alive
    assert report.torch_version
    names = {row.name for row in report.protections if row.present}
    assert names >= {"namespaces", "outer filter", "inner filter", "landlock", "limits", "ordinary user", "small /tmp"}
    for row in report.protections:
        assert row.why


async def test_the_kernel_confirms_it_from_outside(pool: Pool) -> None:
    await until_ready(pool, 1)
    pid = pool.processes()[0]
    fields = status(pid)
    assert (fields["Seccomp"], fields["NoNewPrivs"], fields["Threads"]) == ("2", "1", "1")
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NSpid"].split()[-1] == "1"
    assert "0" not in fields["Uid"].split()
