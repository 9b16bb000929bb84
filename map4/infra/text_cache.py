"""Texts on disk under keys, so that nothing is asked twice. One that is damaged, foreign or locked counts as empty."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from map4.regular_files import require_regular

if TYPE_CHECKING:
    import diskcache

T = TypeVar("T")

# A cache in use is locked for milliseconds; one that a program hangs on is done without.
_LOCKED_S = 1.0
_SIZE_BYTES = 200 * 2**20
_PRIVATE = 0o700
_DATABASE = "cache.db"  # diskcache's own name
_ENDED = "the cache of answers was given up"
# What diskcache raises when it reads a damaged or foreign database.
_UNUSABLE = (OSError, sqlite3.Error, ValueError, TypeError, KeyError, AttributeError, AssertionError, OverflowError)


class TextCache:
    """Texts by key, on disk.

    folder: made when the first text is kept, for its owner alone
    warn: is told once what is wrong with the cache
    command: what makes room for a new one
    """

    def __init__(self, folder: str, warn: Callable[[str], None], *, command: str) -> None:
        self._folder, self._warn, self._command = folder, warn, command
        self._disk: diskcache.Cache | None = None
        self._is_off = False

    def __enter__(self) -> TextCache:
        return self

    def __exit__(self, *_: object) -> None:
        disk, self._disk = self._disk, None
        if disk is not None:
            with suppress(*_UNUSABLE):
                disk.close()

    def read(self, key: str, convert: Callable[[str], T]) -> T | None:
        """What is made of a text, or None; one that can't be converted is damage."""

        def use(disk: diskcache.Cache) -> T | None:
            text = disk.get(key)
            return None if text is None else convert(text)

        return self._try(use, create=False)

    def keys(self) -> frozenset[str]:
        """The keys of all texts, also of those that are too old by now."""
        return self._try(lambda disk: frozenset(disk.iterkeys()), create=False) or frozenset()

    def write(self, texts: Mapping[str, str], *, expire_s: float) -> None:
        """Keep texts for so long at most."""

        def use(disk: diskcache.Cache) -> None:
            with disk.transact():
                for key, text in texts.items():
                    disk.set(key, text, expire=expire_s)

        self._try(use, create=True)

    def drop(self, chosen: Callable[[str], bool] | None = None) -> int:
        """Drop texts, and give how many there were.

        chosen: which keys; None drops all, the damage too
        """
        if chosen is None:
            count = self._try(len, create=False) or 0
            self.__exit__()
            for suffix in ("", "-wal", "-shm", "-journal"):
                with suppress(FileNotFoundError, NotADirectoryError):
                    os.unlink(os.path.join(self._folder, _DATABASE + suffix))
            return count

        def use(disk: diskcache.Cache) -> int:
            keys = [key for key in disk.iterkeys() if chosen(key)]
            return sum(bool(disk.delete(key)) for key in keys)

        return self._try(use, create=False) or 0

    def _try(self, use: Callable[[diskcache.Cache], T], *, create: bool) -> T | None:
        """Use what is on disk, if it can be; what can't is warned of once, and left alone from then on."""
        try:
            disk = self._opened(create=create)
            return None if disk is None else use(disk)
        except _UNUSABLE as error:
            self._give_up(error)
        except Exception as error:
            # diskcache's own time-out is an Exception of its own, and only known once it is imported.
            if type(error).__module__.partition(".")[0] != "diskcache":
                raise
            self._give_up(error)
        return None

    def _give_up(self, error: Exception) -> None:
        self._is_off = True
        self._warn(
            f"{_ENDED} ({str(error) or type(error).__name__}): {self._folder}. Nothing of yours is lost; "
            f"'{self._command}' or deleting the folder makes room for a new one"
        )

    def _opened(self, *, create: bool) -> diskcache.Cache | None:
        if self._disk is not None or self._is_off:
            return None if self._is_off else self._disk
        if not create and not os.path.exists(os.path.join(self._folder, _DATABASE)):
            return None
        os.makedirs(self._folder, mode=_PRIVATE, exist_ok=True)
        _require_private(self._folder)
        _require_free(os.path.join(self._folder, _DATABASE))
        self._disk = _open(self._folder)
        return self._disk


def _require_private(folder: str) -> None:
    """Refuse a folder that other users can write to: answers in a cache are believed."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise ValueError("it is no folder, or a link")
    if hasattr(os, "getuid"):
        if found.st_uid != os.getuid():
            raise ValueError("it belongs to another user")
        if found.st_mode & 0o077:
            os.chmod(folder, _PRIVATE)


def _require_free(database: str) -> None:
    """Raise where another process holds the cache; diskcache would try for a minute."""
    if os.path.exists(database):
        require_regular(database)
        with closing(sqlite3.connect(database, timeout=_LOCKED_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")


def _open(folder: str) -> diskcache.Cache:
    import diskcache

    class TextDisk(diskcache.Disk):  # type: ignore[misc]
        """Reads and writes text alone: diskcache itself un-pickles what a row says is a pickle (CVE-2025-69872), and
        opens and removes the files that a row names."""

        def put(self, key: Any) -> tuple[str, bool]:
            return _text(key), True

        def get(self, key: Any, raw: Any) -> str:
            if not raw:
                raise ValueError("a key in it is no text")
            return _text(key)

        def store(self, value: Any, read: Any, key: Any = None) -> tuple[int, int, None, str]:
            return 0, diskcache.core.MODE_RAW, None, _text(value)

        def fetch(self, mode: Any, filename: Any, value: Any, read: Any) -> str:
            if mode != diskcache.core.MODE_RAW or filename is not None:
                raise ValueError("a value in it is no text")
            return _text(value)

        def remove(self, file_path: Any) -> None:
            """Files are never ours."""

    return diskcache.Cache(
        folder, timeout=_LOCKED_S, disk=TextDisk, eviction_policy="least-recently-stored", size_limit=_SIZE_BYTES
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("something in it is no text")
    return value
