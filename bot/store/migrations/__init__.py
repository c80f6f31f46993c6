"""Alembic's scripts: how an older store becomes this one."""
