"""A short summary of a file's content, for comparing it later."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import BinaryIO

from map4.core.base.regular_files import OnDisk

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Size and digest of all bytes of a file, which show whether its content is unchanged."""

    size_bytes: int
    digest: str

    @classmethod
    def of_file(cls, path: str) -> Content:
        writer = ContentWriter()
        with OnDisk(path).open() as file:
            while block := file.read(BLOCK_BYTES):
                writer.write(block)
        return writer.content()


class ContentWriter(io.RawIOBase):
    """Passes bytes on to a file, if there is one, and computes their digest."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file
        self._digest = hashlib.blake2b(digest_size=16)
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self._file is not None:
            self._file.write(data)
        self._digest.update(data)
        self._size += len(data)
        return len(data)

    def content(self) -> Content:
        return Content(size_bytes=self._size, digest=self._digest.hexdigest())
