"""Who is an organiser in Slack: the owners and admins of the workspace, as Slack itself says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.slack.client import StrideApp
from bot.adapters.slack.people import AGAIN_S, REMEMBERED_S, People
from bot.app import Core
from bot.command import Incoming
from tests.bot.adapters.slack.fake_people import ALICE, TEAM
from tests.bot.adapters.slack.fake_slack import FakeSlack


async def test_an_admin_of_the_workspace_speaks_as_an_organiser(
    over_socket: FakeSlack, app: StrideApp, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_socket.admins.add(ALICE)
    heard: list[Incoming] = []
    answer = core.handle

    async def handle(incoming: Incoming) -> object:
        heard.append(replace(incoming, progress=None))
        return await answer(incoming)

    monkeypatch.setattr(core, "handle", handle)
    for _ in range(2):
        await over_socket.by_socket(over_socket.slash("/echo hello"))
        await app.idle()
    assert [each.user.organiser for each in heard] == [True, True]
    assert over_socket.calls["users.info"] == 1, "asked once, and remembered"


async def test_others_do_not(slack: FakeSlack, app: StrideApp) -> None:
    slack.admins.add("U0BOB")
    assert not await People(app.client).organises(TEAM, ALICE)


async def test_without_the_scope_nobody_is_one_and_everything_else_works(
    over_socket: FakeSlack, app: StrideApp
) -> None:
    over_socket.admins.add(ALICE)
    over_socket.reads_people = False
    await over_socket.by_socket(over_socket.slash("/echo hello"))
    await app.idle()
    assert over_socket.said
    assert not await People(app.client).organises(TEAM, ALICE)


async def test_what_slack_said_holds_for_a_while_and_no_longer(slack: FakeSlack, app: StrideApp) -> None:
    seconds = [0.0]
    people = People(app.client, lambda: seconds[0])
    slack.admins.add(ALICE)
    assert await people.organises(TEAM, ALICE)
    slack.admins.clear()
    seconds[0] = REMEMBERED_S - 1
    assert await people.organises(TEAM, ALICE)
    seconds[0] = REMEMBERED_S + 1
    assert not await people.organises(TEAM, ALICE)


async def test_where_slack_did_not_say_it_is_asked_again_soon(slack: FakeSlack, app: StrideApp) -> None:
    seconds = [0.0]
    people = People(app.client, lambda: seconds[0])
    slack.admins.add(ALICE)
    slack.fail["users.info"] = ["500"]
    assert not await people.organises(TEAM, ALICE)
    assert not await people.organises(TEAM, ALICE)
    assert slack.calls["users.info"] == 1
    seconds[0] = AGAIN_S + 1
    assert await people.organises(TEAM, ALICE)
