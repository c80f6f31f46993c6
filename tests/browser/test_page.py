"""The page in a real browser, as people use it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, expect

from bot.adapters.web.limits import PAGE
from bot.adapters.web.parse import place
from bot.command import Incoming, User
from tests.bot.adapters.lab import Lab
from tests.bot.adapters.web.served import INVITE, Served, served
from tests.browser.conftest import Opens

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "`<b>bold</b>`",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
)


async def say(page: Page, text: str) -> None:
    """Types a line and waits for its answer."""
    before = await page.locator(".exchange:not(.pending)").count()
    await page.fill("#box", text)
    await page.press("#box", "Enter")
    await expect(page.locator(".exchange:not(.pending)")).to_have_count(before + 1)


async def test_a_command_is_typed_completed_and_sent_by_keyboard_alone(opens: Opens) -> None:
    page = await opens()
    await expect(page.locator("#box")).to_be_focused()
    await page.keyboard.type("/lay")
    await expect(page.locator("#options [role=option]")).to_have_count(1)
    assert await page.get_attribute("#box", "aria-expanded") == "true"
    await page.keyboard.press("Tab")
    assert await page.input_value("#box") == "/layer "
    await expect(page.locator("#options [role=option]")).to_have_count(3)
    await expect(page.locator("#usage")).to_contain_text("Shows layer.")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    chosen = page.locator("#options [aria-selected=true]")
    await expect(chosen).to_contain_text("conv2d")
    assert await page.get_attribute("#box", "aria-activedescendant") == await chosen.get_attribute("id")
    await page.keyboard.press("Enter")
    assert await page.input_value("#box") == "/layer conv2d"
    await page.keyboard.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer .text")).to_have_text("conv2d")
    await expect(page.locator("#box")).to_be_focused()
    await expect(page.locator("#box")).to_have_value("")


async def test_escape_closes_the_palette_and_the_words_stay(opens: Opens) -> None:
    page = await opens()
    await page.keyboard.type("/")
    await expect(page.locator("#palette")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    assert await page.get_attribute("#box", "aria-expanded") == "false"
    assert await page.input_value("#box") == "/"


async def test_an_empty_channel_teaches_with_examples_that_run(opens: Opens) -> None:
    page = await opens()
    await page.click(".examples button >> nth=0")
    await expect(page.locator(".answer table")).to_contain_text("/table")
    await expect(page.locator("#empty")).to_be_hidden()


async def test_every_part_of_an_answer_is_shown(opens: Opens) -> None:
    someone = await opens()
    await say(someone, "/table")
    answer = someone.locator(".answer").last
    await expect(answer.locator("h2 code")).to_have_text("conv1d 3 16 k3 p1")
    await expect(answer.locator("pre")).to_contain_text("floor((100 + 2*1")
    await expect(answer.locator("caption")).to_have_text("Axis by axis")
    await expect(answer.locator("tbody tr")).to_have_count(2)
    await expect(answer.locator("td.number").first).to_have_text("3")
    await expect(answer.locator(".buttons button")).to_have_text(["Why?", "Python"])
    await expect(answer.locator("option")).to_have_text(["ReLU", "BatchNorm1d"])
    await say(someone, "/files")
    answer = someone.locator(".answer").last
    await expect(answer.locator("img[alt='One blue dot']")).to_be_visible()
    assert await answer.locator("figure img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    async with someone.expect_download() as download:
        await answer.locator("a.file").click()
    kept = await download.value
    assert kept.suggested_filename == "a b.py"
    assert Path(await kept.path()).read_bytes() == b"x = 1"  # noqa: ASYNC240 - five bytes of a test's own
    await say(someone, "/wrong")
    await expect(someone.locator(".answer.fault .bad").last).to_contain_text("There is no layer conv9d.")
    await someone.locator(".answer").last.get_by_role("button", name="Use").click()
    await expect(someone.locator("#box")).to_have_value("/table")


async def test_code_is_copied_to_the_letter(opens: Opens) -> None:
    page = await opens(permissions=["clipboard-read", "clipboard-write"])
    await say(page, "/table")
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "floor((100 + 2*1 - 1*(3-1) - 1)/1) + 1 = 100"


async def test_a_press_a_choice_and_a_form_are_answered(opens: Opens) -> None:
    page = await opens()
    await say(page, "/table")
    await page.get_by_role("button", name="Why?").click()
    await expect(page.locator(".answer").last).to_contain_text("More about formula.")
    await expect(page.locator(".pressed").last).to_contain_text("pressed Why?")
    await page.get_by_label("Next layer").select_option("bn")
    await page.get_by_role("button", name="Choose").click()
    await expect(page.locator(".answer").last).to_contain_text("You picked bn.")
    await say(page, "/form")
    await page.get_by_label("What is wrong").fill("two\nlines")
    await page.locator("form.form").get_by_role("button", name="Send").click()
    await expect(page.locator(".answer").last).to_contain_text("conv1d: two\nlines")


async def test_a_double_click_is_one_press(opens: Opens, page: Served) -> None:
    someone = await opens()
    await say(someone, "/table")
    await someone.get_by_role("button", name="Why?").dblclick()
    await expect(someone.locator(".answer").last).to_contain_text("More about formula.")
    await someone.get_by_role("button", name="Python").click()
    await expect(someone.locator(".answer").last).to_contain_text("More about python.")
    assert page.lab.answered == 3, "the command and two presses"


async def test_a_press_that_replaces_leaves_one_answer(opens: Opens) -> None:
    page = await opens()
    await say(page, "/change")
    await page.get_by_role("button", name="Go").click()
    await expect(page.locator(".answer")).to_have_text([re.compile("After")])


async def test_history_is_there_after_a_reload_and_for_whoever_comes_next(opens: Opens) -> None:
    alice = await opens()
    await say(alice, "/table")
    await alice.reload()
    await expect(alice.locator(".exchange")).to_have_count(1)
    await expect(alice.locator(".answer caption")).to_have_text("Axis by axis")
    bob = await opens()
    await expect(bob.locator(".exchange")).to_have_count(1)
    await say(bob, "/echo and this")
    await expect(alice.locator(".answer").last).to_contain_text("and this")
    await alice.reload()
    await alice.get_by_role("button", name="Why?").click()
    await expect(bob.locator(".answer").last).to_contain_text("More about formula.")


async def test_older_messages_are_loaded_when_asked_for(opens: Opens, page: Served) -> None:
    zoe = User(id="web:zoe", name="Zoe")
    for number in range(PAGE + 5):
        at = page.core.clock.now()
        await page.core.handle(
            Incoming(id=str(number), user=zoe, place=place("general"), at=at, text=f"/echo {number}")
        )
    someone = await opens()
    await expect(someone.locator(".exchange")).to_have_count(PAGE)
    await someone.get_by_role("button", name="Load earlier").click()
    await expect(someone.locator(".exchange")).to_have_count(PAGE + 5)
    await expect(someone.locator(".typed").first).to_have_text("/echo 0")
    await expect(someone.get_by_role("button", name="Load earlier")).to_be_hidden()


async def test_a_private_answer_is_seen_by_the_asker_alone(opens: Opens, page: Served) -> None:
    page.lab.gate.set()
    alice, bob = await opens(), await opens()
    await say(alice, "/secret")
    await expect(alice.locator(".answer.private")).to_contain_text("only you see this")
    await say(alice, "/echo public")
    await expect(bob.locator(".exchange")).to_have_count(1)
    await expect(bob.locator(".answer")).to_contain_text("public")


async def test_a_name_is_chosen_and_a_taken_one_refused(opens: Opens) -> None:
    alice, bob = await opens(), await opens()
    for someone in (alice, bob):
        await someone.click("#me")
        await expect(someone.locator("#who-name")).to_be_focused()
        await someone.fill("#who-name", "Alice")
        await someone.keyboard.press("Enter")
    await expect(bob.locator("#who-trouble")).to_contain_text("Alice is taken")
    await bob.fill("#who-name", "Bob")
    await bob.keyboard.press("Enter")
    await expect(bob.locator("#who")).to_be_hidden()
    await expect(alice.locator("#here")).to_have_text("with Bob")
    await expect(alice.locator("#me-name")).to_have_text("Alice")


async def test_channels_keep_to_themselves(opens: Opens) -> None:
    page = await opens()
    await say(page, "/echo in general")
    await page.fill("#open-name", "Week 3")
    await page.press("#open-name", "Enter")
    await page.wait_for_url("**/c/week-3")
    await expect(page.locator("#channels [aria-current=page]")).to_have_text("#week-3")
    await expect(page.locator(".exchange")).to_have_count(0)
    await say(page, "/echo in week 3")
    await page.click("#channels a:has-text('general')")
    await expect(page.locator(".answer")).to_contain_text("in general")


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_looks_like_markup_is_shown_as_text(opens: Opens, attack: str) -> None:
    page = await opens()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    await say(page, f"/echo {attack}")
    await expect(page.locator(".typed")).to_have_text(f"/echo {attack}")
    await expect(page.locator(".answer .text")).to_have_text(attack.replace("`", ""))
    await page.click("#me")
    await page.fill("#who-name", attack)
    await page.keyboard.press("Enter")
    await expect(page.locator("#who")).to_be_hidden()
    assert (
        await page.locator("main b, main iframe, main script, main [onerror], main [onload]").evaluate_all(
            "found => found.filter(each => !each.closest('.head, .pressed, pre')).length"
        )
        == 0
    )
    assert alerts == []


async def test_the_policy_stops_markup_that_a_mistake_of_ours_let_in(browser: Browser, page: Served) -> None:
    context = await browser.new_context()
    opened = await context.new_page()
    await opened.goto(page.url)
    with pytest.raises(Error, match="TrustedHTML"):
        await opened.evaluate("document.body.innerHTML = '<img src=x onerror=window.hit=1>'")
    assert await opened.evaluate("window.hit") is None
    await context.close()


async def test_dark_and_light_follow_the_system_until_one_chooses(opens: Opens) -> None:
    page = await opens(color_scheme="dark")
    theme = page.locator("html")
    await expect(theme).to_have_attribute("data-theme", "dark")
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.click("#theme")
    await expect(theme).to_have_attribute("data-theme", "light")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    await page.reload()
    await expect(theme).to_have_attribute("data-theme", "light")
    await page.click("#theme")
    await page.emulate_media(color_scheme="light")
    await expect(theme).to_have_attribute("data-theme", "light")


async def test_a_phone_shows_all_without_scrolling_sideways(opens: Opens) -> None:
    page = await opens(viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True)
    for text in ("/help", "/table", "/form", f"/echo {'x' * 300}"):
        await say(page, text)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert await page.evaluate(
        "document.querySelector('#log').scrollWidth <= document.querySelector('#log').clientWidth"
    )
    words = page.locator(".answer .table").first  # long cells are broken; what cannot be is scrolled within its table
    assert await words.evaluate("table => table.scrollWidth <= table.clientWidth")
    assert await page.locator(".answer .table").evaluate_all("all => all.every(each => each.clientWidth <= 390)")
    await page.click("#menu")
    await expect(page.locator("#side")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#side")).to_be_hidden()


async def test_after_a_restart_the_page_goes_on_where_it_was(browser: Browser, tmp_path: Path) -> None:
    """What was said while the line was down is sent once; what is shown is shown once."""
    lab = Lab()
    context = await browser.new_context()
    page = await context.new_page()
    async with served(tmp_path, lab) as first:
        port = first.port
        await page.goto(f"{first.url}/c/general")
        await page.wait_for_selector("body[data-line=open]")
        await say(page, "/table")
    await page.wait_for_selector("body[data-line=waiting]")
    await expect(page.locator("#state")).to_contain_text("No connection")
    await page.fill("#box", "/table")
    await page.press("#box", "Enter")
    await expect(page.locator(".pending")).to_contain_text("Waiting for the connection")
    async with served(tmp_path, lab, port=port):
        await page.wait_for_selector("body[data-line=open]")
        await expect(page.locator(".exchange:not(.pending)")).to_have_count(2)
        await expect(page.locator(".pending")).to_have_count(0)
        await say(page, "/echo on we go")
        await page.reload()
        await expect(page.locator(".exchange")).to_have_count(3)
    assert lab.answered == 3
    await context.close()


HASTE = """() => {
  const box = document.getElementById("box");
  for (let number = 0; number < 14; number++) {
    box.value = `/echo ${number}`;
    box.form.requestSubmit();
  }
}"""


async def test_haste_is_refused_and_the_words_are_given_back(opens: Opens) -> None:
    page = await opens()
    await page.evaluate(HASTE)
    refused = page.locator(".refused").first
    await expect(refused).to_be_visible()
    words = await refused.locator(".typed").inner_text()
    await refused.get_by_role("button", name="Edit and send again").click()
    await expect(page.locator("#box")).to_have_value(words)


async def test_the_last_words_come_back_with_the_up_arrow(opens: Opens) -> None:
    page = await opens()
    await say(page, "/echo one")
    await say(page, "/echo two")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#box")).to_have_value("/echo two")
    await page.keyboard.press("Escape")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#box")).to_have_value("/echo one")


async def test_an_answer_is_told_to_screen_readers_once(opens: Opens) -> None:
    page = await opens()
    await say(page, "/echo for your ears")
    await expect(page.locator("#said")).to_have_text("Stride: for your ears")
    await page.reload()
    await page.wait_for_selector("body[data-line=open]")
    await expect(page.locator("#said")).to_be_empty()


async def test_a_page_elsewhere_cannot_speak_for_the_person(opens: Opens, page: Served, tmp_path: Path) -> None:
    """The cross-site attack itself, by a browser that holds the person's cookie."""
    someone = await opens()
    async with served(tmp_path / "elsewhere") as elsewhere:
        attacker = await someone.context.new_page()
        await attacker.goto(f"{elsewhere.url}/health")
        target = page.url.replace("http", "ws") + "/ws?channel=general"
        closed = await attacker.evaluate(
            "url => new Promise(done => { const line = new WebSocket(url);"
            " line.onopen = () => done('open'); line.onerror = () => done('refused') })",
            target,
        )
        assert closed == "refused"
        read = await attacker.evaluate("url => fetch(url).then(() => 'read', () => 'refused')", f"{page.url}/c/general")
        assert read == "refused"


