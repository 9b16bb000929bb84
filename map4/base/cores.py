"""How many workers there is room for; what runs them takes longer to import."""

from __future__ import annotations

import os
import sys


def usable_cores() -> int:
    """Cores this process may run on (cgroup quotas are not seen)."""
    if sys.platform != "win32" and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
