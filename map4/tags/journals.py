"""Journals of earlier tags: one for each write, in a folder beside the library."""

from __future__ import annotations

import base64
import os
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from map4.core.audio.content import Content
from map4.core.audio.tags.changes import Splice, WrittenTags
from map4.core.base.files.journal import Journal, JournalDisk
from map4.core.base.files.undo import UndoStep
from map4.core.base.paths import path_fields
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted
from map4.tags.tagging import TAG_FIELDS

# The maximum of an ID3 tag; a few bytes of a journal could unpack to any size.
_MOST_TAG_BYTES = 1 << 28


class TagJournal(Journal):
    """The journal of a write, with a step for each changed file."""

    SCHEMA, PREFIX, COMMAND, BEGUN_AT = "map4/tags-journal/1", "tags-", "tags write", "written_at"

    def __init__(self, path: str, head: Mapping[str, Any], disk: JournalDisk) -> None:
        super().__init__(path, head, disk)
        self.is_undone = False
        self._paths, self._fields, self._starts = set[str](), set[str](), array("Q")

    @property
    def step(self) -> UndoStep:
        count = len(self._paths)
        return UndoStep(
            kind="tags",
            at=self.begun_at,
            what=f"{counted(count, 'file')}: {', '.join(name for name in TAG_FIELDS if name in self._fields)}",
            count=count,
            undone=count * self.is_undone,
            command=("tags", "undo", self.name),
        )

    def files(self) -> Iterator[WrittenTags]:
        """Yield the recorded changes, newest first, read lazily.

        A file that was noted twice was not replaced the first time, as its job was killed before.
        """
        paths = set[str]()
        with OnDisk(self.path).open() as file:
            for start in reversed(self._starts):
                file.seek(start)
                written = _from_record(Journal.parsed_line(file.readline()))
                if written.path not in paths:
                    paths.add(written.path)
                    yield written

    def note_undone(self) -> None:
        with closing(TagJournal.open(self.path)) as journal:  # only now, as it may be on a read-only disk
            journal.add({"undone_at": datetime.now(UTC).isoformat(timespec="seconds")})

    def _read(self, step: dict[str, Any], line_at: int) -> None:
        if "undone_at" in step:
            self.is_undone = True
            return
        written = _from_record(step)
        self._fields |= written.fields.keys()
        self._paths.add(written.path)
        self._starts.append(line_at)


class TagJournals:
    """The journals of a library.

    folder: created with the first journal
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def begin(self, plan: str | None = None) -> JournalWriter:
        """Start a journal, or continue that of a killed job of this plan."""
        path = None if plan is None else TagJournal.path_of_plan(self.folder, plan)
        if path is None or TagJournal.open(path, read_only=True).is_undone:
            return JournalWriter(self.folder, plan)
        return JournalWriter(self.folder, plan, TagJournal.open(path))

    def steps(self) -> Iterator[UndoStep]:
        """Yield the writes that changed files, newest first; raises JournalError as `Journal.readable`."""
        journals = TagJournal.readable(TagJournal.paths(self.folder))
        return (journal.step for journal in journals if journal.step.count)

    def find(self, name: str) -> TagJournal:
        """Read a journal by its name or path."""
        return TagJournal.open(TagJournal.path_of(self.folder, name, is_anywhere=True), read_only=True)


class JournalWriter:
    """Writes a journal, whose file is created with its first change; each line is on disk before its file is replaced.

    journal: to continue
    done: the files in it, each with the content that it noted last
    """

    def __init__(self, folder: str, plan: str | None, journal: TagJournal | None = None) -> None:
        self._folder, self._plan, self._now = folder, plan, datetime.now(UTC)
        self._journal = journal
        self.done = {} if journal is None else {file.path: file.after for file in journal.files()}

    @property
    def name(self) -> str | None:
        return None if self._journal is None else self._journal.name

    def note(self, done: WrittenTags) -> None:
        """Record what undoes a change of a file."""
        if self._journal is None:
            self._journal = TagJournal.create(self._folder, now=self._now, plan=self._plan)
        self._journal.add(_to_record(done))

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()


def _to_record(done: WrittenTags) -> dict[str, Any]:
    return {
        **path_fields(done.path),
        "before": {"size_bytes": done.before.size_bytes, "digest": done.before.digest, "mtime_ns": done.modified_ns},
        "after": {"size_bytes": done.after.size_bytes, "digest": done.after.digest},
        "back": [[each.start, each.stop - each.start, _packed(each.new)] for each in done.back],
        "fields": {name: list(values) for name, values in done.fields.items()},
    }


def _from_record(record: Mapping[str, Any]) -> WrittenTags:
    raw = record.get("path_bytes")
    path = record["path"] if raw is None else os.fsdecode(base64.b64decode(raw))
    if "\0" in path:
        raise ValueError("a path with a NUL")
    before, after = record["before"], record["after"]
    return WrittenTags(
        path=path,
        before=Content(size_bytes=Journal.whole_number(before["size_bytes"]), digest=str(before["digest"])),
        after=Content(size_bytes=Journal.whole_number(after["size_bytes"]), digest=str(after["digest"])),
        modified_ns=Journal.whole_number(before["mtime_ns"]),
        back=_unpacked(record["back"], min(Journal.whole_number(before["size_bytes"]), _MOST_TAG_BYTES)),
        fields={str(name): (old, new) for name, (old, new) in record["fields"].items()},
    )


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def _unpacked(back: Sequence[Sequence[Any]], room: int) -> tuple[Splice, ...]:
    splices = []
    for start, length, data in back:
        unpacking = zlib.decompressobj()
        try:
            new = unpacking.decompress(base64.b64decode(data), room + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        room -= len(new)
        if room < 0 or not unpacking.eof:
            raise ValueError("more bytes than tags can have")
        splices.append(Splice(Journal.whole_number(start), Journal.whole_number(start + length), new))
    return tuple(splices)
