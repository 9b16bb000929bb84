"""The columns of track tables: their names, the cell of a track in each, and cells as people read them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import path_fields
from map4.core.base.text import bpm_text, clock, visible
from map4.core.music.analysis.key import ALL_KEYS, Notation
from map4.core.music.analysis.plausible import DOUBTFUL
from map4.core.music.track.fields import FIELDS, NUMBERS, in_order
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

CellReader = Callable[["Track"], Any]
"""Reads a value from a track; None if unknown."""
ColumnKind = Literal["text", "whole", "number"]
"""Kinds of column values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackColumn:
    """A table column and the function that reads its value from a track."""

    PATH_BYTES: ClassVar = "path_bytes"
    """A path that is not UTF-8, in base64; empty if the text is exact."""
    TIME: ClassVar = "time"
    """The length for display: `4:05` as text, a time in spreadsheets."""

    shape: ColumnKind
    cell: CellReader

    @staticmethod
    @functools.cache
    def exported() -> tuple[str, ...]:
        declared = (name for name in _declared_columns() if name not in _EVERY_COLUMN)
        return (*_EVERY_COLUMN, TrackColumn.TIME, *_hamms_columns(), *declared)

    @staticmethod
    def named(name: str) -> TrackColumn:
        """raises UsageError: if there is no such column"""
        if name not in TrackColumn.exported():
            raise UsageError.no_such("column", name, TrackColumn.exported())
        return _column(name)


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


MEASURED = {"range_lu": "loudness.range_lu", "true_peak_dbtp": "loudness.true_peak_dbtp",
            "hamms_confidence": "hamms.confidence"}  # fmt: skip
"""Columns of numbers that only analyses have, by their place in it."""
_COLUMNS: dict[str, TrackColumn] = {
    "path": TrackColumn(shape="text", cell=lambda track: track.shown_path),
    "path_bytes": TrackColumn(shape="text", cell=lambda track: path_fields(track.path).get("path_bytes")),
    "bpm": _unless_failed("bpm", "number"),
    "bpm_source": _unless_failed("bpm_source"),
    "tempo_confidence": _unless_failed("tempo_confidence", "number"),
    **{f"key_{form}": _unless_failed(f"key.{form}") for form in ("camelot", "musical", "openkey", "name")},
    "key_source": _unless_failed("key_source"),
    "key_confidence": _unless_failed("key_confidence", "number"),
    "energy": _unless_failed("energy", "number"),
    "energy_level": _unless_failed("energy_level", "whole"),
    "integrated_lufs": _column_at("measured.loudness.integrated_lufs", "number"),
    **{name: _column_at(f"measured.{place}", "number") for name, place in MEASURED.items()},
    **{name: _column_at(f"measured.{name}", "number") for name in ("duration_s", "cue_in_s", "cue_out_s")},
    TrackColumn.TIME: TrackColumn(shape="text", cell=_length),
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
    "caption": _column_at("caption"),
    "second_bpm": _column_at("measured_tempo.second.bpm", "number"),
    "mark_list": _column_at("user.marks"),
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

USUAL_COLUMNS: tuple[str, ...] = (*CSV_COLUMNS, TrackColumn.PATH_BYTES)
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


def _column(name: str) -> TrackColumn:
    others = _hamms_columns if name.startswith("hamms_") else _declared_columns
    return _COLUMNS.get(name) or others()[name]


class Cells(Protocol):
    """The cells of a row by the names of their columns, read from a track or from a library."""

    def __getitem__(self, name: str, /) -> Any: ...


class TrackCells:
    """The cells of one track, each made on access; `path_maps`: how other programs name its path."""

    def __init__(self, track: Track, path_maps: PathMaps | None = None) -> None:
        mapped = track.path if path_maps is None else path_maps.outward(track.path)
        self._track = track if mapped == track.path else replace(track, path=mapped)

    def __getitem__(self, name: str) -> Any:
        return _column(name).cell(self._track)


DOUBT_MARK, OWN_MARK = "?", "*"
NAME_HEAD = "artist – title"
TEXT_COLUMNS = (
    "caption", "state", "bpm", "bpm_source", "second_bpm", "tempo_confidence", "key_camelot", "key_source",
    "key_confidence", "energy_level", "duration_s", "genre",
)  # fmt: skip
"""The columns that `cell_texts` reads."""
_STATES = {"pending": "not analysed"}
_KEYS = {key.camelot: key for key in ALL_KEYS}


def cell_texts(cells: Cells, notation: Notation = "camelot") -> dict[str, str]:
    """A row as text: name, tempo, key, energy level, length and genre, by column head; empty if unknown."""
    level, duration_s = cells["energy_level"], cells["duration_s"]
    return {
        NAME_HEAD: cells["caption"] + state_text(cells),
        "BPM": tempo_text(cells, with_second=True),
        "key": key_text(cells, notation),
        "E": str(level) if level else "",
        "time": clock(duration_s) if duration_s is not None else "",
        "genre": cells["genre"] or "",
    }


def numbered_cells(tracks: Iterable[Track], **more: Sequence[str]) -> list[Mapping[str, str]]:
    """The texts of tracks with their positions, from 1, and additional cells by column head."""
    rows: list[Mapping[str, str]] = []
    for place, track in enumerate(tracks):
        texts = cell_texts(TrackCells(track))
        first = {"#": str(place + 1), NAME_HEAD: texts.pop(NAME_HEAD)}
        rows.append({**first, **{head: cells[place] for head, cells in more.items()}, **texts})
    return rows


def state_text(cells: Cells) -> str:
    """The state of a track in brackets, such as ` (missing)`; empty if it is ok."""
    state = cells["state"]
    return "" if state == "ok" else f" ({_STATES.get(state, state)})"


def tempo_text(cells: Cells, *, with_second: bool = False) -> str:
    """The tempo with a mark if it is uncertain or set by the user, else a blank; empty if unknown.

    with_second: also the second tempo, if it is probable enough: `87.0 or 174.0`
    """
    bpm, source = cells["bpm"], cells["bpm_source"]
    text = None if bpm is None else bpm_text(bpm, is_own=source == "user")
    if text and with_second and (second := cells["second_bpm"]) is not None:
        text += f" or {bpm_text(second)}"
    return _marked(text, source, cells["tempo_confidence"])


def key_in(cells: Cells, notation: Notation) -> str | None:
    camelot = cells["key_camelot"]
    return None if camelot is None else _KEYS[camelot].in_notation(notation)


def key_text(cells: Cells, notation: Notation) -> str:
    """The key, marked like the tempo."""
    return _marked(key_in(cells, notation), cells["key_source"], cells["key_confidence"])


def _marked(text: str | None, source: str | None, confidence: float | None) -> str:
    if text is None:
        return ""
    is_doubtful = confidence is not None and confidence < DOUBTFUL
    return text + (OWN_MARK if source == "user" else DOUBT_MARK if is_doubtful else " ")
