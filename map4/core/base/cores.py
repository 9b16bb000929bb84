"""The number of usable cores; a separate module, because the code that runs workers is slow to import."""

from __future__ import annotations

import os
import sys


def usable_cores() -> int:
    """Cores this process may run on (ignores cgroup quotas)."""
    if sys.platform != "win32" and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
