"""For every test: nothing may block the event loop. For those that need it: one sandbox with torch, one PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings

from sandbox.client import Sandbox, open_sandbox
from tests.bot.store.sqlite_lab import fresh
from tests.torch_here import PATIENT

if TYPE_CHECKING:
    from pydantic import SecretStr

    from tests.bot.store.postgres_lab import PostgresLab


def pytest_configure() -> None:
    """A change is held to the same examples however fast the machine is; `--hypothesis-profile=search` draws others."""
    settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("same", settings.get_profile("search"), max_examples=50, derandomize=True, database=None)
    settings.load_profile("same")


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Raises where `bot`, `cards` or `sandbox` block inside the event loop."""
    with blockbuster_ctx(scanned_modules=["bot", "cards", "sandbox"]) as found:
        for call in found.functions.values():  # PostgreSQL is brought up to date in a loop and a thread of its own
            call.can_block_in("bot/store/postgres.py", "_upgrade")
            call.can_block_in("bot/store/migrating.py", "migrate")
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def torch_here() -> AsyncIterator[Sandbox]:
    """For tests that ask and leave everything as it was; who breaks something, or counts, opens their own."""
    async with open_sandbox(PATIENT) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresLab]:
    """A real PostgreSQL of this process's own."""
    from tests.bot.store.postgres_lab import postgres_lab

    with postgres_lab() as lab:
        yield lab


@pytest.fixture
async def postgres_database(postgres: PostgresLab) -> AsyncIterator[SecretStr]:
    """The URL of a database that is empty but for Stride's tables, for `open_store` (as often as the test likes)."""
    async with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path | SecretStr:
    """For `open_store`: the test runs on SQLite, and on PostgreSQL."""
    if request.param == "sqlite":
        return fresh(tmp_path / "stride.sqlite3")
    found: SecretStr = request.getfixturevalue("postgres_database")
    return found
