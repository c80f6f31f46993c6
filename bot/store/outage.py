"""Tells a database that cannot be reached or written just now from one that does not like what it was told.

The first passes: what was to be written is kept until then, and people are told to try again.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy.exc

_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
_PRIMARY = 0xFF  # of SQLite's codes, which say more above it
_POSTGRES = ("08", "53", "57P", "58", "25006")  # connections, room, shutting down or starting, disks, only read
_BROKEN = (
    sqlalchemy.exc.TimeoutError,
    sqlalchemy.exc.DisconnectionError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.InternalError,  # of a driver whose connection broke off in the middle
)


def is_away(fault: BaseException) -> bool:
    """Whether the same may go well in a while."""
    if isinstance(fault, _BROKEN):
        return True
    if isinstance(fault, sqlalchemy.exc.DBAPIError):
        return fault.connection_invalidated or (fault.orig is not None and is_away(fault.orig))
    if isinstance(fault, sqlite3.Error):
        return getattr(fault, "sqlite_errorcode", 0) & _PRIMARY in _SQLITE
    return str(getattr(fault, "sqlstate", None) or "").startswith(_POSTGRES)
