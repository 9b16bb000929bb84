"""List the journals of a library's quarantines, which are with the copies in folders that the user chose."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress

from map4.base.files.journal import append
from map4.base.files.moving import Disk
from map4.base.regular_files import open_regular
from map4.duplicates.quarantine.journal import QuarantineJournal
from map4.errors import Map4Error

_MOST_BYTES = 1 << 20


class QuarantineList:
    """A file beside the library with a path per line, the newest last.

    beside: the prefix of the library's side files
    """

    def __init__(self, beside: str) -> None:
        self._path = f"{beside}.quarantines"

    def note(self, journal: str) -> None:
        """Add a journal. If that fails, it can only be undone by its path."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            try:
                append(descriptor, json.dumps(journal).encode("ascii") + b"\n")
            finally:
                os.close(descriptor)

    def path_of(self, plan: str) -> str | None:
        """Return the path of the journal of a plan whose job began before; None if there is none."""
        return next((journal.path for journal in self.journals() if journal.plan == plan), None)

    def journals(self) -> Iterator[QuarantineJournal]:
        """Yield the readable journals, newest first; for reading only."""
        try:
            with open_regular(self._path) as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_BYTES))
                lines = file.read(_MOST_BYTES).splitlines()
        except OSError:
            return
        for line in reversed(lines):
            with suppress(Map4Error, ValueError, TypeError):  # cut off, moved, or on an absent drive
                yield QuarantineJournal.open(json.loads(line), Disk(), read_only=True)
