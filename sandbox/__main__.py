"""`python -m sandbox serve --device cpu --socket PATH`: a worker for bots that have no torch of their own."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from sandbox.server import serve
from sandbox.settings import SandboxSettings
from sandbox.socket_server import SocketInUseError


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 after a signal to stop, 1 where it cannot serve, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="do jobs for bots that connect to a Unix socket")
    defaults = SandboxSettings()
    serving.add_argument("--device", choices=["cpu"], default="cpu", help="what to compute on")
    serving.add_argument("--socket", type=Path, required=True, help="path of the Unix socket to open")
    serving.add_argument("--mode", type=_octal, default=0o600, help="who may connect, as octal (default: 600)")
    serving.add_argument("--workers", type=int, default=defaults.workers, help="processes that do jobs side by side")
    serving.add_argument("--memory-mb", type=int, default=defaults.memory_mb, help="memory for each, beside torch")
    chosen = parser.parse_args(arguments)
    try:
        settings = SandboxSettings(workers=chosen.workers, memory_mb=chosen.memory_mb)
        asyncio.run(serve(settings, chosen.socket, mode=chosen.mode))
    except (OSError, SocketInUseError, ValueError) as fault:
        print(f"cannot serve at {chosen.socket}: {fault}", file=sys.stderr)  # noqa: T201 a command line's own voice
        return 1
    return 0


def _octal(text: str) -> int:
    mode = int(text, 8)
    if mode not in {0o600, 0o660}:
        raise argparse.ArgumentTypeError("600 for this user alone, 660 for its group")
    return mode


if __name__ == "__main__":
    sys.exit(main())
