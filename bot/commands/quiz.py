"""`/quiz`: a quiz in a channel, now or by a schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten, split
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import practice, quiz_answers, quiz_private
from bot.commands.quiz_options import Wanted, read_wanted, read_when
from bot.errors import NotAllowed, StaleAction, WrongUsage
from bot.group.quiz import LOBBY, MOST, USUAL, USUAL_S
from bot.group.schedule import Schedule
from bot.store.posting_rows import Planned, schedule_id
from cards.calendar import named_zone

if TYPE_CHECKING:
    from bot.app import Core
    from bot.reply import Reply
    from bot.store.quizzes import Quiz

START, SHOW, JOIN, LEAVE, BEGIN, STOP, AT, OFF = "start", "show", "join", "leave", "begin", "stop", "at", "off"
VERBS = (START, SHOW, JOIN, LEAVE, BEGIN, STOP, AT, OFF)
_SAYS: Mapping[str, str] = {
    START: "opens the lobby of a quiz here",
    SHOW: "how the quiz stands, and when the next one comes",
    JOIN: "take part",
    LEAVE: "take part no longer",
    BEGIN: "the first question, without waiting",
    STOP: "end it",
    AT: "a quiz on some days at a time",
    OFF: "no quizzes by themselves any more",
}
NONE = "No quiz is going on in this channel."
BY_ORGANISERS = "Only organisers decide when quizzes come by themselves."


async def quiz(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/quiz what [details]`."""
    verb, details = given.get("what", SHOW), given.get("details", "").strip()
    if verb == START:
        return await _start(core, incoming, details)
    if verb == AT:
        return await _schedule(core, incoming, details)
    if details:
        raise WrongUsage(f"`/quiz {verb}` takes nothing more, so not `{shorten(details)}`.", suggestion=f"/quiz {verb}")
    if verb == OFF:
        return await _off(core, incoming)
    if verb == SHOW:
        return await _show(core, incoming)
    found = await core.study.quizzes.running(incoming.place)
    if found is None:
        raise WrongUsage(NONE, suggestion="/quiz start")
    return await _DO[verb](core, incoming, found)


async def _start(core: Core, incoming: Incoming, details: str) -> Reply:
    if incoming.place.private:
        raise WrongUsage("A quiz is played in a channel. Here, I can ask you alone:", suggestion="/practice conv 5")
    wanted = read_wanted(details)
    return await _started(core, incoming, wanted)


async def _started(core: Core, incoming: Incoming, wanted: Wanted) -> Reply:
    quizzes = core.study.quizzes
    try:
        found = await quizzes.start(incoming, words=wanted.words, total=wanted.total, seconds=wanted.seconds)
    except WrongUsage as fault:  # the tutor offers what can be practised alone
        raise WrongUsage(fault.message, suggestion=_instead(fault, START)) from fault
    started = quiz_private.started(found, there=incoming.place.platform in core.posters)
    return await core.study.with_obstacle(incoming.place, started)


def _instead(fault: WrongUsage, verb: str) -> str:
    """The way out of a topic that there is not, as a quiz about another one."""
    topic = (fault.suggestion or "").removeprefix("/practice").strip()
    return " ".join(f"/quiz {verb} {topic}".split())


async def _show(core: Core, incoming: Incoming) -> Reply:
    quizzes = core.study.quizzes
    found = await quizzes.newest(incoming.place)
    comes = [
        each for each in await core.store.schedules.of(incoming.place, "quiz") if each.due is not None or each.stopped
    ]
    if found is None:
        return await asyncio.to_thread(quiz_private.none, comes)
    players, scores = await quizzes.players(found), await quizzes.scores(found)
    answers = len(await quizzes.mine(found, incoming))
    return await asyncio.to_thread(quiz_private.state, found, players, scores, comes, answers=answers)


# What is done to a quiz that goes on.


async def _join(core: Core, incoming: Incoming, found: Quiz) -> Reply:
    fresh = await core.study.quizzes.join(found, incoming)
    return quiz_private.joined(found, fresh=fresh, may_begin=await core.study.quizzes.may_stop(found, incoming))


async def _leave(core: Core, incoming: Incoming, found: Quiz) -> Reply:
    return quiz_private.left(found, were_there=await core.study.quizzes.leave(found, incoming))


async def _begin(core: Core, incoming: Incoming, found: Quiz) -> Reply:
    return quiz_private.begun(await core.study.quizzes.begin_now(found, incoming), before=found)


async def _stop(core: Core, incoming: Incoming, found: Quiz) -> Reply:
    return quiz_private.stopped(await core.study.quizzes.stop(found, incoming))


_DO = {JOIN: _join, LEAVE: _leave, BEGIN: _begin, STOP: _stop}


# The buttons.


async def _of(core: Core, incoming: Incoming, action: Action, *, ended: bool = False) -> Quiz:
    """The quiz of a button; raises `StaleAction` where it has ended, unless that is wanted, or is another group's."""
    found = await core.study.quizzes.of(action.args[0] if action.args else "")
    there, here = found.place, incoming.place
    if (there.platform, there.community) != (here.platform, here.community):
        raise StaleAction("That quiz is another group's.", suggestion="/quiz start")
    if found.course.ended and not ended:
        raise StaleAction("This quiz is over.", suggestion="/quiz start")
    return found


async def join_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """Somebody takes part."""
    return await _join(core, incoming, await _of(core, incoming, action))


async def leave_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """Somebody takes part no longer."""
    return await _leave(core, incoming, await _of(core, incoming, action))


