"""`stride fit`: a learner's log goes into a jail, and weights that foresee more come back to stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import fsrs
import pytest

from bot.fit import fit_learner, fit_learners, roomy
from bot.settings import Settings
from bot.store.learning import Learning
from bot.store.learning_rows import Line, entries
from bot.store.store import Store, open_store
from cards.calendar import calendar
from cards.fitting import FitError, reviews
from cards.grade import Rating
from cards.learner import Entry
from cards.memory import Memory, Teacher, review
from cards.replay import replay
from sandbox.client import open_sandbox
from sandbox.settings import JailSettings, SandboxSettings

ADA = "discord:1"
BEGAN = date(2026, 1, 1)
UTC_DAYS = calendar("UTC")
FORGETS = {0: 0.5, 1: 0.3, 2: 0.2, 3: 0.2, 8: 0.6}  # times FSRS's own weights
FORGETFUL = tuple(weight * FORGETS.get(place, 1) for place, weight in enumerate(fsrs.scheduler.DEFAULT_PARAMETERS))


def settings(folder: Path, mode: str = "bubblewrap") -> Settings:
    return Settings(
        data_dir=folder, sandbox=SandboxSettings(start_s=300, jail=JailSettings.model_validate({"mode": mode}))
    )


def answer(card: str, day: date, rating: int) -> Line:
    at = datetime.combine(day, time(12), UTC)
    return Line(
        person=ADA, at=at, zone="UTC", kind="answer", platform="web", community="w", card=card, correct=rating > 1,
        rating=rating,
    )  # fmt: skip


def answers(cards: int) -> list[Line]:
    """Of somebody with a worse memory than FSRS expects, asked when FSRS says so."""
    draw = Random(1)  # noqa: S311 - answers, not secrets
    true = fsrs.Scheduler(FORGETFUL, enable_fuzzing=False)
    lines = []
    for number in range(cards):
        day, known, memory = BEGAN + timedelta(days=number // 4), None, fsrs.Card(card_id=0)
        for _ in range(7):
            noon = datetime.combine(day, time(12), UTC)
            chance = 0.5 if known is None else true.get_card_retrievability(memory, noon)
            rating = 3 if draw.random() < chance else 1
            lines.append(answer(f"card-{number}", day, rating))
            memory, _ = true.review_card(memory, fsrs.Rating(rating), noon)
            known = remembered(known, lines[-1])
            day = max(day + timedelta(days=1), known.due if not isinstance(known.due, datetime) else day)
    return sorted(lines, key=lambda line: line.at)


def remembered(known: Memory | None, line: Line, weights: tuple[float, ...] | None = None) -> Memory:
    teacher = Teacher(weights=weights, fuzz=False)
    return review(
        known, line.card, Rating(line.rating or 1), line.at, calendar=UTC_DAYS, load={}, seed=1, teacher=teacher
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(settings(tmp_path).database) as opened:
        yield opened


async def put(learning: Learning, lines: list[Line]) -> None:
    await learning.enrol(ADA, zone="UTC", seed=1, at=lines[0].at)
    for line in lines:
        pupil = await learning.pupil(ADA)
        assert pupil is not None
        assert await learning.record(pupil, line, (), UTC_DAYS)


@pytest.mark.long
async def test_weights_that_foresee_more_are_kept_with_the_memories_that_the_log_comes_to(tmp_path: Path) -> None:
    said: list[str] = []
    found = settings(tmp_path)
    async with open_store(found.database) as store:
        await put(store.learning, answers(cards=170))
    assert await fit_learners(found, person=None, say=said.append) == 0
    assert len(said) == 1
    assert said[0].startswith(f"{ADA}: new weights from ")
    async with open_store(found.database) as store:
        pupil, kept = await store.learning.memories(ADA)
        log = entries(await store.learning.log(ADA))
    assert pupil is not None
    assert pupil.weights is not None
    assert tuple(kept) == replay(log, seed=1, teacher=Teacher(weights=pupil.weights))
    assert tuple(kept) != replay(log, seed=1, teacher=Teacher())


@pytest.mark.long
async def test_a_short_log_changes_nothing_and_says_how_much_is_missing(tmp_path: Path, store: Store) -> None:
    await put(store.learning, answers(cards=3))
    async with open_sandbox(roomy(settings(tmp_path).sandbox)) as sandbox:
        said = await fit_learner(store.learning, sandbox, ADA)
        stranger = await fit_learner(store.learning, sandbox, "discord:2")
    assert said.startswith("stays as it is: there are ")
    assert stranger == "has never answered"
    pupil = await store.learning.pupil(ADA)
    assert pupil is not None
    assert pupil.weights is None


async def test_without_jails_it_says_why_nothing_can_be_fitted(tmp_path: Path, store: Store) -> None:
    await put(store.learning, answers(cards=3))
    async with open_sandbox(roomy(settings(tmp_path, "off").sandbox)) as sandbox:
        with pytest.raises(FitError, match="off"):
            await fit_learner(store.learning, sandbox, ADA)


async def test_where_nobody_has_answered_enough_nothing_is_started(tmp_path: Path) -> None:
    said: list[str] = []
    assert await fit_learners(settings(tmp_path), person=None, say=said.append) == 0
    assert said == ["nobody has given 700 answers yet: FSRS's own weights stay"]


async def test_those_with_enough_answers_are_found_and_other_lines_do_not_count(store: Store) -> None:
    await put(store.learning, [answer("a", BEGAN, 3), answer("b", BEGAN, 1)])
    assert await store.learning.diligent(2) == [ADA]
    assert await store.learning.diligent(3) == []


def test_days_are_the_learners_own_and_cards_that_came_with_a_memory_are_left_out() -> None:
    late = answer("a", BEGAN, 3)
    lines = [answer("b", BEGAN, 1), late, answer("b", BEGAN + timedelta(days=2), 4)]
    brought = remembered(None, late)
    log = entries(lines)
    day = BEGAN.toordinal()
    assert reviews(log) == [[0, day, 1], [1, day, 3], [0, day + 2, 4]]
    shifted = [Entry(kind="brought", at=late.at, zone="UTC", memories=(brought,)), *log]
    assert reviews(shifted) == [[0, day, 1], [0, day + 2, 4]]
    night = Entry(kind="answer", at=datetime(2026, 1, 2, 3, 0, tzinfo=UTC), zone="UTC", card="c", rating=Rating.GOOD)
    assert reviews([night]) == [[0, day, 3]]
