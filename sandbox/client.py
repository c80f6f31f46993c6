"""The one way in: `open_sandbox` gives something that does jobs and says how it is, wherever the worker stands."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sandbox.local import Local
from sandbox.protocol import Job, Report, Result
from sandbox.settings import SandboxSettings
from sandbox.socket_client import SocketSandbox


class Sandbox(Protocol):
    """Does jobs. A job always gets a result, within its waiting and wall time; nothing but cancelling raises."""

    async def run(self, job: Job) -> Result:
        """Do one job."""

    async def report(self) -> Report:
        """How the worker is."""


def open_sandbox(settings: SandboxSettings) -> AbstractAsyncContextManager[Sandbox]:
    """A sandbox: a worker and jails of our own, or what stands behind `settings.socket`.

    Entering it does not wait for the worker: a bot serves at once, and the first jobs wait for torch. The jails come
    with the first run, or with `sandbox.local.Local.warm`.
    """
    if settings.socket is not None:
        return SocketSandbox(settings)
    return Local(settings)
