"""All tables together, for whoever makes or compares a whole store; a change comes with a migration."""

from __future__ import annotations

import bot.store.group_tables  # noqa: F401 - adds its tables
from bot.store.tables import metadata

__all__ = ["HEAD", "metadata"]

HEAD = "0004"  # the newest migration; a test compares it with the scripts
