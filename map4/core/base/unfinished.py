"""Unfinished files: written under a unique name, then moved into place in one step.

A name therefore always leads to a complete file. Files left by a killed process are removed by a later write.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from itertools import count

try:
    import fcntl
except ImportError:  # Windows, where open files can't be renamed
    fcntl = None  # type: ignore[assignment]

LEFT_AFTER_S = 3600.0
_NAME_BYTES = 4
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
# Private: the user's settings, and where their music is; SQLite gives journals the mode of the file.
_PRIVATE = 0o600


class SafeFile:
    """A file that map4 writes; errors name it by its path."""

    SIDE_SUFFIXES = ("-wal", "-shm", "-journal")

    def __init__(self, path: str) -> None:
        self.path = path

    @contextlib.contextmanager
    def unfinished(self, what: str, *, mode: int = _PRIVATE) -> Iterator[str]:
        """Create an empty file beside `path` and yield its name; on exit the file and its side files are removed."""
        self.sweep(what)
        name = _fresh_name(self.path, what)
        os.close(os.open(name, _NEW_FILE, mode))
        with _removing_at_end(name, self.path):
            yield name

    @contextlib.contextmanager
    def unfinished_locked(self, what: str, *, mode: int = _PRIVATE) -> Iterator[str]:
        """Like `unfinished`, with a lock, so that `sweep` need not rely on age or list the whole folder for each file.

        Not for databases: SQLite locks files itself, and on some systems would consider this file in use.
        """
        while True:
            name = _fresh_name(self.path, what)
            descriptor = os.open(name, _NEW_FILE, mode)
            # A sweep may have removed it as abandoned before it was locked.
            if _lock(descriptor) is not False and os.path.exists(name):
                break
            os.close(descriptor)
        if fcntl is None:
            os.close(descriptor)
        try:
            with _removing_at_end(name, self.path):
                yield name
        finally:
            if fcntl is not None:
                os.close(descriptor)

    def sweep(self, what: str, *, by_lock: bool = False) -> None:
        """Remove abandoned files beside `path`: not written to for an hour, or if `by_lock`, unlocked ones."""
        with contextlib.suppress(OSError):  # the folder can't be listed; not critical
            for left in self.unfinished_beside(what):
                with contextlib.suppress(OSError):
                    _remove_left(left, by_lock=by_lock)

    def unfinished_beside(self, what: str) -> list[str]:
        """Files with such names, in use or abandoned, and side files of such databases."""
        start, folder = f"{os.path.basename(self.path)}.{what}-", self.folder
        names = (name for name in os.listdir(folder) if name.startswith(start))
        return [os.path.join(folder, name) for name in names if _IS_FRESH.fullmatch(name[len(start) :])]

    @property
    def folder(self) -> str:
        """The folder of a file."""
        return os.path.dirname(os.path.abspath(self.path))

    @staticmethod
    def make_private_folder(folder: str) -> None:
        """Make a folder and missing folders above it with mode 0700; an existing folder stays as it is.

        `os.makedirs` gives its mode to the last folder only.
        """
        above = os.path.dirname(folder)
        if above and not os.path.isdir(above):
            SafeFile.make_private_folder(above)
        os.makedirs(folder, 0o700, exist_ok=True)

    @staticmethod
    def open_private(path: str, flags: int) -> int:
        """An `opener` for `open` that makes files with mode 0600."""
        return os.open(path, flags, _PRIVATE)

    def files(self) -> list[str]:
        """A database and its existing side files."""
        return [self.path + suffix for suffix in ("", *SafeFile.SIDE_SUFFIXES) if os.path.exists(self.path + suffix)]

    def remove(self) -> None:
        """Remove a file and the side files of a database, if they exist."""
        for name in self.files():
            os.unlink(name)

    def make_room_beside(self, most_bytes: int) -> None:
        """Remove the least recently used files of its folder, a cache, beyond this size; this file stays."""
        cached = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    cached.append((status.st_atime_ns, status.st_size, entry.path))
        size = sum(entry_bytes for _, entry_bytes, _ in cached)
        for _, entry_bytes, path in sorted(cached):
            if size <= most_bytes:
                return
            if os.path.basename(path) != os.path.basename(self.path):
                with contextlib.suppress(OSError):
                    os.remove(path)
                    size -= entry_bytes

    def replace(self, path: str) -> None:
        """Move a finished file over another, in one step that survives a power cut."""
        self.sync()
        os.replace(self.path, path)
        SafeFile.sync_folder(path)

    def place_new(self, path: str, *, is_synced: bool = False) -> bool:
        """Give a finished file its name unless that is taken; its first name is gone then.

        If several processes do this at once, one wins, and readers never see half a file.
        """
        if not is_synced:
            self.sync()
        try:
            os.link(self.path, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links, such as FAT
            try:
                os.close(os.open(path, _NEW_FILE, 0o666))
            except FileExistsError:
                return False
            os.replace(self.path, path)
        else:
            os.unlink(self.path)
        SafeFile.sync_folder(path)
        return True

    def place_under_free_name(self, name: str, *, is_synced: bool = False) -> str:
        """Give a finished file this name, with a number added if it is taken; returns the name."""
        names = (name if number == 1 else f"{name}-{number}" for number in count(1))
        return next(free for free in names if self.place_new(free, is_synced=is_synced))

    def keep_copy(self, name: str) -> str:
        """Give a file a second name, by a link or else a copy, and return it; the file keeps its first name.

        A linked file is not opened: closing it would drop all locks of this process on it. A copied file is, so the
        lock is lost on a file system without links; there is no better way there.
        """
        self.sweep("keeping")
        second = _fresh_name(self.path, "keeping")
        try:
            try:
                os.link(self.path, second)
            except OSError:
                shutil.copy2(self.path, second)
                SafeFile(second).sync()
            return SafeFile(second).place_under_free_name(name, is_synced=True)
        finally:
            SafeFile(second).remove()

    def sync(self) -> None:
        """Sync a file to disk."""
        descriptor = os.open(self.path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @staticmethod
    def sync_folder(path: str) -> None:
        """Sync the names in the folder of `path` to disk, if the system can."""
        try:
            descriptor = os.open(SafeFile(path).folder, os.O_RDONLY)
        except OSError:  # Windows can't open folders
            return
        try:
            os.fsync(descriptor)
        except OSError:
            pass
        finally:
            os.close(descriptor)


_IS_FRESH = re.compile(rf"[0-9a-f]{{{2 * _NAME_BYTES}}}({'|'.join(SafeFile.SIDE_SUFFIXES)})?")


@contextlib.contextmanager
def _removing_at_end(name: str, path: str) -> Iterator[None]:
    """Remove an unfinished file at the end; errors about it name the file that it would have become."""
    try:
        yield
    except OSError as error:
        if error.filename != name:
            raise
        raise OSError(error.errno, error.strerror, path) from error
    finally:
        SafeFile(name).remove()


def _remove_left(path: str, *, by_lock: bool) -> None:
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        return
    if by_lock:
        descriptor = os.open(path, os.O_RDWR)
        try:
            is_free = _lock(descriptor)
            if is_free:  # while it is locked, so that no other process uses it
                os.unlink(path)
        finally:
            os.close(descriptor)
        if is_free is not None:
            return
    # The modification time of a copy is that of the original.
    written_s = status.st_ctime if by_lock else status.st_mtime
    if written_s < time.time() - LEFT_AFTER_S:
        os.unlink(path)


def _lock(descriptor: int) -> bool | None:
    """Lock a file while it is open; False if another process has the lock, None if the system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _fresh_name(path: str, what: str) -> str:
    return f"{path}.{what}-{os.urandom(_NAME_BYTES).hex()}"
