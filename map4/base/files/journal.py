"""Journals: lines of JSON, each synced to disk before the action it describes; the first line describes the journal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, Self

from map4.base.paths import display_path
from map4.base.regular_files import open_regular
from map4.base.text import whole_number as number_in
from map4.errors import Map4Error, UsageError

SUFFIX = ".jsonl"
_BINARY = getattr(os, "O_BINARY", 0)
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | _BINARY
_BLOCK_BYTES = 1 << 16
_NUMBERS_END = 1 << 63


class JournalError(Map4Error):
    """A journal can't be read or written."""

    meaning = "the journal can't be read or written"


def append(descriptor: int, data: bytes) -> None:
    """Append to a file and sync it to disk."""
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def journals_in(folder: str, prefix: str = "") -> list[str]:
    """Names of the journals in a folder, as `JournalFile.create` makes them of a kind, day and time, newest first."""

    def age(name: str) -> tuple[str, int]:
        stem, _, counted = name.rpartition("-")
        number = number_in(counted)
        return (name, 1) if number is None or name.count("-") != 3 else (stem, number)

    with suppress(FileNotFoundError):
        found = [name for name in os.listdir(folder) if name.startswith(prefix) and name.endswith(SUFFIX)]
        return sorted((name.removesuffix(SUFFIX) for name in found), key=age, reverse=True)
    return []


class JournalFile:
    """A journal open for appending.

    write: appends like `append`
    """

    def __init__(self, path: str, descriptor: int, write: Callable[[int, bytes], None] = append) -> None:
        self.path, self._descriptor, self._write = path, descriptor, write

    @classmethod
    def create(cls, stem: str, write: Callable[[int, bytes], None] = append) -> Self:
        """Create an empty journal with this name; a number is added if the name is taken."""
        for number in count(1):
            path = f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}"
            with suppress(FileExistsError):
                return cls(path, os.open(path, _NEW_FILE, 0o600), write)
        raise AssertionError("numbers don't end")

    @classmethod
    def open(cls, path: str, write: Callable[[int, bytes], None] = append) -> Self:
        """Open an existing journal to continue it."""
        journal = cls(path, os.open(path, os.O_RDWR | os.O_APPEND | _BINARY), write)
        journal._cut_unfinished_line()
        return journal

    def close(self) -> None:
        os.close(self._descriptor)

    def add(self, record: Mapping[str, Any]) -> int:
        """Append a line, and return its position; a line that can't be written completely is removed."""
        # As ASCII, so that names that are not UTF-8 are kept as escapes.
        line = json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        length = os.fstat(self._descriptor).st_size
        try:
            self._write(self._descriptor, line)
        except OSError:
            with suppress(OSError):  # half a line would corrupt the next
                os.ftruncate(self._descriptor, length)
            raise
        return length

    def _cut_unfinished_line(self) -> None:
        """Remove an incomplete last line left by a power cut, which would corrupt the next line."""
        length = end = os.fstat(self._descriptor).st_size
        whole = 0
        while end and not whole:
            start = max(0, end - _BLOCK_BYTES)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            line_end = os.read(self._descriptor, end - start).rfind(b"\n")
            whole = start + line_end + 1 if line_end >= 0 else 0
            end = start
        if whole < length:
            os.ftruncate(self._descriptor, whole)


def whole_lines(path: str) -> Generator[tuple[int, bytes], None, None]:
    """The complete lines of a journal with their positions; an incomplete last line had no effect and is skipped."""
    start = 0
    with open_regular(path) as file:
        for line in file:
            if line.endswith(b"\n"):
                yield start, line
            start += len(line)


def whole_number(value: Any) -> int:
    """A number of a file in a journal: a size or a time."""
    if not abs(value) < _NUMBERS_END:
        raise ValueError(f"{value} is not a number of a file")
    return int(value)


def parsed_line(line: bytes) -> dict[str, Any]:
    """The object in a line; empty if it is damaged."""
    with suppress(ValueError, RecursionError):
        if isinstance(data := json.loads(line), dict):
            return data
    return {}


def moves_in(path: str) -> list[tuple[str, str]]:
    """Return the old and new paths of the files that a journal moved or replaced and that are not back, in order.

    raises UsageError: if it is not a journal with absolute paths
    """
    moves: dict[int, tuple[str, str]] = {}
    try:
        for _, line in whole_lines(path):
            step = parsed_line(line)
            if step.get("step") == "move":
                moves[step["number"]] = str(step["from"]), str(step.get("kept", step["to"]))
            elif step.get("step") == "back":
                moves.pop(step["number"], None)
    except (OSError, KeyError, TypeError) as error:
        raise UsageError(f"{display_path(path)} is no readable journal: {error}") from None
    if not moves or not all(os.path.isabs(target) for _, target in moves.values()):
        raise UsageError(f"{display_path(path)} is no journal of renamed files; write FROM=TO, or name such a journal")
    return list(moves.values())
