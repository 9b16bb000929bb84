"""What every exporter must do; what it wrote is read by an independent reader."""

import csv
import gc
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import independent_readers as independent
import openpyxl
import pytest
from injections import TEXTS, Flow, content_of, living_track, nasty_tracks
from made_tracks import made_track

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.base.text import visible
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist
from map4.errors import UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.plugins import Exporters

FORMATS = sorted(
    name
    for name, file_format in Exporters.all().items()
    if not file_format.holds_live and name != "listenbrainz" and (name != "parquet" or find_spec("pyarrow"))
)
"""Of tracks; that of plays is in test_listens.py."""
REPORTS = {"html", "pdf"}
"""Pages to look at; they hold a page or a document at once, and have readers of their own in their tests."""
DATA = [name for name in FORMATS if name not in REPORTS]
TIMED = {"xlsx", "pdf"}
"""Formats whose files say when they were made."""
IN_PARTS = {"traktor"}
"""Formats that have no path in one piece; their own tests look at it."""

Row = tuple[bytes, str | None, str | None]
"""Path, artist and title."""


def exported(kind: str, content: ExportContent, options: ExportOptions | None = None) -> tuple[bytes, WriteNotes]:
    out = OnlyWritten()
    notes = Exporters.all()[kind].export(content, out, options or ExportOptions())  # type: ignore[arg-type]
    return bytes(out.data), notes


