"""One job's way over NATS: to a worker with room, to another where that one is lost, and back with one result.

The first try goes to whomever the queue group picks. Where that one is busy or does not answer, all are asked who has
room, and one of them is asked directly.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from nats.aio.msg import Msg

from sandbox import nats_words as words
from sandbox.nats_link import Link, LinkDownError
from sandbox.nats_post import Box, Post
from sandbox.nats_words import Ask, Busy, Done, Free, Taken
from sandbox.protocol import Job, ProtocolError, Result, Status

_ACK_S = 1.0  # a member says at once that it has a job
_LOST_S = 2.0  # and twice a second that it still has; so long without a word, and it is lost
_WHO_S = 0.1  # for the members to say how much room they have
_GRACE_S = 3.0  # after a cut, members come back as we do
_WARY_S = 10.0  # after a member was silent, the queue group may still pick it
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.005, 0.2


class _Failed(Enum):
    BUSY = auto()
    NOBODY = auto()
    SILENT = auto()  # asked, and no word came
    LOST = auto()  # taken, and then no word came
    REFUSED = auto()  # this one cannot do it
    CUT = auto()  # our own connection


@dataclass(slots=True)
class Experience:
    """What askers learn from one another."""

    wary_until: float = 0.0


class Errand:
    """For one job, once."""

    def __init__(
        self,
        job: Job,
        link: Link,
        post: Post,
        *,
        begin_by: float,
        done_by: float,
        cancel: Callable[[str, str], None],
        experience: Experience,
        jitter: random.Random,
    ) -> None:
        """`begin_by` and `done_by` are loop times; `cancel` takes a job's number and the member that has it, or ""."""
        self._job = job
        self._link = link
        self._post = post
        self._begin_by = begin_by
        self._done_by = done_by
        self._cancel = cancel
        self._experience = experience
        self._jitter = jitter
        self._time = asyncio.get_running_loop().time
        self._lost = 0
        self._nobody = 0
        self._lost_at = 0.0
        self._refusals: dict[str, Result] = {}
        self._pause = _FIRST_PAUSE_S
        self._why = "no worker answered in time"

    @property
    def why(self) -> str:
        """Why there is no result, if the time is over now."""
        return self._why if self._link.up else self._link.reason

    async def result(self) -> Result:
        """The job's result; never comes where nothing can be reached, so bound it in time."""
        subject, patient = words.ask_subject(self._job.kind, self._job.device), False
        searching = self._time() < self._experience.wary_until
        while True:
            await self._link.ready()
            if searching:
                found = await self._search()
                if isinstance(found, tuple):
                    subject, patient = found
                    found = await self._attempt(subject, patient=patient)
            else:
                found = await self._attempt(subject, patient=patient)
            searching = True
            result = found if isinstance(found, Result) else self._verdict(found)
            if result is not None:
                return result
            if found in {_Failed.BUSY, _Failed.NOBODY, _Failed.CUT}:
                await asyncio.sleep(self._pause * self._jitter.uniform(0.5, 1.5))
                self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)

    def _verdict(self, failed: _Failed | tuple[str, bool]) -> Result | None:
        """The end of it, or None where another try is worth it."""
        now = self._time()
        match failed:
            case _Failed.NOBODY if self._refusals:
                return next(reversed(self._refusals.values()))
            case _Failed.NOBODY:
                recently = max(self._link.since or -_GRACE_S, self._lost_at or -_GRACE_S)
                self._nobody += 1  # once may be a worker that is just coming
                if self._nobody > 1 and now - recently > _GRACE_S:
                    return self._unavailable(no_worker(self._job.device))
                self._why = no_worker(self._job.device)
            case _Failed.BUSY:
                self._why = "busy: no worker was free in time"
                if now > self._begin_by:
                    return self._unavailable(self._why)
            case _Failed.LOST:
                self._lost += 1
                self._lost_at = now
                self._experience.wary_until = now + _WARY_S
                self._why = "the worker was lost in the middle of the job, and no other did it in time"
                if self._lost > 1:
                    return self._unavailable("two workers were lost in the middle of this job")
            case _Failed.SILENT:
                self._experience.wary_until = now + _WARY_S
                self._why = "no worker answered in time"
            case _:
                pass
        return None

    # Asking one.

    async def _attempt(self, subject: str, *, patient: bool) -> Result | _Failed:
        with self._post.box() as box:
            within_s = self._done_by - self._time()
            try:
                ask = Ask(job=replace(self._job, id=box.token), within_s=max(within_s, 0.001), patient=patient)
                message = words.encode_ask(ask)
            except ProtocolError as fault:
                return replace(self._unavailable(str(fault)), status=Status.USER_ERROR)
            if len(message) > self._link.most_bytes:
                why = f"a job of {len(message)} bytes is over the limit of {self._link.most_bytes} that NATS has"
                return replace(self._unavailable(why), status=Status.USER_ERROR)
            listening = _Listening(box, self._link)
            try:
                await self._link.send(subject, message, box.address)
                found = await listening.to_the_end()
            except LinkDownError:
                return _Failed.CUT
            finally:
                if not listening.settled:
                    self._cancel(box.token, listening.member)
            if isinstance(found, Result) and found.status is Status.UNAVAILABLE:
                self._refusals[listening.member] = found
                return _Failed.REFUSED
            return found

    # Asking all.

    async def _search(self) -> tuple[str, bool] | Result | _Failed:
        """Where to ask next and whether to wait there; or why nowhere."""
        until = self._time() + _WHO_S
        able, answered, refused = dict[str, Free](), False, False
        with self._post.box() as box:
            try:
                await self._link.send(words.who_subject(self._job.kind, self._job.device), b"", box.address)
            except LinkDownError:
                return _Failed.CUT
            while (message := await box.next(until)) is not None:
                if words.nobody(message):
                    return _Failed.NOBODY
                try:
                    answer = words.decode_answer(message.data)
                except ProtocolError:
                    continue
                if not isinstance(answer, Free):
                    continue
                answered = True
                if answer.member in self._refusals:
                    refused = True
                    continue
                if answer.now > 0:
                    return words.member_subject(answer.member, "ask"), False
                able[answer.member] = answer
        if not able and refused:
            return next(reversed(self._refusals.values()))
        roomiest = max(able.values(), key=lambda free: free.later, default=None)
        if roomiest is not None and roomiest.later > 0:
            return words.member_subject(roomiest.member, "ask"), True
        return _Failed.BUSY if answered else _Failed.SILENT

    def _unavailable(self, why: str) -> Result:
        return Result(id=self._job.id, status=Status.UNAVAILABLE, error=why, device=self._job.device)


