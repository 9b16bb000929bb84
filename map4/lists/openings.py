"""Choose the first track of a list without a seed, from the library table in memory.

Reading everything about a hundred thousand tracks takes seconds; only copies of the opening are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from map4.core.music.mixing.many import MixColumns
from map4.core.music.sound.similarity_tables import LibraryTable
from map4.lists.playlist.request import ListRequest
from map4.lists.problem import ListFindings
from map4.lists.sequencing.problem import NO_GROUP, Candidates, Ints
from map4.lists.sequencing.ranking import choose_opening

_MOST_TRIES = 20


def opening_of(
    request: ListRequest,
    findings: ListFindings,
    table: LibraryTable,
    prefer: Sequence[str],
    named: Callable[[Sequence[int]], Candidates],
) -> int | None:
    """The file (id) that `choose_opening` would choose from all tracks; None if that can't be decided quickly.

    prefer: sources of tempo and key in order of preference, used if the user set no value
    named: reads all that is known about files (ids)
    """
    order = np.argsort(table.file_ids)
    figures = table.figures(prefer, order)
    audio = _audio_numbers(table, findings)[order]
    mix = MixColumns.of_library(figures)
    unknown = np.full(len(order), NO_GROUP, dtype=np.int64)
    pool = Candidates(
        rows=figures.file_id,
        tie_breaker=audio,
        eligible=~np.isin(figures.file_id, np.fromiter(request.excluded, dtype=np.int64)),
        bpm=mix.bpm,
        key=mix.key.astype(np.int64),
        energy=mix.energy,
        duration_s=figures.duration_s,
        artist=unknown,
        album=unknown,
        family=unknown,
        song=unknown,
        similarity=np.full(len(order), np.nan),
        preference_bias=findings.preference_bias(figures.file_id),
    )
    for _ in range(_MOST_TRIES):
        opening = choose_opening(pool, request)
        if opening is None:
            return None
        copies = np.flatnonzero(audio == audio[opening])
        if len(copies) == 1:
            return int(pool.rows[opening])
        known = named(pool.rows[copies].tolist())
        left_out = known.rows[~known.eligible]  # copies with fewer tags than another copy
        if int(pool.rows[opening]) not in left_out.tolist():
            return int(pool.rows[opening])
        pool = replace(pool, eligible=pool.eligible & ~np.isin(pool.rows, left_out))
    return None


def _audio_numbers(table: LibraryTable, findings: ListFindings) -> Ints:
    """Numbers of the rows in the order of audio ids, equal for copies of one recording."""
    names = table.column("audio_id")
    every, numbers = np.unique(names, return_inverse=True)
    same: Ints = np.arange(len(every), dtype=np.int64)
    for copy, original in findings.originals.items():
        at, of = (int(np.searchsorted(every, audio_id.encode())) for audio_id in (copy, original))
        if at < len(every) and of < len(every) and every[at] == copy.encode() and every[of] == original.encode():
            same[at] = of
    of_rows: Ints = same[numbers]
    return of_rows
