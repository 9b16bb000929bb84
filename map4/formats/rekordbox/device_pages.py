"""The file `export.pdb` that rekordbox writes on USB sticks: tables, whose rows are in pages of equal size.

The layout is that of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`), with the row counts of 13 bits and the strings
of rekordcrate (Holzhaus). All numbers are little-endian.
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from map4.formats.importer import ImportReadError

_FILE_HEAD = struct.Struct("<IIIIIII")
_TABLE = struct.Struct("<IIII")
_PAGE_HEAD = struct.Struct("<IIII8xI")
_PAGE_HEAD_BYTES = 0x28
_GROUP_ROWS, _GROUP_BYTES = 16, 0x24
_OFFSETS_MASK = 0x1FFF
_NO_DATA = 0x40
"""Flag of a page: it is an index without rows."""
_LEAST_PAGE_BYTES, _MOST_PAGE_BYTES = 512, 1 << 16
_MOST_TABLES = 64
_SHORT, _WIDE = 0x01, 0x10
"""Flags at the start of a text: the same byte has its length; it has two bytes per letter."""
# Rows of a damaged page may all point to the same long text; in intact pages each text is used once.
_MOST_TEXT_A_PAGE = 4

_Read = TypeVar("_Read")

LOST_PAGES = "pages that can't be read"
LOST_ROWS = "rows that can't be read"


@dataclass(slots=True)
class PageRow:
    """A row of a table; raises ValueError or struct.error for offsets outside of its page.

    page: its bytes, in which the row starts at `at`
    letters: remaining number of letters that texts of the page may have
    """

    page: bytes
    at: int
    letters: list[int]

    def numbers(self, layout: struct.Struct) -> tuple[int, ...]:
        """Return the numbers at the start of the row."""
        return layout.unpack_from(self.page, self.at)

    def text(self, place: int) -> str | None:
        """Return the text at an offset in the row; None if it is empty."""
        start = self.at + place
        kind = self.page[start] if start < len(self.page) else 0
        if kind & _SHORT:
            head, size = 1, kind >> 1
        else:
            head, (size,) = 4, struct.unpack_from("<H", self.page, start + 1)
        end = start + size
        self.letters[0] -= size
        if size < head or end > len(self.page) or self.letters[0] < 0:
            raise ValueError("a text outside of its page")
        encoding = "utf-16-le" if kind & _WIDE and head > 1 else "utf-8"
        return self.page[start + head : end].decode(encoding, "replace").rstrip("\0") or None


class DeviceFile:
    """An `export.pdb`; pages are read on demand.

    left_out: counts unreadable items
    """

    def __init__(self, file: BinaryIO, left_out: Counter[str]) -> None:
        self._file, self._left_out = file, left_out
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(_FILE_HEAD.size)
        if not is_device_file(head):
            raise ImportReadError("this is not an export.pdb of rekordbox, or a damaged one")
        _, self._page_bytes, count, *_ = _FILE_HEAD.unpack(head)
        self._pages = size // self._page_bytes
        table = file.read(count * _TABLE.size)
        if len(table) < count * _TABLE.size or not self._pages:
            raise ImportReadError("it is cut off; export to the stick again with rekordbox")
        self._tables = {kind: (first, last) for kind, _, first, last in _TABLE.iter_unpack(table)}

    def read(self, table: int, least_bytes: int, reader: Callable[[PageRow], _Read]) -> Iterator[_Read]:
        """Yield what `reader` returns for each row of a table, in order; `least_bytes`: minimum length of a row."""
        for row in self._rows(table, least_bytes):
            try:
                record = reader(row)
            except (struct.error, ValueError):
                self._left_out[LOST_ROWS] += 1
            else:
                yield record

    def _rows(self, table: int, least_bytes: int) -> Iterator[PageRow]:
        index, last = self._tables.get(table, (0, 0))
        seen: set[int] = set()
        while 0 < index < self._pages and index not in seen:
            seen.add(index)
            self._file.seek(index * self._page_bytes)
            data = self._file.read(self._page_bytes)
            if len(data) < self._page_bytes:
                break
            _, number, kind, following, counts = _PAGE_HEAD.unpack_from(data)
            if number != index or kind != table:
                self._left_out[LOST_PAGES] += 1
                return
            yield from self._rows_of(data, counts, least_bytes)
            if index == last:
                return
            index = following
        if index:
            self._left_out[LOST_PAGES] += 1

    def _rows_of(self, data: bytes, counts: int, least_bytes: int) -> Iterator[PageRow]:
        if counts >> 24 & _NO_DATA:
            return
        count = counts & _OFFSETS_MASK
        if count * least_bytes > len(data):
            self._left_out[LOST_PAGES] += 1
            return
        letters = [_MOST_TEXT_A_PAGE * len(data)]
        for number in range(count):
            group, place = divmod(number, _GROUP_ROWS)
            end = len(data) - group * _GROUP_BYTES
            present, offset = (
                int.from_bytes(data[at : at + 2], "little") for at in (end - 4, end - 6 - 2 * place)
            )  # fmt: skip
            if not present >> place & 1:
                continue
            if _PAGE_HEAD_BYTES + offset + least_bytes > len(data):
                self._left_out[LOST_ROWS] += 1
                continue
            yield PageRow(data, _PAGE_HEAD_BYTES + offset, letters)


def is_device_file(head: bytes) -> bool:
    """Return whether a file begins as an `export.pdb` does."""
    if len(head) < _FILE_HEAD.size:
        return False
    zero, page_bytes, tables, _, _, _, gap = _FILE_HEAD.unpack_from(head)
    is_page = _LEAST_PAGE_BYTES <= page_bytes <= _MOST_PAGE_BYTES and page_bytes & (page_bytes - 1) == 0
    return bool(zero == gap == 0 and is_page and 0 < tables <= _MOST_TABLES)
