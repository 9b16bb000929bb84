"""Cache of converted audio on disk, so that a track is converted once; evicts the least recently used files."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import ClassVar
from weakref import WeakValueDictionary

from map4.base.unfinished import unfinished
from map4.base.user_folders import user_file

MOST_BYTES = 2_000_000_000
_PRIVATE = 0o700


class Conversions:
    """Files by name in a folder; default: the user's cache folder."""

    # Per process: several threads may need the same file.
    _locks: ClassVar[WeakValueDictionary[str, threading.Lock]] = WeakValueDictionary()
    _taking = threading.Lock()

    def __init__(self, folder: str | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most = folder or user_file("cache", "audio"), most_bytes

    def get(self, name: str, make: Callable[[str], object]) -> str:
        """Return the file of a name; if missing, `make` writes it to the path that it gets."""
        path = os.path.join(self._folder, name)
        with self._taking:
            lock = self._locks.setdefault(path, threading.Lock())
        with lock:
            if os.path.exists(path):
                with contextlib.suppress(OSError):  # mark as used; keep the modification time for clients with a part
                    os.utime(path, ns=(time.time_ns(), os.stat(path).st_mtime_ns))
                return path
            os.makedirs(self._folder, mode=_PRIVATE, exist_ok=True)
            with unfinished(path, "partial") as partial:
                make(partial)
                os.replace(partial, path)
            self.make_room(path)
            return path

    def make_room(self, kept_path: str) -> None:
        cached = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    cached.append((status.st_atime_ns, status.st_size, entry.path))
        size = sum(entry_bytes for _, entry_bytes, _ in cached)
        for _, entry_bytes, path in sorted(cached):
            if size <= self._most:
                return
            if path != kept_path:
                with contextlib.suppress(OSError):
                    os.remove(path)
                    size -= entry_bytes
