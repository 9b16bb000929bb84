"""Open SQLite files, set their journal mode, and copy them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from map4.core.base.files.mounts import is_on_network
from map4.core.base.regular_files import NotRegularError, require_regular
from map4.core.base.unfinished import folder_of, place_under_free_name, unfinished
from map4.core.store.database import scalar
from map4.core.store.file.errors import (
    BUSY_TIMEOUT_S,
    DAMAGE_ERRORS,
    error_name,
    is_busy,
    is_damage,
    is_full,
    translated,
    write_errors,
)
from map4.core.store.place import IN_MEMORY
from map4.errors import LibraryVersionError, LibraryWriteError, UsageError


def connect(
    path: str,
    *,
    read_only: bool,
    immutable: bool = False,
    is_damaged: bool = False,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    check_same_thread: bool = True,
) -> sqlite3.Connection:
    """Open a file with SQLite, in autocommit mode.

    path: of an existing file, or IN_MEMORY
    immutable: also create no files beside it; only for a file that is open nowhere else
    is_damaged: read what is left of a file that may have a faulty schema or lack its last pages
    busy_timeout_s: how long to wait for other writers
    check_same_thread: False if several threads use it, one at a time
    """
    if path == IN_MEMORY:
        return sqlite3.connect(path, isolation_level=None)
    require_file(path)

    def opened(how: str) -> sqlite3.Connection:
        uri = f"file:{quote(os.fsencode(os.path.abspath(path)))}?{how}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=check_same_thread
        )
        if is_damaged:
            # Before the first read, which otherwise fails if the header counts more pages than the file has.
            connection.execute("PRAGMA writable_schema = ON")
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
        return connection

    if not read_only:
        return opened("mode=rw")
    if not immutable:
        connection = opened("mode=ro")
        try:
            connection.execute("PRAGMA user_version").fetchone()
            return connection
        except sqlite3.OperationalError as error:
            connection.close()
            # A WAL database needs its -shm file, which can't be created in a read-only folder or on a full disk, where
            # no process can write. A journal can't be rolled back read-only either; a writing process does it.
            is_refused = error_name(error).startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))
            if not is_refused and not (is_full(error, path) and not has_journal(path)):
                raise
        except BaseException:
            connection.close()
            raise
    return opened("immutable=1")


def require_file(path: str) -> None:
    """Raise UsageError for a folder, LibraryVersionError for a pipe, socket or device; other errors come on opening."""
    try:
        require_regular(path)
    except IsADirectoryError:
        shown = os.path.join(path, "library.map4")
        raise UsageError(f"{path} is a folder; the library is a file, such as {shown}") from None
    except NotRegularError as error:
        raise LibraryVersionError(
            f"{path} is not a map4 library: {error.strerror}; name another with --library"
        ) from None
    except OSError:  # SQLite reports why it can't be opened
        return


def use_journal(connection: sqlite3.Connection, file: str) -> None:
    """Put a library in WAL mode, in which readers and writers don't wait for each other; not on network drives.

    WAL needs shared memory, so two machines would destroy the library. A library that is open elsewhere keeps its mode
    until this process is its only user.
    """
    wanted = "delete" if is_on_network(file) else "wal"
    if scalar(connection, "PRAGMA journal_mode") != wanted:
        try:
            connection.execute(f"PRAGMA journal_mode = {wanted}")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
    # In WAL mode NORMAL may lose the last transaction in a power cut, but damages nothing; a journal needs FULL.
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if wanted == 'wal' else 'FULL'}")


def make_room_beside(connection: sqlite3.Connection, file: str) -> None:
    """Use the library's folder for SQLite's temporary files if root's TMPDIR can't hold files.

    SQLite only checks permissions, which root always has; for other users its check is right.
    """
    place = os.environ.get("TMPDIR")
    if not place or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    from tempfile import TemporaryFile

    try:
        TemporaryFile(dir=place).close()
    except OSError:
        connection.execute("PRAGMA temp_store_directory = '{}'".format(folder_of(file).replace("'", "''")))


@contextmanager
def committed(connection: sqlite3.Connection, *, begin: str | None = "BEGIN IMMEDIATE") -> Iterator[None]:
    """A transaction that waits for other writers; rolled back on any error.

    begin: None if it has already begun
    """
    if begin is not None:
        connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise


def copy_database(connection: sqlite3.Connection, target: str) -> None:
    """Copy a library to a new single file, consistent even while others write.

    Errors of the library itself are raised as SQLite's, for the caller to translate.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            connection.backup(copy)
            # A copy in WAL mode would need its -wal file too. The PRAGMA raises errors only if its result is read.
            scalar(copy, "PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        # The target is new, so damage can only come from the library.
        if is_damage(error) or is_busy(error):
            raise
        if is_full(error, target):
            raise LibraryWriteError(
                f"no space left in {os.path.dirname(target)} for a copy of the library; nothing of it is kept: free "
                "some space and run the command again"
            ) from None
        with translated(target):
            raise


def copy_before(connection: sqlite3.Connection, file: str, name: str) -> str:
    """Copy the library `file` to the first free variant of a name, and return that name."""
    with write_errors(f"a copy of {file} can't be kept as {name}"), unfinished(file, "copying") as partial:
        copy_database(connection, partial)
        return place_under_free_name(partial, name)


def has_journal(path: str) -> bool:
    """True if the journal contains writes that are not in the library file yet."""
    try:
        return os.path.getsize(f"{os.path.realpath(path)}-wal") > 0
    except OSError:
        return False


def has_older_journal(path: str) -> bool:
    """True if the -wal beside a library is older than the file, as after one of them was copied by hand.

    SQLite would show the older state, and write it into the file. Both numbers only grow; a restore, which
    begins the changes again, raises the number of the schema. A -wal without changes of values is not recognised.
    """
    for _ in range(2):  # again, as another process may have been writing
        if not has_journal(path):
            return False
        try:
            with closing(connect(path, read_only=True, immutable=True)) as bare:
                in_file = _age(bare)
            with closing(connect(path, read_only=True)) as whole:
                if in_file <= _age(whole):
                    return False
        except DAMAGE_ERRORS:
            return False
    return True


def _age(connection: sqlite3.Connection) -> tuple[int, int]:
    """The number of changes of the schema, and the last number of the change log."""
    last = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'changes'").fetchone()[0]
    return scalar(connection, "PRAGMA schema_version"), last or 0


def is_writable(path: str) -> bool:
    """True if a library can be written: the file, and its folder for the journals."""
    return os.access(path, os.W_OK) and os.access(folder_of(path), os.W_OK)


def table_names(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
