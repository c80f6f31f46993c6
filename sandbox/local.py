"""Everything on this machine: shapes to the resident worker, people's code to the jails.

The two share nothing: a run that takes all of its jail cannot slow a shape, whose worker never sees users' code.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import assert_never

from sandbox import devices
from sandbox.keeper import Command, command
from sandbox.pool import Pool
from sandbox.protocol import Job, JobKind, Report, Result
from sandbox.resident import Resident
from sandbox.settings import SandboxSettings


class Local:
    """A `sandbox.client.Sandbox`; use it in `async with`. Jails are started by `warm`, or by the first run."""

    def __init__(self, settings: SandboxSettings, make_command: Command = command) -> None:
        """Starts nothing yet; `make_command` says what the resident worker is."""
        self._resident = Resident(settings, make_command)
        self._pool = Pool(settings)
        self._stack = AsyncExitStack()
        self._waking = asyncio.Lock()
        self._awake = False

    async def __aenter__(self) -> Local:
        """Starts the resident worker behind the caller's back."""
        await self._stack.enter_async_context(self._resident)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends everything."""
        await self._stack.aclose()

    async def warm(self) -> None:
        """Start the jails now, behind the caller's back, so that nobody's first run waits for torch."""
        async with self._waking:
            if not self._awake:
                self._awake = True
                await self._stack.enter_async_context(self._pool)

    async def run(self, job: Job) -> Result:
        """Do one job, where its kind is done."""
        match job.kind:
            case JobKind.SHAPE:
                return await self._resident.run(job)
            case JobKind.RUN | JobKind.BENCH if job.device != devices.CPU:
                return devices.refused(job)
            case JobKind.RUN | JobKind.BENCH:
                await self.warm()
                return await self._pool.run(job)
            case _:
                assert_never(job.kind)

    async def report(self) -> Report:
        """How the resident worker is."""
        return await self._resident.report()

    async def jails(self) -> Report:
        """How the jails are."""
        return await self._pool.report()
