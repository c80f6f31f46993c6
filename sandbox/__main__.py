"""`python -m sandbox serve --device cpu --socket PATH` or `--nats URL`: a worker for bots elsewhere.

The settings are those of the bot, from the same variables (STRIDE_SANDBOX__..., STRIDE_NATS__...); passwords and
tokens come from there alone.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
from pathlib import Path

from sandbox.environment import UnusableSettingError, read
from sandbox.server import Doors, serve
from sandbox.settings import NatsSettings, SandboxSettings
from sandbox.socket_server import SocketInUseError


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a signal to stop, 1 where it cannot serve, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="do jobs for bots elsewhere, until SIGTERM")
    serving.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="what to compute on")
    serving.add_argument("--socket", type=Path, help="path of a Unix socket to open, for a bot on this machine")
    serving.add_argument("--mode", type=_octal, default=0o600, help="who may connect to it, as octal (default: 600)")
    serving.add_argument("--nats", metavar="URL", help="NATS server to take jobs from (default: STRIDE_NATS__URL)")
    serving.add_argument("--workers", type=int, help="processes that work out shapes side by side")
    serving.add_argument("--memory-mb", type=int, help="memory for each of them, beside torch")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        settings, nats = _settings(chosen)
    except UnusableSettingError as fault:
        return _cannot_serve(str(fault))
    if chosen.socket is None and not nats.url:
        parser.error("nowhere to serve: give --socket or --nats")
    doors = Doors(socket=chosen.socket, mode=chosen.mode, nats=nats, name=secrets.token_hex(4))
    try:
        asyncio.run(serve(settings, doors, device=chosen.device))
    except (OSError, SocketInUseError) as fault:
        return _cannot_serve(f"at {chosen.socket}: {fault}")
    return 0


def _settings(chosen: argparse.Namespace) -> tuple[SandboxSettings, NatsSettings]:
    """What the environment says, and over it the command line; raises `UnusableSettingError`."""
    given = {"workers": chosen.workers, "memory_mb": chosen.memory_mb, "devices": chosen.device}
    return read(
        nats={"url": chosen.nats} if chosen.nats is not None else {},
        sandbox={name: value for name, value in given.items() if value is not None},
    )


def _cannot_serve(why: str) -> int:
    print(f"cannot serve {why}", file=sys.stderr)  # noqa: T201 a command line's own voice
    return 1


def _octal(text: str) -> int:
    mode = int(text, 8)
    if mode not in {0o600, 0o660}:
        raise argparse.ArgumentTypeError("600 for this user alone, 660 for its group")
    return mode


if __name__ == "__main__":
    sys.exit(main())
