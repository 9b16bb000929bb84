"""Put a finished file in its place in one step, so that a name always leads to a whole file."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from itertools import count

SIDE_SUFFIXES = ("-wal", "-shm", "-journal")
LEFT_AFTER_S = 3600.0
_NAME_BYTES = 4
_IS_FRESH = re.compile(rf"[0-9a-f]{{{2 * _NAME_BYTES}}}({'|'.join(SIDE_SUFFIXES)})?")


def folder_of(path: str) -> str:
    """The folder a file lies in."""
    return os.path.dirname(os.path.abspath(path))


def fresh_name(path: str, what: str) -> str:
    """An unused name beside `path`, for a file that is not finished.

    What has such a name and was not written to for an hour was left by a process that was killed, and is removed.
    """
    long_ago = time.time() - LEFT_AFTER_S
    with contextlib.suppress(OSError):  # a folder that can't be listed, a file that is gone: nothing depends on it
        for left in unfinished_beside(path, what):
            if os.stat(left).st_mtime < long_ago:
                os.unlink(left)
    return f"{path}.{what}-{os.urandom(_NAME_BYTES).hex()}"


def unfinished_beside(path: str, what: str) -> list[str]:
    """Files with a name that `fresh_name` gave, in use or left; and side files of such databases."""
    start, folder = f"{os.path.basename(path)}.{what}-", folder_of(path)
    names = (name for name in os.listdir(folder) if name.startswith(start))
    return [os.path.join(folder, name) for name in names if _IS_FRESH.fullmatch(name[len(start) :])]


def files_of(path: str) -> list[str]:
    """A database and those of its side files that exist."""
    return [path + suffix for suffix in ("", *SIDE_SUFFIXES) if os.path.exists(path + suffix)]


def place_new(finished: str, path: str) -> bool:
    """Give a finished file its name, unless that is taken; `finished` is gone then.

    Of several who do this at once, one wins, and a reader never sees half a file.
    """
    sync_file(finished)
    return _place(finished, path)


def _place(finished: str, path: str) -> bool:
    try:
        os.link(finished, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links, such as FAT
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
        os.replace(finished, path)
    else:
        os.unlink(finished)
    sync_folder(path)
    return True


def place_under_free_name(finished: str, name: str) -> str:
    """Give a finished file this name, or with a number behind it where others have it; gives the name."""
    sync_file(finished)
    return _place_under_free_name(finished, name)


def _place_under_free_name(finished: str, name: str) -> str:
    for candidate in (name if number == 1 else f"{name}-{number}" for number in count(1)):
        if _place(finished, candidate):
            return candidate
    raise AssertionError("numbers don't end")


def keep_aside(path: str, name: str) -> str:
    """Give a file a second name, by a link or else a copy; it stays where it is. Gives the name.

    A linked file is not opened: closing it would drop every lock that this process has on it. A copied one is, so that
    on a file system without links the lock is lost; nothing there is better.
    """
    second = fresh_name(path, "keeping")
    try:
        try:
            os.link(path, second)
        except OSError:
            shutil.copy2(path, second)
            sync_file(second)
        return _place_under_free_name(second, name)
    finally:
        if os.path.exists(second):
            os.unlink(second)


def replace_file(finished: str, path: str) -> None:
    """Put a finished file in the place of another, in one step that survives a power cut."""
    sync_file(finished)
    os.replace(finished, path)
    sync_folder(path)


def sync_file(path: str) -> None:
    """Wait until a file is on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: str) -> None:
    """Wait until the names in the folder of `path` are on the disk, where the system can do that."""
    try:
        descriptor = os.open(folder_of(path), os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
