"""Every command, in the order in which help lists them."""

from __future__ import annotations

from bot.command import Command
from bot.commands.answer import ANSWER
from bot.commands.bench import BENCH
from bot.commands.card import CARD
from bot.commands.daily import DAILY
from bot.commands.deck import DECK
from bot.commands.digest import DIGEST
from bot.commands.export import EXPORT
from bot.commands.forget_me import FORGET_ME
from bot.commands.group import GROUP
from bot.commands.help import HELP
from bot.commands.holiday import HOLIDAY
from bot.commands.layer import LAYER
from bot.commands.leaderboard import LEADERBOARD
from bot.commands.link import LINK
from bot.commands.mine import MINE
from bot.commands.practice import PRACTICE
from bot.commands.quiz import QUIZ
from bot.commands.remind import REMIND
from bot.commands.review import REVIEW
from bot.commands.run import CANCEL, RUN
from bot.commands.shape import SHAPE
from bot.commands.streak import STREAK
from bot.commands.timezone import TIMEZONE
from bot.commands.why import DISPUTE, WHY

COMMANDS: tuple[Command, ...] = (
    SHAPE,
    LAYER,
    RUN,
    CARD,
    PRACTICE,
    ANSWER,
    REVIEW,
    WHY,
    DISPUTE,
    QUIZ,
    MINE,
    BENCH,
    DECK,
    STREAK,
    LEADERBOARD,
    TIMEZONE,
    HOLIDAY,
    REMIND,
    DIGEST,
    DAILY,
    GROUP,
    LINK,
    EXPORT,
    FORGET_ME,
    CANCEL,
    HELP,
)
