"""`/mine`: what somebody sees of themselves, and nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Example, Incoming, Option
from bot.commands import meanwhile, mine_reply, practice
from bot.errors import StaleAction
from bot.reply import Part, Reply

if TYPE_CHECKING:
    from bot.app import Core
    from bot.study.mine import Mine

AT_ONCE_S = 1.0  # pictures that take longer are not waited for with the numbers


async def mine(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/mine [topic]`."""
    core.pictures.warm()
    words = given.get("topic", "").strip()
    found = await core.study.mine.of(incoming.user, incoming.place, incoming.at, words)
    if found is None:
        return mine_reply.nothing()
    drawn = await _drawn(core, incoming, found)
    return mine_reply.topic_page(found, drawn, words) if words else mine_reply.page(found, drawn)


async def _drawn(core: Core, incoming: Incoming, found: Mine) -> list[Part]:
    """The charts as parts; where they take their time, the numbers are shown before them."""
    drawing = asyncio.create_task(_draw(core, found), name="mine pictures")
    try:
        done, _ = await asyncio.wait({drawing}, timeout=AT_ONCE_S)
        if not done and incoming.progress is not None:
            await meanwhile.show(incoming.progress, mine_reply.before(found))
        return await drawing
    finally:
        drawing.cancel()


async def _draw(core: Core, found: Mine) -> list[Part]:
    return [await core.pictures.shown(chart) for chart in mine_reply.charts(found)]


async def practised(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button of a misconception: the topic in which it is followed most, with fresh numbers."""
    found = await core.study.mine.of(incoming.user, incoming.place, incoming.at)
    followed = () if found is None else found.mistakes
    topic = next((each.topic for each in followed if (each.mistake,) == action.args), "")
    if not topic:
        raise StaleAction("You have not mixed that up lately.", suggestion="/mine")
    return await practice.about(core, incoming, Action("practice-about", (topic,)))


MINE = Command(
    name="mine",
    says="Your days, what you remember and what you mix up; only you see it",
    help=(
        "Shows a calendar of your days, how much of each topic you remember now, how fast it goes without reviews and "
        "how well it stays with them, and the mistakes that you make most, each with a button to practise it; and how "
        "the last seven days went. With a topic it is about that alone, and names what you remember least. What is "
        "remembered is an estimate: the chance that you would know each card today, by when and how well you answered "
        "it before."
    ),
    options=(
        Option(
            name="topic",
            says="a topic or words for one, such as conv or pooling; everything if you leave it out",
            required=False,
            rest=True,
            complete=practice.completions,
        ),
    ),
    examples=(
        Example(text="/mine", says="all about you"),
        Example(text="/mine pooling", says="one topic"),
    ),
    handler=mine,
    actions={mine_reply.PRACTISE: practised},
    slow=True,
    private=True,
)
