"""Whoever comes back to a page, after a night's sleep of their laptop or of Stride, sees what is so now."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.adapters.wall import WallPoster
from bot.adapters.web import files
from bot.adapters.web.limits import PAGE
from bot.adapters.web.parse import COMMUNITY, PLATFORM, place
from bot.clock import SYSTEM_CLOCK
from bot.reply import Reply, Text
from bot.settings import Settings
from bot.store.store import open_store
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.web.served import Served, served
from tests.browser.conftest import Opens

pytestmark = pytest.mark.asyncio(loop_scope="session")

GENERAL = place("general")


REPLACED_MEANWHILE = """async () => {
  const { CatchUp } = await import("/static/catchup.js");
  const { Conversation } = await import("/static/messages.js");
  const conversation = new Conversation({});
  const message = (number, more) => ({
    key: `k${number}`, number, of: null, author: { id: "u", name: "U" }, at: "2026-03-02T09:00:00Z", said: "",
    action: null, parts: [{ type: "text", text: `words ${number}`, tone: "normal" }], plain: "",
    private: false, kept: true, fault: false, replaces: false, ...more,
  });
  const button = { type: "buttons", buttons: [{ label: "Go", action: "1:go", style: "normal" }] };
  const older = message(1, { parts: [button] });
  conversation.newest([older, message(2)]);
  let asked = 0;
  const catchUp = new CatchUp(conversation, { ask: () => { asked += 1; }, more: () => {} });
  catchUp.begin({ messages: [message(2)], earlier: true });
  conversation.show(message(3, { action: "1:go", replaces: true }));
  catchUp.hear({ before: 2, messages: [], earlier: false });
  conversation.prepend([older]);
  return [asked, Array.from(conversation.shown.keys())];
}"""


def post(text: str) -> Reply:
    return Reply(parts=(Text(text=text),))


async def opened(browser: Browser, url: str) -> Page:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/c/general")
    await page.wait_for_selector("body[data-line=open]")
    return page


@pytest.mark.long
async def test_what_was_changed_or_taken_out_meanwhile_is_so_on_every_page_that_is_shown(
    browser: Browser, tmp_path: Path
) -> None:
    """Also beyond the newest messages, which alone are sent by themselves; the rest stays, and in its order."""
    lab = Lab()
    async with served(tmp_path, lab) as first:
        port, poster = first.port, first.core.posters[PLATFORM]
        sent = [await poster.post(GENERAL, post(f"post {number}"), key=f"q{number}") for number in range(PAGE + 10)]
        async with first.visitor() as bob:
            talk, welcome = await bob.enters()
            await talk.says("/echo I was here")
            await talk.socket.close()
        page = await opened(browser, first.url)
        await page.click("#earlier")
        await expect(page.locator(".exchange")).to_have_count(PAGE + 11)
    async with open_store(Settings(data_dir=tmp_path).database) as store:
        wall = WallPoster(PLATFORM, COMMUNITY, store, SYSTEM_CLOCK)
        await wall.edit(GENERAL, sent[3], post("post 3 is closed"))
        await store.belongings.forget(f"{PLATFORM}:{welcome['you']['id']}", "gone")
        for number in range(5):
            await wall.post(GENERAL, post(f"news {number}"), key=f"n{number}")
    async with served(tmp_path, lab, port=port):
        await page.wait_for_selector("body[data-line=open]")
        await expect(page.get_by_text("post 3 is closed")).to_have_count(1)
        await expect(page.get_by_text("I was here")).to_have_count(0)
        said = [f"post {number}" for number in range(PAGE + 10)] + [f"news {number}" for number in range(5)]
        said[3] = "post 3 is closed"
        await expect(page.locator(".exchange .text")).to_have_text(said)
        await expect(page.locator("#earlier")).to_be_hidden()
    await page.context.close()


@pytest.mark.long
async def test_a_change_of_what_is_too_old_to_be_shown_is_not_put_among_the_newest(opens: Opens, page: Served) -> None:
    poster = page.core.posters[PLATFORM]
    sent = [await poster.post(GENERAL, post(f"post {number}"), key=f"q{number}") for number in range(PAGE + 1)]
    someone = await opens()
    await poster.edit(GENERAL, sent[0], post("changed"))
    await poster.post(GENERAL, post("news"), key="news")
    await expect(someone.locator(".exchange .text").last).to_have_text("news")
    await expect(someone.get_by_text("changed")).to_have_count(0)
    await someone.click("#earlier")
    await expect(someone.locator(".exchange .text").first).to_have_text("changed")


async def test_what_was_replaced_while_older_pages_were_awaited_is_not_missed_and_does_not_come_back(
    opens: Opens,
) -> None:
    page = await opens()
    assert await page.evaluate(REPLACED_MEANWHILE) == [1, ["k2", "k3"]]


@pytest.mark.long
async def test_a_page_that_outlives_its_server_says_when_it_is_out_of_date_and_keeps_what_is_typed(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab()
    async with served(tmp_path, lab) as first:
        page = await opened(browser, first.url)
    async with served(tmp_path, lab, port=first.port):
        await page.wait_for_selector("body[data-line=open]")
        await expect(page.locator("#updated")).to_be_empty()
    newer = tmp_path / "static"
    shutil.copytree(files.FOLDER, newer)
    with (newer / "main.js").open("a") as script:
        script.write("document.body.dataset.newer = 'yes';\n")
    monkeypatch.setattr(files, "load", partial(files.load, newer))
    await page.wait_for_selector("body[data-line=waiting]")
    await page.fill("#box", "/echo half a sentence")
    async with served(tmp_path, lab, port=first.port):
        await page.wait_for_selector("body[data-line=open]")
        await expect(page.get_by_role("status").filter(has_text="Stride has been updated")).to_be_visible()
        await page.get_by_role("button", name="Reload").click()
        await page.wait_for_selector("body[data-newer=yes][data-line=open]")
        await expect(page.locator("#updated")).to_be_empty()
        await expect(page.locator("#box")).to_have_value("/echo half a sentence")
    await page.context.close()
