"""PostgreSQL, where several bots share one store: how it is reached, brought up to date, and refused.

What is wrong is said in one line that names the server and the database, never the password.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import StoreError, StoreUnwritable
from bot.store.migrating import create, migrate
from bot.store.schema import HEAD

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.ext.asyncio import AsyncEngine

SETTING = "STRIDE_DATABASE_URL"
CONNECT_S = 10.0
WAIT_S = 30.0  # for another bot that is upgrading the same database
KEPT_OPEN = 12  # connections
AT_MOST = 15  # of one bot; a server allows 100 altogether unless it was told otherwise
_LOCK = 0x5354_5249_4445  # "STRIDE": an advisory lock's number, held by whoever upgrades
_TLS = {"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword"}
_PROVED = ("require", "verify-ca", "verify-full")
_SESSION = {
    "application_name": "stride",
    "synchronous_commit": "on",  # what was acknowledged is on the disk, also where a server is set to be faster
    "jit": "off",  # compiling takes longer than any of our queries
}


def shown(url: SecretStr) -> str:
    """The database as it can be shown: without user and password."""
    parts = urlsplit(url.get_secret_value())
    host = parts.hostname or parse_qs(parts.query).get("host", ["this machine"])[0]
    port = "" if parts.port is None else f":{parts.port}"
    name = unquote(parts.path.strip("/")) or "its user's name"
    return f"the database {name} of PostgreSQL at {host}{port}"


def engine(url: SecretStr) -> AsyncEngine:
    """Connections to a database; those that the server has closed are noticed before they are used again."""
    connect = _connector(url)

    async def connect_or_tell() -> asyncpg.Connection[asyncpg.Record]:
        try:
            return await connect()
        except (OSError, asyncpg.PostgresError) as fault:
            raise DisconnectionError(f"no connection: {type(fault).__name__}") from fault

    made = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect_or_tell,
        pool_size=KEPT_OPEN,
        max_overflow=AT_MOST - KEPT_OPEN,
    )

    @event.listens_for(made.sync_engine, "checkout")
    def _open_still(connection: Any, _record: object, _proxy: object) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    return made


def upgrade(url: SecretStr) -> None:
    """Makes the tables where there are none, and runs the migrations that are lacking; of several bots one does.

    Blocks: to be called in a thread of its own.

    Raises:
        StoreUnwritable: the user may not write there, or the server is one that is only read.
        StoreTooNew: the tables are a newer Stride's.
        StoreError: the server does not answer or lets nobody in, or the database is another program's.
    """
    with _explained(shown(url)):
        asyncio.run(_upgrade(url))


def _connector(url: SecretStr) -> Callable[[], Awaitable[asyncpg.Connection[asyncpg.Record]]]:
    scheme, _, rest = url.get_secret_value().partition("://")
    plain = f"{scheme.removesuffix('+asyncpg')}://{rest}"
    parts = urlsplit(plain)
    # An empty password, since for none at all asyncpg looks through files in the middle of everybody's work.
    given: dict[str, Any] = {} if parts.password or "password" in parse_qs(parts.query) else {"password": ""}
    if (proof := _proof(parts.query)) is not None:
        given["ssl"] = proof

    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(plain, timeout=CONNECT_S, server_settings=_SESSION, **given)

    return connect


def _proof(query: str) -> ssl.SSLContext | None:
    """By what a server has to prove who it is; None where the URL names no authority, or more than is known here.

    Read from the disk once: asyncpg would do so in the middle of everybody's work, with each connection.
    """
    asked = {name: values[-1] for name, values in parse_qs(query).items() if name.startswith("ssl")}
    if not asked.keys() <= _TLS or "sslrootcert" not in asked or asked.get("sslmode") not in _PROVED:
        return None
    try:
        found = ssl.create_default_context(cafile=asked["sslrootcert"])
        found.check_hostname = asked["sslmode"] == "verify-full"
        if "sslcert" in asked:
            found.load_cert_chain(asked["sslcert"], asked.get("sslkey"), asked.get("sslpassword"))
    except OSError as fault:  # also of a file that holds something else
        why = fault.strerror or type(fault).__name__
        raise StoreError(f"the certificates that {SETTING} names cannot be read ({why})") from fault
    return found


async def _upgrade(url: SecretStr) -> None:
    connect = _connector(url)
    raw = await connect()
    try:
        if await raw.fetchval("SHOW transaction_read_only") == "on":
            raise StoreUnwritable(f"{shown(url)} can only be read: set {SETTING} to the server that is written to")
        version = await _version(raw.fetchval)
    finally:
        await raw.close()
    if version == HEAD:
        return
    made = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with made.begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_S:.0f}s'"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            version = await _version(lambda asked: connection.scalar(text(asked)))
            if version is None:  # else another bot was quicker
                await connection.run_sync(create)
            elif version != HEAD:
                await connection.run_sync(migrate, version, shown(url), f"set {SETTING} to another database")
    finally:
        await made.dispose()


async def _version(ask: Callable[[str], Awaitable[Any]]) -> str | None:
    if await ask("SELECT to_regclass('alembic_version')") is None:
        return None
    found = await ask("SELECT version_num FROM alembic_version")
    return None if found is None else str(found)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as fault:
        raise _told(what, fault) from fault
    except DBAPIError as fault:
        cause = None if fault.orig is None else fault.orig.__cause__
        if not isinstance(cause, asyncpg.PostgresError):
            raise
        raise _told(what, cause) from fault
    except (OSError, TimeoutError) as fault:
        said = str(fault) or "it took too long"
        raise StoreError(f"{what} cannot be reached ({said}): start it, or put {SETTING} right") from fault
    except (asyncpg.InterfaceError, ValueError) as fault:  # asyncpg's own checks of the address
        raise StoreError(f"{SETTING} cannot be used: {type(fault).__name__}") from None  # its text shows what was given


def _told(what: str, fault: asyncpg.PostgresError) -> StoreError:
    match fault:
        case asyncpg.InvalidAuthorizationSpecificationError():  # a wrong password, too
            return StoreError(f"{what} does not accept the user or the password in {SETTING}")
        case asyncpg.InvalidCatalogNameError():
            return StoreError(f"{what} does not exist: create it, or put {SETTING} right")
        case asyncpg.InsufficientPrivilegeError():
            return StoreUnwritable(f"{what} cannot be written by the user in {SETTING}: make them its owner")
        case asyncpg.DuplicateTableError() | asyncpg.UndefinedColumnError():
            return StoreError(f"{what} is another program's ({fault}): give Stride one of its own in {SETTING}")
        case asyncpg.LockNotAvailableError():
            return StoreError(f"{what} is being upgraded by another bot for more than {WAIT_S:.0f} s: try again")
        case _:
            return StoreError(f"{what} cannot be used: {fault}")
