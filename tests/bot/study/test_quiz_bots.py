"""A quiz with several bots on one store, with bots that die in the middle, and with a platform that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.actions import Action
from bot.adapters.wall import WallPoster
from bot.command import Place
from bot.errors import PostError, PostFailed, PostRefused, PostUnsure
from bot.group.quiz import LOBBY, PAUSE
from bot.reply import MessageRef, Reply, plain
from bot.store.posting_rows import Posting
from bot.store.quizzes import Said
from bot.study.making import Made
from tests.bot.conversation import SettableClock
from tests.bot.study.quiz_lab import Party, party

pytestmark = pytest.mark.long


@dataclass
class Bots:
    """Opens bots on one store, and ends them."""

    folder: Path
    database: Path | SecretStr
    stack: AsyncExitStack
    clock: SettableClock

    async def one(self) -> Party:
        return await self.stack.enter_async_context(party(self.folder, self.clock, database=self.database))

    async def another(self) -> Party:
        """All that were there end, and a new one comes."""
        await self.stack.aclose()
        return await self.one()


@pytest.fixture
async def bots(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Bots]:
    async with AsyncExitStack() as stack:
        yield Bots(tmp_path, database, stack, SettableClock())


@pytest.fixture
async def in_a_file(tmp_path: Path) -> AsyncIterator[Bots]:
    """On SQLite alone, for what no database has a part in."""
    async with AsyncExitStack() as stack:
        yield Bots(tmp_path, tmp_path, stack, SettableClock())


class Falters(WallPoster):
    """Posts, but for the times that it is told to fail; a lost answer is one of a post that arrived."""

    fault: PostError | None = None
    arrives = False

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        fault, self.fault = self.fault, None
        if fault is None or self.arrives:
            found = await super().post(place, reply, key=key, person=person)
        if fault is not None:
            raise fault
        return found


def falters(group: Party) -> Falters:
    place = group.place
    poster = Falters(place.platform, place.community, group.core.store, group.clock)
    group.core.posters[place.platform] = poster
    return poster


async def test_a_quiz_goes_on_after_a_restart_in_each_of_its_states(bots: Bots) -> None:
    """In the lobby, with a question open, between two questions: answers and players are all there."""
    group = await bots.one()
    await group.says("ann", "/quiz start 2 20")
    await group.says("ann", "/quiz join")
    await group.goes_on()
    lobby = await group.last()
    group = await bots.another()
    await group.presses("bob", "Join", lobby)
    await group.goes_on(LOBBY.seconds)
    await group.answers("ann")
    shown, posed = await group.last(), await group.question()
    group = await bots.another()
    assert (await group.answers("ann")).data["outcome"] == "again"
    pressed = await group.submits("bob", Action("quiz-unknown", (posed.id,)))
    assert pressed.data["outcome"] == "noted"
    group = await bots.another()
    await group.goes_on()
    assert "Question 1 of 2 is closed" in plain(await group.last())
    group = await bots.another()
    await group.goes_on(PAUSE.seconds)
    late = await group.presses("bob", "I don't know", shown)
    assert "first answer counts" in plain(late)
    await group.answers("ann")
    await group.goes_on(20)
    group = await bots.another()
    await group.goes_on(PAUSE.seconds)
    end = await group.last()
    assert [(score["name"], score["right"]) for score in end.data["scores"]] == [("ann", 2), ("bob", 0)]
    assert [line.partition(" · ")[0] for line in await group.said()] == [
        "A quiz: 2 questions of 20 seconds each, on a bit of everything",
        "Question 1 of 2",
        "Question 1 of 2 is closed",
        "Question 2 of 2",
        "Question 2 of 2 is closed",
        "The quiz is over. ann won with 2 of 2 right.",
    ]


async def test_of_two_bots_one_takes_each_step_and_all_is_said_once(bots: Bots) -> None:
    one, other = await bots.one(), await bots.one()
    await one.says("ann", "/quiz start 2 20")
    await one.says("ann", "/quiz join")
    await other.says("bob", "/quiz join")
    for seconds in (0, LOBBY.seconds, 20, PAUSE.seconds, 20, PAUSE.seconds, 60):
        bots.clock.advance(seconds=seconds)
        if (await one.quiz()).course.state == "open":
            await other.answers("ann")
        await asyncio.gather(*(each.core.study.rounds.once(bots.clock.now()) for each in (one, other, one, other)))
    assert len(await one.posts()) == 6
    assert (await one.quiz()).course.state == "over"


async def test_the_same_press_at_two_bots_counts_once_and_the_first_choice_stays(bots: Bots) -> None:
    one, other = await bots.one(), await bots.one()
    await one.begins("ann", "bob")
    posed = await one.question()
    replies = await asyncio.gather(*(each.answers("ann", posed=posed) for each in (one, other) for _ in range(3)))
    assert sorted(reply.data["outcome"] for reply in replies) == ["again"] * 5 + ["noted"]
    assert len(await one.core.store.learning.answer_to("test:ann", posed.id)) == 1


async def test_two_who_start_at_once_start_one_quiz(bots: Bots) -> None:
    one, other = await bots.one(), await bots.one()
    replies = await asyncio.gather(one.says("ann", "/quiz start 2 20"), other.says("bob", "/quiz start 2 20"))
    assert sum(reply.fault is None for reply in replies) == 1
    await asyncio.gather(one.goes_on(), other.goes_on())
    assert len(await one.posts()) == 1


async def test_an_answer_and_the_close_of_its_question_never_pass_each_other(bots: Bots) -> None:
    """Whoever was told that theirs is noted is on the scoreboard; whoever was told that it came late is not."""
    one, other = await bots.one(), await bots.one()
    names = [f"p{number}" for number in range(6)]
    quiz = await one.begins("ann", *names)
    posed = await one.question()
    bots.clock.advance(seconds=19.9)
    in_time = [
        asyncio.create_task(each.answers(name, posed=posed)) for each, name in zip((one, other) * 3, names, strict=True)
    ]
    stopping = asyncio.create_task(other.core.study.rounds.once(bots.clock.now() + PAUSE / 100))
    replies = await asyncio.gather(*in_time)
    await stopping
    await one.goes_on(1)
    noted = {name for name, reply in zip(names, replies, strict=True) if reply.data["outcome"] == "noted"}
    given = await one.core.store.quizzes.given(quiz.id)
    assert {each.person for each in given} == {f"test:{name}" for name in noted}
    assert (await one.last()).data["answered"] == len(noted)


async def test_what_a_bot_took_in_and_never_marked_counts(bots: Bots) -> None:
    group = await bots.one()
    quiz = await group.begins("ann", "bob")
    posed = await group.question()
    said = Said(person="test:bob", name="bob", position=1, at=bots.clock.now(), how={"rating": 1})
    assert await group.core.store.quizzes.take_in(quiz.id, said) == "noted"
    group = await bots.another()
    await group.goes_on(20)
    assert (await group.last()).data["answered"] == 1
    [line] = await group.core.store.learning.answer_to("test:bob", posed.id)
    assert line.at == said.at
    assert await group.core.store.quizzes.unmarked(quiz.id, 1) == []


async def test_a_step_that_was_taken_and_never_told_is_told_by_whoever_comes_next(in_a_file: Bots) -> None:
    """The question's time runs from when it could be seen."""
    group = await in_a_file.one()
    await group.begins("ann", "bob", line="/quiz start 2 20")
    await group.goes_on(20)
    in_a_file.clock.advance(seconds=PAUSE.seconds)
    await group.core.study.quizzes.conductor.do_due(["test"], in_a_file.clock.now())  # and here it dies
    before = len(await group.posts())
    group = await in_a_file.another()
    await group.goes_on(30)
    assert len(await group.posts()) == before + 1
    quiz = await group.quiz()
    assert (quiz.course.state, quiz.course.position) == ("open", 2)
    assert quiz.course.next is not None
    assert (quiz.course.next - in_a_file.clock.now()).total_seconds() == 20
    assert (await group.answers("ann")).data["outcome"] == "noted"


