"""Readers of sticks, written from Deep Symmetry's prose on database exports and analysis files alone.

They share no line with map4, and stop with an AssertionError at everything that the prose excludes.
"""

from dataclasses import dataclass, field
from typing import Any

PAGE = 4096


def little(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "little")


def device_sql(page: bytes, at: int, row: int) -> str:
    """A string at an offset of its page; `row`: where its row begins."""
    kind = page[at]
    if kind & 1:
        return page[at + 1 : at + (kind >> 1)].decode("ascii")
    length, pad = little(page, at + 1, 2), page[at + 3]
    assert pad == 0
    data = page[at + 4 : at + length]
    if kind == 0x40:
        return data.decode("ascii")
    assert kind == 0x90, f"kind {kind:#x}"
    assert (at - row) % 4 == 0, "a MIPS processor can't load this"
    return data.decode("utf-16-le")


@dataclass
class Database:
    """Rows of export.pdb by number; lists with their tracks in order."""

    tracks: dict[int, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, dict[int, str]] = field(default_factory=dict)
    album_artists: dict[int, int] = field(default_factory=dict)
    nodes: dict[int, tuple[int, int, bool, str]] = field(default_factory=dict)
    entries: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    histories: int = 0
    pages: dict[int, int] = field(default_factory=dict)


NUMBERS = {
    "sample_rate_hz": (8, 4), "composer": (12, 4), "size_bytes": (16, 4), "artwork": (28, 4), "key": (32, 4),
    "label": (40, 4), "remixer": (44, 4), "kbps": (48, 4), "track_number": (52, 4), "tempo": (56, 4), "genre": (60, 4),
    "album": (64, 4), "artist": (68, 4), "disc_number": (76, 2), "plays": (78, 2), "year": (80, 2), "bits": (82, 2),
    "seconds": (84, 2), "color": (88, 1), "rating": (89, 1), "type": (90, 2),
}  # fmt: skip
STRINGS = {"date_added": 10, "mix": 12, "analysis_path": 14, "comment": 16, "title": 17, "file": 19, "path": 20}


def read_database(data: bytes) -> Database:
    assert len(data) % PAGE == 0
    assert data[:4] == bytes(4) == data[24:28]
    assert little(data, 4) == PAGE
    database, owners, candidates = Database(), dict[int, int](), dict[int, int]()
    sequences = set[int]()
    for place in range(little(data, 8)):
        kind, empty, page, last = (little(data, 28 + 16 * place + 4 * i) for i in range(4))
        candidates[kind] = empty
        first = page
        while True:
            assert page not in owners
            owners[page] = kind
            block = data[page * PAGE : page * PAGE + PAGE]
            assert (block[:4], little(block, 4), little(block, 8)) == (bytes(4), page, kind)
            sequences.add(little(block, 16))
            if page == first:
                assert block[27] == 0x64, "the first page of a table is an index"
                assert (little(block, 36, 2), little(block, 40)) == (0x3EC, page)
            else:
                _read_page(database, kind, block)
                database.pages[kind] = database.pages.get(kind, 0) + 1
            if page == last:
                assert little(block, 12) == empty
                break
            page = little(block, 12)
    unused, written = little(data, 12), len(data) // PAGE
    assert max(sequences) < little(data, 20)
    assert len(set(candidates.values())) == len(candidates)
    assert max(candidates.values()) < unused
    for page in candidates.values():
        assert page not in owners
        assert page >= written or not any(data[page * PAGE : page * PAGE + PAGE])
    return database


