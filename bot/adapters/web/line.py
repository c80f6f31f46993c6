"""One browser's WebSocket: frames in to the room, frames out as fast as the browser reads them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from bot.adapters.web.hub import Listener
from bot.adapters.web.limits import HEARTBEAT_S, MAX_FRAME, SEND_TIMEOUT_S
from bot.adapters.web.parse import FrameError, parse

if TYPE_CHECKING:
    from bot.adapters.web.room import Room

OUT = 4003  # the page stops trying: who it speaks for may not come in
AGAIN = 1013  # the page tries again later


async def refuse(request: web.Request, words: str, code: int) -> web.WebSocketResponse:
    """Opens a line only to say why it is closed: browsers do not show pages the status of a failed handshake."""
    line = web.WebSocketResponse(timeout=1.0)
    await line.prepare(request)
    await line.close(code=code, message=words.encode())
    return line


async def serve(request: web.Request, room: Room, listener: Listener) -> web.WebSocketResponse:
    """Speaks with one page until either side ends it."""
    line = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME, timeout=2.0)
    try:
        await line.prepare(request)
    except ConnectionError:
        return line  # the page was left before its line was there
    room.hub.add(listener)  # before the history is read: what is said meanwhile waits, and is not missed
    sender = asyncio.create_task(_send(line, room, listener), name="web sender")
    dropped = asyncio.create_task(listener.dropped.wait(), name="web dropped")
    reader = asyncio.create_task(_read(line, room, listener), name="web reader")
    tasks = (sender, dropped, reader)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        room.hub.remove(listener)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await line.close(code=AGAIN)
    for end in ends:
        if isinstance(end, Exception) and not isinstance(end, TimeoutError | ConnectionError):
            raise end
    return line


async def _send(line: web.WebSocketResponse, room: Room, listener: Listener) -> None:
    await line.send_json(await room.welcome(listener))
    while True:
        text = await listener.next()
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await line.send_str(text)


async def _read(line: web.WebSocketResponse, room: Room, listener: Listener) -> None:
    async for message in line:
        if message.type is not WSMsgType.TEXT:
            return
        try:
            frame = parse(message.data)
        except FrameError as fault:
            about = {"type": "refused", "id": fault.event} if fault.event else {"type": "trouble"}
            listener.send(about | {"words": fault.words})
        else:
            await room.take(listener, frame)
