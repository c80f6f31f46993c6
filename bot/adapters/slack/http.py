"""Slack's requests over HTTP, for a workspace where Socket Mode is not wanted.

One address takes commands, events and presses. Bolt checks the signature of each request before anything reads it.
"""

from __future__ import annotations

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.settings import Settings

PATH = "/slack/events"


def routes(settings: Settings, app: AsyncApp) -> list[web.RouteDef]:
    """The route to add to a web application; raises `ValueError` where no signing secret guards it."""
    if settings.slack.signing_secret is None:
        raise ValueError("requests from Slack need STRIDE_SLACK__SIGNING_SECRET")

    async def receive(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return [web.post(PATH, receive)]
