"""Writing code on the page, and seeing what comes of it: forms, pasted blocks, progress, pictures."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.bot.adapters.web.served import Served
from tests.browser.conftest import Opens
from tests.browser.test_page import say

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

BLOCK = "/snippet for i in range(2):\n    print(i)\n\nprint('done')"


async def test_a_block_of_several_lines_is_pasted_and_sent_with_its_indentation(opens: Opens) -> None:
    page = await opens(permissions=["clipboard-read", "clipboard-write"])
    await page.evaluate("text => navigator.clipboard.writeText(text)", BLOCK)
    await page.focus("#box")
    await page.keyboard.press("Control+V")
    await expect(page.locator("#box")).to_have_value(BLOCK)
    await expect(page.locator("#palette")).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer pre")).to_have_text(BLOCK.removeprefix("/snippet "))
    await expect(page.locator(".typed")).to_have_text(BLOCK)


async def test_lines_are_typed_with_shift_and_enter(opens: Opens) -> None:
    page = await opens()
    await page.keyboard.type("/snippet if 1:")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("    x")
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer pre")).to_have_text("if 1:\n    x")


async def test_a_form_for_code_is_filled_and_sent_by_keyboard_alone(opens: Opens) -> None:
    page = await opens()
    await say(page, "/snippet")
    area = page.get_by_label("Python", exact=True)
    await expect(area).to_be_focused()
    await expect(area).to_have_value("if True:\n    x = 1")
    assert "mono" in await area.evaluate("area => getComputedStyle(area).fontFamily")
    await area.fill("for i in 'ab':\n    print(i)")
    await page.keyboard.press("Enter")
    await page.keyboard.type("i")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".answer pre")).to_have_text("for i in 'ab':\n    print(i)\ni")
    await expect(page.locator(".pressed").last).to_contain_text("sent Run Python")


async def test_tab_leaves_a_form_for_code(opens: Opens) -> None:
    """Nobody who has no mouse is caught in it; indentation is typed with spaces."""
    page = await opens()
    await say(page, "/snippet")
    await expect(page.get_by_label("Python", exact=True)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("form.form").get_by_role("button", name="Send")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer pre")).to_have_text("if True:\n    x = 1")


async def test_a_button_opens_the_form_for_its_presser_alone(opens: Opens) -> None:
    alice, bob = await opens(), await opens()
    await say(alice, "/snippet 1 + 1")
    await alice.get_by_role("button", name="Edit").click()
    await expect(alice.locator("form.form textarea")).to_be_focused()
    await expect(bob.locator(".answer pre")).to_have_text("1 + 1")
    await bob.reload()
    await expect(bob.locator(".answer pre")).to_have_text("1 + 1")
    await expect(bob.locator("form.form")).to_have_count(0)


async def test_whoever_waits_sees_their_place_and_can_cancel_and_the_answer_takes_its_place(
    opens: Opens, page: Served
) -> None:
    alice, bob = await opens(), await opens()
    await alice.fill("#box", "/queue")
    await alice.press("#box", "Enter")
    await expect(alice.locator(".pending .progress")).to_contain_text("You are 1st in line.")
    await expect(alice.locator(".pending")).to_have_count(1)
    await expect(alice.locator("#said")).to_contain_text("You are 1st in line.")
    await expect(bob.locator(".pending")).to_have_count(0)
    await alice.locator(".pending").get_by_role("button", name="Cancel").click()
    await expect(alice.locator(".answer").last).to_contain_text("More about cancelling.")
    page.lab.gate.set()
    await expect(alice.locator(".answer").last).to_contain_text("It was your turn.")
    await expect(alice.locator(".pending")).to_have_count(0)
    await expect(bob.locator(".answer").last).to_contain_text("It was your turn.")


async def test_a_press_that_waits_shows_its_place_too(opens: Opens, page: Served) -> None:
    page.lab.gate.set()
    someone = await opens()
    await say(someone, "/queue")
    page.lab.gate.clear()
    await someone.get_by_role("button", name="Again").click()
    await expect(someone.locator(".pending")).to_contain_text("You are 1st in line.")
    page.lab.gate.set()
    await expect(someone.locator(".pending")).to_have_count(0)
    await expect(someone.locator(".answer")).to_have_count(2)


async def test_pictures_are_there_after_a_reload_and_keep_their_room(opens: Opens) -> None:
    page = await opens()
    await say(page, "/files")
    for _ in range(2):
        image = page.get_by_alt_text("One blue dot")
        await expect(image).to_be_visible()
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
        assert (await image.get_attribute("width"), await image.get_attribute("height")) == ("1", "1")
        await page.reload()
        await page.wait_for_selector("body[data-line=open]")
