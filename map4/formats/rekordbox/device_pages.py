"""The file `export.pdb` that rekordbox writes on USB sticks: tables, whose rows are in chains of pages of equal size.

The layout is that of crate-digger (Deep Symmetry, `rekordbox_pdb.ksy`), with the row counts of 13 bits of rekordcrate
(Holzhaus). It is read as far as it can be; `faults` has everything that players may stop at. It is written like a new
export of rekordbox 6: an index page and a page for rows per table, further pages behind them. Index pages list pages
with free places; a file without deleted rows has no such page.
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count, pairwise
from typing import Any, BinaryIO, TypeVar

from map4.formats.importer import ImportReadError
from map4.formats.rekordbox.device_rows import (
    NAME_PLACES,
    TRACK_ROW,
    DeviceName,
    PdbTable,
    device_text,
    name_row,
    read_name,
    read_node,
    read_track,
    synchronised_row,
)

_FILE_HEAD = struct.Struct("<IIIIIII")
_TABLE, _ENTRY = struct.Struct("<IIII"), struct.Struct("<III")
_PAGE_HEAD = struct.Struct("<4xIIII4x3sB6H")
_FLAGS_AT, _INDEX_BIT = 27, 0x40
_ROWS_KINDS, _INDEX_KIND = (0x24, 0x34), 0x64
_GROUP_ROWS, _GROUP_BYTES = 16, 0x24
_COUNT_BITS = 13
_LEAST_PAGE_BYTES, _MOST_PAGE_BYTES = 512, 1 << 16
_MOST_TABLES, _MOST_FAULTS = 64, 1000

TABLES, PAGE_BYTES, _FILE_KIND = 20, 4096, 5
INDEXED = frozenset({PdbTable.TRACKS, PdbTable.ARTISTS, PdbTable.ALBUMS, PdbTable.SYNCHRONISED})
"""Tables whose rows contain their place in the page at byte 2, in steps of 32."""
_WHOLE = frozenset({PdbTable.COLORS, PdbTable.TREE, PdbTable.COLUMNS, PdbTable.CATEGORIES, PdbTable.SORTS})
"""Tables whose rows rekordbox all marks as those of the last change; in other tables it marks the last row."""
_INDEX_HEAD = struct.Struct("<4I2H")
_INDEX_ENTRIES, _NO_ENTRY, _NO_PAGE, _NONE = 1004, 0x1FFFFFF8, 0x03FFFFFF, 0x1FFF
_HEAP_BYTES, _STEP = PAGE_BYTES - _PAGE_HEAD.size, 0x20

_Read = TypeVar("_Read")
PackedRow = bytes | tuple[bytes, str] | tuple[int, str, int]
"""A whole row; its numbers and the text behind them; or number, name and number of an album's artist."""

LOST_PAGES = "pages that can't be read"
LOST_ROWS = "rows that can't be read"


