"""The library as files on a disk: what lies beside it, and how files come into place without a gap.

A name always leads to a whole file. New files are written under a name of their own, flushed to the disk, and then
linked or moved to their place in one step; what they replace is kept under a second name first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from map4.infra.files.placing import files_of, folder_of, fresh_name, unfinished_beside

# Of these two SQLite takes over what they hold, whichever database it finds under the name.
REPLAYED_SUFFIXES = ("-wal", "-journal")

_LEFT_BY_CARE = (".restoring", ".repairing", ".replaced-", ".damaged-")

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def mirror_path(path: str) -> str:
    """Where the mirror of a library lies; see `map4.infra.sqlite.sound.mirror_file`."""
    return f"{path}.mirror"


def dated_name(path: str, why: str, now: datetime) -> str:
    """The name under which an older library is kept beside the new one."""
    return f"{path}.{why}-{now:%Y%m%d-%H%M%S}"


def replayed_files(path: str) -> list[str]:
    """Journals beside a database that SQLite would play into the file that has its name."""
    names = (path + suffix for suffix in REPLAYED_SUFFIXES)
    return [name for name in names if os.path.exists(name) and os.path.getsize(name)]


def remove(path: str) -> None:
    """Remove a database with its side files, if it is there."""
    for name in files_of(path):
        os.unlink(name)


@contextmanager
def unfinished(path: str, what: str) -> Iterator[str]:
    """An empty file beside `path`, for its owner alone, to become a database.

    Where it has got no other name by the end, it is removed.
    """
    name = fresh_name(path, what)
    # What the user set, and where their music lies, is theirs alone; SQLite gives journals the rights of the file.
    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    try:
        yield name
    finally:
        remove(name)


def leftovers(path: str) -> list[str]:
    """What restoring and repairing, or a library moved away, left beside an absent library."""
    base = os.path.basename(path)
    try:
        names = sorted(os.listdir(folder_of(path)))
    except OSError:
        return []
    kept = [n for n in names if n.startswith(tuple(base + mark for mark in _LEFT_BY_CARE))]
    return kept + [os.path.basename(name) for name in replayed_files(path)]


def remove_staged(path: str) -> None:
    """Remove the unfinished files of a restore or repair that was killed; only where no other one runs."""
    for what in ("restoring", "repairing"):
        for name in unfinished_beside(path, what):
            os.unlink(name)
