"""Who is let in, over real requests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from yarl import URL

from bot.adapters.web import create_app
from bot.adapters.web.client import organiser_path
from bot.adapters.web.line import OUT
from bot.adapters.web.parse import place
from bot.errors import SettingsError
from bot.settings import Settings, WebSettings
from tests.bot.adapters.lab import Lab, open_lab
from tests.bot.adapters.web.served import HANG_S, INVITE, Served, Visitor, served


async def test_the_page_greets_and_gives_everyone_a_cookie_of_their_own(alice: Visitor, bob: Visitor) -> None:
    async with alice.session.get(alice.url) as answer:
        assert answer.url.path == "/c/general"
        assert "<title>Stride</title>" in await answer.text()
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    await bob.enters()
    assert alice.cookie() != bob.cookie()


async def test_the_cookie_stays_the_same_once_given(alice: Visitor) -> None:
    await alice.enters()
    cookie = alice.cookie()
    await alice.enters()
    assert alice.cookie() == cookie


async def test_every_answer_keeps_the_browser_strict(alice: Visitor) -> None:
    """Also errors, also files."""
    for path in ("/", "/c/general", "/static/main.js", "/nowhere", "/c/No!", "/join/wrong", "/health"):
        async with alice.session.get(alice.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert "aiohttp" not in answer.headers["Server"]


async def test_nothing_on_the_page_comes_from_elsewhere_or_stands_inline(page: Served, alice: Visitor) -> None:
    async with alice.session.get(f"{page.url}/c/general") as answer:
        html = await answer.text()
    assert "http" not in html
    assert "<style" not in html
    assert " style=" not in html
    assert not re.search(r"<[^>]+\son\w+=", html)
    assert not re.search(r"<script[^>]*>[^<]", html)


@pytest.mark.parametrize(
    "path", ["/static/../client.py", "/static/%2e%2e/client.py", "/static/", "/static/..%2fclient.py"]
)
async def test_only_the_pages_own_files_are_served(page: Served, path: str) -> None:
    async with ClientSession() as session, session.get(URL(page.url + path, encoded=True)) as answer:
        assert answer.status in {403, 404}


async def test_a_file_that_the_browser_has_is_not_sent_again(page: Served, alice: Visitor) -> None:
    address = f"{page.url}/static/main.js"
    async with alice.session.get(address) as answer:
        assert answer.content_type == "text/javascript"
        tag = answer.headers["ETag"]
    async with alice.session.get(address, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
        assert await answer.read() == b""


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example"])
@pytest.mark.parametrize("path", ["/", "/c/general", "/static/main.js", "/ws?channel=general", "/health"])
async def test_a_name_that_was_pointed_here_gets_nothing(page: Served, host: str, path: str) -> None:
    """DNS rebinding: the page elsewhere is its own origin, and the request comes here."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    async with ClientSession() as session, session.get(page.url + path, headers=headers) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:3000", None]
)
async def test_a_page_elsewhere_cannot_open_a_socket_with_ones_cookies(alice: Visitor, origin: str | None) -> None:
    await alice.enters()
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(WSServerHandshakeError) as refused:
        await alice.session.ws_connect(f"{alice.url}/ws?channel=general", headers=headers)
    assert refused.value.status == 403


async def test_a_page_elsewhere_can_neither_post_nor_fetch(alice: Visitor) -> None:
    await alice.enters()
    elsewhere = {"Origin": "https://evil.example"}
    async with alice.session.post(alice.url, headers=elsewhere, data=b"x") as answer:
        assert answer.status == 403
    async with alice.session.post(alice.url, data=b"x") as answer:
        assert answer.status == 403
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    async with alice.session.get(f"{alice.url}/static/main.js", headers=embedded) as answer:
        assert answer.status == 403


async def test_a_forged_cookie_opens_no_socket(page: Served, alice: Visitor, bob: Visitor) -> None:
    await alice.enters()
    await bob.enters()
    person = alice.cookie().partition(".")[0]
    signature = bob.cookie().partition(".")[2]
    for cookie in (f"{person}.{signature}", person, f"{person}.", "x" * 4000, ""):
        async with ClientSession(cookies={"stride": cookie}) as session:
            talk = await Visitor(session, page.url).connects()
            message = await talk.socket.receive(timeout=HANG_S)
            assert message.data == OUT


async def test_a_channel_that_cannot_be_is_not_found(alice: Visitor) -> None:
    async with alice.session.get(f"{alice.url}/c/Not%20One") as answer:
        assert answer.status == 404
    await alice.enters()
    talk = await alice.connects("Not%20One")
    assert (await talk.socket.receive(timeout=HANG_S)).data == OUT


