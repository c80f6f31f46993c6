"""What crosses the border between the bot and its workers: versioned JSON, one object a line.

Standard library only, and no pickle: a worker that was taken over can send nothing but data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

VERSION = 1
MAX_LINE = 4 * 1024 * 1024  # bytes of one encoded job or result


class JobKind(StrEnum):
    """What a worker can be asked to do."""

    SHAPE = "shape"


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
    """What one job may use."""

    wall_s: float = 2.0


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
    """How a job ended and what it gave. What user code does wrong is a value here, never an exception."""

    id: str
    status: Status
    value: Any = None
    error: str = ""
    elapsed_ms: float = 0.0
    torch_version: str = ""
    device: str = "cpu"


class ProtocolError(ValueError):
    """A line that is not a message of this version."""


def encode_job(job: Job) -> bytes:
    """One line for the worker; raises `ProtocolError` where it would be too long."""
    return _line(
        {
            "v": VERSION,
            "id": job.id,
            "kind": job.kind.value,
            "payload": job.payload,
            "wall_s": job.limits.wall_s,
            "device": job.device,
        }
    )


def decode_job(line: bytes) -> Job:
    """The job in a line; raises `ProtocolError`."""
    message = _message(line)
    try:
        return Job(
            id=str(message["id"]),
            kind=JobKind(message["kind"]),
            payload=dict(message["payload"]),
            limits=Limits(wall_s=float(message["wall_s"])),
            device=str(message["device"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not a job: {fault}") from fault


def encode_result(result: Result) -> bytes:
    """One line for the bot; raises `ProtocolError` where it would be too long."""
    return _line(
        {
            "v": VERSION,
            "id": result.id,
            "status": result.status.value,
            "value": result.value,
            "error": result.error,
            "elapsed_ms": result.elapsed_ms,
            "torch": result.torch_version,
            "device": result.device,
        }
    )


def decode_result(line: bytes) -> Result:
    """The result in a line; raises `ProtocolError`."""
    message = _message(line)
    try:
        return Result(
            id=str(message["id"]),
            status=Status(message["status"]),
            value=message["value"],
            error=str(message["error"]),
            elapsed_ms=float(message["elapsed_ms"]),
            torch_version=str(message["torch"]),
            device=str(message["device"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ProtocolError(f"not a result: {fault}") from fault


def _line(message: dict[str, Any]) -> bytes:
    line = json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    if len(line) > MAX_LINE:
        raise ProtocolError(f"a message of {len(line)} bytes is over the limit of {MAX_LINE}")
    return line


def _message(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise ProtocolError("a line over the limit")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise ProtocolError("not JSON") from fault
    if not isinstance(message, dict) or message.get("v") != VERSION:
        raise ProtocolError(f"not a message of version {VERSION}")
    return message
