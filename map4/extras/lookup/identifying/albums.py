"""Identify the tracks of an album together: on the same release, and each recording at most once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from map4.extras.lookup.identifying.judging import REVIEW, identified, judged
from map4.extras.lookup.lookup import Candidate, Judged, LookupQuery, RecordingMatch

# A release counts if it has this share of the tracks, and at least two.
_LEAST_PART, _LEAST_TRACKS = 0.5, 2


def identify_album(
    queries: Sequence[LookupQuery], candidate_lists: Sequence[Sequence[Candidate]]
) -> list[RecordingMatch]:
    """Identify each track of an album; a single track is an album with one track."""

    def judge_all(release_id: str | None = None) -> list[list[Judged]]:
        return [
            [judged(query, candidate, release_id=release_id) for candidate in candidates]
            for query, candidates in zip(queries, candidate_lists, strict=True)
        ]

    separate = judge_all()
    if (release_id := _release_of(separate)) is not None:
        separate = judge_all(release_id)
    each = [identified(query, candidates) for query, candidates in zip(queries, separate, strict=True)]
    taken = [match.candidates[0].candidate.id for match in each if match.status != "none"]
    if len(set(taken)) == len(taken):
        return each
    owner = _owners(separate)
    return [
        identified(query, [candidate for candidate in candidates if owner.get(candidate.candidate.id, place) == place])
        for place, (query, candidates) in enumerate(zip(queries, separate, strict=True))
    ]


def _release_of(separate: Sequence[Sequence[Judged]]) -> str | None:
    """The release that fits most tracks."""
    if len(separate) < _LEAST_TRACKS:
        return None
    points: dict[str, dict[int, float]] = defaultdict(dict)
    for place, candidates in enumerate(separate):
        for candidate in candidates:
            if candidate.score >= REVIEW:
                for appearance in candidate.candidate.appearances:
                    of_release = points[appearance.release_id]
                    of_release[place] = max(candidate.score, of_release.get(place, 0.0))
    if not points:
        return None
    best = min(points, key=lambda release_id: (-sum(points[release_id].values()), release_id))
    return best if len(points[best]) >= max(_LEAST_TRACKS, _LEAST_PART * len(separate)) else None


def _owners(separate: Sequence[Sequence[Judged]]) -> dict[str, int]:
    """Assign recordings to tracks so that the sum of the scores is largest."""
    from scipy.optimize import linear_sum_assignment

    ids = sorted({candidate.candidate.id for candidates in separate for candidate in candidates})
    column = {recording_id: place for place, recording_id in enumerate(ids)}
    scores = np.zeros((len(separate), len(ids)))
    for row, candidates in enumerate(separate):
        for candidate in candidates:
            scores[row, column[candidate.candidate.id]] = candidate.score
    rows, columns = linear_sum_assignment(scores, maximize=True)
    return {ids[c]: int(r) for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if scores[r, c] >= REVIEW}
