"""Tables in a real browser: what they say is in sight."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from bot.adapters.web.parse import PLATFORM, place
from bot.reply import Reply, Table
from tests.bot.adapters.web.served import Served
from tests.browser.conftest import Opens

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMANDS = Table(
    headers=("type", "and get"),
    rows=(
        ("/shape <layer...>", "What comes out of a layer, a chain or a tensor operation; torch runs it"),
        ("/deck [--group] [--yes] [list|show|use|stop|import|export|remove|restore|prove] [name...]", "Decks of cards"),
        ("/quiz [start|show|join|leave|begin|stop|at|off] [details...]", "A quiz for everybody in a channel"),
    ),
)


@pytest.mark.parametrize("size", [(1280, 800), (800, 600), (390, 844)], ids=str)
async def test_what_commands_do_is_in_sight_beside_the_longest_of_them(
    opens: Opens, page: Served, size: tuple[int, int]
) -> None:
    viewport: dict[str, Any] = dict(zip(("width", "height"), size, strict=True))
    someone = await opens(viewport=viewport)
    await page.core.posters[PLATFORM].post(place("general"), Reply(parts=(COMMANDS,)), key="help")
    table = someone.locator(".answer .table")
    await expect(table).to_contain_text("Decks of cards")
    assert await table.evaluate("each => each.scrollWidth <= each.clientWidth")
    for words in ("What comes out", "Decks of cards", "A quiz for everybody"):
        await expect(table.get_by_text(words)).to_be_in_viewport(ratio=1)
