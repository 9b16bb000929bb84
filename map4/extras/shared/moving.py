"""Move files, including to other disks, so that a complete copy always exists under one of the names.

Wherever the process ends, `settle` leaves the file in one of its two places.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from dataclasses import dataclass

from map4.core.base.files.journal import JournalDisk
from map4.core.base.paths import is_one_name
from map4.core.base.regular_files import OnDisk

_BLOCK_BYTES = 1 << 20
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # errors after which no other file can be moved either
# Short, because names have a maximum length; never shown or scanned. Journals contain the name for `settle`; other
# unfinished files are in no journal, and are recognised by their lock or age.
_PARTIAL = ".map4-{}.partial"
_IS_PARTIAL = re.compile(r"\.map4-[0-9a-f]{8}\.partial")
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


class MoveError(OSError):
    """A file must not be moved; the text explains why."""


class Disk(JournalDisk):
    """The single steps of changing files; the power may fail after each."""

    link = staticmethod(os.link)
    rename = staticmethod(os.replace)

    def make_folder(self, path: str) -> None:
        """Make a folder, and sync its name to disk before it is used."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
        self.sync_folder(path)

    def remove_folder(self, path: str) -> None:
        """Remove a folder if it is empty."""
        with contextlib.suppress(OSError):
            os.rmdir(path)

    def reserve(self, path: str) -> None:
        """Create an empty file under a free name."""
        os.close(os.open(path, _NEW_FILE, 0o600))

    def copy(self, path: str, target: str) -> None:
        """Copy bytes, owner, mode and times to a new file, and sync it to disk."""
        with OnDisk(path).open() as source, open(os.open(target, _NEW_FILE, 0o600), "wb") as file:
            shutil.copyfileobj(source, file, _BLOCK_BYTES)
            file.flush()
            if hasattr(os, "fchown"):
                status = os.stat(path)
                with contextlib.suppress(OSError):  # only root can change the owner, which is usually right already
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
            shutil.copystat(path, target, follow_symlinks=False)
            os.fsync(file.fileno())
            if hasattr(os, "posix_fadvise"):  # so that the comparison reads the disk, not the cache
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Source and target of a move.

    source, target: absolute paths
    partial: path of the unfinished copy, beside the target
    """

    source: str
    target: str
    partial: str

    def __post_init__(self) -> None:
        folder, name = os.path.split(self.partial)
        if folder != os.path.dirname(self.target) or not _IS_PARTIAL.fullmatch(name):
            raise ValueError(f"{self.partial} is not an unfinished copy of {self.target}")

    @classmethod
    def to(cls, source: str, target: str) -> Way:
        """A move with a new name for the unfinished copy."""
        partial = os.path.join(os.path.dirname(target), _PARTIAL.format(secrets.token_hex(4)))
        return cls(source=source, target=target, partial=partial)

    def folders(self) -> list[str]:
        """Folders to make first, outermost first."""
        missing: list[str] = []
        folder = os.path.dirname(self.target)
        while not os.path.lexists(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        return missing[::-1]


def carry(way: Way, disk: Disk) -> None:
    """Move a file to its target, which is never overwritten."""
    for folder in way.folders():
        disk.make_folder(folder)
    # Another case, on a disk that ignores case; elsewhere the target is new, and must not replace a file.
    if os.path.lexists(way.target) and is_one_name(way.source, way.target):
        disk.rename(way.source, way.target)
        disk.sync_folder(way.target)
        return
    try:
        _carry(way, disk)
    except FileExistsError:
        if os.path.lexists(way.partial):
            disk.remove(way.partial)
        raise


def _carry(way: Way, disk: Disk) -> None:
    try:
        disk.link(way.source, way.target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno == errno.EXDEV:
            _copy(way, disk)
        else:  # a file system without hard links, or a file of another user
            _rename(way, disk)
    else:
        disk.sync_folder(way.target)
        disk.remove(way.source)
        disk.sync_folder(way.source)


def _rename(way: Way, disk: Disk) -> None:
    try:
        _rename_to_free(way.source, way.target, disk)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(way, disk)
        return
    disk.sync_folder(way.target)
    disk.sync_folder(way.source)


def _rename_to_free(path: str, target: str, disk: Disk) -> None:
    """Rename a file without overwriting an existing file."""
    disk.reserve(target)
    try:
        disk.rename(path, target)
    except OSError:
        disk.remove(target)
        raise


def _copy(way: Way, disk: Disk) -> None:
    before = os.lstat(way.source)
    if before.st_nlink > 1:
        raise MoveError(errno.EMLINK, "it has other names (hard links), which a move to another disk would separate")
    disk.copy(way.source, way.partial)
    if not _are_equal(way.source, way.partial):
        raise MoveError(errno.EIO, "its copy on the other disk differs; is that disk faulty?")
    after = os.lstat(way.source)
    if (after.st_size, after.st_mtime_ns, after.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        raise MoveError(errno.EBUSY, "it was changed while it was being copied")
    try:
        disk.link(way.partial, way.target)
    except FileExistsError:
        raise
    except OSError:
        _rename_to_free(way.partial, way.target, disk)
    else:
        disk.remove(way.partial)
    disk.sync_folder(way.target)
    disk.remove(way.source)
    disk.sync_folder(way.source)


def settle(way: Way, disk: Disk) -> None:
    """Finish or undo an interrupted move: a file that has both names keeps that of the source.

    Removes nothing that could be another file.
    """
    if os.path.lexists(way.partial):
        disk.remove(way.partial)
    if is_one_name(way.source, way.target):  # one file, which was renamed in one step
        return
    if os.path.lexists(way.source) and os.path.lexists(way.target) and _is_left_over(way):
        disk.remove(way.target)
        disk.sync_folder(way.target)


def _is_left_over(way: Way) -> bool:
    """Whether the target is a second name of the source, a copy of it, or an empty reserved file."""
    with contextlib.suppress(OSError):
        if os.path.samefile(way.source, way.target) or os.path.getsize(way.target) == 0:
            return True
        return _are_equal(way.source, way.target)
    return False


def _are_equal(first: str, second: str) -> bool:
    with OnDisk(first).open() as left, OnDisk(second).open() as other:
        while True:
            block = left.read(_BLOCK_BYTES)
            if block != other.read(_BLOCK_BYTES):
                return False
            if not block:
                return True
