"""The file system of a path, without waiting: on Linux, from the table of mounts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

MOUNTS = "/proc/self/mountinfo"

_NETWORK = frozenset({"9p", "afs", "ceph", "cifs", "davfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs"})
_NETWORK |= {"fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}
# Shared folders of virtual machines: changes on the host are not reported.
_OF_THE_HOST = frozenset({"drvfs", "prl_fs", "vboxsf", "virtiofs", "vmhgfs", "fuse.vmhgfs-fuse"})


def is_on_network(path: str, *, mounts: str = MOUNTS) -> bool:
    """Whether a file is on a network drive."""
    return file_system(os.path.realpath(path), mounts) in _NETWORK


def reports_changes(path: str, *, mounts: str = MOUNTS) -> bool:
    """Whether the system reports every change in a folder; not if other machines can write to it."""
    return file_system(os.path.realpath(path), mounts) not in _NETWORK | _OF_THE_HOST


def mounted_within(path: str, *, mounts: str = MOUNTS) -> tuple[str, ...]:
    """The mounts at or below a folder: a text for each mount, which differs for another drive."""
    inside = os.path.join(os.path.realpath(path), "")
    return tuple(line for point, _, line in _table(mounts) if os.path.join(point, "").startswith(inside))


def file_system(path: str, mounts: str = MOUNTS) -> str:
    """The type of the file system at a path with links followed; "" if unknown."""
    best, found = "", ""
    for point, kind, _ in _table(mounts):
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # a later mount hides an earlier one at the same place
            best, found = point, kind
    return found


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
