"""Lists as CSV (RFC 4180, UTF-8), for spreadsheets; no cell becomes a formula there."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib.resources import files
from itertools import pairwise
from typing import Any, BinaryIO
from unicodedata import normalize

from map4.core.base.path_maps import PathMaps
from map4.core.base.text import csv_writer, unguarded_cell
from map4.core.music.lists.line_template import LineTemplate
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaceCounter, PlaylistEntry, Tracklist
from map4.core.music.track.track_columns import CSV_COLUMNS, USUAL_COLUMNS, TrackCells
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, PlaylistReadError, WriteNotes, require_few, several_lists
from map4.formats.values import above_zero, bytes_path, decode_list, one_line

_FIRST_COLUMNS = (
    "position", "path", "artist", "title", "album", "duration_s", "bpm", "key_camelot", "energy_level",
    "compatibility", "audio_id", "path_bytes", "starts_s", "tempo_change_percent", "energy_target", "relaxed",
)  # fmt: skip
COLUMNS = (*_FIRST_COLUMNS, *(name for name in CSV_COLUMNS if name not in _FIRST_COLUMNS), "starts_at", "fader_percent")
"""Columns of a list: those of its entries, then the other columns of a track; append only."""

_HEAD_BYTES = 4096
_WEB = re.compile(r"(https?|spotify|deezer|tidal):", re.IGNORECASE)
_MOST_TABS = 3
_MOST_S = 12 * 3600  # a larger number is of milliseconds
_MOST_LINES_BEFORE = 3
_DAY = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")  # Serato writes it above the tracks of a session
_MOST_SHOWN, _MOST_LETTERS = 8, 40
_TEXT = codecs.getwriter("utf-8")  # unlike a `TextIOWrapper`, it leaves its file open if writing fails


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    write = csv_writer(_TEXT(out, "replace"))
    write(COLUMNS)
    for row in _list_rows(content, COLUMNS, path_maps):
        write(row)
    return WriteNotes(tracks=len(content.tracks))


def _list_rows(content: Tracklist, columns: Sequence[str], path_maps: PathMaps) -> Iterator[Sequence[Any]]:
    """The cells of each track of a list, in columns of its place and of the track."""
    places = PlaceCounter()
    for track, pick in content.listed():
        cells, place = TrackCells(track, path_maps), places.next(track, pick)
        own = LineTemplate.LIST_COLUMNS
        yield [own[name][1](place) if name in own else cells[name] for name in columns]


def export_table(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write any selection as a table, a row per track, with columns of `map4.core.music.track.track_columns`."""
    notes, columns = WriteNotes(), options.columns or USUAL_COLUMNS
    write = csv_writer(_TEXT(out, "replace"), raw=options.raw)
    write(columns)
    rows = content.rows(columns, options.path_maps)
    if content.playlist is not None and not LineTemplate.LIST_COLUMNS.keys().isdisjoint(columns):
        rows = _list_rows(content.playlist, columns, options.path_maps)
    for notes.tracks, cells in enumerate(rows, 1):
        write(cells)
    return notes


def _read(data: bytes) -> ParsedPlaylist:
    text = decode_list(data)
    # Spreadsheets in countries with a decimal comma separate by semicolons.
    lines = text.split("\n", _MOST_LINES_BEFORE)
    first = next((line for line in lines if re.search("[,;\t]", line) or _names_known([line])), "")
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise PlaylistReadError(f"this is not valid CSV ({error})") from None
    # Services put their own lines first, which are shorter; a row of tracks may contain a word like `track`.
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:_MOST_LINES_BEFORE]]
    heads = [n for n, count in enumerate(filled) if count > max(filled[:n], default=0) or max(filled[: n + 1]) <= 1]
    # Without a known name, the longest of them is the first line of the table.
    rank = {n: _names_known(rows[n]) or filled[n] / (1 + max(filled)) for n in heads}
    rows = rows[max(heads, key=rank.__getitem__, default=0) :]
    head = rows[0] if rows else []
    columns = _columns(head)
    if not columns.keys() & {"path", "title"}:
        seen = ", ".join(repr(name.strip()[:_MOST_LETTERS]) for name in head[:_MOST_SHOWN]) or "nothing"
        raise PlaylistReadError(
            f"the first line of this CSV names no column 'path' or 'title' in a language that map4 knows, but {seen}; "
            "change its names to 'title' and 'artist', or 'path'"
        )
    tracks = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    require_few(len(tracks))
    if tracks and _are_places(columns, tracks):
        del columns["duration"]
    lists: dict[str | None, list[dict[str, Any]]] = {}
    for row in tracks:
        entry = _entry(columns, row)
        if entry["artist"] or entry["location"] or not _DAY.fullmatch(entry["title"] or ""):
            lists.setdefault(one_line(_cell(columns, row, "list")), []).append(entry)
    read = [
        ParsedPlaylist(
            format="csv",
            name=name,
            entries=tuple(PlaylistEntry(position=number, **values) for number, values in enumerate(entries, start=1)),
        )
        for name, entries in (lists or {None: []}).items()
    ]
    return read[0] if len(read) == 1 else several_lists(read)


