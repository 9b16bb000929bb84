"""How right map4 is about music whose tempo and key its user knows, and whether its certainties say so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from map4.base.records import Count, Fraction, Fraction3, Json, Record
from map4.music.analysis.certainty import JudgedField
from map4.music.track.observations import SAME_TEMPO
from map4.music.track.sources import Source

SURE = 0.9
"""What is told with so much certainty is relied upon."""
BANDS = 5
"""Certainties are compared with what is right in so many parts of equal width."""
OCTAVES = (1 / 3, 0.5, 1.0, 2.0, 3.0)
"""What a tempo is multiplied by to count the beat another way, as evaluations of tempo take it (MIREX, Acc2)."""
_SIGMAS = 1.96  # 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTrack:
    """What was measured of a recording beside what its user says; None where one of them says nothing.

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
    """A certainty, and whether the value was right; `is_near` also where it is right but for its octave, or bars but
    for their first beat."""

    audio_id: str
    certainty: float
    is_right: bool
    is_near: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Record, members="count right share low high"):
    """How many of some values are right, and between which shares of all such values that lies (Wilson, 95 %).

    share, low, high: null where there are none
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CertaintyBand(Record, members="from=low to=high certainty right"):
    """Values told with a certainty from `low` up to `high`.

    certainty: their mean
    right: how many of them are
    """

    low: Fraction
    high: Fraction
    certainty: Fraction3
    right: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAccuracy(Record, members="field right near sure calibration_error bands unknown fitted"):
    """How right map4 is about one field.

    field: of bars, where bar one is
    near: with what is right but for this: of tempi the octave (half, double, a third, three times), of bars which beat
        is the first; null of keys
    sure: of those told with a certainty of at least .9
    calibration_error: mean distance of certainty and share of right ones over the bands (ECE); null without values
    bands: those that hold any
    unknown: where the user says a value and map4 none
    fitted: how the certainties are fitted to the user's values; null as measured
    """

    field: Literal["tempo", "key", "bars"]
    right: Share
    near: Share | None
    sure: Share
    calibration_error: Fraction3 | None
    bands: tuple[CertaintyBand, ...]
    unknown: Count
    fitted: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy(Record, kind="accuracy"):
    """How right map4 is on values that its user knows ('map4 stats accuracy --json').

    sources: whose values count as the user's own, the first before the second
    stale: recordings left out, as another version of the analysis measured them
    """

    sources: Annotated[tuple[Source, ...], Json(minItems=1)]
    stale: Count
    fields: tuple[FieldAccuracy, ...]


def judged_values(tracks: Iterable[JudgedTrack], field: JudgedField) -> tuple[list[JudgedValue], int]:
    """The values of a field that can be judged, and how many of the user's map4 has nothing beside."""
    judge = _tempo if field == "tempo" else _key
    told = [judge(track) for track in tracks if _own(track, field) is not None]
    values = [one for one in told if one is not None]
    return values, len(told) - len(values)


def field_accuracy(
    field: Literal["tempo", "key", "bars"], values: Sequence[JudgedValue], *, unknown: int, fitted: str | None
) -> FieldAccuracy:
    sure = [one for one in values if one.certainty >= SURE]
    return FieldAccuracy(
        field=field,
        right=_share(values),
        near=None if field == "key" else Share(count=len(values), right=sum(one.is_near for one in values)),
        sure=_share(sure),
        calibration_error=calibration_error([(one.certainty, one.is_right) for one in values]),
        bands=tuple(
            CertaintyBand(
                low=number / BANDS,
                high=(number + 1) / BANDS,
                certainty=math.fsum(one.certainty for one in inside) / len(inside),
                right=_share(inside),
            )
            for number in range(BANDS)
            if (inside := [one for one in values if band_of(one.certainty) == number])
        ),
        unknown=unknown,
        fitted=fitted,
    )


def calibration_error(told: Sequence[tuple[float, bool]]) -> float | None:
    """Mean distance between certainty and the share of right values over the bands; None without values."""
    off = [0.0] * BANDS
    for certainty, is_right in told:
        off[band_of(certainty)] += certainty - is_right
    return math.fsum(map(abs, off)) / len(told) if told else None


def band_of(certainty: float) -> int:
    return min(BANDS - 1, int(certainty * BANDS))


def _share(values: Sequence[JudgedValue]) -> Share:
    return Share(count=len(values), right=sum(one.is_right for one in values))


def _own(track: JudgedTrack, field: JudgedField) -> float | str | None:
    return track.own_bpm if field == "tempo" else track.own_key


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
