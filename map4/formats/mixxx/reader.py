"""Mixxx's library: tracks, playlists and crates of its `mixxxdb.sqlite`.

Tables and columns are those of Mixxx's `res/schema.xml`, which contains every version; missing columns of older
versions are treated as empty.

The beats of a track as Mixxx stores them: small protocol buffers, or two doubles in its oldest versions.

The messages are those of Mixxx's `src/proto/beats.proto`: a BeatGrid contains a tempo and the first beat, a BeatMap
every beat. Positions are sample frames of the file. Only a few fields are needed, so they are decoded here.

Read the cue points of a track in Mixxx's library.

Kinds, units and colours are those of Mixxx's `src/track/cueinfo.h`, `src/audio/frame.h` and `res/schema.xml`; cue
points set by its analysis are in `src/analyzer/analyzersilence.cpp`.
"""

from __future__ import annotations

import math
import sqlite3
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import plausible_bpm, plausible_seconds
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.beat_grid import BeatGrid
from map4.formats.fields import ProgramFields, entry_of, stars, then, unreadable
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import Lack
from map4.formats.sqlite_copy import (
    SQLITE_MAGIC,
    SqlRow,
    beside,
    columns_of,
    file_path_of,
    has_tables,
    numbered_rows,
    opened_copy,
    select,
    text_of,
)
from map4.formats.time_zero import program_offset_s
from map4.formats.values import above_zero, count_of, number_of, suffix_of, utc_moment_of

OTHER_CUES = "cue points of kinds that map4 does not store (jumps, and intros and outros without a beginning)"
LOST_CUES = "cue points of tracks whose sample rate Mixxx does not know"

# Positions count interleaved samples of two channels, also for mono files.
_SAMPLES_A_FRAME = 2
_NOWHERE = -1
# Weeks at any sample rate; larger numbers are invalid.
_MOST_SAMPLES = 1e12
_ANY_RATE_HZ = 44_100.0
_INVALID, _HOT_CUE, _MAIN_CUE, _LOOP, _INTRO, _OUTRO, _AUDIBLE_SOUND = 0, 1, 2, 4, 6, 7, 8
_KINDS: dict[int, CueKind] = {_HOT_CUE: "cue", _MAIN_CUE: "load", _LOOP: "loop", _INTRO: "fade_in", _OUTRO: "fade_out"}

# From this schema on colours are RGB; before, they were numbers of a palette, or RGB with an alpha channel in front.
_RGB_SINCE = 32
_PALETTE = (None, 0xC50A08, 0x32BE44, 0x0044FF, 0xF8D200, 0x42D4F4, 0xAF00CC, 0xFCA6D7, 0xF2F2FF)


def rgb_of(value: object, schema: int | None) -> object:
    """Return the number of a colour as the newest versions store it."""
    number = number_of(value)
    is_of_palette = schema is not None and schema < _RGB_SINCE and number is not None and 0 <= number < len(_PALETTE)
    return _PALETTE[int(number or 0)] if is_of_palette else value


def mixxx_color(value: object) -> str | None:
    """Return a colour of a cue or track as "#rrggbb", or None without a colour."""
    number = number_of(value)
    return None if number is None or number < 0 else f"#{int(number) & 0xFFFFFF:06x}"


def _samples(value: object) -> float | None:
    samples = number_of(value)
    return samples if samples is not None and samples != _NOWHERE and abs(samples) <= _MOST_SAMPLES else None


CUE = ProgramFields(
    "cues",
    (
        ("cues.kind", "type", then(number_of, int)), ("cues.position_s", "position", _samples),
        ("cues.length_s", "length", _samples), ("cues.number", "hotcue"), ("cues.name", "label", text_of),
        ("cues.color", "color", mixxx_color),
    ),
    needs=("kind",),
    lost=unreadable("cues.kind"),
)  # fmt: skip
"""Positions and lengths are samples."""


