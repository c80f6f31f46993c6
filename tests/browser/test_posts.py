"""What Stride says unasked, as people see it: it comes by itself, counts down, and changes in its place."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from bot.actions import Action
from bot.adapters.web.parse import PLATFORM, place
from bot.posting import Poster
from bot.reply import Button, Buttons, Part, Reply, Text
from tests.bot.adapters.lab import FORM
from tests.bot.adapters.web.served import Served
from tests.browser.conftest import Opens

pytestmark = pytest.mark.asyncio(loop_scope="session")

GENERAL = place("general")
WHY = Buttons(buttons=(Button(label="Why", action=Action("lab-more", ("why",))),))
SPOKEN = """
    window.spoken = [];
    new MutationObserver(() => spoken.push(document.getElementById('said').textContent))
        .observe(document.getElementById('said'), {childList: true, characterData: true, subtree: true});
"""


def post(*said: str, more: tuple[Part, ...] = ()) -> Reply:
    return Reply(parts=(*(Text(text=each) for each in said), *more))


@pytest.fixture
def poster(page: Served) -> Poster:
    return page.core.posters[PLATFORM]


async def test_a_question_comes_by_itself_and_is_answered_by_everybody(opens: Opens, poster: Poster) -> None:
    alice, bob = await opens(), await opens()
    await poster.post(GENERAL, post("Question 1", more=(WHY,)), key="q1")
    for someone in (alice, bob):
        await expect(someone.get_by_label("Stride said")).to_contain_text("Question 1")
        await expect(someone.get_by_label("Stride said").locator("time")).to_be_visible()
        await expect(someone.locator("#empty")).to_be_hidden()
        await someone.get_by_role("button", name="Why").click()
        await expect(someone.locator(".answer").last).to_contain_text("More about why.")


async def test_an_edit_leaves_what_is_typed_and_who_is_there_where_they_are(opens: Opens, poster: Poster) -> None:
    someone = await opens()
    sent = await poster.post(GENERAL, post("Question 1", "nobody yet", more=(FORM, WHY)), key="q1")
    await someone.get_by_label("What is wrong").fill("half a sen")
    await poster.edit(GENERAL, sent, post("Question 1", "two have answered", more=(FORM, WHY)))
    await expect(someone.locator(".answer")).to_contain_text("two have answered")
    await expect(someone.locator(".exchange")).to_have_count(1)
    await expect(someone.get_by_label("What is wrong")).to_have_value("half a sen")
    await expect(someone.get_by_label("What is wrong")).to_be_focused()
    await poster.edit(GENERAL, sent, post("Question 1 is closed"))
    await expect(someone.locator(".answer")).to_be_focused()


async def test_a_screen_reader_is_told_of_a_question_once_and_of_what_it_turns_into(
    opens: Opens, poster: Poster
) -> None:
    someone = await opens()
    await someone.evaluate(SPOKEN)
    sent = await poster.post(GENERAL, post("Question 1", "nobody yet"), key="q1")
    await expect(someone.locator(".answer")).to_contain_text("nobody yet")
    for count in ("one has answered", "two have answered"):
        await poster.edit(GENERAL, sent, post("Question 1", count))
        await expect(someone.locator(".answer")).to_contain_text(count)
    await poster.edit(GENERAL, sent, post("Question 1 is closed", "It is 12."))
    await expect(someone.locator(".answer")).to_contain_text("It is 12.")
    told = await someone.evaluate("spoken")
    assert told == ["Stride: Question 1\n\nnobody yet", "Stride: Question 1 is closed\n\nIt is 12."]


@pytest.mark.long
async def test_a_screen_reader_is_told_how_long_there_is_and_not_a_time_elsewhere(
    opens: Opens, poster: Poster, page: Served
) -> None:
    someone = await opens()
    closes = Text(text="It closes", until=page.core.clock.now() + timedelta(hours=1))
    await poster.post(GENERAL, Reply(parts=(Text(text="Question 1"), closes)), key="q1")
    await expect(someone.locator("#said")).to_have_text(re.compile(r"^Stride: Question 1\s+It closes in \d[^U]*$"))


@pytest.mark.long
async def test_a_moment_is_counted_down_to_and_then_it_is_a_time_of_day(
    opens: Opens, poster: Poster, page: Served
) -> None:
    someone = await opens()
    await someone.clock.install()
    until = page.core.clock.now() + timedelta(hours=1)
    await poster.post(GENERAL, Reply(parts=(Text(text="It closes", until=until),)), key="q1")
    left = someone.get_by_role("timer")
    await expect(left).to_have_text(re.compile("in (1 h 00|59) min"))
    await someone.clock.fast_forward("59:30")
    await expect(left).to_have_text(re.compile(r"^in \d+ s$"))
    await someone.clock.fast_forward("02:00")
    await expect(left).to_have_text(re.compile(r"^at \d"))


async def test_the_next_question_of_a_quiz_is_in_sight_unless_one_has_scrolled_away(
    opens: Opens, poster: Poster, page: Served
) -> None:
    """After a result that is longer than the window, which is shown from its top, too."""
    someone = await opens(viewport={"width": 390, "height": 500})
    closes = Text(text="It closes", until=page.core.clock.now() + timedelta(minutes=1))
    long = [f"line {number}" for number in range(30)]
    await poster.post(GENERAL, post(*long), key="r1")
    shown = someone.locator(".exchange .text")
    await expect(shown.get_by_text("line 0")).to_be_in_viewport()
    await poster.post(GENERAL, Reply(parts=(Text(text="Question 2"), closes)), key="q2")
    await expect(shown.get_by_text("Question 2")).to_be_in_viewport()
    await poster.post(GENERAL, post(*long), key="r2")
    await expect(shown.get_by_text("line 0").last).to_be_in_viewport()
    await someone.locator("#log").hover()
    await someone.mouse.wheel(0, -300)
    await expect(shown.get_by_text("Question 2")).to_be_in_viewport()
    await poster.post(GENERAL, Reply(parts=(Text(text="Question 3"), closes)), key="q3")
    await expect(someone.locator("#newer")).to_be_visible()
    await expect(shown.get_by_text("Question 3")).not_to_be_in_viewport()


@pytest.mark.long
async def test_what_was_counted_down_to_is_in_sight_and_what_was_not_is_announced(
    opens: Opens, poster: Poster, page: Served
) -> None:
    """The end of a quiz, which comes after the long result of its last question, and counts down to nothing."""
    someone = await opens(viewport={"width": 390, "height": 500})
    comes = Text(text="The result comes", until=page.core.clock.now() + timedelta(minutes=1))
    long = tuple(Text(text=f"line {number}") for number in range(30))
    shown = someone.locator(".exchange .text")
    await poster.post(GENERAL, Reply(parts=(*long, comes)), key="r1")
    await expect(shown.get_by_text("line 0")).to_be_in_viewport()
    await poster.post(GENERAL, Reply(parts=(Text(text="The quiz is over"), *long)), key="e1")
    await expect(shown.get_by_text("The quiz is over")).to_be_in_viewport()
    await poster.post(GENERAL, post("Card of the day"), key="c1")
    await expect(shown.get_by_text("Card of the day")).to_have_count(1)
    await expect(shown.get_by_text("The quiz is over")).to_be_in_viewport()
    await expect(someone.locator("#newer")).to_be_visible()


@pytest.mark.long
async def test_a_clock_that_is_wrong_counts_by_the_servers(opens: Opens, poster: Poster, page: Served) -> None:
    someone = await opens()
    await someone.clock.install(time=page.core.clock.now() - timedelta(hours=5))
    await someone.reload()
    await someone.wait_for_selector("body[data-line=open]")
    until = page.core.clock.now() + timedelta(minutes=30)
    await poster.post(GENERAL, Reply(parts=(Text(text="It closes", until=until),)), key="q1")
    await expect(someone.get_by_role("timer")).to_have_text(re.compile(r"in (30|29) min"))
