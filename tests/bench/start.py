"""How soon Stride serves after it is started, and what it weighs, torch's worker aside."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time

import aiohttp

from tests.bench.measure import Figure, median, resident_mb

STARTS = 5
PATIENCE_S = 30
ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")


async def figures() -> list[Figure]:
    """Starts `stride run` on its defaults several times, and once with every platform's code in the process."""
    starts = [await _started() for _ in range(STARTS)]
    served, known, weights = (list(each) for each in zip(*starts, strict=True))
    return [
        Figure(name="`stride run` until the page is served", value=median(served), unit="s", at_most=1.5),
        Figure(name="the same until the page has the commands and its history", value=median(known), unit="s"),
        Figure(name="memory of the bot once it serves", value=median(weights), unit="MB", at_most=120),
        Figure(name="the same with Discord and Slack", value=await _with_platforms(), unit="MB", at_most=160),
    ]


async def _started() -> tuple[float, float, float]:
    """Seconds until the page came, and until its socket knew all; the bot's weight in MB then."""
    # On its defaults, whatever this shell has set for a bot of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIDE_")}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        environment |= {"STRIDE_DATA_DIR": folder, "STRIDE_WEB__PORT": "0"}
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
        )
        try:
            address = await asyncio.wait_for(_address(process), PATIENCE_S)
            if address is None:
                status = await process.wait()
                said.seek(0)
                words = said.read().decode(errors="replace").strip() or "nothing"
                raise AssertionError(f"stride run ended with status {status} and said on stderr: {words}")
            jar = aiohttp.CookieJar(unsafe=True)  # of an address in place of a name
            async with aiohttp.ClientSession(cookie_jar=jar) as session:
                async with session.get(address) as page:
                    page.raise_for_status()
                served = time.perf_counter() - began
                async with session.ws_connect(f"{address}/ws?channel=general", headers={"Origin": address}) as socket:
                    welcome = await socket.receive_json()
                    if not welcome["commands"]:
                        raise AssertionError("the page was told of no command")
            return served, time.perf_counter() - began, resident_mb(process.pid)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str | None:
    """Where it says that its page is; None where it ended without saying so."""
    if process.stdout is None:
        raise AssertionError("the process was started with a pipe")
    async for line in process.stdout:
        found = ADDRESS.search(line)
        if found:
            return found.group().decode()
    return None


WITH_PLATFORMS = """
import asyncio, tempfile, pathlib
from pydantic import SecretStr
from bot.settings import DiscordSettings, Settings, SlackSettings
from bot.app import build_core
async def main():
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=pathlib.Path(folder),
            discord=DiscordSettings(token=SecretStr("not.a.token")),
            slack=SlackSettings(bot_token=SecretStr("xoxb-none"), app_token=SecretStr("xapp-none")),
        )
        async with build_core(settings) as core:
            from bot.adapters import discord, slack, web
            parts = [part(settings, core) for part in (discord.create_bot, slack.create_app, web.create_app)]
            status = pathlib.Path("/proc/self/status").read_text()
            print(len(parts), next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
asyncio.run(main())
"""


async def _with_platforms() -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", WITH_PLATFORMS, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return int(output.split()[1]) / 1000
