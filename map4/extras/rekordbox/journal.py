"""Copies before each write into rekordbox's database, and the journal that completes or undoes an interrupted write.

A write changes two files: the database in one transaction, and masterPlaylists6.xml by renaming a finished file. The
journal records the counter of changes before and after the transaction, which shows after a crash whether it happened.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from map4.core.audio.content import Content
from map4.core.base.files.journal import JournalError
from map4.core.base.files.undo import UndoStep
from map4.core.base.paths import display_path, user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted, utc_text
from map4.core.base.unfinished import SafeFile
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.extras.rekordbox.database import DatabaseRows, opened_rows
from map4.extras.rekordbox.folder import JOURNALS, PENDING
from map4.extras.rekordbox.playlists_xml import NAME, is_well_formed
from map4.formats import DatabaseCopy

State = Literal["writing", "written", "undoing", "undone", "nothing written", "overtaken"]

MOST_XML_BYTES = 64 << 20
_DATABASE, _XML, _NEW_XML, _RECORD = "master.db", NAME, f"new-{NAME}", "write.json"
_JOURNALS = ("-wal", "-journal")
_FOLDER_NAME = "%Y%m%d-%H%M%S-%f"
_WHAT = "map4"  # marks unfinished files beside rekordbox's


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write into a database, as its journal records it.

    folder: with the copies
    database, playlists: paths of the database and of masterPlaylists6.xml
    count_before, count_after: the database's counter of changes
    new: numbers of the new lists and folders
    after: digests of both files as map4 left them, to detect changes by rekordbox
    is_locked: in journals of older versions
    """

    folder: str
    database: str
    playlists: str
    count_before: int
    count_after: int
    new: tuple[str, ...]
    state: State = "writing"
    after: tuple[str, str] | None = None
    is_locked: bool = True

    @property
    def copy(self) -> str:
        """The copy of the database, made before the write; its journals are beside it."""
        return os.path.join(self.folder, _DATABASE)

    @property
    def copied_xml(self) -> str:
        return os.path.join(self.folder, _XML)

    @property
    def new_xml(self) -> str:
        return os.path.join(self.folder, _NEW_XML)


class WriteJournal:
    """The writes of this user on this machine, each a folder with copies that stays until the user deletes it."""

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder or user_file(*JOURNALS)

    @contextmanager
    def locked(self, *, wait_s: float = 0.0) -> Iterator[None]:
        """Keep other map4 processes from writing, or from completing this write."""
        from filelock import FileLock, Timeout

        SafeFile.make_private_folder(self.folder)
        try:
            with FileLock(os.path.join(self.folder, "lock"), timeout=wait_s, mode=0o600):
                yield
        except Timeout:
            raise UsageError("another map4 is writing rekordbox's database; try again when it has finished") from None

    def new_folder(self) -> str:
        """Create the folder of a write."""
        folder = os.path.join(self.folder, f"{datetime.now(UTC):{_FOLDER_NAME}}")
        os.mkdir(folder, 0o700)
        return folder

    def pending(self) -> Write | None:
        """Return the write that was interrupted, if any."""
        try:
            name = OnDisk(os.path.join(self.folder, PENDING)).read(most_bytes=1000).decode()
        except FileNotFoundError:
            return None
        return self._read(os.path.join(self.folder, name))

    def pending_undo(self) -> Write | None:
        """Return the write whose undo was interrupted, if any."""
        write = self.pending()
        return write if write is not None and write.state == "undoing" else None

    def state_of(self, folder: str) -> State | None:
        """Return the state of a write by its folder; None if it did not begin."""
        return self._read(folder).state if os.path.exists(os.path.join(folder, _RECORD)) else None

    def newest(self) -> Write:
        """Return the newest write that can be undone."""
        with suppress(FileNotFoundError):
            for name in sorted(os.listdir(self.folder), reverse=True):
                folder = os.path.join(self.folder, name)
                if self.state_of(folder) == "written":
                    return self._read(folder)
        raise NothingFoundError("there is nothing to undo: map4 has written no rekordbox database, or all is undone")

    def begin(self, write: Write, new_xml: bytes | None = None) -> None:
        """Record a change before it happens, and the content that masterPlaylists6.xml gets."""
        if new_xml is not None:
            _put_file(write.new_xml, new_xml)
            self._put(write)
        _put_file(os.path.join(self.folder, PENDING), os.path.basename(write.folder).encode())
        if new_xml is None:  # a record of an undo without the above would look like one that is complete
            self._put(write)

    def end(self, write: Write, state: State, *, after: tuple[str, str] | None = None) -> None:
        """Record that a change is complete, or did not happen."""
        self._put(replace(write, state=state, after=after or write.after))
        self.forget_pending()

    def forget_pending(self) -> None:
        pending = os.path.join(self.folder, PENDING)
        os.unlink(pending)
        SafeFile.sync_folder(pending)

    def _put(self, write: Write) -> None:
        record = {name: value for name, value in asdict(write).items() if name != "folder"}
        _put_file(os.path.join(write.folder, _RECORD), json.dumps(record, indent=1).encode("utf-8", "surrogatepass"))

    def _read(self, folder: str) -> Write:
        path = os.path.join(folder, _RECORD)
        try:
            record: dict[str, Any] = json.loads(OnDisk(path).read(most_bytes=MOST_XML_BYTES))
            record |= {"new": tuple(record["new"]), "after": record["after"] and tuple(record["after"])}
            return Write(folder=folder, **record)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise JournalError(
                f"{display_path(path)} is damaged ({error}); compare rekordbox's database with the copies there, "
                f"and delete {display_path(os.path.join(self.folder, PENDING))}"
            ) from None


