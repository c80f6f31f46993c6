"""A sandbox whose worker does what the test tells it: the real part, with a toolbox that attacks."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sandbox.confine import Confinement
from sandbox.local import Local
from sandbox.protocol import Job, JobKind, Limits, Result
from sandbox.resident import Resident
from sandbox.settings import SandboxSettings

_ROGUE = Path(__file__).with_name("rogue.py")
_ids = itertools.count(1)


def rogue_command(settings: SandboxSettings, confinement: Confinement, control: int) -> Sequence[str]:
    """Where `python -m sandbox.worker` would stand."""
    return [settings.python or sys.executable, "-P", str(_ROGUE), str(control), confinement.to_json()]


def rogue(**settings: Any) -> Resident:
    """A resident worker that was taken over."""
    return Resident(SandboxSettings(**settings), rogue_command)


def local_rogue(**settings: Any) -> Local:
    """A whole sandbox whose resident worker was taken over."""
    return Local(SandboxSettings(**settings), rogue_command)


class _Runs(Protocol):
    async def run(self, job: Job) -> Result: ...


def job(attack: str, *arguments: Any, wall_s: float = 20.0) -> Job:
    """A job that a rogue does."""
    payload = {"attack": attack, "with": list(arguments)}
    return Job(id=f"j{next(_ids)}", kind=JobKind.SHAPE, payload=payload, limits=Limits(wall_s=wall_s))


async def ask(sandbox: _Runs, attack: str, *arguments: Any, wall_s: float = 20.0) -> Result:
    """What became of an attack."""
    return await sandbox.run(job(attack, *arguments, wall_s=wall_s))
