"""Open the library file safely: never another program's, never half a file, never in two places at once; its locks."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from map4 import errors
from map4.core.base.paths import is_inside, user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.store.database import UNREADABLE_VALUES, Queries, scalar
from map4.core.store.file import connection as sqlite
from map4.core.store.file import schema
from map4.core.store.library_ref import IN_MEMORY, Locks, damaged

# SQLite replays these files into any database with the matching name.
REPLAYED_SUFFIXES = ("-wal", "-journal")
_LEFT_BY_CARE = (".restoring", ".repairing", ".replaced-", ".damaged-", ".without-wal-", ".wal-")

# A new library has no bytes for a moment; longer than this is damage.
_NEW_FOR_S = 0.5
_POLL_S = 0.02
_WRITE_VERSION_AT = 18
_MIRROR = ".mirror.lock"
_MUCH_FREE = 0.25  # for less, rewriting the whole file is not worth it
_NOBODY_YET = (
    "UPDATE change_log SET writer = ?1, actor = 0, step = NULL WHERE writer <> ?1 OR actor <> 0 OR step IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """A library as a file; those beside it have its name as their beginning."""

    path: str

    MAGIC: ClassVar = b"SQLite format 3\x00"
    """How a database file begins."""
    PRIVATE: ClassVar = 0o600
    FOREIGN_JOURNAL: ClassVar = (
        "{path}-wal is of another database, and hides the library; 'map4 library repair' moves it away and keeps it"
    )
    OLDER_JOURNAL: ClassVar = "the -wal beside it is older, and would hide newer values"
    UNKNOWN_FORMAT: ClassVar = "its header has the file format of a later SQLite"

    @property
    def mirror(self) -> str:
        """Path of a library's mirror; see `map4.core.store.sound.mirror_file`."""
        return f"{self.path}.mirror"

    def dated_name(self, why: str, now: datetime) -> str:
        """The name under which an older library is kept beside the new one."""
        return f"{self.path}.{why}-{now:%Y%m%d-%H%M%S}"

    def replayed_files(self) -> list[str]:
        """Journals beside a database that SQLite would replay into the file with its name."""
        names = (self.path + suffix for suffix in REPLAYED_SUFFIXES)
        return [name for name in names if os.path.exists(name) and os.path.getsize(name)]

    def leftovers(self) -> list[str]:
        """Files that restore, repair or a moved library left beside an absent library."""
        base = os.path.basename(self.path)
        try:
            names = sorted(os.listdir(SafeFile(self.path).folder))
        except OSError:
            return []
        left = [n for n in names if n.startswith(tuple(base + mark for mark in _LEFT_BY_CARE))]
        return left + [os.path.basename(name) for name in self.replayed_files()]

    def remove_staged(self) -> None:
        """Remove the unfinished files of a killed restore or repair; only if no other is running."""
        for what in ("restoring", "repairing"):
            for name in SafeFile(self.path).unfinished_beside(what):
                os.unlink(name)

    @contextmanager
    def mirror_lock(self) -> Iterator[None]:
        """Lock the making of a library's mirror, after any other process; reentrant within a thread."""
        with _lock(self.path, _MIRROR, wait=True, busy="", is_singleton=True):
            try:
                yield
            finally:
                with suppress(OSError):  # a waiting process makes it again, and two mirrors at once do no harm
                    os.unlink(f"{os.path.realpath(self.path)}{_MIRROR}")

    def has_older_journal(self) -> bool:
        """True if the -wal beside a library is older than the file, as after one of them was copied by hand.

        SQLite would show the older state, and write it into the file. Both numbers only grow; a restore, which
        begins the changes again, raises the number of the schema. A -wal without changes of values is not recognised.
        """
        for _ in range(2):  # again, as another process may have been writing
            if not sqlite.has_journal(self.path):
                return False
            try:
                with closing(sqlite.connect(self.path, read_only=True, immutable=True)) as bare:
                    in_file = _age(bare)
                with closing(sqlite.connect(self.path, read_only=True)) as whole:
                    if in_file <= _age(whole):
                        return False
            except sqlite.DAMAGE_ERRORS:
                return False
        return True

    def has_foreign_journal(self) -> bool:
        """True if another database wrote the -wal beside a library; SQLite would read that database."""
        if not sqlite.has_journal(self.path):
            return False
        with (
            suppress(*sqlite.DAMAGE_ERRORS),
            closing(sqlite.connect(self.path, read_only=True, immutable=True)) as bare,
            closing(sqlite.connect(self.path, read_only=True)) as whole,
        ):
            return schema.is_ours(bare) and not schema.is_ours(whole)
        return False

    def is_writable(self) -> bool:
        """True if a library can be written: the file, and its folder for the journals."""
        return os.access(self.path, os.W_OK) and os.access(SafeFile(self.path).folder, os.W_OK)

    def make_folder(self) -> None:
        """Make the folder of a library in map4's own data; any other must exist, as its path may be mistyped.

        raises NothingFoundError: if it does not exist
        """
        folder = SafeFile(self.path).folder
        with sqlite.write_errors(f"the folder {folder} of the library can't be made"):
            if is_inside(folder, user_file("data")):
                SafeFile.make_private_folder(folder)
                return
            try:
                os.stat(os.path.join(folder, ""))
            except FileNotFoundError:
                raise errors.NothingFoundError(
                    f"there is no folder {folder} for the library {os.path.basename(self.path)}; correct the path, "
                    "make the folder, or connect its drive"
                ) from None

    def require_content(self) -> None:
        """Reject an empty file: creating a library in it would hide that the old one is lost."""
        with sqlite.write_errors(f"the library {self.path} can't be read"):
            until = time.monotonic() + _NEW_FOR_S
            while not os.path.getsize(self.path) and time.monotonic() < until:  # another process may be creating it
                time.sleep(_POLL_S)
            if not os.path.getsize(self.path):
                raise errors.NoLibraryError(
                    f"{self.path} is an empty file, not a library: another program made it, or copying a library was "
                    "interrupted. Nothing was changed. Run 'map4 library restore FILE' to restore a backup; without "
                    "one, delete the file, and the next 'map4 scan FOLDER' creates a new library"
                )

    def write_version(self) -> bytes:
        """Of the header: 1 = rollback journal, as in backups; 2 = WAL, as in libraries in use."""
        with OnDisk(self.path).open() as file:
            return file.read(_WRITE_VERSION_AT + 1)[_WRITE_VERSION_AT:]

    def has_unknown_format(self) -> bool:
        """True if SQLite only reads the file, as a later version may write it otherwise."""
        with sqlite.write_errors(f"the library {self.path} can't be read"):
            return self.write_version() > b"\x02"


