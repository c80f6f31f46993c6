"""What people do in the fake Slack, as Slack tells an app of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

TEAM, BOT = "T0STUDY", "U0STRIDE"
CHANNEL, OWN_CHAT, ALICE, BOB = "C0GROUP", "D0ALICE", "U0ALICE", "U0BOB"
NAMES = {ALICE: "alice", BOB: "bob"}


@dataclass
class Said:
    """A message that arrived."""

    channel: str
    text: str
    blocks: list[dict[str, Any]]
    by: str  # the way it came: a Web API method, or `response_url`
    seen_by: str | None = None  # one person, or everyone
    thread: str | None = None
    ts: str = ""
    metadata: dict[str, Any] | None = None


@dataclass
class FakePeople:
    """Alice and Bob. `now` is Slack's clock; a test moves it."""

    now: float = 1_800_000_000.0
    base: str = ""
    _urls: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lent: dict[str, tuple[str, str]] = field(default_factory=dict)  # in which channel, and to whom, a URL was
    _triggers: dict[str, float] = field(default_factory=dict)
    _numbers: Any = field(default_factory=itertools.count)

    def slash(self, text: str, *, channel: str = CHANNEL, by: str = ALICE) -> dict[str, Any]:
        command, _, rest = text.partition(" ")
        return {
            "command": command,
            "text": rest,
            "user_id": by,
            "user_name": NAMES[by],
            "team_id": TEAM,
            "channel_id": channel,
            "channel_name": "group",
            "api_app_id": "A0STRIDE",
            "trigger_id": self._trigger(),
            "response_url": self._url(channel, by),
        }

    def press(self, message: Said, action_id: str, choice: str | None = None, *, by: str = ALICE) -> dict[str, Any]:
        done: dict[str, Any] = {"type": "button", "action_id": action_id, "block_id": "b", "action_ts": self._ts()}
        if choice is not None:
            done |= {
                "type": "static_select",
                "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": choice},
            }
        return {
            "type": "block_actions",
            "user": {"id": by, "username": NAMES[by], "team_id": TEAM},
            "team": {"id": TEAM, "domain": "study"},
            "api_app_id": "A0STRIDE",
            "channel": {"id": message.channel, "name": "group"},
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": message.seen_by is not None,
                **({"thread_ts": message.thread} if message.thread else {}),
            },
            "message": {
                "type": "message",
                "ts": message.ts,
                **({"metadata": message.metadata} if message.metadata else {}),
            },
            "trigger_id": self._trigger(),
            "response_url": self._url(message.channel, by, message.ts),
            "actions": [done],
        }

    def submit(
        self,
        view: dict[str, Any],
        values: dict[str, str],
        files: dict[str, list[dict[str, Any]]] | None = None,
        *,
        by: str = ALICE,
    ) -> dict[str, Any]:
        state: dict[str, Any] = {
            name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()
        }
        state |= {name: {name: {"type": "file_input", "files": shared}} for name, shared in (files or {}).items()}
        return {
            "type": "view_submission",
            "user": {"id": by, "username": NAMES[by], "team_id": TEAM},
            "team": {"id": TEAM, "domain": "study"},
            "api_app_id": "A0STRIDE",
            "trigger_id": self._trigger(),
            "view": {**view, "id": "V1", "hash": self._ts(), "state": {"values": state}},
        }

    def mention(
        self,
        text: str,
        *,
        kind: str = "app_mention",
        channel: str = CHANNEL,
        files: tuple[dict[str, Any], ...] = (),
    ) -> dict[str, Any]:
        event: dict[str, Any] = {"type": kind, "user": ALICE, "text": text, "ts": self._ts(), "channel": channel}
        if kind == "message":
            event["channel_type"] = "im"
        if files:
            event |= {"files": list(files), "subtype": "file_share", "upload": False}
        return {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A0STRIDE",
            "event": event,
            "event_id": f"Ev{next(self._numbers)}",
            "event_time": int(self.now),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }

    def _trigger(self) -> str:
        trigger = f"{next(self._numbers)}.trigger"
        self._triggers[trigger] = self.now
        return trigger

    def _url(self, channel: str, by: str, message: str = "") -> str:
        key = f"{next(self._numbers)}-{message}"
        self._urls[key], self._lent[key] = (self.now, 0), (channel, by)
        return f"{self.base}/respond/{key}"

    def _ts(self) -> str:
        return f"{self.now:.0f}.{next(self._numbers):06d}"
