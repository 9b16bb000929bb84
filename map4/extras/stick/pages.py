"""Pages of `export.pdb`: chains of 4,096 bytes per table, rows from the front and their offsets from the back.

A file is laid out like a new export of rekordbox 6: an index page and a page for rows per table, further pages behind
them. Index pages list pages with free places; a file without deleted rows has no such page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from map4.extras.stick.rows import INDEXED, TABLES, PdbTable

PAGE_BYTES = 4096
_FILE_HEAD = struct.Struct("<7I")
_FILE_KIND = 5
_POINTER = struct.Struct("<4I")
_HEAD = struct.Struct("<6I3sB2H4H")
_INDEX_HEAD = struct.Struct("<4I2H")
_INDEX_KIND, _ROWS_KIND, _FULL_ROWS_KIND = 0x64, 0x24, 0x34
_INDEX_BIT, _FLAGS_AT = 0x40, 27
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


# ---- reading -------------------------------------------------------------------------------------


def unpack_pages(data: bytes, faults: list[str]) -> dict[int, list[bytes]]:
    """The rows of a file by table; what is wrong with its pages is added to `faults`, as sentences.

    Every field that players check is checked.
    """
    if not data or len(data) % PAGE_BYTES:
        faults.append(f"its length, {len(data):,} bytes, is not a number of pages: it is cut off")
        if len(data) < PAGE_BYTES:
            return {}
    zero, size, tables, unused, _, newest, gap = _FILE_HEAD.unpack_from(data)
    if zero or gap or size != PAGE_BYTES or not 0 < tables <= 2 * TABLES:
        faults.append("it does not begin like an export.pdb")
        return {}
    rows: dict[int, list[bytes]] = {}
    owners, empties = dict[int, int](), dict[int, int]()
    for pointer in struct.iter_unpack(_POINTER.format, data[_FILE_HEAD.size :][: tables * _POINTER.size]):
        kind, empty, *_ = pointer
        if kind in rows:
            faults.append(f"two tables have the number {kind}")
            continue
        rows[kind], empties[kind] = [], empty
        for index, sequence, page in _chain(data, pointer, owners, faults):
            where = f"table {kind}, page {index}: "
            if sequence >= newest:
                faults.append(where + "it is newer than the file")
            if page[_FLAGS_AT] & _INDEX_BIT == 0:
                rows[kind] += _page_rows(page, where, faults)
    for kind, empty in empties.items():
        if empty in owners:
            faults.append(f"table {kind}: its next free page, {empty}, is used by table {owners[empty]}")
        if empty >= unused:
            faults.append(f"table {kind}: its next free page, {empty}, is outside of the file's pages")
    if len(set(empties.values())) < len(empties):
        faults.append("two tables have the same next free page")
    return rows


def _chain(
    data: bytes, pointer: Sequence[int], owners: dict[int, int], faults: list[str]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, number of the last change, and bytes of each page of a table; adds them to `owners`."""
    kind, empty, first, last = pointer
    index = first
    while True:
        page, where = data[index * PAGE_BYTES : (index + 1) * PAGE_BYTES], f"table {kind}, page {index}: "
        if not index or len(page) < PAGE_BYTES or index in owners:
            faults.append(where + "the chain of its pages leads out of the file or in a circle")
            return
        owners[index] = kind
        _, number, own, following, sequence, *_ = _HEAD.unpack_from(page)
        if (number, own) != (index, kind):
            faults.append(where + f"it is page {number} of table {own}")
            return
        if bool(page[_FLAGS_AT] & _INDEX_BIT) != (index == first):
            faults.append(where + "only the first page of a table is an index")
        yield index, sequence, page
        if index == last:
            if following != empty:
                faults.append(where + "the page behind the last one is not the next free page")
            return
        index = following


def _page_rows(page: bytes, where: str, faults: list[str]) -> Iterator[bytes]:
    _, _, _, _, _, _, packed, flags, free, used, *_ = _HEAD.unpack_from(page)
    counts = int.from_bytes(packed, "little")
    slots, live = counts & (1 << _COUNT_BITS) - 1, counts >> _COUNT_BITS
    left = _HEAP_BYTES - used - _footer_bytes(slots)
    if left < 0:
        faults.append(where + f"{slots} rows of {used} bytes do not fit on it")
        return
    if free != left:
        faults.append(where + f"it states {free} free bytes, and has {left}")
    if flags not in (_ROWS_KIND, _FULL_ROWS_KIND):
        faults.append(where + f"its kind {flags:#x} is unknown")
    places, present = [], []
    for number in range(slots):
        group, slot = divmod(number, _GROUP)
        end = PAGE_BYTES - group * (2 * _GROUP + 4)
        (place,) = struct.unpack_from("<H", page, end - 6 - 2 * slot)
        places.append(place)
        if page[end - 4 + slot // 8] >> slot % 8 & 1:
            present.append(place)
    if len(present) != live:
        faults.append(where + f"it states {live} rows, and has {len(present)}")
    starts = [*sorted(set(places)), used]
    for place in present:
        if place >= used or place % 4:
            faults.append(where + f"a row at {place} is not in its heap")
            continue
        yield page[_HEAD.size + place : _HEAD.size + next(start for start in starts if start > place)]
