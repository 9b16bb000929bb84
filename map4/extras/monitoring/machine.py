"""Load of the machine from Linux' /proc; other systems report only disks."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

PROC = "/proc"
_CPU_MODES = {"user": (0, 1), "system": (2, 5, 6), "idle": (3,), "iowait": (4,), "stolen": (7,)}
"""Columns of `cpu` in /proc/stat (proc_stat(5)), in clock ticks."""
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRoom:
    """Size of a disk in bytes, and the bytes available to users other than root."""

    size_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """State of the machine; unknown parts are empty.

    cpu_s: seconds of all cores since boot, by mode
    memory_bytes: "total", and "available" without swapping
    network_bytes: "received" and "sent" since boot, over all interfaces except loopback
    disks: by content: "library", and "temporary" files
    workers: number of descendant processes, and their memory in bytes; shared memory is counted in each
    """

    cpu_s: Mapping[str, float] = field(default_factory=dict)
    memory_bytes: Mapping[str, int] = field(default_factory=dict)
    network_bytes: Mapping[str, int] = field(default_factory=dict)
    disks: Mapping[str, DiskRoom] = field(default_factory=dict)
    workers: tuple[int, int] | None = None


def look_at_machine(library: str | None, proc: str = PROC) -> Machine:
    """Return the current state of the machine.

    library: the library file; None for a library in a database
    """
    disks = dict(disks_of(library))
    if not sys.platform.startswith("linux"):
        return Machine(disks=disks)
    return Machine(
        cpu_s=_cpu(proc), memory_bytes=_memory(proc), network_bytes=_network(proc), disks=disks, workers=_workers(proc)
    )


def disks_of(library: str | None) -> Iterator[tuple[str, DiskRoom]]:
    """Disks of the library file, if any, and of temporary files."""
    own = [] if library is None else [("library", os.path.dirname(os.path.realpath(library)))]
    for what, folder in (*own, ("temporary", tempfile.gettempdir())):
        with suppress(OSError):
            usage = shutil.disk_usage(folder)
            yield what, DiskRoom(size_bytes=usage.used + usage.free, free_bytes=usage.free)


def _cpu(proc: str) -> dict[str, float]:
    with suppress(OSError, ValueError, IndexError):
        ticks = [int(text) for text in _lines(f"{proc}/stat")[0].split()[1:]]
        a_second = os.sysconf("SC_CLK_TCK")
        return {mode: sum(ticks[column] for column in columns) / a_second for mode, columns in _CPU_MODES.items()}
    return {}


def _memory(proc: str) -> dict[str, int]:
    with suppress(OSError, ValueError, IndexError):
        parts = (line.partition(":") for line in _lines(f"{proc}/meminfo"))
        sizes = {name: int(rest.split()[0]) * _KIB for name, _, rest in parts}
        names = (("total", "MemTotal"), ("available", "MemAvailable"))
        return {name: sizes[kernel] for name, kernel in names if kernel in sizes}
    return {}


def _network(proc: str) -> dict[str, int]:
    with suppress(OSError, ValueError, IndexError):
        parts = (line.partition(":") for line in _lines(f"{proc}/net/dev")[2:])
        interfaces = [(name.strip(), rest.split()) for name, _, rest in parts]
        columns = {"received": 0, "sent": 8}
        return {
            way: sum(int(counters[at]) for name, counters in interfaces if name != "lo") for way, at in columns.items()
        }
    return {}


def _workers(proc: str) -> tuple[int, int] | None:
    with suppress(OSError):
        pids = list(_descendants(proc, os.getpid()))
        return len(pids), sum(_resident(proc, pid) for pid in pids)
    return None


def _descendants(proc: str, pid: int) -> Iterator[int]:
    for task in os.listdir(f"{proc}/{pid}/task"):
        with suppress(OSError):  # it has ended in the meantime
            for child in map(int, "".join(_lines(f"{proc}/{pid}/task/{task}/children")).split()):
                yield child
                yield from _descendants(proc, child)


def _resident(proc: str, pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(_lines(f"{proc}/{pid}/statm")[0].split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _lines(path: str) -> list[str]:
    # kernel files report no length and are not regular files
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read().splitlines()
