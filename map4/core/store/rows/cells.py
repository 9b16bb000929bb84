"""The cells of track tables by SQL: reading the tracks, with their whole analyses, takes four times as long.

`map4.core.music.track.track_columns` has the same columns as functions of a track.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import index
from typing import Any, NamedTuple

from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import caption, display_path, path_fields
from map4.core.base.text import clock, visible
from map4.core.music.analysis.audio import DualMono
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.plausible import Energy
from map4.core.music.plays import NO_PLAYS, PlayCounts
from map4.core.music.query.context import QueryContext
from map4.core.music.track.fields import FIELDS, counting
from map4.core.music.track.track_columns import MEASURED, TrackColumn
from map4.core.store.query.facts import HAMMS_COLUMNS
from map4.core.store.query.field_sql import (
    OF_FILES,
    confidence_sql,
    counting_sql,
    rating_of_sql,
    second_bpm_sql,
    typed_json_sql,
)
from map4.core.store.rows.track_rows import file_path, marks_of_file_sql, plays_sql, read_marks, read_plays

CELLS_SQL = (
    "SELECT f.id{} FROM files AS f JOIN facts AS x ON x.file_id = f.id "
    f"LEFT JOIN analyses AS a ON a.audio_id = f.audio_id {OF_FILES} WHERE f.id IN ({{}})"
)
"""Takes the values of the cells, and the ids."""
Row = tuple[Any, ...]
# Stored numbers have fewer; SQLite reads some as a binary number beside the nearest.
_DECIMALS = 9
_KEYS = {form: {key.camelot: getattr(key, form) for key in ALL_KEYS} | {None: None}
         for form in ("camelot", "musical", "openkey", "name")}  # fmt: skip


class StoredCell(NamedTuple):
    """Reads a cell from values of SQL; raises one of `UNREADABLE_VALUES` if the track must be read to know it."""

    read: Callable[..., Any]
    values: tuple[str, ...]


def cell_reader(
    names: Sequence[str], context: QueryContext, path_maps: PathMaps | None
) -> tuple[Callable[[Sequence[Row]], list[tuple[Any, ...]]], list[str]] | None:
    """A reader of the cells of rows of `CELLS_SQL`, and its values; None if a column needs the track."""
    known = _cells(context, path_maps)
    if any(name not in known for name in names):
        return None
    cells = [known[name] for name in names]
    values = list(dict.fromkeys(value for cell in cells for value in cell.values))

    def read(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        columns = dict(zip(values, zip(*(row[1:] for row in rows), strict=True), strict=True))
        empty = {value for value, column in columns.items() if column.count(None) == len(rows)}

        def of(cell: StoredCell) -> Iterable[Any]:
            if empty.issuperset(cell.values):
                return [cell.read(*(None for _ in cell.values))] * len(rows)
            return map(cell.read, *map(columns.__getitem__, cell.values))

        return list(zip(*map(of, cells), strict=True))

    return read, values


def _cells(context: QueryContext, path_maps: PathMaps | None) -> dict[str, StoredCell]:
    """The cells by column; x are the facts of the file f, a its analysis, l its labels."""

    @lru_cache(2**10)  # for both of its columns
    def path(data: bytes) -> dict[str, str]:
        stored = file_path(data)
        return path_fields(stored if path_maps is None else path_maps.outward(stored))

    def loudness(lufs: float | None, channels: int | None) -> float | None:
        return None if lufs is None else round(lufs, _DECIMALS) + DualMono.more_lu(channels, context.preferences.mono)

    def unless_failed(name: str) -> str:
        return f"CASE WHEN x.state <> 'failed' THEN {counting_sql(name, context)} END"

    def source(name: str) -> StoredCell:
        order = counting(name, tuple(context.preferences.sources), context.preferred)
        whens = " ".join(f"WHEN x.{source}_{name} IS NOT NULL THEN '{source}'" for source in order)
        return StoredCell(_text, (f"CASE WHEN x.state = 'failed' THEN NULL {whens} END",))

    marks = (marks_of_file_sql(context.owner),)
    plays, energy = plays_sql(context.owner), (unless_failed("energy"),)
    # The facts lack them, and have a peak of -0.0 as 0.0.
    in_core = {name: (typed_json_sql("a.core", f".{place}", "REAL"),) for name, place in MEASURED.items()}
    return {
        "path": StoredCell(lambda data: path(data)["path"], ("f.path",)),
        TrackColumn.PATH_BYTES: StoredCell(lambda data: path(data).get(TrackColumn.PATH_BYTES), ("f.path",)),
        "caption": StoredCell(_caption, (*(counting_sql(name, context) for name in ("artist", "title")), "f.path")),
        "second_bpm": StoredCell(_number, (second_bpm_sql(context),)),
        **{f"{name}_source": source(name) for name in ("bpm", "key")},
        "mark_list": StoredCell(read_marks, marks),
        "marks": StoredCell(lambda words: (given := read_marks(words)) and visible("; ".join(given)), marks),
        "bpm": StoredCell(lambda bpm: None if bpm is None else round(bpm, 3), (unless_failed("bpm"),)),
        **{f"key_{form}": StoredCell(keys.__getitem__, (unless_failed("key"),)) for form, keys in _KEYS.items()},
        **{f"{what}_confidence": StoredCell(_number, (confidence_sql(what, context),)) for what in ("tempo", "key")},
        "energy": StoredCell(_number, energy),
        "energy_level": StoredCell(lambda energy: None if energy is None else Energy.level(energy), energy),
        "integrated_lufs": StoredCell(loudness, ("x.loudness_lufs", "x.channels")),
        **{name: StoredCell(_number, sql) for name, sql in in_core.items()},
        **_stored(_number, "duration_s", "cue_in_s", "cue_out_s", *HAMMS_COLUMNS),
        TrackColumn.TIME: StoredCell(lambda s: None if s is None else clock(round(s, 3)), ("x.duration_s",)),
        "bit_rate_bps": StoredCell(lambda rate: None if rate is None else round(rate), ("x.bit_rate_bps",)),
        **_stored(_whole, "sample_rate_hz", "channels", "bits", "cues", "analysis_version"),
        **_stored(_text, "codec", "state"),
        **_stored(_whole, "size_bytes", of="f"),
        **_stored(_text, "audio_id", of="f"),
        "error": StoredCell(_text, ("CASE WHEN x.state = 'failed' THEN x.error_kind END",)),
        **{f"label_{name}": StoredCell(_text, (f"l.{name}",)) for name in ("genre", "source")},
        "label_confidence": StoredCell(_number, ("l.confidence",)),
        **_stored(_text, "subgenre", "mood", "era", of="l"),
        # Queries list ratings and plays of the library; this SQL runs for a few hundred files at a time.
        "plays": StoredCell(_plays, ("x.play_count", plays)),
        "played": StoredCell(_played, ("x.last_played", plays)),
        "skipped": StoredCell(lambda played: read_plays(played).skips if played else None, (plays,)),
        **{
            field.name: StoredCell(_READERS.get(field.kind, _text), (counting_sql(field.name, context),))
            for field in FIELDS.values()
            if field.has_column
        },
        "rating": StoredCell(_number, (f"coalesce({rating_of_sql(context.owner)}, x.rating)",)),
    }


def _stored(read: Callable[[Any], Any], *columns: str, of: str = "x") -> dict[str, StoredCell]:
    return {column: StoredCell(read, (f"{of}.{column}",)) for column in columns}


def _caption(artist: str | None, title: str | None, data: bytes) -> str:
    return caption(_text(artist), _text(title), display_path(file_path(data)))


def _plays(reported: int | None, played: str | None) -> int | None:
    plays = read_plays(played) if played else NO_PLAYS
    return PlayCounts.total(_whole(reported), plays.plays, plays.in_programs)


def _played(reported: str | None, played: str | None) -> str | None:
    return PlayCounts.last_played_of(reported, read_plays(played).last_at) if played else _text(reported)


def _number(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


def _whole(value: int | None) -> int | None:
    return None if value is None else index(value)


def _text(value: str | None) -> str | None:
    if value is not None and not (value and isinstance(value, str)):
        raise ValueError("the text is empty")
    return value


def _visible(value: str | None) -> str | None:
    text = _text(value)
    return None if text is None else visible(text)


_READERS: dict[str, Callable[[Any], Any]] = {"text": _visible, "whole": _whole, "stars": _number}
