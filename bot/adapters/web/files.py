"""The page's own files, read once and served from memory, and files that arrive.

No path from a request ever reaches the disk.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from bot.adapters.sent import MAX_FILE, too_large
from bot.adapters.web.limits import UPLOAD_TIMEOUT_S
from bot.reply import File, Part, Picture

FOLDER = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
PAGE = "index.html"
VERSION_HERE = b"%CLIENT%"

_PIECE = 64 << 10
KEPT = "private, max-age=31536000, immutable"  # by the browser of whoever may see it, and by nothing between


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `tag` changes with its content."""

    body: bytes
    kind: str
    tag: str


def load(folder: Path = FOLDER) -> Mapping[str, Asset]:
    """Every file of the page by name, the page itself with its version in it. Reads the disk: call it in a thread."""
    found = {path.name: _asset(path.read_bytes(), path.suffix) for path in folder.iterdir() if path.suffix in KINDS}
    page = found[PAGE].body.replace(VERSION_HERE, version(found).encode())
    return found | {PAGE: _asset(page, ".html")}


def version(assets: Mapping[str, Asset]) -> str:
    """What changes with any of the scripts and styles: a page that is open knows by it that it is an old one."""
    tags = (f"{name} {assets[name].tag}" for name in sorted(assets) if name != PAGE)
    return hashlib.blake2b("\n".join(tags).encode(), digest_size=6).hexdigest()


def answer(asset: Asset, *, status: int = 200) -> web.Response:
    """A file as it is."""
    return web.Response(body=asset.body, status=status, content_type=asset.kind, charset="utf-8")


def fresh(request: web.Request, asset: Asset) -> web.Response:
    """A file, or only the word that the browser has it already."""
    if any(tag.value == asset.tag for tag in request.if_none_match or ()):
        response = web.Response(status=304)
    else:
        response = answer(asset)
    response.etag = asset.tag
    return response


def media(part: Part | None) -> web.Response:
    """A picture to be shown, or a file to be kept; the same for ever, and never opened as a page of ours."""
    match part:
        case Picture():
            response = web.Response(body=part.data, content_type=f"image/{part.kind}")
        case File():
            response = web.Response(body=part.data, content_type="application/octet-stream")
            response.headers["Content-Disposition"] = (
                f"attachment; filename*=UTF-8''{quote(part.name, safe='', errors='replace')}"
            )
        case _:
            return web.Response(status=404, text="There is no such picture or file.")
    response.headers["Cache-Control"] = KEPT
    return response


async def received(request: web.Request, name: str) -> bytes:
    """The body of a request; raises `NotTaken` where it is too large, as soon as that is known, or `TimeoutError`."""
    if (request.content_length or 0) > MAX_FILE:
        raise too_large(name, request.content_length or 0)
    data = bytearray()
    async with asyncio.timeout(UPLOAD_TIMEOUT_S):
        async for piece in request.content.iter_chunked(_PIECE):
            data += piece
            if len(data) > MAX_FILE:
                raise too_large(name, len(data))
    return bytes(data)


def _asset(body: bytes, suffix: str) -> Asset:
    return Asset(body, KINDS[suffix], hashlib.blake2b(body, digest_size=12).hexdigest())
