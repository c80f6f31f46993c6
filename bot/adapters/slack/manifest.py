"""Slack's app manifest, written from the commands' declarations.

Slack refuses a whole manifest for one name that it keeps to itself, so such commands are left out: `/stride NAME`
reaches every command.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from bot.adapters.layout import shortened
from bot.adapters.slack.parse import OWN_COMMAND
from bot.command import Command, Option

MAX_COMMAND = 32
MAX_DESCRIPTION = 140
MAX_HINT = 100
SCOPES = (
    *("app_mentions:read", "chat:write", "commands", "files:read", "files:write", "im:history", "im:write"),
    *("channels:history", "groups:history"),  # whether a post has come, where its answer was lost
    "users:read",  # who is an admin of the workspace
)
RESERVED = frozenset(
    {
        "active", "all", "apps", "archive", "away", "call", "canvas", "collapse", "dm", "dnd", "expand", "feed",
        "feedback", "files", "genie", "gif", "giphy", "help", "huddle", "invite", "invite_people", "join", "keys",
        "kick", "leave", "list", "me", "msg", "mute", "my", "open", "out-of-office", "pin", "prefs", "quick_switch",
        "remind", "remove", "rename", "saved", "search", "shortcuts", "shrug", "skin-tone", "star", "status", "todo",
        "topic", "unarchive", "who",
    }
)  # fmt: skip


def taken(command: Command) -> bool:
    """Whether Slack keeps a command's name to itself."""
    return command.name in RESERVED


def manifest(commands: Sequence[Command]) -> dict[str, Any]:
    """The manifest of an app that speaks over Socket Mode."""
    own = _slash(OWN_COMMAND, "Everything Stride can do: help, shape, ...", "help")
    return {
        "display_information": {
            "name": "Stride",
            "description": "A PyTorch tutor for study groups. Everything it says, torch has run.",
            "background_color": "#22313f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Stride", "always_online": True},
            "slash_commands": [
                own,
                *(_slash(f"/{each.name}", each.says, _hint(each.options)) for each in commands if not taken(each)),
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_mention", "message.im"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def text(commands: Sequence[Command]) -> str:
    """The manifest as the file that is committed."""
    return json.dumps(manifest(commands), indent=2, ensure_ascii=False) + "\n"


def _slash(name: str, says: str, hint: str) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "command": name,
        "description": shortened(says, MAX_DESCRIPTION),
        "should_escape": False,
    }
    if hint:
        declared["usage_hint"] = shortened(hint, MAX_HINT)
    return declared


def _hint(options: Sequence[Option]) -> str:
    """What may follow; Slack completes nothing, so choices are named."""
    words = (("|".join(each.choices) or each.name, each.required) for each in options if not each.file)
    return " ".join(each if required else f"[{each}]" for each, required in words)


def main() -> None:
    """Writes the manifest to standard output: `python -m bot.adapters.slack.manifest > deploy/slack-manifest.json`."""
    from bot.commands.registry import COMMANDS

    sys.stdout.write(text(COMMANDS))


if __name__ == "__main__":
    main()
