"""Alembic runs this for every upgrade; the connection comes from `bot.store.upgrade`, which has already locked it."""

from alembic import context

from bot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