class SqliteLocks(Locks):
    """The locks of a library; `library` is the path of its file, and a link is followed."""

    def __init__(self, library: str) -> None:
        self._library = library

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        busy = f"another scan of {self._library} is running; try later, or 'map4 scan --wait'"
        return _lock(self._library, ".lock", wait=wait, busy=busy)

    def watch(self) -> AbstractContextManager[None]:
        busy = f"'map4 scan --watch' already runs for {self._library}; stop it first, or name all folders in one call"
        return _lock(self._library, ".watch.lock", wait=False, busy=busy)

    def serve(self) -> AbstractContextManager[None]:
        busy = f"'map4 serve' already runs for {self._library}; use that server, or stop it first"
        return _lock(self._library, ".serve.lock", wait=False, busy=busy)


def _age(connection: sqlite3.Connection) -> tuple[int, int]:
    """The number of changes of the schema, and the last number of the change log."""
    last = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'changes'").fetchone()[0]
    return scalar(connection, "PRAGMA schema_version"), last or 0


@contextmanager
def _lock(library: str, suffix: str, *, wait: bool, busy: str, is_singleton: bool = False) -> Iterator[None]:
    from filelock import FileLock, Timeout

    if library == IN_MEMORY:  # only this process has it
        yield
        return
    try:
        # The file, not the name: a link to a library must use the same lock.
        file = os.path.realpath(library)
        lock = FileLock(f"{file}{suffix}", mode=LibraryFile.PRIVATE, is_singleton=is_singleton)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise errors.LibraryBusyError(busy) from None
    except OSError as error:
        what = f"the library {library} can't be locked: {error.strerror}"
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            what = (
                f"the library {library} is read-only ({error.strerror}); scans, watches and servers write beside it: "
                "make its folder writable, or use a copy"
            )
        raise errors.LibraryWriteError(what) from None
    try:
        yield
    finally:
        lock.release()


