"""A Slack that checks what it is sent: the Web API, response URLs and Socket Mode, on a free port of this machine.

It refuses what Slack refuses (block schema, lengths, sizes, tokens, used-up URLs, expired triggers, haste), and keeps
what it took, so that a test reads the channel as a person would.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, WSMsgType, web

from tests.bot.adapters.slack.blocks import BlockError, check_message, check_view

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-test", "xapp-test", "s3cret"
TEAM, BOT = "T0STUDY", "U0STRIDE"
TRIGGER_SECONDS = 3
MAX_FILE = 1 << 30
URL_USES, URL_SECONDS = 5, 30 * 60
CHANNEL, OWN_CHAT, ALICE = "C0GROUP", "D0ALICE", "U0ALICE"


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


@dataclass
class Upload:
    """A file on its way: announced, then sent, then shared."""

    name: str
    length: int
    alt: str
    data: bytes | None = None


@dataclass
class FakeSlack:
    """The server and its world. `now` is its clock; a test moves it."""

    now: float = 1_800_000_000.0
    patient: bool = True  # whether it lets an app post to a channel more than once a second
    said: list[Said] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)  # of the files, in their order
    calls: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    members_of: set[str] = field(default_factory=lambda: {CHANNEL, OWN_CHAT})
    base: str = ""
    socket: web.WebSocketResponse | None = None
    acknowledged: dict[str, float] = field(default_factory=dict)
    deliver_to: str = ""
    _urls: dict[str, tuple[float, int]] = field(default_factory=dict)
    _triggers: dict[str, float] = field(default_factory=dict)
    _uploads: dict[str, Upload] = field(default_factory=dict)
    admins: set[str] = field(default_factory=set)
    reads_people: bool = True  # whether the app was given the scope users:read
    reads_files: bool = True  # whether the app was given the scope files:read
    _shared: dict[str, bytes] = field(default_factory=dict)
    _last_post: dict[str, float] = field(default_factory=dict)
    _numbers: Any = field(default_factory=itertools.count)
    _connected: asyncio.Event = field(default_factory=asyncio.Event)
    _acks: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    # --- the server

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/respond/{key}", self._respond)
        app.router.add_post("/upload/{file}", self._take_file)
        app.router.add_get("/files/{file}", self._give_file)
        app.router.add_get("/socket", self._open_socket)
        return app

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls[method] += 1
        sent = await _body(request)
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if request.headers.get("Authorization") != f"Bearer {wanted}":
            return self._no(method, "invalid_auth")
        handler = getattr(self, "_" + method.replace(".", "_"), None)
        if handler is None:
            return self._no(method, "unknown_method")
        try:
            answer = handler(sent)
        except BlockError as error:
            return self._no(method, f"invalid_blocks: {error}")
        return answer if isinstance(answer, web.Response) else web.json_response({"ok": True, **answer})

    def _no(self, method: str, why: str) -> web.Response:
        self.refused.append((method, why))
        return web.json_response({"ok": False, "error": why.partition(":")[0]})

    def _auth_test(self, _sent: dict[str, Any]) -> dict[str, Any]:
        ids = {"team_id": TEAM, "user_id": BOT, "bot_id": "B0STRIDE"}
        return {"url": self.base, "team": "Study", "user": "stride", **ids}

    def _users_info(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:
        if not self.reads_people:
            return self._no("users.info", "missing_scope")
        user = str(sent["user"])
        return {"user": {"id": user, "team_id": TEAM, "is_admin": user in self.admins, "is_owner": False}}

    def _apps_connections_open(self, _sent: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.base.replace("http", "ws") + "/socket"}

    def _chat_postMessage(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:  # noqa: N802 - Slack's name
        return self._take("chat.postMessage", sent)

    def _chat_postEphemeral(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:  # noqa: N802 - Slack's name
        return self._take("chat.postEphemeral", sent, seen_by=sent["user"])

    def _chat_update(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:
        old = next((each for each in self.said if each.ts == sent["ts"]), None)
        if old is None:
            return self._no("chat.update", "message_not_found")
        check_message(sent)
        old.text, old.blocks = sent["text"], sent["blocks"]
        return {"ts": old.ts, "channel": old.channel}

    def _chat_delete(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:
        old = next((each for each in self.said if each.ts == sent["ts"]), None)
        if old is None or old.by == "response_url":
            return self._no("chat.delete", "message_not_found")
        self.said.remove(old)
        return {"ts": old.ts, "channel": old.channel}

    def _take(self, method: str, sent: dict[str, Any], seen_by: str | None = None) -> dict[str, Any] | web.Response:
        channel = sent["channel"]
        if channel not in self.members_of:
            return self._no(method, "not_in_channel")
        since = self.now - self._last_post.get(channel, 0.0)
        if not self.patient and since < 1:
            self.now += 1
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"})
        self._last_post[channel] = self.now
        check_message(sent)
        message = Said(channel, sent["text"], sent["blocks"], method, seen_by, sent.get("thread_ts"), self._ts())
        self.said.append(message)
        return {"ts": message.ts, "channel": channel}

    def _views_open(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:
        lent = self._triggers.pop(sent["trigger_id"], None)
        if lent is None or self.now - lent > TRIGGER_SECONDS:
            return self._no("views.open", "expired_trigger_id")
        view = sent["view"]
        check_view(view)
        self.views.append(view)
        return {"view": {**view, "id": "V1", "hash": "1.a", "state": {"values": {}}}}

    def _conversations_open(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": OWN_CHAT if sent["users"] == ALICE else "D0OTHER"}}

    def _files_getUploadURLExternal(self, sent: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        key = f"F{next(self._numbers)}"
        self._uploads[key] = Upload(sent["filename"], int(sent["length"]), str(sent.get("alt_txt") or ""))
        return {"upload_url": f"{self.base}/upload/{key}", "file_id": key}

    async def _take_file(self, request: web.Request) -> web.Response:
        key = request.match_info["file"]
        upload, data = self._uploads[key], await request.read()
        if upload.data is not None or len(data) != upload.length or not 0 < len(data) <= MAX_FILE:
            self.refused.append(("upload", f"{len(data)} bytes for {upload.length}"))
            return web.Response(status=400, text="invalid upload")
        upload.data = data
        return web.Response(text="OK")

    def _files_completeUploadExternal(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:  # noqa: N802
        if sent["channel_id"] not in self.members_of:
            return self._no("files.completeUploadExternal", "not_in_channel")
        for each in sent["files"]:
            upload = self._uploads.pop(each["id"])
            if upload.data is None:
                return self._no("files.completeUploadExternal", "file_not_found")
            self.files.append((sent["channel_id"], upload.name, upload.data))
            self.alts.append(upload.alt)
        return {"files": [{"id": each["id"], "title": each["title"]} for each in sent["files"]]}

    async def _give_file(self, request: web.Request) -> web.StreamResponse:
        if not self.reads_files or request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            raise web.HTTPFound("/login")
        return web.Response(body=self._shared[request.match_info["file"]])

    def share(self, name: str, data: bytes, **other: Any) -> dict[str, Any]:
        """A file that somebody has uploaded, as Slack speaks of it."""
        key = f"F{next(self._numbers)}"
        self._shared[key] = data
        address = f"{self.base}/files/{key}"
        return {"id": key, "name": name, "size": len(data), "url_private_download": address, **other}

    async def _respond(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        lent, uses = self._urls.get(key, (0.0, URL_USES))
        if uses >= URL_USES or self.now - lent > URL_SECONDS:
            self.refused.append(("response_url", "used_url"))
            return web.Response(status=404, text="used_url")
        self._urls[key] = (lent, uses + 1)
        sent = await request.json()
        try:
            check_message(sent)
        except BlockError as error:
            self.refused.append(("response_url", str(error)))
            return web.Response(status=400, text="invalid_blocks")
        if sent.get("replace_original"):
            old = next(each for each in self.said if each.ts == key.partition("-")[2])
            old.text, old.blocks = sent["text"], sent["blocks"]
        else:
            alone = ALICE if sent.get("response_type", "ephemeral") == "ephemeral" else None
            ts = self._ts()
            self.said.append(
                Said(CHANNEL, sent["text"], sent["blocks"], "response_url", alone, sent.get("thread_ts"), ts)
            )
        return web.Response(text="ok")

    async def _open_socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0STRIDE"}})
        self.socket = socket
        self._connected.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                envelope = json.loads(message.data)["envelope_id"]
                if not self._acks[envelope].done():
                    self._acks[envelope].set_result(None)
        return socket

    async def connected(self) -> None:
        """Returns when an app has opened its socket."""
        await self._connected.wait()

    # --- what people do

    def slash(self, text: str, *, channel: str = CHANNEL) -> dict[str, Any]:
        command, _, rest = text.partition(" ")
        return {
            "command": command,
            "text": rest,
            "user_id": ALICE,
            "user_name": "alice",
            "team_id": TEAM,
            "channel_id": channel,
            "channel_name": "group",
            "api_app_id": "A0STRIDE",
            "trigger_id": self._trigger(),
            "response_url": self._url(),
        }

    def press(self, message: Said, action_id: str, choice: str | None = None) -> dict[str, Any]:
        done: dict[str, Any] = {"type": "button", "action_id": action_id, "block_id": "b", "action_ts": self._ts()}
        if choice is not None:
            done |= {
                "type": "static_select",
                "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": choice},
            }
        return {
            "type": "block_actions",
            "user": {"id": ALICE, "username": "alice", "team_id": TEAM},
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
            "trigger_id": self._trigger(),
            "response_url": self._url(message.ts),
            "actions": [done],
        }

    def submit(
        self, view: dict[str, Any], values: dict[str, str], files: dict[str, list[dict[str, Any]]] | None = None
    ) -> dict[str, Any]:
        state: dict[str, Any] = {
            name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()
        }
        state |= {name: {name: {"type": "file_input", "files": shared}} for name, shared in (files or {}).items()}
        return {
            "type": "view_submission",
            "user": {"id": ALICE, "username": "alice", "team_id": TEAM},
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

    # --- how it reaches the app

    async def by_socket(self, payload: dict[str, Any], *, retry: int = 0) -> None:
        """Sends an envelope and waits until it is acknowledged, as Slack does for three seconds."""
        kinds = {"event_callback": "events_api", "block_actions": "interactive", "view_submission": "interactive"}
        envelope = f"e{next(self._numbers)}"
        self._acks[envelope] = asyncio.get_running_loop().create_future()
        sent = {
            "envelope_id": envelope,
            "type": kinds.get(payload.get("type", ""), "slash_commands"),
            "payload": payload,
            "accepts_response_payload": True,
            **({"retry_attempt": retry, "retry_reason": "timeout"} if retry else {}),
        }
        assert self.socket is not None
        await self.socket.send_json(sent)
        async with asyncio.timeout(3):
            await self._acks[envelope]

    async def by_http(
        self, payload: dict[str, Any], *, secret: str = SIGNING_SECRET, at: float | None = None, retry: int = 0
    ) -> int:
        """Posts a signed request; the status of the acknowledgement, which must come within three seconds."""
        kind = payload.get("type", "")
        if kind == "event_callback":
            body, content = json.dumps(payload), "application/json"
        else:
            form = {"payload": json.dumps(payload)} if kind else payload
            body, content = urlencode(form), "application/x-www-form-urlencoded"
        stamp = str(int(time.time() if at is None else at))
        signature = "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": content, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        async with (
            asyncio.timeout(3),
            ClientSession() as session,
            session.post(self.deliver_to, data=body.encode(), headers=headers) as response,
        ):
            return response.status

    def _trigger(self) -> str:
        trigger = f"{next(self._numbers)}.trigger"
        self._triggers[trigger] = self.now
        return trigger

    def _url(self, message: str = "") -> str:
        key = f"{next(self._numbers)}-{message}"
        self._urls[key] = (self.now, 0)
        return f"{self.base}/respond/{key}"

    def _ts(self) -> str:
        return f"{self.now:.0f}.{next(self._numbers):06d}"


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        sent: dict[str, Any] = await request.json()
        return sent
    posted = await request.post()
    form = {name: value for name, value in (*request.query.items(), *posted.items()) if isinstance(value, str)}
    return {name: json.loads(value) if name in {"blocks", "view", "files"} else value for name, value in form.items()}
