"""Jobs in, results out, whatever happens to the worker in between.

A resident worker does one job at a time in each of its serving children ("lanes"). A job that kills its child or
hangs it costs its own answer; the jobs behind it are given to the replacement, and nobody is answered twice.
Everything here runs on one event loop and never blocks it.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from sandbox.keeper import Child, Command, Keeper, KeeperLostError, RefusedError, command
from sandbox.protocol import (
    Job,
    ProtocolError,
    Report,
    Result,
    Status,
    decode_result,
    encode_job,
)
from sandbox.settings import SandboxSettings

_WINDOW = 4  # jobs that a lane is given ahead: enough to keep it busy, few enough to lose
_MOST_BYTES = 64 * 1024 * 1024  # of all jobs that wait
_SETTLE_S = 1.0  # a keeper knows how its child ended at once; one that does not say is stuck
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 30.0


@dataclass(slots=True, eq=False)
class _Pending:
    """A job somebody waits for."""

    job: Job
    line: bytes
    wall_s: float
    expires: float
    answer: asyncio.Future[Result]
    retried: bool = False


class _Lane:
    """One serving child and the jobs it has been given, the one it is on first."""

    def __init__(self) -> None:
        self.sent: deque[_Pending] = deque()
        self.child: Child | None = None
        self.deadline = 0.0
        self.served = False  # its child has come so far as to take jobs
        self.verdict: Result | None = None  # for the job it is on, decided before the child's end


class Resident:
    """A `sandbox.client.Sandbox` round a keeper of our own; use it in `async with`."""

    def __init__(self, settings: SandboxSettings, make_command: Command = command) -> None:
        """Starts nothing yet."""
        self._settings = settings
        self._command = make_command
        self._lanes: list[_Lane] = []
        self._waiting: deque[_Pending] = deque()
        self._in_flight = 0
        self._bytes = 0
        self._keeper: Keeper | None = None
        self._keeper_lock = asyncio.Lock()
        self._number = 0
        self._restarts = 0
        self._reason = ""  # why there is no worker, after an attempt that failed
        self._report = Report(alive=False)
        self._tasks: list[asyncio.Task[None]] = []
        self._endings: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    async def __aenter__(self) -> Resident:
        """Starts the worker behind the caller's back: jobs asked meanwhile wait for it."""
        for _ in range(self._settings.workers):
            lane = _Lane()
            self._lanes.append(lane)
            self._tasks.append(asyncio.create_task(self._keep_lane(lane)))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends the worker; whoever still waits is told so."""
        self._closed = True
        await _end(self._tasks)
        await asyncio.gather(*self._endings, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        if self._keeper is not None:
            await self._keeper.stop()
        self._refuse_everyone("the worker has been stopped")

    async def run(self, job: Job) -> Result:
        """The job's result, always; at the latest when its waiting time and its wall time are over."""
        refusal = self._refusal()
        if refusal:
            return _unavailable(job, refusal)
        try:
            line = encode_job(job)
        except ProtocolError as fault:
            return Result(id=job.id, status=Status.USER_ERROR, error=str(fault))
        loop = asyncio.get_running_loop()
        wall_s = min(job.limits.wall_s, self._settings.wall_s)
        expires = loop.time() + self._settings.wait_s + wall_s
        pending = _Pending(job, line, wall_s, expires, loop.create_future())
        self._in_flight += 1
        self._bytes += len(line)
        self._waiting.append(pending)
        self._pump()
        self._watch(expires)
        try:
            return await pending.answer
        finally:
            self._in_flight -= 1
            self._bytes -= len(line)
            if pending.answer.cancelled():
                with suppress(ValueError):
                    self._waiting.remove(pending)

    async def report(self) -> Report:
        """How the worker is."""
        return Report(
            alive=any(lane.child is not None for lane in self._lanes),
            torch_version=self._report.torch_version,
            device=self._report.device,
            protections=self._report.protections,
            restarts=self._restarts,
            reason=self._reason,
            in_flight=self._in_flight,
        )

    def processes(self) -> tuple[int, ...]:
        """Process ids: the keeper's, then those of the serving children."""
        children = [lane.child.pid for lane in self._lanes if lane.child is not None]
        return (self._keeper.pid, *children) if self._keeper is not None else ()

    def _refusal(self) -> str:
        if self._closed:
            return "the worker has been stopped"
        if self._reason:
            return self._reason
        if self._in_flight >= self._settings.in_flight or self._bytes >= _MOST_BYTES:
            return "busy: too many questions at a time"
        return ""

    # Giving and taking.

    def _pump(self) -> None:
        """Give waiting jobs to the lanes with room, the emptiest first."""
        while self._waiting:
            lane = min((lane for lane in self._lanes if lane.child is not None), key=_load, default=None)
            if lane is None or lane.child is None or len(lane.sent) >= _WINDOW:
                return
            pending = self._waiting.popleft()
            if pending.answer.done():
                continue
            if not lane.child.lines.send(pending.line):
                # Its child has just ended, whoever ended it: this job had no part in that.
                self._waiting.appendleft(pending)
                lane.child = None
                continue
            lane.sent.append(pending)
            if len(lane.sent) == 1:
                self._begin(lane)

    def _begin(self, lane: _Lane) -> None:
        """The first job given to a lane is the one it is on: its wall time starts."""
        lane.deadline = asyncio.get_running_loop().time() + lane.sent[0].wall_s
        self._watch(lane.deadline)

    def _take(self, lane: _Lane, line: bytes) -> None:
        """An answer has come from a lane's child; it is about the job the child is on, or it is nonsense."""
        if lane.verdict is not None:
            return
        try:
            result = decode_result(line)
        except ProtocolError as fault:
            self._condemn(lane, Status.KILLED, f"the worker answered nonsense ({fault}) and was replaced")
            return
        if not lane.sent or result.id != lane.sent[0].job.id:
            self._condemn(lane, Status.KILLED, "the worker answered what nobody asked and was replaced")
            return
        _settle(lane.sent.popleft(), result)
        if lane.sent:
            self._begin(lane)
        self._pump()

    def _condemn(self, lane: _Lane, status: Status, why: str) -> None:
        """Decide about the job a lane is on, and end the lane's child."""
        if lane.child is None or lane.verdict is not None:
            return
        head = lane.sent.popleft() if lane.sent else None
        lane.verdict = Result(id=head.job.id if head else "", status=status, error=why, device=lane.child.device)
        if head is not None:
            _settle(head, lane.verdict)
        if self._keeper is not None:
            self._keeper.kill(lane.child)

    # Deadlines: one timer, for the soonest.

    def _watch(self, moment: float) -> None:
        if self._timer is None or moment < self._timer.when():
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(moment, self._sweep)

    def _sweep(self) -> None:
        """Answer whatever is late, and come back for the next."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        soonest: list[float] = []
        for lane in self._lanes:
            working = bool(lane.sent) and lane.child is not None and lane.verdict is None
            if working and lane.deadline <= now:
                self._condemn(lane, Status.TIMEOUT, f"not done within {lane.sent[0].wall_s:g} s")
                working = False
            if working:
                soonest.append(lane.deadline)
            soonest += self._expire(list(lane.sent)[working:], now)
        soonest += self._expire(self._waiting, now)
        while self._waiting and self._waiting[0].answer.done():
            self._waiting.popleft()
        if soonest:
            self._watch(min(soonest))

    def _expire(self, pendings: deque[_Pending] | list[_Pending], now: float) -> list[float]:
        for pending in pendings:
            if pending.expires <= now and not pending.answer.done():
                _settle(pending, _unavailable(pending.job, "busy: no worker was free in time"))
        return [pending.expires for pending in pendings if not pending.answer.done()]

    def _refuse_everyone(self, why: str) -> None:
        for lane in self._lanes:
            self._waiting.extend(lane.sent)
            lane.sent.clear()
        while self._waiting:
            pending = self._waiting.popleft()
            _settle(pending, _unavailable(pending.job, why))

    # The lives of lanes and keepers.

    async def _keep_lane(self, lane: _Lane) -> None:
        """Give the lane child after child, for ever; a failure is told to everyone and tried again later."""
        pause = _FIRST_PAUSE_S
        while not self._closed:
            keeper = None
            lane.served = False
            why = ""
            try:
                keeper = await self._some_keeper()
                await self._one_child(lane, keeper)
            except KeeperLostError as fault:
                await self._lose(keeper)
                # One lost keeper is an accident, and whoever waits need not know; two in a row are a state.
                why = f"the worker ends as it starts: {fault}" if pause > _FIRST_PAUSE_S else ""
            except RefusedError as fault:
                await self._lose(keeper)
                why = str(fault)
            if lane.served:
                pause = _FIRST_PAUSE_S
                continue
            if why:
                self._reason = why
                self._refuse_everyone(why)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _some_keeper(self) -> Keeper:
        async with self._keeper_lock:
            if self._keeper is None:
                self._keeper = await Keeper.start(self._settings, self._command)
            return self._keeper

    async def _lose(self, keeper: Keeper | None) -> None:
        if keeper is not None and keeper is self._keeper:
            self._keeper = None
            self._restarts += 1
            # Not ours to abandon half-way, should we be cancelled while it ends.
            self._endings.append(asyncio.create_task(keeper.stop()))
            await asyncio.wait(self._endings)
            self._endings.clear()

    async def _one_child(self, lane: _Lane, keeper: Keeper) -> None:
        """Serve with one child until it ends, and settle what it leaves behind."""
        self._number += 1
        child = await keeper.child(self._number, lambda line: self._take(lane, line))
        lane.child, lane.verdict, lane.served, self._reason = child, None, True, ""
        self._report = Report(
            alive=True, torch_version=child.torch_version, device=child.device, protections=child.protections
        )
        self._pump()
        try:
            await child.lost
        finally:
            lane.child = None
        await asyncio.wait([child.ended], timeout=_SETTLE_S)
        status = child.ended.result() if child.ended.done() else None
        self._give_back(lane, status)
        if status is None:
            raise KeeperLostError("the keeper does not say how its child ended")
        self._restarts += 1

    def _give_back(self, lane: _Lane, status: int | None) -> None:
        """The jobs of a lane without a child wait again, in their order.

        The one it was on has had its answer when it ended its child, and a second try where the keeper went first
        (no status): then it need not have been the job's doing.
        """
        if lane.sent and lane.verdict is None:
            head = lane.sent[0]
            if status is not None or head.retried:
                lane.sent.popleft()
                _settle(head, Result(id=head.job.id, status=Status.KILLED, error=_ending(status)))
            head.retried = True
        self._waiting.extendleft(reversed(lane.sent))
        lane.sent.clear()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are over: one cancellation can be lost in a subprocess that is just being started."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_SETTLE_S)


def _load(lane: _Lane) -> int:
    return len(lane.sent)


def _settle(pending: _Pending, result: Result) -> None:
    if not pending.answer.done():
        pending.answer.set_result(result)


def _unavailable(job: Job, why: str) -> Result:
    return Result(id=job.id, status=Status.UNAVAILABLE, error=why)


def _ending(status: int | None) -> str:
    if status is None:
        how = "was lost twice"
    elif status < 0:
        how = f"was ended by {signal.Signals(-status).name}"
    else:
        how = f"ended with status {status}"
    return f"the worker {how} and has been replaced"
