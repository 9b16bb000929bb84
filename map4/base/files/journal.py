"""Journals: lines of JSON, each on the disk before what it tells of is done; the first says what the journal is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self

from map4.base.regular_files import open_regular
from map4.errors import Map4Error

SUFFIX = ".jsonl"
_BINARY = getattr(os, "O_BINARY", 0)
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | _BINARY
_BLOCK_BYTES = 1 << 16
_NUMBERS_END = 1 << 63


class JournalError(Map4Error):
    """A journal can't be read or written."""

    meaning = "the journal can't be read or written"


def append(descriptor: int, data: bytes) -> None:
    """Add to a file, and wait until it is on the disk."""
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


class JournalFile:
    """A journal that is open for adding.

    write: adds to it, as `append` does
    """

    def __init__(self, path: str, descriptor: int, write: Callable[[int, bytes], None] = append) -> None:
        self.path, self._descriptor, self._write = path, descriptor, write

    @classmethod
    def create(cls, stem: str, write: Callable[[int, bytes], None] = append) -> Self:
        """An empty one of this name, or with a number behind it where that is taken."""
        for number in count(1):
            path = f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}"
            with suppress(FileExistsError):
                return cls(path, os.open(path, _NEW_FILE, 0o600), write)
        raise AssertionError("numbers don't end")

    @classmethod
    def open(cls, path: str, write: Callable[[int, bytes], None] = append) -> Self:
        """One that is there, to go on with."""
        journal = cls(path, os.open(path, os.O_RDWR | os.O_APPEND | _BINARY), write)
        journal._cut_unfinished_line()
        return journal

    def close(self) -> None:
        os.close(self._descriptor)

    def add(self, record: Mapping[str, Any]) -> int:
        """Add a line, and give where it begins; one that can't be written whole is taken out again."""
        # In ASCII: names in bytes that are no UTF-8 come through as escapes.
        line = json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        length = os.fstat(self._descriptor).st_size
        try:
            self._write(self._descriptor, line)
        except OSError:
            with suppress(OSError):  # half a line would spoil the next one
                os.ftruncate(self._descriptor, length)
            raise
        return length

    def _cut_unfinished_line(self) -> None:
        """Take out a last line without an end, which a power cut left; else the next line would go on with it."""
        length = end = os.fstat(self._descriptor).st_size
        kept = 0
        while end and not kept:
            start = max(0, end - _BLOCK_BYTES)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            found = os.read(self._descriptor, end - start).rfind(b"\n")
            kept = start + found + 1 if found >= 0 else 0
            end = start
        if kept < length:
            os.ftruncate(self._descriptor, kept)


def whole_lines(path: str) -> Generator[tuple[int, bytes], None, None]:
    """The lines of a journal, each with its place; one without an end was cut off, and nothing was done after it."""
    start = 0
    with open_regular(path) as file:
        for line in file:
            if line.endswith(b"\n"):
                yield start, line
            start += len(line)


def whole_number(value: Any) -> int:
    """A number of a file, a size or a time, as a journal has it."""
    if not abs(value) < _NUMBERS_END:
        raise ValueError(f"{value} is no number of a file")
    return int(value)