class DeviceFile:
    """An `export.pdb`; pages are read on demand, and each table once.

    left_out: counts unreadable items
    tables: numbers of its tables
    faults: all that is wrong with what was read, as sentences
    """

    def __init__(self, file: BinaryIO, left_out: Counter[str]) -> None:
        self._file, self._left_out, self.faults = file, left_out, list[str]()
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(_FILE_HEAD.size)
        if not is_device_file(head):
            raise ImportReadError("it does not begin like an export.pdb of rekordbox")
        _, self._page_bytes, count, self._unused, _, self._newest, _ = _FILE_HEAD.unpack(head)
        pointers = file.read(count * _TABLE.size)
        if len(pointers) < count * _TABLE.size or size < self._page_bytes:
            raise ImportReadError("it is cut off; export to the stick again with rekordbox")
        if size % self._page_bytes:
            self._fault(f"its length, {size:,} bytes, is not a number of pages: it is cut off")
        self._tables = {kind: pointer for kind, *pointer in _TABLE.iter_unpack(pointers)}
        if len(self._tables) < count:
            self._fault("two tables have the same number")
        self.tables, self._owners = self._tables.keys(), dict[int, int]()

    def read(self, table: int, reader: Callable[[bytes], _Read]) -> Iterator[_Read]:
        """Yield what `reader` returns for each row of a table, in order."""
        for number, row in enumerate(self.rows(table), 1):
            try:
                record = reader(row)
            except (struct.error, ValueError) as error:
                self._fault(f"table {table:d}, row {number}: {error}", LOST_ROWS)
            else:
                yield record

    def names(self) -> dict[int, list[DeviceName]]:
        """Return the rows of all tables of names."""
        return {table: list(self.read(table, partial(read_name, places=at))) for table, at in NAME_PLACES.items()}

    def tracks(
        self, names: Mapping[int, Iterable[DeviceName]], texts: Iterable[str] = TRACK_ROW.texts
    ) -> Iterator[dict[str, Any]]:
        """Yield the tracks as `read_track` does, with `names` in the place of numbers, and the album's artist."""
        by_number = {table: {row.number: row for row in rows} for table, rows in names.items()}
        for values in self.read(PdbTable.TRACKS, partial(read_track, texts=texts)):
            album = by_number[PdbTable.ALBUMS].get(values["album"])
            values["album_artist"] = 0 if album is None else album.artist
            for field, table in (*TRACK_ROW.names.items(), ("album_artist", PdbTable.ARTISTS)):
                number = values[field]
                row = by_number[table].get(number)
                if number and row is None:
                    self._fault(f"track {values['number']} names row {number} of table {table:d}, which is missing")
                values[field] = row.name or None if row is not None else None
            yield values

    def nodes(self) -> Iterator[tuple[int, int, int, int, str]]:
        """Yield playlists and folders as `read_node` does."""
        return self.read(PdbTable.TREE, read_node)

    def entries(self, table: int) -> Iterator[tuple[int, ...]]:
        """Yield the three numbers of each entry of a list or history."""
        return self.read(table, _ENTRY.unpack_from)

    def rows(self, table: int) -> Iterator[bytes]:
        """Yield the rows of a table, each with the bytes until the next one."""
        if table not in self._tables:
            return
        empty, first, last = self._tables[table]
        index = first
        while True:
            self._file.seek(index * self._page_bytes)
            page, where = self._file.read(self._page_bytes), f"table {table:d}, page {index}: "
            if not index or len(page) < self._page_bytes or index in self._owners:
                self._fault(where + "the chain of its pages leads out of the file or in a circle", LOST_PAGES)
                return
            self._owners[index] = table
            number, kind, following, sequence, *counts, _, _, _, _ = _PAGE_HEAD.unpack_from(page)
            if (number, kind) != (index, table):
                self._fault(where + f"it is page {number} of table {kind}", LOST_PAGES)
                return
            if sequence >= self._newest:
                self._fault(where + "it is newer than the file")
            if bool(page[_FLAGS_AT] & _INDEX_BIT) != (index == first):
                self._fault(where + "only the first page of a table is an index")
            if not page[_FLAGS_AT] & _INDEX_BIT:
                yield from self._page_rows(page, where, *counts)
            if index == last:
                if following != empty:
                    self._fault(where + "the page behind the last one is not the next free page")
                return
            index = following

    def _page_rows(self, page: bytes, where: str, packed: bytes, flags: int, free: int, used: int) -> Iterator[bytes]:
        counts, heap = int.from_bytes(packed, "little"), page[_PAGE_HEAD.size :]
        slots, live = counts & (1 << _COUNT_BITS) - 1, counts >> _COUNT_BITS
        room = len(heap) - _footer_bytes(slots)
        if room < 0:
            self._fault(where + f"{slots} rows do not fit on it", LOST_PAGES)
            return
        if free != room - used:
            self._fault(where + f"it states {free} free bytes, and has {room - used}")
        if flags not in _ROWS_KINDS:
            self._fault(where + f"its kind {flags:#x} is unknown")
        places = list[int]()
        for number in range(slots):
            group, slot = divmod(number, _GROUP_ROWS)
            end = len(page) - group * _GROUP_BYTES
            if page[end - 4 + slot // 8] >> slot % 8 & 1:
                places += struct.unpack_from("<H", page, end - 6 - 2 * slot)
        if len(places) != live:
            self._fault(where + f"it states {live} rows, and has {len(places)}")
        ends = dict(pairwise(sorted(place for place in {*places, used, room} if place <= room)))
        for place in places:
            if place >= used or place % 4:
                self._fault(where + f"a row at {place} is not in its heap", LOST_ROWS if place >= room else None)
            if place < room:
                yield heap[place : ends[place]]

    def check_free_pages(self) -> None:
        """Check the next free pages, after all tables were read."""
        empties = {table: pointer[0] for table, pointer in self._tables.items()}
        for table, empty in empties.items():
            if empty in self._owners:
                self._fault(f"table {table}: its next free page, {empty}, is used by table {self._owners[empty]}")
            if empty >= self._unused:
                self._fault(f"table {table}: its next free page, {empty}, is outside of the file's pages")
        if len(set(empties.values())) < len(empties):
            self._fault("two tables have the same next free page")

    @staticmethod
    def pack(tables: Mapping[int, Sequence[PackedRow]], date: str | None = None) -> bytes:
        """Return a file with the rows of tables.

        date: of an export, for the row by which rekordbox recognises it; None for none
        """
        if date is not None:
            tables = {**tables, PdbTable.SYNCHRONISED: [synchronised_row(len(tables[PdbTable.TRACKS]), date)]}
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
            pointers.append(_TABLE.pack(kind, empty, first, own[-1] if own else first))
        pages[0] = _FILE_HEAD.pack(0, PAGE_BYTES, TABLES, free, _FILE_KIND, sequence, 0) + b"".join(pointers)
        return b"".join(page.ljust(PAGE_BYTES, b"\0") for page in pages)

    def _fault(self, sentence: str, loses: str | None = None) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(sentence)
        if loses is not None:
            self._left_out[loses] += 1


def is_device_file(head: bytes) -> bool:
    """Return whether a file begins as an `export.pdb` does."""
    if len(head) < _FILE_HEAD.size:
        return False
    zero, page_bytes, tables, _, _, _, gap = _FILE_HEAD.unpack_from(head)
    is_page = _LEAST_PAGE_BYTES <= page_bytes <= _MOST_PAGE_BYTES and page_bytes & (page_bytes - 1) == 0
    return bool(zero == gap == 0 and is_page and 0 < tables <= _MOST_TABLES)


# ---- writing -------------------------------------------------------------------------------------


def _heaps(kind: int, rows: Sequence[PackedRow]) -> Iterator[tuple[list[int], bytes]]:
    """Yield the offsets and bytes of the rows of each page."""
    offsets: list[int] = []
    heap = bytearray()
    for packed in rows:
        row = packed if isinstance(packed, bytes) else b""
        if len(packed) == 3 and isinstance(packed, tuple):
            row = name_row(kind, *packed)
        elif isinstance(packed, tuple):
            row = packed[0] + device_text(packed[1])
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
    return 2 * rows + 4 * -(-rows // _GROUP_ROWS)


def _index_page(index: int, kind: int, rows: int | None) -> bytes:
    head = _PAGE_HEAD.pack(index, kind, index + 1, 1, bytes(3), _INDEX_KIND, 0, 0, _NONE, _NONE, _INDEX_ENTRIES, 0)
    lists = _INDEX_HEAD.pack(index, _NO_PAGE if rows is None else rows, _NO_PAGE, 0, 0, _NONE)
    return head + lists + _NO_ENTRY.to_bytes(4, "little") * _INDEX_ENTRIES


def _rows_page(index: int, kind: int, following: int, sequence: int, offsets: Sequence[int], heap: bytes) -> bytes:
    rows = len(offsets)
    footer = _footer_bytes(rows)
    counts = (rows | rows << _COUNT_BITS).to_bytes(3, "little")
    changed, first = (rows, 0) if kind in _WHOLE else (1, rows - 1)
    free = _HEAP_BYTES - len(heap) - footer
    head = _PAGE_HEAD.pack(
        index, kind, following, sequence, counts, _ROWS_KINDS[0], free, len(heap), changed, first, 0, 0
    )
    groups = []
    for start in range(0, rows, _GROUP_ROWS):
        group = offsets[start : start + _GROUP_ROWS]
        present = (1 << len(group)) - 1
        last = 1 << (rows - 1 - start) if rows - start <= _GROUP_ROWS else 0
        flags = struct.pack("<2H", present, present if kind in _WHOLE else last)
        groups.append(struct.pack(f"<{len(group)}H", *reversed(group)) + flags)
    return head + heap + bytes(free) + b"".join(reversed(groups))
