"""Open files for reading: regular files only; and the kind of disk they are on.

A pipe without a writer would block forever, and a device may never end or react to being opened. All files that are
named by anybody (an argument, a setting, a list, another program's library) are opened here; a test looks for
exceptions.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Iterator

from map4.core.base.text import size_text

NOT_REGULAR = "it is a pipe, a socket or a device, not a file"


class NotRegularError(OSError):
    """A pipe, a socket or a device instead of a file."""


MOUNTS = "/proc/self/mountinfo"

_NETWORK = frozenset({"9p", "afs", "ceph", "cifs", "davfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs"})
_NETWORK |= {"fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}
# Shared folders of virtual machines: changes on the host are not reported.
_OF_THE_HOST = frozenset({"drvfs", "prl_fs", "vboxsf", "virtiofs", "vmhgfs", "fuse.vmhgfs-fuse"})


class OnDisk:
    """A file or folder at a path as from `os.fsdecode`: bytes that are not UTF-8 are lone surrogates."""

    def __init__(self, path: str) -> None:
        self.path = path

    def open(self) -> io.BufferedReader:
        """Open a regular file for reading bytes, without blocking as opening a pipe or a tape would."""
        return io.BufferedReader(self.open_unbuffered())

    def open_unbuffered(self) -> io.FileIO:
        """Like `open` without a buffer, for reading large pieces by position."""
        # Check before opening, since opening triggers some devices, and again afterwards, since the name may point to
        # another file by then.
        self.require()
        file = io.FileIO(self.path, opener=_open_without_waiting)
        try:
            _check(os.fstat(file.fileno()), self.path)
        except BaseException:
            file.close()
            raise
        return file

    def read(self, *, most_bytes: int) -> bytes:
        """Read a whole regular file."""
        with self.open() as file:
            return within(file.read(most_bytes + 1), most_bytes, self.path)

    @staticmethod
    def stored_inode(inode: int) -> int:
        """An inode as it is stored: SQLite's integers are signed, and an inode may use the highest bit."""
        return inode - (1 << 64) if inode >= 1 << 63 else inode

    def require(self) -> None:
        """Raise the errors of `open`, for files that another library opens by name."""
        _check(os.stat(self.path), self.path)

    def number(self) -> tuple[int, int] | None:
        """Device and inode, which identify a file or folder; None if it is missing."""
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def status(self) -> os.stat_result | None:
        """The status of a regular file; None for anything else, and for names of other machines."""
        if self.path.startswith(("\\\\", "//")):  # a path from a list must not reach for another machine
            return None
        try:
            status = os.stat(self.path)
        except (OSError, ValueError):
            return None
        return status if stat.S_ISREG(status.st_mode) else None

    def may_exist(self) -> bool:
        """True if anything has this name, also a dangling link, or if the name can't be checked."""
        try:
            os.lstat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # such as a folder without permission or a drive with errors: it may be there
        return True

    def has_content(self) -> bool:
        """True if this is a folder with anything in it; an unreadable folder counts as non-empty."""
        try:
            with os.scandir(self.path) as entries:
                return next(entries, None) is not None
        except PermissionError:
            return True
        except OSError:
            return False

    def is_on_network(self, *, mounts: str = MOUNTS) -> bool:
        """Whether a file is on a network drive."""
        return OnDisk(os.path.realpath(self.path)).file_system(mounts) in _NETWORK

    def reports_changes(self, *, mounts: str = MOUNTS) -> bool:
        """Whether the system reports every change in a folder; not if other machines can write to it."""
        return OnDisk(os.path.realpath(self.path)).file_system(mounts) not in _NETWORK | _OF_THE_HOST

    def mounted_within(self, *, mounts: str = MOUNTS) -> tuple[str, ...]:
        """The mounts at or below a folder: a text for each mount, which differs for another drive."""
        inside = os.path.join(os.path.realpath(self.path), "")
        return tuple(line for point, _, line in _table(mounts) if os.path.join(point, "").startswith(inside))

    def file_system(self, mounts: str = MOUNTS) -> str:
        """The type of the file system at a path with links followed; "" if unknown."""
        best, found = "", ""
        for point, kind, _ in _table(mounts):
            inside = self.path == point or self.path.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):  # a later mount hides an earlier one at the same place
                best, found = point, kind
        return found


def within(data: bytes, most_bytes: int, name: str) -> bytes:
    """The data read, which may be one byte more than allowed; raises OSError if it is."""
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it is longer than {size_text(most_bytes)}", name)
    return data


def _check(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, NOT_REGULAR, path)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _table(mounts: str) -> Iterator[tuple[str, str, str]]:
    """Each mount: its path, its type, and its whole line."""
    if sys.platform != "linux":
        return
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError:
        return
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split(" ")  # names may contain other blanks
        if len(fields) < 5 or not right:
            continue
        # Spaces and the like are in octal.
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        yield point, right.split()[0], line
