"""Jails on this machine: start, lend, retire, replace.

A jail does one job at a time. After each it proves that it is as it was (its child has ended, nothing is left in its
`/tmp`), or it is killed and replaced; one jail more than there are jobs at a time stands ready, so that nobody waits
for torch. Where a protection is missing there is no jail at all, and the reason is the answer.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections import deque
from contextlib import suppress

from sandbox import calls, cgroup, cuda_calls, devices, landlock, orphans
from sandbox.cell import Cell, CellError, CellLostError
from sandbox.cgroup import CgroupError, Group
from sandbox.cuda import Hardware, NoCudaError
from sandbox.interpreter import CODE, Interpreter, InterpreterError, examine
from sandbox.jail import Plan
from sandbox.kit import Kit, for_cpu
from sandbox.limits import lowest
from sandbox.protocol import Job, Protection, Report, Result, Status
from sandbox.settings import SandboxSettings

_END_S = 2.0  # a job's process ends at once when it has answered, but on a machine with much to do
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0
_BWRAP_WAY = "install it (apt-get install bubblewrap) or set STRIDE_SANDBOX__JAIL__MODE=landlock, which is weaker"
_USERNS_WAY = (
    "let ordinary users make user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor "
    "profile for bwrap, user.max_user_namespaces above 0; in a container a seccomp profile that allows clone, unshare, "
    "mount, pivot_root and umount2; or set STRIDE_SANDBOX__JAIL__MODE=landlock, which is weaker"
)

_PROC_WAY = (
    "CUDA needs a /proc of the jail's own, and a container's is masked: start the container with "
    "--security-opt systempaths=unconfined, or the worker outside"
)


class Pool:
    """A `sandbox.client.Sandbox` for users' code; use it in `async with`."""

    def __init__(self, settings: SandboxSettings, kit: Kit | None = None) -> None:
        """Starts nothing yet; `settings.jail` is what counts here, and the kit, by default the CPU's."""
        self._settings = settings
        self._jail = settings.jail
        self._kit = for_cpu(settings) if kit is None else kit
        self._most = self._kit.limits
        self._interpreter: Interpreter | None = None
        self._interpreter_lock = asyncio.Lock()
        self._idle: deque[Cell] = deque()
        self._waiting: deque[asyncio.Future[Cell]] = deque()
        self._cells: list[Cell] = []
        self._turns = asyncio.Semaphore(self._kit.side_by_side)
        self._endings: set[asyncio.Task[None]] = set()
        self._done: dict[Cell, asyncio.Future[None]] = {}
        self._lent: set[Cell] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._first = asyncio.Event()
        self._in_flight = 0
        self._restarts = 0
        self._reason = "" if self._jail.mode != "off" else "people's code is not run here: the sandbox's jail is off"
        self._no_group = ""
        self._torch_version, self._landlock, self._hardware = "", 0, ""
        self._closed = False

    async def __aenter__(self) -> Pool:
        """Starts the jails behind the caller's back: jobs asked meanwhile wait for them."""
        if self._jail.mode != "off":
            await asyncio.to_thread(orphans.bury)
            for number in range(self._kit.side_by_side + 1):
                self._tasks.append(asyncio.create_task(self._keep(number)))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends every jail; whoever still waits is told so."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_everyone()
        while self._endings:
            await asyncio.wait(self._endings)

    async def run(self, job: Job) -> Result:
        """The job's result, always; at the latest when its waiting time and its wall time are over."""
        if job.device != self._kit.device:
            return devices.refused(job)
        if self._closed or self._off() or self._in_flight >= self._settings.in_flight:
            return self._unavailable(job, "busy: too many runs at a time")
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._jail.wait_s) as waiting:
                async with self._turns:
                    while (cell := await self._take()).lost.done():
                        pass  # it died between its turn and ours
                    waiting.reschedule(None)
                    return await self._run_in(cell, job)
        except TimeoutError:
            return self._unavailable(job, "busy: no jail was free in time")
        except CellLostError as fault:
            return self._unavailable(job, str(fault))
        finally:
            self._in_flight -= 1

    async def report(self) -> Report:
        """How the jails are, and what they are made of."""
        return Report(
            alive=bool(self._cells),
            torch_version=self._torch_version,
            device=self._kit.device,
            protections=self._protections(),
            restarts=self._restarts,
            reason=self._reason,
            in_flight=self._in_flight,
            members=len(self._cells),
        )

    def processes(self) -> tuple[int, ...]:
        """Process ids of the zygotes."""
        return tuple(cell.pid for cell in self._cells)

    @property
    def idle(self) -> int:
        """Jails that stand ready for a job now."""
        return len(self._idle)

    # Lending.

    async def _take(self) -> Cell:
        if self._idle:
            return self._idle.popleft()
        turn: asyncio.Future[Cell] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._offer(turn.result())
            raise

    def _offer(self, cell: Cell) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(cell)
                return
        self._idle.append(cell)

    async def _run_in(self, cell: Cell, job: Job) -> Result:
        """Answers as soon as there is an answer; the jail's owner then sees to the jail."""
        done = self._done[cell]
        self._lent.add(cell)
        try:
            return await cell.run(job, lowest(job.limits, self._most))
        except BaseException:
            cell.kill()  # cancelled: nobody wants the rest
            raise
        finally:
            self._lent.discard(cell)
            done.set_result(None)

    def _off(self) -> bool:
        """Nothing can be run, and why is known; one jail that could not be replaced is no reason."""
        return bool(self._reason) and not self._cells

    def _refuse_everyone(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(CellLostError(self._reason or "the sandbox has been closed"))

    def _unavailable(self, job: Job, why: str) -> Result:
        if self._closed:
            why = "the sandbox has been closed"
        return Result(id=job.id, status=Status.UNAVAILABLE, error=self._reason or why, device=job.device)

    # The lives of jails.

    async def _keep(self, number: int) -> None:
        """Have one jail after another, for ever; a failure is told to everyone and tried again later."""
        pause = _FIRST_PAUSE_S
        if number:
            await self._first.wait()  # side by side they would all be late
        while True:
            try:
                cell = await self._start(number)
                self._reason, pause = "", _FIRST_PAUSE_S
                try:
                    await self._serve(cell)
                finally:
                    self._retire(cell)
            except CellLostError:
                pass
            except (CellError, InterpreterError) as fault:
                self._reason = devices.none_here(self._kit.device, str(fault))
                if self._off():
                    self._refuse_everyone()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _serve(self, cell: Cell) -> None:
        """Lend a jail for job after job, as long as it is as new after each."""
        loop = asyncio.get_running_loop()
        while cell.jobs < self._jail.runs_each:
            await self._prepare(cell)
            self._first.set()
            done = self._done[cell] = loop.create_future()
            self._offer(cell)
            await asyncio.wait([done, cell.lost], return_when=asyncio.FIRST_COMPLETED)
            if cell in self._lent:
                await done  # the answer of its last job is still on its way
            if not done.done():
                return
            ended = await cell.ending(_END_S)
            if ended is None or not ended.tidy:
                return

    async def _prepare(self, cell: Cell) -> None:
        try:
            # Where people stand in line, a rehearsal costs all of them more than it saves the one who comes next.
            await cell.prepare(self._kit.prepare_s, hurry=self._in_flight > self._kit.side_by_side)
        except CellLostError as fault:
            if self._kit.hardware is None:
                raise
            raise CellError(f"the GPU was not started within {self._kit.prepare_s:g} s ({fault})") from fault

    async def _start(self, number: int) -> Cell:
        interpreter = await self._find()
        hardware = await asyncio.to_thread(self._equip)
        group = await asyncio.to_thread(self._make_group)
        if self._kit.needs_group and group is None:
            raise CellError(f"only a memory group bounds memory there, and {self._no_group}; {cgroup.WAY}")
        bwrap = ""
        if self._jail.mode == "bubblewrap":
            found = await asyncio.to_thread(shutil.which, "bwrap")
            if found is None:
                raise CellError(f"bubblewrap is missing: {_BWRAP_WAY}")
            bwrap = found

        libraries = hardware.libraries if hardware else ()

        def plan(control: int, info: int) -> Plan:
            return Plan(
                bwrap=bwrap,
                executable=interpreter.executable,
                path=(str(CODE.parent), *interpreter.packages, *self._kit.path),
                read=(*interpreter.read, *self._kit.path, *(hardware.read if hardware else ())),
                uid=self._kit.first_uid + number,
                cgroup=group.procs if group else "",
                files_mb=self._jail.files_mb,
                toolbox=self._kit.toolbox,
                control=control,
                info=info,
                libraries=":".join(filter(None, (os.environ.get("LD_LIBRARY_PATH", ""), *libraries))),
                devices=hardware.devices if hardware else (),
                more=hardware.environment if hardware else {},
            )

        try:
            cell = await Cell.start(
                *(sys.executable, plan, self._most),
                group=group,
                start_s=self._settings.start_s,
                spare_mb=self._kit.spare_mb,
            )
        except BaseException as fault:
            if group is not None:
                await asyncio.to_thread(group.remove)
            if not isinstance(fault, CellError):
                raise
            raise CellError(_explained(str(fault))) from fault
        self._cells.append(cell)
        self._torch_version, self._landlock = cell.torch_version, cell.landlock
        return cell

    async def _find(self) -> Interpreter:
        async with self._interpreter_lock:
            if self._interpreter is None:
                libraries = os.environ.get("LD_LIBRARY_PATH", "")
                self._interpreter = await examine(self._settings.python or sys.executable, libraries)
            return self._interpreter

    def _equip(self) -> Hardware | None:
        """What the device needs, looked for again with every jail; raises `CellError` where it is not there."""
        if self._kit.hardware is None:
            return None
        if self._jail.mode != "bubblewrap":
            raise CellError("CUDA runs in bubblewrap's jails alone: set STRIDE_SANDBOX__JAIL__MODE=bubblewrap")
        try:
            found = self._kit.hardware()
        except NoCudaError as fault:
            raise CellError(str(fault)) from fault
        self._hardware = found.name
        return found

    def _make_group(self) -> Group | None:
        try:
            group = cgroup.make()
        except CgroupError as fault:
            self._no_group = str(fault)
            return None
        self._no_group = ""
        return group

    def _retire(self, cell: Cell) -> None:
        """End a jail behind everybody's back; it is out of every list at once."""
        with suppress(ValueError):
            self._cells.remove(cell)
        with suppress(ValueError):
            self._idle.remove(cell)
        self._done.pop(cell, None)
        cell.kill()
        if not self._closed:
            self._restarts += 1
        task = asyncio.create_task(cell.stop())
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    # What stands between a run and the machine.

    def _protections(self) -> tuple[Protection, ...]:
        if self._jail.mode == "off":
            return ()
        up = bool(self._cells)
        jailed = self._jail.mode == "bubblewrap"
        weak = "left out by the sandbox's jail mode (landlock), the weaker one: set it to bubblewrap"
        not_up = self._reason or "no jail has started yet"

        def row(name: str, stops: str, *, without: str = "") -> Protection:
            why = without or ("" if up else not_up)
            return Protection(name=name, present=not why, why=why or stops)

        by_bwrap = "" if jailed else weak
        no_landlock = "" if landlock.version() else f"the kernel has none: {landlock.WAY}"
        no_group = f"{self._no_group}; {cgroup.WAY}" if self._no_group else ""
        cuda = self._kit.hardware is not None
        calls_of_a_jail = calls.ZYGOTE | (cuda_calls.STARTING | {"socket": cuda_calls.SOCKET} if cuda else {})
        proc = "no /proc but its own" if cuda else "no /proc"
        memory = "memory that is written to" if cuda else "address space"
        return (
            row("namespaces", f"no network, no other process, no host's name, {proc}", without=by_bwrap),
            row("read-only root", "only Python's libraries can be seen, and nothing written", without=by_bwrap),
            row("small /tmp", f"files end at {self._jail.files_mb} MB and with their job", without=by_bwrap),
            row("ordinary user", "a jail is never started by root, and each by a user of its own where root starts it"),
            row(
                "outer filter", f"{len(calls_of_a_jail)} system calls and no others, for a whole jail", without=by_bwrap
            ),
            row("inner filter", f"{len(calls.JOB)} of them for a job: no process, program, socket, signal or link"),
            row("landlock", f"no file but the libraries and /tmp (version {self._landlock})", without=no_landlock),
            row("limits", f"processor time, {memory}, threads, file size, descriptors and core dumps are bounded"),
            row("not dumpable", "no process can look into another"),
            row("one job a process", "each job has a child and channels of its own, which end with it"),
            row("memory group", "the kernel's own memory and the sum of all processes are bounded", without=no_group),
            *([row(self._hardware or "GPU", devices.OPEN_ON_CUDA)] if cuda else []),
        )


def _explained(fault: str) -> str:
    """With the way out, where bubblewrap's own words are about namespaces."""
    if "mount proc" in fault:
        return f"{fault[:400]}; {_PROC_WAY}"
    signs = ("bwrap:", "namespace", "uid map", "uid_map")
    return f"{fault[:400]}; {_USERNS_WAY}" if any(sign in fault for sign in signs) else fault[:400]
