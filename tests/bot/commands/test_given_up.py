"""A channel that takes nothing any more is left alone, and whoever may put that right is told how it goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import PostRefused
from bot.store.members import What
from tests.bot.commands.daily_lab import NINE, SET, Channel, Troubled, a_channel, said

DAY = timedelta(days=1)


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    async with a_channel(tmp_path) as found:
        yield found


async def refused(channel: Channel, *after: timedelta) -> Troubled:
    """The platform refuses whatever comes, at each of these times after nine."""
    refusing = channel.core.posters["test"] = Troubled(PostRefused("I am not in this channel any more."))
    for each in after:
        channel.clock.at = NINE + each
        await channel.core.study.rounds.once(channel.clock.at)
    return refusing


async def test_cards_that_are_refused_on_three_days_in_a_row_stop_until_an_organiser_has_them_go_on(
    channel: Channel,
) -> None:
    await channel.says("olga", SET)
    takes = channel.core.posters["test"]
    refusing = await refused(channel, 0 * DAY, DAY, 2 * DAY, 3 * DAY, 4 * DAY)
    assert len(refusing.asked) == 3

    shown = await channel.says("olga", "/daily show")
    assert "I am not in this channel any more" in said(shown)
    assert "`/daily resume`" in said(shown)
    assert "The next:" not in said(shown)
    assert shown.data["daily"]["stopped"]
    assert shown.data["daily"]["next"] == []
    for line in ("/daily pause until 2 weeks", "/daily skip"):
        changed = said(await channel.says("olga", line))
        assert ("It has stopped" in changed, "The next:" in changed) == (True, False), line
    place = channel.place
    happened = await channel.core.store.members.happened_in([(place.platform, place.community)], [What.STOPPED])
    assert [each.data["why"] for each in happened] == ["I am not in this channel any more."]

    channel.core.posters["test"] = takes
    assert "The next:" in said(await channel.says("olga", "/daily resume"))
    assert [each["state"] for each in await channel.comes(NINE + 5 * DAY)] == ["sent"]
    assert "stopped" not in said(await channel.says("olga", "/daily show"))


async def test_a_card_that_comes_in_between_has_them_counted_anew(channel: Channel) -> None:
    await channel.says("olga", SET)
    takes = channel.core.posters["test"]
    await refused(channel, 0 * DAY, DAY)
    channel.core.posters["test"] = takes
    assert [each["state"] for each in await channel.comes(NINE + 2 * DAY)] == ["sent"]
    refusing = await refused(channel, 3 * DAY, 4 * DAY)
    assert [each["state"] for each in await channel.comes(NINE + 5 * DAY)] == ["refused"]
    assert await channel.comes(NINE + 6 * DAY) == []
    assert len(refusing.asked) >= 2


async def test_a_quiz_that_is_refused_again_and_again_stops_too(channel: Channel) -> None:
    """The command that is named has it come again."""
    begins = "/quiz at daily 08:00 UTC conv 3 20s"
    assert (await channel.says("olga", begins)).fault is None
    await refused(channel, *(number * DAY for number in range(3, 7)))
    assert f"`{begins}`" in said(await channel.says("olga", "/quiz"))
    assert (await channel.says("olga", begins)).fault is None
    assert "It has stopped" not in said(await channel.says("olga", "/quiz"))


@pytest.mark.parametrize("begins", ["/digest on mon 08:00", "/remind at 18:00"])
async def test_what_has_stopped_says_so_and_how_it_begins_again(channel: Channel, begins: str) -> None:
    """A week's digest, and somebody's own reminder."""
    await channel.says("olga", begins)
    of_community = channel.core.store.schedules.of_community
    [planned] = await of_community(channel.place)
    assert await channel.core.store.schedules.change(planned.stop("nobody is there")) is not None
    about = begins.split(maxsplit=1)[0]
    shown = said(await channel.says("olga", about))
    assert "nobody is there" in shown
    assert f"`{begins}`" in shown
    assert "he next" not in shown
    await channel.says("olga", begins)
    assert [each.stopped for each in await of_community(channel.place)] == [""]
