"""When a changed file is processed: after it has been still for a while."""

from __future__ import annotations

import os
from dataclasses import dataclass

from map4.audio.jobs import Stamp


@dataclass(slots=True)
class _Seen:
    """The last seen state of a file, and since when it has that state."""

    content: tuple[int, int] | None
    since_s: float


class Settling:
    """Tracks which changed files have kept size and modification time for `settle_s` seconds.

    A file that is gone (stamp None) settles too, so that a moved file is not first reported as missing. Times come
    from a monotonic clock.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._seen: dict[str, _Seen] = {}

    def note(self, path: str, stamp: Stamp | None, now_s: float) -> None:
        """Record the state of a file; a different state restarts its time."""
        content = None if stamp is None else (stamp.size_bytes, stamp.mtime_ns)
        seen = self._seen.get(path)
        if seen is None or seen.content != content:
            self._seen[path] = _Seen(content, now_s)

    def is_still(self, path: str, stamp: Stamp | None, now_s: float) -> bool:
        """Return whether a file has been in this state long enough; otherwise record it, which starts its time.

        An empty file is never still, as it may be a placeholder of a download. A file goes with its folder.
        """
        if stamp is not None and stamp.size_bytes == 0:
            self._seen.pop(path, None)
            return False
        self.note(path, stamp, now_s)
        return self._is_old(self._seen[path], now_s) or (stamp is None and self._has_lost_its_folder(path, now_s))

    def awaits(self, path: str) -> bool:
        """Return whether a file is known to have changed but was not processed yet."""
        return path in self._seen

    def overdue(self, now_s: float) -> list[str]:
        """Return files that have been still long enough if they have not changed since."""
        return [path for path, seen in self._seen.items() if self._is_old(seen, now_s)]

    def next_s(self) -> float | None:
        """Return when the next file may be still; None if none is awaited."""
        if not self._seen:
            return None
        return min(seen.since_s for seen in self._seen.values()) + self._settle_s

    def forget(self, path: str) -> None:
        self._seen.pop(path, None)

    def _is_old(self, seen: _Seen, now_s: float) -> bool:
        return now_s - seen.since_s >= self._settle_s

    def _has_lost_its_folder(self, path: str, now_s: float) -> bool:
        folder = os.path.dirname(path)
        while folder != os.path.dirname(folder):
            seen = self._seen.get(folder)
            if seen is not None and seen.content is None and self._is_old(seen, now_s):
                return True
            folder = os.path.dirname(folder)
        return False
