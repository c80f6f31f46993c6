"""One interaction, from its acknowledgement to its last message.

Discord fixes at the first acknowledgement whether the answer is private, and lets go of who has not acknowledged in
three seconds. These rules are kept here, so that neither the core nor the renderer knows them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import discord

from bot.adapters.discord.mark import mark_of_message, marked
from bot.adapters.discord.payload import Layout, Window, files
from bot.adapters.discord.render import Message, modal, render
from bot.adapters.notices import TOO_LATE
from bot.reply import Form, MessageRef, Reply, Text

ACKNOWLEDGE_WITHIN = 1.5  # seconds; Discord gives up after 3
NOTHING = render(Reply(parts=(Text(text="…"),)))[0]


class Exchange:
    """An interaction that is answered once, in time, and to whom it may concern."""

    def __init__(self, interaction: discord.Interaction[Any], *, private: bool = False) -> None:
        """`private`: whether the answer is for one person, as its command declares."""
        self._interaction = interaction
        self._private = private
        self._turn = asyncio.Lock()  # the first acknowledgement counts, and there may be only one
        self._over = False

    async def waits_for(self, answer: asyncio.Task[Reply | None], *, slow: bool) -> Reply | None:
        """The answer; people see "is thinking" where it takes its time."""
        if not slow:
            await asyncio.wait({answer}, timeout=ACKNOWLEDGE_WITHIN)
        if not answer.done():
            await self._acknowledges()
        return await answer

    async def shows(self, reply: Reply) -> None:
        """Something before the answer, in its place; the next, and the answer, take the place of this."""
        await self._acknowledges()
        async with self._turn:
            if not self._over:
                with suppress(discord.NotFound):  # somebody has taken it away; the answer comes all the same
                    await self._interaction.edit_original_response(view=Layout(render(reply)[0]))

    async def says(self, reply: Reply) -> None:
        """Sends a reply. Errors are seen by the one who made them and by nobody else."""
        async with self._turn:
            self._over = True
        form = next((part for part in reply.parts if isinstance(part, Form)), None)
        if form is not None and not self._acknowledged:
            await self._interaction.response.send_modal(Window(modal(form, reply.parts)))
            return
        if form is not None:
            reply = TOO_LATE
        first, *rest = render(reply)
        private = reply.private or reply.fault is not None
        if reply.replaces is None:
            await self._first(first, private=private)
        else:
            await self._replaces(reply.replaces, first)
        for message in rest:
            await self._interaction.followup.send(view=Layout(message), files=files(message), ephemeral=private)

    async def says_nothing(self) -> None:
        """Takes "is thinking" away again: the event was answered before."""
        if self._acknowledged:
            await self._interaction.delete_original_response()

    async def _acknowledges(self) -> None:
        async with self._turn:
            if not self._acknowledged and not self._over:
                await self._interaction.response.defer(ephemeral=self._private, thinking=True)

    @property
    def _acknowledged(self) -> bool:
        return self._interaction.response.is_done()

    async def _first(self, message: Message, *, private: bool) -> None:
        view, attached = Layout(message), files(message)
        if not self._acknowledged:
            await self._interaction.response.send_message(view=view, files=attached, ephemeral=private)
        elif private and not self._private:
            # What takes the place of "is thinking" is as public as that is, so something empty takes it and goes.
            with suppress(discord.NotFound):  # somebody else has taken it away
                await self._interaction.edit_original_response(view=Layout(NOTHING))
            await self._interaction.followup.send(view=view, files=attached, ephemeral=True)
            with suppress(discord.NotFound):
                await self._interaction.delete_original_response()
        else:
            try:
                await self._interaction.edit_original_response(view=view, attachments=attached)
            except discord.NotFound:  # somebody has taken "is thinking" away
                await self._interaction.followup.send(view=view, files=files(message), ephemeral=private)

    async def _replaces(self, old: MessageRef, message: Message) -> None:
        view, attached = Layout(message), files(message)
        pressed = self._interaction.message
        if pressed is not None and str(pressed.id) == old.message and not self._acknowledged:
            if (mark := mark_of_message(pressed)) is not None:
                view = Layout(marked(message, mark))  # it was posted, and is still to be found
            await self._interaction.response.edit_message(view=view, attachments=attached)
            return
        if not self._acknowledged:
            await self._interaction.response.defer(ephemeral=True, thinking=True)
        channel = self._interaction.client.get_partial_messageable(int(old.channel))
        await channel.get_partial_message(int(old.message)).edit(view=view, attachments=attached)
        await self._interaction.delete_original_response()
