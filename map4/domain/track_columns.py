"""Tracks as rows of a table: the names of the columns, and where their values stand in a record."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from map4.domain.near_names import no_such
from map4.domain.path_maps import PathMaps
from map4.domain.paths import path_fields

if TYPE_CHECKING:
    from map4.domain.track import Track

Where = tuple[str, ...]
"""Names that lead to a value inside a record, one after the other."""

Cell = Callable[[Mapping[str, Any]], Any]
"""Takes a value from a track record; None where it is not known."""

CSV_COLUMNS: tuple[tuple[str, Where], ...] = (
    ("path", ("path",)),
    ("artist", ("tags", "artist")),
    ("title", ("tags", "title")),
    ("album", ("tags", "album")),
    ("genre", ("tags", "genre")),
    ("year", ("tags", "year")),
    ("bpm", ("tempo", "bpm")),
    ("tempo_confidence", ("tempo", "confidence")),
    ("key_camelot", ("key", "camelot")),
    ("key_musical", ("key", "musical")),
    ("key_confidence", ("key", "confidence")),
    ("energy", ("energy", "value")),
    ("energy_level", ("energy", "level")),
    ("integrated_lufs", ("loudness", "integrated_lufs")),
    ("range_lu", ("loudness", "range_lu")),
    ("true_peak_dbtp", ("loudness", "true_peak_dbtp")),
    ("duration_s", ("file", "duration_s")),
    ("codec", ("file", "codec")),
    ("bit_rate_bps", ("file", "bit_rate_bps")),
    ("state", ("state",)),
    ("error", ("error", "kind")),
    ("audio_id", ("audio_id",)),
    ("label_genre", ("labels", "genre")),
    ("subgenre", ("labels", "subgenre")),
    ("mood", ("labels", "mood")),
    ("era", ("labels", "era")),
    ("label_confidence", ("labels", "confidence")),
    ("label_source", ("labels", "source")),
    ("rating", ("tags", "rating")),
    ("plays", ("imported", "play_count")),
    ("played", ("imported", "last_played")),
    ("cues", ("imported", "cues")),
)
"""Columns of `--csv` and where their values stand in a track record; only ever added to."""

PATH_BYTES = "path_bytes"
"""A path that is not UTF-8, in base64; empty where text can say it."""

MORE_COLUMNS: tuple[tuple[str, Where], ...] = (
    (PATH_BYTES, (PATH_BYTES,)),
    ("track", ("tags", "track")),
    ("label", ("tags", "label")),
    ("catalog_number", ("tags", "catalog_number")),
    ("isrc", ("tags", "isrc")),
    ("comment", ("tags", "comment")),
    ("bpm_source", ("tempo", "source")),
    ("key_openkey", ("key", "openkey")),
    ("key_name", ("key", "name")),
    ("key_source", ("key", "source")),
    ("cue_in_s", ("cue_in_s",)),
    ("cue_out_s", ("cue_out_s",)),
    ("sample_rate_hz", ("file", "sample_rate_hz")),
    ("channels", ("file", "channels")),
    ("bits", ("file", "bits")),
    ("size_bytes", ("file", "size_bytes")),
    ("hamms_confidence", ("hamms", "confidence")),
    ("analysis_version", ("analysis_version",)),
    *((name, ("imported", name)) for name in ("composer", "remixer", "mix", "grouping")),
    ("disc_number", ("imported", "disc_number")),
    ("date_added", ("imported", "date_added")),
    ("color", ("imported", "color")),
    *((name, ("metadata", "fields", name, "value")) for name in ("release_date", "original_year")),
)
"""Further columns of exports; only ever added to."""

TIME = "time"
"""The length for people: `4:05` as text, a time in sheets."""

_PLACES = dict((*CSV_COLUMNS, *MORE_COLUMNS))
# What the user set counts before all, then what stands in the tags, then what DJ programs say; of a rating and a
# comment these two the other way round.
_OWN_FIRST = ("artist", "title", "genre", "year", "rating")
_IMPORTED_FIRST = ("rating", "comment")
_IMPORTED_LAST = {name: name for name in ("artist", "title", "album", "genre", "year", "label")} | {
    "track": "track_number"
}

USUAL_COLUMNS: tuple[str, ...] = (*(name for name, _ in CSV_COLUMNS), PATH_BYTES)
"""Those it has when none are named."""


@functools.cache
def _hamms_columns() -> dict[str, int]:
    from map4.domain.hamms import HAMMS_NAMES  # brings numpy along, which `--csv` need not wait for

    return {f"hamms_{name}": index for index, name in enumerate(HAMMS_NAMES)}


def export_columns() -> tuple[str, ...]:
    """Every column that an export can have."""
    return (*_PLACES, TIME, *_hamms_columns())


def column_cells(names: Iterable[str]) -> list[tuple[str, Cell]]:
    """Columns by name, each with what takes its value.

    Raises
    ------
    UsageError
        If there is no such column; it says which one was probably meant.
    """
    return [(name, _cell(name)) for name in names]


def column_value(record: Mapping[str, Any], name: str) -> Any:
    """What a track record has in a column of `CSV_COLUMNS` or `MORE_COLUMNS`: of two sources, that in force.

    Raises
    ------
    KeyError
        If there is no such column.
    """
    if name in _OWN_FIRST and (own := value_at(record, ("user", name))) is not None:
        return own
    if name not in _IMPORTED_FIRST and "metadata" in record:
        found = value_at(record, ("metadata", "fields", name, "value"))
        if found is not None:
            return found
    value = value_at(record, _PLACES[name])
    if name in _IMPORTED_FIRST:
        # As `Track.rating` and `Track.comment`.
        return value_at(record, ("imported", name)) or value
    if value is None and name in _IMPORTED_LAST:
        return value_at(record, ("imported", _IMPORTED_LAST[name]))
    if name == "cues":  # in JSON each of them, in a cell their number
        return len(value) if value else None
    return value


def _cell(name: str) -> Cell:
    if name == TIME:
        return length_text
    if name in _PLACES:
        return lambda record: column_value(record, name)
    if name in _hamms_columns():
        index = _hamms_columns()[name]
        return lambda record: record["hamms"] and record["hamms"]["vector"][index]
    raise no_such("column", name, export_columns())


def value_at(record: Mapping[str, Any], where: Iterable[str]) -> Any:
    """A value inside a record; None where it, or what it stands in, is not known."""
    value: Any = record
    for name in where:
        value = None if value is None else value.get(name)
    return value


def clock(seconds: float) -> str:
    """A length as 3:05, or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"


def minute_clock(seconds: float) -> str:
    """`4:05`, `66:40`: whole minutes and seconds, no wider for the hours of a mix."""
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes}:{second:02d}"


def fine_clock(seconds: float) -> str:
    """A place as 3:44.1: minutes, seconds and tenths."""
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"{minutes}:{tenths / 10:04.1f}"


def length_text(record: Mapping[str, Any]) -> str | None:
    """The length of a track as `clock` tells it; None where it is not known."""
    seconds = value_at(record, ("file", "duration_s"))
    return None if seconds is None else clock(seconds)


def record_with_mapped_path(track: Track, path_maps: PathMaps) -> dict[str, Any]:
    """The `map4/track/1` record with `path` and `path_bytes` as the maps have them, for tables."""
    record, mapped = track.to_record(), path_maps.outward(track.path)
    if mapped != track.path:
        record.pop(PATH_BYTES, None)
        record |= path_fields(mapped)
    return record
