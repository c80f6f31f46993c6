"""Stride on Discord: slash commands, buttons, choices and forms, over discord.py."""

from bot.adapters.discord.client import create_bot

__all__ = ["create_bot"]