class _Listening:
    """To what a member says about one job."""

    def __init__(self, box: Box, link: Link) -> None:
        self._box = box
        self._link = link
        self.member = ""
        self.settled = False  # nobody works on it any more, as far as we know

    async def to_the_end(self) -> Result | _Failed:
        now = asyncio.get_running_loop().time
        silent_at = now() + _ACK_S
        while True:
            message = await self._box.next(silent_at)
            if message is None:
                # What the server had for us has been read by then: whose silence it is must be sure.
                if not await self._link.check():
                    if not self.member:
                        return _Failed.CUT
                    await self._link.ready()
                    silent_at = now() + _LOST_S
                    continue
                message = self._box.next_now()
            if message is None:
                return _Failed.LOST if self.member else _Failed.SILENT
            found, lives = self._read(message)
            if found is not None:
                self.settled = True
                return found
            if lives:
                silent_at = now() + _LOST_S

    def _read(self, message: Msg) -> tuple[Result | _Failed | None, bool]:
        """What has become of the job, if that is known; and whether this is a sign of life."""
        if words.nobody(message):
            return _Failed.NOBODY, False
        try:
            answer = words.decode_answer(message.data, self.member)
        except ProtocolError:
            return None, False
        match answer:
            case Taken(member) if self.member in {"", member}:
                self.member = member
                return None, True
            case Busy() if not self.member:
                return _Failed.BUSY, False
            case Done(_, result) if result.id == self._box.token:
                return result, False
            case _:
                return None, False


def no_worker(device: str) -> str:
    """What to say where no worker is up for a device, with the way out."""
    which = "CUDA worker" if device == "cuda" else "worker"
    return f"no {which} is up: start one with python -m sandbox serve --device {device} --nats URL"
