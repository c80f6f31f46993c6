"""All that can be set from outside, read once from the environment and passed down.

Every name has the prefix `STRIDE_`, with `__` before a group's own names. The README's table and `deploy/env.example`
are written from the descriptions here (see `bot.docs`).
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSetting

from bot.errors import SettingsError
from sandbox.settings import NatsSettings, SandboxSettings

PREFIX = "STRIDE_"
FOREIGN = frozenset({"STRIDE_SPECS", "STRIDE_BENCH_DIR"})  # folders of the tests and of the bench
KUBERNETES = re.compile(r"STRIDE(_.*)?_(SERVICE_(HOST|PORT\w*)|PORT_\d+_(TCP|UDP)\w*)$")

SHORTEST_HIDDEN = 8  # of a password by itself: a shorter one, such as "stride", would take its word out of every line


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/stride`, else `~/.local/share/stride`."""
    root = os.environ.get("XDG_DATA_HOME", "")
    return (Path(root) if root.startswith("/") else Path("~/.local/share").expanduser()) / "stride"


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must begin with http:// or https:// and name a host")
    return url


def _known_database(url: str) -> None:
    if not re.match(r"sqlite(\+aiosqlite)?:///.|postgres(ql)?(\+asyncpg)?://.", url):
        raise ValueError(
            "must be an address such as postgresql://stride:password@db/stride or sqlite:////srv/stride/stride.sqlite3"
        )
    if url.startswith("postgres"):
        try:
            parts = urlsplit(url)
            whole = parts.port != 0 and not parts.fragment and "@" not in parts.path + parts.query
        except ValueError:  # the port is none, for one
            whole = False
        if not whole:
            raise ValueError("must have %40 for @, %2F for / and so on within its user and password")


def _passwords(url: SecretStr | None) -> Iterator[str]:
    """Those within an address, as they are written there and as they are meant."""
    if url is None:
        return
    parts = urlsplit(url.get_secret_value())
    for password in (parts.password or "", *parse_qs(parts.query).get("password", [])):
        if len(password) >= SHORTEST_HIDDEN:
            yield from {password, unquote(password)}


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WebSettings(_Group):
    """The web page."""

    host: str = Field(
        default="127.0.0.1",
        description="Address the page listens on. Any other than this machine's own needs STRIDE_WEB__INVITE.",
    )
    port: int = Field(default=8765, ge=0, le=65535, description="Port the page listens on; 0 takes any free one.")
    invite: SecretStr | None = Field(
        default=None,
        description="Secret that lets people in, and organisers make theirs from; at least 16 characters.",
    )
    url: str | None = Field(
        default=None,
        description="Address that people use where a proxy stands before the page, such as https://stride.example.org.",
    )

    @field_validator("invite")
    @classmethod
    def _long_enough(cls, invite: SecretStr | None) -> SecretStr | None:
        if invite is not None and len(invite.get_secret_value()) < 16:
            raise ValueError("must have at least 16 characters; make one with: openssl rand -hex 16")
        return invite

    @field_validator("url")
    @classmethod
    def _whole_address(cls, url: str | None) -> str | None:
        return None if url is None else _http(url)

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the page."""
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _invited(self) -> WebSettings:
        if not self.local and self.invite is None:
            raise ValueError(
                f"STRIDE_WEB__HOST={self.host} can be reached from elsewhere, so STRIDE_WEB__INVITE must be set"
            )
        return self


class DiscordSettings(_Group):
    """Discord; on where a token is set."""

    token: SecretStr | None = Field(default=None, description="Bot token; without it, Discord is off.")
    api_base: str = Field(default="https://discord.com/api/v10", description="Base of Discord's HTTP API.")
    gateway: str | None = Field(
        default=None, description="Gateway to connect to, such as ws://127.0.0.1:9000; by default Discord names it."
    )

    _http_base = field_validator("api_base")(_http)


class SlackSettings(_Group):
    """Slack; on where a bot token is set."""

    bot_token: SecretStr | None = Field(default=None, description="Bot token (xoxb-...); without it, Slack is off.")
    app_token: SecretStr | None = Field(default=None, description="App token (xapp-...) for Socket Mode.")
    signing_secret: SecretStr | None = Field(
        default=None, description="Signing secret, for requests over HTTP where there is no app token."
    )
    port: int = Field(
        default=8766,
        ge=0,
        le=65535,
        description="Port for requests over HTTP, at STRIDE_WEB__HOST, without an app token.",
    )
    api_base: str = Field(default="https://slack.com/api/", description="Base of Slack's HTTP API.")

    _http_base = field_validator("api_base")(_http)

    @model_validator(mode="after")
    def _reachable(self) -> SlackSettings:
        if self.bot_token is not None and self.app_token is None and self.signing_secret is None:
            raise ValueError("STRIDE_SLACK__BOT_TOKEN needs STRIDE_SLACK__APP_TOKEN or STRIDE_SLACK__SIGNING_SECRET")
        return self


class FairnessSettings(_Group):
    """How often code may be run, so that nobody keeps the others from it. The terminal's operator is exempt."""

    person_burst: int = Field(default=6, ge=1, description="Runs that one person may start in a row.")
    person_per_minute: float = Field(default=12.0, gt=0, description="Runs a minute of one person after that.")
    channel_burst: int = Field(default=20, ge=1, description="Runs that may be started in one channel in a row.")
    channel_per_minute: float = Field(default=40.0, gt=0, description="Runs a minute in one channel after that.")
    waiting: int = Field(default=16, ge=0, le=1000, description="Runs that may wait for their turn.")
    at_a_time: int | None = Field(
        default=None,
        ge=1,
        description="Runs at a time on processors; by default as many as STRIDE_SANDBOX__JAIL__SIDE_BY_SIDE. Set it "
        "where workers on other machines do them.",
    )


