"""Lists as JSON: `map4/playlist/1`, and on reading whatever else names paths."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from map4.domain.path_maps import PathMaps
from map4.domain.tracklist import PLAYLIST_SCHEMA, ParsedPlaylist, PlaylistEntry, Tracklist
from map4.formats.format import Format, PlaylistReadError, WriteNotes
from map4.formats.lists.json_export import export_document, export_lines
from map4.formats.records import json_bytes
from map4.formats.text import decode_list, one_line
from map4.formats.values import bytes_path

_PICK_SCHEMA = "map4/pick/1"
# Under one of these names a document keeps its tracks.
_LISTS = ("picks", "tracks", "entries", "items", "files", "playlist")


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes()
    header: dict[str, Any] = {"seeds": [], "options": {}, **content.header}
    tail = {name: header.pop(name, default) for name, default in (("relaxed", []), ("quality", None))}
    head = {"schema": PLAYLIST_SCHEMA, "name": content.name, "description": content.description, **header}
    out.write(json_bytes({name: value for name, value in head.items() if name != "picks"})[:-1] + b',\n "picks": [')
    for index, pick in enumerate(_picks(content, path_maps)):
        out.write((b"\n  " if index == 0 else b",\n  ") + json_bytes(pick))
        notes.tracks += 1
    out.write(b"\n ],\n " + json_bytes(tail)[1:-1] + b"\n}\n")
    return notes


def _write_lines(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes()
    for pick in _picks(content, path_maps):
        out.write(json_bytes({"schema": _PICK_SCHEMA, **pick}) + b"\n")
        notes.tracks += 1
    return notes


def _picks(content: Tracklist, path_maps: PathMaps) -> Iterator[dict[str, Any]]:
    for index, track in enumerate(content.tracks):
        pick: dict[str, Any] = {"position": index + 1}
        place = path_maps.outward(track.path)
        if place != track.path:
            pick["location"] = place.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        pick["track"] = track.to_record()
        yield pick | {name: value for name, value in content.detail(index).items() if name not in pick}


def _read(data: bytes) -> ParsedPlaylist:
    try:
        document = json.loads(decode_list(data))
    except ValueError as error:
        raise PlaylistReadError(f"this is no sound JSON ({error})") from None
    except RecursionError:
        raise PlaylistReadError("this JSON is nested too deeply for a list") from None
    header = document if isinstance(document, dict) else {}
    rows = document if isinstance(document, list) else next((header[n] for n in _LISTS if n in header), None)
    if not isinstance(rows, list):
        raise PlaylistReadError(f"this JSON holds no list: none of {', '.join(_LISTS)} is there")
    own = header if header.get("schema") == PLAYLIST_SCHEMA else {}
    return _list("json", rows, header=own, name=_text(header, "name"), description=_text(header, "description"))


def _read_lines(data: bytes) -> ParsedPlaylist:
    rows = []
    for number, line in enumerate(decode_list(data).splitlines(), start=1):
        try:
            rows += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise PlaylistReadError(f"line {number} is no sound JSON ({error})") from None
    # A summary stands at the end of what map4 prints.
    tracks = [row for row in rows if not str(_text(row, "schema") or "").endswith(("-summary/1", "-summary/2"))]
    return _list("jsonl", tracks, header={}, name=None, description=None)


def _list(
    format_name: str, rows: list[Any], *, header: Mapping[str, Any], name: str | None, description: str | None
) -> ParsedPlaylist:
    return ParsedPlaylist(
        format=format_name,
        entries=tuple(_entry(position, row) for position, row in enumerate(rows, start=1)),
        name=name,
        description=description,
        details=tuple(
            {key: value for key, value in row.items() if key not in ("schema", "position", "location", "track")}
            if isinstance(row, dict) and "track" in row
            else {}
            for row in rows
        ),
        header={name: header[name] for name in ("seeds", "options", "relaxed", "quality") if name in header},
    )


def _entry(position: int, row: Any) -> PlaylistEntry:
    if isinstance(row, str):
        return PlaylistEntry(position=position, location=row or None)
    if not isinstance(row, dict):
        raise PlaylistReadError(f"entry {position} is neither a path nor an object")
    track = row["track"] if isinstance(row.get("track"), dict) else row
    tags = track["tags"] if isinstance(track.get("tags"), dict) else track
    file = track["file"] if isinstance(track.get("file"), dict) else track
    exact = bytes_path(_text(track, "path_bytes"))
    told = (exact, _text(row, "location"), _text(track, "path"), _text(track, "location"))
    locations = [location for location in told if location]
    duration_s, size = _number(file, "duration_s") or _number(file, "duration"), _number(file, "size_bytes")
    return PlaylistEntry(
        position=position,
        location=locations[0] if locations else None,
        other_locations=tuple(dict.fromkeys(locations[1:])),
        artist=one_line(_text(tags, "artist")),
        title=one_line(_text(tags, "title")),
        album=one_line(_text(tags, "album")),
        duration_s=duration_s,
        size_bytes=None if size is None else int(size),
        audio_id=_text(track, "audio_id"),
    )


def _text(record: Any, name: str) -> str | None:
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, str) and value else None


def _number(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < math.inf else None


JSON = Format(
    name="json",
    suffixes=("json",),
    summary="everything map4 knows",
    list_writer=_write,
    list_reader=_read,
    exporter=export_document,
)
JSONL = Format(
    name="jsonl",
    suffixes=("jsonl", "ndjson"),
    summary="the same, a line a track",
    list_writer=_write_lines,
    list_reader=_read_lines,
    exporter=export_lines,
)
