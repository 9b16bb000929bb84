"""Cached texts on disk by key: answers of services, so that no query is repeated. Uses diskcache."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile

if TYPE_CHECKING:
    import diskcache

T = TypeVar("T")

# A cache in use is locked for milliseconds; a cache locked for longer by a stuck program is not used.
_LOCKED_S = 1.0
_SIZE_BYTES = 200 * 2**20
_PRIVATE = 0o700
_DATABASE = "cache.db"  # diskcache's own name


class TextCache:
    """A folder with texts. If it can't be used, it is empty; it warns once and does not raise.

    folder: created when the first text is stored, private to its owner
    warn: called once with a problem of the cache
    command: the command that clears the cache
    """

    def __init__(self, folder: str, warn: Callable[[str], None], *, command: str) -> None:
        self._folder, self._warn, self._command = folder, warn, command
        self._disk: diskcache.Cache | None = None
        self._is_off = False

    def get(self, key: str, convert: Callable[[str], T]) -> T | None:
        """The converted text, None if missing; a text that can't be converted counts as damage."""

        def use(disk: diskcache.Cache) -> T | None:
            text = disk.get(key)
            return None if text is None else convert(text)

        return self._try(use)

    def all_keys(self) -> frozenset[str]:
        """The keys of all texts, including expired ones."""
        return self._try(lambda disk: frozenset(disk.iterkeys())) or frozenset()

    def __len__(self) -> int:
        return self._try(len) or 0

    def put(self, texts: Mapping[str, str], *, keep_s: float) -> None:
        def use(disk: diskcache.Cache) -> None:
            with disk.transact():
                for key, text in texts.items():
                    disk.set(key, text, expire=keep_s)

        self._try(use, create=True)

    def forget(self, keys: Iterable[str] | None = None) -> int:
        """Drop texts (without keys all, including damaged ones); returns their number."""
        if keys is not None:
            return self._try(lambda disk: sum(bool(disk.delete(key)) for key in keys)) or 0
        count = self._try(len) or 0
        self.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError, NotADirectoryError):
                os.unlink(os.path.join(self._folder, _DATABASE + suffix))
        return count

    def close(self) -> None:
        """Close the cache; it opens again when needed."""
        disk, self._disk = self._disk, None
        if disk is not None:
            with suppress(sqlite3.Error):
                disk.close()

    def _try(self, use: Callable[[diskcache.Cache], T], *, create: bool = False) -> T | None:
        """Use the cache on disk; after a failure it warns once and is off."""
        try:
            if not self._is_off and (disk := self._opened(create=create)) is not None:
                return use(disk)
        except Exception as error:  # third-party code: a damaged or foreign database raises anything
            self._is_off = True
            self._warn(
                f"the cache of answers is not used ({str(error) or type(error).__name__}): {self._folder}. No data of "
                f"yours is lost; clear it with '{self._command}' or delete the folder"
            )
        return None

    def _opened(self, *, create: bool) -> diskcache.Cache | None:
        database = os.path.join(self._folder, _DATABASE)
        if self._disk is None and (create or os.path.exists(database)):
            SafeFile.make_private_folder(self._folder)
            _require_private(self._folder)
            if not os.path.exists(database):  # SQLite makes files that others can read
                os.close(SafeFile.open_private(database, os.O_CREAT | os.O_RDWR))
            _require_free(database)
            self._disk = _open(self._folder)
        return self._disk


def _require_private(folder: str) -> None:
    """Refuse a folder that other users can write to: cached answers are trusted."""
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise ValueError("it is not a folder, or it is a link")
    if hasattr(os, "getuid"):
        if status.st_uid != os.getuid():
            raise ValueError("it belongs to another user")
        if status.st_mode & 0o077:
            os.chmod(folder, _PRIVATE)


def _require_free(database: str) -> None:
    """Raise if another process holds the cache; diskcache would try for a minute."""
    if os.path.exists(database):
        OnDisk(database).require()
        with closing(sqlite3.connect(database, timeout=_LOCKED_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")


def _open(folder: str) -> diskcache.Cache:
    import diskcache

    class TextDisk(diskcache.Disk):  # type: ignore[misc]
        """Stores text only: diskcache itself unpickles rows marked as pickle (CVE-2025-69872), and opens and removes
        files named in rows."""

        def put(self, key: Any) -> tuple[str, bool]:
            return _text(key), True

        def get(self, key: Any, raw: Any) -> str:
            return _text(key if raw else None)

        def store(self, value: Any, read: Any, key: Any = None) -> tuple[int, int, None, str]:
            return 0, diskcache.core.MODE_RAW, None, _text(value)

        def fetch(self, mode: Any, filename: Any, value: Any, read: Any) -> str:
            return _text(value if mode == diskcache.core.MODE_RAW and filename is None else None)

        def remove(self, file_path: Any) -> None:
            """Do nothing: the cache never has files."""

    return diskcache.Cache(
        folder, timeout=_LOCKED_S, disk=TextDisk, eviction_policy="least-recently-stored", size_limit=_SIZE_BYTES
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("it contains a value that is not text")
    return value