async def begin_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The first question, without waiting."""
    return await _begin(core, incoming, await _of(core, incoming, action))


async def stop_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The end before its time."""
    return await _stop(core, incoming, await _of(core, incoming, action))


async def result_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """Somebody's own result, and what they should practise."""
    found = await _of(core, incoming, action, ended=True)
    if not found.course.ended:
        raise StaleAction("The result comes at the end of the quiz.", suggestion="/quiz show")
    quizzes = core.study.quizzes
    scores, mine = await quizzes.scores(found), await quizzes.mine(found, incoming)
    return quiz_private.result(found, scores, incoming.user.id, mine)


async def again_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """Another quiz of the same kind."""
    found = await _of(core, incoming, action, ended=True)
    return await _started(
        core, incoming, Wanted(words=found.words, total=found.course.total, seconds=found.course.seconds)
    )


# By a schedule.


async def _schedule(core: Core, incoming: Incoming, details: str) -> Reply:
    await _organiser(core, incoming)
    if incoming.place.private:
        raise WrongUsage("Quizzes come to a channel of the group: say this there.")
    when, rest = read_when(details)
    said = " ".join(details.split()[: len(details.split()) - len(rest.split())])
    wanted = read_wanted(rest, before=f"/quiz at {said}")
    place = incoming.place
    try:
        topic = await core.tutor.understood_for_channel(place, wanted.words)
    except WrongUsage as fault:
        raise WrongUsage(fault.message, suggestion=_instead(fault, f"{AT} {said}")) from fault
    zone = when.zone or await core.study.standing.group_zone(place)
    try:
        await asyncio.to_thread(named_zone, zone)
    except ValueError as fault:
        raise WrongUsage(
            f"`{shorten(zone)}` is no time zone that I know.", suggestion="/quiz at fri 17:00 Europe/Berlin conv 5"
        ) from fault
    planned = await core.store.schedules.keep(
        Planned(
            id=schedule_id("quiz", place),
            kind="quiz",
            place=place,
            schedule=Schedule(at=when.at, zone=zone, weekdays=when.weekdays),
            options={"topic": wanted.words, "number": wanted.total, "seconds": wanted.seconds},
            last=incoming.at,
            by=incoming.user.id,
        )
    )
    core.study.wake()
    return await core.study.with_obstacle(place, await asyncio.to_thread(quiz_private.scheduled, planned, topic))


async def _off(core: Core, incoming: Incoming) -> Reply:
    await _organiser(core, incoming)
    removed = await core.store.schedules.remove(schedule_id("quiz", incoming.place))
    if removed is None:
        raise WrongUsage("No quizzes come by themselves in this channel.", suggestion="/quiz at fri 17:00 conv 5")
    return quiz_private.off(removed)


async def _organiser(core: Core, incoming: Incoming) -> None:
    if not await core.organises(incoming):
        raise NotAllowed(BY_ORGANISERS, suggestion="/quiz start")


# The declaration.


def completions(core: Core, typed: str) -> list[Completion]:
    """What can be said first."""
    del core
    return [
        Completion(text=f"{verb} ", label=verb, says=says)
        for verb, says in _SAYS.items()
        if verb.startswith(typed.casefold())
    ]


def topics(core: Core, typed: str) -> list[Completion]:
    """Topics, after `start` or a time."""
    before, _, last = typed.rpartition(" ")
    if split(before)[1] or (before and not before.casefold().startswith(AT)):
        return []
    return [
        Completion(text=f"{before} {each.text}".strip(), label=each.label, says=each.says)
        for each in practice.completions(core, last)
    ]


QUIZ = Command(
    name="quiz",
    says="A quiz for everybody in a channel: questions against the clock, answered in private",
    help=(
        f"`/quiz start conv 5 30` opens a lobby for five questions of 30 seconds; `/quiz start` alone asks {USUAL} of "
        f"{USUAL_S} seconds about a bit of everything. It begins after {LOBBY.seconds} seconds, or with Begin now, and "
        "whoever answers takes part. An answer is private, and counts once, while its question is open; then everybody "
        "sees the key, why it is that and what torch ran, and each their own mistake. Right answers count; speed only "
        "parts those who have as many. There is one quiz at a time in a channel. Whoever began it, or an organiser, "
        "can `/quiz stop` it. Organisers let quizzes come by themselves: `/quiz at daily 17:00 conv 5`, "
        "`/quiz at fri 17:00 Europe/Berlin`; `/quiz off` ends that."
    ),
    options=(
        Option(name="what", says="what to do", required=False, choices=VERBS, complete=completions),
        Option(
            name="details",
            says=f"a topic, how many questions (up to {MOST}) and seconds for each; after at, first days and a time",
            required=False,
            rest=True,
            complete=topics,
        ),
    ),
    examples=(
        Example(text="/quiz start conv 3 20", says="three questions about convolutions, 20 seconds each"),
        Example(text="/quiz show", says="how it stands"),
        Example(text="/quiz stop", says="the end before its time"),
    ),
    handler=quiz,
    actions={
        "quiz-join": join_pressed,
        "quiz-leave": leave_pressed,
        "quiz-begin": begin_pressed,
        "quiz-stop": stop_pressed,
        "quiz-pick": quiz_answers.picked,
        "quiz-form": quiz_answers.form_pressed,
        "quiz-sent": quiz_answers.form_sent,
        "quiz-unknown": quiz_answers.unknown,
        "quiz-mine": quiz_answers.mine,
        "quiz-result": result_pressed,
        "quiz-again": again_pressed,
    },
    slow=True,
    private=True,
    form_actions=frozenset({"quiz-form"}),
)
