"""The one way in which map4 opens a file for reading: regular files, and nothing else.

A pipe without a writer would be waited for without an end, a device may never end or do something when it is opened.
Whatever names the file (an argument, a setting, a list, another program's library), it is opened here; a test looks
for other ways.
"""

from __future__ import annotations

import errno
import io
import os
import stat

NOT_REGULAR = "it is a pipe, a socket or a device, no file"


class NotRegularError(OSError):
    """A pipe, a socket or a device where a file is to be read."""


def open_regular(path: str) -> io.BufferedReader:
    """Open a regular file for reading bytes, without ever waiting for it as opening a pipe or a tape would.

    path: as `os.fsdecode` gives it; bytes that are no UTF-8 arrive as lone surrogates and are kept
    """
    return io.BufferedReader(open_unbuffered(path))


def open_unbuffered(path: str) -> io.FileIO:
    """The same without a buffer, for what reads large pieces by position."""
    # Looked at before it is opened, since opening alone makes some devices act; and again afterwards, since a name can
    # come to mean something else in between.
    require_regular(path)
    file = io.FileIO(path, opener=_open_without_waiting)
    try:
        _check(os.fstat(file.fileno()), path)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: str, *, most_bytes: int) -> bytes:
    """Read a whole regular file."""
    with open_regular(path) as file:
        return within(file.read(most_bytes + 1), most_bytes, path)


def within(data: bytes, most_bytes: int, name: str) -> bytes:
    """What was read, at most one byte more than allowed; an OSError where it is too long."""
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it is longer than {most_bytes // 1_000_000} MB", name)
    return data


def require_regular(path: str) -> None:
    """Raise what `open_regular` would, for what another library opens by its name."""
    _check(os.stat(path), path)


def _check(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(errno.EINVAL, NOT_REGULAR, path)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def file_number(path: str) -> tuple[int, int] | None:
    """Device and inode, which tell a file or folder from every other whatever it is called; None without one."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def may_exist(path: str) -> bool:
    """True if anything has this name, also a dangling link, or if the name can't be checked."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # such as a folder that may not be entered, or a drive with errors: nothing says it is gone
    return True