def mixxx_cues(
    rows: Iterable[SqlRow], main_cue: object, rate_hz: float | None, schema: int | None, left_out: Counter[str]
) -> tuple[CuePoint, ...]:
    """Read the cue points of a track.

    rows: of the table `cues`: the track, then the columns of `CUE`
    main_cue: `library.cuepoint`, where old versions store the main cue
    rate_hz: `library.samplerate`; None if unknown, and then no cue has a position
    left_out: counts what is not imported
    returns: By position, on Mixxx's time scale, without points that were not set by hand: an unset one, the range of
        audible sound, and a main cue, intro or outro that Mixxx's analysis put at an end of that range, or old versions
        at 0.
    """
    stored = [dict(zip(CUE.keys, row[1:], strict=True)) for row in rows]
    if main_cue is not None and not any(number_of(row["type"]) == _MAIN_CUE for row in stored):
        stored.append({"type": _MAIN_CUE, "position": main_cue})
    read = (CUE.read(row | {"color": rgb_of(row.get("color"), schema)}, left_out) for row in stored)
    places = [place for place in read if place]
    edges = {edge for place in places if place["kind"] == _AUDIBLE_SOUND for edge in _edges(place)}
    cues = [cue for place in places for cue in _cue(place, rate_hz or _ANY_RATE_HZ, edges, left_out)]
    if rate_hz is None:
        if cues:
            left_out[LOST_CUES] += len(cues)
        return ()
    return tuple(sorted(cues, key=lambda cue: cue.position_s))


def _edges(place: Mapping[str, Any]) -> tuple[int, int]:
    begin = place.get("position_s", 0.0)
    return _frame(begin), _frame(begin + place.get("length_s", 0.0))


def _frame(position: float) -> int:
    return round(position / _SAMPLES_A_FRAME)


def _cue(place: Mapping[str, Any], rate_hz: float, edges: set[int], left_out: Counter[str]) -> Iterator[CuePoint]:
    number, position, length = place["kind"], place.get("position_s"), place.get("length_s")
    kind = _KINDS.get(number)
    if number in (_INVALID, _AUDIBLE_SOUND):
        return
    if number == _OUTRO and position is None and length is not None and _frame(length) in edges:
        return  # the analysis sets only its end
    if kind is None or position is None:
        if kind is None or number in (_INTRO, _OUTRO):
            left_out[OTHER_CUES] += 1
        return
    if kind in ("load", "fade_in", "fade_out") and (_frame(position) in edges or (kind == "load" and position == 0)):
        return
    length_s = length / _SAMPLES_A_FRAME / rate_hz if kind == "loop" and length and length > 0 else None
    if kind == "loop" and length_s is None:
        kind = "cue"
    yield CuePoint(
        position_s=round(position / _SAMPLES_A_FRAME / rate_hz, 6),
        kind=kind,
        number=place.get("number"),
        name=place.get("name"),
        length_s=None if length_s is None else round(length_s, 6),
        # Other kinds have the colour of new hot cues, which Mixxx does not show.
        color=place.get("color") if "number" in place else None,
    )


# A millisecond is inaudible, and frames are rounded to whole numbers.
_TOLERANCE_S = 0.001

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_MOST_VARINT_BITS = 64

# Field numbers of beats.proto.
_GRID_BPM, _GRID_FIRST_BEAT, _BPM_BPM, _MAP_BEAT, _BEAT_POSITION = 1, 2, 1, 1, 1


