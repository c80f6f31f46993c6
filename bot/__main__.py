"""`stride` and `python -m bot`."""

from __future__ import annotations

import sys

from bot.cli import run


def main() -> None:
    """The program's entry: ends the process with its exit status."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
