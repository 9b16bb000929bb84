"""Pages of `export.pdb`: chains of 4,096 bytes per table, rows from the front and their offsets from the back.

A file is laid out like a new export of rekordbox 6: an index page and a page for rows per table, further pages behind
them. Index pages list pages with free places; a file without deleted rows has no such page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from map4.extras.stick.rows import INDEXED, TABLES
from map4.formats import PdbTable

PAGE_BYTES = 4096
_FILE_HEAD = struct.Struct("<7I")
_FILE_KIND = 5
_POINTER = struct.Struct("<4I")
_HEAD = struct.Struct("<6I3sB2H4H")
_INDEX_HEAD = struct.Struct("<4I2H")
_INDEX_KIND, _ROWS_KIND = 0x64, 0x24
_INDEX_ENTRIES, _NO_ENTRY, _NO_PAGE, _NONE = 1004, 0x1FFFFFF8, 0x03FFFFFF, 0x1FFF
_HEAP_BYTES = PAGE_BYTES - _HEAD.size
_GROUP = 16
_STEP = 0x20
_COUNT_BITS = 13
_WHOLE = frozenset({PdbTable.COLORS, PdbTable.TREE, PdbTable.COLUMNS, PdbTable.CATEGORIES, PdbTable.SORTS})
"""Tables whose rows rekordbox all marks as those of the last change; in other tables it marks the last row."""


def pack_pages(tables: Mapping[int, Sequence[bytes]]) -> bytes:
    """A file with the rows of tables.

    raises ValueError: if a row is longer than a page
    """
    heaps = {kind: list(_heaps(kind, tables.get(kind, ()))) for kind in range(TABLES)}
    further = count(2 * TABLES + 1)
    indexes = {
        kind: [2 * kind + 2 if place == 0 else next(further) for place in range(len(heap))]
        for kind, heap in heaps.items()
    }
    written = next(further)
    pages, pointers, sequence, free = [b""] * written, [], 2, written
    for kind, heap in heaps.items():
        first, own = 2 * kind + 1, indexes[kind]
        empty = free if own else first + 1
        free += bool(own)
        pages[first] = _index_page(first, kind, own[0] if own else None)
        for index, following, (offsets, data) in zip(own, [*own, empty][1:], heap, strict=True):
            pages[index] = _rows_page(index, kind, following, sequence, offsets, data)
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
    rows = len(offsets)
    footer = _footer_bytes(rows)
    counts = (rows | rows << _COUNT_BITS).to_bytes(3, "little")
    changed, first = (rows, 0) if kind in _WHOLE else (1, rows - 1)
    head = _HEAD.pack(
        0, index, kind, following, sequence, 0, counts, _ROWS_KIND, _HEAP_BYTES - len(heap) - footer, len(heap),
        changed, first, 0, 0,
    )  # fmt: skip
    groups = []
    for start in range(0, rows, _GROUP):
        group = offsets[start : start + _GROUP]
        present = (1 << len(group)) - 1
        last = 1 << (rows - 1 - start) if rows - start <= _GROUP else 0
        flags = struct.pack("<2H", present, present if kind in _WHOLE else last)
        groups.append(struct.pack(f"<{len(group)}H", *reversed(group)) + flags)
    return head + heap + bytes(_HEAP_BYTES - len(heap) - footer) + b"".join(reversed(groups))
