"""A Slack that checks what it is sent: the Web API, response URLs and Socket Mode, on a free port of this machine.

It refuses what Slack refuses (block schema, lengths, sizes, tokens, used-up URLs, expired triggers, haste), and keeps
what it took, so that a test reads the channel as a person would.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, WSMsgType, web

from tests.bot.adapters.slack.blocks import BlockError, check_message, check_metadata, check_view, walk
from tests.bot.adapters.slack.fake_people import ALICE, BOT, CHANNEL, OWN_CHAT, TEAM, FakePeople, Said

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-test", "xapp-test", "s3cret"
TRIGGER_SECONDS = 3
HANG_S = 60  # after which what is waited for will not come; Slack itself gives up after three seconds
MAX_FILE = 1 << 30
URL_USES, URL_SECONDS = 5, 30 * 60
MAX_PAGE = 15  # of a channel's history at a time; Slack gives so few to some apps


@dataclass
class Upload:
    """A file on its way: announced, then sent, then shared."""

    name: str
    length: int
    alt: str
    data: bytes | None = None


@dataclass
class FakeSlack(FakePeople):
    """The server and its world. `now` is its clock; a test moves it."""

    patient: bool = True  # whether it lets an app post to a channel more than once a second
    said: list[Said] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)  # of the files, in their order
    calls: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    members_of: set[str] = field(default_factory=lambda: {CHANNEL, OWN_CHAT})
    socket: web.WebSocketResponse | None = None
    acknowledged: dict[str, float] = field(default_factory=dict)
    deliver_to: str = ""
    _uploads: dict[str, Upload] = field(default_factory=dict)
    admins: set[str] = field(default_factory=set)
    reads_people: bool = True  # whether the app was given the scope users:read
    reads_files: bool = True  # whether the app was given the scope files:read
    reads_history: bool = True  # whether the app was given the scope channels:history
    lose: list[str] = field(default_factory=list)  # methods whose next answer gets lost on its way back
    fail: dict[str, list[str]] = field(default_factory=dict)  # what methods answer next, instead of doing it
    slow_pictures: int = 0  # how often a picture that was just uploaded is not ready yet
    _pictures: dict[str, Upload] = field(default_factory=dict)  # which nobody sees yet
    _shared: dict[str, bytes] = field(default_factory=dict)
    _last_post: dict[str, float] = field(default_factory=dict)
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
        if failing := self.fail.get(method):
            return self._failed(method, failing.pop(0))
        try:
            answer = handler(sent)
        except BlockError as error:
            return self._no(method, f"invalid_blocks: {error}")
        if method in self.lose and request.transport is not None:
            self.lose.remove(method)
            request.transport.abort()
        return answer if isinstance(answer, web.Response) else web.json_response({"ok": True, **answer})

    def _no(self, method: str, why: str) -> web.Response:
        self.refused.append((method, why))
        return web.json_response({"ok": False, "error": why.partition(":")[0]})

    def _failed(self, method: str, why: str) -> web.Response:
        """An answer that a test asked for: Slack's word for a refusal, or a status, with how long to wait."""
        status, _, wait = why.partition(" ")
        if status.isdecimal():
            return web.Response(status=int(status), text="upstream", headers={"Retry-After": wait} if wait else {})
        return self._no(method, why)

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
        if old.channel != sent["channel"]:
            return self._no("chat.update", "message_not_found")
        check_message(sent)
        if not self._shows_pictures(old.channel, sent["blocks"]):
            return web.json_response({"ok": False, "error": "invalid_blocks"})
        old.text, old.blocks = sent["text"], sent["blocks"]  # what is not said again, such as metadata, stays
        return {"ts": old.ts, "channel": old.channel}

    def _conversations_history(self, sent: dict[str, Any]) -> dict[str, Any] | web.Response:
        if not self.reads_history:
            return self._no("conversations.history", "missing_scope")
        if sent["channel"] not in self.members_of:
            return self._no("conversations.history", "not_in_channel")
        told = [
            each
            for each in reversed(self.said)
            if each.channel == sent["channel"]
            and each.seen_by is None
            and float(each.ts) >= float(sent.get("oldest", 0))
        ]
        at, limit = int(sent.get("cursor") or 0), min(int(sent["limit"]), MAX_PAGE)
        whole = sent.get("include_all_metadata") in {"1", "true"}
        page = [
            {"type": "message", "ts": each.ts, "text": each.text}
            | ({"metadata": each.metadata} if whole and each.metadata else {})
            for each in told[at : at + limit]
        ]
        more = at + limit < len(told)
        after = {"response_metadata": {"next_cursor": str(at + limit)}} if more else {}
        return {"messages": page, "has_more": more, **after}

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
        check_metadata(sent.get("metadata"))
        if not self._shows_pictures(channel, sent["blocks"]):
            return web.json_response({"ok": False, "error": "invalid_blocks"})
        thread, metadata = sent.get("thread_ts"), sent.get("metadata")
        message = Said(channel, sent["text"], sent["blocks"], method, seen_by, thread, self._ts(), metadata)
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
        key = f"F{next(self._numbers):08d}"
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
        channel = sent.get("channel_id")
        if channel is not None and channel not in self.members_of:
            return self._no("files.completeUploadExternal", "not_in_channel")
        for each in sent["files"]:
            upload = self._uploads.pop(each["id"])
            if upload.data is None:
                return self._no("files.completeUploadExternal", "file_not_found")
            if channel is None:
                self._pictures[each["id"]] = upload
            else:
                self.files.append((channel, upload.name, upload.data))
                self.alts.append(upload.alt)
        return {"files": [{"id": each["id"], "title": each["title"]} for each in sent["files"]]}

    def _shows_pictures(self, channel: str, blocks: list[dict[str, Any]]) -> bool:
        """Whether the pictures that blocks name are ready; then they are seen."""
        named = [each["slack_file"]["id"] for each in walk(blocks) if "slack_file" in each]
        if named and self.slow_pictures:
            self.slow_pictures -= 1
            return False
        for key in named:
            upload = self._pictures[key]
            assert upload.data is not None
            self.files.append((channel, upload.name, upload.data))
            self.alts.append(upload.alt)
        return True

    async def _give_file(self, request: web.Request) -> web.StreamResponse:
        if not self.reads_files or request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            raise web.HTTPFound("/login")
        return web.Response(body=self._shared[request.match_info["file"]])

    def share(self, name: str, data: bytes, **other: Any) -> dict[str, Any]:
        """A file that somebody has uploaded, as Slack speaks of it."""
        key = f"F{next(self._numbers):08d}"
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
            old.text, old.blocks, old.metadata = sent["text"], sent["blocks"], sent.get("metadata")
        else:
            channel, by = self._lent[key]
            alone = by if sent.get("response_type", "ephemeral") == "ephemeral" else None
            ts = self._ts()
            self.said.append(
                Said(channel, sent["text"], sent["blocks"], "response_url", alone, sent.get("thread_ts"), ts)
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

    # --- how it reaches the app

    async def by_socket(self, payload: dict[str, Any], *, retry: int = 0) -> None:
        """Sends an envelope and waits until it is acknowledged."""
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
        async with asyncio.timeout(HANG_S):
            await self._acks[envelope]

    async def by_http(
        self, payload: dict[str, Any], *, secret: str = SIGNING_SECRET, at: float | None = None, retry: int = 0
    ) -> int:
        """Posts a signed request; the status of the acknowledgement."""
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
            asyncio.timeout(HANG_S),
            ClientSession() as session,
            session.post(self.deliver_to, data=body.encode(), headers=headers) as response,
        ):
            return response.status


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        sent: dict[str, Any] = await request.json()
        return sent
    posted = await request.post()
    form = {name: value for name, value in (*request.query.items(), *posted.items()) if isinstance(value, str)}
    return {
        name: json.loads(value) if name in {"blocks", "view", "files", "metadata"} else value
        for name, value in form.items()
    }
