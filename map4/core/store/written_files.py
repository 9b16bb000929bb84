"""The files that map4 wrote, in the library."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from map4.core.audio.content import Content
from map4.core.base.account import Account
from map4.core.base.paths import display_path
from map4.core.base.records import Count, Moment, Record, Requery, Seconds
from map4.core.base.text import utc_text
from map4.core.store.database import Connection, Database, StorePart
from map4.core.store.library_ref import exports_folder
from map4.core.store.stored_tables import REMOVED
from map4.errors import LibraryWriteError

_LATEST_BY_PATH = 20
_WAIT_S = 0.5


class WrittenFile(Record, members="* asked_by.id=asker_id asked_by.name=asker_name"):
    """A file that map4 wrote: a list, an export, or a report of a check.

    path: absolute, with links followed
    format: its name
    written_at: UTC, ISO 8601
    seconds: how long it took
    asker_id, asker_name: who requested it
    """

    path: str
    format: str
    tracks: Count
    size_bytes: Count
    written_at: Moment
    seconds: Seconds
    asker_id: int
    asker_name: str


class SqlWrittenFiles(StorePart):
    """Records the files that map4 wrote and for which user, so that a file changed later counts as the user's."""

    def has_written(self, path: str, content: Content) -> bool:
        """Whether map4 wrote exactly this content to `path`."""
        row = self._database.row(
            "SELECT 1 FROM written_files WHERE path = ? AND size_bytes = ? AND digest = ?",
            (os.fsencode(path), content.size_bytes, content.digest),
        )
        return row is not None

    def is_audio(self, path: str) -> bool:
        """Whether the library knows a music file at this path."""
        return self._database.row("SELECT 1 FROM files WHERE path = ?", (os.fsencode(path),)) is not None

    def note(
        self, path: str, content: Content, *, format_name: str, tracks: int, seconds: float, now: datetime
    ) -> bool:
        """Record a file that is about to get its name, and how long it took.

        returns: False if the library is read-only or another program is writing to it: the file does not wait
        """
        name, actor = os.fsencode(path), self._actor
        with suppress(LibraryWriteError), self._database.transaction(wait_s=_WAIT_S) as connection:
            connection.execute(
                "INSERT INTO written_files (path, display, format, tracks, size_bytes, digest, written_at, seconds, "
                "asked_by, asker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (name, display_path(path), format_name, tracks, content.size_bytes, content.digest,
                 utc_text(now), seconds, actor.id, actor.name),
            )  # fmt: skip
            connection.execute(
                "DELETE FROM written_files WHERE path = ? AND id NOT IN "
                "(SELECT id FROM written_files WHERE path = ? ORDER BY id DESC LIMIT ?)",
                (name, name, _LATEST_BY_PATH),
            )
            return True
        return False

    def all(self) -> list[WrittenFile]:
        """Files that map4 wrote for the actor, newest first; all files for an admin."""
        return written_files(self._database, "?1 OR asked_by = ?2", (self._actor.may("admin"), self._actor.id))


def written_files(database: Database, where: str, values: Sequence[object]) -> list[WrittenFile]:
    """The written files that match a condition, newest first."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT path, format, tracks, size_bytes, written_at, seconds, asked_by, asker FROM written_files "
            f"WHERE {where} ORDER BY id DESC",
            values,
        )
        return [
            WrittenFile(
                path=os.fsdecode(path),
                format=format_name,
                tracks=tracks,
                size_bytes=size,
                written_at=when,
                seconds=seconds,
                asker_id=number,
                asker_name=name,
            )
            for path, format_name, tracks, size, when, seconds, number, name in rows
        ]


def written_for(database: Database, account: int) -> Requery[WrittenFile]:
    return Requery(lambda: iter(written_files(database, "asked_by = ?", (account,))))


def erase_asker(connection: Connection, account: Account, database: Database) -> Mapping[str, int]:
    # Rows of the account's jobs, whose files are deleted too.
    folder = os.fsencode(os.path.join(exports_folder(database.file), ""))
    connection.execute(
        "DELETE FROM written_files WHERE asked_by = ?1 AND substr(path, 1, length(?2)) = ?2", (account.number, folder)
    )
    sql = "UPDATE written_files SET asker = ? WHERE asked_by = ?"
    return {"exports": connection.execute(sql, (REMOVED, account.number)).rowcount}


def take_written(connection: Connection, account: Account) -> Mapping[str, int]:
    sql = "UPDATE written_files SET (asked_by, asker) = (?, ?) WHERE asked_by = 0"
    return {"exports": connection.execute(sql, (account.number, account.name)).rowcount}


def rename_asker(connection: Connection, was: Account, now: Account) -> None:
    connection.execute("UPDATE written_files SET asker = ? WHERE asked_by = ?", (now.name, now.number))
