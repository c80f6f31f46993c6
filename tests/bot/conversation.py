"""Tests that read as conversations: `await group.says("alice", "/help")`.

The core, the store and the dispatch are the real ones; the clock is settable. Without `sandbox`, torch is away, which
is a state that commands have to live with; give `open_sandbox(...)` to talk to a real worker.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import SecretStr

from bot.actions import Action
from bot.app import Core, build_core
from bot.command import Incoming, Place, User
from bot.reply import Button, Buttons, Reply
from bot.settings import FairnessSettings, Settings
from sandbox.settings import SandboxSettings
from tests.bot.store.sqlite_lab import fresh

if TYPE_CHECKING:
    from sandbox.client import Sandbox

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GROUP = Place(platform="test", community="page", channel="group")


class SettableClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        """Goes on by `hours=1` and the like."""
        self.at += timedelta(**by)


def torch_away(folder: Path) -> SandboxSettings:
    """A worker's socket at which nobody listens."""
    return SandboxSettings(socket=folder / "nobody.sock")


@dataclass
class Conversation:
    """A channel with people in it."""

    core: Core
    clock: SettableClock
    place: Place = GROUP
    organisers: frozenset[str] = frozenset()

    async def says(self, name: str, text: str, **values: str) -> Reply:
        """Someone types a line; the reply, which must come."""
        return await self._handled(self.incoming(name, text=text, values=values))

    async def presses(self, name: str, button: str | Button, reply: Reply | None = None) -> Reply:
        """Someone presses a button, given itself or by its label in a reply."""
        found = button if isinstance(button, Button) else self.button(reply, button)
        return await self._handled(self.incoming(name, action=found.action))

    async def submits(self, name: str, action: Action, **values: str) -> Reply:
        """Someone chooses from a list or sends a form."""
        return await self._handled(self.incoming(name, action=action, values=values))

    def incoming(
        self,
        name: str,
        *,
        text: str = "",
        action: Action | None = None,
        values: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002 - the field's own name
    ) -> Incoming:
        """An event as an adapter would make it, with an id of its own."""
        return Incoming(
            id=id or f"test:{uuid4()}",
            user=User(id=f"test:{name}", name=name, organiser=name in self.organisers),
            place=self.place,
            at=self.clock.now(),
            text=text,
            action=action,
            values=values or {},
        )

    @staticmethod
    def button(reply: Reply | None, label: str) -> Button:
        """The button of a reply whose label begins so."""
        rows = [part for part in reply.parts if isinstance(part, Buttons)] if reply else []
        buttons = [button for row in rows for button in row.buttons]
        for button in buttons:
            if button.label.startswith(label):
                return button
        raise AssertionError(f"no button {label!r} among {[button.label for button in buttons]}")

    async def _handled(self, incoming: Incoming) -> Reply:
        reply = await self.core.handle(incoming)
        assert reply is not None, "an event with a new id is answered"
        return reply


@asynccontextmanager
async def conversation(
    data_dir: Path,
    *,
    sandbox: AbstractAsyncContextManager[Sandbox] | None = None,
    organisers: frozenset[str] = frozenset(),
    place: Place = GROUP,
    fairness: FairnessSettings | None = None,
    database: Path | SecretStr | None = None,
) -> AsyncIterator[Conversation]:
    """A channel on a store in `data_dir`, or in a `database` of PostgreSQL's; the same again is as after a restart."""
    clock = SettableClock()
    settings = Settings(
        data_dir=data_dir,
        database_url=database if isinstance(database, SecretStr) else None,
        sandbox=torch_away(data_dir),
        fairness=fairness or FairnessSettings(),
    )
    if isinstance(settings.database, Path):
        fresh(settings.database)
    async with build_core(settings, clock=clock, sandbox=sandbox, patient=True) as core:
        yield Conversation(core, clock, place, organisers)
