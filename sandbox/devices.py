"""What jobs compute on, and what to say where nothing stands ready for it: the same words on every way to a worker."""

from __future__ import annotations

from sandbox.protocol import Job, Result, Status

CPU, CUDA = "cpu", "cuda"
_NAMES = {CPU: "CPU", CUDA: "CUDA"}
_WAY = (
    "start one on a machine with an NVIDIA GPU (`python -m sandbox serve --device cuda`), or set "
    "STRIDE_SANDBOX__DEVICES=cpu,cuda where Stride itself has one"
)


def no_worker(device: str) -> str:
    """Why a job for this device is not done, and the way out."""
    name = _NAMES.get(device, device[:20])
    return f"no {name} worker is up: {_WAY}" if device == CUDA else f"no {name} worker is up"


# What a CUDA jail has that no other jail has, for reports.
OPEN_ON_CUDA = (
    "its driver is open to jobs, whose requests no filter can tell apart; /proc shows a job itself; memory on the GPU "
    "is bounded by torch's allocator alone, which code can go round: only a MIG device enforces it"
)


def none_here(device: str, why: str) -> str:
    """Why jobs for this device are not done on this machine."""
    return f"no CUDA worker is up: {why}" if device == CUDA else f"people's code is not run here: {why}"


def refused(job: Job) -> Result:
    """The answer where no worker computes on the job's device."""
    return Result(id=job.id, status=Status.UNAVAILABLE, error=no_worker(job.device), device=job.device)
