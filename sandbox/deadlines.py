"""How long an asker waits for a job that is done elsewhere."""

from __future__ import annotations

from sandbox.protocol import Job, JobKind
from sandbox.settings import SandboxSettings


def patience(job: Job, settings: SandboxSettings) -> tuple[float, float]:
    """Seconds that the job may wait for its turn, and that it may then take."""
    if job.kind is JobKind.SHAPE:
        return settings.wait_s, min(job.limits.wall_s, settings.wall_s)
    return settings.jail.wait_s, min(job.limits.wall_s, settings.jail.wall_s)
