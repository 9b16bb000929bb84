"""Open the library file safely, and say in plain words what SQLite says in codes."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError, Map4Error
from map4.infra import schema

BUSY_TIMEOUT_S = 30.0
IN_MEMORY = ":memory:"
# The least a write needs: a page of the library and one of its index file.
FULL_BELOW_BYTES = 64 * 1024
SQLITE_HEADER = b"SQLite format 3\x00"
_APPLICATION_ID_OFFSET = 68


class Database:
    """A connection to one library file, in autocommit mode; writes go through `transaction`.

    Parameters
    ----------
    path : of the library; made when it does not exist

    Raises
    ------
    LibraryDamagedError, LibraryVersionError, LibraryWriteError
        If the file is no sound library of this or an older version of map4, or can't be made.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        exists = path != IN_MEMORY and os.path.exists(path)
        if exists:
            check_header(path)
        elif path != IN_MEMORY:
            _make_folder(path)
        self.is_read_only = exists and not _is_writable(path)
        with translated(path):
            self.connection = _connect(path, read_only=self.is_read_only)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self) -> None:
        version: int = self.connection.execute("PRAGMA user_version").fetchone()[0]
        newest = len(schema.MIGRATIONS)
        if version > newest:
            raise LibraryVersionError(
                f"{self.path} was written by a newer map4 (schema {version}, this one knows {newest}); "
                "update map4, or name another file with --library"
            )
        self.connection.execute("PRAGMA foreign_keys = ON")
        if self.is_read_only:
            if version < newest:
                raise LibraryWriteError(
                    f"{self.path} must be brought up to date first, but is read-only; make it writable once"
                )
            return
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        if version < newest:
            if version > 0:
                copy_database(self.connection, f"{self.path}.before-schema-{newest}")
            schema.migrate(self.connection)

    def require_writable(self) -> None:
        """Raise LibraryWriteError where this library can only be read."""
        if self.is_read_only:
            raise LibraryWriteError(f"{self.path} is read-only; make it writable or name another with --library")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One short write: BEGIN IMMEDIATE, which waits for other writers; rolled back on any error."""
        self.require_writable()
        with translated(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # a full disk has rolled back already
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries."""
        with translated(self.path):
            yield self.connection

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translation(path, error) from error


def _translation(path: str, error: sqlite3.Error) -> Map4Error:
    name = getattr(error, "sqlite_errorname", None) or ""
    # With no room for its index file, SQLite speaks of an I/O error.
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _free_bytes(path) < FULL_BELOW_BYTES):
        return LibraryWriteError(
            f"no space left for the library {path}; what is finished is kept: make room and run the command again"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LibraryWriteError(
            f"the library {path} was locked by another program for {BUSY_TIMEOUT_S:.0f} s; try again"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return LibraryWriteError(
            f"the library {path} can't be opened or written ({error}); check its folder and rights"
        )
    return damaged(path, str(error))


def damaged(path: str, what: str) -> LibraryDamagedError:
    """The error for a library that can't be trusted, with the ways out of it."""
    return LibraryDamagedError(
        f"the library {path} is damaged ({what}). Nothing was changed. 'map4 cache verify' says how badly, "
        "'map4 cache repair' salvages what can be read into a new file and keeps this one beside it, "
        "'map4 cache restore FILE' brings back a backup"
    )


def check_header(path: str) -> None:
    """Refuse, before SQLite opens it, what is not a map4 library.

    SQLite itself would take an empty file for a new database and quietly begin an empty library in it.
    """
    try:
        with open(path, "rb") as file:
            header = file.read(100)
    except OSError as error:
        raise LibraryWriteError(f"the library {path} can't be read: {error.strerror}") from None
    if not header.startswith(SQLITE_HEADER):
        what = "it is empty" if not header else "it does not begin as a library does"
        raise damaged(path, what)
    application = int.from_bytes(header[_APPLICATION_ID_OFFSET : _APPLICATION_ID_OFFSET + 4], "big")
    # 0 is what a library has until its first transaction is complete.
    if application not in (0, schema.APPLICATION_ID):
        raise LibraryVersionError(f"{path} is a database of another program; name another file with --library")


def copy_database(connection: sqlite3.Connection, target: str) -> None:
    """Copy a library, consistent even while others write, beside `target` and then into place."""
    partial = f"{target}.partial"
    with translated(target):
        copy = sqlite3.connect(partial, isolation_level=None)
        try:
            connection.backup(copy)
            # A copy in WAL mode would need its -wal file carried along.
            copy.execute("PRAGMA journal_mode = DELETE")
        except BaseException:
            copy.close()
            Path(partial).unlink(missing_ok=True)
            raise
        copy.close()
    os.replace(partial, target)


def _connect(path: str, *, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    uri = "file:" + quote(os.fsencode(os.path.abspath(path)))
    connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        # A WAL database needs its -shm file, which can't be made in a read-only folder; nobody else can write there.
        connection.close()
        connection = sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None)
    return connection


def _free_bytes(path: str) -> int:
    try:
        return shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    except OSError:
        return FULL_BELOW_BYTES


def _is_writable(path: str) -> bool:
    return os.access(path, os.W_OK) and os.access(os.path.dirname(os.path.abspath(path)), os.W_OK)


def _make_folder(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise LibraryWriteError(f"the folder {folder} of the library can't be made: {error.strerror}") from None
