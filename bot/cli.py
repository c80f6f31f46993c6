"""The command line: reads arguments and settings, starts what was asked for, and turns failures into exit statuses.

0 for an answer, 1 for the asker's mistake, 2 for our own or for a setting that is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bot import logs, settings
from bot.adapters.terminal.parse import Speaker
from bot.clock import moment
from bot.errors import StartError
from bot.reading_in import uncollected
from bot.settings import Settings

FAILED = 2
INTERRUPTED = 130  # as shells say it: 128 + SIGINT
PIPE_CLOSED = 141  # 128 + SIGPIPE
ASKED = (
    'what to ask, such as "/shape linear 5 3"; - reads one a line, as text or as JSON such as '
    '{"text": "/deck import", "as": "alice", "files": {"deck.toml": "BASE64"}}: a path is opened in text alone'
)

Work = Callable[[Settings, argparse.Namespace], Coroutine[None, None, int]]


def run(arguments: Sequence[str]) -> int:
    """Does what the arguments say; the exit status."""
    chosen = _parser().parse_args(arguments)
    work: Work = chosen.work
    try:
        found = settings.load()
        level = chosen.log_level or found.log_level
        logs.configure(level, found.log_format, found.secrets())
        return asyncio.run(work(found, chosen))
    except StartError as fault:
        print(f"stride: {fault}", file=sys.stderr)  # noqa: T201 - a command line's own voice
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains while it ends
        return PIPE_CLOSED


async def _run(found: Settings, _chosen: argparse.Namespace) -> int:
    with uncollected():
        from bot.serve import serve

    await serve(found, announce=_say, watched=sys.stdout.isatty())
    return 0


async def _invite(found: Settings, _chosen: argparse.Namespace) -> int:
    from bot.adapters.web.client import organiser_path
    from bot.app import build_core

    if not found.web.url and not found.web.port:
        raise StartError("with STRIDE_WEB__PORT=0 the page takes any free port: stride run prints its link with it")
    async with build_core(found) as core:
        _say((found.web.url or f"http://{found.web.host}:{found.web.port}").rstrip("/") + await organiser_path(core))
    return 0


async def _ask(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.adapters.terminal import ask
    from bot.adapters.terminal.album import Album
    from bot.app import build_core

    say = ask.as_json(sys.stdout) if chosen.json else ask.as_text(sys.stdout, Album(found.data_dir))
    async with build_core(found, patient=True) as core:
        return await ask.ask(core, chosen.text, _speaker(chosen), stdin=sys.stdin.buffer, say=say)


async def _chat(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.adapters.terminal import chat, posts
    from bot.app import build_core

    person_there = sys.stdin.isatty() and sys.stdout.isatty()
    async with build_core(found, patient=True) as core:
        read = (
            chat.prompting_reader(core, found.data_dir / "history")
            if person_there
            else chat.plain_reader(sys.stdin.buffer)
        )
        above = posts.above_prompt if person_there else posts.directly
        return await chat.chat(core, _speaker(chosen), read=read, out=sys.stdout, above=above)


async def _doctor(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.doctor import examine

    return await examine(found, quiet=chosen.quiet, serving=chosen.serving, say=_say)


async def _tick(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.duties import tick

    return await tick(found, at=chosen.at, as_json=chosen.json, say=_say)


async def _fit(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.fit import fit_learners

    return await fit_learners(found, person=chosen.person, say=_say)


async def _backup(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.keeping import back_up

    return await back_up(found, chosen.file, _say)


async def _restore(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.keeping import bring_back

    return await bring_back(found, chosen.file, force=chosen.force, say=_say)


async def _rebuild(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.keeping import rebuild

    return await rebuild(found, write=chosen.write, as_json=chosen.json, say=_say)


async def _verify(found: Settings, chosen: argparse.Namespace) -> int:
    from bot.verify import verify

    return await verify(found, say=_say, files=chosen.decks, watched=sys.stdout.isatty())


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line's own voice


def _speaker(chosen: argparse.Namespace) -> Speaker:
    name = chosen.speaker if chosen.speaker is not None else _operator()
    return Speaker(name=name, organiser=chosen.organiser, channel=chosen.channel, at=chosen.at)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have it
        return "operator"


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stride",
        description="A PyTorch tutor for study groups: everything it says, torch has run.",
        epilog="Settings come from the environment: see STRIDE_DATA_DIR and others in the README.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is, and end")
    parser.set_defaults(log_level=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _add(commands, "run", _run, "serve the web page, and Discord and Slack where their tokens are set")
    _add(commands, "invite", _invite, "print the link by which organisers come in to the web page")
    asking = _add(commands, "ask", _ask, "answer one question, or one a line on stdin")
    asking.add_argument("text", help=ASKED)
    asking.add_argument("--json", action="store_true", help="answer with one JSON object a line")
    _add_speaker(asking)
    _add_speaker(_add(commands, "chat", _chat, "talk in this terminal"))
    doctor = _add(commands, "doctor", _doctor, "say whether everything that Stride needs is there")
    doctor.add_argument("--quiet", action="store_true", help="say only what is wrong")
    doctor.add_argument("--serving", action="store_true", help="a web page that does not answer is wrong, too")
    tick = _add(commands, "tick", _tick, "do all that is due at a moment, and say what was done")
    tick.add_argument("--at", type=_moment, metavar="TIME", help="the moment (default: now)")
    tick.add_argument("--json", action="store_true", help="say it as JSON")
    _add_keeping(commands)
    fit = _add(commands, "fit", _fit, "look for weights of FSRS that foresee a learner's answers better")
    fit.add_argument("--person", metavar="ID", help="of one learner, such as discord:123 (default: all with enough)")
    verify = _add(commands, "verify", _verify, "prove every card and run every example that the help shows, with torch")
    verify.add_argument("decks", nargs="*", type=Path, metavar="DECK.toml", help="prove these decks instead")
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for, since that reads the disk."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Says it and ends."""
        try:
            found = metadata.version("stride-tutor")
        except metadata.PackageNotFoundError:
            found = "(not installed)"
        _say(f"stride {found}")
        parser.exit()


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, work: Work, says: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=says, description=says[0].upper() + says[1:] + ".")
    # One question's log lines are of no use beside its answer; warnings are.
    parser.set_defaults(work=work, log_level=None if name == "run" else "warning")
    return parser


def _add_keeping(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = _add(commands, "backup", _backup, "write the whole store into a file, also while Stride runs")
    backup.add_argument("file", type=Path, metavar="FILE", help="such as stride.backup; it holds all that is secret")
    restore = _add(commands, "restore", _restore, "fill the store from a backup, also one of the other database")
    restore.add_argument("file", type=Path, metavar="FILE", help="what stride backup wrote")
    restore.add_argument("--force", action="store_true", help="give up what the store holds now")
    rebuild = _add(
        commands, "rebuild", _rebuild, "work out from the log what everybody remembers, and say what differs"
    )
    rebuild.add_argument("--write", action="store_true", help="put right what differs")
    rebuild.add_argument("--json", action="store_true", help="say it as JSON")


def _add_speaker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="speaker", metavar="NAME", help="speak as somebody (default: you)")
    parser.add_argument("--in", dest="channel", metavar="CHANNEL", default="terminal", help="speak in a channel")
    parser.add_argument("--at", type=_moment, metavar="TIME", help="speak at a moment (default: now)")
    parser.add_argument(
        "--organiser", action=argparse.BooleanOptionalAction, default=True, help="speak as an organiser (default: yes)"
    )
