"""No service is asked more often than it allows, by all processes of this machine together."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from map4.regular_files import read_regular

# A place farther ahead than this was reserved by a clock that was set back since.
_MOST_AHEAD_S = 600.0
_LOCKED_S = 5.0
_PRIVATE_FOLDER, _MOST_BYTES = 0o700, 100


def default_rates_path() -> str:
    """The folder of times, in the user's cache folder."""
    from platformdirs import user_cache_path

    return str(user_cache_path("map4", appauthor=False) / "rates")


class SharedRate:
    """Gives each request its moment, at least `interval_s` after that of any other request to the same host.

    Parameters
    ----------
    folder : where the next free moment of each host stands, under a lock
    time_s : seconds since 1970, the same for all processes
    """

    def __init__(
        self,
        folder: str,
        host: str,
        interval_s: float,
        *,
        time_s: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        name = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in host)
        self._path = os.path.join(folder, f"{name}.next")
        self._interval_s, self._time_s, self._sleep = interval_s, time_s, sleep
        self._own_next_s = 0.0
        self._lock = threading.Lock()

    def wait(self, most_s: float) -> bool:
        """Wait for the next free moment; False, at once, where that would take longer than `most_s`."""
        with self._lock:
            now_s = self._time_s()
            moment_s = self._reserve(now_s, most_s)
            if moment_s is None:
                return False
            self._own_next_s = moment_s + self._interval_s
        self._sleep(max(0.0, moment_s - now_s))
        return True

    def _reserve(self, now_s: float, most_s: float) -> float | None:
        from filelock import FileLock, Timeout

        try:
            os.makedirs(os.path.dirname(self._path), mode=_PRIVATE_FOLDER, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCKED_S):
                moment_s = self._moment(now_s, self._read())
                if moment_s - now_s > most_s:
                    return None
                with open(self._path, "w", encoding="ascii") as file:
                    file.write(f"{moment_s + self._interval_s:.6f}")
                return moment_s
        except (OSError, Timeout):  # a folder that can't be written: then at least this process keeps to the rate
            moment_s = self._moment(now_s, self._own_next_s)
            return None if moment_s - now_s > most_s else moment_s

    def _read(self) -> float:
        with suppress(OSError, ValueError):
            return float(read_regular(self._path, most_bytes=_MOST_BYTES))
        return 0.0

    def _moment(self, now_s: float, next_s: float) -> float:
        next_s = max(next_s, self._own_next_s)
        return next_s if now_s < next_s <= now_s + _MOST_AHEAD_S else now_s
