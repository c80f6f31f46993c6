"""What became of a post whose request went wrong: what platforms that are asked over HTTP have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from bot.errors import PostError, PostFailed, PostRefused

LOST = (aiohttp.ClientError, TimeoutError, OSError)  # of a request that may have arrived
_LATER = frozenset({401, 429})  # a token that its operator can put right, and haste


def of_status(status: int, *, lost: type[PostError], refused: type[PostError] = PostRefused) -> type[PostError]:
    """What an answer means that is none of success: `lost` where it may have been done, `refused` where it was no."""
    if status in _LATER:
        return PostFailed
    return lost if status >= 500 else refused


@contextmanager
def on_its_way(platform: str, *, lost: type[PostError]) -> Iterator[None]:
    """Names what goes wrong where no answer came: `lost` where the request may have arrived."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        raise PostFailed(f"{platform} cannot be reached") from error
    except LOST as error:
        raise lost(type(error).__name__) from error
