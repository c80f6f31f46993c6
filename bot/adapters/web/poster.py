"""How something is said unasked on the page, also by a process that serves no page: it is seen where one is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.adapters.wall import WallPoster
from bot.adapters.web.parse import COMMUNITY, PLATFORM

if TYPE_CHECKING:
    from bot.app import Core


def poster(core: Core, told: Callable[[], None] | None = None) -> WallPoster:
    """Posts to the page's channels; `told` is called after each post."""
    return WallPoster(PLATFORM, COMMUNITY, core.store, core.clock, told=told)
