"""`stride` and `python -m bot`."""

from __future__ import annotations

import sys

from bot.reading_in import uncollected


def main() -> None:
    """The program's entry: ends the process with its exit status."""
    with uncollected():
        from bot.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
