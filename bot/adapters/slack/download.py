"""Fetches files that people shared with Stride in Slack.

The bot's token goes with the request, so it goes to Slack's own addresses alone, and follows no redirection.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from bot.adapters.sent import MAX_FILE, MAX_FILES, file_name, not_there, too_large, too_many
from bot.adapters.slack.parse import Attached

TIMEOUT_S = 60.0
SLACK = "slack.com"
_PIECE = 64 << 10
_SCOPE = "Slack did not hand it over. Whoever set me up has to give the app the scope files:read, and install it again"


async def fetched(attached: Sequence[Attached], *, token: str, api_base: str) -> dict[str, bytes]:
    """The bytes of files by their names.

    Args:
        attached: what Slack says about them.
        token: the bot's.
        api_base: of Slack's Web API: beside Slack's own hosts the only one that gets the token.

    Raises:
        NotTaken: they are too many or too large, or could not be fetched.
    """
    if len(attached) > MAX_FILES:
        raise too_many(len(attached))
    for each in attached:
        if each.size > MAX_FILE:
            raise too_large(each.name, each.size)
    files: dict[str, bytes] = {}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, timeout=timeout) as session:
        for each in attached:
            if not _is_slacks(each.url, api_base):
                raise not_there(each.name, "it is kept outside of Slack: upload it here")
            files[file_name(each.name)] = await _one(session, each)
    return files


async def _one(session: aiohttp.ClientSession, file: Attached) -> bytes:
    try:
        async with session.get(file.url, allow_redirects=False) as answer:
            if answer.status != 200:  # to whoever may not have it, Slack shows its login
                raise not_there(file.name, _SCOPE)
            data = bytearray()
            async for piece in answer.content.iter_chunked(_PIECE):
                data += piece
                if len(data) > MAX_FILE:
                    raise too_large(file.name, len(data))
    except (aiohttp.ClientError, TimeoutError) as fault:
        raise not_there(file.name, "Slack did not answer: try again in a minute") from fault
    if len(data) != file.size:
        raise not_there(file.name, _SCOPE)
    return bytes(data)


def _is_slacks(url: str, api_base: str) -> bool:
    parts, ours = urlsplit(url), urlsplit(api_base)
    if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc):
        return True
    host = parts.hostname or ""
    return parts.scheme == "https" and (host == SLACK or host.endswith(f".{SLACK}"))