class SqliteDatabase(Queries):
    """A connection to a library file, in autocommit mode; writes go through `transaction`.

    path: the library; created if it does not exist, in an existing folder. A symbolic link is followed once, here:
        journals and map4's own files are beside its target.
    busy_timeout_s: how long to wait for other writers
    on_update: called with the path of the copy before an older library is updated
    is_looked_at: only inspect the library: its journal mode is kept, so that a backup stays a backup
    """

    def __init__(
        self,
        path: str,
        *,
        busy_timeout_s: float = sqlite.BUSY_TIMEOUT_S,
        on_update: Callable[[str], object] | None = None,
        is_looked_at: bool = False,
    ) -> None:
        self.path = path
        self._on_update = on_update
        self._is_looked_at = is_looked_at
        self.file = path if path == IN_MEMORY else os.path.realpath(path)
        self.is_read_only = False
        # The disk has no room even for a journal, so the library is only read.
        self._is_full = False
        # SQLite names the journal after the file, so writers by different names would destroy each other's changes.
        self._has_names = False
        self._has_functions = False
        self._opened: tuple[int, int] | None = None
        if not self.is_in_memory:
            if not os.path.exists(self.file):
                _create(self.file)
            identify(self.file)
            self._has_names = _has_other_names(self.file)
            self.is_read_only = self._has_names or not LibraryFile(self.file).is_writable()
            self._opened = OnDisk(self.file).number()
        with sqlite.translated(path):
            try:
                self._connect(busy_timeout_s)
            except sqlite3.OperationalError as error:
                if sqlite.error_name(error) == "SQLITE_READONLY" and LibraryFile(self.file).has_unknown_format():
                    raise damaged(path, LibraryFile.UNKNOWN_FORMAT) from error
                # An unread journal may hold the newest changes: without it the library would be read as it was before.
                if self.is_read_only or not sqlite.is_full(error, self.file) or sqlite.has_journal(self.file):
                    raise
                self.is_read_only = self._is_full = True  # searches and exports to another disk still work
                self._connect(busy_timeout_s)

    def _connect(self, busy_timeout_s: float) -> None:
        self.connection = sqlite.connect(self.file, read_only=self.is_read_only, busy_timeout_s=busy_timeout_s)
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        version, newest = require_known_version(self.connection, self.path), schema.newest_version()
        self.connection.execute("PRAGMA foreign_keys = ON")
        if self._is_looked_at or not self.is_read_only:  # a write by a faulty header would overwrite data
            self._require_sound_header()
        if self.is_read_only:
            if schema.is_changed_since(version) and (self._is_full or self._has_names):
                self.require_writable()
            if schema.is_changed_since(version):
                raise errors.LibraryWriteError(
                    f"{self.path} must be brought up to date first, but is read-only; make it writable once"
                )
            self._require_schema()
            return
        if 0 < version < newest:  # before any change: a damaged library must not be migrated
            self._require_schema(version)
            if schema.foreign_parts(self.connection, version):  # perhaps those of a later version
                _require_header(self.connection, self.path)
        if not self._is_looked_at:  # verifying a backup must leave its bytes as they are
            sqlite.use_journal(self.connection, self.file)
            sqlite.make_room_beside(self.connection, self.file)
        if version < newest:
            self.keep_older(newest)
            schema.migrate(self.connection)
            self._give_back()
        self._require_schema()

    def _give_back(self) -> None:
        """Return much freed disk space after a migration; a failure does not harm the library."""
        free, pages = (scalar(self.connection, f"PRAGMA {name}") for name in ("freelist_count", "page_count"))
        if free > pages * _MUCH_FREE:
            with suppress(sqlite3.OperationalError):  # no room for a copy, or another program is writing
                self.connection.execute("VACUUM")
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _require_sound_header(self) -> None:
        """Reject a library in which SQLite would overwrite data, as its header has a faulty size or freelist."""
        # Of the tables only the schema is checked, which takes 0.05 ms.
        [problem] = self.connection.execute("PRAGMA integrity_check(sqlite_master)").fetchone()
        if problem != "ok":
            raise damaged(self.path, problem.splitlines()[-1])
        if not self.is_in_memory and self._counts_fewer_pages():
            raise damaged(self.path, "its header counts fewer pages than the file has")

    def _counts_fewer_pages(self) -> bool:
        """True if the file is longer than its header says, and not because another process is writing."""
        size = scalar(self.connection, "PRAGMA page_size")
        for _ in range(2):  # the page count and the size are read one after the other, and a writer may come between
            length = scalar(self.connection, "PRAGMA page_count") * size
            if os.path.getsize(self.file) <= length or LibraryFile(self.file).replayed_files():
                return False
        return True

    def _require_schema(self, version: int | None = None) -> None:
        """Reject a library whose tables, views or triggers differ from map4's."""
        if problems := schema.missing_parts(self.connection, version):
            _require_header(self.connection, self.path)
            raise damaged(self.path, problems[0])

    def keep_older(self, newest: int) -> None:
        """Copy a library of an older version aside before it is migrated."""
        # Under the lock for writing, so that no other map4 migrates while the copy is made.
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            version = schema.user_version(self.connection)
            # Another process may have migrated it meanwhile.
            if version and schema.is_changed_since(version):
                with closing(sqlite.connect(self.file, read_only=True)) as reader:
                    copy = sqlite.copy_before(reader, self.file, f"{self.file}.before-schema-{newest}")
                if self._on_update is not None:
                    self._on_update(copy)
        finally:
            if self.connection.in_transaction:  # a full disk has rolled back already
                self.connection.execute("ROLLBACK")

    def require_writable(self, instead: str = "name another with --library") -> None:
        """Raise LibraryWriteError if the library is read-only; `instead` names an alternative."""
        if self._is_full:
            raise sqlite.no_room(self.path)
        if self._has_names:
            raise errors.LibraryWriteError(
                f"{self.path} has several names (hard links); delete the others, or make it a copy"
            )
        if self.is_read_only:
            raise errors.LibraryWriteError(f"{self.path} is read-only; make it writable or {instead}")

    @contextmanager
    def transaction(self, *, erases: bool = False, wait_s: float | None = None) -> Iterator[sqlite3.Connection]:
        """A short write; nested, it joins the outer transaction. erases: deleted data is also overwritten"""
        with sqlite.translated(self.path):  # it may be closed
            is_within = self.connection.in_transaction
        if is_within:  # the outermost caller decides what is written together
            yield self.connection
            return
        self.require_writable()
        with self.turn(), sqlite.translated(self.path), sqlite.committed(self.connection, wait_s=wait_s):
            # A connection follows its file wherever it is moved, so its writes would be lost.
            if self._opened is not None and OnDisk(self.file).number() != self._opened:
                raise errors.LibraryWriteError(
                    f"the library {self.path} was replaced or moved away meanwhile; earlier changes are in the old "
                    "file, and this change was not written: run the command again"
                )
            if erases:
                self.connection.execute("PRAGMA secure_delete = ON")
            self.connection.execute(_NOBODY_YET, (self.writer,))
            if (first_write := self.first_write) is not None:
                self.first_write = None
                first_write()
            yield self.connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for queries; a stored value of the wrong form raises a damage error."""
        with sqlite.translated(self.path):
            try:
                yield self.connection
            except UNREADABLE_VALUES as error:
                from map4.core.store.file.validation import content_problems  # with it comes most of the domain

                problem = scalar(self.connection, "PRAGMA integrity_check(1)")
                problem = next(content_problems(self.connection), None) if problem == "ok" else str(problem)
                if problem is None:
                    raise
                raise damaged(self.path, problem) from error

    @contextmanager
    def asking(self) -> Iterator[sqlite3.Connection]:
        """As `reading`, with the functions that the SQL of queries calls."""
        with self.reading() as connection:
            if not self._has_functions:
                from map4.core.store.query.functions import FUNCTIONS

                for name, (values, function) in FUNCTIONS.items():
                    connection.create_function(name, values, function, deterministic=True)
                self._has_functions = True
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """As `reading`, with all queries on one snapshot of the library. Temporary tables may be written."""
        with self.reading() as connection:
            if connection.in_transaction:
                yield connection
                return
            with sqlite.committed(connection, begin="BEGIN"):
                yield connection

    def last_number(self, table: str) -> int:
        """The last number that an AUTOINCREMENT table assigned; 0 without rows."""
        with self.reading() as connection:
            return scalar(connection, "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (table,)) or 0

    def create(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self.connection.execute(statement)

    @property
    def is_in_memory(self) -> bool:
        return self.file == IN_MEMORY

    def cache_file(self, name: str) -> str | None:
        may_write = not (self.is_in_memory or self.is_read_only) and os.access(SafeFile(self.file).folder, os.W_OK)
        return f"{LibraryFile(self.file).mirror}-{name}" if may_write else None

    def state(self) -> tuple[int, int]:
        """Counters that change after each write: the first for other connections, the second for this one."""
        with self.reading() as connection:
            return scalar(connection, "PRAGMA data_version"), connection.total_changes

    def settle(self) -> None:
        """Move the journal's content into the file before this connection is closed, unless others use it.

        SQLite does this when the last connection is closed; this is for earlier ones.
        """
        with suppress(sqlite3.OperationalError):
            self.connection.execute("PRAGMA busy_timeout = 0")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        with sqlite.translated(self.path):
            self.connection.close()


def require_known_version(
    connection: sqlite3.Connection, path: str, damage: Callable[[str, str], errors.LibraryDamagedError] = damaged
) -> int:
    """The schema version of a library, 0 for a new file; raises LibraryVersionError unless this map4 supports it."""
    version = schema.user_version(connection)
    if not schema.FIRST_VERSION <= version <= schema.newest_version() and sqlite.table_names(connection):
        _require_header(connection, path, damage)
        if version <= 0:
            raise damage(path, f"its header says schema {version}")
    require_supported(version, path)
    return version


def require_supported(version: int, path: str) -> None:
    """Raise LibraryVersionError for the schema of an older or newer map4."""
    newest = schema.newest_version()
    if 0 < version < schema.FIRST_VERSION:
        raise errors.LibraryVersionError.of_older(path, version)
    if version > newest:
        raise errors.LibraryVersionError(
            f"{path} was written by a newer map4 (schema {version}; this map4 supports {newest}); "
            "update map4, or name another file with --library"
        )


def _require_header(
    connection: sqlite3.Connection, path: str, damage: Callable[[str, str], errors.LibraryDamagedError] = damaged
) -> None:
    if (problem := schema.header_problem(connection)) is not None:
        raise damage(path, problem)


@contextmanager
def checked_library(
    path: str, foreign: errors.Map4Error, damage: Callable[[str, str], errors.LibraryDamagedError]
) -> Iterator[tuple[sqlite3.Connection, int]]:
    """A library of this or an older map4, only for reading, and its schema version; nothing is created beside it.

    foreign: raised if it is a database of another program
    damage: returns the error for damage
    """
    sqlite.require_file(path)
    with OnDisk(path).open() as file:  # not with SQLite, which would leave journals next to read-only files
        if file.read(len(LibraryFile.MAGIC)) != LibraryFile.MAGIC:
            raise foreign
    # Without a journal it is a single, unused file.
    is_single = not LibraryFile(path).replayed_files()
    with (
        sqlite.translated(path, damage),
        closing(sqlite.connect(path, read_only=True, immutable=is_single)) as connection,
    ):
        if not is_single and LibraryFile(path).has_older_journal():
            raise damage(path, LibraryFile.OLDER_JOURNAL)
        if not schema.is_ours(connection):
            _require_header(connection, path, damage)
            raise foreign
        version = require_known_version(connection, path, damage)
        # The schema first: a foreign schema could make the later checks run anything.
        for problem in schema.missing_parts(connection, version):
            _require_header(connection, path, damage)
            raise damage(path, problem)
        if schema.foreign_parts(connection, version):  # perhaps those of a later version
            _require_header(connection, path, damage)
        yield connection, version


def identify(path: str) -> None:
    """Reject anything but a map4 library before writing to it.

    SQLite would silently create an empty library in an empty file. A database without an application id is accepted
    only if it is empty.

    The file is read through SQLite, not directly: closing a file drops all locks that this process has on it.
    """
    sqlite.require_file(path)
    LibraryFile(path).require_content()
    with sqlite.translated(path), closing(sqlite.connect(path, read_only=True)) as connection:
        if LibraryFile(path).has_older_journal():
            raise damaged(path, LibraryFile.OLDER_JOURNAL)
        if not schema.is_ours(connection) and not _is_new(connection):
            if LibraryFile(path).has_foreign_journal():
                raise errors.LibraryDamagedError(LibraryFile.FOREIGN_JOURNAL.format(path=path))
            _require_header(connection, path)
            raise errors.LibraryVersionError(
                f"{path} is a database of another program, not a map4 library; name another with --library"
            )


def _create(file: str) -> None:
    """Create an empty library atomically; several processes may do so at once."""
    LibraryFile(file).make_folder()
    left = LibraryFile(file).leftovers()
    if left and not os.path.exists(file):
        raise errors.LibraryDamagedError(
            f"there is no library {file}, but remains of one are beside it: {', '.join(left)}. No library was created, "
            "so that these are not lost. Run 'map4 library restore FILE' to restore a backup; or move them away, "
            "and the next scan creates a new library"
        )
    with sqlite.write_errors(f"the library {file} can't be made"), SafeFile(file).unfinished("new") as partial:
        with sqlite.translated(file), closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            sqlite.use_journal(connection, file)
            connection.execute("PRAGMA synchronous = OFF")  # the whole file is flushed before it gets its name
            schema.migrate(connection)
        SafeFile(partial).place_new(file)


def _has_other_names(file: str) -> bool:
    """True if a library has hard links, other than the name under which it was made."""
    if os.stat(file).st_nlink <= 1:
        return False
    # Listed before the names are counted: the process that makes it removes this name, or was killed.
    made_as = [
        name for name in SafeFile(file).unfinished_beside("new") if OnDisk(name).number() == OnDisk(file).number()
    ]
    return os.stat(file).st_nlink > 1 + len(made_as)


def _is_new(connection: sqlite3.Connection) -> bool:
    return (
        scalar(connection, "PRAGMA application_id") == 0
        and schema.user_version(connection) == 0
        and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    )
