"""What a quiz says in a few words: who stands where, who won, why it ended, and how long things take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.arguments import shorten
from bot.group.quiz import Course, Player, Score, Why
from bot.reply import Table

MOST_NAMES = 20  # of those who take part, in one sentence
MOST_PLACES = 10  # on a scoreboard in the channel; everybody can look up their own
_WHY: dict[Why, str] = {
    "said": "The quiz was stopped.",
    "nobody": "Nobody joined, so there is no quiz this time.",
    "left": "Everybody has left, so the quiz ends here.",
    "silent": "Nobody answered two questions in a row, so the quiz ends here.",
    "away": "I was away for too long in the middle of the quiz, so it ends here.",
    "refused": "I may not write here any more, so the quiz has ended.",
}


def ending(course: Course, scores: Sequence[Score]) -> str:
    """The first line of the end."""
    return _WHY[course.why] if course.why else f"The quiz is over. {winners(scores, course.closed)}"


def winners(scores: Sequence[Score], of: int) -> str:
    """Who won and why, in a sentence; ties are told as such."""
    first = [score for score in scores if score.place == 1]
    right = first[0].right if first else 0
    if not right:
        return "Nobody had a right answer this time." if scores else "Nobody took part."
    names = listed([name(score.name) for score in first])
    if len(scores) == 1:
        return f"{names} had {right} of {of} right."
    if len(first) > 1:
        return f"{names} share the first place with {right} of {of} right."
    faster = " and was the fastest of those who had as many" if first[0].by_speed else ""
    return f"{names} won with {right} of {of} right{faster}."


def taking_part(players: Sequence[Player]) -> str:
    """Who is there."""
    there = [name(player.name) for player in players if not player.gone]
    if not there:
        return "Nobody has joined yet."
    more = len(there) - MOST_NAMES
    shown = there[:MOST_NAMES] + ([f"{more} more"] if more > 0 else [])
    return f"Taking part: {listed(shown)}."


def board(scores: Sequence[Score], of: int, *, title: str = "") -> Table:
    """The scoreboard; whoever is further down than it goes has their own line in private."""
    rows = [
        (
            f"{score.place}{'=' if _shared(score, scores) else ''}",
            name(score.name),
            f"{score.right} of {of}",
            took(score),
        )
        for score in scores[:MOST_PLACES]
    ]
    if (more := len(scores) - MOST_PLACES) > 0:
        rows.append(("", f"and {more} more", "", ""))
    return Table(title=title, headers=("place", "name", "right", "time"), rows=tuple(rows))


def standing(score: Score, scores: Sequence[Score], of: int) -> str:
    """Somebody's own place in a sentence."""
    shared = " with others" if _shared(score, scores) else ""
    return f"You are number {score.place}{shared} of {len(scores)}: {score.right} of {of} right."


def took(score: Score) -> str:
    """How long somebody's right answers took; empty where there are none."""
    return f"{score.took / timedelta(seconds=1):.1f} s" if score.right else ""


def name(given: str) -> str:
    """Somebody's name in a sentence, where it formats nothing."""
    return shorten(given) or "somebody"


def listed(names: Sequence[str]) -> str:
    """`ann, bob and cyd`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def about(topic: str, total: int, seconds: int) -> str:
    """What a quiz is, in a line: how many questions, how long for each, and about what."""
    questions = "1 question" if total == 1 else f"{total} questions"
    subject = topic.replace("The deck", "the deck", 1) if topic else "a bit of everything"
    return f"{questions} of {seconds} seconds{' each' if total > 1 else ''}, on {subject}"


def _shared(score: Score, scores: Sequence[Score]) -> bool:
    return sum(each.place == score.place for each in scores) > 1
