"""Mixing compatibility of many tracks at once, with the same numbers as `map4.core.music.mixing.compatibility`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from map4.core.base.records import Json, Ordinal, Record
from map4.core.music.analysis.analysis import Hamms
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.plausible import USUAL_PITCH_PERCENT
from map4.core.music.columns import Columns
from map4.core.music.mixing import compatibility, harmony
from map4.core.music.track.hamms import CLOSENESS_SHARE, COSINE_SHARE, HAMMS_WEIGHTS, MINIMUM_SHARED

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_KEYS = (*ALL_KEYS, None)
_KEY_NUMBERS = {key: number for number, key in enumerate(_KEYS)}
KEY_SCORES: FloatArray = np.array([[harmony.RELATION_SCORES[harmony.key_relation(a, b)] for b in _KEYS] for a in _KEYS])
"""Score of each pair of keys, shape (25, 25), in the order of `ALL_KEYS` with "unknown" last."""
_UP_SCORES = np.stack(
    [KEY_SCORES[:, [_KEYS.index(key and key.up(semitones)) for key in _KEYS]] for semitones in range(12)]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixColumns:
    """The traits of many tracks.

    bpm, energy: shape (...), NaN if unknown
    key: same shape, index into `ALL_KEYS`, or `UNKNOWN_KEY`
    swing, first_key, last_key, tuning_cents, tuning_uncertainty: as in `MixTraits`; None if they were not read
    pitch_percent: the largest change of a fader that the user would play
    has_key_lock: whether decks keep the pitch at another speed
    """

    UNKNOWN_KEY: ClassVar[int] = len(ALL_KEYS)

    bpm: FloatArray
    key: IndexArray
    energy: FloatArray
    swing: FloatArray | None = None
    first_key: IndexArray | None = None
    last_key: IndexArray | None = None
    tuning_cents: FloatArray | None = None
    tuning_uncertainty: FloatArray | None = None
    pitch_percent: float = USUAL_PITCH_PERCENT
    has_key_lock: bool = True

    @classmethod
    def of(cls, traits: Iterable[compatibility.MixTraits]) -> MixColumns:
        """Columns of shape (n,) for n tracks."""
        rows = list(traits)
        return cls(
            bpm=np.array([row.bpm for row in rows], dtype=np.float64),  # None becomes NaN
            key=np.array([_KEY_NUMBERS[row.key] for row in rows], dtype=np.intp),
            first_key=np.array([_KEY_NUMBERS[row.enters] for row in rows], dtype=np.intp),
            last_key=np.array([_KEY_NUMBERS[row.leaves] for row in rows], dtype=np.intp),
            tuning_cents=np.array([row.tuning_cents for row in rows], dtype=np.float64),
            tuning_uncertainty=np.array([row.tuning_uncertainty for row in rows], dtype=np.float64),
            energy=np.array([row.energy for row in rows], dtype=np.float64),
            swing=np.array([row.swing for row in rows], dtype=np.float64),
            pitch_percent=min((row.pitch_percent for row in rows), default=USUAL_PITCH_PERCENT),
            has_key_lock=all(row.has_key_lock for row in rows),
        )

    @classmethod
    def of_library(cls, columns: Columns) -> MixColumns:
        """The traits of a library's tracks."""
        key = columns.key.astype(np.intp)
        return cls(bpm=columns.bpm, key=np.where(key == Columns.NO_KEY, cls.UNKNOWN_KEY, key), energy=columns.energy)

    def with_joints(self, traits: Iterable[compatibility.MixTraits]) -> MixColumns:
        """The columns with swing, the keys at both ends, and tuning from elsewhere."""
        read = MixColumns.of(traits)
        return replace(
            self,
            swing=read.swing,
            first_key=np.where(read.enters == self.UNKNOWN_KEY, self.key, read.enters),
            last_key=np.where(read.leaves == self.UNKNOWN_KEY, self.key, read.leaves),
            tuning_cents=read.tuning_cents,
            tuning_uncertainty=read.tuning_uncertainty,
            has_key_lock=read.has_key_lock,
        )

    def __getitem__(self, index: Any) -> MixColumns:
        """The columns with numpy indexing: `columns[3]`, `columns[:, None]`, `columns[mask]`."""
        columns: dict[str, Any] = {
            name: column[index] for name in _COLUMNS if (column := getattr(self, name)) is not None
        }
        return replace(self, **columns)

    @property
    def enters(self) -> IndexArray:
        """The keys in which tracks are entered."""
        return self.key if self.first_key is None else self.first_key

    @property
    def leaves(self) -> IndexArray:
        """The keys in which tracks are left."""
        return self.key if self.last_key is None else self.last_key


