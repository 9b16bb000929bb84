"""USB sticks as rekordbox exports to them: `export.pdb` and analysis files, written after the published layouts.

Shares no line with the reader: rows are packed field by field, and put into pages as `rekordbox_pdb.ksy` of
crate-digger and the tests of rekordcrate show them.
"""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

PAGE_BYTES = 4096
TRACKS, GENRES, ARTISTS, ALBUMS, LABELS, KEYS, COLORS, TREE, ENTRIES = range(9)
HISTORIES, HISTORY_ENTRIES, LAST_TABLE = 11, 12, 19
MASK = bytes.fromhex("cbe1eefae5eeadeee9d2e9ebe1e9f3e8e9f4e1")


# ---- export.pdb ----------------------------------------------------------------------------------


def text(string: str) -> bytes:
    """A DeviceSQL string: short or long ASCII, or UTF-16."""
    if string.isascii():
        if len(string) < 127:
            return bytes([(len(string) + 1) * 2 + 1]) + string.encode()
        return b"\x40" + (len(string) + 4).to_bytes(2, "little") + b"\0" + string.encode()
    data = string.encode("utf-16-le")
    return b"\x90" + (len(data) + 4).to_bytes(2, "little") + b"\0" + data


def named(number: int, name: str) -> bytes:
    """A genre, a label, or a history."""
    return struct.pack("<I", number) + text(name)


def key_row(number: int, name: str) -> bytes:
    return struct.pack("<II", number, number) + text(name)


def artist_row(number: int, name: str, *, is_far: bool = False) -> bytes:
    if is_far:
        return struct.pack("<HHIBBH", 0x64, 0x20, number, 3, 0, 12) + text(name)
    return struct.pack("<HHIBB", 0x60, 0x20, number, 3, 10) + text(name)


def album_row(number: int, name: str, *, is_far: bool = False) -> bytes:
    if is_far:
        return struct.pack("<HHIIIIBBH", 0x84, 0x20, 0, 0, number, 0, 3, 0, 24) + text(name)
    return struct.pack("<HHIIIIBB", 0x80, 0x20, 0, 0, number, 0, 3, 22) + text(name)


def tree_row(number: int, name: str, *, parent: int = 0, order: int = 0, is_folder: bool = False) -> bytes:
    return struct.pack("<IIIII", parent, 0, order, number, is_folder) + text(name)


def entry_row(order: int, track: int, playlist: int) -> bytes:
    return struct.pack("<III", order, track, playlist)


def history_entry_row(order: int, track: int, playlist: int) -> bytes:
    return struct.pack("<III", track, playlist, order)


def track_row(number: int, **fields: int | str) -> bytes:
    """A track; `said` has the names that the layout gives its fields."""

    def whole(name: str) -> int:
        return int(fields.get(name, 0))

    fixed = struct.pack("<HHIIIII", 0x24, 0, 0xC0700, whole("sample_rate"), whole("composer"), whole("file_size"), 7)
    fixed += struct.pack("<HHI", 64128, 1511, 0)
    for name in ("key", "original_artist", "label", "remixer", "bitrate", "track_number", "tempo", "genre", "album"):
        fixed += struct.pack("<I", whole(name))
    fixed += struct.pack("<II", whole("artist"), number)
    for name in ("disc_number", "play_count", "year", "sample_depth", "duration"):
        fixed += struct.pack("<H", whole(name))
    fixed += struct.pack("<HBBHH", 41, whole("color"), whole("rating"), 1, 3)
    names = [
        "isrc", "texter", "2", "3", "4", "message", "kuvo_public", "autoload_hotcues", "5", "6", "date_added",
        "release_date", "mix_name", "7", "analyze_path", "analyze_date", "comment", "title", "8", "filename",
        "file_path",
    ]  # fmt: skip
    texts = [text(str(fields.get(name, ""))) for name in names]
    places, at = b"", len(fixed) + 2 * len(texts)
    for shown_text in texts:
        places += struct.pack("<H", at)
        at += len(shown_text)
    return fixed + places + b"".join(texts)


