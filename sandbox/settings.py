"""What an operator can set about the workers; read by the bot and by `sandbox serve`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


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
