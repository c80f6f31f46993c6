"""What `python -m sandbox serve` reads from the environment: the bot's variables, as far as a worker needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from sandbox.settings import NatsSettings, SandboxSettings

_PREFIX = "STRIDE_"


class _Environment(BaseSettings):
    """The bot's other settings may stand beside these."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore", env_ignore_empty=True
    )

    nats: NatsSettings = Field(default_factory=NatsSettings)
    sandbox: SandboxSettings = Field(default_factory=SandboxSettings)


class UnusableSettingError(ValueError):
    """A setting is wrong: which one, and never what was given."""


def read(*, nats: Mapping[str, Any], sandbox: Mapping[str, Any]) -> tuple[SandboxSettings, NatsSettings]:
    """What is set, with what is given here before it; raises `UnusableSettingError`."""
    try:
        found = _Environment(nats=dict(nats), sandbox=dict(sandbox))  # type: ignore[arg-type]  # read as any input is
    except ValidationError as fault:
        raise UnusableSettingError(_sentence(fault)) from None  # its own text would show what was given
    except SettingsError as fault:
        raise UnusableSettingError(str(fault)) from None
    return found.sandbox, found.nats


def _sentence(fault: ValidationError) -> str:
    first = fault.errors(include_url=False, include_input=False)[0]
    words = str(first["msg"]).removeprefix("Value error, ")
    return words if words.startswith(_PREFIX) else f"{_PREFIX}{'__'.join(map(str, first['loc'])).upper()}: {words}"
