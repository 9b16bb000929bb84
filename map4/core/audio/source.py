"""Audio files, read by position; only regular files are opened."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from types import TracebackType

from map4.core.base.regular_files import NotRegularError, OnDisk
from map4.errors import FileError

# Large enough to make the cost per call negligible, small enough to stay in the CPU's cache while hashing.
PIECE_BYTES = 1 << 20


class AudioSource:
    """An open regular file of a fixed size, read by position.

    path: as `os.fsdecode` returns it; bytes that are not UTF-8 are kept as lone surrogates
    file: the same file for libraries that read it themselves; its position is theirs
    size: in bytes, when it was opened
    """

    __slots__ = ("file", "path", "size")

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.file = OnDisk(path).open_unbuffered()
        except NotRegularError as error:
            raise FileError("unsupported", "is a pipe, a socket or a device") from error
        except (OSError, ValueError) as error:
            raise FileError.of_system(error) from error
        self.size = os.fstat(self.file.fileno()).st_size

    def __enter__(self) -> AudioSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    @property
    def stored_bytes(self) -> int:
        """Return the space that it takes on its disk, without holes; its size if the system does not say."""
        blocks = getattr(os.fstat(self.file.fileno()), "st_blocks", None)
        return self.size if blocks is None else blocks * 512

    @property
    def suffix(self) -> str:
        """Return the lower-case suffix of the name with its dot, "" without one."""
        return os.path.splitext(self.path)[1].lower()

    def read(self, start: int, count: int) -> bytes:
        """Return bytes [start, start + count), fewer at the end of the file and none outside of it."""
        if start < 0 or count <= 0 or start >= self.size:
            return b""
        count = min(count, self.size - start)
        fd = self.file.fileno()
        try:
            os.lseek(fd, start, os.SEEK_SET)
            pieces = []
            while count > 0:
                piece = os.read(fd, count)
                if not piece:  # the file was shortened meanwhile
                    break
                pieces.append(piece)
                count -= len(piece)
        except OSError as error:
            raise FileError.of_system(error) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield bytes [start, stop) in pieces of at most `PIECE_BYTES`."""
        stop = min(stop, self.size)
        while start < stop:
            piece = self.read(start, min(PIECE_BYTES, stop - start))
            if not piece:
                return
            yield piece
            start += len(piece)

    @contextlib.contextmanager
    def buffered(self) -> Iterator[io.BufferedReader]:
        """Yield the same file from its beginning, for libraries that make many small reads."""
        file = _Buffered(self.file)
        file.seek(0)
        try:
            yield file
        finally:
            file.detach()  # otherwise it would close the source


class _Buffered(io.BufferedReader):
    """Limits buffers to what is left of the file, as damaged headers request terabytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > PIECE_BYTES:
            size = min(size, max(0, os.fstat(self.fileno()).st_size - self.tell()))
        return super().read(size)


class SourceReader:
    """A `Source` from position `start` on, as the file object that PyAV and soundfile call: read, readinto, seek, tell.

    Exceptions in a C callback would be printed to stderr or lost. So a read failure is stored, looks like the end of
    the file to the library, and is raised by `raise_failure`.

    start: the library's position 0
    name: the file name that the library sees; FFmpeg also guesses formats by it
    veiled: bytes of the file that the library sees as zeros
    """

    __slots__ = ("_failure", "_position", "_source", "_veiled", "name", "start")

    def __init__(self, source: AudioSource, *, start: int = 0, name: str = "file", veiled: range = range(0)) -> None:
        self._source = source
        self._veiled = veiled
        self.start = self._position = start
        self._failure: FileError | None = None
        self.name = name

    def read(self, count: int) -> bytes:
        """Return the next bytes, none after a failure."""
        if self._failure is not None:
            return b""
        try:
            data = self._source.read(self._position, count)
        except FileError as error:
            self._failure = error
            return b""
        if any(self._position <= at < self._position + len(data) for at in self._veiled):
            data = bytes(0 if self._position + i in self._veiled else byte for i, byte in enumerate(data))
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Return the new position, or -1 for an impossible one, as damaged headers point anywhere."""
        base = {os.SEEK_SET: self.start, os.SEEK_CUR: self._position, os.SEEK_END: self._source.size}[whence]
        if base + offset < self.start:
            return -1
        self._position = base + offset
        return self.tell()

    def tell(self) -> int:
        """Return the position, counted from `start`."""
        return self._position - self.start

    def raise_failure(self) -> None:
        """Raise the `FileError` of a read that failed, if one did."""
        if self._failure is not None:
            raise self._failure
