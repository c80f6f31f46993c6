"""Alembic runs this for every upgrade; the connection comes from `bot.store.upgrade`, which has already locked it."""

from typing import Any

from alembic import context
from alembic.ddl.base import AddColumn, visit_add_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from bot.store.dialect import sorted_by_bytes
from bot.store.schema import metadata


@compiles(AddColumn, "postgresql")
def _added(element: AddColumn, compiler: DDLCompiler, **options: Any) -> str:
    return sorted_by_bytes(visit_add_column(element, compiler, **options), element.column, compiler)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
