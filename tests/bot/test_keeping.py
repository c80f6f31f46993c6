"""`stride rebuild` shows whether what is remembered is what was answered, and puts it right where it is not."""

from __future__ import annotations

import json
from datetime import time, timedelta
from pathlib import Path

from bot.command import Place
from bot.group.schedule import Schedule
from bot.keeping import rebuild
from bot.settings import Settings
from bot.store.learning_rows import Line, entries
from bot.store.posting_rows import Planned
from bot.store.store import open_store
from cards.calendar import calendar
from cards.memory import Teacher
from cards.replay import replay
from tests.bot.conversation import START
from tests.bot.store.beside import beside

DAYS = calendar("Europe/Berlin")


def line(number: int, person: str) -> Line:
    return Line(
        person=person, at=START + timedelta(minutes=number), zone=DAYS.zone, kind="answer", platform="test",
        community="page", posed=f"q{number}", card=f"deck/{number % 3}", source=f"deck/{number % 3}",
        correct=number % 2 == 0, rating=3 if number % 2 == 0 else 1,
    )  # fmt: skip


async def learnt(path: Path, *people: str) -> None:
    async with open_store(path) as store:
        for person in people:
            for number in range(7):
                pupil = await store.learning.enrol(person, zone=DAYS.zone, seed=7, at=START)
                log = [*await store.learning.log(person), line(number, person)]
                known = replay(entries(log), seed=pupil.seed, teacher=Teacher(weights=pupil.weights))
                assert await store.learning.record(pupil, log[-1], known, DAYS)


async def test_rebuilding_says_what_differs_and_puts_it_right(tmp_path: Path) -> None:
    said: list[str] = []
    found = Settings(data_dir=tmp_path)
    path = tmp_path / "stride.sqlite3"
    await learnt(path, "test:ann", "test:ben")
    assert await rebuild(found, write=False, as_json=False, say=said.append) == 0
    assert said.pop() == (
        "nothing differs: the memory of 2 learners and the days of 1 group are what the answers come to, and what is "
        "said by 0 schedules is due when it should be"
    )
    await beside(path, "DELETE FROM memories WHERE person = 'test:ann' AND card = 'deck/0'")
    await beside(path, "UPDATE memories SET card = 'deck/9' WHERE person = 'test:ann' AND card = 'deck/1'")
    await beside(path, "UPDATE memories SET data = '{' WHERE person = 'test:ann' AND card = 'deck/2'")
    assert await rebuild(found, write=False, as_json=True, say=said.append) == 1
    told = json.loads(said.pop())
    assert told["learners"] == 2
    assert told["different"] == [
        {"person": "test:ann", "missing": ["deck/0", "deck/1"], "unfounded": ["deck/9"], "other": ["deck/2"]}
    ]
    assert await rebuild(found, write=True, as_json=False, say=said.append) == 0
    assert said == ["test:ann: 2 missing, 1 unfounded, 1 different", "1 of 2 learners put right"]
    assert await rebuild(found, write=False, as_json=True, say=said.append) == 0
    assert json.loads(said.pop()) == {
        "learners": 2,
        "groups": 1,
        "schedules": 0,
        "different": [],
        "miscounted": [],
        "misdue": [],
        "written": False,
    }


async def test_rebuilding_counts_the_days_of_groups_anew(tmp_path: Path) -> None:
    found, path = Settings(data_dir=tmp_path), tmp_path / "stride.sqlite3"
    await learnt(path, "test:ann")
    said: list[str] = []
    await beside(path, "UPDATE tallies SET tried = tried + 1 WHERE person = 'test:ann'")
    assert await rebuild(found, write=False, as_json=True, say=said.append) == 1
    [group] = json.loads(said.pop())["miscounted"]
    assert group["counts"] == 1
    assert await rebuild(found, write=True, as_json=False, say=said.append) == 0
    assert [line.partition(": ")[2] for line in said[:1]] == ["1 count of a day different"]
    assert said[1:] == ["1 of 1 groups put right"]
    assert await rebuild(found, write=False, as_json=False, say=said.append) == 0


async def test_rebuilding_has_schedules_looked_at_when_they_come(tmp_path: Path) -> None:
    found, path = Settings(data_dir=tmp_path), tmp_path / "stride.sqlite3"
    when = Schedule(at=time(9), zone="Europe/Berlin", weekdays=frozenset(range(7)))
    async with open_store(path) as store:
        for name in ("one", "two", "late"):
            place = Place(platform="test", community="page", channel=name)
            kept = Planned(id=name, kind="daily", place=place, schedule=when, last=START, by="test:olga")
            await store.schedules.keep(kept)
        at = START + timedelta(days=1)
        taken = await store.schedules.claim_due(["test"], at, bot="bot", until=at + timedelta(minutes=2), limit=1)
        assert len(taken) == 1, "what has gone on is right, too"
    said: list[str] = []
    assert await rebuild(found, write=False, as_json=False, say=said.append) == 0
    assert said.pop().endswith("3 schedules is due when it should be")
    await beside(path, "UPDATE schedules SET due = NULL WHERE id = 'late'")
    await beside(path, "UPDATE schedules SET due = due - 1 WHERE id = 'two'")
    assert await rebuild(found, write=False, as_json=True, say=said.append) == 1
    assert json.loads(said.pop())["misdue"] == ["late", "two"]
    assert await rebuild(found, write=True, as_json=False, say=said.append) == 0
    assert said[-1] == "2 of 3 schedules put right"
    assert await rebuild(found, write=False, as_json=True, say=said.append) == 0
