"""What a jail does jobs with: torch imported, calmed and warmed in the zygote, and `sandbox.jobs.run` for the code."""

from __future__ import annotations

import site

import torch
from torch.backends import nnpack

from sandbox.inmate import PIPE_ENDS, Answer, Emit, Finish, Rules
from sandbox.jobs import bench, prove, run
from sandbox.protocol import Job, JobKind, Limits

# Touches what nearly every run touches, and computes next to nothing.
_REHEARSAL = "x = nn.Conv1d(3, 16, 3)(torch.randn(2, 3, 10))\nprint(x.shape)\nx[0, 0, :2]"


class JailToolbox:
    """Made once in the zygote; its children inherit it."""

    def __init__(self) -> None:
        """One thread: a pool of threads that had ever run would hang every forked child."""
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        # It finds no memory of its own kind in a jail, and would say so on everybody's stderr.
        nnpack.set_flags(False)
        # The zygote starts without `site`, which would run what lies in library folders; these three are for people.
        site.setquit()
        site.setcopyright()
        site.sethelper()
        self.version: str = torch.__version__
        self.device = "cpu"
        torch.zeros(1).half()  # torch looks at the processor now, which it cannot in a job
        run.warm()
        self.refresh()  # oneDNN compiles for each shape: here, and not in every child

    def begin(self, rules: Rules, most: Limits) -> None:
        """Nothing: the CPU is there."""

    def refresh(self) -> None:
        """Copies the pages that a job writes to, while nobody waits."""
        run.run(_REHEARSAL, lambda *_: None, ends=())

    def perform(self, job: Job, emit: Emit, finish: Finish) -> Answer:
        """The answer to any job that is done in a jail."""
        if job.kind is JobKind.BENCH:
            return bench.perform(job.payload, job.limits, self.device)
        if job.kind is JobKind.PROVE:
            return prove.perform(job.payload)
        if job.kind is JobKind.FIT:
            from sandbox.jobs import fit_memory  # not where nobody fits anything: every jail would pay for it

            return fit_memory.perform(job.payload)
        if job.kind is not JobKind.RUN:
            raise ValueError(f"a jail does not do {job.kind.value}")
        return run.run(
            str(job.payload["code"]),
            emit,
            wall_s=job.limits.wall_s,
            output_kb=job.limits.output_kb,
            seed=int(job.payload.get("seed", 0)),
            ends=PIPE_ENDS,
            finish=finish,
            device=self.device,
        )
