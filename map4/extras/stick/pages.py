"""Pages of `export.pdb`: chains of 4,096 bytes per table, rows from the front and their offsets from the back.

A file is laid out like a new export of rekordbox 6: an index page and a page for rows per table, further pages behind
them. Index pages list pages with free places, of which a file without deleted rows has none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from map4.extras.stick.rows import CATEGORIES, COLORS, COLUMNS, INDEXED, SORTS, TABLES, TREE

PAGE_BYTES = 4096
_FILE_HEAD = struct.Struct("<7I")
_FILE_KIND = 5
_POINTER = struct.Struct("<4I")
_HEAD = struct.Struct("<6I3sB2H4H")
_INDEX_HEAD = struct.Struct("<4I2H")
_INDEX_KIND, _ROWS_KIND, _FULL_ROWS_KIND = 0x64, 0x24, 0x34
_INDEX_BIT = 0x40
_INDEX_ENTRIES, _NO_ENTRY, _NO_PAGE, _NONE = 1004, 0x1FFFFFF8, 0x03FFFFFF, 0x1FFF
_HEAP_BYTES = PAGE_BYTES - _HEAD.size
_GROUP = 16
_STEP = 0x20
_COUNT_BITS = 13
_WHOLE = frozenset({COLORS, TREE, COLUMNS, CATEGORIES, SORTS})
"""Tables of which rekordbox marks all rows as those of the last change, and of other tables only the last row."""


def pack_pages(tables: Mapping[int, Sequence[bytes]]) -> bytes:
    """A file with the rows of tables.

    raises ValueError: if a row is longer than a page
    """
    heaps = {kind: list(_heaps(kind, tables.get(kind, ()))) for kind in range(TABLES)}
    further = 2 * TABLES + 1
    indexes: dict[int, list[int]] = {}
    for kind, pages in heaps.items():
        more = max(len(pages) - 1, 0)
        indexes[kind] = [2 * kind + 2, *range(further, further + more)][: len(pages)]
        further += more
    pages = [b""] * further
    pointers, sequence, free = [], 2, further
    for kind, rows in heaps.items():
        first, own = 2 * kind + 1, indexes[kind]
        empty = free if own else first + 1
        free += bool(own)
        pages[first] = _index_page(first, kind, own[0] if own else None)
        for index, following, offsets_and_heap in zip(own, [*own, empty][1:], rows, strict=True):
            pages[index] = _rows_page(index, kind, following, sequence, *offsets_and_heap)
            sequence += 1
        pointers.append(_POINTER.pack(kind, empty, first, own[-1] if own else first))
    pages[0] = _FILE_HEAD.pack(0, PAGE_BYTES, TABLES, free, _FILE_KIND, sequence, 0) + b"".join(pointers)
    return b"".join(page.ljust(PAGE_BYTES, b"\0") for page in pages)


def _heaps(kind: int, rows: Sequence[bytes]) -> Iterator[tuple[list[int], bytes]]:
    """Yield the offsets and bytes of the rows of each page."""
    offsets: list[int] = []
    heap = bytearray()
    for row in rows:
        size = len(row) + -len(row) % 4
        if size + _footer_bytes(1) > _HEAP_BYTES:
            raise ValueError(f"a row of {len(row)} bytes does not fit on a page")
        if len(heap) + size + _footer_bytes(len(offsets) + 1) > _HEAP_BYTES:
            yield offsets, bytes(heap)
            offsets, heap = [], bytearray()
        place = len(offsets) * _STEP & 0xFFFF
        data = row[:2] + place.to_bytes(2, "little") + row[4:] if kind in INDEXED else row
        offsets.append(len(heap))
        heap += data.ljust(size, b"\0")
    if offsets:
        yield offsets, bytes(heap)


def _footer_bytes(rows: int) -> int:
    return 2 * rows + 4 * -(-rows // _GROUP)


def _index_page(index: int, kind: int, rows: int | None) -> bytes:
    head = _HEAD.pack(
        0, index, kind, index + 1, 1, 0, bytes(3), _INDEX_KIND, 0, 0, _NONE, _NONE, _INDEX_ENTRIES, 0
    )  # fmt: skip
    lists = _INDEX_HEAD.pack(index, _NO_PAGE if rows is None else rows, _NO_PAGE, 0, 0, _NONE)
    return head + lists + _NO_ENTRY.to_bytes(4, "little") * _INDEX_ENTRIES


def _rows_page(index: int, kind: int, following: int, sequence: int, offsets: Sequence[int], heap: bytes) -> bytes:
    count = len(offsets)
    footer = _footer_bytes(count)
    counts = (count | count << _COUNT_BITS).to_bytes(3, "little")
    changed, first = (count, 0) if kind in _WHOLE else (1, count - 1)
    head = _HEAD.pack(
        0, index, kind, following, sequence, 0, counts, _ROWS_KIND, _HEAP_BYTES - len(heap) - footer, len(heap),
        changed, first, 0, 0,
    )  # fmt: skip
    groups = []
    for start in range(0, count, _GROUP):
        group = offsets[start : start + _GROUP]
        present = (1 << len(group)) - 1
        last = 1 << (count - 1 - start) if count - start <= _GROUP else 0
        flags = struct.pack("<2H", present, present if kind in _WHOLE else last)
        groups.append(struct.pack(f"<{len(group)}H", *reversed(group)) + flags)
    return head + heap + bytes(_HEAP_BYTES - len(heap) - footer) + b"".join(reversed(groups))


# ---- reading -------------------------------------------------------------------------------------


@dataclass(slots=True)
class PdbTables:
    """The rows of a file, and what is wrong with its pages, as sentences."""

    rows: dict[int, list[bytes]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def unpack_pages(data: bytes) -> PdbTables:
    """Read a file strictly: every field that players check is checked."""
    found = PdbTables()
    if len(data) < PAGE_BYTES or len(data) % PAGE_BYTES:
        found.faults.append(f"its length, {len(data):,} bytes, is not a number of pages: it is cut off")
        if len(data) < PAGE_BYTES:
            return found
    zero, size, count, unused, _, sequence, gap = _FILE_HEAD.unpack_from(data)
    if zero or gap or size != PAGE_BYTES or not 0 < count <= 2 * TABLES:
        found.faults.append("it does not begin like an export.pdb")
        return found
    reader = _PagesReader(data, unused, sequence, found)
    candidates: dict[int, int] = {}
    for place in range(count):
        kind, empty, first, last = _POINTER.unpack_from(data, _FILE_HEAD.size + place * _POINTER.size)
        if kind in found.rows:
            found.faults.append(f"two tables have the number {kind}")
            continue
        found.rows[kind] = reader.rows_of(kind, empty, first, last)
        candidates[kind] = empty
    for kind, empty in candidates.items():
        if empty in reader.owners:
            found.faults.append(f"table {kind}: its next free page, {empty}, is used by table {reader.owners[empty]}")
        if empty >= unused:
            found.faults.append(f"table {kind}: its next free page, {empty}, is outside of the file's pages")
    if len(set(candidates.values())) < len(candidates):
        found.faults.append("two tables have the same next free page")
    return found


class _PagesReader:
    """Reads the pages of one file; `owners`: table of each page that was read."""

    def __init__(self, data: bytes, unused: int, sequence: int, found: PdbTables) -> None:
        self._data, self._unused, self._sequence, self._found = data, unused, sequence, found
        self.owners: dict[int, int] = {}

    def rows_of(self, kind: int, empty: int, index: int, last: int) -> list[bytes]:
        rows: list[bytes] = []
        is_first = True
        while True:
            page = self._data[index * PAGE_BYTES : (index + 1) * PAGE_BYTES]
            if not index or len(page) < PAGE_BYTES or index in self.owners:
                self._fault(kind, index, "the chain of its pages leads out of the file or in a circle")
                return rows
            self.owners[index] = kind
            _, number, own, following, sequence, _, _, flags, *_ = _HEAD.unpack_from(page)
            if (number, own) != (index, kind):
                self._fault(kind, index, f"it is page {number} of table {own}")
                return rows
            if sequence >= self._sequence:
                self._fault(kind, index, "it is newer than the file")
            if bool(flags & _INDEX_BIT) != is_first:
                self._fault(kind, index, "only the first page of a table is an index")
            if not flags & _INDEX_BIT:
                rows += self._page_rows(kind, index, page)
            if index == last:
                if following != empty:
                    self._fault(kind, index, "the page behind the last one is not the next free page")
                return rows
            index, is_first = following, False

    def _page_rows(self, kind: int, index: int, page: bytes) -> Iterator[bytes]:
        _, _, _, _, _, _, packed, flags, free, used, *_ = _HEAD.unpack_from(page)
        counts = int.from_bytes(packed, "little")
        count, live = counts & (1 << _COUNT_BITS) - 1, counts >> _COUNT_BITS
        footer = _footer_bytes(count)
        if used + footer > _HEAP_BYTES:
            self._fault(kind, index, f"{count} rows of {used} bytes do not fit on it")
            return
        if free != _HEAP_BYTES - used - footer:
            self._fault(kind, index, f"it states {free} free bytes, and has {_HEAP_BYTES - used - footer}")
        if flags not in (_ROWS_KIND, _FULL_ROWS_KIND):
            self._fault(kind, index, f"its kind {flags:#x} is unknown")
        places = [self._place(page, number) for number in range(count)]
        starts = [*sorted({place for place, _ in places}), used]
        present = [place for place, is_present in places if is_present]
        if len(present) != live:
            self._fault(kind, index, f"it states {live} rows, and has {len(present)}")
        for place in present:
            if place >= used or place % 4:
                self._fault(kind, index, f"a row at {place} is not in its heap")
                continue
            end = next(start for start in starts if start > place)
            yield page[_HEAD.size + place : _HEAD.size + end]

    @staticmethod
    def _place(page: bytes, number: int) -> tuple[int, bool]:
        """The offset of a row, and whether it is present."""
        group, slot = divmod(number, _GROUP)
        end = PAGE_BYTES - group * (2 * _GROUP + 4)
        present = int.from_bytes(page[end - 4 : end - 2], "little")
        return int.from_bytes(page[end - 6 - 2 * slot : end - 4 - 2 * slot], "little"), bool(present >> slot & 1)

    def _fault(self, kind: int, index: int, text: str) -> None:
        self._found.faults.append(f"table {kind}, page {index}: {text}")
