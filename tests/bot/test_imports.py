"""What the bot's process never asks for: torch lives in the worker, numpy and matplotlib there and where is drawn."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

# An import hook sees even an import that is caught and given up, which a look at sys.modules does not.
PROBE = """
import asyncio, importlib, pathlib, pkgutil, sys

class Hook:
    asked = []
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "numpy", "matplotlib", "PIL"}:
            self.asked.append(name)
        return None

sys.meta_path.insert(0, Hook())

import bot
drawing = "bot.pictures.drawing"  # the other process's own
for module in pkgutil.walk_packages(bot.__path__, "bot."):
    if "migrations" not in module.name and module.name != "bot.__main__" and not module.name.startswith(drawing):
        importlib.import_module(module.name)

from bot import settings
from bot.app import build_core
from bot.serve import serve

async def main():
    stop = asyncio.Event()
    await serve(settings.load(), announce=lambda line: stop.set(), stop=stop)
    raw = {"kind": "line", "shape": [1], "values": "AACAPw==", "of": [1], "low": 1.0, "high": 1.0}
    async with build_core(settings.load()) as core:
        picture = await core.pictures.draw(raw)
        assert picture.data.startswith(b"\\x89PNG") and "value 1" in picture.alt

asyncio.run(main())
status = pathlib.Path("/proc/self/status").read_text()  # the peak since exec; getrusage's is inherited from a fork
peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
print(",".join(Hook.asked), int(peak) // 1000, sep=";")
"""


@pytest.mark.long
def test_the_bot_and_its_adapters_never_ask_for_torch_or_numpy_and_stay_small(tmp_path: Path) -> None:
    """Serving with every platform's library loaded, and with a picture drawn: at most 160 MB, and no numpy."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIDE_")}
    environment |= {"STRIDE_DATA_DIR": str(tmp_path), "STRIDE_WEB__PORT": "0"}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROBE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    asked, megabytes = done.stdout.strip().split(";")
    assert not asked
    assert int(megabytes) < 160