def mixxx_grid(version: str | None, data: bytes, rate_hz: float) -> tuple[GridMark, ...]:
    """Read the beats of a track.

    version: `library.beats_version`, such as "BeatGrid-2.0"
    data: `library.beats`
    rate_hz: `library.samplerate`, > 0
    returns: Marks on Mixxx's time scale; metre and beat are None, as Mixxx knows no bars.
    """
    kind = (version or "").partition("-")[0]
    try:
        if kind == "BeatMap":
            frames = [_first_number([beat], _BEAT_POSITION) for beat in _all_of(data, _MAP_BEAT)]
            return BeatGrid.of_beats([_seconds(frame, rate_hz) for frame in frames], tolerance_s=_TOLERANCE_S)
        if kind != "BeatGrid":
            raise ValueError(f"beats of an unknown kind: {version}")
        if version == "BeatGrid-1.0" and len(data) == struct.calcsize("<dd"):
            bpm, frame = struct.unpack("<dd", data)
        else:
            bpm = _first_number(_all_of(data, _GRID_BPM), _BPM_BPM)
            frame = _first_number(_all_of(data, _GRID_FIRST_BEAT), _BEAT_POSITION)
    except (struct.error, IndexError) as error:
        raise ValueError(f"beats that can't be decoded: {error}") from None
    if plausible_bpm(bpm) is None:
        return ()
    return (GridMark(position_s=round(_seconds(frame, rate_hz), 6), bpm=bpm),)


def _seconds(frame: float, rate_hz: float) -> float:
    time_s = plausible_seconds(frame / rate_hz)
    if time_s is None:
        raise ValueError("a beat outside of any track")
    return time_s


def _all_of(data: bytes, number: int) -> list[bytes]:
    values = [value for field, value in _fields(data) if field == number]
    if not all(isinstance(value, bytes) for value in values):
        raise ValueError("a number where a message should be")
    return [value for value in values if isinstance(value, bytes)]


def _first_number(messages: list[bytes], number: int) -> float:
    """Return a number of the last message, which is the valid one; 0, the default, if the field is missing."""
    values = [value for message in messages[-1:] for field, value in _fields(message) if field == number]
    value = values[-1] if values else 0.0
    if isinstance(value, bytes) or not math.isfinite(value):
        raise ValueError("no number where one should be")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, float | bytes]]:
    """Yield field numbers and values of a message, in order; a varint is taken for an int32."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        value: float | bytes
        if kind == _VARINT:
            raw, at = _varint(data, at)
            value = (raw & 0xFFFFFFFF) - ((raw & 0x80000000) << 1)
        elif kind == _DOUBLE:
            (value,) = struct.unpack_from("<d", data, at)
            at += 8
        elif kind == _FLOAT:
            (value,) = struct.unpack_from("<f", data, at)
            at += 4
        elif kind == _BYTES:
            length, at = _varint(data, at)
            value = data[at : at + length]
            if len(value) < length:
                raise ValueError("it ends in the middle of a message")
            at += length
        else:
            raise ValueError(f"a field of the unknown type {kind}")
        yield tag >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < _MOST_VARINT_BITS:
        byte = data[at]  # IndexError if it ends too soon
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number without an end")


CRATES_FOLDER = "Crates"

# The first brought the covers of Mixxx 2.0; the last is the newest in its schema.xml when this was written.
_OLDEST_SCHEMA, _NEWEST_SCHEMA = 24, 41

_TEXTS = ("title", "artist", "album", "album_artist", "genre", "composer", "grouping", "comment")
_LIBRARY = (
    *_TEXTS, "duration", "samplerate", "cuepoint", "bpm", "beats_version", "beats", "key_id", "key", "year",
    "tracknumber", "datetime_added", "rating", "timesplayed", "last_played_at", "color", "mixxx_deleted", "location",
)  # fmt: skip
_FILE = ("location", "filesize")
# Values of `Playlists.hidden`; see PlaylistDAO::HiddenType in src/library/dao/playlistdao.h.
_SHOWN, _HISTORY = 0, 2
# ChromaticKey of src/proto/keys.proto: 1-12 major from C, 13-24 minor.
_MAJORS = 12
# Minimum sample rate; lower values are damage and would turn seconds into hours.
_LEAST_HZ = 1000.0


def read_mixxx(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a library of Mixxx; a `Reader`.

    Hidden tracks, which Mixxx never shows, are left out. The queue of Auto DJ is not a playlist.
    """
    damage = "it is not a database, or a damaged one; Mixxx's database is mixxxdb.sqlite"
    with opened_copy(path, damage) as connection:
        missing = [name for name in ("library", "track_locations") if not columns_of(connection, name)]
        if missing:
            raise ImportReadError(f"this database is not Mixxx's: it has no table '{missing[0]}'")
        schema = _note_schema(connection, notes)
        known: set[int] = set()
        for track in _tracks(connection, schema, notes):
            known.add(int(track.key))
            yield track
        yield from _playlists(connection, known, notes)
        yield from _crates(connection, known, notes)


