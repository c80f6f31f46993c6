"""Who organises a workspace: its owners and admins, asked of Slack and remembered for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.adapters.slack.exchange import reason

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

REMEMBERED_S = 600.0  # a new admin waits for this long at most, and so does one who no longer is
AGAIN_S = 15.0  # after which Slack is asked again where it did not say
MOST = 10_000
ROLES = ("is_admin", "is_owner", "is_primary_owner")

log = structlog.get_logger(__name__)


class People:
    """What Slack says of the people of its workspaces."""

    def __init__(self, client: AsyncWebClient, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is a clock in seconds that never goes back."""
        self._client = client
        self._now = now
        self._known: OrderedDict[tuple[str, str], tuple[bool, float]] = OrderedDict()

    async def organises(self, team: str, user: str) -> bool:
        """Whether somebody is an owner or an admin of their workspace; no where Slack does not say."""
        known = self._known.get((team, user))
        if known is not None and known[1] > self._now():
            return known[0]
        said = await self._asked(user)
        found = said or False
        self._known[team, user] = (found, self._now() + (AGAIN_S if said is None else REMEMBERED_S))
        self._known.move_to_end((team, user))
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return found

    async def _asked(self, user: str) -> bool | None:
        """What Slack says; None where it does not."""
        try:
            answer = await self._client.users_info(user=user)
        except SlackApiError as error:  # such as an app without the scope users:read
            log.warning("slack.no_roles", reason=reason(error))
            return None
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("slack.no_roles", reason=type(error).__name__)
            return None
        about = answer.get("user") or {}
        return any(about.get(role) is True for role in ROLES)
