"""Calibration of the confidences of tempo, key and bars to the user's corrections (`map4 stats calibrate`)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from map4.music.analysis.analysis import Analysis, KeyCandidate, TempoCandidate

C = TypeVar("C", "TempoCandidate", "KeyCandidate")
JudgedField = Literal["tempo", "key", "bars"]
JUDGED_FIELDS: tuple[JudgedField, ...] = get_args(JudgedField)

LEAST_DOUBT = 0.001
"""Confidences have three digits, so 0 and 1 are moved inwards by this much."""
DIGITS = 3
MOST_SLOPE, MOST_SHIFT = 10.0, 10.0
_TEXT = re.compile(r"(\S+) (\S+) of analysis ([0-9]{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCertainty:
    """A calibration of confidences: log-odds times a slope plus a shift (Platt, 1999).

    slope: above 0, so that the order of confidences is kept
    version: the analysis version it was fitted to; it does not apply to others
    """

    slope: float
    shift: float
    version: int

    def __post_init__(self) -> None:
        if not (0.0 < self.slope <= MOST_SLOPE and abs(self.shift) <= MOST_SHIFT):
            raise ValueError(f"a slope is above 0 and up to {MOST_SLOPE:g}, a shift within {MOST_SHIFT:g} of 0")

    def __str__(self) -> str:
        return f"{self.slope:.3f} {self.shift:.3f} of analysis {self.version}"

    @classmethod
    def of_text(cls, text: str) -> FittedCertainty:
        """Parse a calibration.

        raises ValueError: if the text is malformed
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("must be written by 'map4 stats calibrate', such as 0.620 -0.310 of analysis 12")
        return cls(slope=float(match[1]), shift=float(match[2]), version=int(match[3]))

    def of(self, certainty: float) -> float:
        known = min(max(certainty, LEAST_DOUBT), 1.0 - LEAST_DOUBT)
        odds = self.slope * math.log(known / (1.0 - known)) + self.shift
        return round(1.0 / (1.0 + math.exp(-odds)), DIGITS)

    def of_all(self, certainties: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrate an array; NaN stays."""
        import numpy as np

        known = np.clip(certainties, LEAST_DOUBT, 1.0 - LEAST_DOUBT)
        odds = self.slope * np.log(known / (1.0 - known)) + self.shift
        return np.round(1.0 / (1.0 + np.exp(-odds)), DIGITS)

    def of_other(self, other: float, certainty: float) -> float:
        """The confidence of an alternative: alternatives share the remaining probability."""
        share = (1.0 - self.of(certainty)) / max(LEAST_DOUBT, 1.0 - certainty)
        return round(min(1.0, other * share), DIGITS)

    def candidate(self, other: C, certainty: float) -> C:
        """An alternative next to a choice with this confidence."""
        return replace(other, confidence=self.of_other(other.confidence, certainty))


def checked_text(text: str) -> str:
    """Validate the calibration text of a setting; raises ValueError if it is malformed."""
    return str(FittedCertainty.of_text(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainties:
    """The calibrations of tempo, key and bars; None leaves the confidence as measured."""

    tempo: FittedCertainty | None = None
    key: FittedCertainty | None = None
    bars: FittedCertainty | None = None

    @classmethod
    def of_texts(cls, **texts: str | None) -> Certainties:
        """The calibrations in the settings; None or an empty text leaves the confidence as measured."""
        return cls(**{what: FittedCertainty.of_text(text) for what, text in texts.items() if text})

    def fitted(self, what: str) -> FittedCertainty | None:
        """The calibration of a field, if it was fitted to the current analysis version."""
        fit: FittedCertainty | None = getattr(self, what)
        if fit is None:
            return None
        from map4.music.analysis.analysis import ANALYSIS_VERSION  # few commands need all that comes with it

        return fit if fit.version == ANALYSIS_VERSION else None

    def of_analysis(self, analysis: Analysis) -> Analysis:
        """The analysis with calibrated confidences; the stored analysis has the measured values."""
        tempo, key, bars = analysis.tempo, analysis.key, analysis.bars
        if tempo is not None and (fit := self.fitted("tempo")) is not None and fit.version == analysis.version:
            others = (fit.candidate(other, tempo.confidence) for other in tempo.alternatives)
            tempo = replace(tempo, confidence=fit.of(tempo.confidence), alternatives=tuple(others))
        if key is not None and (fit := self.fitted("key")) is not None and fit.version == analysis.version:
            other = None if key.runner_up is None else fit.candidate(key.runner_up, key.confidence)
            key = replace(key, confidence=fit.of(key.confidence), runner_up=other)
        if bars is not None and (fit := self.fitted("bars")) is not None and fit.version == analysis.version:
            metre = replace(bars.metre, confidence=fit.of(bars.metre.confidence))
            bars = replace(bars, confidence=fit.of(bars.confidence), metre=metre)
        if (tempo, key, bars) == (analysis.tempo, analysis.key, analysis.bars):
            return analysis
        return replace(analysis, tempo=tempo, key=key, bars=bars)


AS_MEASURED = Certainties()
