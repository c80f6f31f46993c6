"""Stride in Slack: slash commands, mentions, buttons, choices and forms, over slack-bolt."""

from bot.adapters.slack.client import create_app

__all__ = ["create_app"]
