"""HAMMS, the harmonic and mixing vector: names, weights, confidence, similarity.

`map4.core.dsp.sound.descriptors` documents how each number is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from map4.core.base.records import Fraction4, Json, Record
from map4.core.music.analysis.analysis import Hamms

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

Rating = Literal["excellent", "good", "fair", "poor"]

HAMMS_WEIGHTS: dict[str, float] = {
    "bpm": 1.3,
    "key": 1.4,
    "energy": 1.2,
    "danceability": 0.9,
    "valence": 0.8,
    "acousticness": 0.6,
    "instrumentalness": 0.5,
    "rhythmic_pattern": 1.1,
    "spectral_centroid": 0.7,
    "tempo_stability": 0.9,
    "harmonic_complexity": 0.8,
    "dynamic_range": 0.6,
}
"""The weight of each number, in the vector's order."""

HAMMS_NAMES: tuple[str, ...] = tuple(HAMMS_WEIGHTS)

MINIMUM_SHARED = 6  # vectors with fewer common known numbers are not compared: half of the vector would be guesswork

CLOSENESS_SHARE, COSINE_SHARE = 0.6, 0.4
_RATINGS: tuple[tuple[float, Rating], ...] = ((0.9, "excellent"), (0.8, "good"), (0.7, "fair"))
_BASE_CONFIDENCE, _MEASURED_SHARE = 0.8, 0.2
_NO_TEMPO, _NO_KEY, _NO_ENERGY = 0.2, 0.1, 0.1


class HammsSimilarity(Record, members="similarity closeness cosine shared rating"):
    """The similarity of two HAMMS vectors.

    similarity: 0.6 closeness + 0.4 cosine
    closeness: 1 - ||wa - wb|| / ||w||, 0-1
    cosine: of the weighted vectors, 0-1; 0 if either is all zeros
    shared: how many of the twelve numbers are known on both sides
    """

    similarity: Fraction4
    closeness: Fraction4
    cosine: Fraction4
    shared: Annotated[int, Json(minimum=6, maximum=12)]

    @property
    def rating(self) -> Rating:
        """The rating of the similarity."""
        return rate_similarity(self.similarity)

    @staticmethod
    def of(a: Sequence[float | None], b: Sequence[float | None]) -> HammsSimilarity | None:
        """Compare two vectors over the numbers known in both.

        a, b: twelve numbers within [0, 1], None if unknown
        returns: None with fewer than `MINIMUM_SHARED` common numbers. All positive vectors are similar: interpret the
            value with its percentile among the library's pairs, never as a judgement of harmony
        """
        if len(a) != Hamms.SIZE or len(b) != Hamms.SIZE:
            raise ValueError(f"HAMMS vectors have {Hamms.SIZE} numbers, got {len(a)} and {len(b)}")
        shared = [
            (weight, x, y)
            for weight, x, y in zip(HAMMS_WEIGHTS.values(), a, b, strict=True)
            if x is not None and y is not None
        ]
        if len(shared) < MINIMUM_SHARED:
            return None
        w, x, y = np.array(shared, dtype=np.float64).T
        wa, wb = w * x, w * y
        norms = float(np.linalg.norm(wa) * np.linalg.norm(wb))
        # Rounding may push the cosine of equal vectors slightly above 1.
        cosine = min(1.0, float(wa @ wb) / norms) if norms > 0.0 else 0.0
        closeness = 1.0 - float(np.linalg.norm(wa - wb) / np.linalg.norm(w))
        return HammsSimilarity(
            similarity=CLOSENESS_SHARE * closeness + COSINE_SHARE * cosine,
            closeness=closeness,
            cosine=cosine,
            shared=len(shared),
        )

    @staticmethod
    def vector_of(track: Track) -> tuple[float | None, ...] | None:
        """The twelve numbers of a track; None if missing or from an incompatible version."""
        hamms = track.analysis.hamms if track.analysis else None
        return hamms.vector if hamms is not None and hamms.version == Hamms.VERSION else None


def rate_similarity(similarity: float) -> Rating:
    """The rating of a similarity: from .9 excellent, from .8 good, from .7 fair, else poor."""
    for threshold, rating in _RATINGS:
        if similarity >= threshold:
            return rating
    return "poor"


def hamms_confidence(*, tempo_confidence: float | None, key_confidence: float | None, has_energy: bool) -> float:
    """The confidence of a vector, 0-1.

    0.8 + 0.2 times the smaller of the tempo's and the key's confidence; .2 less without a tempo, .1 less without a key,
    .1 less without an energy. An unknown tempo or key has confidence 0.

    tempo_confidence, key_confidence: 0-1; None without a tempo or key
    """
    confidence = _BASE_CONFIDENCE + _MEASURED_SHARE * min(tempo_confidence or 0.0, key_confidence or 0.0)
    confidence -= _NO_TEMPO if tempo_confidence is None else 0.0
    confidence -= _NO_KEY if key_confidence is None else 0.0
    confidence -= 0.0 if has_energy else _NO_ENERGY
    if not math.isfinite(confidence):
        raise ValueError(f"confidences must be finite, got {tempo_confidence} and {key_confidence}")
    return min(1.0, max(0.0, confidence))


def similarity(a: Track, b: Track) -> float | None:
    """The HAMMS similarity of two tracks, 0-1; None if too little is known."""
    first, other = HammsSimilarity.vector_of(a), HammsSimilarity.vector_of(b)
    pair = HammsSimilarity.of(first, other) if first and other else None
    return None if pair is None else pair.similarity
