"""Rate limits of services, shared by all processes of this machine."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from map4.core.base.regular_files import read_regular
from map4.core.base.unfinished import make_private_folder, open_private

# A later moment was written by a clock that has been set back since.
_MOST_AHEAD_S = 600.0
_POLL_S = 0.02
_MOST_BYTES = 100


class SharedRate:
    """Schedules requests at least `interval_s` after the response to any other request to the same host.

    Only one request is in flight at a time, so the service never sees requests closer together, at any latency.

    folder: contains each host's next free moment, under a lock
    """

    def __init__(self, folder: str, host: str, interval_s: float) -> None:
        name = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in host)
        self._path = os.path.join(folder, f"{name}.next")
        self._interval_s = interval_s
        self._own_next_s = self._held_until_s = 0.0
        self._own = threading.Lock()

    @contextmanager
    def turn(self, most_s: float) -> Iterator[bool]:
        """Wait for the next turn and hold it; yields False if it does not come within `most_s`."""
        until = time.monotonic() + most_s
        with ExitStack() as stack:
            is_ours = self._own.acquire(timeout=most_s)
            if is_ours:
                stack.callback(self._own.release)
                is_ours = self._is_locked(stack, until) and time.monotonic() + self._wait_s() <= until
            if is_ours:
                time.sleep(self._wait_s())
                self._note()  # for other processes, in case this one ends before the response
                stack.callback(self._note)
            yield is_ours

    def hold(self, seconds: float) -> None:
        """Block all requests for this long; called by the holder of the turn."""
        self._held_until_s = time.time() + seconds

    def _is_locked(self, stack: ExitStack, until: float) -> bool:
        from filelock import FileLock, Timeout

        try:
            make_private_folder(os.path.dirname(self._path))
            lock = FileLock(f"{self._path}.lock", poll_interval=_POLL_S, mode=0o600)
            stack.enter_context(lock.acquire(timeout=max(0.0, until - time.monotonic())))
        except Timeout:
            return False
        except OSError:  # unwritable folder: then at least this process keeps the rate
            pass
        return True

    def _wait_s(self) -> float:
        next_s, now_s = max(self._read(), self._own_next_s), time.time()
        return next_s - now_s if now_s < next_s <= now_s + _MOST_AHEAD_S else 0.0

    def _note(self) -> None:
        self._own_next_s = max(time.time() + self._interval_s, self._held_until_s)
        with suppress(OSError), open(self._path, "w", encoding="ascii", opener=open_private) as file:
            file.write(f"{self._own_next_s:.6f}")

    def _read(self) -> float:
        with suppress(OSError, ValueError):
            return float(read_regular(self._path, most_bytes=_MOST_BYTES))
        return 0.0