def _read_page(database: Database, kind: int, page: bytes) -> None:
    packed = little(page, 24, 3)
    offsets, rows = packed & 0x1FFF, packed >> 13
    assert page[27] in (0x24, 0x34)
    footer = 2 * offsets + 4 * ((offsets + 15) // 16)
    assert little(page, 28, 2) == PAGE - 40 - footer - little(page, 30, 2)
    seen = 0
    for number in range(offsets):
        group = PAGE - 36 * (number // 16)
        if not little(page, group - 4, 2) >> number % 16 & 1:
            continue
        seen += 1
        row = 40 + little(page, group - 6 - 2 * (number % 16), 2)
        assert row % 4 == 0
        if kind in (0, 2, 3, 19):
            assert little(page, row + 2, 2) == 32 * number
        _read_row(database, kind, page, row)
    assert seen == rows


def _read_row(database: Database, kind: int, page: bytes, row: int) -> None:
    names = database.names
    if kind == 0:
        track = {name: little(page, row + at, size) for name, (at, size) in NUMBERS.items()}
        texts = {name: device_sql(page, row + little(page, row + 94 + 2 * i, 2), row) for name, i in STRINGS.items()}
        for i in range(21):
            device_sql(page, row + little(page, row + 94 + 2 * i, 2), row)
        assert little(page, row, 2) == 0x24
        assert little(page, row + 72) not in database.tracks
        database.tracks[little(page, row + 72)] = track | texts
    elif kind in (1, 4, 13):
        table = {1: "genre", 4: "label", 13: "artwork"}[kind]
        names.setdefault(table, {})[little(page, row)] = device_sql(page, row + 4, row)
    elif kind in (2, 3):
        is_far, end = little(page, row, 2) & 4, row + (8 if kind == 2 else 20)
        assert little(page, row, 2) & ~4 == (0x60 if kind == 2 else 0x80)
        place = little(page, end + 2, 2) if is_far else page[end + 1]
        number = little(page, end - 4 if kind == 2 else end - 8)
        names.setdefault("artist" if kind == 2 else "album", {})[number] = device_sql(page, row + place, row)
        if kind == 3:
            database.album_artists[number] = little(page, row + 8)
    elif kind == 5:
        names.setdefault("key", {})[little(page, row)] = device_sql(page, row + 8, row)
    elif kind == 6:
        names.setdefault("color", {})[little(page, row + 5, 2)] = device_sql(page, row + 8, row)
    elif kind == 7:
        parent, _, order, number, is_folder = (little(page, row + 4 * i) for i in range(5))
        database.nodes[number] = (parent, order, bool(is_folder), device_sql(page, row + 20, row))
    elif kind == 8:
        entry = (little(page, row), little(page, row + 4))
        database.entries.setdefault(little(page, row + 8), []).append(entry)
    elif kind == 16:
        database.columns.append(device_sql(page, row + 4, row))
    elif kind in (11, 12):
        database.histories += 1


# ---- analysis files ------------------------------------------------------------------------------


def big(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "big")


def read_tags(data: bytes) -> dict[str, list[bytes]]:
    assert data[:4] == b"PMAI"
    assert big(data, 8) == len(data)
    tags: dict[str, list[bytes]] = {}
    at = big(data, 4)
    while at < len(data):
        tags.setdefault(data[at : at + 4].decode(), []).append(data[at : at + big(data, at + 8)])
        at += big(data, at + 8)
    assert at == len(data)
    return tags


def beats_of(tags: dict[str, list[bytes]]) -> list[tuple[int, int, int]]:
    """Position in the bar, hundredths of BPM, and milliseconds of each beat."""
    (tag,) = tags["PQTZ"]
    assert big(tag, 16) == 0x80000
    assert len(tag) == 24 + 8 * big(tag, 20)
    return [(big(tag, at, 2), big(tag, at + 2, 2), big(tag, at + 4)) for at in range(24, len(tag), 8)]


def wave(tags: dict[str, list[bytes]], name: str) -> tuple[int, bytes]:
    """Bytes of an entry, and the entries of a waveform."""
    (tag,) = tags[name]
    data = tag[big(tag, 4) :]
    if name in ("PWAV", "PWV2"):
        assert big(tag, 12) == len(data)
        return 1, data
    assert big(tag, 12) * big(tag, 16) == len(data)
    return big(tag, 12), data
