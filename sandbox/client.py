"""The one way in: `open_sandbox` gives something that does jobs and says how it is, wherever the workers stand."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sandbox.local import Local
from sandbox.protocol import Job, Report, Result
from sandbox.settings import NatsSettings, SandboxSettings
from sandbox.socket_client import SocketSandbox


class Sandbox(Protocol):
    """Does jobs. A job always gets a result, within its waiting and wall time; nothing but cancelling raises.

    Cancelling `run` frees whatever works on the job, wherever that is.
    """

    async def run(self, job: Job) -> Result:
        """Do one job."""

    async def warm(self) -> None:
        """Have the jails started now, behind the caller's back, so that nobody's first run waits for torch."""

    async def report(self) -> Report:
        """How the worker is that never sees people's code."""

    async def jails(self) -> Report:
        """How the jails are in which people's code runs."""


def open_sandbox(settings: SandboxSettings, nats: NatsSettings | None = None) -> AbstractAsyncContextManager[Sandbox]:
    """A sandbox: what stands behind NATS where that is set, else behind `settings.socket`, else of our own.

    Entering it does not wait for the worker: a bot serves at once, and the first jobs wait for torch. The jails come
    with the first run, or with `warm`.
    """
    if nats is not None and nats.url:
        from sandbox.nats_client import NatsSandbox  # its library is read in only where it is used

        return NatsSandbox(settings, nats)
    if settings.socket is not None:
        return SocketSandbox(settings)
    return Local(settings)
