"""Says what is due, each thing once: claimed, made, recorded as about to be sent, sent, and recorded as sent.

A bot that dies leaves its turn to another. What had not been about to be sent is taken further; of what had, the
platform is asked first, and where it cannot know, nothing is sent a second time.

Many go out side by side. What they ask of the store at the same time is one query there, and what they write one
transaction; each goes on when its own step is on the disk.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot import codec
from bot.errors import PostError, PostFailed, PostRefused, PostUnsure, UserError
from bot.logs import frames
from bot.pace import Pace
from bot.reply import MessageRef, plain
from bot.store.members import Happening, What
from bot.study.making import Did

if TYPE_CHECKING:
    from bot.app import Core
    from bot.posting import Poster
    from bot.store.posting_rows import Posting, PostingKind, ScheduleKind, State
    from bot.study.making import Kind

TURN = timedelta(minutes=2)  # that a bot has for a step before another takes it over
SOON = timedelta(seconds=30)  # instead, while nothing has been sent and nobody has died at it: see `_claimed`
STEP_S = 45.0  # that a platform has for an answer: less than a turn, so that no two ever send at once
PAUSES = tuple(timedelta(seconds=each) for each in (15, 30, 60, 120, 300, 600))  # between tries, then the last one
HELD_UP = timedelta(minutes=5)  # after its moment, what comes first may be there: a backup knows nothing of it
SKEW = timedelta(minutes=10)  # by which clocks of platforms may differ
AT_ONCE = 32  # things that are made and sent side by side on a platform, and share what is written
LOOK_S = 1.0  # between looks at what else is due while a platform takes long to answer
TOGETHER = 128  # that are claimed at a time
REFUSALS = 3  # in a row, on as many days, after which a platform is left alone
LEFT_OUT = "it could not be sent in time"


class Outbox:
    """Takes further what belongs to some kinds; one that is quick and one that is many do not wait for each other."""

    def __init__(self, core: Core, kinds: Iterable[PostingKind], schedules: Iterable[ScheduleKind]) -> None:
        """Asks nothing of the core yet.

        Args:
            core: whose posters say it, in whose store it is kept.
            kinds: of what is said here.
            schedules: kinds of schedules that it is said by.
        """
        self._core = core
        self._kinds = frozenset(kinds)
        self._schedules = frozenset(schedules)
        self._bot = core.new_event()[:12]
        self._pace = Pace()
        self._log = structlog.get_logger("outbox")

    async def next_due(self, platforms: Sequence[str]) -> datetime | None:
        """See `FallsDue`."""
        store = self._core.store
        found = (
            await store.schedules.next_due(platforms, self._schedules),
            await store.postings.next_due(platforms, self._kinds),
        )
        return min((each for each in found if each is not None), default=None)

    async def do_due(self, platforms: Sequence[str], at: datetime) -> Sequence[Did]:
        """See `FallsDue`."""
        done, fault = list[Did](), None
        async with asyncio.TaskGroup() as group:
            try:
                await self._go_on(platforms, at, group, done)
            except Exception as found:  # noqa: BLE001 - what is on its way is first waited for: it is raised below
                fault = found
        if fault is not None:
            raise fault
        return done

    async def _go_on(self, platforms: Sequence[str], at: datetime, group: asyncio.TaskGroup, done: list[Did]) -> None:
        """Begins what is due where a platform has room, until nothing is due or on its way any more.

        So a post to which its platform says nothing holds up only what comes after it in its own channel.
        """
        turns = {each: asyncio.Semaphore(AT_ONCE) for each in platforms}
        going: dict[asyncio.Task[None], tuple[str, ...]] = {}  # the channel that each takes further, platform first
        more = set(platforms)  # on which something may be due that has not been claimed
        while more or going:
            busy = Counter(channel[0] for channel in going.values())
            if room := sorted(each for each in more if busy[each] < AT_ONCE):
                found = await self._claimed(room, max(at, self._now()))
                if len(found) < TOGETHER:
                    more.difference_update(room)
                before = {channel: task for task, channel in going.items()}
                for channel, postings in _by_channel(found).items():
                    further = self._all(postings, before.get(channel), turns[channel[0]], done)
                    going[group.create_task(further)] = channel
                continue
            finished, _ = await asyncio.wait(going, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                del going[task]
            if not finished:
                more = set(platforms)

    async def _claimed(self, platforms: Sequence[str], at: datetime) -> list[Posting]:
        """A batch of what is due; reveals first, since what comes next is asked below them.

        Until it is sent, a bot that has lost its turn finds that out before it does anything: so a first turn is short,
        and nobody waits long for a bot that died. Whoever takes over what was not done by then has more time for it.
        """
        store, bot, now = self._core.store, self._bot, self._core.clock.now()
        found: list[Posting] = []
        if "reveal" in self._kinds:
            found += await store.postings.claim_reveals(platforms, at, bot=bot, until=now + SOON, limit=TOGETHER)
        if len(found) < TOGETHER:
            left = TOGETHER - len(found)
            found += await store.postings.take_over(
                platforms, at, bot=bot, until=now + TURN, first=now + SOON, limit=left, kinds=self._kinds
            )
        if len(found) < TOGETHER:
            left = TOGETHER - len(found)
            found += await store.schedules.claim_due(
                platforms, at, bot=bot, until=now + SOON, limit=left, kinds=self._schedules
            )
        return found

    async def _all(
        self,
        of_channel: Sequence[Posting],
        before: asyncio.Task[None] | None,
        turns: asyncio.Semaphore,
        done: list[Did],
    ) -> None:
        """Takes each a step further, after those of the same channel that came before."""
        if before is not None:
            await asyncio.wait({before})
        async with turns:
            for each in of_channel:
                did = await self._taken_further(each)
                done += [] if did is None else [did]

    async def _taken_further(self, posting: Posting) -> Did | None:
        """One turn; whatever goes wrong in it, the others have theirs."""
        try:
            after = await self._turn(posting)
        except Exception as fault:  # noqa: BLE001 - a bug in what is said must not stop what others say
            self._log.error("posting.bug", posting=posting.id, kind=posting.kind, traceback=frames(fault, ""))
            after = await self._later(posting, "something went wrong on my side", None)
        return None if after is None else _did(after)

    async def _turn(self, posting: Posting) -> Posting | None:
        kind = self._core.study.kinds[posting.kind]
        poster = self._core.posters.get(posting.place.platform)
        if poster is None:  # it has gone meanwhile: whoever has one takes this over
            return None
        if posting.state == "sending":
            return await self._looked_for(posting, poster, kind)
        if self._late(posting, kind):
            return await self._left_out(posting, posting.why or LEFT_OUT)
        if posting.state == "claimed":
            made = await self._made(posting, kind)
            if made is None or made.state != "ready":
                return made
            posting = made
        if self._now() - posting.moment > HELD_UP and (message := await self._there(posting, poster)) is not None:
            return await self._arrived(posting, message, kind)
        return await self._sent(posting, poster, kind)

    # Steps.

    async def _made(self, posting: Posting, kind: Kind) -> Posting | None:
        """With its content chosen and stored.

        Whoever is forgotten while it is made is looked for in what is stored before that is: so it is made again.
        """
        postings, changes = self._core.store.postings, self._core.store.belongings.changes
        before = await changes() if kind.names else 0
        try:
            made = await kind.make(posting, self._now())
        except UserError as fault:  # such as torch that is away: soon it may be back
            return await self._later(posting, fault.message, "claimed")
        if made is None:
            return await postings.over(posting, "nothing")
        await self._pace.turn()
        content = codec.dumps(made.reply)
        until = self._now() + SOON
        ready = await postings.ready(posting, content=content, posed=made.posed, closes=made.closes, until=until)
        if ready is not None and kind.names and await changes() != before:
            return await self._made(ready, kind)
        return ready

    async def _sent(self, posting: Posting, poster: Poster, kind: Kind) -> Posting | None:
        """Recorded, sent, recorded."""
        await self._pace.turn()
        if kind.wanted is not None and not await kind.wanted(posting):
            return await self._core.store.postings.over(posting, "nothing")
        reply = codec.loads(posting.content)
        ends = self._now() + TURN
        begun = await self._core.store.postings.sending(posting, until=ends)
        if begun is None:
            return None
        if self._now() + timedelta(seconds=STEP_S) > ends:  # this bot stood still: somebody else may be sending it
            return await self._later(begun, "I was held up", "ready")
        try:
            async with asyncio.timeout(STEP_S):
                message = await poster.post(begun.place, reply, key=begun.id, person=await self._account(begun))
        except PostRefused as fault:
            return await self._refused(begun, str(fault) or "the platform refused it")
        except PostFailed as fault:
            return await self._later(begun, str(fault) or "the platform could not be reached", "ready")
        except Exception as fault:  # noqa: BLE001 - whatever it was, it may have been sent
            if not isinstance(fault, PostUnsure | TimeoutError):
                self._log.error("post.bug", platform=poster.platform, error=type(fault).__name__)
            return await self._later(begun, str(fault) or "the platform's answer never came", "sending")
        return await self._arrived(begun, message, kind)

    async def _there(self, posting: Posting, poster: Poster) -> MessageRef | None:
        """What nobody has begun to send, as far as the store knows, where the platform knows better."""
        try:
            async with asyncio.timeout(STEP_S):
                person = await self._account(posting)
                return await poster.find(posting.place, key=posting.id, since=posting.moment - SKEW, person=person)
        except (PostError, TimeoutError):
            return None

    async def _looked_for(self, posting: Posting, poster: Poster, kind: Kind) -> Posting | None:
        """What may have been sent: recorded where it is there, sent where it surely is not."""
        since = posting.moment - SKEW
        try:
            async with asyncio.timeout(STEP_S):
                person = await self._account(posting)
                message = await poster.find(posting.place, key=posting.id, since=since, person=person)
        except PostUnsure as fault:
            return await self._left_out(posting, str(fault) or "nobody can know whether it was sent", "unknown")
        except (PostFailed, TimeoutError) as fault:
            why = str(fault) or "the platform could not be asked whether it was sent"
            return await (
                self._left_out(posting, why, "unknown")
                if self._late(posting, kind)
                else self._later(posting, why, "sending")
            )
        if message is not None:
            return await self._arrived(posting, message, kind)
        if self._late(posting, kind):
            return await self._left_out(posting, posting.why or LEFT_OUT)
        return await self._sent(posting, poster, kind)

    async def _arrived(self, posting: Posting, message: MessageRef, kind: Kind) -> Posting | None:
        """It is there: what follows from that is done before it is recorded, so that a crash has it done again."""
        now = self._now()
        if kind.sent is not None:
            try:
                await kind.sent(posting, message, now)
            except Exception as fault:  # noqa: BLE001 - a bug there would have this looked for for ever
                self._log.error("posting.bug", posting=posting.id, kind=posting.kind, traceback=frames(fault, ""))
        happened = _happening(posting, What.POSTED, now, {"moment": posting.moment.isoformat()})
        return await self._core.store.postings.over(
            posting, "sent", message=json.dumps(asdict(message)), sent=now, happened=(happened,)
        )

    async def _account(self, posting: Posting) -> str:
        """By which somebody is reached who may have accounts on several platforms; empty: it is for the channel."""
        person, platform = posting.person, posting.place.platform
        return person and (await self._core.study.links.reached_on(person, platform) or person)

    async def _later(self, posting: Posting, why: str, state: State | None) -> Posting | None:
        """It is tried again, after a pause that grows; where no state is given, it stays as it is in the store."""
        pause = PAUSES[min(posting.tries, len(PAUSES)) - 1]
        self._log.warning("posting.later", posting=posting.id, kind=posting.kind, why=why, tries=posting.tries)
        return await self._core.store.postings.again(posting, at=self._now() + pause, why=why, state=state)

    async def _left_out(self, posting: Posting, why: str, state: State = "missed") -> Posting | None:
        """It does not come, or nobody knows whether it did; that is noted."""
        self._log.warning("posting.left_out", posting=posting.id, kind=posting.kind, state=state, why=why)
        data = {"moment": posting.moment.isoformat(), "state": state, "why": why}
        happened = _happening(posting, What.MISSED, self._now(), data)
        return await self._core.store.postings.over(posting, state, why=why, happened=(happened,))

    async def _refused(self, posting: Posting, why: str) -> Posting | None:
        """It does not come; where that is so day after day, nothing is tried any more until somebody says so."""
        over = await self._left_out(posting, why, "refused")
        store = self._core.store
        last = await store.postings.by(posting.schedule, posting.kind, REFUSALS)
        days = {each.moment.date() for each in last if each.state == "refused"}
        planned = await store.schedules.one(posting.schedule) if len(days) == REFUSALS else None
        if over is None or planned is None or planned.kind != posting.kind or planned.stopped:
            return over
        happened = _happening(posting, What.STOPPED, self._now(), {"why": why})
        await store.schedules.change(planned.stop(why), happened=(happened,))
        self._log.warning("schedule.stopped", schedule=planned.id, kind=planned.kind, why=why)
        return over

    def _late(self, posting: Posting, kind: Kind) -> bool:
        return self._now() - posting.moment >= kind.latest

    def _now(self) -> datetime:
        return self._core.clock.now()


def _by_channel(found: Iterable[Posting]) -> dict[tuple[str, ...], list[Posting]]:
    """Those of one channel, or to one person, in their order."""
    channels: dict[tuple[str, ...], list[Posting]] = {}
    for each in found:
        place = each.place
        channels.setdefault((place.platform, place.community, place.channel, each.person), []).append(each)
    return channels


def message_of(posting: Posting) -> MessageRef | None:
    """The message that a posting became; None where none is known."""
    return MessageRef(**json.loads(posting.message)) if posting.message else None


def _happening(posting: Posting, kind: What, at: datetime, data: dict[str, str]) -> Happening:
    place = posting.place
    return Happening(
        at=at,
        kind=kind,
        platform=place.platform,
        community=place.community,
        channel=place.channel,
        person=posting.person,
        data={"posting": posting.id, "kind": posting.kind, "schedule": posting.schedule, "times": 1, **data},
    )


def _did(posting: Posting) -> Did:
    """What became of it, for people and programs."""
    place = posting.place
    data: dict[str, object] = {
        "kind": posting.kind,
        "id": posting.id,
        "platform": place.platform,
        "community": place.community,
        "channel": place.channel,
        "moment": posting.moment.isoformat(),
        "state": posting.state,
    }
    optional = {"person": posting.person, "question": posting.posed, "why": posting.why}
    if posting.state == "sent":
        optional["text"] = plain(codec.loads(posting.content))
    return Did(what=posting.kind, data=data | {name: value for name, value in optional.items() if value})
