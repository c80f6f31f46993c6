"""What crosses the border between the bot and its workers: versioned JSON, one object a line.

Standard library only, and no pickle: a worker that was taken over can send nothing but data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

VERSION = 1
MAX_LINE = 4 * 1024 * 1024  # bytes of one encoded job or result

# Built once: `json.dumps` with any option builds an encoder a call, which costs as much as the encoding.
_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class JobKind(StrEnum):
    """What a worker can be asked to do."""

    SHAPE = "shape"  # in a resident worker, which never sees users' code
    RUN = "run"  # users' code, in a jail: {"code": str, "show": bool}
    BENCH = "bench"  # time and memory of a layer, in a jail: see `sandbox.jobs.bench`
    PROVE = "prove"  # a proof of a card, in a jail: see `sandbox.jobs.prove`
    FIT = "fit"  # weights of FSRS for a learner, in a jail with more time: see `sandbox.jobs.fit_memory`


class Status(StrEnum):
    """How a job ended. A process's exit code cannot tell a timeout from a memory kill; this can."""

    OK = "ok"
    USER_ERROR = "user_error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    KILLED = "killed"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use at most; what is set for the sandbox bounds it further.

    All but `wall_s` hold for jobs in a jail: a resident worker is bounded as a whole.

    Attributes:
        wall_s: seconds from its start to its answer.
        cpu_s: seconds of processor time, all threads together.
        memory_mb: on top of what torch itself takes.
        threads: that it may start.
        files_mb: that it may write, all files together.
        output_kb: of what it prints.
    """

    wall_s: float = 5.0
    cpu_s: float = 5.0
    memory_mb: int = 1024
    threads: int = 64
    files_mb: int = 32
    output_kb: int = 64


_LIMITS = tuple(limit.name for limit in fields(Limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing to do. `payload` is JSON and its form is the job kind's own (see `sandbox.jobs`)."""

    id: str
    kind: JobKind
    payload: dict[str, Any]
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a job ended and what it gave. What user code does wrong is a value here, never an exception.

    Attributes:
        limit: that was hit, as {"name", "value", "unit"}, or None.
    """

    id: str
    status: Status
    value: Any = None
    error: str = ""
    elapsed_ms: float = 0.0
    torch_version: str = ""
    device: str = "cpu"
    limit: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One thing that stands between a worker and the machine; `why` says what it stops, or why it is missing."""

    name: str
    present: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the sandbox is: for `stride doctor`, and for the answer to say what has checked it.

    Attributes:
        alive: a job would be done now.
        torch_version: of the worker, empty before it has started once.
        device: what it computes on.
        protections: of the process that does the jobs.
        restarts: workers replaced since the start, after a crash, a hang or a kill.
        reason: why it is not alive, and what to do.
        in_flight: jobs asked and not answered.
        members: how many workers this speaks for, where there can be several; else 0.
    """

    alive: bool
    torch_version: str = ""
    device: str = "cpu"
    protections: tuple[Protection, ...] = ()
    restarts: int = 0
    reason: str = ""
    in_flight: int = 0
    members: int = 0


class ProtocolError(ValueError):
    """A line that is not a message of this version."""


def encode_job(job: Job, **carried: Any) -> bytes:
    """One line for the worker; raises `ProtocolError` where it would be too long.

    Args:
        job: what is to be done.
        carried: what else a carrier has to say beside it.
    """
    return encode(
        {
            "id": job.id,
            "kind": job.kind.value,
            "payload": job.payload,
            "limits": _limits(job.limits),
            "device": job.device,
            **carried,
        }
    )


def decode_job(line: bytes) -> Job:
    """The job in a line; raises `ProtocolError`."""
    return read_job(decode(line))


def read_job(message: Mapping[str, Any]) -> Job:
    """The job in a message; raises `ProtocolError`."""
    try:
        return Job(
            id=str(message["id"]),
            kind=JobKind(message["kind"]),
            payload=dict(message["payload"]),
            limits=decode_limits(message["limits"]),
            device=str(message["device"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not a job: {fault}") from fault


def encode_result(result: Result) -> bytes:
    """One line for the bot; raises `ProtocolError` where it would be too long."""
    return encode(
        {
            "id": result.id,
            "status": result.status.value,
            "value": result.value,
            "error": result.error,
            "elapsed_ms": result.elapsed_ms,
            "torch": result.torch_version,
            "device": result.device,
            "limit": result.limit,
        }
    )


def decode_result(line: bytes) -> Result:
    """The result in a line; raises `ProtocolError`."""
    message = decode(line)
    try:
        return Result(
            id=str(message["id"]),
            status=Status(message["status"]),
            value=message["value"],
            error=str(message["error"]),
            elapsed_ms=float(message["elapsed_ms"]),
            torch_version=str(message["torch"]),
            device=str(message["device"]),
            limit=decode_limit(message.get("limit")),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not a result: {fault}") from fault


def _limits(limits: Limits) -> dict[str, Any]:
    # By name: `asdict` copies deeply, and would take longer than all the rest of the line.
    return {name: getattr(limits, name) for name in _LIMITS}


def decode_limits(fields: Any) -> Limits:
    """The limits in a message's part; raises `ProtocolError`."""
    try:
        return Limits(
            wall_s=float(fields["wall_s"]),
            cpu_s=float(fields["cpu_s"]),
            memory_mb=int(fields["memory_mb"]),
            threads=int(fields["threads"]),
            files_mb=int(fields["files_mb"]),
            output_kb=int(fields["output_kb"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not limits: {fault}") from fault


def decode_limit(part: Any) -> dict[str, Any] | None:
    """The limit that was hit, in a message's part; raises `ProtocolError`."""
    if part is None:
        return None
    try:
        name, value, unit = str(part["name"]), part["value"], str(part["unit"])
    except (KeyError, TypeError) as fault:
        raise ProtocolError(f"not a limit: {fault}") from fault
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError("a limit is a number")
    return {"name": name[:40], "value": value, "unit": unit[:20]}


def encode_report(report: Report) -> dict[str, Any]:
    """A report as a message's content."""
    return asdict(report)


def decode_report(message: Mapping[str, Any]) -> Report:
    """The report in a message's content; raises `ProtocolError`."""
    try:
        return Report(
            alive=bool(message["alive"]),
            torch_version=str(message["torch_version"]),
            device=str(message["device"]),
            protections=decode_protections(message["protections"]),
            restarts=int(message["restarts"]),
            reason=str(message["reason"]),
            in_flight=int(message["in_flight"]),
            members=int(message["members"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not a report: {fault}") from fault


def decode_protections(rows: Any) -> tuple[Protection, ...]:
    """The rows of a protections table; raises `ProtocolError`."""
    try:
        return tuple(
            Protection(name=str(row["name"]), present=bool(row["present"]), why=str(row["why"])) for row in rows
        )
    except (KeyError, TypeError) as fault:
        raise ProtocolError(f"not a table of protections: {fault}") from fault


def encode(message: dict[str, Any]) -> bytes:
    """One line of this version; raises `ProtocolError` where it is too long or JSON cannot carry it."""
    try:
        line = _JSON.encode({"v": VERSION, **message}).encode() + b"\n"
    except (ValueError, TypeError, RecursionError) as fault:
        raise ProtocolError(f"JSON cannot carry it: {fault}") from fault
    if len(line) > MAX_LINE:
        raise ProtocolError(f"a message of {len(line)} bytes is over the limit of {MAX_LINE}")
    return line


def decode(line: bytes) -> dict[str, Any]:
    """The message in a line of this version; raises `ProtocolError`."""
    if len(line) > MAX_LINE:
        raise ProtocolError("a line over the limit")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise ProtocolError("not JSON") from fault
    if not isinstance(message, dict) or message.get("v") != VERSION:
        raise ProtocolError(f"not a message of version {VERSION}")
    return message
