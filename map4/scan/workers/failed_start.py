"""A failed start of a worker: its measurements, and the error that reports them."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass

from map4.core.base.child_process import exit_name
from map4.core.base.regular_files import read_regular
from map4.core.base.room_in_memory import is_limited
from map4.core.base.text import size_text
from map4.errors import WorkerStartError, WorkerTimeoutError

_NO_WORKER = "no worker process can be started"
_STATUS_FIELD, _USER_FIELD, _SYSTEM_FIELD = 49, 11, 12
"""Fields of /proc/PID/stat behind the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStart:
    """How the process that forks the workers ended.

    wall_s: since the first try
    cpu_s: CPU time of the last try; None if unknown
    ended: by which signal, or with which exit code; None if unknown (known only on Linux, before the process is reaped)
    """

    wall_s: float
    cpu_s: float | None
    ended: str | None

    @classmethod
    def now(cls, wall_s: float) -> FailedStart:
        try:
            from multiprocessing import forkserver

            pid = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
            fields = read_regular(f"/proc/{pid}/stat", most_bytes=4096).rpartition(b")")[2].split()
            cpu_s = (int(fields[_USER_FIELD]) + int(fields[_SYSTEM_FIELD])) / os.sysconf("SC_CLK_TCK")
            exit_code = os.waitstatus_to_exitcode(int(fields[_STATUS_FIELD]))
        except (ImportError, OSError, ValueError, IndexError, AttributeError):
            return cls(wall_s=wall_s, cpu_s=None, ended=None)
        return cls(wall_s=wall_s, cpu_s=cpu_s, ended=exit_name(exit_code) if exit_code else None)

    @property
    def would_repeat(self) -> bool:
        """Whether another try would end in the same way: without memory, or after endless work."""
        return self._lacks_memory or self.ended == "SIGPROF"

    @property
    def _lacks_memory(self) -> bool:
        return self.ended == exit_name(errno.ENOMEM) or (is_limited() and self.ended != "SIGALRM")

    def error(self) -> WorkerStartError:
        """The error for the user, with what was measured."""
        if self._lacks_memory:
            return no_memory_to_start(self._measured())
        if self.ended == "SIGKILL":
            return WorkerStartError(
                f"{_NO_WORKER}: it was killed ({self._measured()}), most likely because memory ran out; "
                "close other programs, or raise the memory limit of the container"
            )
        if self.ended == "SIGALRM":
            return WorkerTimeoutError(
                f"no worker process started in time ({self._measured()}); most likely the machine or its disk "
                "is busy: try again later"
            )
        return WorkerStartError(
            f"{_NO_WORKER}: it ended ({self._measured()}); 'ulimit -v' shows whether memory is limited, and a "
            "worker needs about 0.5 GB"
        )

    def _measured(self) -> str:
        parts = [*([self.ended] if self.ended else []), f"{self.wall_s:.1f} s"]
        if self.cpu_s is not None:
            parts.append(f"{self.cpu_s:.1f} s of CPU time in the last try")
        if (free := _free_bytes()) is not None:
            parts.append(f"{size_text(free)} of memory free")
        return ", ".join(parts)


def no_memory_to_start(measured: str = "") -> WorkerStartError:
    """The error if there is too little memory for a worker."""
    return WorkerStartError(
        f"{_NO_WORKER}: there is too little memory{measured and f' ({measured})'}; 'ulimit -v' shows whether it is "
        "limited, and a worker needs about 0.5 GB"
    )


def _free_bytes() -> int | None:
    """The memory that is free on the machine, or in the container if that is less; None if unknown."""
    free: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        available = read_regular("/proc/meminfo", most_bytes=1 << 16).split(b"MemAvailable:")[1]
        free.append(1024 * int(available.split()[0]))
    with suppress(OSError, ValueError):
        most, used = (int(read_regular(f"/sys/fs/cgroup/memory.{of}", most_bytes=100)) for of in ("max", "current"))
        free.append(max(0, most - used))
    return min(free, default=None)
