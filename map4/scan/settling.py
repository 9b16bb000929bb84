"""When a file is taken: once it has been still for a while."""

from __future__ import annotations

import os
from dataclasses import dataclass

from map4.audio.jobs import Stamp


@dataclass(slots=True)
class _Seen:
    """A file as it was seen last, and since when it has been so."""

    content: tuple[int, int] | None
    since_s: float


class Settling:
    """Which changed files have been still, in size and time of change, for `settle_s` seconds.

    A file that is gone (its stamp is None) settles too, so that one that moves is never told as missing first. Times
    are those of a monotonic clock.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._seen: dict[str, _Seen] = {}

    def note(self, path: str, stamp: Stamp | None, now_s: float) -> None:
        """A file was seen so; one that was seen otherwise before begins anew."""
        content = None if stamp is None else (stamp.size_bytes, stamp.mtime_ns)
        seen = self._seen.get(path)
        if seen is None or seen.content != content:
            self._seen[path] = _Seen(content, now_s)

    def is_still(self, path: str, stamp: Stamp | None, now_s: float) -> bool:
        """Whether a file that is seen so now has been so long enough; else it is noted, and its time begins.

        An empty file never is: it is a place that is kept for a download. A file goes with the folder that it was in.
        """
        if stamp is not None and stamp.size_bytes == 0:
            self._seen.pop(path, None)
            return False
        self.note(path, stamp, now_s)
        return self._is_old(self._seen[path], now_s) or (stamp is None and self._has_lost_its_folder(path, now_s))

    def awaits(self, path: str) -> bool:
        """Whether a file is known to have changed, and has not been taken."""
        return path in self._seen

    def overdue(self, now_s: float) -> list[str]:
        """Files that, if they are as they were, have been still long enough."""
        return [path for path, seen in self._seen.items() if self._is_old(seen, now_s)]

    def next_s(self) -> float | None:
        """When the next file may be still; None where none is awaited."""
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
