"""What SQLite and PostgreSQL say alike, where SQLAlchemy has a word for each of them only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import String, text
from sqlalchemy.dialects.sqlite import dml
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn, CreateIndex

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.compiler import DDLCompiler


_IN_TURN = text("SELECT pg_advisory_xact_lock(1, hashtext(:name))")  # of two numbers, and so no migration's


class _DoNothing(dml.OnConflictDoNothing):
    inherit_cache = True
    constraint_target = None  # PostgreSQL's compiler asks for it: a conflict can be named by its constraint there


class _DoUpdate(dml.OnConflictDoUpdate):
    inherit_cache = True
    constraint_target = None  # as above


class Insert(dml.Insert):
    """SQLite's insert, which PostgreSQL's compiler understands, too: both took ON CONFLICT from the same place."""

    inherit_cache = True

    def on_conflict_do_nothing(self, index_elements: Any = None, index_where: Any = None) -> Self:
        """Leaves a row as it is that is there already."""
        return self.ext(_DoNothing(index_elements, index_where))

    def on_conflict_do_update(
        self, index_elements: Any = None, index_where: Any = None, set_: Any = None, where: Any = None
    ) -> Self:
        """Changes a row that is there already; `excluded` names what was to be added, `where` which rows it is for."""
        return self.ext(_DoUpdate(index_elements, index_where, set_, where))


def insert(table: Table) -> Insert:
    """An insert with `on_conflict_do_nothing`, `on_conflict_do_update`, `excluded` and `returning` on both."""
    return Insert(table)


async def one_at_a_time(connection: AsyncConnection, name: str) -> None:
    """Of transactions that ask this for one name, each waits until the one before is over, and then sees what it did.

    SQLite lets one write at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(_IN_TURN, {"name": name})


def sorted_by_bytes(written: str, column: Column[Any], compiler: DDLCompiler) -> str:
    """PostgreSQL's words for a column, whose text is compared as SQLite does, whatever the database's language.

    What begins with the name of a platform is found by an index then.
    """
    if not isinstance(column.type, String):
        return written
    kind = compiler.dialect.type_compiler_instance.process(column.type)
    return written.replace(kind, f'{kind} COLLATE "C"', 1)


@compiles(CreateColumn, "postgresql")
def _created(element: CreateColumn, compiler: DDLCompiler, **options: Any) -> str:
    written = str(compiler.visit_create_column(element, **options))  # type: ignore[no-untyped-call]  # SQLAlchemy's
    return sorted_by_bytes(written, element.element, compiler)


@compiles(CreateIndex, "postgresql")
def _indexed(element: CreateIndex, compiler: DDLCompiler, **options: Any) -> str:
    """Of the rows that SQLite's has, where nothing else is said: a table that says it reads PostgreSQL's part in."""
    written = str(compiler.visit_create_index(element, **options))  # type: ignore[no-untyped-call]  # SQLAlchemy's
    said, where = (element.element.dialect_options[name]["where"] for name in ("postgresql", "sqlite"))
    return written if said is not None or where is None else f"{written} WHERE {where}"
