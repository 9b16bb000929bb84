"""The cores, the memory and the signals of this process; memory is checked before native libraries are loaded.

With too little memory, OpenBLAS aborts the process with its own message, or retries forever.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NUMPY_BYTES = 90_000_000  # address space that loading numpy takes with one thread of OpenBLAS (84 MB measured)
WORKER_BYTES = 325_000_000
"""Address space that a worker takes to load its libraries (223 MB measured, 290 with scipy, loaded if kernels are
missing) and to analyse the shortest clip."""


def is_limited() -> bool:
    """Whether the address space of this process is limited (`ulimit -v`)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def require_room(size_bytes: int) -> None:
    """Raise MemoryError if there is a limit and less than this is left."""
    if is_limited():
        import mmap

        try:
            mmap.mmap(-1, size_bytes).close()  # never touched
        except OSError:
            raise MemoryError from None


class _BeforeNumpy:
    """An import hook that checks for memory when numpy is first imported, and finds no module."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name == "numpy":
            require_room(NUMPY_BYTES)


def require_room_for_numpy() -> None:
    """From now on, raise MemoryError if numpy is imported with too little memory."""
    if is_limited() and "numpy" not in sys.modules:
        sys.meta_path.insert(0, _BeforeNumpy())


def usable_cores() -> int:
    """Cores this process may run on (ignores cgroup quotas)."""
    if sys.platform != "win32" and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def deferred_signals(on_signal: Callable[[], object] | None = None) -> Iterator[None]:
    """Defer Ctrl-C and other signals until a process that is being started is known, so that it can be ended.

    on_signal: called at once for each signal, to shorten the wait
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt only the main thread
        return
    caught: list[int] = []

    def catch(number: int, frame: object) -> None:
        caught.append(number)
        if on_signal is not None:
            on_signal()

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    handlers = {number: handler for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)}
    for number in handlers:
        signal.signal(number, catch)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in caught:
            signal.raise_signal(number)