def page(index: int, table: int, following: int, rows: Sequence[bytes | None]) -> bytes:
    """A page of rows; None is one that was deleted."""
    heap, offsets, present = b"", [], []
    for row in rows:
        heap += bytes(-len(heap) % 4)
        offsets.append(len(heap))
        present.append(row is not None)
        heap += row or b"\xff" * 8
    footer = b""
    for start in range(0, len(rows), 16):
        flags = sum(1 << place for place, is_there in enumerate(present[start : start + 16]) if is_there)
        group = [*offsets[start : start + 16], *[0] * (16 - len(offsets[start : start + 16]))]
        footer = struct.pack("<16HHH", *reversed(group), flags, 0) + footer
    counts = len(rows) | sum(present) << 13
    room = PAGE_BYTES - 0x28 - len(heap) - len(footer)
    assert room >= 0, "the rows do not fit into a page"
    head = struct.pack("<IIIIII", 0, index, table, following, 1, 0) + counts.to_bytes(3, "little")
    head += struct.pack("<BHHHHHH", 0x24, room, len(heap), 1, 0x1FFF, 0, 0)
    return head + heap + bytes(room) + footer


def library(tables: dict[int, Iterable[bytes | None]]) -> bytes:
    """An `export.pdb`: each table begins with an index page, as rekordbox's do."""
    pages: list[bytes] = [b""]
    places: dict[int, tuple[int, int]] = {}
    for table in range(LAST_TABLE + 1):
        first = len(pages)
        chunks: list[list[bytes | None]] = [[]]
        size = 0
        for row in tables.get(table, ()):
            size += len(row or b"12345678") + 4 + 3
            if size + 120 > PAGE_BYTES - 0x28:
                chunks.append([])
                size = len(row or b"") + 127
            chunks[-1].append(row)
        filled = [chunk for chunk in chunks if chunk]
        index_page = bytearray(page(first, table, first + 1, []))
        index_page[0x1B] = 0x64
        pages.append(bytes(index_page))
        for number, chunk in enumerate(filled, start=first + 1):
            pages.append(page(number, table, number + 1, chunk))
        places[table] = first, first + len(filled)
    head = struct.pack("<IIIIIII", 0, PAGE_BYTES, len(places), len(pages), 5, 34, 0)
    head += b"".join(struct.pack("<IIII", table, 0, *place) for table, place in places.items())
    pages[0] = head.ljust(PAGE_BYTES, b"\0")
    return b"".join(pages)


def my_tag_row(number: int, name: str, *, category: int = 0, is_far: bool = False) -> bytes:
    """A row of `exportExt.pdb`: a My Tag of a category, or a category."""
    head = struct.pack(
        "<HHIIIIII", 0x684 if is_far else 0x680, 0x20, 0, 0, category, 0, number, 0 if category else 1 << 24
    )
    if is_far:
        return head + struct.pack("<HHH", 3, 34, 34 + len(text(name))) + text(name) + text("")
    return head + struct.pack("<BBB", 3, 31, 31 + len(text(name))) + text(name) + text("")


def my_tag_of_track_row(track: int, tag_number: int) -> bytes:
    return struct.pack("<IIII", 0, track, tag_number, 3)


# ---- analysis files ------------------------------------------------------------------------------


def tag(name: bytes, head: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">4sII", name, 12 + len(head), 12 + len(head) + len(body)) + head + body


def analysis(*tags: bytes) -> bytes:
    """A file of tags."""
    body = b"".join(tags)
    return struct.pack(">4sIIIIII", b"PMAI", 28, 28 + len(body), 1, 0x10000, 0x10000, 0) + body


def beats_tag(beats: Sequence[tuple[int, int, int]]) -> bytes:
    body = b"".join(struct.pack(">HHI", *beat) for beat in beats)
    return tag(b"PQTZ", struct.pack(">III", 0, 0x80000, len(beats)), body)


def steady_beats(bpm: float, count: int, *, first_ms: int = 100) -> list[tuple[int, int, int]]:
    return [(i % 4 + 1, round(bpm * 100), first_ms + round(i * 60_000 / bpm)) for i in range(count)]