async def test_a_post_that_fails_holds_the_clock_until_it_is_there(in_a_file: Bots) -> None:
    group = await in_a_file.one()
    poster = falters(group)
    await group.begins("ann", "bob")
    await group.goes_on(20)
    poster.fault = PostFailed("no connection")
    await group.goes_on(PAUSE.seconds)
    quiz = await group.quiz()
    assert (quiz.course.state, quiz.course.position) == ("open", 2)
    for _ in range(30):
        await group.goes_on(5)
        if len(await group.posts()) == 4:
            break
    quiz = await group.quiz()
    assert (quiz.course.state, quiz.course.position) == ("open", 2), "nothing was closed that nobody had seen"
    assert (await group.answers("ann")).data["outcome"] == "noted"


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_post_of_which_nobody_knows_comes_once(in_a_file: Bots, arrives: bool) -> None:
    group = await in_a_file.one()
    poster = falters(group)
    await group.begins("ann", "bob")
    poster.fault, poster.arrives = PostUnsure("the answer never came"), arrives
    await group.goes_on(20)
    for _ in range(12):
        await group.goes_on(5)
    lines = await group.said()
    assert sum("Question 1 of 3 is closed" in line for line in lines) == 1
    assert (await group.quiz()).course.position >= 2


async def test_a_channel_that_may_not_be_written_in_ends_the_quiz_and_frees_the_channel(in_a_file: Bots) -> None:
    group = await in_a_file.one()
    poster = falters(group)
    await group.begins("ann", "bob")
    poster.fault = PostRefused("missing access")
    await group.goes_on(20)
    await group.goes_on(PAUSE.seconds)
    assert (await group.quiz()).course.why == "refused"
    assert await group.core.study.quizzes.running(group.place) is None


