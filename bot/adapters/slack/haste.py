"""Where Slack asks to wait: what waits a little is sent again here, what would wait long is given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

RETRIES = 3
PATIENCE_S = 10  # of each; three of them are less than a post has time for


class ShortWaits(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack says, but no longer than `PATIENCE_S`: then its refusal is the answer."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - slack_sdk gives it by name
        request: HttpRequest,  # noqa: ARG002 - likewise
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002 - likewise
    ) -> bool:
        return response is not None and response.status_code == 429 and _asked(response.headers) <= PATIENCE_S


def _asked(headers: Mapping[str, Sequence[str]]) -> int:
    """The seconds that Slack asks to wait; it says so nearly always."""
    said = next((values[0] for name, values in headers.items() if name.lower() == "retry-after" and values), "1")
    return int(said) if said.isdecimal() else PATIENCE_S + 1
