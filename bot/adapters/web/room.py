"""What people do on the page, carried to the core and its answers carried back to everyone they are for.

The work belongs to the page's server, not to a browser's connection: whoever loses the line in the middle of an
answer finds it in the channel when they are back.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.adapters.sent import MAX_FILE, MAX_FILES, NotTaken
from bot.adapters.wall import Watch
from bot.adapters.web import render
from bot.adapters.web.handed import Handed
from bot.adapters.web.hub import Hub, Listener
from bot.adapters.web.identity import clean_name, guest_name, name_key
from bot.adapters.web.limits import MAX_COMPLETED, MAX_RUNNING_A_PERSON, MESSAGES, PAGE, QUESTIONS, Limiter
from bot.adapters.web.parse import COMMUNITY, PLATFORM, Act, Complete, Earlier, Frame, Rename, Say, incoming, place
from bot.adapters.web.poster import poster
from bot.adapters.web.render import Json
from bot.adapters.web.uploads import Uploads
from bot.command import Incoming, User
from bot.dispatch import MAX_TEXT
from bot.logs import frames
from bot.reply import Part, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app import Core
    from bot.store.exchange_rows import Exchange
    from bot.store.posts import Change

FIRST_CHANNEL = "general"
OWN_KEYS = frozenset({"stride", "stridebot", "system", "organiser", "organizer", "admin"})


class Room:
    """All channels of the page, over one core.

    Attributes:
        client: the version of the page's scripts that is served.
    """

    def __init__(self, core: Core, now: Callable[[], float]) -> None:
        """`now` counts seconds, for the limits; what time it is says the core's clock."""
        self.core = core
        self.client = ""
        self.hub = Hub()
        self._messages = Limiter(MESSAGES, now)
        self._questions = Limiter(QUESTIONS, now)
        self.uploads = Uploads(now)
        self._handed = Handed(now)
        core.store.links.when_changed(self._handed.clear)
        self._watch = Watch(
            PLATFORM, COMMUNITY, core.store, channels=self.hub.channels, people=self.hub.people, show=self._changed
        )
        self._watching: asyncio.Task[None] | None = None
        self._running: dict[asyncio.Task[None], Incoming] = {}
        self._last = core.clock.now() - timedelta(days=1)
        self._log = structlog.get_logger("web")

    def open(self) -> None:
        """From now on what is posted here is shown as it comes."""
        self._watching = asyncio.create_task(self._watch.run(), name="web posts")
        self.core.posters[PLATFORM] = poster(self.core, self._watch.wake)

    async def close(self, patience_s: float) -> None:
        """Lets running answers end, and stops those that take longer; the browsers send them again."""
        self.core.posters.pop(PLATFORM, None)
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        self.hub.drop_all()
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=patience_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def user(self, person: str) -> User:
        """Someone by the id in their cookie, with the name and role that the store knows."""
        known = await self.core.store.person(f"{PLATFORM}:{person}")
        if known is None:
            return User(id=f"{PLATFORM}:{person}", name=guest_name(person))
        return User(id=known.id, name=known.name, organiser=known.role == "organiser")

    async def make_organiser(self, person: str) -> None:
        """Gives someone the organiser's role, on all pages that they have open."""
        user = replace(await self.user(person), organiser=True)
        await self.core.store.make_organiser(user, self.core.clock.now())
        self.hub.changed(user)
        for listener in self.hub.pages_of(user.id):
            self._greet(listener)

    async def welcome(self, listener: Listener) -> Json:
        """What a page needs to begin, or to go on where it was: it knows by their keys which messages it has."""
        await self.core.read_in()
        await self._watch.begin()
        messages, earlier = await self._page(listener, None)
        return {
            "type": "welcome",
            "client": self.client,
            "now": self.core.clock.now().isoformat(),
            "you": self._you(listener.user),
            "channels": await self._channels(listener.channel),
            "commands": render.commands(self.core.commands, organiser=listener.user.organiser),
            "messages": messages,
            "earlier": earlier,
            "most": MAX_TEXT,
            "files": {"most": MAX_FILES, "bytes": MAX_FILE},
            "people": [render.author(user) for user in self.hub.here(listener.channel)],
        }

    async def part(self, channel: str, name: str, index: int, viewer: str) -> Part | None:
        """A part of what was answered in a channel, where `viewer` may see it."""
        reply = await self._reply(channel, name, f"{PLATFORM}:{viewer}")
        return reply.parts[index] if reply is not None and 0 <= index < len(reply.parts) else None

    async def _reply(self, channel: str, name: str, viewer: str) -> Reply | None:
        if (number := render.post_of(name)) is not None:
            exchange = await self.core.store.posts.post(place(channel), number, viewer)
        elif (found := render.moment_of(name)) is not None:
            if found[0] == viewer and (handed := self._handed.get(*found)) is not None:
                return handed
            exchange = await self.core.store.exchange(place(channel), *found, viewer=viewer)
        else:
            return None
        return None if exchange is None else exchange.reply

    async def take(self, listener: Listener, frame: Frame) -> None:
        """Does what a frame from a browser asks for."""
        match frame:
            case Say() | Act():
                self._start(listener, frame)
            case Complete() if len(frame.text) <= MAX_COMPLETED and not self._questions.take(listener.user.id):
                listener.send(render.completions(frame.number, self.core.complete(frame.text)))
            case Earlier() if not self._questions.take(listener.user.id):
                messages, earlier = await self._page(listener, frame.before)
                listener.send({"type": "earlier", "before": frame.before, "messages": messages, "earlier": earlier})
            case Rename():
                await self._rename(listener, frame.name)
            case _:
                pass  # asked for more, or more often, than anybody reads

    def _start(self, listener: Listener, frame: Say | Act) -> None:
        """Starts on an answer. It is refused while the person is over a limit; asking again later is fine."""
        user = listener.user
        try:
            files = self.uploads.files(user.id, frame.files)
        except NotTaken as fault:
            listener.send(_refused(frame, fault.message))
            return
        event = incoming(frame, user, place(listener.channel), self._moment(), files)
        if any(running.id == event.id for running in self._running.values()):
            return  # sent again after the line broke: the answer is on its way
        mine = sum(running.user.id == user.id for running in self._running.values())
        if mine >= MAX_RUNNING_A_PERSON:
            listener.send(_refused(frame, f"Your last {mine} messages are still being answered."))
        elif wait := self._messages.take(user.id):
            listener.send(_refused(frame, f"That is faster than I can answer. Try again in {max(1, round(wait))} s."))
        else:
            task = asyncio.create_task(self._answer(event, frame), name=f"web {event.id}")
            self._running[task] = event
            task.add_done_callback(self._ended)

    async def _answer(self, event: Incoming, frame: Say | Act) -> None:
        """Answers an event, which a browser has sent in a frame."""
        user, channel, own = event.user, event.place.channel, frame.event

        async def show(reply: Reply) -> None:
            self.hub.send(channel, render.interim(reply, own), only=user.id)

        reply = await self.core.handle(replace(event, progress=show))
        self.uploads.used(frame.files)
        taken = {"type": "taken", "id": own}
        if reply is None:
            self.hub.send(channel, taken | {"before": True}, only=user.id)
            return
        self._handed.put(user.id, event.at, reply)
        message = render.message(
            user=user,
            channel=channel,
            at=event.at,
            said=event.text,
            action=render.action_id(event.action),
            reply=reply,
            number=None,
            event=own,
        )
        self.hub.send(channel, {"type": "message", "message": message}, only=user.id if reply.private else None)
        self.hub.send(channel, taken, only=user.id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        event = self._running.pop(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            said = " ".join((event.text, *event.values.values()))
            self._log.error("web.answer", traceback=frames(fault, said))
            own = event.id.removeprefix(f"{event.user.id}:")
            words = "Something went wrong on my side. Try again."
            self.hub.send(event.place.channel, {"type": "refused", "id": own, "words": words}, only=event.user.id)

    def _moment(self) -> datetime:
        """Now, and later than ever before: with the person, the moment names an exchange."""
        self._last = max(self.core.clock.now(), self._last + timedelta(microseconds=1))
        return self._last

    async def _page(self, listener: Listener, before: int | None) -> tuple[list[Json], bool]:
        found = await self.core.history(place(listener.channel), before=before, limit=PAGE + 1, viewer=listener.user.id)
        return [self._old(exchange, listener.channel) for exchange in found[-PAGE:]], len(found) > PAGE

    def _changed(self, change: Change) -> None:
        message = render.post(change.exchange, change.channel)
        if change.exchange.person:
            for listener in self.hub.pages_of(change.exchange.person):  # wherever they are just now
                here = listener.channel == change.channel  # elsewhere no history has it
                listener.send({"type": "post", "message": message | {"kept": here}})
        else:
            self.hub.send(change.channel, {"type": "post", "message": message})

    def _old(self, exchange: Exchange, channel: str) -> Json:
        if exchange.change is not None:
            return render.post(exchange, channel)
        return render.message(
            user=User(id=exchange.person, name=exchange.name),
            channel=channel,
            at=exchange.at,
            said=exchange.said,
            action=exchange.action,
            reply=exchange.reply,
            number=exchange.id,
            event=None,
        )

    async def _channels(self, current: str) -> list[str]:
        known = await self.core.store.channels(PLATFORM, COMMUNITY)
        return [FIRST_CHANNEL, *sorted({*known, current} - {FIRST_CHANNEL})]

    async def _rename(self, listener: Listener, wish: str) -> None:
        name, user = clean_name(wish), listener.user
        mark = name_key(name)
        if not mark:
            words = "A name needs at least one letter or digit."
        elif mark in OWN_KEYS or await self._taken(mark, user):
            words = f"{name} is taken. Add an initial, so that people can tell you apart."
        else:
            renamed = replace(user, name=name)
            self.core.store.remember_person(renamed, self.core.clock.now())
            self.hub.changed(renamed)
            for page in self.hub.pages_of(user.id):
                self._greet(page)
            return
        listener.send({"type": "trouble", "about": "name", "words": words})

    async def _taken(self, mark: str, user: User) -> bool:
        names = await self.core.store.names(PLATFORM)
        return any(name_key(name) == mark for person, name in names.items() if person != user.id)

    def _greet(self, listener: Listener) -> None:
        listener.send({"type": "you", "you": self._you(listener.user)})

    def _you(self, user: User) -> Json:
        return render.author(user) | {
            "organiser": user.organiser,
            "named": user.name != guest_name(user.id.removeprefix(f"{PLATFORM}:")),
        }


def _refused(frame: Say | Act, words: str) -> Json:
    return {"type": "refused", "id": frame.event, "words": words}