def copy_before(database: str, playlists: str, folder: str) -> bytes:
    """Copy the database, its journals and masterPlaylists6.xml; returns the content of the latter."""
    DatabaseCopy.write(database, os.path.join(folder, _DATABASE))
    xml = OnDisk(playlists).read(most_bytes=MOST_XML_BYTES)
    _put_file(os.path.join(folder, _XML), xml)
    for suffix in ("", *_JOURNALS):
        with suppress(FileNotFoundError):
            SafeFile(os.path.join(folder, _DATABASE + suffix)).sync()
    return xml


def stamp_of(database: str) -> tuple[object, ...]:
    """Return what changes with a database; opening it instead would drop the locks of this process."""
    stamps: list[object] = []
    for suffix in ("", *_JOURNALS):
        try:
            status = os.stat(database + suffix)
            stamps.append((status.st_ino, status.st_size, status.st_mtime_ns) if status.st_size else None)
        except FileNotFoundError:
            stamps.append(None)
    return tuple(stamps)


def file_beside(path: str, data: bytes) -> str:
    """Write a file beside another, so that only a renaming is left; returns its path."""
    beside = f"{path}.{_WHAT}-{secrets.token_hex(4)}"
    with open(beside, "wb") as file:
        file.write(data)
    with suppress(FileNotFoundError):
        shutil.copymode(path, beside)
    SafeFile(beside).sync()
    return beside


def digests(write: Write) -> tuple[str, str]:
    """Return digests of the database and masterPlaylists6.xml as they are now."""
    return Content.of_file(write.database).digest, Content.of_file(write.playlists).digest


