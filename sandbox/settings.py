"""What an operator can set about the workers; read by the bot and by `sandbox serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class JailSettings(BaseModel):
    """Where people's own code runs, and what one run may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["bubblewrap", "landlock", "off"] = Field(
        default="bubblewrap",
        description="what keeps people's code in: bubblewrap and all the rest; landlock, weaker, without bubblewrap; "
        "or off, which runs none",
    )
    side_by_side: int = Field(default=2, ge=1, le=64, description="runs at a time; one more jail stands ready")
    wait_s: float = Field(default=20.0, gt=0, le=600, description="seconds that a run may wait for a jail")
    wall_s: float = Field(default=5.0, gt=0, le=600, description="seconds that one run may take")
    cpu_s: float = Field(default=5.0, gt=0, le=600, description="seconds of processor time that one run may take")
    memory_mb: int = Field(default=1024, ge=64, description="memory of one run, on top of torch itself")
    threads: int = Field(default=64, ge=1, le=1024, description="threads of one run")
    files_mb: int = Field(default=32, ge=1, le=4096, description="files that one run may write, in a /tmp of its own")
    output_kb: int = Field(default=64, ge=1, le=512, description="text that one run may print")
    runs_each: int = Field(default=500, ge=1, description="runs in one jail before it is replaced by a fresh one")
    first_uid: int = Field(
        default=60600, ge=1, le=2**31, description="where Stride is root: user of the first jail; others count from it"
    )


class SandboxSettings(BaseModel):
    """How jobs get done: by a worker process of our own, or by a worker behind a Unix socket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    socket: Path | None = Field(
        default=None, description="Unix socket of a worker started with `python -m sandbox serve`; none: our own"
    )
    python: str = Field(default="", description="interpreter that has torch, for our own worker; empty: the bot's own")
    workers: int = Field(default=1, ge=1, le=64, description="worker processes that do jobs side by side")
    wall_s: float = Field(default=2.0, gt=0, le=60, description="seconds that one job may take at most")
    wait_s: float = Field(default=10.0, gt=0, le=60, description="seconds that a job may wait for its turn")
    start_s: float = Field(default=60.0, gt=0, le=600, description="seconds that a worker may take to import torch")
    memory_mb: int = Field(default=1024, ge=128, description="memory that a worker may take on top of torch itself")
    in_flight: int = Field(default=1024, ge=1, le=100_000, description="jobs at a time before new ones are refused")
    uid: int | None = Field(
        default=65534, ge=1, description="user that workers become when the bot runs as root; none: stay root"
    )
    jail: JailSettings = Field(default_factory=JailSettings)