async def test_what_could_not_be_said_in_time_is_not_said_after_what_people_did_next(in_a_file: Bots) -> None:
    """No lobby below the first question, whose Join leads nowhere; no question below the end."""
    group = await in_a_file.one()
    poster = falters(group)
    await group.says("ann", "/quiz start 2 20")
    poster.fault = PostFailed("no connection")
    await group.goes_on()
    await group.says("ann", "/quiz join")
    await group.says("ann", "/quiz begin")
    poster.fault = PostFailed("no connection")
    await group.goes_on()
    await group.says("ann", "/quiz stop")
    for _ in range(30):
        await group.goes_on(5)
    assert [line.partition(".")[0] for line in await group.said()] == ["The quiz was stopped"]


async def test_whoever_is_forgotten_while_a_scoreboard_is_made_is_not_on_it(bots: Bots) -> None:
    """Not by another bot either: what was read before is not stored after."""
    group, other = await bots.one(), await bots.one()
    conductor = group.core.study.quizzes.conductor
    await group.begins("ann", "zerlina", line="/quiz start 2 20")
    await group.answers("ann")
    boards: list[str] = []

    async def make(posting: Posting, at: datetime) -> Made | None:
        made = await conductor.make(posting, at)
        boards.append("" if made is None else plain(made.reply))
        if len(boards) == 1:
            await other.core.study.belongings.forget(other.incoming("zerlina").user)
        return made

    conductor.kind = replace(conductor.kind, make=make)
    await group.answers("zerlina", rightly=False)
    await group.goes_on()
    assert ["zerlina" in each for each in boards] == [True, False]
    assert "is closed" in plain(await group.last())
    said = await group.core.store.postings.newest(group.place, ("quiz",), 9)
    assert not [each for each in said if "zerlina" in each.content]
    assert not [each for each in await group.posts() if "zerlina" in plain(each)]


async def test_after_a_long_time_away_the_quiz_ends(in_a_file: Bots) -> None:
    group = await in_a_file.one()
    await group.begins("ann", "bob")
    await group.answers("ann")
    group = await in_a_file.another()
    await group.goes_on(2 * 3600)
    assert plain(await group.last()).startswith("I was away for too long")
    assert (await group.quiz()).course.ended
