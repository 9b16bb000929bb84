"""How sure map4 is of tempo and key, fitted to what its user knows (`map4 stats calibrate`)."""

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
JudgedField = Literal["tempo", "key"]
JUDGED_FIELDS: tuple[JudgedField, ...] = get_args(JudgedField)

LEAST_DOUBT = 0.001
"""Certainties are kept with three digits: one of 1 stands for any above this much below."""
DIGITS = 3
MOST_SLOPE, MOST_SHIFT = 10.0, 10.0
_TEXT = re.compile(r"(\S+) (\S+) of analysis ([0-9]{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCertainty:
    """What becomes of a certainty: the logarithm of its odds, times a slope and moved (Platt, 1999).

    slope: above 0, so that what is surer stays surer
    version: of the analysis that it was fitted to; other versions are sure of other things
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
        """The one that is written so.

        raises ValueError: if none is
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError("is written by 'map4 stats calibrate', such as 0.620 -0.310 of analysis 12")
        return cls(slope=float(found[1]), shift=float(found[2]), version=int(found[3]))

    def of(self, certainty: float) -> float:
        known = min(max(certainty, LEAST_DOUBT), 1.0 - LEAST_DOUBT)
        odds = self.slope * math.log(known / (1.0 - known)) + self.shift
        return round(1.0 / (1.0 + math.exp(-odds)), DIGITS)

    def of_all(self, certainties: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of many; NaN stays."""
        import numpy as np

        known = np.clip(certainties, LEAST_DOUBT, 1.0 - LEAST_DOUBT)
        odds = self.slope * np.log(known / (1.0 - known)) + self.shift
        return np.round(1.0 / (1.0 + np.exp(-odds)), DIGITS)

    def of_other(self, other: float, certainty: float) -> float:
        """That of another candidate: the others share what the choice leaves them."""
        share = (1.0 - self.of(certainty)) / max(LEAST_DOUBT, 1.0 - certainty)
        return round(min(1.0, other * share), DIGITS)

    def candidate(self, other: C, certainty: float) -> C:
        """Another candidate beside a choice of some certainty."""
        return replace(other, confidence=self.of_other(other.confidence, certainty))


def checked_text(text: str) -> str:
    """A fitted certainty, as the setting has it; raises ValueError if it is none."""
    return str(FittedCertainty.of_text(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainties:
    """What becomes of the measured certainties; None leaves them as they are."""

    tempo: FittedCertainty | None = None
    key: FittedCertainty | None = None

    @classmethod
    def of_texts(cls, **texts: str | None) -> Certainties:
        """Those that settings say; None, or nothing, for each that is as measured."""
        return cls(**{what: FittedCertainty.of_text(text) for what, text in texts.items() if text})

    def fitted(self, what: str) -> FittedCertainty | None:
        """That of a field, where it was fitted to what this map4 measures."""
        fit = self.tempo if what == "tempo" else self.key
        if fit is None:
            return None
        from map4.music.analysis.analysis import ANALYSIS_VERSION  # few commands need all that comes with it

        return fit if fit.version == ANALYSIS_VERSION else None

    def of_analysis(self, analysis: Analysis) -> Analysis:
        """An analysis as it is shown: the stored one says what was measured."""
        tempo, key = analysis.tempo, analysis.key
        if tempo is not None and (fit := self.fitted("tempo")) is not None and fit.version == analysis.version:
            others = (fit.candidate(other, tempo.confidence) for other in tempo.alternatives)
            tempo = replace(tempo, confidence=fit.of(tempo.confidence), alternatives=tuple(others))
        if key is not None and (fit := self.fitted("key")) is not None and fit.version == analysis.version:
            other = None if key.runner_up is None else fit.candidate(key.runner_up, key.confidence)
            key = replace(key, confidence=fit.of(key.confidence), runner_up=other)
        return analysis if (tempo, key) == (analysis.tempo, analysis.key) else replace(analysis, tempo=tempo, key=key)


AS_MEASURED = Certainties()
