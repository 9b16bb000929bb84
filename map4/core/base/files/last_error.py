"""The last error that is a bug in map4, kept for `map4 doctor --report`: its places, without its message."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime

from map4.core.base.paths import user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.version import __version__

_FILE = "last-error.txt"
_MOST_PLACES = 20
_MOST_BYTES = 100_000


class LastError:
    """The kept error, and how errors are told without what could reveal the user."""

    @staticmethod
    def places_of(error: BaseException) -> list[str]:
        """The code locations of an error, innermost first, with shortened paths."""
        frames = traceback.extract_tb(error.__traceback__)[-_MOST_PLACES:]
        return [f"{LastError.shortened(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(frames)]

    @staticmethod
    def shortened(path: str) -> str:
        """The path of a module below the packages folder, which could reveal the user."""
        parts = path.replace(os.sep, "/").split("/")
        for folder in ("site-packages", f"python{sys.version_info.major}.{sys.version_info.minor}"):
            if folder in parts:
                return "/".join(parts[parts.index(folder) + 1 :])
        return "/".join(parts[parts.index("map4", 0) :] if "map4" in parts else parts[-1:])

    @staticmethod
    def keep(error: BaseException) -> None:
        """Replace the kept error, if its file can be written."""
        head = f"{type(error).__name__} in map4 {__version__} at {datetime.now(UTC).isoformat(timespec='seconds')}"
        path = user_file("cache", _FILE)
        with suppress(OSError):
            SafeFile.make_private_folder(os.path.dirname(path))
            with open(path, "w", encoding="utf-8", opener=SafeFile.open_private) as file:
                file.write("\n  ".join([head, *LastError.places_of(error)]))

    @staticmethod
    def read() -> str:
        with suppress(OSError):
            return OnDisk(user_file("cache", _FILE)).read(most_bytes=_MOST_BYTES).decode("utf-8", "replace")
        return "none"
