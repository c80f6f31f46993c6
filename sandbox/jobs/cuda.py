"""What a CUDA jail does jobs with: as on the CPU, but each child starts the device before its job is known.

A process that has started CUDA can never fork, so the zygote never does. A child takes a good part of a second and
some hundreds of megabytes of the GPU for it, does one job, and ends; the next one is prepared meanwhile.
"""

from __future__ import annotations

import os

import torch

from sandbox import landlock
from sandbox.cuda import PROC_FILES
from sandbox.inmate import SOURCES, Rules
from sandbox.jail import PROC
from sandbox.jobs.jailed import JailToolbox
from sandbox.protocol import Limits

_MEGABYTE = 1024 * 1024
_WHEELS = "install one from https://download.pytorch.org/whl that names a CUDA version, such as cu126"


class CudaToolbox(JailToolbox):
    """Made once in the zygote; its children inherit it."""

    def __init__(self) -> None:
        """Raises `RuntimeError` where this torch knows no CUDA, or has started it already."""
        self.check_torch()
        super().__init__()
        self.device = "cuda"
        if torch.cuda.is_initialized():
            raise RuntimeError("CUDA was started before the fork, which no child survives")

    def check_torch(self) -> None:
        """Raises `RuntimeError` where this torch knows no CUDA."""
        if not torch.backends.cuda.is_built():
            raise RuntimeError(f"torch {torch.__version__} is built without CUDA: {_WHEELS}")

    def begin(self, rules: Rules, most: Limits) -> None:
        """Leave this process its own folder in /proc and no other's, and start the device."""
        devices = [path for path in rules["use"] if path != PROC]
        landlock.restrict(
            read=[*rules["read"], *SOURCES, *PROC_FILES],
            write=[*rules["write"], os.devnull],
            use=[*devices, f"{PROC}/self"],
        )
        self.start_device(most.memory_mb)

    def start_device(self, memory_mb: int) -> None:
        """Everything that the first operation on the device would wait for; raises `RuntimeError`."""
        torch.cuda.init()
        total = torch.cuda.mem_get_info()[1]
        # Advisory: torch's allocator keeps to it, and code that goes round it does not.
        torch.cuda.set_per_process_memory_fraction(min(1.0, memory_mb * _MEGABYTE / total))
        weights = torch.ones(64, 64, device="cuda", requires_grad=True)
        (weights @ weights).sum().backward()
        torch.cuda.synchronize()