def settle(journal: WriteJournal, running: Callable[[], str | None]) -> str | None:
    """Complete or put back an interrupted change; returns a sentence about it, None if there was none.

    running: returns the name of a running program of rekordbox
    """
    write = journal.pending()
    if write is None:
        return None
    if write.state not in ("writing", "undoing"):  # stopped before an undo began, or after the last step
        journal.forget_pending()
        return None
    named = f"a write into {display_path(write.database)} was interrupted"
    copies = f"copies of before are in {display_path(write.folder)}"
    if program := running():
        return f"{named}; close {program}, and any map4 command completes it ({copies})"
    if write.state == "undoing":
        put_back(journal, write)
        return f"an interrupted undo of {display_path(write.database)} is completed"
    _remove_unfinished(write)
    state = _state_of(write)
    xml = OnDisk(write.playlists).read(most_bytes=MOST_XML_BYTES) if os.path.exists(write.playlists) else b""
    old, new = (OnDisk(path).read(most_bytes=MOST_XML_BYTES) for path in (write.copied_xml, write.new_xml))
    if state == "other" or (xml not in (old, new) and is_well_formed(xml)):
        journal.end(write, "overtaken")
        return f"{named}, and rekordbox has changed its files since; they were left as they are ({copies})"
    wanted = new if state == "after" else old
    if xml != wanted:
        _put_file(write.playlists, wanted)
    if state == "after":
        journal.end(write, "written", after=digests(write))
        return f"{named}; it is completed ('map4 export undo rekordbox' undoes it)"
    journal.end(write, "nothing written")
    return f"{named} before the database changed; both files are as before"


def put_back(journal: WriteJournal, write: Write) -> None:
    """Put the copies back; a call after an interruption continues."""
    undoing = replace(write, state="undoing")
    journal.begin(undoing)
    _remove_unfinished(write)
    whole = f"{write.database}.{_WHAT}-{secrets.token_hex(4)}"
    for suffix in ("", *_JOURNALS):
        with suppress(FileNotFoundError):
            shutil.copyfile(write.copy + suffix, whole + suffix)
            shutil.copymode(write.database, whole + suffix)
    with _rows(whole, write) as rows:  # replays the journals of the copy
        rows.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for suffix in ("-wal", "-shm", "-journal"):
        for path in (whole, write.database):
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)
    SafeFile(whole).replace(write.database)
    _put_file(write.playlists, OnDisk(write.copied_xml).read(most_bytes=MOST_XML_BYTES))
    journal.end(undoing, "undone")


def require_untouched(write: Write) -> None:
    """Reject an undo after rekordbox has changed its files."""
    wal = write.database + "-wal"
    has_wal = os.path.exists(wal) and os.path.getsize(wal) > 0
    if not os.path.exists(write.playlists) or has_wal or digests(write) != write.after:
        raise UsageError(
            f"{display_path(write.database)} was changed after map4 wrote it, so nothing was put back; the copies of "
            f"before are in {display_path(write.folder)}"
        )


def _rows(path: str, write: Write) -> AbstractContextManager[DatabaseRows]:
    # Its folder may contain a damaged masterPlaylists6.xml, which pyrekordbox would read.
    return opened_rows(path, os.path.join(write.folder, ""), f"{display_path(path)} is unreadable")


def _state_of(write: Write) -> Literal["before", "after", "other"]:
    """Return whether the transaction happened; opening the database rolls a half one back."""
    with _rows(write.database, write) as rows:
        count, has_lists = rows.count(), rows.has_lists(write.new)
    if count == write.count_after and has_lists:
        return "after"
    return "before" if count == write.count_before and not (write.new and has_lists) else "other"


def _put_file(path: str, data: bytes) -> None:
    SafeFile(file_beside(path, data)).replace(path)


def _remove_unfinished(write: Write) -> None:
    for path in (write.database, write.playlists):
        for left in SafeFile(path).unfinished_beside(_WHAT):
            with suppress(FileNotFoundError):
                os.unlink(left)


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The newest write that is not undone; earlier writes follow once it is undone."""
    with suppress(NothingFoundError):
        write = WriteJournal().newest()
        name = os.path.basename(write.folder)
        yield UndoStep(
            kind="rekordbox-db",
            at=utc_text(datetime.strptime(name, _FOLDER_NAME).replace(tzinfo=UTC)),
            what=f"{counted(len(write.new), 'new list')} in {display_path(write.database)}",
            command=("export", "undo", "rekordbox"),
        )
