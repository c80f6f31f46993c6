"""`stride doctor`: whether everything that Stride needs is there, each with what to do where it is not."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.app import new_event
from bot.errors import StoreError
from bot.reply import Table, plain_table
from bot.store.engine import shown
from bot.store.store import open_store
from sandbox.client import Sandbox, open_sandbox
from sandbox.protocol import Job, JobKind, Report, Status

if TYPE_CHECKING:
    from bot.settings import Settings

State = Literal["ok", "off", "weak", "missing", "WRONG"]
KNOCK_S = 2.0

# The smallest question that torch can only answer by building and running a layer.
PROBE = {
    "stages": [{"kind": "layer", "name": "Linear", "args": {"in_features": 2, "out_features": 3}, "children": []}],
    "training": True,
    "python": False,
    "cases": [{"inputs": [{"shape": [1, 2], "dtype": "float32"}], "meta": True, "cpu": True}],
}
PROBE_CODE = {"code": "torch.ones(2, 3).sum().item()", "show": False}
_ANSWER = "6.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing, how it is, and what to know about it.

    `weak` and `missing` are worth knowing; with `WRONG`, Stride does not do what its settings ask for.
    """

    what: str
    state: State
    says: str


async def examine(settings: Settings, *, quiet: bool, serving: bool, say: Callable[[str], None]) -> int:
    """Says how everything is, or with `quiet` what is wrong; 0 where nothing is, 2 where something is.

    Jails take seconds to start: a `quiet` look, which may be taken every minute, leaves them out.
    """
    found = [Finding(what="python", state="ok", says=platform.python_version())]
    found += await _workers(settings, jails=not quiet)
    found.append(await _store(settings))
    found.append(await _page(settings, serving=serving))
    found += _platforms(settings)
    wrong = [finding for finding in found if finding.state == "WRONG"]
    shown = wrong if quiet else found
    if shown:
        rows = tuple((finding.what, finding.state, finding.says) for finding in shown)
        say(plain_table(Table(headers=("what", "state", ""), rows=rows)))
    return 2 if wrong else 0


async def _workers(settings: Settings, *, jails: bool) -> list[Finding]:
    start_s = settings.sandbox.start_s
    jail = settings.sandbox.jail.model_copy(update={"wait_s": start_s})
    patient = settings.sandbox.model_copy(update={"wait_s": min(start_s, 60.0), "jail": jail})
    async with open_sandbox(patient, settings.nats) as sandbox:
        if jails:
            await sandbox.warm()
        return await _torch(sandbox) + (await _code(sandbox, settings.sandbox.jail.mode) if jails else [])


async def _torch(sandbox: Sandbox) -> list[Finding]:
    result = await sandbox.run(Job(id=new_event(), kind=JobKind.SHAPE, payload=dict(PROBE)))
    report = await sandbox.report()
    if result.status is not Status.OK:
        return [Finding(what="torch", state="WRONG", says=result.error or report.reason or result.status.value)]
    torch = Finding(
        what="torch",
        state="ok",
        says=f"{result.torch_version} on {result.device}, in a process of its own",
    )
    return [torch, *_protections(report)]


async def _code(sandbox: Sandbox, mode: str) -> list[Finding]:
    """Whether a jail does what it is there for, proved by one run, and what it is made of."""
    if mode == "off":
        return [Finding(what="jails", state="off", says="people's code is not run: set STRIDE_SANDBOX__JAIL__MODE")]
    result = await sandbox.run(Job(id=new_event(), kind=JobKind.RUN, payload=dict(PROBE_CODE)))
    report = await sandbox.jails()
    if result.status is not Status.OK or result.value["value"] != _ANSWER:
        return [Finding(what="jails", state="WRONG", says=result.error or report.reason or result.status.value)]
    alive = f"{report.members} alive" if report.members else "alive"
    says = f"{alive}; {result.torch_version} on {result.device} ran code in one in {result.elapsed_ms:.0f} ms"
    weaker = "the weaker mode, landlock, was chosen; " if mode == "landlock" else ""
    return [Finding(what="jails", state="weak" if weaker else "ok", says=weaker + says), *_protections(report)]


def _protections(report: Report) -> list[Finding]:
    return [
        Finding(what=f"  {each.name}", state="ok" if each.present else "missing", says=each.why)
        for each in report.protections
    ]


async def _store(settings: Settings) -> Finding:
    try:
        async with open_store(settings.database):
            return Finding(what="store", state="ok", says=shown(settings.database))
    except StoreError as fault:
        return Finding(what="store", state="WRONG", says=str(fault))


async def _page(settings: Settings, *, serving: bool) -> Finding:
    import aiohttp

    host = _reachable(settings.web.host)
    where = f"http://{f'[{host}]' if ':' in host else host}:{settings.web.port}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=KNOCK_S)) as client,
            client.get(f"{where}/health") as answer,
        ):
            if answer.headers.get("Server") == "Stride":
                return Finding(what="page", state="ok", says=f"answers at {where}")
    except (aiohttp.ClientError, TimeoutError):
        if not serving:
            return Finding(what="page", state="off", says=f"not running; stride run serves it at {where}")
    return Finding(
        what="page", state="WRONG", says=f"Stride does not answer at {where}: stride run, or STRIDE_WEB__PORT"
    )


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared with only


def _platforms(settings: Settings) -> list[Finding]:
    discord = settings.discord.token is not None
    slack = settings.slack.bot_token is not None
    return [
        Finding(what="discord", state="ok" if discord else "off", says="" if discord else "set STRIDE_DISCORD__TOKEN"),
        Finding(what="slack", state="ok" if slack else "off", says="" if slack else "set STRIDE_SLACK__BOT_TOKEN"),
    ]
