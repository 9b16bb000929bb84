"""Convert libraries of schema 33 to the current schema on restore. Only until map4 1.0.

The old library is only read. Analyses are kept by audio id, so that nothing is analysed again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from map4.base.text import folded
from map4.base.unfinished import unfinished
from map4.errors import LibraryDamagedError, LibraryVersionError
from map4.music.track.fields import OF_FILE
from map4.store.database import scalar
from map4.store.file import schema
from map4.store.file.connection import connect
from map4.store.file.database import is_ours
from map4.store.file.errors import translated, write_errors
from map4.store.file.library_file import replayed_files
from map4.store.query.facts import TEXTS
from map4.store.stored_tables import extra_tables
from map4.store.upkeep.salvage import salvaged

# Schema 33 always has this extra's tables, without its name.
_EXTRA = "connect"


def is_old(source: str, path: str) -> bool:
    """True if a file is a library of schema 33; raises LibraryVersionError if it is also the library `path` itself."""
    if not os.path.isfile(source):
        return False
    try:
        with closing(_opened(source)) as old:
            if not is_ours(old) or schema.user_version(old) != schema.OLD_VERSION:
                return False
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    if os.path.exists(path) and os.path.samefile(source, path):
        raise schema.made_by_older(path, schema.OLD_VERSION)
    return True


@contextmanager
def present_form(source: str, path: str, now: datetime) -> Iterator[str]:
    """Yield the backup to restore: `source`, or a copy of it in the present schema, beside the library `path`."""
    if not is_old(source, path):
        yield source
        return
    with write_errors(f"a copy beside {path} can't be made"), unfinished(path, "taking-over") as copy:
        _copy_rows(source, copy, now)
        yield copy


def _copy_rows(source: str, target: str, now: datetime) -> None:
    with translated(source, _damaged), closing(_opened(source)) as old:
        old.execute("BEGIN")
        for table in ("user_values", "value_changes"):
            old.execute(_each_file(old, table))
        if _EXTRA not in extra_tables() and scalar(old, "SELECT EXISTS (SELECT 1 FROM connections)"):
            raise LibraryVersionError(
                f"{source} has tables of the extra '{_EXTRA}', which is not installed here; install it, then try again"
            )
        with salvaged(old, target, schema.FIRST_VERSION, now) as salvage:  # whose tables were the same
            pass
    with translated(target), closing(sqlite3.connect(target)) as new, new:
        new.create_function("map4_folded", 1, folded, deterministic=True)  # it folds more letters now
        keys = (f"{name}_sorted = iif({name}_sorted IS NULL, NULL, map4_folded({name}))" for name in TEXTS.values())
        new.execute(f"UPDATE files SET {', '.join(keys)}")
    if lost := salvage.incomplete - {"gone_files"}:  # which it did not have
        raise _damaged(source, f"rows of {', '.join(sorted(lost))} can't be read")


def _each_file(old: sqlite3.Connection, table: str) -> str:
    """A table of the same name that is read instead: schema 33 has one value for all files of an audio id."""
    columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
    of_each = ", ".join("f.uid AS audio_id" if column == "audio_id" else f"v.{column}" for column in columns)
    of_file = f"v.name IN ({', '.join(repr(name) for name in sorted(OF_FILE))})"
    return (
        f"CREATE TEMP TABLE {table} AS SELECT v.* FROM main.{table} AS v WHERE NOT {of_file} UNION ALL "
        f"SELECT {of_each} FROM main.{table} AS v JOIN main.files AS f ON f.audio_id = v.audio_id WHERE {of_file}"
    )


def _opened(source: str) -> sqlite3.Connection:
    # A library without a journal is a single file: opened as immutable, no files are created beside it.
    return connect(source, read_only=True, immutable=not replayed_files(source))


def _damaged(source: str, what: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"{source} is damaged ({what}). Nothing was changed; repair it with the map4 that made it, then try again"
    )
