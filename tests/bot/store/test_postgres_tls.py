"""PostgreSQL behind TLS: what goes there is encrypted, and a server that cannot prove who it is hears nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from pydantic import SecretStr
from sqlalchemy import text

from bot.errors import StoreError
from bot.store.engine import open_engine
from tests.bot.store.postgres_lab import PostgresLab

ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")  # as PostgreSQL's protocol has it


class Gate:
    """In front of a server, as a proxy with a certificate is: it speaks TLS or nothing."""

    def __init__(self, behind: Path, context: ssl.SSLContext) -> None:
        self.encrypted = 0
        self._behind = behind
        self._context = context

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await reader.readexactly(len(ASKS_FOR_TLS)) == ASKS_FOR_TLS:
                writer.write(b"S")
                await writer.start_tls(self._context)
                self.encrypted += 1
                inner_reader, inner = await asyncio.open_unix_connection(self._behind)
                await asyncio.gather(_passed_on(reader, inner), _passed_on(inner_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever called did not like the certificate, or has gone
        finally:
            writer.close()


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    found = trustme.CA()
    found.cert_pem.write_to_path(tmp_path / "ca.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "stranger.pem")
    return found


@asynccontextmanager
async def behind_tls(postgres: PostgresLab, authority: trustme.CA, name: str) -> AsyncIterator[tuple[Gate, int]]:
    """A gate whose certificate is for a name, and its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    gate = Gate(postgres.folder / ".s.PGSQL.5432", context)
    server = await asyncio.start_server(gate.serve, "127.0.0.1", 0)
    async with server:
        yield gate, server.sockets[0].getsockname()[1]


def url(database: SecretStr, port: int, options: str) -> SecretStr:
    name = urlsplit(database.get_secret_value()).path
    return SecretStr(f"postgresql://postgres:hunter2@127.0.0.1:{port}{name}?{options}")


async def test_a_server_with_the_right_certificate_is_used_over_tls(
    postgres: PostgresLab, postgres_database: SecretStr, authority: trustme.CA, tmp_path: Path
) -> None:
    async with behind_tls(postgres, authority, "127.0.0.1") as (gate, port):
        made = await open_engine(url(postgres_database, port, f"sslmode=verify-full&sslrootcert={tmp_path}/ca.pem"))
        async with made.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
        await made.dispose()
    assert gate.encrypted >= 2, "the look at its version and the work"


@pytest.mark.parametrize(
    ("name", "root"), [("127.0.0.1", "stranger.pem"), ("elsewhere.example", "ca.pem")], ids=["authority", "name"]
)
async def test_a_server_that_is_not_who_it_should_be_is_refused_before_it_hears_the_password(
    postgres: PostgresLab, postgres_database: SecretStr, authority: trustme.CA, tmp_path: Path, name: str, root: str
) -> None:
    async with behind_tls(postgres, authority, name) as (gate, port):
        where = url(postgres_database, port, f"sslmode=verify-full&sslrootcert={tmp_path}/{root}")
        with pytest.raises(StoreError, match="certificate") as refused:
            await open_engine(where)
    assert "hunter" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert gate.encrypted == 0


@pytest.mark.parametrize("content", [None, "no certificate\n"])
async def test_certificates_that_cannot_be_read_are_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        await asyncio.to_thread((tmp_path / "ca.pem").write_text, content)
    where = SecretStr(f"postgresql://stride:hunter2@127.0.0.1:1/x?sslmode=verify-full&sslrootcert={tmp_path}/ca.pem")
    with pytest.raises(StoreError, match="the certificates that STRIDE_DATABASE_URL names cannot be read"):
        await open_engine(where)


async def test_a_server_without_tls_is_refused_where_it_is_asked_for() -> None:
    async def declines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(len(ASKS_FOR_TLS)) == ASKS_FOR_TLS
        writer.write(b"N")
        assert await reader.read() == b"", "nothing is said in the clear"
        writer.close()

    server = await asyncio.start_server(declines, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        where = SecretStr(f"postgresql://postgres:hunter2@127.0.0.1:{port}/stride?sslmode=require")
        with pytest.raises(StoreError, match="cannot be reached"):
            await open_engine(where)
