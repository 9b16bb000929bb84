"""Files that are named otherwise than in the library: by a hard link, or another way through a link."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.plausible import MOST_STORED
from map4.core.store.database import Database
from map4.core.store.rows.track_rows import inode_value

_MOST_AT_ONCE = 250  # two values each; older builds of SQLite allow only 999 per query


def second_names(database: Database, paths: Iterable[str]) -> dict[str, str]:
    """The path in the library of each file that is in it under another name only."""
    there = {path: status for path in dict.fromkeys(paths) if (status := OnDisk(path).status()) is not None}
    for path in _known(database, list(there)):
        del there[path]
    wanted: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for path, status in there.items():
        wanted[status.st_dev, status.st_ino].append(path)
    named: dict[str, str] = {}
    for path in _alike(database, there):
        number = OnDisk(path).number()
        named |= dict.fromkeys(wanted.get(number, ()) if number is not None else (), path)
    return named


def _known(database: Database, paths: list[str]) -> Iterator[str]:
    for start in range(0, len(paths), _MOST_AT_ONCE):
        chosen = [os.fsencode(path) for path in paths[start : start + _MOST_AT_ONCE]]
        rows = database.rows(f"SELECT path FROM files WHERE path IN ({_marks(chosen)})", chosen)
        yield from (os.fsdecode(path) for (path,) in rows)


def _alike(database: Database, there: Mapping[str, os.stat_result]) -> list[str]:
    """The paths in the library that may be these files, the first by name last."""
    inodes = {inode_value(status.st_ino) for status in there.values()}
    # Some file systems change the inodes at each mount, but not the times.
    times = {status.st_mtime_ns for status in there.values() if abs(status.st_mtime_ns) <= MOST_STORED}
    if not inodes:
        return []
    where, values = "", list[int]()
    if len(inodes) + len(times) <= 2 * _MOST_AT_ONCE:
        values = [*inodes, *times]
        where = f"WHERE inode IN ({_marks(inodes)}) OR mtime_ns IN ({_marks(times) or 'NULL'}) "
    with database.reading() as connection:
        # One pass over the table; SQLite would take a slower index to sort by path.
        rows = connection.execute(f"SELECT path, inode, mtime_ns FROM files {where}", values)
        paths = sorted((path for path, inode, mtime in rows if inode in inodes or mtime in times), reverse=True)
    return [os.fsdecode(path) for path in paths]


def _marks(values: Iterable[int | bytes]) -> str:
    return ", ".join("?" for _ in values)
