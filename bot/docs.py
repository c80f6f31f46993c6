"""Writes what the declarations already say into the README and `deploy/`: `python -m bot.docs`, or `make docs`.

Every generated block stands between `<!-- name -->` and `<!-- /name -->`; a test fails when one is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic_core import PydanticUndefined

from bot.adapters.slack import manifest
from bot.arguments import usage
from bot.commands.registry import COMMANDS
from bot.settings import names
from sandbox import confine, container
from sandbox.language.layers.excused import EXCUSED
from sandbox.language.layers.registry import LAYERS, OPS

ROOT = Path(__file__).parent.parent


def commands_table() -> str:
    """Every command with its usage."""
    return _table(("command", "what it does"), [(f"`{usage(command)}`", command.says) for command in COMMANDS])


def settings_table() -> str:
    """Every setting with its default."""
    rows = [(f"`{name}`", _default(name), field.description or "") for name, field in names().items()]
    return _table(("setting", "default", "what it is"), rows)


def layers_line() -> str:
    """How many of torch.nn's classes the language knows."""
    every = len(LAYERS) + len(EXCUSED)
    left_out = ", ".join(f"`{name}`" for name in sorted(EXCUSED))
    return (
        f"It knows {len(LAYERS)} of the {every} classes that torch.nn exports, and {len(OPS)} tensor operations. "
        f"Left out are containers, abstract bases, deprecated aliases and what needs several devices: {left_out}."
    )


def confinement_table() -> str:
    """What each protection of the worker stops."""
    return _table(("protection", "what holds"), [(name, stops) for name, stops in confine.protections()])


BLOCKS: Mapping[str, Callable[[], str]] = {
    "commands": commands_table,
    "settings": settings_table,
    "layers": layers_line,
    "confinement": confinement_table,
}


def readme(text: str) -> str:
    """The README with every generated block as it should be."""
    for name, block in BLOCKS.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        text = f"{before}{start}{block()}\n{end}{after}"
    return text


def env_example() -> str:
    """`deploy/env.example`: every setting, commented out, with its default."""
    lines = ["# Every setting of Stride. Uncomment what you change."]
    for name, field in names().items():
        lines += ["", f"# {field.description}", f"#{name}={'' if _secret(name) else _plain_default(name)}"]
    return "\n".join(lines) + "\n"


FILES: Mapping[str, Callable[[], str]] = {
    "README.md": lambda: readme((ROOT / "README.md").read_text(encoding="utf-8")),
    "deploy/env.example": env_example,
    "deploy/slack-manifest.json": lambda: manifest.text(COMMANDS),
    "deploy/worker-seccomp.json": container.text,
}


def out_of_date() -> list[str]:
    """The files that differ from what the declarations say."""
    return [name for name, made in FILES.items() if not _same(ROOT / name, made())]


def main() -> int:
    """Writes them all."""
    for name in out_of_date():
        (ROOT / name).write_text(FILES[name](), encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def _default(name: str) -> str:
    plain = _plain_default(name)
    return f"`{plain}`" if plain else ""


def _plain_default(name: str) -> str:
    field = names()[name]
    if field.default_factory is not None:
        return "~/.local/share/stride" if name == "STRIDE_DATA_DIR" else ""
    return "" if field.default in (None, PydanticUndefined) else str(field.default)


def _secret(name: str) -> bool:
    return "SecretStr" in str(names()[name].annotation)


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


if __name__ == "__main__":
    sys.exit(main())