def _are_places(columns: dict[str, int], rows: list[list[str]]) -> bool:
    """Return whether times are the beginnings of tracks in a set: they rise from 0."""
    if len(rows) == 1 or not re.fullmatch(r"[0:]*0:0+", (_cell(columns, rows[0], "duration") or "").strip()):
        return False
    seconds = [_duration(_cell(columns, row, "duration")) or 0.0 for row in rows]
    return all(before < after for before, after in pairwise(seconds))


def is_table(data: bytes) -> bool:
    """Return whether a text begins with column names between tabs, as paths rarely contain tabs."""
    names = decode_list(data[:_HEAD_BYTES]).lstrip().partition("\n")[0].split("\t")
    return len(names) > _MOST_TABS or (len(names) > 1 and bool(_columns(names).keys() & {"path", "title"}))


@cache
def _plain_aliases() -> dict[str, list[str]]:
    """Other names of the columns, the best first; `_plain` compares names."""
    aliases = defaultdict[str, list[str]](list)
    for columns in tomllib.loads(files(__package__).joinpath("column_names.toml").read_text("utf-8")).values():
        for column, names in columns.items():
            aliases[column] += map(_plain, names)
    return aliases


def _columns(names: list[str]) -> dict[str, int]:
    known = [_plain(name) for name in names]
    indexes = {
        column: next((known.index(plain) for plain in aliases if plain in known), None)
        for column, aliases in _plain_aliases().items()
    }
    return {column: index for column, index in indexes.items() if index is not None}


def _names_known(names: list[str]) -> int:
    """How many columns a row names; 0 if it can't be the first one of a list."""
    columns = _columns(names)
    return len(columns) if columns.keys() & {"path", "title"} else 0


def _plain(name: str) -> str:
    """Normalise a column name: `Artist Name(s)` and `artist_names` become equal, and `Título` and `titulo`."""
    return re.sub(r"[\W_]+", "", normalize("NFKD", name.casefold()))


def _cell(columns: dict[str, int], row: list[str], column: str) -> str | None:
    index = columns.get(column)
    return unguarded_cell(row[index] if index is not None and index < len(row) else "") or None


def _entry(columns: dict[str, int], row: list[str]) -> dict[str, Any]:
    cell = partial(_cell, columns, row)
    path = cell("path")
    if path and cell("title") and _WEB.match(path):  # the web page of a service; a file may still exist here
        path = None
    locations = [location for location in (bytes_path(cell("path_bytes")), path) if location]
    size = above_zero(cell("size"))
    return {
        "location": locations[0] if locations else None,
        "other_locations": tuple(locations[1:]),
        "artist": one_line(cell("artist")),
        "title": one_line(cell("title")),
        "album": one_line(cell("album")),
        "duration_s": _milliseconds(cell("duration_ms")) or _duration(cell("duration")),
        "size_bytes": None if size is None else int(size),
        "audio_id": cell("audio_id"),
    }


def _milliseconds(text: str | None) -> float | None:
    number = above_zero(text)
    return None if number is None else number / 1000.0


def _duration(text: str | None) -> float | None:
    """Parse a duration to seconds: `245`, `4:05` or `1:02:03`."""
    text = (text or "").strip()
    if not re.fullmatch(r"[0-9]{1,6}([:.,][0-9]{1,6}){0,2}", text):
        return None
    if ":" not in text:
        number = above_zero(text.replace(",", "."))
        return number / 1000.0 if number is not None and number > _MOST_S else number
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part.replace(",", "."))
    return seconds or None


CSV = Format(
    name="csv",
    suffixes=("csv",),
    summary="a table, for spreadsheets",
    list_writer=_write,
    list_reader=_read,
    exporter=export_table,
    options=FormatOptions(named="", columns=True, list_columns=True, raw=True),
)
TSV = Format(name="tsv", suffixes=("tsv",), summary="a table with tabs", list_reader=_read)
