"""Open the library file safely: never another program's, never half a file, never in two places at once."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from urllib.parse import quote

from map4.errors import LibraryDamagedError, LibraryVersionError, LibraryWriteError
from map4.infra.files.placing import folder_of, fresh_name, place_new, place_under_free_name
from map4.infra.sqlite import schema
from map4.infra.sqlite.errors import BUSY_TIMEOUT_S as BUSY_TIMEOUT_S
from map4.infra.sqlite.errors import damaged as damaged
from map4.infra.sqlite.errors import error_name, is_busy, is_damage
from map4.infra.sqlite.errors import translated as translated
from map4.infra.sqlite.library_file import is_on_network, leftovers, remove

IN_MEMORY = ":memory:"
# Where files can't be linked, a new library has no bytes for a moment; longer than this is damage.
EMPTY_FOR_S = 1.0
_POLL_S = 0.02


class Database:
    """A connection to one library file, in autocommit mode; writes go through `transaction`.

    Parameters
    ----------
    path : of the library; made when it does not exist. A symbolic link is followed once, here: journals and whatever
        map4 keeps lie beside the file that it leads to.

    Raises
    ------
    LibraryDamagedError, LibraryVersionError, LibraryWriteError
        If the file is no sound library of this or an older version of map4, or can't be made.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.file = path if path == IN_MEMORY else os.path.realpath(path)
        self.is_read_only = False
        self._opened: tuple[int, int] | None = None
        if path != IN_MEMORY:
            if not os.path.exists(self.file):
                _create(self.file)
            self.is_read_only = not is_writable(self.file)
            identify(self.file)
            self._opened = _inode(self.file)
        with translated(path):
            self.connection = connect(self.file, read_only=self.is_read_only)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self) -> None:
        version = _user_version(self.connection)
        newest = len(schema.MIGRATIONS)
        if version > newest:
            raise newer(self.path, version)
        self.connection.execute("PRAGMA foreign_keys = ON")
        if self.is_read_only:
            if version < newest:
                raise LibraryWriteError(
                    f"{self.path} must be brought up to date first, but is read-only; make it writable once"
                )
            return
        use_journal(self.connection, self.file)
        if version < newest:
            self._keep_older(newest)
            schema.migrate(self.connection)

    def _keep_older(self, newest: int) -> None:
        # Under the lock for writing, so that no other map4 migrates while the copy is made.
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            if 0 < _user_version(self.connection) < newest:
                with closing(connect(self.file, read_only=True)) as reader:
                    copy_aside(reader, self.file, f"{self.file}.before-schema-{newest}")
        finally:
            self.connection.execute("ROLLBACK")

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
                self._require_in_place()
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # a full disk has rolled back already
                    self.connection.execute("ROLLBACK")
                raise

    def _require_in_place(self) -> None:
        # A connection follows the file it opened, wherever that goes: what it writes then, nobody finds again.
        if self._opened is not None and _inode(self.file) != self._opened:
            raise LibraryWriteError(
                f"the library {self.path} was replaced or moved away meanwhile; what came before is in the older "
                "file, and this was not written: run the command again"
            )

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries."""
        with translated(self.path):
            yield self.connection

    def close(self) -> None:
        """Close the connection."""
        with translated(self.path):
            self.connection.close()


def newer(path: str, version: int) -> LibraryVersionError:
    """The error for a library of a later map4."""
    return LibraryVersionError(
        f"{path} was written by a newer map4 (schema {version}, this one knows {len(schema.MIGRATIONS)}); "
        "update map4, or name another file with --library"
    )


def identify(path: str) -> None:
    """Refuse what is not a map4 library, before anything is written to it.

    SQLite itself would take an empty file for a new database and quietly begin an empty library in it. A database that
    does not say whose it is counts as ours only while there is nothing in it.

    The file is read through SQLite, not directly: closing a file drops every lock that this process has on it.

    Raises
    ------
    LibraryDamagedError, LibraryVersionError, LibraryWriteError
        If it is no database, another program's, or can't be read.
    """
    _wait_while_empty(path)
    with translated(path), closing(connect(path, read_only=True)) as connection:
        if not is_ours(connection) and not _is_new(connection):
            raise LibraryVersionError(f"{path} is a database of another program; name another file with --library")


def is_ours(connection: sqlite3.Connection) -> bool:
    """Whether a database says that it is a map4 library."""
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID)


def has_our_tables(connection: sqlite3.Connection) -> bool:
    """Whether every table is there that a library of its version has."""
    version = _user_version(connection)
    expected = {name for kind, name in schema.expected_objects(version) if kind == "table"}
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return version > 0 and expected <= found


def copy_database(connection: sqlite3.Connection, target: str, *, source: str) -> None:
    """Copy a library, consistent even while others write, to a new file of one piece.

    Raises
    ------
    LibraryDamagedError, LibraryWriteError
        If `source` (its name) is damaged, or `target` can't be written; then nothing is left there.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            connection.backup(copy)
            # A copy in WAL mode would need its -wal file carried along.
            copy.execute("PRAGMA journal_mode = DELETE")
    except BaseException as error:
        remove(target)
        # The target was empty a moment ago, so that damage can only come from the source.
        if isinstance(error, sqlite3.Error):
            with translated(source if is_damage(error) or is_busy(error) else target):
                raise
        raise


