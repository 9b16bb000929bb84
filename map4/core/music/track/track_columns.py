"""The columns of track tables, with their names and values."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.core.base.near_names import no_such
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import path_fields
from map4.core.base.text import clock, visible
from map4.core.music.track.fields import FIELDS, NUMBERS, in_order

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

CellReader = Callable[["Track"], Any]
"""Reads a value from a track; None if unknown."""
ColumnKind = Literal["text", "whole", "number"]
"""Kinds of column values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackColumn:
    """A table column and the function that reads its value from a track."""

    shape: ColumnKind
    cell: CellReader


PATH_BYTES = "path_bytes"
"""A path that is not UTF-8, in base64; empty if the text is exact."""
TIME = "time"
"""The length for display: `4:05` as text, a time in spreadsheets."""


def _field_column(name: str) -> TrackColumn:
    """The column of a field, with its current value made printable."""
    kind = FIELDS[name].kind
    shape: ColumnKind = "whole" if kind == "whole" else "number" if kind in NUMBERS else "text"
    if kind == "text":
        return TrackColumn(shape=shape, cell=lambda track: (text := track.value(name)) and visible(text))
    return TrackColumn(shape=shape, cell=lambda track: track.value(name))


def _column_at(place: str, shape: ColumnKind = "text") -> TrackColumn:
    """The column of a value at an attribute path of a track; methods are called."""
    steps = place.split(".")

    def cell(track: Track) -> Any:
        value: Any = track
        for step in steps:
            if value is None:
                return None
            value = getattr(value, step)
            value = value() if callable(value) else value
        return value

    return TrackColumn(shape=shape, cell=cell)


def _unless_failed(place: str, shape: ColumnKind = "text") -> TrackColumn:
    """Like `_column_at`, but empty for failed files: for measured values and their replacements."""
    cell = _column_at(place, shape).cell
    return TrackColumn(shape=shape, cell=lambda track: None if track.state == "failed" else cell(track))


def _rounded(column: TrackColumn) -> TrackColumn:
    def cell(track: Track) -> Any:
        value = column.cell(track)
        return None if value is None else round(value)

    return TrackColumn(shape="whole", cell=cell)


def _length(track: Track) -> str | None:
    analysis = track.measured()
    return None if analysis is None else clock(analysis.duration_s)


_LOUDNESS = "measured.loudness"
_COLUMNS: dict[str, TrackColumn] = {
    "path": TrackColumn(shape="text", cell=lambda track: track.shown_path),
    PATH_BYTES: TrackColumn(shape="text", cell=lambda track: path_fields(track.path).get(PATH_BYTES)),
    "bpm": _unless_failed("bpm", "number"),
    "bpm_source": _unless_failed("bpm_source"),
    "tempo_confidence": _unless_failed("tempo_confidence", "number"),
    **{f"key_{form}": _unless_failed(f"key.{form}") for form in ("camelot", "musical", "openkey", "name")},
    "key_source": _unless_failed("key_source"),
    "key_confidence": _unless_failed("key_confidence", "number"),
    "energy": _unless_failed("energy", "number"),
    "energy_level": _unless_failed("energy_level", "whole"),
    **{name: _column_at(f"{_LOUDNESS}.{name}", "number") for name in ("integrated_lufs", "range_lu", "true_peak_dbtp")},
    **{name: _column_at(f"measured.{name}", "number") for name in ("duration_s", "cue_in_s", "cue_out_s")},
    TIME: TrackColumn(shape="text", cell=_length),
    "codec": _column_at("format.codec"),
    "bit_rate_bps": _rounded(_unless_failed("bit_rate_bps")),
    **{name: _column_at(f"format.{name}", "whole") for name in ("sample_rate_hz", "channels", "bits")},
    "size_bytes": _column_at("size_bytes", "whole"),
    "state": _column_at("state"),
    "error": _column_at("failure.kind"),
    "audio_id": _column_at("audio_id"),
    "label_genre": _column_at("labels.genre"),
    "label_confidence": _column_at("labels.confidence", "number"),
    "label_source": _column_at("labels.source"),
    "cues": TrackColumn(shape="whole", cell=lambda track: track.imported and (len(track.imported.cues) or None)),
    "marks": TrackColumn(
        shape="text", cell=lambda track: visible("; ".join(track.user.marks)) if track.user.marks else None
    ),
    "hamms_confidence": _column_at("measured.hamms.confidence", "number"),
    "analysis_version": _column_at("measured.version", "whole"),
    **{name: _field_column(name) for name, field in FIELDS.items() if field.has_column},
}

