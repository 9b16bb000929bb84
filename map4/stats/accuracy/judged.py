"""How accurate map4 is on music whose tempo and key the user knows, and whether its confidences match."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from map4.base.records import Count, Fraction, Fraction3, Json, Record
from map4.doctor import OFF_GRID, places_of
from map4.music.analysis.certainty import JudgedField
from map4.music.analysis.inside import Bars
from map4.music.track.cues import GridMark
from map4.music.track.observations import SAME_TEMPO
from map4.music.track.sources import Source

SURE = 0.9
"""Values with at least this confidence are relied upon."""
BANDS = 5
"""Number of confidence bands of equal width."""
OCTAVES = (1 / 3, 0.5, 1.0, 2.0, 3.0)
"""Factors that count the beat another way, as in evaluations of tempo (MIREX, Acc2)."""
_SIGMAS = 1.96  # 95 %
LEAST_BARS = 8
"""With fewer bars, nothing is judged."""
MOST_ASTRAY = 0.2
"""Share of the bars that may begin elsewhere, with a loose grid or music, while bar one is still right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTrack:
    """Measured values of a recording and the user's values; None if unknown.

    keys: in Camelot notation
    is_stale: analysed by another version
    """

    audio_id: str
    own_bpm: float | None
    measured_bpm: float | None
    tempo_certainty: float | None
    own_key: str | None
    measured_key: str | None
    key_certainty: float | None
    is_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedValue:
    """A confidence, and whether the value was right; `is_near` is also True for a tempo that is right except for its
    octave, and for bars that are right except for their first beat."""

    audio_id: str
    certainty: float
    is_right: bool
    is_near: bool


class Share(Record, members="count right share low high"):
    """How many values are right, with the 95 % interval of the true share (Wilson).

    share, low, high: null if there are no values
    """

    count: Count
    right: Count

    @property
    def share(self) -> Fraction3 | None:
        return self.right / self.count if self.count else None

    @property
    def low(self) -> Fraction3 | None:
        return self._bound(-1.0) if self.count else None

    @property
    def high(self) -> Fraction3 | None:
        return self._bound(1.0) if self.count else None

    def _bound(self, side: float) -> float:
        n, share, square = self.count, self.right / self.count, _SIGMAS**2
        spread = _SIGMAS * math.sqrt(share * (1.0 - share) / n + square / (4.0 * n * n))
        return min(1.0, max(0.0, (share + square / (2.0 * n) + side * spread) / (1.0 + square / n)))


class CertaintyBand(Record, members="from=low to=high certainty right"):
    """Values with a confidence from `low` up to `high`.

    certainty: their mean confidence
    right: how many are right
    """

    low: Fraction
    high: Fraction
    certainty: Fraction3
    right: Share


class FieldAccuracy(Record):
    """How accurate map4 is on a field.

    field: for bars, the place of bar one
    near: including values that are right except for: the octave of a tempo (half, double, a third, three times), or
        which beat of a bar is the first; null for keys
    sure: among values with a confidence of at least 0.9
    calibration_error: mean distance between confidence and share of right values over the bands (ECE); null without
        values
    bands: the non-empty bands
    unknown: number of the user's values without a value of map4
    fitted: the fit of the confidences to the user's values; null if as measured
    """

    field: JudgedField
    right: Share
    near: Share | None
    sure: Share
    calibration_error: Fraction3 | None
    bands: tuple[CertaintyBand, ...]
    unknown: Count
    fitted: str | None


class Accuracy(Record, kind="accuracy"):
    """How accurate map4 is on values that the user knows ('map4 stats accuracy --json').

    sources: sources that count as the user's own, in order of preference
    stale: recordings left out because another version of the analysis measured them
    """

    sources: Annotated[tuple[Source, ...], Json(minItems=1)]
    stale: Count
    fields: tuple[FieldAccuracy, ...]


