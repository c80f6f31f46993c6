"""Toolboxes of a CUDA jail on a machine without a GPU: all is as it is with one, but for the start of the device.

The stand-in asks of its jail what libcuda asks: a device's node, a name for its own thread, a socket to listen on,
shared memory, and a thread of its own that stays.
"""

from __future__ import annotations

import os
import queue
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from sandbox.inmate import Answer, Emit, Finish
from sandbox.jobs.cuda import CudaToolbox
from sandbox.protocol import Job

starts: list[int] = []  # process ids that have started a device, this one's ancestors included
asked: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()  # what the device's own thread is to do
answered: queue.SimpleQueue[str] = queue.SimpleQueue()


class Device(CudaToolbox):
    """Starts at once."""

    def check_torch(self) -> None:
        """Any torch will do here."""

    def start_device(self, memory_mb: int) -> None:
        """What libcuda does that a jail might refuse."""
        with Path("/dev/full").open("rb+", buffering=0) as node:
            node.read(1)
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text("device", encoding="ascii")
        Path("/proc/self/status").read_text(encoding="ascii")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(f"\0cuda-uvmfd-{os.getpid()}")
            listener.listen()
        Path("/dev/shm/cuda.shm").write_bytes(bytes(memory_mb))  # noqa: S108 the jail's own
        threading.Thread(target=_serve, daemon=True).start()
        starts.append(os.getpid())

    def perform(self, job: Job, emit: Emit, finish: Finish) -> Answer:
        """Computes on the CPU: there is no device."""
        self.device = "cpu"
        return super().perform(job, emit, finish)


class Slow(Device):
    """Takes as long as a GPU does."""

    def start_device(self, memory_mb: int) -> None:
        """See `Device`."""
        select.poll().poll(400)
        super().start_device(memory_mb)


class Crashing(Device):
    """Ends its process."""

    def start_device(self, memory_mb: int) -> None:
        """See `Device`."""
        os._exit(memory_mb % 2 + 3)


class Stuck(Device):
    """Never comes back."""

    def start_device(self, memory_mb: int) -> None:
        """See `Device`."""
        while memory_mb:
            select.poll().poll()


class Refusing(Device):
    """Says what torch says where the driver is too old."""

    def start_device(self, memory_mb: int) -> None:
        """See `Device`."""
        raise RuntimeError(f"The NVIDIA driver on your system is too old for {memory_mb} MB")


class Forgetful(Device):
    """Has started CUDA before the fork."""

    def __init__(self) -> None:
        """As torch would say it."""
        torch.cuda.is_initialized = lambda: True
        super().__init__()


def _serve() -> None:
    """The device's own thread, which was there before the job's filter."""
    while True:
        do = asked.get()
        try:
            answered.put(f"let through: {do()!r}")
        except OSError as fault:
            answered.put(type(fault).__name__)
