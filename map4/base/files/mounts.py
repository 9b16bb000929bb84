"""Which file system a path lies on, as far as is known at once: on Linux, from the table of mounts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

MOUNTS = "/proc/self/mountinfo"

_NETWORK = frozenset({"9p", "afs", "ceph", "cifs", "davfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs"})
_NETWORK |= {"fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}
# Folders that a virtual machine shares with its host, which tells it of no change.
_OF_THE_HOST = frozenset({"drvfs", "prl_fs", "vboxsf", "virtiofs", "vmhgfs", "fuse.vmhgfs-fuse"})


def is_on_network(path: str, *, mounts: str = MOUNTS) -> bool:
    """Whether a file lies on a network drive."""
    return _file_system(os.path.realpath(path), mounts) in _NETWORK


def tells_of_changes(path: str, *, mounts: str = MOUNTS) -> bool:
    """Whether the system hears of every change in a folder: others may write to a network drive, or a host's folder."""
    return _file_system(os.path.realpath(path), mounts) not in _NETWORK | _OF_THE_HOST


def mounted_within(path: str, *, mounts: str = MOUNTS) -> tuple[str, ...]:
    """What is mounted at a folder or below it: a text for each mount, which is another one for another drive."""
    inside = os.path.join(os.path.realpath(path), "")
    return tuple(line for point, _, line in _table(mounts) if os.path.join(point, "").startswith(inside))


def _file_system(path: str, mounts: str) -> str:
    best, file_system = "", ""
    for point, kind, _ in _table(mounts):
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two at the same place the later one covers the other
            best, file_system = point, kind
    return file_system


def _table(mounts: str) -> Iterator[tuple[str, str, str]]:
    """Each mount: where it is, of which kind, and its whole line."""
    if sys.platform != "linux":
        return
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError:
        return
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split(" ")  # and at no other blank, which a name may have
        if len(fields) < 5 or not right:
            continue
        # Spaces and the like stand there in octal.
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4])
        yield point, right.split()[0], line
