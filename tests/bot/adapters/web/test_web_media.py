"""Pictures and files: fetched by those who see the answer, now, after a reload and after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.adapters.web import render
from bot.app import Core
from bot.command import Command, Incoming
from bot.reply import File, Picture, Reply, Text
from tests.bot.adapters.lab import PNG, Lab, command
from tests.bot.adapters.web.served import INVITE, Served, Visitor, served


async def get(visitor: Visitor, address: str) -> tuple[int, bytes, Mapping[str, str]]:
    async with visitor.session.get(visitor.url + address) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_a_frame_carries_the_address_of_a_picture_and_not_its_bytes(alice: Visitor, bob: Visitor) -> None:
    talk, _ = await alice.enters()
    await bob.enters()
    _, picture, file = (await talk.says("/files"))["parts"]
    assert picture == {"type": "picture", "address": picture["address"], "alt": "One blue dot", "size": [1, 1]}
    for visitor in (alice, bob):
        status, data, headers = await get(visitor, picture["address"])
        assert (status, data, headers["Content-Type"]) == (200, PNG, "image/png")
        assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    status, data, headers = await get(alice, file["address"])
    assert (status, data) == (200, b"x = 1")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20b.py"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


async def test_the_history_shows_pictures_also_after_a_restart(tmp_path: Path) -> None:
    async with served(tmp_path) as page, page.visitor() as alice:
        talk, _ = await alice.enters()
        address = (await talk.says("/files"))["parts"][1]["address"]
    async with served(tmp_path) as page, page.visitor() as bob:
        _, welcome = await bob.enters()
        assert welcome["messages"][0]["parts"][1]["address"] == address
        assert (await get(bob, address))[:2] == (200, PNG)


async def _secret(_core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
    return Reply(parts=(Picture(data=PNG, alt="Mine"), File(name="mine", data=b"mine")), private=True)


class Whispering(Lab):
    """A lab that shows one thing to one person."""

    @property
    def commands(self) -> tuple[Command, ...]:
        return (*super().commands, command("mine", _secret))


async def test_a_private_picture_is_fetched_by_its_owner_alone(tmp_path: Path) -> None:
    async with served(tmp_path, Whispering()) as page, page.visitor() as alice, page.visitor() as bob:
        talk, _ = await alice.enters()
        await bob.enters()
        for part in (await talk.says("/mine"))["parts"]:
            assert (await get(alice, part["address"]))[0] == 200
            assert (await get(bob, part["address"]))[0] == 404


async def test_without_a_cookie_or_an_invite_nothing_is_fetched(tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page, page.visitor() as alice, page.visitor() as stranger:
        async with alice.session.get(f"{page.url}/join/{INVITE}") as welcome:
            assert welcome.status == 200
        talk, _ = await alice.enters()
        address = (await talk.says("/files"))["parts"][1]["address"]
        assert (await get(alice, address))[0] == 200
        assert (await get(stranger, address))[0] == 403


@pytest.mark.parametrize(
    "address",
    [
        "/media/{channel}/{name}/19",
        "/media/{channel}/{name}/0",
        "/media/{channel}/{name}/-1",
        "/media/other/{name}/1",
        "/media/No!/{name}/1",
        "/media/{channel}/1{name}/1",
        "/media/{channel}/9999999999999999-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/1",
        "/media/{channel}/99999999999999999999-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/1",
        "/media/{channel}/..%2f..%2fetc/1",
    ],
)
async def test_an_address_that_names_nothing_shows_nothing(alice: Visitor, address: str) -> None:
    talk, _ = await alice.enters()
    real = (await talk.says("/files"))["parts"][1]["address"]
    _, _, channel, name, _ = real.split("/")
    status, data, _ = await get(alice, address.format(channel=channel, name=name))
    assert status in {403, 404}
    assert PNG not in data


async def test_what_is_said_before_the_answer_is_for_the_asker_and_the_answer_for_all(
    page: Served, alice: Visitor, bob: Visitor
) -> None:
    mine, _ = await alice.enters()
    theirs, _ = await bob.enters()
    event = await mine.sends(type="say", text="/queue")
    for place in ("2nd", "1st"):
        frame = await mine.hears("interim")
        assert (frame["of"], frame["parts"][0]["text"]) == (event, f"You are {place} in line.")
        assert frame["parts"][1]["buttons"][0]["label"] == "Cancel"
    page.lab.gate.set()
    for talk in (mine, theirs):
        message = (await talk.hears("message"))["message"]
        assert (message["of"], message["parts"][0]["text"]) == (event, "It was your turn.")
    assert not [frame for frame in theirs.kept if frame["type"] == "interim"]


async def test_a_press_is_told_how_it_goes_on_too(page: Served, alice: Visitor) -> None:
    page.lab.gate.set()
    talk, _ = await alice.enters()
    message = await talk.says("/queue")
    talk.kept.clear()
    event = await talk.sends(type="act", action=message["parts"][1]["buttons"][0]["action"])
    assert (await talk.hears("interim"))["of"] == event
    assert (await talk.hears("message"))["message"]["of"] == event


def test_text_alone_is_said_before_an_answer() -> None:
    """What is large can wait for the answer itself, which has an address for it."""
    frame = render.interim(Reply(parts=(Text(text="Soon."), Picture(data=PNG, alt="x"))), "e")
    assert [part["type"] for part in frame["parts"]] == ["text"]
