"""What Discord does with a post's nonce, which the simulation leaves out, and a connection that can be lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatch
from typing import Any

import aiohttp
import simcord
from simcord.http import router

REMEMBERED = timedelta(minutes=2)  # "a few minutes"


@dataclass
class Nonces:
    """Discord's memory of nonces. `lose` names the answers that get lost on their way back, as (method, path)."""

    env: simcord.Env
    lose: list[tuple[str, str]] = field(default_factory=list)
    dropped: int = 0
    _known: dict[str, tuple[datetime, Any]] = field(default_factory=dict)

    def answers(self, backend: Any, method: str, path: str, **request: Any) -> Any:
        """What the bot is told."""
        body = request.get("json") or {}
        nonce = body.get("nonce") if body.get("enforce_nonce") and fnmatch(path, "/channels/*/messages") else None
        if nonce is not None:
            assert 0 < len(nonce) <= 25
            sent, message = self._known.get(nonce, (None, None))
            if sent is not None and self.env.now() - sent < REMEMBERED:
                self.dropped += 1
                return message
        answer = self._dispatch(backend, method, path, **request)
        if nonce is not None:
            self._known[nonce] = (self.env.now(), answer)
        for lost in self.lose:
            if lost[0] == method and fnmatch(path, lost[1]):
                self.lose.remove(lost)
                raise aiohttp.ServerDisconnectedError
        return answer

    _dispatch = staticmethod(router.dispatch)


@contextmanager
def nonces(env: simcord.Env) -> Iterator[Nonces]:
    """Has the simulated Discord remember nonces, until the end."""
    kept, before = Nonces(env), router.dispatch
    router.dispatch = kept.answers
    try:
        yield kept
    finally:
        router.dispatch = before
