"""The mirror: a file on this machine with the compared values of all tracks, as columns to map into memory.

A first block with a header (JSON), then the columns one after the other, little-endian. It contains only data from the
library, and is always replaced as a whole; a mirror with any fault is ignored.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Hamms
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.sound.similarity_tables import Arrays, LibraryTable, SoundSpace
from map4.version import __version__

_LAYOUT = 4
# Other versions of its sources give other values in the same columns.
_MADE_BY = f"{__version__} {_LAYOUT} {ANALYSIS_VERSION} {Hamms.VERSION} {SoundVector.VERSION}"
_MAGIC = b"map4 mirror\n"
_HEADER_BYTES = 8192
_ALIGNED = 64  # bytes of a cache line
_SPACE = tuple(field.name for field in fields(SoundSpace))
_BLOCK_ROWS = 8192
_CHECKED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mirror:
    """A readable mirror.

    token, revision: the library and the state of it that the mirror shows
    columns: see `map4.core.music.sound.similarity_tables.LibraryTable.COLUMNS`
    texts: the texts that its `CODED` columns refer to by number
    release: releases the memory used for reading
    """

    token: str
    revision: int
    columns: Arrays
    texts: Sequence[str | None]
    space: SoundSpace | None
    release: Callable[[], object]


def read_mirror(path: str) -> Mirror | None:
    """Open a mirror; None if it does not exist or is unreadable for this map4."""
    try:
        with OnDisk(path).open_unbuffered() as file:
            header = _header(file)
            if header is None:
                return None
            memory: mmap.mmap | bytes
            if OnDisk(
                path
            ).is_on_network():  # another machine may replace it, and a mapped file would then crash this process
                file.seek(0)
                memory = file.readall()
            else:
                memory = mmap.mmap(file.fileno(), header["size"], access=mmap.ACCESS_READ)
        arrays = {
            name: np.frombuffer(memory, dtype=dtype, count=int(np.prod(shape)), offset=offset).reshape(shape)
            for name, (dtype, shape, offset) in header["arrays"].items()
        }
        space = SoundSpace(**{name: arrays.pop(name) for name in _SPACE}) if _SPACE[0] in arrays else None
        texts = json.loads(arrays.pop("texts").tobytes())
        if arrays.keys() != LibraryTable.COLUMNS.keys() or len({len(array) for array in arrays.values()}) != 1:
            return None
        return Mirror(
            token=header["token"],
            revision=header["revision"],
            columns=arrays,
            texts=texts,
            space=space,
            release=_releasing(memory),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def is_altered(path: str, shows: Callable[[str], bool]) -> bool:
    """True if the mirror's content is unreadable or differs from what was written.

    shows: whether a token belongs to the current library; other mirrors are not checked, because they are not used

    Reading it all takes 0.15 s per million tracks, and more from a disk, so `read_mirror` checks only the header.
    """
    try:
        with OnDisk(path).open_unbuffered() as file:
            header = _header(file)
            return header is not None and shows(header["token"]) and header["content"] != _checksum(file)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _header(file: io.FileIO) -> dict[str, Any] | None:
    """The header; None if this map4 did not write it in this form."""
    size = os.fstat(file.fileno()).st_size
    head = file.read(_HEADER_BYTES)
    if size < _HEADER_BYTES or not head.startswith(_MAGIC):
        return None
    digest, text = head[len(_MAGIC) :].rstrip(b"\0").split(b"\n", 1)
    header: dict[str, Any] = json.loads(text)
    if int(digest, 16) != zlib.crc32(text) or header["made_by"] != _MADE_BY or header["size"] != size:
        return None
    return header


def _checksum(file: IO[bytes]) -> int | None:
    """Checksum of everything after the header; None if the disk can't read it."""
    checksum = 0
    file.seek(_HEADER_BYTES)
    try:
        while block := file.read(_CHECKED_BYTES):
            checksum = zlib.crc32(block, checksum)
    except OSError:
        return None
    return checksum


def _releasing(memory: mmap.mmap | bytes) -> Callable[[], object]:
    # File pages stay in the memory that all processes share; this process need not keep them.
    advice = getattr(mmap, "MADV_DONTNEED", None)
    return int if advice is None or isinstance(memory, bytes) else lambda: memory.madvise(advice)


