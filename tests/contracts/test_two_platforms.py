"""One person on Discord and in Slack: a code from the one, typed at the other."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store import links
from tests.contracts.study_rooms import DiscordRoom, SlackRoom

pytestmark = pytest.mark.long
NINE = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


async def test_a_code_from_discord_links_in_slack_and_the_reminder_goes_with_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "FRESH_S", 0.0)  # else one of the two bots knows a second later what the other did
    async with DiscordRoom(tmp_path) as discord, SlackRoom(tmp_path) as slack:
        for room in (discord, slack):
            await room.at(NINE)
        given = await discord["alice"].says("/link")
        assert given.alone
        found = re.search(r"/link (\S+)", given.text)
        assert found is not None
        asked = await slack["alice"].says(f"/link {found[1]}")
        assert asked.alone
        done = await slack["alice"].presses(asked.buttons[0])
        assert "are one person" in done.text
        for room in (discord, slack):
            accounts = (await room["alice"].says("/link show")).text
            assert "on Discord" in accounts
            assert "on Slack" in accounts
        assert "18:00" in (await slack["alice"].says("/remind at 18:00")).text
        assert "18:00" in (await discord["alice"].says("/remind")).text
        await slack["alice"].says("/link off")
        assert "The reminder came on Slack, and has ended" in (await slack["alice"].presses("Separate")).text
        again = await slack["alice"].says(f"/link {found[1]}")
        assert again.alone
        assert "not one that holds now" in again.text
