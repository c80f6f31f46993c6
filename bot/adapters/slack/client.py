"""The connection to Slack: acknowledges at once, hands over to the core, and sends what comes back.

Every acknowledgement is sent before any work starts, and the work runs in a task that is held here: in Bolt, an
exception soon after `ack()` would take the acknowledgement back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.actions import ActionError
from bot.adapters.notices import OUTDATED, under_question
from bot.adapters.sent import NotTaken
from bot.adapters.slack import parse
from bot.adapters.slack.download import fetched
from bot.adapters.slack.exchange import Exchange, reason
from bot.adapters.slack.haste import RETRIES, ShortWaits
from bot.adapters.slack.people import People
from bot.adapters.slack.poster import SlackPoster
from bot.adapters.slack.render import FORM
from bot.command import Incoming, said_by_a_file

if TYPE_CHECKING:
    from bot.app import Core
    from bot.settings import Settings

FILE_SHARED = "file_share"  # how Slack calls a message that brings files
Ack = Callable[[], Coroutine[Any, Any, Any]]
Body = dict[str, Any]

log = structlog.get_logger(__name__)


def create_app(settings: Settings, core: Core) -> StrideApp:
    """A Bolt app that is not connected yet: give it to `socket_mode`, or its requests to `http.routes`."""
    slack = settings.slack
    client = AsyncWebClient(
        token=slack.bot_token.get_secret_value() if slack.bot_token else None,
        base_url=slack.api_base.rstrip("/") + "/",
    )
    client.retry_handlers.append(ShortWaits(max_retry_count=RETRIES))
    secret = slack.signing_secret.get_secret_value() if slack.signing_secret else ""
    app = StrideApp(name="stride", client=client, signing_secret=secret)
    app.listen(core)
    return app


def socket_mode(settings: Settings, app: StrideApp) -> AsyncSocketModeHandler:
    """Socket Mode for an app: `connect_async()` returns once it is connected, `close_async()` ends it.

    `connect_async` raises `slack_sdk.errors.SlackApiError` where Slack does not take one of the tokens.
    """
    token = settings.slack.app_token
    if token is None:
        raise ValueError("Socket Mode needs STRIDE_SLACK__APP_TOKEN")
    return _Socket(app, token.get_secret_value(), web_client=app.client)


class _Socket(AsyncSocketModeHandler):
    """Socket Mode that says when it is refused; slack_sdk's own would log and try again for ever."""

    def __init__(self, app: StrideApp, app_token: str, *, web_client: AsyncWebClient) -> None:
        super().__init__(app, app_token, web_client=web_client)
        self._stride = app

    async def connect_async(self) -> None:
        await self.app.client.auth_test()
        await self.app.client.apps_connections_open(app_token=self.app_token)
        await super().connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
        await self._stride.enters()

    async def close_async(self) -> None:
        self._stride.leaves()
        await super().close_async()  # type: ignore[no-untyped-call]  # Bolt's own


class StrideApp(AsyncApp):
    """The Bolt app, with the answers that it is at work on."""

    def listen(self, core: Core) -> None:
        """Answers what Slack sends from `core`."""
        self._core = core
        self._people = People(self.client)
        self._poster = SlackPoster(self.client)
        self._answers: set[asyncio.Task[None]] = set()
        self._alone = said_by_a_file(core.commands)
        self.command(re.compile(r"/.*"))(self._on_slash)
        self.event("app_mention")(self._on_event)
        self.event("message")(self._on_message)
        self.action(re.compile(r"^stride:"))(self._on_press)
        self.view(FORM)(self._on_form)

    async def enters(self) -> None:
        """Slack has taken the token: from now on it can be said what nobody asked for just now."""
        self._core.posters[self._poster.platform] = self._poster
        await self._core.read_in()
        self._core.study.wake()  # what fell due meanwhile waits for no round

    def leaves(self) -> None:
        """The connection ends, and nothing is posted any more."""
        if self._core.posters.get(self._poster.platform) is self._poster:
            del self._core.posters[self._poster.platform]

    async def idle(self) -> None:
        """Returns when every answer that was asked for has been sent."""
        while self._answers:
            await asyncio.wait(self._answers)

    async def _on_slash(self, ack: Ack, body: Body) -> None:
        await ack()
        self._answer(body, parse.slash_address, lambda: parse.slash(body, self._core.clock.now()))

    async def _on_event(self, ack: Ack, body: Body) -> None:
        await ack()
        self._answer(body, parse.event_address, lambda: parse.event(body, self._alone))

    async def _on_message(self, ack: Ack, body: Body) -> None:
        await ack()
        said = body["event"]
        by_a_person = said.get("user") and not said.get("bot_id") and said.get("subtype") in {None, "", FILE_SHARED}
        if said.get("channel_type") == "im" and by_a_person:
            self._answer(body, parse.event_address, lambda: parse.event(body, self._alone))

    async def _on_press(self, ack: Ack, body: Body) -> None:
        await ack()
        self._answer(body, parse.press_address, lambda: parse.press(body, self._core.clock.now()))

    async def _on_form(self, ack: Ack, body: Body) -> None:
        await ack()
        self._answer(body, parse.form_address, lambda: parse.form(body, self._core.clock.now()))

    def _answer(
        self, body: Body, address: Callable[[Mapping[str, Any]], parse.Address], incoming: Callable[[], Incoming]
    ) -> None:
        task = asyncio.create_task(self._say(body, address, incoming))
        self._answers.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answers.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("slack.bug", error=type(bug).__name__, exc_info=bug)

    async def _say(
        self, body: Body, address: Callable[[Mapping[str, Any]], parse.Address], incoming: Callable[[], Incoming]
    ) -> None:
        where = address(body)
        exchange = Exchange(self.client, where)
        try:
            asked = incoming()
            if await self._people.organises(where.team, where.user):
                asked = replace(asked, user=replace(asked.user, organiser=True))
            if attached := parse.attached(body):
                files = await fetched(attached, token=self.client.token or "", api_base=self.client.base_url)
                asked = replace(asked, files=files)
            reply = await self._core.handle(replace(asked, progress=exchange.shows))
            if reply is not None and "command" in body:  # Slack shows nobody a slash command
                reply = under_question(reply, asked, by=asked.user.name)
        except NotTaken as fault:
            reply = fault.reply()
        except ActionError:
            reply = OUTDATED
        try:
            if reply is not None:
                await exchange.says(reply)
        except SlackApiError as error:
            log.warning("slack.not_delivered", channel=exchange.channel, reason=reason(error))
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("slack.not_delivered", channel=exchange.channel, reason=type(error).__name__)
