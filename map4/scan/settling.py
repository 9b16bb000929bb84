"""When a changed file is processed: after it has been still for a while."""

from __future__ import annotations

import os

from map4.core.audio.jobs import Stamp


class Settling:
    """Tracks which changed files have kept size and modification time for `settle_s` seconds.

    A file that is gone (stamp None) settles too, so that a moved file is not first reported as missing. Times come
    from a monotonic clock.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        # The last seen size and modification time of a file, and since when.
        self._seen: dict[str, tuple[tuple[int, int] | None, float]] = {}

    def note(self, path: str, stamp: Stamp | None, now_s: float) -> None:
        """Record the state of a file; a different state restarts its time."""
        content = None if stamp is None else (stamp.size_bytes, stamp.mtime_ns)
        if path not in self._seen or self._seen[path][0] != content:
            self._seen[path] = content, now_s

    def is_still(self, path: str, stamp: Stamp | None, now_s: float) -> bool:
        """Return whether a file has been in this state long enough; otherwise record it, which starts its time.

        An empty file is never still, as it may be a placeholder of a download. A file goes with its folder.
        """
        if stamp is not None and stamp.size_bytes == 0:
            self._seen.pop(path, None)
            return False
        self.note(path, stamp, now_s)
        return self._is_old(path, now_s) or (stamp is None and self._has_lost_its_folder(path, now_s))

    def awaits(self, path: str) -> bool:
        """Return whether a file is known to have changed but was not processed yet."""
        return path in self._seen

    def overdue(self, now_s: float) -> list[str]:
        """Return files that have been still long enough if they have not changed since."""
        return [path for path in self._seen if self._is_old(path, now_s)]

    def next_s(self) -> float | None:
        """Return when the next file may be still; None if none is awaited."""
        if not self._seen:
            return None
        return min(since_s for _, since_s in self._seen.values()) + self._settle_s

    def forget(self, path: str) -> None:
        self._seen.pop(path, None)

    def _is_old(self, path: str, now_s: float) -> bool:
        return now_s - self._seen[path][1] >= self._settle_s

    def _has_lost_its_folder(self, path: str, now_s: float) -> bool:
        folder = os.path.dirname(path)
        while folder != os.path.dirname(folder):
            if folder in self._seen and self._seen[folder][0] is None and self._is_old(folder, now_s):
                return True
            folder = os.path.dirname(folder)
        return False
