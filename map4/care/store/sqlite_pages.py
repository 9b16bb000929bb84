"""Reads an SQLite file page by page, even if its header or pages of its trees are damaged.

The format is described on https://www.sqlite.org/fileformat2.html; numbers in comments are sections of that page.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple

from map4.core.base.regular_files import OnDisk
from map4.core.store.file.database import LibraryFile

_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE = 2, 5, 10, 13
_TABLE_KINDS: tuple[int, ...] = (_INTERIOR_TABLE, _LEAF_TABLE)
_INDEX_KINDS: tuple[int, ...] = (_INTERIOR_INDEX, _LEAF_INDEX)
_PAGE_SIZES = tuple(1 << power for power in range(9, 17))
_USUAL_PAGE_SIZE = 4096
_HEADER = 100
# The page size is detected at the end of the file: damage is likelier at its beginning.
_SAMPLED_BYTES = 16 << 20
_SAMPLED_PAGES = 200
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEADER, _FRAME_HEADER = 32, 24
_BYTES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)


class StoredRow(NamedTuple):
    """A row. rowid: None in an index, and in a table without rowids"""

    rowid: int | None
    values: list[Any]


class _Node(NamedTuple):
    """A page of a tree. is_whole: all of its cells are on it"""

    kind: int
    page: bytes
    cells: list[int]
    children: list[int]
    is_whole: bool


@dataclass(slots=True)
class Tree:
    """The pages of a tree that contain rows, in their order.

    is_whole: no page is missing or damaged
    is_mended: the kind of a page, a byte, is damaged, and known by its cells; SQLite itself reads something else
    count: how many rows there are, if the tree is whole
    """

    pages: list[int] = field(default_factory=list)
    is_whole: bool = True
    is_mended: bool = False
    count: int = 0


class SqlitePages:
    """The pages of an SQLite file, which is only read; the committed pages of its WAL count.

    count: how many pages there are
    header: that of the file, which may be damaged
    """

    def __init__(self, path: str) -> None:
        self._file: BinaryIO = OnDisk(path).open()
        self._wal: BinaryIO | None = None
        with suppress(OSError):
            self._wal = OnDisk(f"{path}-wal").open()
        self._claimed: set[int] = set()
        self._kinds: dict[int, int] = {}
        self._page_size = self._usable = self._detected_page_size()
        self._in_wal = dict(self._committed_frames(self._wal)) if self._wal is not None else {}
        self.count = max(-(-os.fstat(self._file.fileno()).st_size // self._page_size), *self._in_wal, 0)
        self.header = self._read(1)[:_HEADER]
        is_intact = self.header.startswith(LibraryFile.MAGIC) and self.header[21:24] == b"\x40\x20\x20"  # fixed: 1.3.3
        if is_intact and self.header[20]:
            self._usable = max(self._page_size - self.header[20], self._page_size, key=self._readable_pages)

    def close(self) -> None:
        self._file.close()
        if self._wal is not None:
            self._wal.close()

    def _detected_page_size(self) -> int:
        """The page size of the WAL, or else that with which most parts of the file are pages of trees."""
        wal_header = self._wal.read(_WAL_HEADER) if self._wal is not None else b""
        if (of_wal := _u32(wal_header, 8)) in _PAGE_SIZES and _u32(wal_header, 0) in _WAL_MAGIC:
            return of_wal
        length = os.fstat(self._file.fileno()).st_size
        begin = max(0, length - _SAMPLED_BYTES) // _PAGE_SIZES[-1] * _PAGE_SIZES[-1]
        self._file.seek(begin)
        sample = self._file.read(length - begin)

        def pages_of_trees(size: int) -> int:
            nodes = (_node(sample[at : at + size], size, 0, sample[at]) for at in range(0, len(sample), size))
            return sum(node is not None and node.is_whole and bool(node.cells) for node in nodes)

        return max(_PAGE_SIZES, key=lambda size: (pages_of_trees(size), size == _USUAL_PAGE_SIZE))

    def _committed_frames(self, wal: BinaryIO) -> Iterator[tuple[int, tuple[BinaryIO, int]]]:
        """Where the pages in the WAL are, by number, up to the last transaction that is whole (4.1, 4.2)."""
        wal.seek(0)
        header = wal.read(_WAL_HEADER)
        if len(header) < _WAL_HEADER or _u32(header, 0) not in _WAL_MAGIC:
            return
        order = ">" if _u32(header, 0) & 1 else "<"
        sums = _checksum(header[:24], (0, 0), order)
        waiting = []
        while len(frame := wal.read(_FRAME_HEADER + self._page_size)) == _FRAME_HEADER + self._page_size:
            sums = _checksum(frame[_FRAME_HEADER:], _checksum(frame[:8], sums, order), order)
            if frame[8:16] != header[16:24] or sums != struct.unpack_from(">II", frame, 16):
                return
            waiting.append((_u32(frame, 0), (wal, wal.tell() - self._page_size)))
            if _u32(frame, 4):  # the last of a transaction
                yield from waiting
                waiting.clear()

    def _read(self, number: int) -> bytes:
        """A page; one that is cut off ends with zeros."""
        file, at = self._in_wal.get(number) or (self._file, (number - 1) * self._page_size)
        file.seek(at)
        return file.read(self._page_size).ljust(self._page_size, b"\0")

    def _node(self, number: int) -> _Node | None:
        if not 0 < number <= self.count:
            return None
        page, start = self._read(number), _HEADER if number == 1 else 0
        if number not in self._kinds:
            self._kinds[number] = self._kind(page, start)
        return _node(page, self._usable, start, self._kinds[number])

    def _kind(self, page: bytes, start: int) -> int:
        """The kind of a page. If that byte is damaged, all cells are readable as those of another kind."""
        node = _node(page, self._usable, start, page[start])
        if node is not None and node.is_whole and self._is_readable(node, node.cells[:1]):
            return node.kind
        others = (_node(page, self._usable, start, kind) for kind in _TABLE_KINDS + _INDEX_KINDS)
        fitting = (other for other in others if other is not None and other.is_whole and other.cells)
        return next((other.kind for other in fitting if self._is_readable(other, other.cells)), page[start])

    def _readable_pages(self, usable: int) -> int:
        """How many of the first pages are readable with this number of used bytes in each."""
        self._usable = usable
        numbers = range(1, min(self.count, _SAMPLED_PAGES) + 1)
        pages = ((self._read(number), _HEADER if number == 1 else 0) for number in numbers)
        nodes = (_node(page, usable, start, page[start]) for page, start in pages)
        return sum(node is not None and node.is_whole and self._is_readable(node, node.cells) for node in nodes)

    def _is_readable(self, node: _Node, cells: list[int]) -> bool:
        """True if the children of a page exist and are of its kind, and these cells can be read."""
        if not all(1 < child <= self.count for child in node.children):
            return False
        kinds = _TABLE_KINDS if node.kind in _TABLE_KINDS else _INDEX_KINDS
        if node.children and all(self._read(child)[0] not in kinds for child in node.children[:3]):
            return False
        try:
            for at in cells if node.kind != _INTERIOR_TABLE else ():
                self._cell(node, at)
        except (ValueError, IndexError, struct.error):
            return False
        return True

    # ---- trees: 1.6

    def claim(self, root: int) -> Tree:
        """The pages under a root that no other tree has claimed."""
        tree, waiting = Tree(), [root]
        kinds = _TABLE_KINDS + _INDEX_KINDS
        while waiting:
            number = waiting.pop()
            node = None if number in self._claimed else self._node(number)
            if node is None or node.kind not in kinds:
                tree.is_whole = False
                continue
            kinds = _TABLE_KINDS if node.kind in _TABLE_KINDS else _INDEX_KINDS
            self._claimed.add(number)
            # SQLite keeps no empty leaf in a tree, unless it is the only page.
            tree.is_whole &= node.is_whole and (bool(node.cells or node.children) or number == root)
            tree.is_mended |= node.kind != node.page[_HEADER if number == 1 else 0]
            waiting += reversed(node.children)
            if node.kind != _INTERIOR_TABLE:
                tree.pages.append(number)
                tree.count += len(node.cells)
        return tree

    def loose_pages(self) -> Iterator[int]:
        """Pages of trees that are not claimed."""
        loose = (number for number in range(1, self.count + 1) if number not in self._claimed)
        return (number for number in loose if self._node(number) is not None)

    @cached_property
    def loose_trees(self) -> list[Tree]:
        """The trees that no page refers to, once all known trees are claimed; those on the freelist are left out."""
        children: set[int] = set()
        for number in range(1, self.count + 1):
            if number not in self._claimed and self._node(number) is None:
                self._claimed |= self._freed(self._read(number))
        loose = [*self.loose_pages()]
        for number in loose:
            children.update(self._node(number).children)  # type: ignore[union-attr]  # a page of a tree
        # Parents before their children, which they claim.
        loose.sort(key=lambda number: number in children)
        return [self.claim(number) for number in loose if number not in self._claimed]

    def _freed(self, page: bytes) -> set[int]:
        """The pages that a trunk page of the freelist names (1.5); empty for other pages."""
        following, count = struct.unpack_from(">II", page)
        if following > self.count or not 0 < count <= self._usable // 4 - 2:
            return set()
        free = {*struct.unpack_from(f">{count}I", page, 8)}
        is_trunk = len(free) == count and min(free) > 1 and max(free) <= self.count and free.isdisjoint(self._claimed)
        return free if is_trunk else set()

    def cells(self, *trees: Tree) -> Iterator[StoredRow | None]:
        """The rows of trees; None for each unreadable row."""
        for number in (number for tree in trees for number in tree.pages):
            node = self._node(number)
            for at in node.cells if node is not None else ():
                try:
                    yield self._cell(node, at)  # type: ignore[arg-type]  # there are cells
                except (ValueError, IndexError, struct.error):
                    yield None

    def _cell(self, node: _Node, at: int) -> StoredRow:
        length, at = _varint(node.page, at + (4 if node.kind == _INTERIOR_INDEX else 0))
        if node.kind != _LEAF_TABLE:
            return StoredRow(None, _record(self._payload(node.page, at, length, (self._usable - 12) * 64 // 255 - 23)))
        rowid, at = _varint(node.page, at)
        values = _record(self._payload(node.page, at, length, self._usable - 35))
        return StoredRow(rowid - (1 << 64 if rowid >= 1 << 63 else 0), values)

    def _payload(self, page: bytes, at: int, length: int, most: int) -> bytes:
        """The bytes of a record; beyond `most` some of them are on overflow pages (1.6, 1.7)."""
        if length <= most:
            return page[at : min(at + length, self._usable)]
        if length > self.count * self._usable:
            raise ValueError("the record is longer than the file")
        least = (self._usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (self._usable - 4)
        here = here if here <= most else least
        parts, left, following = [page[at : at + here]], length - here, _u32(page, at + here)
        while left > 0:
            if not 1 < following <= self.count:
                raise ValueError("an overflow page is missing")
            overflow = self._read(following)
            parts.append(overflow[4 : 4 + min(left, self._usable - 4)])
            left, following = left - len(parts[-1]), _u32(overflow, 0)
        if following:
            raise ValueError("an overflow page belongs to another record")
        return b"".join(parts)


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _node(page: bytes, usable: int, start: int, kind: int) -> _Node | None:
    """A page of a tree, which begins at `start`; None for other pages (1.6)."""
    if kind not in _TABLE_KINDS + _INDEX_KINDS:
        return None
    is_interior = kind in (_INTERIOR_INDEX, _INTERIOR_TABLE)
    begin = start + (12 if is_interior else 8)
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    end = begin + 2 * count
    if end > min(len(page), usable):
        return None
    pointers = struct.unpack_from(f">{count}H", page, begin)
    cells = [at for at in pointers if end <= at < usable - 3]
    children = [_u32(page, at) for at in (*cells, start + 8)] if is_interior else []
    return _Node(kind, page, cells, children, len(cells) == count)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """An integer of 1 to 9 bytes, and where it ends (1.6)."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9


def _record(data: bytes) -> list[Any]:
    """The values of a record (2.1)."""
    end, at = _varint(data, 0)
    header = data[at:end]
    kinds = [*header] if len(header) == end - at and header.isascii() else []
    at = end if kinds else at  # each is in a single byte
    while at < end:
        kind, at = _varint(data, at)
        kinds.append(kind)
    if at != end:
        raise ValueError("the header of the record is damaged")
    values: list[Any] = []
    for kind in kinds:
        if kind in (10, 11):
            raise ValueError("a value has no type")
        length = _BYTES[kind] if kind < 12 else (kind - 12) // 2
        part, at = data[at : at + length], at + length
        if kind >= 12:
            values.append(part.decode("utf-8", "replace") if kind % 2 else part)
        elif kind == 7:
            [number] = struct.unpack(">d", part)
            values.append(None if number != number else number)  # as SQLite reads NaN
        else:  # 0, 8 and 9 have no bytes
            values.append(int.from_bytes(part, "big", signed=True) + (kind == 9) if kind else None)
    if at != len(data):
        raise ValueError("the record is cut off")
    return values


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """The checksum of a WAL, continued (4.2)."""
    first, second = sums
    for one, other in struct.iter_unpack(f"{order}II", data):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