def _note_schema(connection: sqlite3.Connection, notes: ReadNotes) -> int | None:
    schema = None
    if columns_of(connection, "settings"):
        row = connection.execute("SELECT value FROM settings WHERE name = 'mixxx.schema.version'").fetchone()
        schema = count_of(row[0]) if row else None
    if schema is None:
        return None
    notes.version = f"schema {schema}"
    if schema > _NEWEST_SCHEMA:
        notes.remarks.append(
            f"it was written by a newer Mixxx (schema {schema}, map4 knows {_NEWEST_SCHEMA}); "
            "what it added was not read"
        )
    elif schema < _OLDEST_SCHEMA:
        notes.remarks.append(f"it was written by a Mixxx before 2.0 (schema {schema}); later fields are unknown")
    return schema


def _tracks(connection: sqlite3.Connection, schema: int | None, notes: ReadNotes) -> Iterator[DjTrack]:
    columns = f"{select(connection, 'library', 'l', _LIBRARY)}, {select(connection, 'track_locations', 't', _FILE)}"
    rows = connection.execute(
        f"SELECT CAST(l.id AS INTEGER), {columns} FROM library AS l "
        "LEFT JOIN track_locations AS t ON t.id = l.location ORDER BY 1"
    )
    cues: Iterator[SqlRow] = iter(())
    if columns_of(connection, "cues"):
        names = select(connection, CUE.place, "c", CUE.keys)
        cues = connection.execute(f"SELECT CAST(c.track_id AS INTEGER), {names} FROM cues AS c ORDER BY 1, c.id")
    cues_of = beside(cues)
    for position, row in numbered_rows(rows, ("id", *_LIBRARY, "path", "size"), notes.left_out):
        cue_rows = cues_of(row["id"])
        if row["mixxx_deleted"]:
            notes.left_out["tracks that are hidden in Mixxx"] += 1
            continue
        values = TRACK.read(row | {"color": rgb_of(row["color"], schema)}, notes.left_out)
        entry = entry_of(values, position, _path(row))
        cues_read = mixxx_cues(cue_rows, row["cuepoint"], _rate_hz(row["samplerate"]), schema, notes.left_out)
        read = ImportedValues(**values, cues=cues_read)
        yield DjTrack(
            key=str(row["id"]),
            entry=entry,
            values=read.shifted(-program_offset_s("mixxx", suffix_of(_path(row) or ""))),
        )


def _path(row: dict[str, Any]) -> str | None:
    # Before schema 3 the path itself was in the table `library`.
    return file_path_of(row["path"]) or file_path_of(row["location"])


def _rate_hz(value: object) -> float | None:
    rate_hz = above_zero(value)
    return None if rate_hz is None or rate_hz < _LEAST_HZ else rate_hz


def _key(value: object) -> Key | None:
    number = count_of(value)
    if not number or number > 2 * _MAJORS:
        return None
    return Key((number - 1) % _MAJORS, "major" if number <= _MAJORS else "minor")


def _grid(stored: tuple[Any, ...]) -> tuple[GridMark, ...]:
    beats, version, rate = stored
    if not beats:
        return ()
    if (rate_hz := _rate_hz(rate)) is None or not isinstance(beats, bytes):
        raise ValueError("positions in frames of unknown length")
    return mixxx_grid(text_of(version), beats, rate_hz)