def copy_aside(connection: sqlite3.Connection, file: str, name: str) -> str:
    """Keep a copy of the library `file` under a name not used yet; gives that name."""
    partial = fresh_name(file, "copying")
    try:
        copy_database(connection, partial, source=file)
        return place_under_free_name(partial, name)
    except OSError as error:
        raise LibraryWriteError(f"a copy of {file} can't be kept as {name}: {error.strerror}") from None
    finally:
        remove(partial)


def use_journal(connection: sqlite3.Connection, file: str) -> None:
    """Put a library in WAL mode, in which readers and writers don't wait for each other; not on network drives.

    WAL needs memory that all users of the file share, so that two machines would destroy it. A library that others
    have open keeps the mode it has until it is opened alone.
    """
    wanted = "delete" if is_on_network(file) else "wal"
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        try:
            connection.execute(f"PRAGMA journal_mode = {wanted}")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
    # In WAL mode NORMAL can lose the last moment in a power cut, but damages nothing; a journal needs FULL for that.
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if wanted == 'wal' else 'FULL'}")


def connect(path: str, *, read_only: bool, immutable: bool = False) -> sqlite3.Connection:
    """Open a file with SQLite, in autocommit mode.

    Parameters
    ----------
    path : of an existing file, or IN_MEMORY
    read_only : write nothing to it
    immutable : leave nothing beside it either; only for a file that nobody else has open
    """
    if path == IN_MEMORY:
        return sqlite3.connect(path, isolation_level=None)
    if not read_only:
        uri = _uri(path)
        return sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    if not immutable:
        connection = sqlite3.connect(f"{_uri(path)}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.execute("PRAGMA user_version").fetchone()
            return connection
        except sqlite3.OperationalError as error:
            connection.close()
            # A WAL database needs its -shm file, which can't be made in a read-only folder; nobody else can write
            # there. And a journal to be rolled back can't be, read-only; the one who may write does it.
            if not error_name(error).startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
                raise
        except BaseException:
            connection.close()
            raise
    return sqlite3.connect(f"{_uri(path)}?immutable=1", uri=True, isolation_level=None)


def is_writable(path: str) -> bool:
    """Whether a library can be written: the file, and its folder for the journals."""
    return os.access(path, os.W_OK) and os.access(folder_of(path), os.W_OK)


def _create(file: str) -> None:
    """Make an empty library, whole from its first moment; no matter if others do so too."""
    try:
        os.makedirs(folder_of(file), exist_ok=True)
    except OSError as error:
        raise LibraryWriteError(
            f"the folder {folder_of(file)} of the library can't be made: {error.strerror}"
        ) from None
    left = leftovers(file)
    if left and not os.path.exists(file):
        raise LibraryDamagedError(
            f"there is no library {file}, but beside it lie parts of one: {', '.join(left)}. No new one was begun, so "
            "that these are not forgotten. Put one in its place with 'map4 cache restore FILE'; or move them away, and "
            "the next scan begins a new library"
        )
    partial = fresh_name(file, "new")
    try:
        with translated(file), closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # the whole file is flushed before it gets its name
            schema.migrate(connection)
            use_journal(connection, file)
        place_new(partial, file)
    except OSError as error:
        raise LibraryWriteError(f"the library {file} can't be made: {error.strerror}") from None
    finally:
        remove(partial)


def _wait_while_empty(path: str) -> None:
    until = time.monotonic() + EMPTY_FOR_S
    try:
        while os.path.getsize(path) == 0:
            if time.monotonic() > until:
                raise damaged(path, "it is empty")
            time.sleep(_POLL_S)
    except OSError as error:
        raise LibraryWriteError(f"the library {path} can't be read: {error.strerror}") from None


def _is_new(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("PRAGMA application_id").fetchone()[0] == 0
        and _user_version(connection) == 0
        and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    )


def _user_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _inode(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _uri(path: str) -> str:
    return "file:" + quote(os.fsencode(os.path.abspath(path)))


def utc_text(moment: datetime) -> str:
    """ISO 8601 to the second, of a moment that is in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
