"""How estimates of tempo, key and beats are scored: pure functions from truth and estimate to numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.compare.truth import KEY_WEIGHTS, TempoRelation, key_relation, tempo_relation
from map4.compare.truth import OCTAVES as OCTAVES
from map4.core.music.analysis.key import Key

OTHER, NOTHING = "other", "none"

BEAT_WINDOW_S = 0.07
BEATS_FROM_S = 5.0
"""What mir_eval and MIREX leave out at the start."""

BINS = 5
"""Of equal count, for the reliability of a confidence."""
SURE = 0.9
"""Confidence from which an estimate claims to be right."""
RESAMPLES = 4_000
INTERVAL = (2.5, 97.5)
"""Percentiles of a 95 % interval."""
SEED = 20_260

FloatVector = npt.NDArray[np.float64]


def tempo_hits(truth_bpm: float, bpm: float | None, relations: Sequence[TempoRelation] = ("x1",)) -> bool:
    """Whether a tempo is within 4 % of one of these multiples of the truth; an absent one is wrong.

    >>> tempo_hits(100.0, 104.0), tempo_hits(100.0, 50.0), tempo_hits(100.0, 50.0, OCTAVES)
    (True, False, True)
    """
    return tempo_relation(truth_bpm, bpm) in relations


def key_score(truth: Key, found: Key | None) -> float:
    """MIREX score of a key: 1 if it is right, .5 a fifth above, .3 the relative, .2 the parallel one, else 0."""
    return KEY_WEIGHTS.get(key_relation(truth, found), 0.0)


def mixing_relation(truth: Key, found: Key | None) -> str:
    """How the found key lies to the true one on the Camelot circle, in map4's own names."""
    if found is None:
        return "unknown"
    around = (found.camelot_number - truth.camelot_number) % 12
    steps = min(around, 12 - around)
    if found.mode == truth.mode:
        return {0: "same", 1: "neighbour", 2: "whole_tone", 3: "third"}.get(steps, "clash")
    return {0: "relative", 1: "diagonal", 2: "far_diagonal"}.get(steps, "clash")


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatScore:
    """F-measure within 70 ms, continuity at the true level (`cmlt`) and also at half, double, off-beat (`amlt`)."""

    f: float
    cmlt: float
    amlt: float


def beat_score(truth_s: Sequence[float], beats_s: Sequence[float]) -> BeatScore:
    """Score beats by mir_eval, without the first five seconds.

    truth_s, beats_s : times in seconds, ascending

    returns: BeatScore; all 0 where fewer than two beats were found.
    """
    from mir_eval import beat

    truth = np.asarray([time_s for time_s in truth_s if time_s >= BEATS_FROM_S])
    found = np.asarray([time_s for time_s in beats_s if time_s >= BEATS_FROM_S])
    if found.size < 2 or truth.size < 2:
        return BeatScore(f=0.0, cmlt=0.0, amlt=0.0)
    _, cmlt, _, amlt = beat.continuity(truth, found)
    return BeatScore(
        f=float(beat.f_measure(truth, found, f_measure_threshold=BEAT_WINDOW_S)), cmlt=float(cmlt), amlt=float(amlt)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Estimates of about the same confidence: how many, how sure on average, how often right."""

    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Whether a confidence means what it says.

    bins : five of equal count, least sure first
    ece : mean distance of confidence and share right over the bins, weighted by their count
    sure : how many claim at least .9
    sure_right : how often those are right; None if there are none
    """

    bins: tuple[Bin, ...]
    ece: float
    sure: int
    sure_right: float | None


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability | None:
    """Compare confidences with what was right; None without any estimate."""
    if not confidences:
        return None
    order = np.argsort(confidences, kind="stable")
    confidence, hit = np.asarray(confidences, dtype=float)[order], np.asarray(right, dtype=float)[order]
    parts = [part for part in np.array_split(np.arange(order.size), BINS) if part.size]
    bins = tuple(Bin(count=part.size, confidence=_mean(confidence[part]), right=_mean(hit[part])) for part in parts)
    sure = confidence >= SURE
    return Reliability(
        bins=bins,
        ece=sum(each.count * abs(each.confidence - each.right) for each in bins) / order.size,
        sure=int(sure.sum()),
        sure_right=_mean(hit[sure]) if sure.any() else None,
    )


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Bootstrapped 95 % interval of a mean; None without values.

    References
    ----------
    .. [1] Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1), 1979.
    """
    return _interval(values) if len(values) else None


def standard_error(values: Sequence[float]) -> float | None:
    """Standard error of a mean; None for fewer than two values."""
    count = len(values)
    return float(np.std(values, ddof=1) / math.sqrt(count)) if count > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """How far one estimator is ahead of another on the same files.

    files : compared
    difference : of the means, positive where the first is better
    low, high : 95 % interval of the difference
    """

    files: int
    difference: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0.0


def lead(ours: Sequence[float], theirs: Sequence[float]) -> Lead | None:
    """Paired bootstrap of the difference of two means over the same files; None without files.

    Raises
    ------
    ValueError
        If the two are not equally long.
    """
    differences = [mine - other for mine, other in zip(ours, theirs, strict=True)]
    if not differences:
        return None
    low, high = _interval(differences)
    return Lead(files=len(differences), difference=float(np.mean(differences)), low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridError:
    """How exactly a constant tempo was found.

    bpm_error : |found - true tempo|, BPM
    worst_s : largest distance of a true beat to the grid over the whole track, seconds; None without a grid
    late_s : how much later the grid is than the beats, in the median; negative where it is early; None without a grid
    """

    bpm_error: float
    worst_s: float | None
    late_s: float | None


def steady_tempo(beats_s: Sequence[float], tolerance_s: float = 0.003) -> float | None:
    """Tempo of beats that keep to a straight line within the tolerance; None for all others."""
    if len(beats_s) < 8:
        return None
    number = np.arange(len(beats_s))
    period_s, first_s = np.polyfit(number, beats_s, 1)
    off = np.abs(np.asarray(beats_s) - (first_s + period_s * number)).max()
    return float(60.0 / period_s) if off <= tolerance_s else None


def grid_error(
    beats_s: Sequence[float], true_bpm: float, bpm: float, grid: tuple[float, float] | None
) -> GridError:  # fmt: skip
    """Compare tempo and grid, (first beat in seconds, BPM), with beats that are exact."""
    if grid is None:
        return GridError(bpm_error=abs(bpm - true_bpm), worst_s=None, late_s=None)
    first_s, grid_bpm = grid
    position = (np.asarray(beats_s) - first_s) * grid_bpm / 60.0
    early_s = (position - np.rint(position)) * 60.0 / grid_bpm
    worst_s, late_s = float(np.abs(early_s).max()), -float(np.median(early_s))
    return GridError(bpm_error=abs(bpm - true_bpm), worst_s=worst_s, late_s=late_s)


def share(values: Sequence[float], is_fine: Callable[[float], bool]) -> float | None:
    """Share of the values that are fine; None without values."""
    return sum(map(is_fine, values)) / len(values) if values else None


def _mean(values: FloatVector) -> float:
    return float(values.mean())


def _interval(values: Sequence[float]) -> tuple[float, float]:
    array = np.asarray(values, dtype=float)
    rng = np.random.default_rng(SEED)
    # In parts: all draws at once would need a gigabyte for a thousand files.
    means = np.concatenate(
        [array[rng.integers(0, array.size, (RESAMPLES // 20, array.size))].mean(axis=1) for _ in range(20)]
    )
    low, high = np.percentile(means, INTERVAL)
    return float(low), float(high)