async def test_an_address_that_others_reach_needs_an_invite(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    open_to_all = settings.model_copy(
        update={"web": WebSettings.model_construct(host="0.0.0.0", invite=None, url=None)}  # noqa: S104 - refused
    )
    async with open_lab(Lab(), settings) as core:
        with pytest.raises(SettingsError, match="STRIDE_WEB__INVITE must be set"):
            create_app(open_to_all, core)


async def test_with_an_invite_set_nobody_else_comes_in(tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page, page.visitor() as eve:
        for path in ("/", "/c/general", "/join/wrong", f"/join/{INVITE}x", "/join/%00"):
            async with eve.session.get(page.url + path) as answer:
                assert answer.status == 403
                assert "by invitation" in await answer.text()
        assert not eve.cookie()
        talk = await eve.connects()
        assert (await talk.socket.receive(timeout=HANG_S)).data == OUT


async def test_an_invite_is_shown_once_and_lets_its_browser_in_from_then_on(tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page, page.visitor() as alice:
        async with alice.session.get(f"{page.url}/join/{INVITE}") as answer:
            assert answer.url.path == "/c/general"
            assert INVITE not in str(answer.headers)
        _, welcome = await alice.enters()
        assert not welcome["you"]["organiser"]
    cookies = {cookie.key: cookie.value for cookie in alice.session.cookie_jar}
    async with served(tmp_path, invite=INVITE) as again, ClientSession(cookies=cookies) as session:
        _, greeting = await Visitor(session, again.url).enters()
        assert greeting["you"]["id"] == welcome["you"]["id"]
    async with (
        served(tmp_path, invite="another-invite-of-some-length") as later,
        ClientSession(cookies=cookies) as session,
        session.get(later.url) as answer,
    ):
        assert answer.status == 403


async def test_anothers_membership_is_no_use_without_their_cookie(tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page, page.visitor() as alice, page.visitor() as bob:
        for visitor in (alice, bob):
            async with visitor.session.get(f"{page.url}/join/{INVITE}"):
                pass
        mixed = {"stride": alice.cookie(), "stride-invited": bob.cookie("stride-invited")}
        async with ClientSession(cookies=mixed) as session, session.get(page.url) as answer:
            assert answer.status == 403


async def test_the_organisers_invite_gives_the_role_for_good(page: Served, alice: Visitor, bob: Visitor) -> None:
    talk, welcome = await alice.enters()
    assert not welcome["you"]["organiser"]
    async with alice.session.get(page.url + await organiser_path(page.core)) as answer:
        assert answer.status == 200
    assert (await talk.hears("you"))["you"]["organiser"]
    _, again = await alice.enters("week-1")
    assert again["you"]["organiser"]
    _, others = await bob.enters()
    assert not others["you"]["organiser"]
    person = f"web:{welcome['you']['id']}"
    assert await page.core.store.role_of(person) == "organiser"


async def test_the_organisers_invite_also_opens_a_page_with_an_invite(tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page, page.visitor() as olga:
        async with olga.session.get(page.url + await organiser_path(page.core)) as answer:
            assert answer.status == 200
        _, welcome = await olga.enters()
        assert welcome["you"]["organiser"]


async def test_invites_cannot_be_guessed_quickly(tmp_path: Path) -> None:
    async with served(tmp_path, invite=INVITE) as page, page.visitor() as eve:
        statuses = []
        for number in range(12):
            async with eve.session.get(f"{page.url}/join/{number}") as answer:
                statuses.append(answer.status)
    assert statuses[0] == 403
    assert statuses[-1] == 429


async def test_behind_https_cookies_are_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    async with (
        served(tmp_path, url="https://stride.example.org") as page,
        page.visitor(cookies=False) as alice,
        alice.session.get(f"{page.url}/c/general", headers={"Host": "stride.example.org"}) as answer,
    ):
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-stride=")
        assert "Secure" in cookie
        assert answer.headers["Strict-Transport-Security"]


async def test_people_are_known_by_what_their_cookie_proves(page: Served, alice: Visitor) -> None:
    """Whatever a frame claims about its sender is not even read."""
    talk, welcome = await alice.enters()
    claims = {"user": "web:someone-else", "organiser": True, "author": {"id": "x"}, "at": "2000-01-01T00:00Z"}
    await talk.sends(type="say", text="/table", **claims)
    message = (await talk.hears("message"))["message"]
    assert message["author"]["id"] == welcome["you"]["id"]
    assert message["at"] > "2001"
    (kept,) = await page.core.history(place("general"))
    assert kept.person == f"web:{welcome['you']['id']}"
