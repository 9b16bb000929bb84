"""The library as files on a disk: what lies beside it, and how files come into place without a gap.

A name always leads to a whole file. New files are written under a name of their own, flushed to the disk, and then
linked or moved to their place in one step; what they replace is kept under a second name first.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from datetime import datetime
from itertools import count

SIDE_SUFFIXES = ("-wal", "-shm", "-journal")
# Of these two SQLite takes over what they hold, whichever database it finds under the name.
REPLAYED_SUFFIXES = ("-wal", "-journal")

_LEFT_BY_CARE = (".restoring", ".repairing", ".replaced-", ".damaged-")
_STAGED = re.compile(r"\.(restoring|repairing)-[0-9a-f]{8}(-wal|-shm|-journal)?")

# WAL needs memory shared by all who have the file open, which different machines don't have.
_NETWORK_FILE_SYSTEMS = frozenset({"9p", "afs", "ceph", "cifs", "davfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2"})
_NETWORK_FILE_SYSTEMS |= {"smb3", "smbfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}
_MOUNTS = "/proc/self/mountinfo"


def folder_of(path: str) -> str:
    """The folder a file lies in."""
    return os.path.dirname(os.path.abspath(path))


def fresh_name(path: str, what: str) -> str:
    """A name beside `path` that nobody uses: for a file that is not finished."""
    return f"{path}.{what}-{secrets.token_hex(4)}"


def dated_name(path: str, why: str, now: datetime) -> str:
    """The name under which an older library is kept beside the new one."""
    return f"{path}.{why}-{now:%Y%m%d-%H%M%S}"


def replayed_files(path: str) -> list[str]:
    """Journals beside a database that SQLite would play into whatever file has its name."""
    names = (path + suffix for suffix in REPLAYED_SUFFIXES)
    return [name for name in names if os.path.exists(name) and os.path.getsize(name)]


def files_of(path: str) -> list[str]:
    """A database and those of its side files that exist."""
    return [path + suffix for suffix in ("", *SIDE_SUFFIXES) if os.path.exists(path + suffix)]


def remove(path: str) -> None:
    """Remove a database with its side files, if it is there."""
    for name in files_of(path):
        os.unlink(name)


def leftovers(path: str) -> list[str]:
    """What restoring and repairing, or a library moved away, left beside an absent library."""
    base = os.path.basename(path)
    try:
        names = sorted(os.listdir(folder_of(path)))
    except OSError:
        return []
    kept = [n for n in names if n.startswith(tuple(base + mark for mark in _LEFT_BY_CARE))]
    return kept + [os.path.basename(name) for name in replayed_files(path)]


def remove_staged(path: str) -> None:
    """Remove the unfinished files of a restore or repair that was killed; only where no other one runs."""
    base = os.path.basename(path)
    for name in os.listdir(folder_of(path)):
        if name.startswith(base) and _STAGED.fullmatch(name[len(base) :]):
            os.unlink(os.path.join(folder_of(path), name))


def place_new(finished: str, path: str) -> bool:
    """Give a finished file its name, unless that is taken; `finished` is gone then.

    Of several who do this at once, one wins, and nobody ever sees half a file.
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


def is_on_network(path: str) -> bool:
    """Whether a file lies on a network drive, as far as can be told at once: on Linux, from the table of mounts."""
    return sys.platform == "linux" and _file_system(os.path.realpath(path)) in _NETWORK_FILE_SYSTEMS


def _file_system(path: str) -> str:
    best, kind = "", ""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as mounts:
            lines = mounts.read().splitlines()
    except OSError:
        return ""
    for line in lines:
        left, _, right = line.partition(" - ")
        if len(left.split()) < 5 or not right:
            continue
        # Spaces and the like stand there in octal.
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), left.split()[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two at the same place the later one covers the other
            best, kind = point, right.split()[0]
    return kind
