"""The reading process: one file in, what it holds out, and over.

All that reading needs is read in before it shuts itself in; then it can open no file, no socket and no process, and has
so much memory and time. Whatever a file does to SQLite, to zstd or to Python's own compiler, it does it here.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

from bot.confine import confine
from bot.deck_files.wire import answer, lost, refusal
from cards.calendar import Calendar, calendar
from cards.deck import DeckError
from cards.imported import MAX_FILE_BYTES, read

MEMORY_MB = 768  # on top of what it has when it is ready
CPU_S = 45
NICE = 5  # whoever asks a question is answered before a deck is read
_MAX_LINE = 4096
_LATE = ("cards.anki_read", "encodings.cp437", "zstandard")  # modules that a package brings in
_TABLE = "front,answer\nWhat?,That."


def main() -> None:
    """Reads stdin to its end, and answers on stdout."""
    os.nice(NICE)
    rehearse()
    asked = json.loads(sys.stdin.buffer.readline(_MAX_LINE))
    days = calendar(asked["zone"]) if asked["zone"] else None  # a zone's rules lie on the disk
    confine(int(sys.argv[1]), memory_mb=MEMORY_MB, cpu_s=CPU_S)
    sys.stdout.buffer.write(said(asked["name"], sys.stdin.buffer.read(MAX_FILE_BYTES + 1), days))
    sys.stdout.buffer.flush()


def rehearse() -> None:
    """Brings in every module that a file may need: later none can be."""
    for module in _LATE:
        import_module(module)
    for data in (_TABLE.encode("utf-8-sig"), _TABLE.encode("utf-16")):
        read("rehearsal.csv", data)


def said(name: str, data: bytes, days: Calendar | None) -> bytes:
    """What a file holds, or why it is refused."""
    if len(data) > MAX_FILE_BYTES:
        return refusal(DeckError(name, None, "", f"it is larger than {MAX_FILE_BYTES >> 20} MiB: send it in parts"))
    try:
        return answer(read(name, data, days))
    except DeckError as fault:
        return refusal(fault)
    except MemoryError:
        return refusal(DeckError(name, None, "", f"it needs more than {MEMORY_MB} MiB of memory: send it in parts"))
    except Exception as fault:  # noqa: BLE001 - a fault of ours: the bot logs it, and says that it could not be read
        return lost(fault)


if __name__ == "__main__":
    main()