class KeepSettings(_Group):
    """How long things are kept that nobody learns from. Answers and memory stay until somebody asks to be forgotten."""

    history_days: int = Field(
        default=365,
        ge=1,
        description="Days for which the history of channels is kept: what was said and what Stride answered. Groups "
        "may choose fewer.",
    )
    buttons_days: int = Field(
        default=180,
        ge=1,
        description="Days for which the texts behind buttons are kept, and questions that nobody answered.",
    )


class Settings(BaseSettings):
    """Everything that can be set. Frozen: built in `__main__`, passed down, never changed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", env_ignore_empty=True
    )

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder for the database, the terminal's history, pictures and files, and nothing else.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Where the store is, such as postgresql://stride:password@db/stride, which several bots can share, "
        "or sqlite:////srv/stride/stride.sqlite3; by default a SQLite file in STRIDE_DATA_DIR. Across machines, have "
        "PostgreSQL's certificate checked: ?sslmode=verify-full&sslrootcert=/etc/stride/ca.pem at the end.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important line that is logged: debug, info, warning or error."
    )
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto", description="How logs are written on stderr: text, json, or auto (text on a terminal)."
    )
    web: WebSettings = Field(default_factory=WebSettings)
    discord: DiscordSettings = Field(default_factory=DiscordSettings)
    slack: SlackSettings = Field(default_factory=SlackSettings)
    fairness: FairnessSettings = Field(default_factory=FairnessSettings)
    keep: KeepSettings = Field(default_factory=KeepSettings)
    nats: NatsSettings = Field(default_factory=NatsSettings)
    sandbox: SandboxSettings = Field(default_factory=SandboxSettings)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, data_dir: Path) -> Path:
        return data_dir.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _whole_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            _known_database(url.get_secret_value())
        return url

    @property
    def database(self) -> Path | SecretStr:
        """The SQLite file, or the URL of PostgreSQL."""
        if self.database_url is None:
            return self.data_dir / "stride.sqlite3"
        scheme, _, rest = self.database_url.get_secret_value().partition("://")
        if scheme.startswith("postgres"):
            return self.database_url
        return Path(rest.removeprefix("/")).expanduser().absolute()

    def secrets(self) -> tuple[str, ...]:
        """Every secret that is set, for the logs to leave out."""
        return (*_secrets(self), *_passwords(self.database_url))


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment; raises `SettingsError` with one line that says which setting is wrong.

    Args:
        environ: only searched for names that are not settings; the values come from the process's environment.
    """
    unknown = [name for name in environ if name.startswith(PREFIX) and not _known(name, environ[name])]
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(names()), n=1)
        raise SettingsError(f"{unknown[0]} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
    try:
        return Settings()
    except ValidationError as fault:
        raise SettingsError(_sentence(fault)) from None  # its text and its traceback would show what was given
    except UnreadableSetting as fault:
        raise SettingsError(str(fault)) from None


def names() -> dict[str, FieldInfo]:
    """Every setting by the name of its environment variable, in the order in which they are declared."""
    return dict(_names(Settings, PREFIX))


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _names(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field


def _known(name: str, value: str) -> bool:
    """Kubernetes gives every pod variables about a service called `stride`; those are not typing mistakes."""
    foreign = name in FOREIGN or KUBERNETES.match(name) or re.match(r"(tcp|udp)://", value)
    return bool(foreign) or name.upper() in names()


def _secrets(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _secrets(value)
        elif isinstance(value, SecretStr):
            yield value.get_secret_value()


def _sentence(fault: ValidationError) -> str:
    first = fault.errors(include_url=False)[0]
    name = PREFIX + "__".join(str(piece) for piece in first["loc"]).upper()
    words = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if words.startswith(PREFIX):
        return words
    given = first["input"]
    kind = names().get(name)
    secret = kind is None or "Secret" in str(kind.annotation)
    shown = f" (it is {given!r})" if isinstance(given, str | int | float) and not secret else ""
    return f"{name} {words[0].lower()}{words[1:]}{shown}"