def judged_values(tracks: Iterable[JudgedTrack], field: JudgedField) -> tuple[list[JudgedValue], int]:
    """Return the tempi or keys that can be judged, and the number of the user's values without one of map4."""
    judge, own = (_tempo, "own_bpm") if field == "tempo" else (_key, "own_key")
    judgements = [judge(track) for track in tracks if getattr(track, own) is not None]
    values = [judgement for judgement in judgements if judgement is not None]
    return values, len(judgements) - len(values)


def field_accuracy(
    field: JudgedField, values: Sequence[JudgedValue], *, unknown: int, fitted: str | None
) -> FieldAccuracy:
    sure = [value for value in values if value.certainty >= SURE]
    return FieldAccuracy(
        field=field,
        right=_share(values),
        near=None if field == "key" else Share(count=len(values), right=sum(value.is_near for value in values)),
        sure=_share(sure),
        calibration_error=calibration_error([(value.certainty, value.is_right) for value in values]),
        bands=tuple(
            CertaintyBand(
                low=number / BANDS,
                high=(number + 1) / BANDS,
                certainty=math.fsum(value.certainty for value in inside) / len(inside),
                right=_share(inside),
            )
            for number in range(BANDS)
            if (inside := [value for value in values if band_of(value.certainty) == number])
        ),
        unknown=unknown,
        fitted=fitted,
    )


def calibration_error(judgements: Sequence[tuple[float, bool]]) -> float | None:
    """Return the mean distance between confidence and share of right values over the bands; None without values."""
    off = [0.0] * BANDS
    for certainty, is_right in judgements:
        off[band_of(certainty)] += certainty - is_right
    return math.fsum(map(abs, off)) / len(judgements) if judgements else None


def band_of(certainty: float) -> int:
    return min(BANDS - 1, int(certainty * BANDS))


def _share(values: Sequence[JudgedValue]) -> Share:
    return Share(count=len(values), right=sum(value.is_right for value in values))


def _tempo(track: JudgedTrack) -> JudgedValue | None:
    own, measured, certainty = track.own_bpm, track.measured_bpm, track.tempo_certainty
    if own is None or measured is None or certainty is None:
        return None
    near = [factor for factor in OCTAVES if abs(measured - factor * own) <= SAME_TEMPO * factor * own]
    return JudgedValue(audio_id=track.audio_id, certainty=certainty, is_right=1.0 in near, is_near=bool(near))


def _key(track: JudgedTrack) -> JudgedValue | None:
    if track.measured_key is None or track.key_certainty is None:
        return None
    is_right = track.measured_key == track.own_key
    return JudgedValue(audio_id=track.audio_id, certainty=track.key_certainty, is_right=is_right, is_near=is_right)


def judged_bars(audio_id: str, marks: Sequence[GridMark], bars: Bars | None, certainty: float) -> JudgedValue | None:
    """Judge bar one by the user's grid; None if the grid has no bars, or there is nothing to compare.

    It is right if bars have the same number of beats and begin with the grid's bars, within 0.15 of a beat; near if
    they begin on another beat of the grid.
    """
    if bars is None or len(bars.downbeats_s) < LEAST_BARS or not marks:
        return None
    if any(mark.beat is None or mark.metre is None for mark in marks):
        return None
    ones_s = np.asarray(bars.downbeats_s, dtype=np.float64)
    place, here = places_of(marks, ones_s)
    first = np.array([(mark.beat or 1) - 1 for mark in marks])
    metres = np.array([mark.metre or 1 for mark in marks])
    beats = np.rint(place)
    is_on_beat = np.abs(place - beats) <= OFF_GRID
    is_on_one = is_on_beat & ((beats.astype(np.int64) + first[here]) % metres[here] == 0)
    has_same_metre = bool(np.all(metres == bars.metre.beats_per_bar))
    return JudgedValue(
        audio_id=audio_id,
        certainty=certainty,
        is_right=has_same_metre and bool(np.mean(is_on_one) >= 1.0 - MOST_ASTRAY),
        is_near=bool(np.mean(is_on_beat) >= 1.0 - MOST_ASTRAY),
    )
