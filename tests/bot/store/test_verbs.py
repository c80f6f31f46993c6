"""What hangs on the store is read in when it is wanted: not before the page is served, and not on the loop."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent.parent

PROBE = """
import asyncio, json, pathlib, sys
from functools import cached_property

from bot.app import build_core
from bot.serve import serve
from bot.settings import Settings
from bot.store.verbs import Verbs
from sandbox.settings import SandboxSettings

async def main():
    settings = Settings(data_dir=pathlib.Path(sys.argv[1]), sandbox=SandboxSettings(python="/bin/false"))
    async with build_core(settings) as core:
        served = sorted(sys.modules)
        await core.read_in()
        known = set(sys.modules)
        looks = [name for name, verbs in vars(Verbs).items() if isinstance(verbs, cached_property)]
        for name in looks:
            getattr(core.store, name)
        print(json.dumps([served, looks, sorted(set(sys.modules) - known)]))

asyncio.run(main())
"""


def test_a_page_is_served_without_them_and_no_look_reads_any_in_once_the_commands_are_there(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROBE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    served, looks, late = json.loads(done.stdout)
    assert not {"bot.store.learning", "cards.grade", "bot.pictures.charts", "sandbox.pool"} & set(served)
    assert {"learning", "decks", "schedules"} <= set(looks)
    assert not late
