"""What is said over NATS: subjects, and the messages that are no job and no result.

A job is asked on a subject of its kind and device, with an inbox to answer to. Whoever takes it says so at once, gives
a sign of life while it works, and then the result. The subjects carry the protocol's version, so that two versions
never meet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nats.aio.msg import Msg

from sandbox.protocol import (
    VERSION,
    Job,
    JobKind,
    Protection,
    ProtocolError,
    Report,
    Result,
    Status,
    decode,
    decode_result,
    encode,
    encode_job,
    encode_result,
    read_job,
)

ROOT = f"stride.v{VERSION}"
GROUP = "stride"  # one member of it gets each job
INBOX = "_INBOX"  # where answers go, and nowhere else
CANCEL = f"{ROOT}.cancel"  # heard by every member
REPORT = f"{ROOT}.report"  # heard by every member
BEAT_S = 0.5  # a member's signs of life while it has somebody's job
MOST_JOB_S = 1200.0  # beyond all settings of how long a job may take
_MOST_ID = 64
_SPARE = 1024  # bytes of a message beside the result's value
_MOST_A_CHARACTER = 12  # bytes as JSON


def ask_subject(kind: JobKind, device: str) -> str:
    """Where a job is asked of anybody who has room."""
    return f"{ROOT}.ask.{kind.value}.{device}"


def who_subject(kind: JobKind, device: str) -> str:
    """Where all are asked who has room."""
    return f"{ROOT}.who.{kind.value}.{device}"


def member_subject(member: str, what: str) -> str:
    """Where one member alone is spoken to: `ask`, `cancel`, or `gone` for what the server sends back."""
    return f"{ROOT}.member.{member}.{what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A job on its way.

    Attributes:
        within_s: after this nobody waits for it any more.
        patient: it may wait for its turn, where there is room to wait.
    """

    job: Job
    within_s: float
    patient: bool


def encode_ask(ask: Ask) -> bytes:
    """Raises `ProtocolError` where it would be too long."""
    return encode_job(ask.job, within_s=ask.within_s, patient=ask.patient)


def decode_ask(data: bytes) -> Ask:
    """Raises `ProtocolError`."""
    message = decode(data)
    job = read_job(message)
    within_s = message.get("within_s")
    if isinstance(within_s, bool) or not isinstance(within_s, int | float) or not 0 < within_s <= MOST_JOB_S:
        raise ProtocolError("no time to do it in")
    if not 0 < len(job.id) <= _MOST_ID or not job.id.isalnum():
        raise ProtocolError("not an id")
    if not all(math.isfinite(each) and each > 0 for each in (job.limits.wall_s, job.limits.cpu_s)):
        raise ProtocolError("not limits")
    return Ask(job=job, within_s=float(within_s), patient=message.get("patient") is True)


@dataclass(frozen=True, slots=True)
class Taken:
    """A member has the job, and lives."""

    member: str


@dataclass(frozen=True, slots=True)
class Busy:
    """A member has no room for the job now."""

    member: str


@dataclass(frozen=True, slots=True)
class Free:
    """A member's room for jobs of a kind: to begin one now, and to let one wait."""

    member: str
    now: int
    later: int


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the job."""

    member: str
    result: Result


Answer = Taken | Busy | Free | Done


def encode_taken(member: str) -> bytes:
    """A `Taken`."""
    return encode({"taken": member})


def encode_busy(member: str) -> bytes:
    """A `Busy`."""
    return encode({"busy": member})


def encode_free(free: Free) -> bytes:
    """A `Free`."""
    return encode({"free": free.member, "now": free.now, "later": free.later})


def decode_answer(data: bytes, member: str = "") -> Answer:
    """What a member says; raises `ProtocolError`.

    Args:
        data: as it came.
        member: who took the job, whose result it then is.
    """
    message = decode(data)
    if "status" in message:
        return Done(member, decode_result(data))
    try:
        if "taken" in message:
            return Taken(_member(message["taken"]))
        if "busy" in message:
            return Busy(_member(message["busy"]))
        return Free(_member(message["free"]), int(message["now"]), int(message["later"]))
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not an answer: {fault}") from fault


def _member(name: Any) -> str:
    if not isinstance(name, str) or not name.isalnum() or len(name) > _MOST_ID:
        raise ProtocolError("not a member")
    return name


def nobody(message: Msg) -> bool:
    """Whether this is the server's word that nobody listens there."""
    return message.headers is not None and message.headers.get("Status") == "503" and not message.data


# Results that the server would not carry.


def encode_bounded(result: Result, most: int) -> bytes:
    """A result in at most `most` bytes: what does not fit is left out, and the status says so."""
    try:
        message = encode_result(result)
    except ProtocolError as fault:
        return encode_result(_too_large(result, None, most, str(fault)))
    if len(message) <= most:
        return message
    why = f"the result takes {len(message) // 1024} kB, and NATS carries {most // 1024} kB"
    value = _shortened(result.value, most - _SPARE) if isinstance(result.value, Mapping) else None
    message = encode_result(_too_large(result, value, most, why))
    return message if len(message) <= most else encode_result(_too_large(result, None, most, why))


def _shortened(value: Mapping[str, Any], room: int) -> dict[str, Any]:
    """The value in about `room` bytes: its largest parts give first, lists and texts from their ends."""
    parts = dict(value)
    sizes = {name: len(encode({name: part})) for name, part in parts.items()}
    excess = sum(sizes.values()) - room
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if excess <= 0:
            break
        parts[name] = _cut(parts[name], sizes[name] - excess)
        excess -= sizes[name] - len(encode({name: parts[name]}))
    return parts


def _cut(part: Any, room: int) -> Any:
    """The beginning of a list or a text in at most `room` bytes; nothing of anything else."""
    if isinstance(part, str):
        return part[: max(0, room) // _MOST_A_CHARACTER]
    if not isinstance(part, list):
        return None
    kept = 0
    for item in part:
        room -= len(encode({"": item}))
        if room < 0:
            break
        kept += 1
    return part[:kept]


def _too_large(result: Result, value: Any, most: int, why: str) -> Result:
    limit = {"name": "answer", "value": most // 1024, "unit": "kB"}
    if isinstance(value, dict) and "truncated" in value:
        value["truncated"] = True
    return replace(result, status=Status.OUTPUT_LIMIT, value=value, error=why, limit=limit)


# Many reports as one.


def merged(reports: Mapping[str, Report]) -> Report:
    """How all members together are: a protection is there where every one has it."""
    each = list(reports.values())
    living = [report for report in each if report.alive]
    first = (living or each)[0]
    missing: dict[str, Protection] = {}
    for report in living:
        missing |= {row.name: row for row in report.protections if not row.present}
    return Report(
        alive=bool(living),
        torch_version=", ".join(dict.fromkeys(report.torch_version for report in living)) or first.torch_version,
        device=", ".join(sorted({report.device for report in living})) or first.device,
        protections=tuple(missing.get(row.name, row) for row in first.protections),
        restarts=sum(report.restarts for report in each),
        reason=first.reason,
        in_flight=sum(report.in_flight for report in each),
        members=len(each),
    )