def write_mirror(
    path: str,
    blocks: Iterable[Mapping[str, npt.NDArray[Any]]],
    rows: int,
    id_bytes: int,
    texts: Iterable[str | None],
    *,
    token: str,
    revision: int,
) -> None:
    """Write a mirror to an empty file, block by block, and flush it to the disk.

    blocks: columns of some rows, with their sound vectors as `raw` instead of directions
    id_bytes: the longest audio id
    texts: the texts that the blocks refer to, complete after the last block
    """
    with open(path, "r+b") as file, tempfile.TemporaryFile(dir=SafeFile(path).folder) as vectors:
        layout = _Layout()
        for name, (dtype, shape) in LibraryTable.COLUMNS.items():
            if name != "directions":
                layout.add(name, f"S{id_bytes}" if dtype == "S" else dtype, (rows, *shape))
        flags, done = np.zeros(rows, dtype=np.uint8), 0
        for block in blocks:
            count = len(block["file_id"])
            if done + count > rows:
                raise OSError("there are more rows than were counted")
            flags[done : done + count] = block["flags"]
            for name in layout.arrays:
                file.seek(layout.offset(name, done))
                file.write(np.ascontiguousarray(block[name], dtype=layout.arrays[name][0]).data)
            vectors.write(np.ascontiguousarray(block["raw"]).data)
            done += count
        if done < rows:
            raise OSError("there are fewer rows than were counted")
        raw = _RawFile(vectors)
        space = LibraryTable.fitted_space(raw.rows, flags)
        if space is not None:
            for name in _SPACE:
                array = getattr(space, name).astype("<f4")
                layout.add(name, "<f4", array.shape)
                file.seek(layout.offset(name, 0))
                file.write(np.ascontiguousarray(array).data)
        listed = json.dumps(list(texts)).encode()
        layout.add("texts", "|u1", (len(listed),))
        file.seek(layout.offset("texts", 0))
        file.write(listed)
        layout.add("directions", "<f4", (rows, 0 if space is None else space.projection.shape[1]))
        file.seek(layout.offset("directions", 0))
        for start in range(0, rows, _BLOCK_ROWS):
            stop = min(start + _BLOCK_ROWS, rows)
            directions = LibraryTable.directions_of(space, raw.between(start, stop), flags[start:stop])
            file.write(directions.astype("<f4").data)
        size = file.tell()
        file.truncate(size)
        text = json.dumps({
            "made_by": _MADE_BY, "token": token, "revision": revision, "size": size, "arrays": layout.arrays,
            "content": _checksum(file),
        }).encode()  # fmt: skip
        head = b"%s%08x\n%s" % (_MAGIC, zlib.crc32(text), text)
        file.seek(0)
        file.write(head.ljust(_HEADER_BYTES, b"\0"))
        file.flush()
        os.fsync(file.fileno())


class _Layout:
    """The positions of arrays in the file."""

    def __init__(self) -> None:
        self.arrays: dict[str, tuple[str, tuple[int, ...], int]] = {}
        self._end = _HEADER_BYTES

    def add(self, name: str, dtype: str, shape: tuple[int, ...]) -> None:
        self.arrays[name] = (dtype, shape, self._end)
        end = self._end + np.dtype(dtype).itemsize * int(np.prod(shape))
        self._end = -(-end // _ALIGNED) * _ALIGNED

    def offset(self, name: str, row: int) -> int:
        dtype, shape, start = self.arrays[name]
        return start + row * np.dtype(dtype).itemsize * int(np.prod(shape[1:]))


class _RawFile:
    """Sound vectors in a file, by row."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def between(self, start: int, stop: int) -> npt.NDArray[np.float16]:
        self._file.seek(start * 2 * SoundVector.SIZE)
        data = self._file.read((stop - start) * 2 * SoundVector.SIZE)
        return np.frombuffer(data, dtype="<f2").reshape(-1, SoundVector.SIZE)

    def rows(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float16]:
        return np.concatenate([self.between(row, row + 1) for row in rows.tolist()])
