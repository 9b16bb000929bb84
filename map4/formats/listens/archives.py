"""Downloads of services: the texts in a ZIP archive, read in memory within limits; nothing is unpacked to disk."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from map4.core.base.regular_files import OnDisk
from map4.formats.importer import ImportReadError

ZIP = b"PK\x03\x04"
OTHER_FILES = "files of the archive without plays or lists"
_TEXTS = (".json", ".jsonl", ".csv", ".tsv", ".txt", ".log")
_MOST_FILES, _MOST_BYTES = 5_000, 1 << 30
_MOST_FILE_BYTES, _MOST_RATIO = 1 << 24, 200  # a larger file that shrinks more is no text
_MOST_DEPTH = 2  # Apple's download has archives in an archive


def archived_names(path: str) -> list[str]:
    """Return the names of the files in an archive; none if it is damaged."""
    try:
        with OnDisk(path).open() as file, ZipFile(file) as archive:
            return archive.namelist()
    except (BadZipFile, NotImplementedError, ValueError):
        return []


def archived_files(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the texts in an archive, and in the archives in it, by name."""
    try:
        with OnDisk(path).open() as file:
            yield from _files(file, _MOST_DEPTH, [_MOST_FILES, _MOST_BYTES])
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise ImportReadError("this ZIP archive is damaged; is the download complete?") from None


def _files(archived: BinaryIO, depth: int, left: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the texts of an archive.

    depth: of archives in it that are read, too
    left: how many files and bytes may still be read
    """
    with ZipFile(archived) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            name = info.filename.lower()
            if not name.endswith((*_TEXTS, ".zip") if depth else _TEXTS):
                continue
            left[0] -= 1
            left[1] -= info.file_size
            is_packed = info.file_size > max(_MOST_FILE_BYTES, _MOST_RATIO * info.compress_size)
            if min(left) < 0 or is_packed:
                raise ImportReadError("this archive is larger than any download of a service; unpack it yourself")
            if info.flag_bits & 1:
                raise ImportReadError("this archive is encrypted; unpack it, and import its files")
            with archive.open(info) as file:
                content = file.read(info.file_size)
            if name.endswith(".zip"):
                yield from _files(io.BytesIO(content), depth - 1, left)
            else:
                yield info.filename, content
