"""Room in memory, asked for before what needs it is loaded: where it is limited, native libraries fail in any way.

With too little of it, OpenBLAS ends the process itself, in its own words, or asks for it again and again.
"""

from __future__ import annotations

import sys
from typing import Any

NUMPY_BYTES = 90_000_000
"""Of address space, which loading numpy takes with one thread of OpenBLAS (84 MB measured)."""
WORKER_BYTES = 325_000_000
"""Which a worker takes to load what it needs (223 MB measured, 290 with scipy, loaded where kernels are missing),
and to analyse the shortest clip."""


def is_limited() -> bool:
    """Whether this process may use only so much address space (`ulimit -v`)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def require_room(size_bytes: int) -> None:
    """Raise MemoryError where there is a limit, and less than this is left."""
    if is_limited():
        import mmap

        try:
            mmap.mmap(-1, size_bytes).close()  # never touched
        except OSError:
            raise MemoryError from None


class _BeforeNumpy:
    """Looks whether there is room when numpy is first imported, and finds nothing."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name == "numpy":
            require_room(NUMPY_BYTES)


def require_room_for_numpy() -> None:
    """From now on, raise MemoryError where numpy is imported and there is too little room for it."""
    if is_limited() and "numpy" not in sys.modules:
        sys.meta_path.insert(0, _BeforeNumpy())