_COLUMNS = tuple(field.name for field in fields(MixColumns) if field.name not in ("pitch_percent", "has_key_lock"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MixScores:
    """The parts of the compatibility of many pairs, all of the same shape.

    tempo_change_percent: signed, relative to the slower track, after folding; NaN if unknown
    tempo_factor: the factor applied to the second tempo: 1, 1/2 or 2
    tempo, key, energy: points, up to .4, .4 and .2
    is_poor: no DJ would play a long overlap, as in `map4.core.music.mixing.compatibility.Compatibility.rated`
    """

    tempo_change_percent: FloatArray
    tempo_factor: FloatArray
    tempo: FloatArray
    key: FloatArray
    energy: FloatArray
    is_poor: NDArray[np.bool_]

    @property
    def total(self) -> FloatArray:
        """The compatibility, 0-1."""
        return self.tempo + self.key + self.energy

    @staticmethod
    def of(a: MixColumns, b: MixColumns) -> MixScores:
        """Rate the transitions from `a` to `b`, whose shapes are broadcast.

        `of(columns[0], columns)` compares one track with all, `of(columns[:, None], columns)` all pairs.
        """
        with np.errstate(divide="ignore", invalid="ignore"):  # a damaged library may contain a tempo of 0
            change, factor = harmony.nearest_change(a.bpm, b.bpm, least=np.minimum, where=np.where)
            fader = harmony.fader_percent(change, least=np.minimum, most=np.maximum, rounded=np.round)
        tempo = compatibility.TEMPO_POINTS * compatibility.step_score(fader, compatibility.TEMPO_STEPS)
        of_keys, share = _key_scores(a, b, fader)
        key = compatibility.KEY_POINTS * (of_keys * share)
        energy = compatibility.ENERGY_POINTS * compatibility.step_score(b.energy - a.energy, compatibility.ENERGY_STEPS)
        is_poor = compatibility.Compatibility.is_below_fair(tempo + key + energy) | (
            of_keys == harmony.RELATION_SCORES["clash"]
        )
        is_poor |= abs(fader) > a.pitch_percent  # never for an unknown tempo, which is NaN
        if a.swing is not None and b.swing is not None:
            is_poor |= compatibility.SwingPart.is_clash(b.swing - a.swing)
        return MixScores(
            tempo_change_percent=change, tempo_factor=factor, tempo=tempo, key=key, energy=energy, is_poor=is_poor
        )


def _key_scores(a: MixColumns, b: MixColumns, fader: FloatArray) -> tuple[FloatArray, Any]:
    """The score of each pair of keys, and the share of it that counts, as in `KeyPart.of`."""
    leaves, enters = a.leaves, b.enters
    cents: Any = 0.0
    uncertain: Any = 0.0
    has_tunings = a.tuning_cents is not None and b.tuning_cents is not None
    if has_tunings:
        cents = b.tuning_cents - a.tuning_cents  # type: ignore[operator]
        uncertain = a.tuning_uncertainty + b.tuning_uncertainty  # type: ignore[operator]
        if not (is_known := cents == cents).all():
            uncertain, cents = np.where(is_known, uncertain, 0.0), np.where(is_known, cents, 0.0)
    if not b.has_key_lock:
        cents = cents + np.nan_to_num(harmony.pitch_cents(fader, np.log2))
    elif not has_tunings:
        return KEY_SCORES[leaves, enters], 1.0

    def score_at(semitones: FloatArray) -> FloatArray:
        if not semitones.any():  # nearly always
            return KEY_SCORES[leaves, enters]
        return _UP_SCORES[semitones.astype(np.intp) % 12, leaves, enters]

    _, apart, of_keys = harmony.nearest_fit(cents, score_at, rounded=np.rint, where=np.where, some=np.any)
    apart = apart if b.has_key_lock else np.round(apart, 1)  # tunings have a digit, speeds have not
    return of_keys, compatibility.KeyPart.share(np.where(of_keys >= harmony.KEY_FIT, apart - uncertain, 0.0))


MOST_PAIRS = 100_000  # the number of pairs sampled: far more than the first decimal of a percentile needs

LEAST_PAIRS = 100  # with fewer pairs (14 tracks or less) there is no percentile: a pair would be more than a percent


def hamms_rows(vectors: Sequence[Sequence[float | None]] | FloatArray) -> FloatArray:
    """Vectors as an array of shape (n, 12), NaN if unknown."""
    if isinstance(vectors, np.ndarray):
        return vectors
    rows = [[np.nan if value is None else value for value in vector] for vector in vectors]
    return np.array(rows, dtype=np.float64).reshape(len(rows), Hamms.SIZE)


def hamms_similarities(a: FloatArray, b: FloatArray) -> FloatArray:
    """The similarity of `map4.core.music.track.hamms.HammsSimilarity` for many pairs.

    a, b: shapes (..., 12), which are broadcast; NaN if unknown
    returns: shape (...); NaN with fewer than `MINIMUM_SHARED` numbers known on both sides
    """
    w = np.array(list(HAMMS_WEIGHTS.values()))
    shared = ~(np.isnan(a) | np.isnan(b))
    wa, wb = np.where(shared, w * a, 0.0), np.where(shared, w * b, 0.0)
    apart, known = wa - wb, shared.astype(np.float64)
    norms = np.sqrt(_dot(wa, wa)) * np.sqrt(_dot(wb, wb))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.where(norms > 0.0, np.minimum(1.0, _dot(wa, wb) / norms), 0.0)
        distance = np.sqrt(_dot(apart, apart) / (known @ w**2))
    similarity: FloatArray = CLOSENESS_SHARE * (1.0 - distance) + COSINE_SHARE * cosine
    similarity[known @ np.ones(Hamms.SIZE) < MINIMUM_SHARED] = np.nan
    return similarity


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    # Summing twelve numbers with numpy takes several times as long.
    dots: FloatArray = np.einsum("...k,...k->...", a, b)
    return dots


class PairDistribution(Record, eq=False, members="tracks pairs"):
    """The similarities of many pairs of a library, as reference for a single pair.

    tracks: the number of tracks from which the pairs were sampled
    similarities: ascending, one per comparable pair
    """

    SAMPLED_TRACKS: ClassVar[int] = 2000
    """The number of tracks from which pairs are sampled: the standard error of a percentile is then below 1
    (at most .65 in a trial with 100,000 synthetic vectors in ten clusters).
    """

    tracks: Annotated[int, Json(minimum=2)]
    similarities: FloatArray

    @property
    def pairs(self) -> Ordinal:
        """The number of compared pairs."""
        return len(self.similarities)

    @property
    def is_enough(self) -> bool:
        """True if there are enough pairs for a percentile."""
        return self.pairs >= LEAST_PAIRS

    def percentile(self, similarity: float) -> float | None:
        """The share of less similar pairs, in percent (0-100); equal pairs count half.

        None with fewer than `LEAST_PAIRS` pairs.
        """
        if not self.is_enough:
            return None
        below, up_to = (int(np.searchsorted(self.similarities, similarity, side)) for side in ("left", "right"))
        return 100.0 * (below + up_to) / (2 * self.pairs)

    @staticmethod
    def of(vectors: Sequence[Sequence[float | None]] | FloatArray, *, most_pairs: int = MOST_PAIRS) -> PairDistribution:
        """Compare the pairs of vectors: all, or a sample of `most_pairs`.

        Each vector is paired with the same number of its successors, wrapping around at the end, so that all vectors
        count equally and the result is reproducible.

        vectors: twelve numbers each, None if unknown, or as `hamms_rows` returns them. For sampling, their order must
            not depend on the music: the order of audio ids, which are hashes, does not.
        """
        rows = hamms_rows(vectors)
        n = len(rows)
        if n * (n - 1) // 2 <= most_pairs:
            first, second = np.triu_indices(n, k=1)
        else:
            steps = max(1, most_pairs // n)
            first = np.repeat(np.arange(n), steps)
            second = (first + np.tile(np.arange(1, steps + 1), n)) % n
            first, second = first[:most_pairs], second[:most_pairs]
        similarities = hamms_similarities(rows[first], rows[second])
        return PairDistribution(tracks=n, similarities=np.sort(similarities[~np.isnan(similarities)]))
