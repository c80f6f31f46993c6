"""Files that people share with Stride in Slack: in a window, with a mention, or in its own chat."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters import sent
from bot.adapters.sent import NotTaken
from bot.adapters.slack import download
from bot.adapters.slack.client import StrideApp
from bot.adapters.slack.download import fetched
from bot.adapters.slack.parse import Attached
from tests.bot.adapters.slack.blocks import words
from tests.bot.adapters.slack.fake_people import OWN_CHAT
from tests.bot.adapters.slack.fake_slack import FakeSlack
from tests.bot.adapters.slack.test_slack_conversations import asks


async def test_a_window_takes_a_file(over_socket: FakeSlack, app: StrideApp) -> None:
    assert await asks(over_socket, app, "/bring") == []
    (view,) = over_socket.views
    assert view["blocks"][0]["element"] == {"type": "file_input", "action_id": "file", "max_files": 1}
    shared = over_socket.share("deck.toml", b"\x00\xff")
    await over_socket.by_socket(over_socket.submit(view, {"words": "mine"}, {"file": [shared]}))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == "deck.toml has 00ff; words: mine"


async def test_a_window_may_be_sent_without_its_file(over_socket: FakeSlack, app: StrideApp) -> None:
    await asks(over_socket, app, "/bring")
    await over_socket.by_socket(over_socket.submit(over_socket.views[0], {"words": "none"}, {"file": []}))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == "words: none"


async def test_a_file_comes_with_a_mention(over_socket: FakeSlack, app: StrideApp) -> None:
    shared = over_socket.share("a b.csv", b"x")
    await over_socket.by_socket(over_socket.mention("<@U0STRIDE> bring it", files=(shared,)))
    await app.idle()
    assert words(over_socket.said[-1].blocks) == "a b.csv has 78; words: it"


async def test_a_file_without_words_in_strides_own_chat_is_what_files_are_for(
    over_socket: FakeSlack, app: StrideApp
) -> None:
    shared = over_socket.share("deck.toml", b"x")
    message = over_socket.mention("", kind="message", channel=OWN_CHAT, files=(shared,))
    await over_socket.by_socket(message)
    await app.idle()
    assert words(over_socket.said[-1].blocks).strip() == "deck.toml has 78; words:"


async def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(
    over_socket: FakeSlack, app: StrideApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (sent, download):
        monkeypatch.setattr(each, "MAX_FILE", 1 << 20)
    shared = over_socket.share("big.apkg", b"", size=(1 << 20) + 1, url_private_download="https://slack.com/never")
    await over_socket.by_socket(over_socket.mention("<@U0STRIDE> bring it", files=(shared,)))
    await app.idle()
    assert "big.apkg has 1.0 MiB, and I take files of up to 1 MiB" in words(over_socket.said[-1].blocks)
    assert over_socket.said[-1].seen_by is not None


async def test_without_the_scope_people_read_what_is_missing(over_socket: FakeSlack, app: StrideApp) -> None:
    over_socket.reads_files = False
    shared = over_socket.share("deck.toml", b"x")
    await over_socket.by_socket(over_socket.mention("<@U0STRIDE> bring it", files=(shared,)))
    await app.idle()
    assert "files:read" in words(over_socket.said[-1].blocks)


@pytest.mark.parametrize(
    "url", ["https://evil.example/f", "http://files.slack.com/f", "https://slack.com.evil.example/f", "", "file:///etc"]
)
async def test_the_bots_token_goes_to_slack_alone(url: str) -> None:
    with pytest.raises(NotTaken, match="outside of Slack"):
        await fetched([Attached("x", 1, url)], token="secret", api_base="https://slack.com/api/")


async def test_a_file_longer_than_slack_said_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MAX_FILE", 1000)

    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=bytes(5000))

    app = web.Application()
    app.router.add_get("/f", large)
    async with TestServer(app) as server:
        url = str(server.make_url("/f"))
        with pytest.raises(NotTaken):
            await fetched([Attached("x", 10, url)], token="t", api_base=str(server.make_url("/api/")))