TRACK = ProgramFields(
    "library",
    (
        *((name, name, text_of) for name in _TEXTS), ("year", "year"), ("track_number", "tracknumber"),
        ("date_added", "datetime_added"), ("bpm", "bpm"), ("key", "key_id", _key),
        ("key", "key", then(text_of, Key.readable)), ("rating", "rating", stars(1.0)), ("play_count", "timesplayed"),
        ("last_played", "last_played_at"), ("color", "color", mixxx_color),
        ("grid", ("beats", "beats_version", "samplerate"), _grid), ("duration_s", "duration"), ("size_bytes", "size"),
    ),
)  # fmt: skip
# SQLite's CURRENT_TIMESTAMP, which is UTC without saying so.
PLAY = ProgramFields("PlaylistTracks", (("played_at", "pl_datetime_added", partial(utc_moment_of, is_utc=True)),))


def _playlists(connection: sqlite3.Connection, known: set[int], notes: ReadNotes) -> Iterator[DjPlaylist]:
    if not (columns_of(connection, "Playlists") and columns_of(connection, "PlaylistTracks")):
        return
    added = select(connection, "PlaylistTracks", "s", ("pl_datetime_added",))
    songs_of = beside(
        connection.execute(
            f"SELECT CAST(s.playlist_id AS INTEGER), s.track_id, {added} FROM PlaylistTracks AS s "
            "ORDER BY 1, s.position, s.id"
        )
    )
    lists = connection.execute(
        "SELECT CAST(id AS INTEGER), name, hidden FROM Playlists WHERE hidden IN (?, ?) ORDER BY 1", (_SHOWN, _HISTORY)
    )
    for number, name, hidden in lists.fetchall():
        yield _list(name, (), songs_of(number), known, notes, is_history=hidden == _HISTORY)


def _crates(connection: sqlite3.Connection, known: set[int], notes: ReadNotes) -> Iterator[DjPlaylist]:
    if not (columns_of(connection, "crates") and columns_of(connection, "crate_tracks")):
        return
    # Crates have no order; the library's order is at least stable.
    songs_of = beside(
        connection.execute("SELECT CAST(crate_id AS INTEGER), track_id FROM crate_tracks ORDER BY 1, track_id")
    )
    for number, name in connection.execute("SELECT id, name FROM crates ORDER BY id").fetchall():
        yield _list(name, (CRATES_FOLDER,), songs_of(number), known, notes)


def _list(
    name: object,
    folders: tuple[str, ...],
    songs: list[SqlRow],
    known: set[int],
    notes: ReadNotes,
    *,
    is_history: bool = False,
) -> DjPlaylist:
    """Return a list from rows: its number, the track's number, and when the track was added."""
    visible = [row for row in songs if row[1] in known]
    if len(visible) < len(songs):
        notes.left_out["entries of lists whose track is hidden or missing in Mixxx"] += len(songs) - len(visible)
    return DjPlaylist(
        name=text_of(name) or "Unnamed",
        folders=folders,
        keys=tuple(str(row[1]) for row in visible),
        kind="history" if is_history else "list",
        times=tuple(PLAY.read({PLAY.keys[0]: row[2]}, notes.left_out).get("played_at") for row in visible)
        if is_history
        else (),
    )


MIXXX = Importer(
    name="mixxx",
    title="Mixxx",
    suffixes=("sqlite",),
    recognises=lambda path, head: head.startswith(SQLITE_MAGIC) and has_tables(path, "library", "track_locations"),
    read=read_mixxx,
    fields=(TRACK, CUE, PLAY),
    lacks=(Lack("label remixer mix disc_number my_tags structure vocals smart_lists"),),
    places=(
        "~/.mixxx/mixxxdb.sqlite",
        "~/Library/Containers/org.mixxx.mixxx/Data/Library/Application Support/Mixxx/mixxxdb.sqlite",
        "$LOCALAPPDATA/Mixxx/mixxxdb.sqlite",
    ),
)
