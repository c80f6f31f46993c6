"""Files on the page: chosen, dropped or in a form, with the keyboard alone as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opens

pytestmark = pytest.mark.asyncio(loop_scope="session")

DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  const room = document.querySelector(".room");
  for (const kind of ["dragover", "drop"]) {
    room.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""


@pytest.mark.long
async def test_a_file_is_attached_with_the_keyboard_and_sent(opens: Opens, tmp_path: Path) -> None:
    (tmp_path / "deck.toml").write_bytes(b"ok")
    page = await opens()
    async with page.expect_file_chooser() as chooser:
        await page.locator("#attach").focus()
        await expect(page.locator("#attach")).to_be_focused()
        await page.keyboard.press("Enter")
    await (await chooser.value).set_files(tmp_path / "deck.toml")
    await expect(page.locator("#attached li")).to_contain_text("deck.toml")
    await expect(page.locator("#box")).to_be_focused()
    assert await page.input_value("#box") == "/bring", "with a file and no words, the box says what it is for"
    await page.keyboard.type(" mine")
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer .text")).to_have_text("deck.toml has 6f6b; words: mine")
    await expect(page.locator("#attached")).to_be_hidden()


@pytest.mark.long
async def test_a_file_is_dropped_and_can_be_left_out_again(opens: Opens) -> None:
    page = await opens()
    await page.evaluate(DROP, ["a.csv", "x"])
    await expect(page.locator("#attached li")).to_have_count(1)
    await page.get_by_role("button", name="Leave out a.csv").press("Enter")
    await expect(page.locator("#attached")).to_be_hidden()
    await expect(page.locator("#attach")).to_be_focused()


@pytest.mark.long
async def test_a_file_goes_with_a_form(opens: Opens, tmp_path: Path) -> None:
    (tmp_path / "deck.toml").write_bytes(b"ok")
    page = await opens()
    await page.fill("#box", "/bring")
    await page.press("#box", "Enter")
    await page.set_input_files("form.form input[type=file]", tmp_path / "deck.toml")
    await page.fill("form.form input[name=words]", "two")
    await page.press("form.form input[name=words]", "Enter")
    await expect(page.locator(".answer .text").last).to_have_text("deck.toml has 6f6b; words: two")


@pytest.mark.long
async def test_a_file_that_is_too_large_is_not_even_sent(opens: Opens) -> None:
    page = await opens()
    await page.evaluate(DROP, ["big.apkg", "x" * ((8 << 20) + 1)])
    await expect(page.locator("#trouble")).to_contain_text("big.apkg has 8.0 MiB, and I take files of up to 8 MiB.")
    await expect(page.locator("#attached")).to_be_hidden()