def old_cues_tag(cues: Sequence[tuple[int, int, int]], *, is_hot: bool) -> bytes:
    """Button (0: memory), milliseconds, and the end of a loop or -1."""
    body = b""
    for button, time_ms, end_ms in cues:
        kind = 1 if end_ms < 0 else 2
        entry = struct.pack(
            ">4sIIIIIHHBBHIi", b"PCPT", 28, 56, button, 0, 0x10000, 0, 1, kind, 0, 1000, time_ms, end_ms
        )
        body += entry + bytes(16)
    return tag(b"PCOB", struct.pack(">IHHi", is_hot, 0, len(cues), -1), body)


def cues_tag(cues: Sequence[tuple[int, int, int, str, int, tuple[int, int, int]]], *, is_hot: bool) -> bytes:
    """Button, milliseconds, end of a loop or -1, comment, number of the colour, and what lights the button."""
    body = b""
    for button, time_ms, end_ms, comment, color, rgb in cues:
        encoded = (comment + "\0").encode("utf-16-be") if comment else b""
        entry = struct.pack(">IBBHIi", button, 1 if end_ms < 0 else 2, 0, 1000, time_ms, end_ms)
        entry += struct.pack(">B7xHHI", 0 if button else color, 0, 0, len(encoded)) + encoded
        entry += bytes([color if button else 0, *rgb]) + bytes(20)
        body += struct.pack(">4sII", b"PCP2", 16, 12 + len(entry)) + entry
    return tag(b"PCO2", struct.pack(">IHH", is_hot, len(cues), 0), body)


def phrases_tag(
    mood: int, end_beat: int, phrases: Sequence[tuple[int, int]], *, is_masked: bool = False, version: int = 0
) -> bytes:
    """The beat that each begins with, and its kind."""
    body = b"".join(
        struct.pack(">HHH", number, beat, kind) + bytes(18) for number, (beat, kind) in enumerate(phrases, start=1)
    )
    head = struct.pack(">HHHH6xH2xBx", version, 24, len(phrases), mood, end_beat, 1)
    made = tag(b"PSSI", head, body)
    if is_masked:
        keys = [(MASK[(i + version) % 19] + len(phrases)) % 256 for i in range(len(made) - 18)]
        made = made[:18] + bytes(byte ^ key for byte, key in zip(made[18:], keys, strict=True))
    return made


def write_stick(root: Path, tables: dict[int, Iterable[bytes | None]], *, folder: str = "PIONEER") -> Path:
    """A stick with a library; its `export.pdb`."""
    path = root / folder / "rekordbox" / "export.pdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(library(tables))
    return path


def write_analysis(root: Path, place: str, dat: bytes, ext: bytes | None = None) -> None:
    path = root / place.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dat)
    if ext is not None:
        path.with_suffix(".EXT").write_bytes(ext)


# ---- to be damaged -------------------------------------------------------------------------------


def damageable_library() -> bytes:
    """A small `export.pdb` with a row in each table that is read."""
    tracks = [track_row(n, title=f"T{n}", artist=1, album=1, genre=1, label=1, key=1, tempo=12800) for n in (1, 2, 3)]
    names = [artist_row(1, "Ann"), artist_row(2, "ü" * 9, is_far=True)]
    return library(
        {
            TRACKS: tracks, ARTISTS: names, ALBUMS: [album_row(1, "LP")], GENRES: [named(1, "House")],
            LABELS: [named(1, "L")], KEYS: [key_row(1, "Fm")], ENTRIES: [entry_row(1, 1, 2), entry_row(2, 3, 2)],
            TREE: [tree_row(1, "F", is_folder=True), tree_row(2, "A", parent=1)], HISTORIES: [named(1, "HISTORY 001")],
            HISTORY_ENTRIES: [history_entry_row(1, 2, 1)],
        }
    )  # fmt: skip


def damageable_analyses() -> list[bytes]:
    """Analysis files with all tags that are read."""
    beats, cues = beats_tag(steady_beats(128, 40)), [(1, 1000, -1, "Drop", 42, (1, 2, 3)), (2, 9, 99, "", 0, (0, 0, 0))]
    return [
        analysis(beats, old_cues_tag([(0, 1000, 2000), (1, 5, -1)], is_hot=False), cues_tag(cues, is_hot=True), phrases)
        for phrases in (phrases_tag(1, 33, [(1, 1), (17, 5)]), phrases_tag(2, 33, [(1, 1), (9, 8)], is_masked=True))
    ]
