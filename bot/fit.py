"""`stride fit`: looks for weights of FSRS that foresee a learner's own answers better, and keeps those that do.

It takes minutes of a processor a learner, so nobody is fitted unasked: run it every week or so, from a timer. It needs
torch and `fsrs[optimizer]` on this machine, and does its work in a jail of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.adapters.terminal.render import harmless
from bot.store.learning_rows import entries
from bot.store.store import open_store
from cards.calendar import calendar
from cards.fitting import TIME_S, Fit, FitError, fit, reviews
from cards.memory import Teacher
from cards.replay import replay
from sandbox.client import open_sandbox

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.learning import Learning
    from sandbox.client import Sandbox
    from sandbox.settings import SandboxSettings

FEWEST_ANSWERS = 700  # with fewer a log cannot hold the reviews that are needed
TRIES = 5  # to put weights into the store, where the learner goes on answering meanwhile
Say = Callable[[str], None]


async def fit_learners(settings: Settings, *, person: str | None, say: Say) -> int:
    """Fits one learner, or all with enough answers, and says what came of it; 0, or 1 where it could not be done."""
    async with open_store(settings.database) as store:
        people = [person] if person is not None else await store.learning.diligent(FEWEST_ANSWERS)
        if not people:
            say(f"nobody has given {FEWEST_ANSWERS} answers yet: FSRS's own weights stay")
            return 0
        async with open_sandbox(roomy(settings.sandbox)) as sandbox:
            for each in people:
                try:
                    say(f"{harmless(each)}: {await fit_learner(store.learning, sandbox, each)}")
                except FitError as fault:
                    say(f"{harmless(each)}: could not be fitted: {fault}")
                    return 1
    return 0


def roomy(settings: SandboxSettings) -> SandboxSettings:
    """A sandbox on this machine with one jail, whose jobs have minutes."""
    jail = settings.jail.model_copy(update={"side_by_side": 1, "wall_s": TIME_S, "cpu_s": TIME_S, "wait_s": TIME_S})
    return settings.model_copy(update={"socket": None, "devices": "cpu", "jail": jail})


async def fit_learner(learning: Learning, sandbox: Sandbox, person: str) -> str:
    """What came of one learner, in words; raises `FitError`."""
    pupil = await learning.pupil(person)
    if pupil is None:
        return "has never answered"
    log = await asyncio.to_thread(reviews, entries(await learning.log(person)))
    found = await fit(sandbox, log, pupil.weights)
    if found.weights is None:
        return f"stays as it is: {found.why}"
    if not await _keep(learning, person, found.weights):
        return "was answering all the time, so nothing was changed; try again later"
    return words(found)


def words(found: Fit) -> str:
    """How much better it has become."""
    return (
        f"new weights from {found.reviews:,} reviews: over the {found.held_out:,} held out the loss falls from "
        f"{found.before:.4f} to {found.after:.4f}"
    )


async def _keep(learning: Learning, person: str, weights: tuple[float, ...]) -> bool:
    """Takes the weights over with the memories that the log comes to with them, and says whether that was possible."""
    teacher = Teacher(weights=weights)
    for _ in range(TRIES):
        pupil = await learning.pupil(person)
        if pupil is None:
            return False
        log = entries(await learning.log(person))
        known = await asyncio.to_thread(replay, log, seed=pupil.seed, teacher=teacher)
        days = await asyncio.to_thread(calendar, pupil.zone)
        if await learning.set_weights(pupil, weights, known, days):
            return True
    return False
