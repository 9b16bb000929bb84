"""An audio file as libav's call-backs need it."""

from __future__ import annotations

import io


class Source(io.RawIOBase):
    """The file from position `start` on, as libav is to see it.

    An exception in a call-back of libav would be printed to stderr or lost; so an error of reading is kept here, looks
    like the end of the file to libav, and is raised by `AvReader` afterwards.
    """

    def __init__(self, file: io.RawIOBase, start: int) -> None:
        self._file, self._start = file, start
        self.error: OSError | None = None
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes | None:
        try:
            return b"" if self.error else self._file.read(size)
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Return the new position, or -1 for one that cannot be: damaged headers lead anywhere."""
        try:
            return self._file.seek(offset + self._start * (whence == io.SEEK_SET), whence) - self._start
        except (OSError, OverflowError):
            return -1

    def tell(self) -> int:
        return self._file.tell() - self._start
