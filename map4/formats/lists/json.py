"""JSON: exports (`map4/export/1`, or lines of `map4/track/1`), and lists (`map4/playlist/1`, and others with paths)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO
from urllib.parse import unquote_plus

from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import path_fields
from map4.core.base.text import json_values
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Hamms
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import AwayFile, ParsedPlaylist, PlaylistEntry, Tracklist
from map4.core.music.track.track import Track
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, PlaylistReadError, WriteNotes, require_few, several_lists
from map4.formats.values import bytes_path, decode_list, one_line
from map4.stats import Statistics

EXPORT_SCHEMA = "map4/export/1"
_PICK_SCHEMA = "map4/pick/1"
# A document has its tracks under one of these names.
_LISTS = ("picks", "tracks", "entries", "items", "files", "playlist")
# Or of Last.fm, as a list or in pages, each with a `track` of several.
_LOVED = re.compile(r"(?:loved|liked|banned|hated|top|favou?rites?)[\W_]*(?:tracks?|songs?)?", re.IGNORECASE)
_SEVERAL = ("playlists", "lists")
_MOST_SHOWN = 8
# The first is map4's; the others are of services (Spotify, ListenBrainz, Last.fm).
_NAMES = {
    "artist": ("artist", "artistName", "master_metadata_album_artist_name", "artist_name", "artists"),
    "title": ("title", "trackName", "master_metadata_track_name", "track_name", "track", "name"),
    "album": ("album", "albumName", "master_metadata_album_album_name", "release_name"),
}


def export_document(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write one document, one line per track; values computed from all tracks come last."""
    notes = WriteNotes()
    head = {
        "schema": EXPORT_SCHEMA,
        "origin": content.origin,
        "query": content.query,
        "name": content.name,
        "description": content.description,
        "analysis_config": analysis_config(content),
    }
    out.write(json_line(head)[:-1] + b',\n "tracks": [')
    for track in content.tracks:
        record = _record(track, options.path_maps)
        out.write((b",\n  " if notes.tracks else b"\n  ") + json_line(record))
        notes.tracks += 1
    out.write(b'\n ],\n "playlist": ')
    if content.playlist is None:
        out.write(b"null")
    else:
        _write_playlist(content.playlist, out)
    out.write(b',\n "statistics": ' + json_line(statistics_record(content.statistics())) + b"\n}\n")
    return notes


