"""`/review`: what is due, one card after the other, and a plan where too much has piled up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Example, Incoming
from bot.commands import question_reply, review_reply
from bot.reply import Reply
from bot.tutor.model import Rest

if TYPE_CHECKING:
    from bot.app import Core


async def review(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/review`."""
    del given
    return await _next(core, incoming)


async def following(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button for the next card."""
    del action
    return await _next(core, incoming, going_on=True)


async def planned(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that spreads what has piled up over days."""
    del action
    plan = await core.tutor.take_up(incoming)
    return review_reply.planned(plan)


async def _next(core: Core, incoming: Incoming, *, going_on: bool = False) -> Reply:
    """The next card; a backlog is only spoken of at the start."""
    found = await core.tutor.review(incoming)
    if isinstance(found, Rest):
        return review_reply.rest(found.standing, incoming.at)
    standing = await core.tutor.standing(incoming.user, incoming.place, incoming.at)
    above = () if going_on else review_reply.backlog(standing)
    return question_reply.question(found, above=above, left=standing.due + standing.new)


REVIEW = Command(
    name="review",
    says="What you are about to forget, one card after the other; only you see it",
    help=(
        "Asks each card again just before you would forget it: after minutes at first, then after days and months, on "
        "your own days, which begin at 4 in the morning. A right answer comes back later, a wrong one after minutes. "
        "You say how sure you are before you see whether it was right; what you only guessed comes back sooner. Few "
        "new cards come on a day with much to repeat, and after a break the rest can be spread over several days."
    ),
    options=(),
    examples=(Example(text="/review", says="the first card that is due"),),
    handler=review,
    actions={"review-next": following, "review-plan": planned},
    private=True,
)
