"""Read one regular file by position, without ever following a pipe or a device."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from types import TracebackType

from map4.errors import FileError

# Large enough that the cost of a call disappears, small enough to stay in the CPU's cache while it is hashed.
PIECE_BYTES = 1 << 20

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})


class Source:
    """An open regular file of a fixed size.

    Parameters
    ----------
    path : as `os.fsdecode` gives it; bytes that are no UTF-8 arrive as lone surrogates and are kept

    Raises
    ------
    FileError
        vanished (no such file), unsupported (a folder, pipe, socket or device: never opened), unreadable (everything
        else the system refuses).
    """

    __slots__ = ("_fd", "path", "size")

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            # Opening a pipe would wait for a writer and opening a device may do anything: look before.
            _require_regular(os.stat(path))
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            self._fd = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
        except (OSError, ValueError) as error:
            raise as_file_error(error) from error
        try:
            found = os.fstat(self._fd)
            _require_regular(found)  # it may have been exchanged since
        except OSError as error:
            os.close(self._fd)
            raise as_file_error(error) from error
        except FileError:
            os.close(self._fd)
            raise
        self.size = found.st_size

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    @property
    def suffix(self) -> str:
        """Lower-case suffix of the name with its dot, "" where there is none."""
        return os.path.splitext(self.path)[1].lower()

    def read(self, start: int, count: int) -> bytes:
        """Bytes [start, start + count), fewer at the end of the file and none outside of it."""
        if start < 0 or count <= 0 or start >= self.size:
            return b""
        count = min(count, self.size - start)
        try:
            os.lseek(self._fd, start, os.SEEK_SET)
            pieces = []
            while count > 0:
                piece = os.read(self._fd, count)
                if not piece:  # somebody shortened the file meanwhile
                    break
                pieces.append(piece)
                count -= len(piece)
        except OSError as error:
            raise as_file_error(error) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Bytes [start, stop) in pieces of at most `PIECE_BYTES`."""
        stop = min(stop, self.size)
        while start < stop:
            piece = self.read(start, min(PIECE_BYTES, stop - start))
            if not piece:
                return
            yield piece
            start += len(piece)


class SourceReader:
    """A `Source` as the file object that PyAV and soundfile want: read, readinto, seek and tell, nothing else.

    Both lose exceptions on their way through C: a failure to read looks like the end of the file, is kept, and comes
    out of `raise_failure`.
    """

    __slots__ = ("_failure", "_position", "_source", "name")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = 0
        self._failure: FileError | None = None
        # FFmpeg guesses by the name's suffix too, and cannot take every name: a plain one with the same suffix.
        suffix = source.suffix
        self.name = "file" + (suffix if suffix.isascii() and suffix[1:].isalnum() else "")

    def read(self, count: int) -> bytes:
        try:
            data = self._source.read(self._position, count)
        except FileError as error:
            self._failure = error
            return b""
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._source.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position


def as_file_error(error: OSError | ValueError) -> FileError:
    """What the system said, as the `FileError` a record shows."""
    if isinstance(error, ValueError):  # a NUL in the name, or a name the file system's encoding has no bytes for
        return FileError("vanished", "There is no file of this name.")
    if error.errno in _GONE:
        return FileError("vanished", "The file is no longer there.")
    return FileError("unreadable", f"The file can't be read: {error.strerror or error}.")


def _require_regular(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise FileError("unsupported", "This is not a regular file.")


class OffsetFile(io.RawIOBase):
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
