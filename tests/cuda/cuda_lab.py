"""CUDA pools round a stand-in for the start of the device; everything else about them is real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.cuda import Hardware
from sandbox.kit import Kit, for_cuda
from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Result
from sandbox.settings import CudaSettings, JailSettings, SandboxSettings

STANDING_IN = Path(__file__).parent / "standing_in"
SETTINGS = SandboxSettings(
    start_s=120, devices="cuda", jail=JailSettings(wait_s=120, wall_s=30, cpu_s=30), cuda=CudaSettings(memory_mb=512)
)


def hardware() -> Hardware:
    """A GPU whose only node is a device that every machine has."""
    return Hardware(
        name="a stand-in",
        devices=("/dev/full",),
        read=("/sys/devices/system/cpu",),
        libraries=(),
        environment={"CUDA_VISIBLE_DEVICES": "0", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"},
    )


def open_pool(toolbox: str = "Device", **changed: Any) -> Pool:
    """A pool whose jails have the stand-in of that name; use it in `async with`."""
    kit = for_cuda(SETTINGS)
    fields = {name: getattr(kit, name) for name in Kit.__dataclass_fields__}
    fields |= {"toolbox": f"device_stand_in:{toolbox}", "path": (str(STANDING_IN),), "hardware": hardware}
    fields |= {"prepare_s": 60.0, "needs_group": False}
    return Pool(SETTINGS, Kit(**fields | changed))


async def run(pool: Pool, code: str, *, device: str = "cuda") -> Result:
    """What became of some code."""
    payload = {"code": f"import device_stand_in, os, socket, subprocess, sys\n{code}", "show": True}
    return await pool.run(Job(id="c1", kind=JobKind.RUN, payload=payload, device=device))
