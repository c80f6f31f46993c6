"""axe-core finds nothing, in every state of the page, in both colours and on a phone."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files

import pytest
from playwright.async_api import Page, expect

from bot.adapters.web.parse import PLATFORM, place
from bot.reply import Reply, Text
from tests.bot.adapters.lab import CANCEL
from tests.bot.adapters.web.served import Served
from tests.browser.conftest import Opens

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# ARIA in HTML allows a textarea no other role than its own, yet a box of several lines with a list of ways to go on is
# announced as such only as a combobox; screen readers and other large chats agree on it.
RULES = {"aria-allowed-role": {"enabled": False}}
FROM_THE_TOP = "document.body.tabIndex = -1; document.body.focus()"
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}


async def violations(page: Page) -> list[str]:
    """What axe-core objects to: how badly, which rule and where."""
    await page.evaluate(AXE)
    found = await page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], rules})", RULES)
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
async def test_no_state_of_the_page_keeps_anybody_out(
    opens: Opens, page: Served, scheme: str, device: dict[str, object]
) -> None:
    """Empty, full of every kind of part, counting down, with the palette, with the dialog, and on the way."""
    someone = await opens(color_scheme=scheme, **device)
    assert await violations(someone) == []
    said = ("/help", "/table", "/files", "/form", "/snippet", "/bring", "/wrong", "/bug")
    for number, text in enumerate(said, start=1):
        await someone.fill("#box", text)
        await someone.press("#box", "Enter")
        await expect(someone.locator(".exchange:not(.pending)")).to_have_count(number)
    await someone.fill("#box", "/queue")
    await someone.press("#box", "Enter")
    await expect(someone.locator(".pending")).to_contain_text("1st in line")
    closes = Text(text="It closes", tone="note", until=page.core.clock.now() + timedelta(minutes=5))
    await page.core.posters[PLATFORM].post(place("general"), Reply(parts=(closes, CANCEL)), key="quiz1")
    await expect(someone.get_by_role("timer")).to_be_visible()
    assert await violations(someone) == []
    assert await someone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await someone.fill("#box", "/layer ")
    await expect(someone.locator("#options [role=option]")).to_have_count(3)
    await someone.keyboard.press("ArrowDown")
    assert await violations(someone) == []
    await someone.keyboard.press("Escape")
    await someone.set_input_files("#pick", {"name": "deck.toml", "mimeType": "text/plain", "buffer": b"x"})
    await expect(someone.locator("#attached li")).to_have_count(1)
    assert await violations(someone) == []
    await someone.click("#me")
    await expect(someone.locator("#who")).to_be_visible()
    assert await violations(someone) == []
    page.lab.gate.set()


async def test_everything_is_reached_in_reading_order_by_tab(opens: Opens) -> None:
    someone = await opens()
    await someone.evaluate(FROM_THE_TOP)
    reached = []
    for _ in range(12):
        await someone.keyboard.press("Tab")
        reached.append(await someone.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached[0] == "skip"
    order = [name for name in ("theme", "me", "open-name", "log", "box") if name in reached]
    assert order == ["theme", "me", "open-name", "log", "box"]
    assert [reached.index(name) for name in order] == sorted(reached.index(name) for name in order)


async def test_the_skip_link_leads_to_the_message_box(opens: Opens) -> None:
    someone = await opens()
    await someone.evaluate(FROM_THE_TOP)
    await someone.keyboard.press("Tab")
    await expect(someone.locator(".skip")).to_be_in_viewport()
    await someone.keyboard.press("Enter")
    await expect(someone.locator("#box")).to_be_focused()
