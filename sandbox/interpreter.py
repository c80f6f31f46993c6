"""What the interpreter that has torch needs to run somewhere else: the files that a jail binds, and no others.

A virtual environment or a home folder is never bound as a whole: only the library folders inside it are.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_QUESTION = """
import importlib.util, json, os, sys, sysconfig
library = sysconfig.get_config_var("INSTSONAME") or ""
packages = []
for name in ("torch", "numpy"):
    found = importlib.util.find_spec(name)
    if found is None or not found.origin:
        raise SystemExit(f"this Python has no {name}")
    packages.append(os.path.dirname(os.path.dirname(found.origin)))
print(json.dumps({
    "executable": os.path.realpath(sys.executable),
    "stdlib": [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")],
    "library": os.path.join(sysconfig.get_config_var("LIBDIR") or "", library) if ".so" in library else "",
    "packages": packages,
}))
"""
_ANSWER_S = 20.0
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache")
CODE = Path(__file__).resolve().parent


class InterpreterError(Exception):
    """The interpreter cannot be asked, or has no torch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """Where a Python with torch lies.

    Attributes:
        executable: the program itself, all links followed.
        packages: folders to import from, Stride's own not among them.
        read: every path that must be readable for it, system libraries included.
    """

    executable: str
    packages: tuple[str, ...]
    read: tuple[str, ...]


async def examine(python: str, libraries: str = "") -> Interpreter:
    """Asks a Python where its parts are; `libraries` is an `LD_LIBRARY_PATH`.

    Raises:
        InterpreterError: with what is wrong.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *(python, "-P", "-c", _QUESTION),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd="/",
        )
        try:
            async with asyncio.timeout(_ANSWER_S):
                answer, complaint = await process.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
            raise
    except (OSError, TimeoutError) as fault:
        raise InterpreterError(f"cannot ask {python}: {fault or 'no answer'}") from fault
    if process.returncode:
        raise InterpreterError(f"{python}: {complaint.decode(errors='replace').strip()[-300:]}")
    return await asyncio.to_thread(_interpreter, json.loads(answer), libraries)


def _interpreter(found: dict[str, str | list[str]], libraries: str) -> Interpreter:
    packages = tuple(dict.fromkeys(found["packages"]))
    extra = [path for path in libraries.split(":") if path.startswith("/")]
    wanted = [*_SYSTEM, str(found["executable"]), *found["stdlib"], str(found["library"]), *packages, *extra, str(CODE)]
    read = tuple(dict.fromkeys(path for path in wanted if path and os.path.exists(path)))  # noqa: PTH110 - strings stay
    return Interpreter(executable=str(found["executable"]), packages=packages, read=read)
