"""Every command, in the order in which help lists them."""

from __future__ import annotations

from bot.command import Command
from bot.commands.bench import BENCH
from bot.commands.deck import DECK
from bot.commands.help import HELP
from bot.commands.run import CANCEL, RUN
from bot.commands.shape import SHAPE

COMMANDS: tuple[Command, ...] = (SHAPE, RUN, BENCH, DECK, CANCEL, HELP)
