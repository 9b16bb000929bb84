"""Statistics of the tracks of a library, and the accuracy of map4 on values that the user knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from map4.music.analysis.certainty import AS_MEASURED, JUDGED_FIELDS, JudgedField
from map4.music.query.context import QueryContext
from map4.music.query.parser import Query
from map4.music.track.fields import is_usual
from map4.music.track.sources import Source
from map4.music.track.track_parts import STATES
from map4.stats.accuracy.calibration import Calibration, fit_field
from map4.stats.accuracy.judged import (
    Accuracy,
    FieldAccuracy,
    JudgedValue,
    field_accuracy,
    judged_bars,
    judged_values,
)
from map4.stats.records import Statistics, statistics
from map4.stats.store import judged, with_grids
from map4.store.sql_store import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from map4.music.columns import Columns
    from map4.music.sound.similarity_tables import LibraryTable
    from map4.store.search import SqlSearch

_NUMBERS = ("energy", "loudness_lufs", "duration_s", "year", "rating", "bit_rate_bps")
_ROWS_AT_ONCE = 8192
_MOST = dict.fromkeys(_NUMBERS, 1e12) | {"bpm": 1e4, "loudness_lufs": 1e4}
"""Larger values mean a damaged mirror; for tempo and loudness also the maximum number of bins."""


def collect_statistics(
    store: Store,
    query: Query,
    context: QueryContext,
    *,
    among: Sequence[int] | None = None,
) -> Statistics:
    """Return counts, hours and histograms of the tracks that match a query; see `map4.Library.stats`.

    among: only these files (ids)
    """
    table = None if among is not None else store.sounds.at_hand()
    if table is not None and is_usual(context.preferred, "genre"):
        from_mirror = _of_mirror(store.search, query, context, table)
        if from_mirror is not None:
            return from_mirror
    tallies = store.search.tallies(query, context, among=among)
    return statistics(
        store.search.column_blocks(query, context, texts=("codec",), numbers=_NUMBERS, among=among),
        states=tallies.states,
        failures=tallies.failures,
        stale=tallies.stale,
        added=tallies.added,
        genres=tallies.genres,
    )


def _of_mirror(search: SqlSearch, query: Query, context: QueryContext, table: LibraryTable) -> Statistics | None:
    """The same from the mirror; None if files that match are missing there, or it has impossible values."""
    if not table.knows_its_texts():
        return None
    is_everything = not (query.groups or query.offset or query.limit is not None)
    rows = None
    if not is_everything:
        rows = table.rows_of(search.matching(query, context))
        if np.any(rows < 0):
            return None
    others = search.tallies(query, context, without_ok=True) if is_everything else None
    count = table.n if rows is None else len(rows)
    try:
        return statistics(
            _blocks_of(table, rows, context, search.ratings()),
            states={**(others.states if others else dict.fromkeys(STATES, 0)), "ok": count},
            failures=others.failures if others else {},
            stale=table.stale(rows),
            added=dict(sorted(table.tally("added", rows).items())),
            genres=dict(sorted(table.tally("genre", rows).items(), key=lambda item: (-item[1], item[0]))),
        )
    except _ImpossibleError:
        return None


class _ImpossibleError(ValueError):
    """A mirror has a value that no track can have."""


def _blocks_of(
    table: LibraryTable, rows: NDArray[np.intp] | None, context: QueryContext, ratings: Mapping[int, float]
) -> Iterator[Columns]:
    for start in range(0, table.n if rows is None else len(rows), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        among = block if rows is None else rows[block]
        columns = table.figures(context.prefer, among, context.certainties, context.mono)
        table.release()
        if any(np.any(np.abs(getattr(columns, name)) > most) for name, most in _MOST.items()):
            raise _ImpossibleError
        if ratings:
            rating = [ratings.get(file_id, np.nan) for file_id in columns.file_id.tolist()]
            yield replace(columns, rating=np.array(rating))
        else:
            yield columns


def collect_accuracy(store: Store, query: Query, context: QueryContext, *, imported: bool) -> Accuracy:
    """See `map4.Library.accuracy`."""
    own = _own(imported)
    stale, judged_fields = _judged(store, query, context, own)

    def of(field: JudgedField) -> FieldAccuracy:
        values, unknown = judged_fields[field]
        fit = context.certainties.fitted(field)
        return field_accuracy(field, values, unknown=unknown, fitted=None if fit is None else str(fit))

    return Accuracy(sources=own, stale=stale, fields=tuple(map(of, JUDGED_FIELDS)))


_Judged = tuple[list[JudgedValue], int]


def _judged(
    store: Store, query: Query, context: QueryContext, own: Sequence[Source]
) -> tuple[int, dict[JudgedField, _Judged]]:
    """Return the number of stale recordings, and for each field its values and how many are unknown to map4."""
    every = judged(store, query, context, own)
    tracks = [track for track in every if not track.is_stale]
    fields: dict[JudgedField, _Judged] = {"bars": _bars(store, query, context, own)}
    fields |= {field: judged_values(tracks, field) for field in JUDGED_FIELDS if field not in fields}
    return len(every) - len(tracks), fields


def _bars(store: Store, query: Query, context: QueryContext, own: Sequence[Source]) -> _Judged:
    """Judge bars on tracks with a beat grid of the user, which are read in full."""
    values, unknown, certainties = list[JudgedValue](), 0, with_grids(store, query, context, own)
    for file_id, track in store.tracks.numbered(list(certainties), beats=True):
        imported_marks = track.imported.grid if "imported" in own and track.imported else ()
        marks, analysis = track.user.grid or imported_marks, track.analysis
        if analysis is None or track.audio_id is None:
            continue
        unknown += analysis.bars is None
        value = judged_bars(track.audio_id, marks, analysis.bars, certainties[file_id] or 0.0)
        if value is not None:
            values.append(value)
    return values, unknown


def calibrate(store: Store, query: Query, context: QueryContext, *, imported: bool) -> Calibration:
    """See `map4.Library.calibration`."""
    own = _own(imported)
    _, judged_fields = _judged(store, query, replace(context, certainties=AS_MEASURED), own)
    return Calibration(sources=own, fields=tuple(fit_field(field, judged_fields[field][0]) for field in JUDGED_FIELDS))


def _own(imported: bool) -> tuple[Source, ...]:
    return ("user", "imported") if imported else ("user",)
