"""Reads the language's files from disk once, so that no question waits for a disk."""

from __future__ import annotations

from sandbox.language import about, catalogue, lessons, meanings


def read_all() -> None:
    """Fills the caches of every file that answers are made from; takes milliseconds, and blocks for them."""
    catalogue.load()
    meanings.patterns()
    about.families()
    lessons.read_all()
