"""Everything a resident worker can do, with torch imported, calmed and warmed before the first job."""

from __future__ import annotations

import warnings
from typing import Any, assert_never

import torch

from sandbox.jobs import shape, warm
from sandbox.protocol import Job, JobKind


class TorchToolbox:
    """Made once in the keeper; its children inherit it."""

    def __init__(self) -> None:
        """One thread: a pool that had ever run would hang every forked child."""
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        # A warning has no reader here, and showing one opens source files.
        warnings.simplefilter("ignore")
        self.version: str = torch.__version__
        self.device = "cpu"
        warm.draw_nothing_on_meta()
        warm.compile_nothing()
        warm.up(shape.perform)

    def perform(self, job: Job) -> Any:
        """The value of a job's result."""
        match job.kind:
            case JobKind.SHAPE:
                return shape.perform(job.payload)
            case JobKind.RUN | JobKind.BENCH | JobKind.PROVE | JobKind.FIT:
                raise ValueError(f"a {job.kind.value} is done in a jail and nowhere else")
            case _:
                assert_never(job.kind)