class OnlyWritten(io.RawIOBase):
    """A pipe: nothing can be read again, and no place in it be found again."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def _of_record(record: dict[str, dict[str, str]]) -> Row:
    return os.fsencode(str(record["path"])), record["tags"]["artist"], record["tags"]["title"]


def read_csv(data: bytes) -> list[Row]:
    before = csv.field_size_limit(1_000_000)  # of the process, where other tests count on the usual one
    try:
        rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
        return [(row["path"].encode(), row["artist"], row["title"]) for row in rows]
    finally:
        csv.field_size_limit(before)


def read_xlsx(data: bytes) -> list[Row]:
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Tracks"]
    head, *rows = sheet.iter_rows(values_only=True)
    place, artist, title = (head.index(name) for name in ("Path", "Artist", "Title"))
    return [(str(row[place]).encode(), row[artist] or "", row[title] or "") for row in rows]  # type: ignore[misc]


def read_parquet(data: bytes) -> list[Row]:
    from pyarrow.parquet import read_table

    rows = read_table(io.BytesIO(data), columns=["path", "artist", "title"]).to_pylist()
    return [(row["path"].encode(), row["artist"], row["title"]) for row in rows]


def of_caption(rows: list[tuple[bytes, str | None]]) -> list[Row]:
    return [(path, None, text) for path, text in rows]


READERS: dict[str, Callable[[bytes], list[Row]]] = {
    "json": lambda data: [_of_record(record) for record in json.loads(data)["tracks"]],
    "jsonl": lambda data: [_of_record(json.loads(line)) for line in data.decode().split("\n")[:-1]],
    "csv": read_csv,
    "xlsx": read_xlsx,
    "parquet": read_parquet,
    "m3u8": lambda data: of_caption(independent.read_m3u(data, "utf-8", b"/")),
    "m3u": lambda data: of_caption(independent.read_m3u(data, "latin-1", b"/")),
    "pls": lambda data: [(row[0], None, None) for row in independent.read_pls(data, b"/")],
    "xspf": lambda data: independent.read_xspf(data, b"/"),
    "jspf": lambda data: independent.read_jspf(data, b"/"),
    "serato": lambda data: [(b"/" + path, None, None) for path in independent.read_crate(data)],
    "virtualdj": independent.read_vdjfolder,
    "virtualdj-database": independent.read_vdj_database,
    "traktor": independent.read_nml,
    "rekordbox": independent.read_rekordbox,
}


def test_exporters_accept_any_names_and_tracks_without_values() -> None:
    assert set(READERS) | REPORTS >= set(FORMATS)
    for kind in FORMATS:
        data, notes = exported(kind, content_of(nasty_tracks(), name="\x1b[2J</title>\ud800\0=1", query="genre:x"))
        assert notes.tracks == len(TEXTS)
        assert data
    for kind in FORMATS:
        tracks = [living_track(0)]
        _, notes = exported(kind, content_of(tracks))
        assert notes.tracks == 1


class FullDisk(OnlyWritten):
    is_full = True

    def write(self, data: Any, /) -> int:
        if self.is_full:
            raise OSError("full")
        return len(data)


def test_full_disk_leaves_the_output_of_every_exporter_open() -> None:
    for kind in FORMATS:
        disk = FullDisk()
        out = io.BufferedWriter(disk, 1)
        with pytest.raises(OSError, match="full"):
            Exporters.all()[kind].export(content_of([living_track(0)]), out, ExportOptions())
        gc.collect()
        assert (kind, out.closed) == (kind, False)
        disk.is_full = False


def test_same_tracks_give_the_same_bytes_complete_and_in_order() -> None:
    for kind in [kind for kind in FORMATS if kind not in TIMED]:
        tracks = [made_track("a.mp3", 120.0, "8A", 0.5, hamms=0.5), made_track("b.mp3", 122.0, "9A", 0.6)]
        assert exported(kind, content_of(tracks))[0] == exported(kind, content_of(tracks))[0]
    for kind in DATA:
        tracks = nasty_tracks()
        rows = READERS[kind](exported(kind, content_of(tracks))[0])
        expected = [os.fsencode(track.path) for track in tracks]
        assert [_number(path) for path, _, _ in rows] == [_number(path) for path in expected]


def test_data_exporters_keep_few_tracks_in_memory() -> None:
    for kind in DATA:
        flow = Flow(300, living_track)
        few = content_of([made_track("a.mp3", 120.0)])
        _, notes = exported(kind, ExportContent(tracks=flow, statistics=few.statistics))
        assert notes.tracks == 300
        assert flow.most_alive <= 3


def _number(path: bytes) -> bytes:
    found = re.match(rb"/music/(\d+) ", path)
    assert found is not None, path
    return found[1]


def test_exported_paths_are_exact_and_follow_the_path_map() -> None:
    cases = ["m3u8", "m3u", "pls", "xspf", "jspf", "json", "jsonl", "serato", "rekordbox"]
    for kind in cases:
        tracks = nasty_tracks()
        rows = READERS[kind](exported(kind, content_of(tracks))[0])
        assert [path for path, _, _ in rows] == [os.fsencode(track.path) for track in tracks]
    for kind in [kind for kind in DATA if kind not in IN_PARTS]:
        options = ExportOptions(path_maps=PathMaps(maps=(PathMap.parse("/music=D:/Music"),)))
        data, _ = exported(kind, content_of([made_track("a b.mp3", 120.0)]), options)
        texts = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml") if kind == "xlsx" else data
        # Crates have paths without a drive, in two bytes a letter.
        drive, letters = (rb"", data.replace(b"\0", b"")) if kind == "serato" else (rb"D:[/\\]", texts)
        assert re.search(drive + rb"Music[/\\]a( |%20)b\.mp3", letters)


def whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def in_csv(text: str) -> str:
    clean = visible(whole(text.replace("\0", "")))
    first = clean.lstrip("'")[:1]
    return f"'{clean}" if first and first in "=+-@|\t\r\n\uff1d\uff0b\uff0d\uff20" else clean


def in_sheet(text: str) -> str:
    kept = "".join(c for c in text if c in "\t\n\r" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF
                                                         and ord(c) not in (0xFFFE, 0xFFFF)))  # fmt: skip
    lines = visible(kept).replace("\r\n", "\n").replace("\r", "\n")
    while len(lines.encode("utf-16-le")) // 2 > 32_767:
        lines = lines[:-1]
    return lines


def test_exported_texts_are_read_back_are_no_formulas_and_visible() -> None:
    for kind, parse in (("json", whole), ("jsonl", whole), ("csv", in_csv), ("xlsx", in_sheet)):
        rows = READERS[kind](exported(kind, content_of(nasty_tracks()))[0])
        assert [title for _, _, title in rows] == [parse(text) for text in TEXTS]
        assert [artist for _, artist, _ in rows] == [parse(text) for text in TEXTS]
    for kind in ["csv", "m3u8", "pls", "xlsx", "html"]:
        hidden = "Song\U000e0041\u200b\u202e Z" + "\u0335" * 500
        track = made_track("a.mp3", 120.0, **dict.fromkeys(("artist", "title", "album", "genre", "comment"), hidden))
        data, _ = exported(kind, content_of([track]))
        if kind == "xlsx":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = b"".join(map(archive.read, archive.namelist()))
        text = data.decode()
        assert "Song\ufffd" in text
        assert not re.search("[\U000e0041\u200b\u202e]|\u0335{7}", text)
        assert hidden.encode() in exported("rekordbox", content_of([track]))[0]
        assert json.loads(exported("json", content_of([track]))[0])["tracks"][0]["tags"]["title"] == hidden


def test_workbook_cells_contain_no_formulas_or_errors() -> None:
    content = content_of(nasty_tracks())
    playlist = Tracklist(tracks=content.tracks, name="=1", picks=[ListedPick(reasons=("=1+1",))] * len(TEXTS))
    data, notes = exported("xlsx", content_of(nasty_tracks(), playlist=playlist, origin="playlist"))
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    assert [*workbook.sheetnames[:3], workbook.sheetnames[-1]] == ["Tracks", "Playlist", "Summary", "Compatibility"]
    kinds = {cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row}
    assert not kinds & {"f", "e"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == len(workbook.sheetnames)
    assert not any(re.search(rb"<f[ >/]", sheet) for sheet in sheets)
    text = " ".join(notes.sentences())
    assert "characters of names" in text
    assert "texts were cut" in text


def test_unsupported_options_of_a_format_are_refused() -> None:
    options_tried = [
        ExportOptions(columns=("nonsense",)),
        ExportOptions(template="nonsense"),
        ExportOptions(more={"nonsense": "1"}),
    ]
    for kind in FORMATS:
        for options in options_tried:
            with pytest.raises(UsageError, match=r"nonsense|templates|has no effect"):
                Exporters.all()[kind].check(options)
