"""Everything on this machine: shapes to the resident worker, people's code to the jails.

The two share nothing: a run that takes all of its jail cannot slow a shape, whose worker never sees users' code.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from sandbox import devices
from sandbox.keeper import Command, command
from sandbox.protocol import Job, JobKind, Protection, Report, Result
from sandbox.resident import Resident
from sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from sandbox.pool import Pool


class Local:
    """A `sandbox.client.Sandbox`; use it in `async with`. Jails are started by `warm`, or by the first run."""

    def __init__(self, settings: SandboxSettings, make_command: Command = command) -> None:
        """Starts nothing yet; `make_command` says what the resident worker is."""
        self._settings = settings
        self._resident = Resident(settings, make_command)
        self._pools: dict[str, Pool] = {}
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
                pools = await self._made()
                self._awake = True
                for pool in pools.values():
                    await self._stack.enter_async_context(pool)

    async def run(self, job: Job) -> Result:
        """Do one job, where its kind is done."""
        match job.kind:
            case JobKind.SHAPE:
                return await self._resident.run(job)
            case JobKind.RUN | JobKind.BENCH | JobKind.PROVE | JobKind.FIT:
                pool = (await self._made()).get(job.device)
                if pool is None:
                    return devices.refused(job)
                await self.warm()
                return await pool.run(job)
            case _:
                assert_never(job.kind)

    async def report(self) -> Report:
        """How the resident worker is."""
        return await self._resident.report()

    async def jails(self) -> Report:
        """How the jails are; those of a second device stand in the table under its name, or why there are none."""
        pools = await self._made()
        first, *others = [await pool.report() for pool in pools.values()]
        rows = [
            replace(row, name=f"{each.device}: {row.name}")
            for each in others
            for row in each.protections
            if not each.reason
        ]
        rows += [Protection(name=each.device, present=False, why=each.reason) for each in others if each.reason]
        return replace(
            first,
            device=",".join(pools),
            protections=(*first.protections, *rows),
            restarts=first.restarts + sum(each.restarts for each in others),
            in_flight=first.in_flight + sum(each.in_flight for each in others),
        )

    async def _made(self) -> dict[str, Pool]:
        """The pools by their devices; what makes them is read in with the first look."""
        if not self._pools:
            made = await asyncio.to_thread(_pools, self._settings)
            self._pools = self._pools or made  # whoever came first
        return self._pools


def _pools(settings: SandboxSettings) -> dict[str, Pool]:
    from sandbox.kit import kits
    from sandbox.pool import Pool

    return {kit.device: Pool(settings, kit) for kit in kits(settings)}
