"""`stride rebuild` shows whether what is remembered is what was answered, and puts it right where it is not."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from bot.keeping import rebuild
from bot.settings import Settings
from bot.store.learning_rows import Line, entries
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
        "nothing differs: the memory of 2 learners and the days of 1 group are what the answers come to"
    )
    await beside(path, "DELETE FROM memories WHERE person = 'test:ann' AND card = 'deck/0'")
    await beside(path, "UPDATE memories SET card = 'deck/9' WHERE person = 'test:ann' AND card = 'deck/1'")
    await beside(path, "UPDATE memories SET data = replace(data, 'deck/1', 'deck/9') WHERE card = 'deck/9'")
    changed = "UPDATE memories SET data = replace(data, 'deck/2\"', 'deck/2\" ') WHERE person = 'test:ann'"
    await beside(path, changed)
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
        "different": [],
        "miscounted": [],
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
