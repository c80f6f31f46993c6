"""What the jails of one device are made with, as data: the pool that keeps them is the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox import cuda, devices
from sandbox.cell import PREPARE_S
from sandbox.cuda import Hardware
from sandbox.protocol import Limits
from sandbox.settings import SandboxSettings

_DRIVER_MB = 1024  # of the machine's own memory that CUDA and its libraries take in a process
_OTHER_USERS = 100  # jails of different devices never share a user


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """For one device.

    Attributes:
        device: `cpu` or `cuda`.
        toolbox: `module:class` of what does the jobs.
        limits: the most that one job may use.
        side_by_side: jobs at a time.
        first_uid: where Stride is root: user of the first jail.
        prepare_s: seconds that a child may take until it waits for its job.
        spare_mb: memory beside a job's own that is not torch's.
        needs_group: whether there is no jail without a memory group.
        hardware: finds what is needed beside; raises `cuda.NoCudaError`. None where nothing is.
        path: folders to import from, beside the interpreter's.
    """

    device: str
    toolbox: str
    limits: Limits
    side_by_side: int
    first_uid: int
    prepare_s: float = PREPARE_S
    spare_mb: int = 64
    needs_group: bool = False
    hardware: Callable[[], Hardware] | None = None
    path: tuple[str, ...] = ()


def for_cpu(settings: SandboxSettings) -> Kit:
    """Jails whose children are ready in milliseconds."""
    jail = settings.jail
    return Kit(
        device=devices.CPU,
        toolbox="sandbox.jobs.jailed:JailToolbox",
        limits=_limits(settings, jail.memory_mb),
        side_by_side=jail.side_by_side,
        first_uid=jail.first_uid,
    )


def for_cuda(settings: SandboxSettings) -> Kit:
    """Jails whose children have started the GPU before they wait for their one job."""
    chosen = settings.cuda
    return Kit(
        device=devices.CUDA,
        toolbox="sandbox.jobs.cuda:CudaToolbox",
        limits=_limits(settings, chosen.memory_mb),
        side_by_side=chosen.side_by_side,
        first_uid=settings.jail.first_uid + _OTHER_USERS,
        prepare_s=chosen.start_s,
        spare_mb=_DRIVER_MB,
        needs_group=True,  # the address space cannot be bounded there
        hardware=partial(cuda.discover, chosen.gpu, chosen.mig),
    )


def kits(settings: SandboxSettings) -> tuple[Kit, ...]:
    """One for each device that is set."""
    makers = {devices.CPU: for_cpu, devices.CUDA: for_cuda}
    return tuple(makers[device](settings) for device in settings.devices.split(","))


def _limits(settings: SandboxSettings, memory_mb: int) -> Limits:
    jail = settings.jail
    return Limits(
        wall_s=jail.wall_s,
        cpu_s=jail.cpu_s,
        memory_mb=memory_mb,
        threads=jail.threads,
        files_mb=jail.files_mb,
        output_kb=jail.output_kb,
    )
