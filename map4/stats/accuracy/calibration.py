"""Fit confidences to values that the user knows, if that helps on held-out values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from map4.base.records import Count, Fraction3, Json, Record
from map4.music.analysis.analysis import ANALYSIS_VERSION
from map4.music.analysis.certainty import LEAST_DOUBT, MOST_SHIFT, MOST_SLOPE, FittedCertainty, JudgedField
from map4.music.track.sources import Source
from map4.stats.accuracy.judged import JudgedValue, calibration_error

LEAST_VALUES = 50
"""Half of fewer values prove nothing: with 25 correct confidences the error is about 0.08 by chance."""
LEAST_GAIN = 1 / 3
"""Minimum share of the error on held-out values that must disappear."""
MOST_RISE = 0.01
"""Maximum rise of the error in any of the splits."""
SPLITS = 5
"""Number of splits in halves; each half is held out once. Of 400 users with correct confidences, 2 got a fit; with a
single split, 15 of 240 (measured on the files of lab/README.md)."""
LEAST_SLOPE = 0.05
"""With a smaller slope, confidences carry almost no information and all become alike."""
_PRIOR = 1.0  # weight of a slope of 1 and a shift of 0, in squared units: few values move them little
_STEPS, _ENOUGH = 100, 1e-6


class FieldFit(Record):
    """The result of fitting the confidences of a field.

    values: number of the user's values that map4 also has
    error_before, error_after: the calibration error on held-out values, as measured and fitted on the others; null if
        there are too few
    fitted: the fit, as in the setting; null if refused
    refused: the reason; null if fitted
    """

    field: JudgedField
    values: Count
    error_before: Fraction3 | None = None
    error_after: Fraction3 | None = None
    fitted: str | None = None
    refused: str | None = None


class Calibration(Record, kind="calibration"):
    """The result of fitting confidences to values that the user knows ('map4 stats calibrate --json').

    sources: sources that count as the user's own, in order of preference
    """

    sources: Annotated[tuple[Source, ...], Json(minItems=1)]
    fields: tuple[FieldFit, ...]


def fit_field(field: JudgedField, values: Sequence[JudgedValue]) -> FieldFit:
    """Fit the measured confidences of a field, or return why not."""
    count = len(values)
    if count < LEAST_VALUES:
        return FieldFit(field=field, values=count, refused=f"{count} values are too few: {LEAST_VALUES} are needed")
    errors = [_errors(halves) for halves in _splits(values)]
    before, after = (sum(error) / SPLITS for error in zip(*errors, strict=True))
    fit, refused = _fitted(values), None
    rising = max(errors, key=lambda error: error[1] - error[0])
    if fit is None:
        refused = "here, values with a higher certainty are not right more often"
    elif after > (1.0 - LEAST_GAIN) * before:
        refused = f"on held-out values the error goes from {before:.3f} to {after:.3f}; it has to fall by a third"
    elif rising[1] > rising[0] + MOST_RISE:
        refused = f"on some held-out values the error rises, from {rising[0]:.3f} to {rising[1]:.3f}"
    return FieldFit(
        field=field,
        values=count,
        error_before=before,
        error_after=after,
        fitted=None if refused else str(fit),
        refused=refused,
    )


def _splits(values: Sequence[JudgedValue]) -> Iterator[tuple[Sequence[JudgedValue], Sequence[JudgedValue]]]:
    """Yield the values split in halves, differently each time but reproducibly."""
    for number in range(SPLITS):
        order = sorted(values, key=lambda value: hashlib.sha256(f"{number} {value.audio_id}".encode()).digest())
        yield order[: len(order) // 2], order[len(order) // 2 :]


def _errors(halves: tuple[Sequence[JudgedValue], Sequence[JudgedValue]]) -> tuple[float, float]:
    """Return the mean error of both halves, as measured and as fitted on the other half."""
    first, second = halves
    before = [_error(half, None) for half in halves]
    after = [_error(half, _fitted(other)) for half, other in ((first, second), (second, first))]
    return sum(before) / 2, sum(after) / 2


def _error(values: Iterable[JudgedValue], fit: FittedCertainty | None) -> float:
    judgements = [(value.certainty if fit is None else fit.of(value.certainty), value.is_right) for value in values]
    return calibration_error(judgements) or 0.0


def _fitted(values: Sequence[JudgedValue]) -> FittedCertainty | None:
    """Return the most probable fit (logistic regression on log odds); None if no fit keeps the order of confidences."""
    known = np.clip([value.certainty for value in values], LEAST_DOUBT, 1.0 - LEAST_DOUBT)
    odds = np.stack([np.log(known / (1.0 - known)), np.ones(len(known))], axis=1)
    is_right = np.array([value.is_right for value in values], dtype=np.float64)
    at = as_measured = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        probable = 1.0 / (1.0 + np.exp(-np.clip(odds @ at, -50.0, 50.0)))
        slope = odds.T @ (probable - is_right) + _PRIOR * (at - as_measured)
        curve = (odds * (probable * (1.0 - probable))[:, None]).T @ odds + _PRIOR * np.eye(2)
        step = np.linalg.solve(curve, slope)
        while _cost(odds, is_right, at - step) > _cost(odds, is_right, at) + 1e-9:
            step = step / 2.0  # far from the optimum a full step may diverge
        at = at - step
        if np.abs(step).max() < _ENOUGH:
            break
    slope_at, shift = float(at[0]), float(at[1])
    if not (LEAST_SLOPE <= slope_at <= MOST_SLOPE and abs(shift) <= MOST_SHIFT):
        return None
    return FittedCertainty(slope=round(slope_at, 3), shift=round(shift, 3), version=ANALYSIS_VERSION)


def _cost(odds: NDArray[np.float64], is_right: NDArray[np.float64], at: NDArray[np.float64]) -> float:
    loss = np.logaddexp(0.0, np.where(is_right > 0.5, -1.0, 1.0) * (odds @ at)).sum()
    return float(loss + 0.5 * _PRIOR * ((at - np.array([1.0, 0.0])) ** 2).sum())
