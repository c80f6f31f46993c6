"""What an operator can set about the workers; read by the bot and by `sandbox serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class NatsSettings(BaseModel):
    """The NATS server that jobs go through, where workers stand on other machines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="",
        description="NATS server that jobs go through, such as nats://127.0.0.1:4222, or several with commas between; "
        "tls:// insists on encryption; empty: no NATS",
    )
    user: str = Field(default="", description="user at the NATS server")
    password: SecretStr | None = Field(default=None, description="password of STRIDE_NATS__USER")
    token: SecretStr | None = Field(default=None, description="token that the NATS server asks for")
    credentials: Path | None = Field(default=None, description="file with a NATS user's JWT and seed (.creds)")
    nkey: Path | None = Field(default=None, description="file with a NATS user's nkey seed")
    tls_ca: Path | None = Field(
        default=None,
        description="file with the authority that signed the NATS server's certificate; also insists on TLS",
    )
    tls_cert: Path | None = Field(default=None, description="file with our own certificate for the NATS server")
    tls_key: Path | None = Field(default=None, description="file with the key of STRIDE_NATS__TLS_CERT")

    @model_validator(mode="after")
    def _makes_sense(self) -> NatsSettings:
        # Not a validator of the field alone: that one's complaint would show what was given.
        for parts in map(urlsplit, self.servers):
            if parts.username or parts.password:
                raise ValueError("STRIDE_NATS__URL must hold no secret: set STRIDE_NATS__USER and _PASSWORD, or _TOKEN")
            if parts.scheme not in {"nats", "tls"} or not parts.hostname:
                raise ValueError("STRIDE_NATS__URL must be an address such as nats://127.0.0.1:4222")
        if bool(self.user) != (self.password is not None):
            raise ValueError("STRIDE_NATS__USER and STRIDE_NATS__PASSWORD go together")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("STRIDE_NATS__TLS_CERT and STRIDE_NATS__TLS_KEY go together")
        if sum(map(bool, (self.user, self.token, self.credentials, self.nkey))) > 1:
            raise ValueError("STRIDE_NATS__USER, _TOKEN, _CREDENTIALS and _NKEY exclude one another")
        return self

    @property
    def servers(self) -> list[str]:
        """Each address by itself."""
        return [each.strip() for each in self.url.split(",") if each.strip()]

    @property
    def encrypted(self) -> bool:
        """Whether nothing may be sent in clear."""
        given = (self.tls_ca, self.tls_cert)
        return any(given) or any(each.startswith("tls://") for each in self.servers)


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


class CudaSettings(BaseModel):
    """People's code on an NVIDIA GPU, in jails of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu: int = Field(default=0, ge=0, le=63, description="which GPU, counted from 0 in the order of the PCI bus")
    mig: str = Field(
        default="", description="a slice of it by its UUID (MIG-...), which bounds memory for good; or none"
    )
    side_by_side: int = Field(default=1, ge=1, le=16, description="runs on it at a time; one more jail stands ready")
    memory_mb: int = Field(default=2048, ge=256, description="GPU memory of one run, and as much of the machine's own")
    start_s: float = Field(default=60.0, gt=0, le=600, description="seconds that a jail may take to start the GPU")


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
    devices: Literal["cpu", "cuda", "cpu,cuda"] = Field(
        default="cpu", description="what people's code may run on here; cuda needs an NVIDIA GPU and its driver"
    )
    cuda: CudaSettings = Field(default_factory=CudaSettings)
