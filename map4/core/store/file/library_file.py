"""The files beside a library: its mirror, journals, and files kept or left by restore and repair."""

from __future__ import annotations

import os
from datetime import datetime

from map4.core.base.unfinished import folder_of, unfinished_beside

# SQLite replays these files into any database with the matching name.
REPLAYED_SUFFIXES = ("-wal", "-journal")
SQLITE_MAGIC = b"SQLite format 3\x00"
"""How a database file begins."""
WRITE_VERSION_AT = 18
"""Where the header has 1 = rollback journal, as in backups; 2 = WAL, as in libraries in use."""

_LEFT_BY_CARE = (".restoring", ".repairing", ".replaced-", ".damaged-", ".without-wal-", ".wal-")

PRIVATE_FILE = 0o600


def mirror_path(path: str) -> str:
    """Path of a library's mirror; see `map4.core.store.sound.mirror_file`."""
    return f"{path}.mirror"


def dated_name(path: str, why: str, now: datetime) -> str:
    """The name under which an older library is kept beside the new one."""
    return f"{path}.{why}-{now:%Y%m%d-%H%M%S}"


def replayed_files(path: str) -> list[str]:
    """Journals beside a database that SQLite would replay into the file with its name."""
    names = (path + suffix for suffix in REPLAYED_SUFFIXES)
    return [name for name in names if os.path.exists(name) and os.path.getsize(name)]


def leftovers(path: str) -> list[str]:
    """Files that restore, repair or a moved library left beside an absent library."""
    base = os.path.basename(path)
    try:
        names = sorted(os.listdir(folder_of(path)))
    except OSError:
        return []
    left = [n for n in names if n.startswith(tuple(base + mark for mark in _LEFT_BY_CARE))]
    return left + [os.path.basename(name) for name in replayed_files(path)]


def remove_staged(path: str) -> None:
    """Remove the unfinished files of a killed restore or repair; only if no other is running."""
    for what in ("restoring", "repairing"):
        for name in unfinished_beside(path, what):
            os.unlink(name)
