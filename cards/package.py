"""What an Anki package holds: its collection, taken out of the zip within bounds.

A package comes from anybody. Nothing is ever unpacked to a file, and of all its members one is read, two with the line
that says its format: whatever the others are, they cost nothing.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator

from cards.deck import DeckError

MAX_PACKAGE = 32 << 20  # bytes
MAX_COLLECTION = 64 << 20  # bytes, as it is when nothing is compressed
MAX_RATIO = 200  # of a collection beyond _FREE; Anki's own come to 30
MAX_MEMBERS = 20_000
NEWEST = 3  # the format that Anki 2.1.50 began with
_FREE = 4 << 20  # bytes that may come of next to nothing
_MAX_META = 1 << 10
_CHUNK = 1 << 20
_SIP = 256  # bytes given to zstd at a time, since each 4 of them may come to 128 KiB
_WINDOW = 8 << 20  # bytes that zstd may look back
_COLLECTIONS = {1: "collection.anki2", 2: "collection.anki21", NEWEST: "collection.anki21b"}
_SQLITE = b"SQLite format 3\x00"
_ENTRY = b"PK\x01\x02"  # each entry of a zip's list begins with it
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_LINK = 0o120000
_AGAIN = "export it from Anki again"
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError, OSError, IndexError)


def collection_of(data: bytes, name: str) -> bytes:
    """The SQLite file of a package; raises `DeckError`."""
    if name.lower().endswith(".colpkg"):
        raise _fault(name, "this is a whole collection with all its settings: in Anki, export one deck as .apkg")
    if len(data) > MAX_PACKAGE:
        raise _fault(name, f"it is larger than {MAX_PACKAGE >> 20} MiB: export it without media, or in parts")
    if data.count(_ENTRY) > MAX_MEMBERS:  # before zipfile makes an object of each
        raise _fault(name, f"it has more than {MAX_MEMBERS} files in it: export it without media")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = _collection(archive, name)
    except DeckError:
        raise
    except _BROKEN as fault:
        raise _fault(name, f"it is no Anki package, or a damaged one: {_AGAIN}") from fault
    if not found.startswith(_SQLITE):
        raise _fault(name, f"what should be its collection is none: {_AGAIN}")
    return found


def _collection(archive: zipfile.ZipFile, name: str) -> bytes:
    members = _members(archive, name)
    version = _version(archive, members, name)
    member = members.get(_COLLECTIONS[version])
    if member is None:
        raise _fault(name, f"there is no {_COLLECTIONS[version]} in it, so it is no Anki package: {_AGAIN}")
    if version < NEWEST:
        return _bounded(_stored(archive, member), member.compress_size, name)
    packed = _bounded(_stored(archive, member), member.compress_size, name)
    return _bounded(_inflated(packed), len(packed), name)


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """The members by name; none of them may have a name that would lead out of a folder."""
    members = archive.infolist()
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            raise _fault(name, f"it holds a file that wants to lie outside of it ({member.filename[:60]!r}): {_AGAIN}")
        if member.flag_bits & _ENCRYPTED:
            raise _fault(name, f"it is locked with a password: {_AGAIN}")
        if member.compress_type not in _METHODS:
            raise _fault(name, f"it is packed in a way that Anki does not pack: {_AGAIN}")
        if member.external_attr >> 16 & 0o170000 == _LINK:
            raise _fault(name, f"it holds a link ({member.filename[:60]!r}), and packages hold none: {_AGAIN}")
    twice = [each for each, times in Counter(member.filename for member in members).items() if times > 1]
    if twice:
        raise _fault(name, f"it holds two files of one name ({twice[0][:60]!r}): {_AGAIN}")
    return {member.filename: member for member in members}


def _version(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str) -> int:
    """The format, by the member that says it; older packages have none."""
    if "meta" not in members:
        return next((version for version in (NEWEST, 2) if _COLLECTIONS[version] in members), 1)
    meta = b"".join(_stored(archive, members["meta"], _MAX_META))
    version = meta[1] if len(meta) > 1 and meta[0] == 0x08 else 0  # field 1 of a protobuf: a small number
    if version not in _COLLECTIONS:
        raise _fault(name, "a newer Anki made it: export it with 'Support older Anki versions'")
    return version


def _stored(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int = MAX_COLLECTION) -> Iterator[bytes]:
    """A member's bytes by and by, at most one chunk more than it may have."""
    with archive.open(member) as stream:
        while most > 0 and (chunk := stream.read(_CHUNK)):
            most -= len(chunk)
            yield chunk


def _inflated(packed: bytes) -> Iterator[bytes]:
    """What zstd makes of it, by and by."""
    import zstandard

    stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    try:
        for start in range(0, len(packed), _SIP):
            yield stream.decompress(packed[start : start + _SIP])
            if stream.eof:
                return
    except zstandard.ZstdError as fault:
        raise ValueError(str(fault)) from fault
    raise EOFError("its end is missing")


def _bounded(chunks: Iterator[bytes], packed: int, name: str) -> bytes:
    """All chunks as one, unless they come to too much."""
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > MAX_COLLECTION:
            raise _fault(name, f"it unpacks to more than {MAX_COLLECTION >> 20} MiB: export the deck in parts")
        if len(found) > max(_FREE, MAX_RATIO * packed):
            raise _fault(name, f"it unpacks to more than {MAX_RATIO} times its size, as no deck does: {_AGAIN}")
    return bytes(found)


def _fault(name: str, words: str) -> DeckError:
    return DeckError(name, None, "", words)
