"""The connection to Discord: acknowledges in time, hands over to the core, and sends what comes back.

Presses are handled here by their ids alone. discord.py's own views are not used: they live in memory, and a button
would die with the process that sent it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.actions import ActionError
from bot.adapters.discord import parse
from bot.adapters.discord.declare import MAX_CHOICES, declare, unchanged
from bot.adapters.discord.exchange import Exchange
from bot.adapters.discord.poster import DiscordPoster
from bot.adapters.layout import shortened
from bot.adapters.notices import OUTDATED, under_question
from bot.adapters.sent import MAX_FILE, MAX_FILES, NotTaken, file_name, not_there, too_large, too_many
from bot.command import Command, Completion, Incoming
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core
    from bot.settings import Settings

MAX_CHOICE = 100
PATIENCE_S = 30.0  # that discord.py waits by itself where Discord asks to; what would wait longer is said later

log = structlog.get_logger(__name__)
Press = discord.Interaction["StrideBot"]


def create_bot(settings: Settings, core: Core) -> StrideBot:
    """A Discord client that has not been started. Where the settings say so, it talks to another address."""
    Route.BASE = settings.discord.api_base.rstrip("/")
    if settings.discord.gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord.gateway)
    return StrideBot(core)


class StrideBot(discord.Client):
    """Answers slash commands, presses, choices and forms; reads no messages, so it needs no privileged intent."""

    def __init__(self, core: Core) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            max_ratelimit_timeout=PATIENCE_S,
        )
        self._core = core
        self._poster = DiscordPoster(self)

    async def setup_hook(self) -> None:
        """Tells Discord about the commands, if it does not know them yet: a day allows 200 declarations."""
        declared = declare(self._core.commands)
        if self.application_id is None:
            return
        registered = await self.http.get_global_commands(self.application_id)
        if not unchanged(declared, registered):
            await self.http.bulk_upsert_global_commands(self.application_id, declared)
            log.info("discord.commands_declared", commands=len(declared))

    async def on_ready(self) -> None:
        """From now on it can be said what nobody asked for just now; guilds and their permissions are known."""
        await self._speaks()

    async def on_resumed(self) -> None:
        """The connection is there again, and nothing was missed."""
        await self._speaks()

    async def on_disconnect(self) -> None:
        """Nothing is posted until the connection is there again."""
        self._silence()

    async def close(self) -> None:
        """Ends the connection."""
        self._silence()
        await super().close()

    async def _speaks(self) -> None:
        self._core.posters[self._poster.platform] = self._poster
        await self._core.read_in()
        self._core.study.wake()  # what fell due meanwhile waits for no round

    def _silence(self) -> None:
        if self._core.posters.get(self._poster.platform) is self._poster:
            del self._core.posters[self._poster.platform]

    async def on_interaction(self, interaction: Press) -> None:
        """Everything that people do arrives here."""
        try:
            match interaction.type:
                case discord.InteractionType.autocomplete:
                    await self._complete(interaction)
                case discord.InteractionType.ping:
                    return
                case _:
                    await self._answer(interaction)
        except discord.RateLimited as error:
            log.warning("discord.not_delivered", interaction=f"discord:{interaction.id}", wait_s=error.retry_after)
        except discord.HTTPException as error:
            # The token has run out, or the channel is gone: there is nobody left to tell.
            log.warning(
                "discord.not_delivered", interaction=f"discord:{interaction.id}", code=error.code, status=error.status
            )

    async def _complete(self, interaction: Press) -> None:
        before, so_far = parse.typed(interaction, self._order(interaction))
        choices = _choices(before, self._core.complete(before + so_far))
        await interaction.response.autocomplete(choices)

    async def _answer(self, interaction: Press) -> None:
        try:
            incoming = parse.incoming(interaction, self._core.clock.now(), self._order(interaction))
        except ActionError:
            await Exchange(interaction).says(OUTDATED)
            return
        command = self._command(incoming)
        exchange = Exchange(interaction, private=command is not None and command.private)
        reply = await exchange.waits_for(
            asyncio.create_task(self._handled(interaction, replace(incoming, progress=exchange.shows))),
            slow=command is not None and command.slow and not _asks_back(command, incoming),
        )
        if reply is None:
            await exchange.says_nothing()
        else:
            # Discord shows who used which command, but not what followed its name.
            await exchange.says(under_question(reply, incoming) if " " in incoming.text else reply)

    async def _handled(self, interaction: Press, incoming: Incoming) -> Reply | None:
        try:
            files = await self._fetched(parse.attached(interaction))
        except NotTaken as fault:
            return fault.reply()
        return await self._core.handle(replace(incoming, files=files))

    async def _fetched(self, attached: Sequence[parse.Attached]) -> dict[str, bytes]:
        """The bytes of the files that came along; raises `NotTaken` before anything large is fetched."""
        if len(attached) > MAX_FILES:
            raise too_many(len(attached))
        files: dict[str, bytes] = {}
        for each in attached:
            if each.size > MAX_FILE:
                raise too_large(each.name, each.size)
            try:
                files[file_name(each.name)] = await self.http.get_from_cdn(each.url)
            except discord.HTTPException as fault:
                raise not_there(each.name, "Discord no longer has it: attach it again") from fault
        return files

    def _order(self, interaction: Press) -> tuple[str, ...]:
        """The names of the options of the command that was given, as they would be typed."""
        command = self._core.dispatcher.named(parse.command_name(interaction))
        return tuple(option.name for option in command.options) if command else ()

    def _command(self, incoming: Incoming) -> Command | None:
        """The declaration that what was done belongs to."""
        if incoming.action is not None:
            name = incoming.action.name
            return next((each for each in self._core.commands if name in each.actions), None)
        name = incoming.text.split(maxsplit=1)[0].removeprefix("/")
        return next((each for each in self._core.commands if each.name == name), None)


def _asks_back(command: Command, incoming: Incoming) -> bool:
    """Whether a form may be the answer: it has to be the first that Discord hears, and is ready at once."""
    if incoming.action is not None:
        return incoming.action.name in command.form_actions
    return command.opens_form is not None and command.opens_form(incoming)


def _choices(before: str, completions: list[Completion]) -> list[discord.app_commands.Choice[str]]:
    """Choices for the option that is being typed; one too long to be sent whole is left out, not cut."""
    found = []
    for completion in completions:
        value = completion.text.removeprefix(before).strip()
        if completion.text.startswith(before) and 0 < len(value) <= MAX_CHOICE:
            name = f"{value} – {completion.says}" if completion.says else value  # noqa: RUF001 - a dash between words
            found.append(discord.app_commands.Choice(name=shortened(name, MAX_CHOICE), value=value))
    return found[:MAX_CHOICES]
