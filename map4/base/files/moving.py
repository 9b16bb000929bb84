"""Move files, also to another disk, so that at every moment one whole copy has its name.

Whatever ends the process, `settle` leaves a file in one of its two places.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from dataclasses import dataclass

from map4.base.files.journal import append
from map4.base.regular_files import open_regular
from map4.base.unfinished import sync_folder

_BLOCK_BYTES = 1 << 20
# Short, as names have a longest length, and neither shown nor scanned. Journals have the name, by which `settle` finds
# it; others that were not finished are in no journal, and are found by their lock or their age.
_PARTIAL = ".map4-{}.partial"
_IS_PARTIAL = re.compile(r"\.map4-[0-9a-f]{8}\.partial")
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


class MoveError(OSError):
    """A file that must not be moved; the text says why."""


class Disk:
    """The steps by which files change; after each of them the power may fail."""

    link = staticmethod(os.link)
    rename = staticmethod(os.replace)
    remove = staticmethod(os.unlink)
    sync_folder = staticmethod(sync_folder)
    append = staticmethod(append)

    def make_folder(self, path: str) -> None:
        """Make a folder, its name on the disk before anything lies in it."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
        sync_folder(path)

    def remove_folder(self, path: str) -> None:
        """Remove an empty folder; one that holds anything stays."""
        with contextlib.suppress(OSError):
            os.rmdir(path)

    def reserve(self, path: str) -> None:
        """Make an empty file under a free name."""
        os.close(os.open(path, _NEW_FILE, 0o600))

    def copy(self, path: str, target: str) -> None:
        """Copy bytes, owner, mode and times to a new file, and wait until it is on the disk."""
        with open_regular(path) as source, open(os.open(target, _NEW_FILE, 0o600), "wb") as file:
            shutil.copyfileobj(source, file, _BLOCK_BYTES)
            file.flush()
            _keep_owner(path, file.fileno())
            shutil.copystat(path, target, follow_symlinks=False)
            os.fsync(file.fileno())
            if hasattr(os, "posix_fadvise"):  # so that it is compared as it is on the disk, not in memory
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a file goes.

    source, target: absolute paths
    partial: of an unfinished copy, beside the target
    """

    source: str
    target: str
    partial: str

    def __post_init__(self) -> None:
        folder, name = os.path.split(self.partial)
        if folder != os.path.dirname(self.target) or not _IS_PARTIAL.fullmatch(name):
            raise ValueError(f"{self.partial} is no unfinished copy of {self.target}")

    @classmethod
    def to(cls, source: str, target: str) -> Way:
        """A way with a new name for the unfinished copy."""
        partial = os.path.join(os.path.dirname(target), _PARTIAL.format(secrets.token_hex(4)))
        return cls(source=source, target=target, partial=partial)

    def folders(self) -> list[str]:
        """Folders that must be made first, the outermost first."""
        missing: list[str] = []
        folder = os.path.dirname(self.target)
        while not os.path.lexists(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        return missing[::-1]


def carry(way: Way, disk: Disk) -> None:
    """Move a file to its target, which is never written over."""
    for folder in way.folders():
        disk.make_folder(folder)
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
        else:  # a file system without hard links, or a file of somebody else
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
    """Rename a file, where systems would write over what has the name."""
    disk.reserve(target)
    try:
        disk.rename(path, target)
    except OSError:
        disk.remove(target)
        raise


def _copy(way: Way, disk: Disk) -> None:
    before = os.lstat(way.source)
    if before.st_nlink > 1:
        raise MoveError(errno.EMLINK, "it has other names (hard links), which a move to another disk would part")
    disk.copy(way.source, way.partial)
    if not _are_equal(way.source, way.partial):
        raise MoveError(errno.EIO, "its copy on the other disk is not the same; is that disk sound?")
    after = os.lstat(way.source)
    if (after.st_size, after.st_mtime_ns, after.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        raise MoveError(errno.EBUSY, "it was written to while it was copied")
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
    """Finish or take back a move that was cut off: a file that has both names keeps that of the source.

    Nothing that could be another file is removed.
    """
    if os.path.lexists(way.partial):
        disk.remove(way.partial)
    if os.path.lexists(way.source) and os.path.lexists(way.target) and _is_left_over(way):
        disk.remove(way.target)
        disk.sync_folder(way.target)


def _is_left_over(way: Way) -> bool:
    """Whether the target is a second name of the source, a copy of it, or a name that was only reserved."""
    with contextlib.suppress(OSError):
        if os.path.samefile(way.source, way.target) or os.path.getsize(way.target) == 0:
            return True
        return _are_equal(way.source, way.target)
    return False


def _are_equal(first: str, second: str) -> bool:
    with open_regular(first) as one, open_regular(second) as other:
        while True:
            block = one.read(_BLOCK_BYTES)
            if block != other.read(_BLOCK_BYTES):
                return False
            if not block:
                return True


def _keep_owner(path: str, descriptor: int) -> None:
    if hasattr(os, "fchown"):
        status = os.stat(path)
        with contextlib.suppress(OSError):  # who is not root gives nothing away, and has it already in most cases
            os.fchown(descriptor, status.st_uid, status.st_gid)
