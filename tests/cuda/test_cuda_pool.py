"""The life of a CUDA pool without a GPU: prewarmed, lent once, replaced, and told when it cannot be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox import cgroup
from sandbox.cgroup import CgroupError
from sandbox.cuda import discover
from sandbox.local import Local
from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Protection, Status
from sandbox.settings import JailSettings, SandboxSettings
from tests.attacks.jail_lab import until_ready
from tests.cuda.cuda_lab import open_pool, run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[Pool]:
    async with open_pool() as jails:
        await until_ready(jails, 2)
        yield jails


async def test_a_job_finds_a_device_that_was_started_for_it_alone(pool: Pool) -> None:
    """Each process starts its device before its job is known, and no other job ever sees that process."""
    found = [await run(pool, "device_stand_in.starts, os.getpid()") for _ in range(3)]
    assert [result.status for result in found] == [Status.OK] * 3
    assert all(result.device == "cuda" for result in found)
    for result in found:
        starts, pid = result.value["value"][1:-1].split("], ")
        assert starts == f"[{pid}"


async def test_the_environment_names_one_gpu_and_keeps_forks_healthy(pool: Pool) -> None:
    result = await run(pool, "os.environ['CUDA_VISIBLE_DEVICES'], os.environ['PYTORCH_NVML_BASED_CUDA_CHECK']")
    assert result.value["value"] == "('0', '1')"


@pytest.mark.parametrize(
    "forbidden",
    [
        "os.fork()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket()",
        "os.kill(os.getpid(), 0)",
        "os.memfd_create('x')",
    ],
)
async def test_neither_a_job_nor_the_devices_own_threads_can_do_what_no_job_can(pool: Pool, forbidden: str) -> None:
    """The driver's threads are there before the job's filter, and get it too."""
    code = f"""
try:
    {forbidden}
except OSError as fault:
    print(type(fault).__name__)
device_stand_in.asked.put(lambda: {forbidden})
print(device_stand_in.answered.get(timeout=20))
"""
    result = await run(pool, code)
    assert result.value["output"] == [{"stream": "stdout", "text": "PermissionError\nPermissionError\n"}]


async def test_of_proc_a_job_sees_itself_and_of_devices_those_of_its_gpu(pool: Pool) -> None:
    code = """
def can(path, mode="rb"):
    try:
        open(path, mode).close()
    except OSError:
        return False
    return True

print(can("/proc/self/status"), can("/dev/full", "rb+"))
print(can("/proc/1/status"), can("/proc/self/mem", "rb+") and can("/proc/1/mem", "rb+"), can("/proc/version"))
print(can("/proc/sys/kernel/hostname", "wb"), can("/dev/tty", "rb+"), can("/sys/kernel/mm/ksm/run"))
"""
    result = await run(pool, code)
    assert result.value["output"][0]["text"] == "True True\nFalse False False\nFalse False False\n"


async def test_what_a_job_leaves_in_shared_memory_is_not_there_for_the_next(pool: Pool) -> None:
    await asyncio.gather(*(run(pool, "open('/dev/shm/left', 'w').write('secret')") for _ in range(3)))
    result = await run(pool, "os.listdir('/dev/shm'), os.listdir('/tmp')")
    assert result.value["value"] == "(['cuda.shm'], [])"


async def test_memory_ends_at_the_limit_although_addresses_do_not(pool: Pool) -> None:
    result = await run(pool, "import mmap; space = mmap.mmap(-1, 1 << 40, prot=0); torch.ones(1 << 28)")
    assert result.status is Status.MEMORY
    assert result.limit == {"name": "memory", "value": 512, "unit": "MB"}


async def test_a_process_that_dies_is_replaced(pool: Pool) -> None:
    result = await run(pool, "os._exit(3)")
    assert result.status is Status.KILLED
    again = await run(pool, "1 + 1")
    assert again.value["value"] == "2"


async def test_what_a_gpu_opens_stands_in_the_report(pool: Pool) -> None:
    rows = {row.name: row for row in (await pool.report()).protections}
    assert all(row.present for row in rows.values() if row.name != "memory group")
    assert "only a MIG device enforces it" in rows["a stand-in"].why
    assert "/proc but its own" in rows["namespaces"].why


async def test_a_job_for_the_cpu_is_not_done_on_cuda(pool: Pool) -> None:
    result = await run(pool, "1", device="cpu")
    assert (result.status, result.error) == (Status.UNAVAILABLE, "no CPU worker is up")


async def test_a_device_that_starts_slowly_is_waited_for() -> None:
    async with open_pool("Slow") as pool:
        result = await run(pool, "len(device_stand_in.starts)")
    assert (result.status, result.value["value"]) == (Status.OK, "1")


@pytest.mark.parametrize(
    ("toolbox", "changed", "words"),
    [
        pytest.param("Crashing", {}, "its child ended before it began"),
        ("Refusing", {}, "The NVIDIA driver on your system is too old"),
        pytest.param("Stuck", {"prepare_s": 0.5}, "the GPU was not started within 0.5 s"),
        pytest.param("Forgetful", {}, "CUDA was started before the fork"),
    ],
)
async def test_a_device_that_does_not_start_is_told(toolbox: str, changed: dict[str, float], words: str) -> None:
    async with open_pool(toolbox, **changed) as pool:
        result = await run(pool, "1")
        report = await pool.report()
    assert result.status is Status.UNAVAILABLE
    assert result.error.startswith("no CUDA worker is up: ")
    assert words in result.error
    assert not report.alive
    assert words in report.reason


async def test_without_a_memory_group_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address space of a CUDA process cannot be bounded, so that nothing else would bound its memory."""

    def refuse() -> cgroup.Group:
        raise CgroupError("no memory group can be made")

    monkeypatch.setattr("sandbox.cgroup.make", refuse)
    async with open_pool(needs_group=True) as pool:
        result = await run(pool, "1")
    assert "only a memory group bounds memory there, and no memory group can be made" in result.error
    assert cgroup.WAY in result.error


async def test_of_two_devices_the_one_that_is_missing_says_why_and_the_other_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sandbox.kit.cuda.discover", partial(discover, root=tmp_path))
    settings = SandboxSettings(devices="cpu,cuda", jail=JailSettings(wait_s=120, side_by_side=1))
    async with Local(settings) as sandbox:
        here, there = [
            await sandbox.run(Job(id="1", kind=JobKind.RUN, payload={"code": "1 + 1"}, device=device))
            for device in ("cpu", "cuda")
        ]
        report = await sandbox.jails()
    assert (here.status, here.value["value"]) == (Status.OK, "2")
    assert there.status is Status.UNAVAILABLE
    assert there.error.startswith("no CUDA worker is up: there is no NVIDIA driver")
    assert report.alive
    assert report.protections[-1] == Protection(name="cuda", present=False, why=there.error)


async def test_where_no_cuda_is_set_the_answer_says_how_to_get_it() -> None:
    job = Job(id="1", kind=JobKind.RUN, payload={"code": "1"}, device="cuda")
    result = await Local(SandboxSettings()).run(job)
    assert result.status is Status.UNAVAILABLE
    assert result.error.startswith("no CUDA worker is up: ")
    assert "STRIDE_SANDBOX__DEVICES=cpu,cuda" in result.error
    assert "--device cuda" in result.error