def export_lines(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    notes = WriteNotes()
    for track in content.tracks:
        out.write(json_line(_record(track, options.path_maps)) + b"\n")
        notes.tracks += 1
    return notes


def _write_playlist(playlist: Tracklist, out: BinaryIO) -> None:
    """Write the list's data besides its tracks; the picks are in the order of `tracks`."""
    head = {**dict.fromkeys(("seeds", "options", "relaxed", "quality")), **_marks(playlist)}
    out.write(json_line({**head, **playlist.header.to_record(playlist.picks)})[:-1] + b', "picks": [')
    for position, (_, pick) in enumerate(playlist.listed(), start=1):
        out.write((b",\n  " if position > 1 else b"\n  ") + json_line({"position": position, **pick.detail(position)}))
    out.write(b"\n ]}")


def analysis_config(content: ExportContent) -> dict[str, Any]:
    """Return the settings behind an export's numbers: JSON values only."""
    from map4.core.music.track.hamms import HAMMS_WEIGHTS

    return {
        "map4": content.map4_version,
        "analysis_version": ANALYSIS_VERSION,
        "hamms": {"version": Hamms.VERSION, "weights": dict(HAMMS_WEIGHTS)},
        "prefer": ["user", *content.prefer],
    }


def statistics_record(statistics: Statistics) -> dict[str, Any]:
    """Return the `statistics` of an export: JSON values only."""
    record: Mapping[str, Any] = statistics.to_record()
    tempo, loudness = dict(record["tempo"]), dict(record["loudness"])
    return {
        "tracks": record["tracks"],
        "hours": record["hours"],
        "coverage": record["coverage"],
        "doubtful": record["doubtful"],
        "by_genre": dict(statistics.genres),
        "by_bpm": tempo.pop("histogram"),
        "by_key": record["keys"],
        "by_energy": record["energy_levels"],
        "by_loudness": loudness.pop("histogram"),
        "by_year": {str(year): count for year, count in statistics.years.items()},
        "by_rating": {str(stars): count for stars, count in statistics.ratings.items()},
        "by_codec": dict(statistics.codecs),
        "by_quality": dict(statistics.qualities),
        "by_state": record["states"],
        "bpm": tempo,
        "loudness_lufs": loudness,
    }


def _record(track: Track, path_maps: PathMaps) -> dict[str, Any]:
    """Return the `map4/track/1` record; a path changed by the maps is in `location`, beside the track's own."""
    record, mapped = track.to_record(), path_maps.outward(track.path)
    if mapped != track.path:
        record["location"] = path_fields(mapped)["path"]
    return record


def json_line(value: Mapping[str, Any]) -> bytes:
    """Return a record as JSON on one line, in UTF-8; a NaN is an error.

    Lone surrogates, which other programs can't read, are replaced.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))
    header = content.header.to_record(content.picks)
    tail = {name: header.pop(name) for name in ("relaxed", "duration_s", "quality")}
    known = {} if content.id is None else {"id": content.id}
    about = {"name": content.name, "description": content.description, **_marks(content)}
    head = {"schema": ParsedPlaylist.SCHEMA, **known, **about, **header}
    out.write(json_line(head)[:-1] + b',\n "picks": [')
    for index, pick in enumerate(_picks(content, path_maps)):
        out.write((b"\n  " if index == 0 else b",\n  ") + json_line(pick))
    out.write(b"\n ],\n " + json_line(tail)[1:-1] + b"\n}\n")
    return notes


def _marks(content: Tracklist) -> dict[str, list[str]]:
    """Return the marks of a stored list."""
    return {} if content.id is None else {"marks": list(content.marks)}


def _write_lines(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))
    out.writelines(json_line({"schema": _PICK_SCHEMA, **pick}) + b"\n" for pick in _picks(content, path_maps))
    return notes


def _picks(content: Tracklist, path_maps: PathMaps) -> Iterator[dict[str, Any]]:
    for position, (track, pick) in enumerate(content.listed(), start=1):
        location = path_maps.outward(track.path)
        mapped = {"location": path_fields(location)["path"]} if location != track.path else {}
        own = {} if (away := AwayFile.of(track)) is None else {"stands_in_for": away.to_record()}
        yield {"position": position, **mapped, "track": track.to_record(), **own, **pick.detail(position)}


def json_document(data: bytes) -> Any:
    """Parse a JSON document."""
    try:
        return json_values(decode_list(data))
    except ValueError as error:
        raise PlaylistReadError(f"this is not valid JSON ({error})") from None


def _read(data: bytes) -> ParsedPlaylist:
    document = json_document(data)
    lists = _several(document)
    if lists is not None:
        return several_lists([*map(_read_list, lists)])
    return _read_list(document)


def _read_list(document: Any) -> ParsedPlaylist:
    header = document if isinstance(document, dict) else {}
    rows = _rows(document)
    if rows is None:
        names = ", ".join(map(repr, list(header)[:_MOST_SHOWN])) or "nothing"
        raise PlaylistReadError(
            f"this JSON contains no list: none of {', '.join((*_LISTS, *_SEVERAL))} is there, but {names}; "
            "plays need 'played_at' or 'listened_at', with title and artist"
        )
    own = header if header.get("schema") == ParsedPlaylist.SCHEMA else {}
    name = _text(header, "name") or _text(header, "title")
    return _list("json", rows, header=own, name=name, description=_text(header, "description"))


def _rows(document: Any) -> list[Any] | None:
    """Return the tracks of a list, which may be in pages; None without a list."""
    if isinstance(document, list):
        pages = [_rows(page) if _is_page(page) else None for page in document]
        return document if None in pages else [row for page in pages if page is not None for row in page]
    if not isinstance(document, dict):
        return None
    rows = next((document[name] for name in (*_LISTS, *filter(_LOVED.fullmatch, document)) if name in document), None)
    if isinstance(rows, dict):  # as in the APIs of Spotify and Last.fm
        rows = rows.get("items", rows.get("track"))
    return rows if isinstance(rows, list) else None


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(value[name], dict) for name in filter(_LOVED.fullmatch, value))


def _several(document: Any) -> list[dict[str, Any]] | None:
    """Return the lists of a document with several, as Spotify writes them; else None."""
    lists = document
    if isinstance(document, dict):
        lists = next((document[name] for name in _SEVERAL if name in document), None)
    if isinstance(lists, dict):
        lists = [{"name": name, "items": rows} for name, rows in lists.items()]
    if not isinstance(lists, list) or not lists:
        return None
    is_each = all(isinstance(each, dict) and "path" not in each and _rows(each) is not None for each in lists)
    return lists if is_each and not any(map(_is_page, lists)) else None


def _read_lines(data: bytes) -> ParsedPlaylist:
    rows = []
    for number, line in enumerate(decode_list(data).split("\n"), start=1):
        try:
            rows += [json_values(line)] if line.strip() else []
        except ValueError as error:
            raise PlaylistReadError(f"line {number} is not valid JSON ({error})") from None
    # map4's own output ends with a summary.
    tracks = [row for row in rows if not str(_text(row, "schema") or "").endswith(("-summary/1", "-summary/2"))]
    return _list("jsonl", tracks, header={}, name=None, description=None)


def _list(
    format_name: str, rows: list[Any], *, header: Mapping[str, Any], name: str | None, description: str | None
) -> ParsedPlaylist:
    require_few(len(rows))
    rows = [row for row in rows if not _is_spoken(row)]
    entries = tuple(_entry(position, row) for position, row in enumerate(rows, start=1))
    if rows and not any(entry.location or entry.title or entry.audio_id for entry in entries):
        raise PlaylistReadError("this JSON contains no list: its entries name no file and no title")
    return ParsedPlaylist(
        format=format_name,
        entries=entries,
        name=name,
        description=description,
        picks=tuple(ListedPick.of_record(row if isinstance(row, dict) and "track" in row else {}) for row in rows),
        header=replace(ListHeader.of_record(header), imported=None),  # it comes from this file
    )


def _is_spoken(row: Any) -> bool:
    """Return whether an entry of Spotify's lists is an episode or a book."""
    return isinstance(row, dict) and any(row.get(name) for name in ("episode", "audiobook")) and not row.get("track")


def _local_track(row: Any) -> dict[str, str]:
    """Return the names in the address of a file that Spotify plays: spotify:local:ARTIST:ALBUM:TITLE:SECONDS."""
    parts = (_text(row, "uri") or "").split(":")
    return dict(zip(("artist", "album", "title"), map(unquote_plus, parts[2:5]), strict=False))


def _entry(position: int, row: Any) -> PlaylistEntry:
    if isinstance(row, str):
        return PlaylistEntry(position=position, location=row or None)
    if not isinstance(row, dict):
        raise PlaylistReadError(f"entry {position} is neither a path nor an object")
    track: Mapping[str, Any] = row["track"] if isinstance(row.get("track"), dict) else row
    if not row.get("track") and row.get("localTrack"):
        track = _local_track(row["localTrack"])
    tags = track["tags"] if isinstance(track.get("tags"), dict) else track
    file = track["file"] if isinstance(track.get("file"), dict) else track
    away = row.get("stands_in_for")  # the file of the entry; the track is a copy of it
    own = away if isinstance(away, dict) else track
    exact = bytes_path(_text(own, "path_bytes"))
    location = None if own is away else _text(row, "location")
    written = (exact, location, _text(own, "path"), _text(own, "location"))
    locations = [location for location in written if location]
    duration_s, size = _number(file, "duration_s") or _number(file, "duration"), _number(file, "size_bytes")
    return PlaylistEntry(
        position=position,
        location=locations[0] if locations else None,
        other_locations=tuple(dict.fromkeys(locations[1:])),
        artist=_named(tags, "artist"),
        title=_named(tags, "title"),
        album=_named(tags, "album"),
        duration_s=duration_s,
        size_bytes=None if size is None or own is away else int(size),
        audio_id=_text(own, "audio_id"),
    )


def _named(tags: Mapping[str, Any], name: str) -> str | None:
    return next((text for key in _NAMES[name] if (text := _name_of(tags.get(key)))), None)


def _name_of(value: Any) -> str | None:
    """Return a name, also of an artist or album with more data, or of several."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name_of, value))) or None
    if isinstance(value, dict):
        value = next((value[key] for key in ("name", "#text", "title") if isinstance(value.get(key), str)), None)
    return one_line(value) if isinstance(value, str) else None


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
    summary="the same, one line per track",
    list_writer=_write_lines,
    list_reader=_read_lines,
    exporter=export_lines,
    options=FormatOptions(named=""),
)
