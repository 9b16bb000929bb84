"""Audio that is converted into a cache on disk: once for all who follow it while it is written."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from io import FileIO
from typing import ClassVar

from map4.core.base.machine import usable_cores
from map4.core.base.paths import display_path, user_file
from map4.core.base.regular_files import open_unbuffered
from map4.core.base.unfinished import make_private_folder, unfinished
from map4.errors import LibraryBusyError, Map4Error

MOST_BYTES = 2_000_000_000
MOST_AT_ONCE = 64
"""Maximum number of conversions that run or wait for their turn."""
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a file of the cache is made.

    name: of the file, different for all other content
    make: writes the audio to a path, from its beginning to its end
    finish: adds to the end of the file what followers don't get, such as tags
    stop: makes `make` raise an error soon, from any thread
    account: for whom it is made
    """

    name: str
    make: Callable[[str], object]
    finish: Callable[[str], object]
    stop: Callable[[], object]
    account: int

    @property
    def path(self) -> str:
        """The path of the complete file."""
        return os.path.join(user_file("cache", "audio"), self.name)

    def made(self) -> str:
        """Return the path of the complete file, made if the cache does not have it."""
        if not self.is_made():
            with RunningConversion.followed(self) as running:
                running.wait()
        return self.path

    def is_made(self) -> bool:
        """Whether the cache has the file, which is marked as used."""
        try:  # keep the modification time for clients with a part
            os.utime(self.path, ns=(time.time_ns(), os.stat(self.path).st_mtime_ns))
        except OSError:
            return os.path.exists(self.path)
        return True


class RunningConversion:
    """A conversion in progress, in a separate thread. It ends early if no caller follows it any more."""

    # Per process: several callers may need the same file.
    _running: ClassVar[dict[str, RunningConversion]] = {}
    _lock: ClassVar = threading.Lock()
    _threads: ClassVar = Counter[int]()
    _turns: ClassVar = threading.BoundedSemaphore(max(2, usable_cores()))

    def __init__(self, conversion: Conversion) -> None:
        self._conversion, self._followers = conversion, 0
        self._partial = conversion.path
        self._size: int | None = None
        self._over = Future[None]()

    @classmethod
    @contextlib.contextmanager
    def followed(cls, conversion: Conversion, left_s: float = 0.0) -> Iterator[RunningConversion]:
        """Start a conversion, or join it if it runs.

        left_s: continue for so long after the last follower has left; in an event loop
        raises LibraryBusyError: if it does not run, and its account has as many of `MOST_AT_ONCE` places as are free
        """
        with cls._lock:
            running = cls._running.get(conversion.path)
            if running is None:
                busy = cls._threads.total()
                if cls._threads[conversion.account] >= MOST_AT_ONCE - busy:
                    raise LibraryBusyError(f"{busy} conversions are in progress; try again later")
                running = cls(conversion)
                threading.Thread(target=running._run, name="map4-conversion", daemon=True).start()
                cls._running[conversion.path] = running  # last, since a machine may have no thread left
                cls._threads[conversion.account] += 1
            running._followers += 1
        try:
            yield running
        finally:
            with cls._lock:
                running._followers -= 1
            if left_s:
                asyncio.get_running_loop().call_later(left_s, running._stop_if_left)
            else:
                running._stop_if_left()

    @property
    def is_over(self) -> bool:
        """Whether it is complete, or has failed."""
        return self._over.done()

    def wait(self) -> None:
        """Wait until it is complete.

        raises Map4Error: if it failed
        """
        try:
            self._over.result()
        except OSError as error:
            where = display_path(os.fsdecode(error.filename)) if error.filename else "the cache folder"
            raise Map4Error(f"converted audio can't be kept in {where}: {error.strerror}") from None

    def open(self) -> FileIO | None:
        """Open the file for reading, also while it is written; None if it has not begun."""
        for path in (self._partial, self._conversion.path):  # it gets the latter name when it is complete
            with contextlib.suppress(FileNotFoundError):
                return open_unbuffered(path)
        return None

    def read(self, file: FileIO, start: int) -> bytes:
        """The audio from a place on, as far as it is written; empty at its end."""
        file.seek(start)
        data = file.read(_READ_BYTES) or b""
        # Known before anything is added to the audio.
        return data if self._size is None else data[: max(0, self._size - start)]

    def _run(self) -> None:
        error = None
        try:
            with self._turns:
                if not self._conversion.is_made():  # by another, until now
                    make_private_folder(os.path.dirname(self._conversion.path))
                    self._make(self._conversion.path)
        except BaseException as failed:  # passed to the followers
            error = failed
        with self._lock:
            self._forget()
            self._threads[self._conversion.account] -= 1
        self._over.set_exception(error)  # without an error, it is complete

    def _make(self, path: str) -> None:
        with unfinished(path, "partial") as self._partial:
            self._conversion.make(self._partial)
            self._size = os.stat(self._partial).st_size
            self._conversion.finish(self._partial)
            os.replace(self._partial, path)
        with contextlib.suppress(OSError):
            make_room(path)

    def _stop_if_left(self) -> None:
        with self._lock:
            if self._followers or self.is_over:
                return
            self._forget()
        self._conversion.stop()

    def _forget(self) -> None:
        if self._running.get(self._conversion.path) is self:
            del self._running[self._conversion.path]


def make_room(current_path: str, most_bytes: int = MOST_BYTES) -> None:
    """Remove the least recently used files of a cache folder beyond its size, but keep this file."""
    cached = []
    with os.scandir(os.path.dirname(current_path)) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat()
                cached.append((status.st_atime_ns, status.st_size, entry.path))
    size = sum(entry_bytes for _, entry_bytes, _ in cached)
    for _, entry_bytes, path in sorted(cached):
        if size <= most_bytes:
            return
        if path != current_path:
            with contextlib.suppress(OSError):
                os.remove(path)
                size -= entry_bytes