async def test_an_invite_link_lets_a_browser_in(browser: Browser, tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page:
        context = await browser.new_context()
        someone = await context.new_page()
        await someone.goto(page.url)
        await expect(someone.locator("h1")).to_have_text("This group is by invitation")
        await someone.goto(f"{page.url}/join/{INVITE}")
        await someone.wait_for_selector("body[data-line=open]")
        assert INVITE not in someone.url
        await say(someone, "/echo in")
        await context.close()


async def test_an_answer_longer_than_the_window_is_shown_from_its_top(opens: Opens) -> None:
    page = await opens(viewport={"width": 1000, "height": 500})
    await say(page, "/table")
    await say(page, "/long 20")
    await expect(page.locator(".typed").last).to_be_in_viewport()
    await expect(page.locator(".answer .text").last).not_to_be_in_viewport()


async def test_whoever_reads_further_up_is_told_of_new_messages_and_not_moved(opens: Opens) -> None:
    alice, bob = await opens(viewport={"width": 1000, "height": 500}), await opens()
    await say(alice, "/long 20")
    top = await alice.evaluate("document.querySelector('#log').scrollTop")
    await say(bob, "/echo something new")
    await expect(alice.locator("#newer")).to_be_visible()
    assert await alice.evaluate("document.querySelector('#log').scrollTop") == top
    await alice.click("#newer")
    await expect(alice.locator(".answer .text").last).to_be_in_viewport()
    await expect(alice.locator("#newer")).to_be_hidden()
