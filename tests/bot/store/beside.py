"""Looks into a store's database beside the store, through the driver alone, as another program would."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr


async def beside(where: Path | SecretStr, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a statement; what it changes is committed."""
    return _of_file(where, statement) if isinstance(where, Path) else await _of_server(where, statement)


def _of_file(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute(statement).fetchall()
        raw.commit()
        return rows


async def _of_server(url: SecretStr, statement: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url.get_secret_value())
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
