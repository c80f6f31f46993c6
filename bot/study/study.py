"""All that a study group does together, in one place for commands and for what falls due by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app import Core


class Study:
    """One for each core."""

    def __init__(self, core: Core) -> None:
        """Asks nothing of the core yet."""
        self._core = core