CSV_COLUMNS = (
    "path", "artist", "title", "album", "genre", "year", "bpm", "tempo_confidence", "key_camelot", "key_musical",
    "key_confidence", "energy", "energy_level", "integrated_lufs", "range_lu", "true_peak_dbtp", "duration_s",
    "codec", "bit_rate_bps", "state", "error", "audio_id", "label_genre", "subgenre", "mood", "era",
    "label_confidence", "label_source", "rating", "plays", "played", "cues", "skipped",
)  # fmt: skip
"""Columns of `--csv`; append only."""

USUAL_COLUMNS: tuple[str, ...] = (*CSV_COLUMNS, PATH_BYTES)
"""The default columns of exports."""

_EVERY_COLUMN = in_order((
    *USUAL_COLUMNS,
    "track", "label", "catalog_number", "isrc", "comment", "bpm_source", "key_openkey", "key_name", "key_source",
    "cue_in_s", "cue_out_s", "sample_rate_hz", "channels", "bits", "size_bytes", "hamms_confidence",
    "analysis_version", "composer", "remixer", "mix", "grouping", "disc_number", "date_added", "color",
    "release_date", "original_year", "marks", "album_artist",
), (field for field in FIELDS.values() if field.has_column))  # fmt: skip


@functools.cache
def _hamms_columns() -> dict[str, TrackColumn]:
    from map4.core.music.track.hamms import HAMMS_NAMES  # brings numpy along, which `--csv` need not wait for

    def column(index: int) -> TrackColumn:
        vector = _column_at("measured.hamms.vector").cell
        return TrackColumn(shape="number", cell=lambda track: (numbers := vector(track)) and numbers[index])

    return {f"hamms_{name}": column(index) for index, name in enumerate(HAMMS_NAMES)}


@functools.cache
def _declared_columns() -> dict[str, TrackColumn]:
    """The columns of query fields declared by subjects and extras."""
    return {
        field.name.replace("-", "_"): TrackColumn(shape=field.column, cell=load(field.forms).of)
        for declaration in declarations()
        for field in declaration.query_fields
        if field.column
    }


def export_columns() -> tuple[str, ...]:
    declared = (name for name in _declared_columns() if name not in _EVERY_COLUMN)
    return (*_EVERY_COLUMN, TIME, *_hamms_columns(), *declared)


def column_named(name: str) -> TrackColumn | None:
    others = _hamms_columns if name.startswith("hamms_") else _declared_columns
    return _COLUMNS.get(name) or others().get(name)


def column_cells(names: Iterable[str]) -> list[tuple[str, CellReader]]:
    return [(name, _column(name).cell) for name in names]


def _column(name: str) -> TrackColumn:
    column = column_named(name)
    if column is None:
        raise no_such("column", name, export_columns())
    return column


def column_value(track: Track, name: str) -> Any:
    return _column(name).cell(track)


def minute_clock(seconds: float) -> str:
    """`4:05`, `66:40`: whole minutes and seconds, without hours."""
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes}:{second:02d}"


def with_mapped_path(track: Track, path_maps: PathMaps) -> Track:
    """The track with its path mapped, for tables that other programs read."""
    mapped = path_maps.outward(track.path)
    return track if mapped == track.path else replace(track, path=mapped)
