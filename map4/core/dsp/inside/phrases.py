"""Phrases (boundaries, groups of similar phrases, roles and energy), and the energy of a track over time."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside import boundary_scorer
from map4.core.dsp.inside.bar_pictures import BarPictures, bar_edges, picture_bars
from map4.core.dsp.inside.phrase_roles import find_roles
from map4.core.dsp.rhythm.rhythm import Rhythm
from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow, power_bands
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.music.analysis.inside import Bars, Phrase, Structure

FloatVector = npt.NDArray[np.float64]

LOW_HZ, HIGH_HZ = 160.0, 3000.0
"""Kick and bass are below the first, hi-hats and cymbals above the second."""
FULL_PERCENTILE = 85.0
"""Percentile of a band's level over time that a full bar has, even if half of the track is sparse."""
RANGE_DB = 24.0
"""A band this far below its full level counts as silent."""
SILENT_DB = -200.0
"""Far below the range of 24 bits."""
STRIDE = 4
"""Every fourth frame, 25 per second, is enough."""
AROUND_S = 1.5
"""A second is computed from this much on either side of its middle: about a bar, to smooth out single beats."""


def energy_course(mel_power: Packed, energy: float) -> FloatArray:
    """Energy of each second.

    A second is as full as its lows, middle and highs are near their levels in a full bar (mean of the three, 0 at 24 dB
    below). The energy of the track is distributed in proportion, so that the mean of all active seconds is that of the
    track. The cues of the energy itself don't distinguish the seconds of a track: bare drums are dense, and would count
    more than the drop.

    mel_power: shape (n, 40), n >= 1, as in `Spectra`
    energy: of the whole track, 0-1
    returns: shape (seconds,), 0-1; the last second may be partial. 0 in silence.
    """
    power = mel_power.times(power_bands(LOW_HZ, HIGH_HZ), stride=STRIDE)
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(power, axis=0, dtype=np.float64)])
    last = len(power)
    rate_hz = ShortWindow.RATE_HZ / STRIDE
    middle_s = np.arange(max(1, round(last / rate_hz))) + 0.5
    low = np.clip(np.rint((middle_s - AROUND_S) * rate_hz), 0, last - 1).astype(np.int64)
    high = np.clip(np.rint((middle_s + AROUND_S) * rate_hz), low + 1, last).astype(np.int64)
    level_db = 10.0 * np.log10(
        np.maximum((total[high] - total[low]) / (high - low)[:, None], 10.0 ** (0.1 * SILENT_DB))
    )
    below_db = np.minimum(level_db - np.percentile(level_db, FULL_PERCENTILE, axis=0), 0.0)
    fullness = np.maximum(1.0 + below_db / RANGE_DB, 0.0).mean(axis=1)
    fullness[level_db.max(axis=1) <= SILENT_DB] = 0.0
    sounding = fullness[fullness > 0.0]
    if not sounding.size:
        return np.zeros(len(fullness), dtype=np.float32)
    return np.minimum(energy / sounding.mean() * fullness, 1.0).astype(np.float32)


def mean_energy(course: FloatArray, start_s: float, end_s: float) -> float:
    """Mean of the course between two times, at least over the second that contains the first."""
    first = min(int(start_s + 0.5), len(course) - 1)
    last = max(first + 1, int(end_s + 0.5))
    return float(course[first:last].mean(dtype=np.float64))


LEAST_BARS = 16
"""Fewer bars contain one or two phrases, and repetition can't be detected."""
LETTERS = string.ascii_uppercase + string.ascii_lowercase
WINDOW_BARS, MARGIN_BARS = 512, 64
"""Bars compared with each other, and the context on either side: comparing all bars of a mix of hours would not fit in
memory."""
COMPARED_BARS = 8
"""Number of bars compared at the start of two phrases; the rest may be varied."""
MOST_GROUPS = 52
"""The number of letters."""


def estimate_structure(
    spectra: Spectra, notes: Notes, rhythm: Rhythm, bars: Bars | None, energy: FloatArray
) -> Structure | None:
    """Estimate the phrases of a track.

    bars: of the track
    energy: of each second, from `energy_course`
    returns: Structure; None without bars, and with fewer than `LEAST_BARS`. Its confidence, and that of each phrase,
        includes the confidence of the bars.
    """
    if bars is None or len(bars.downbeats_s or ()) < LEAST_BARS:
        return None
    weights = boundary_scorer.shipped_weights()
    edges_s = bar_edges(np.asarray(bars.downbeats_s), spectra.duration_s)
    if len(edges_s) <= LEAST_BARS:
        return None
    pictures = picture_bars(edges_s, bars.metre.beats_per_bar, spectra, rhythm.envelopes.bands, notes.peaks)
    probability = boundary_scorer.boundary_probabilities(_scores(pictures, weights), weights)
    starts = boundary_scorer.choose_boundaries(probability)
    groups = group_phrases(pictures, starts, weights.alike)
    roles = find_roles(pictures, starts, weights.roles)
    ends = np.append(starts[1:], len(probability))
    phrases = [
        Phrase(
            start_s=float(edges_s[start]),
            end_s=float(edges_s[end]),
            bars=int(end - start),
            group=LETTERS[group],
            role=role,
            energy=mean_energy(energy, edges_s[start], edges_s[end]),
            confidence=bars.confidence * min(1.0, float(probability[start])),
        )
        for start, end, group, role in zip(starts, ends, groups, roles, strict=True)
    ]
    # Beats before bar one belong to the first phrase.
    phrases[0] = replace(phrases[0], start_s=min(phrases[0].start_s, rhythm.beats_s[0]))
    expected = 2.0 * probability[starts].sum() / (len(starts) + probability.sum())
    return Structure(phrases=tuple(phrases), confidence=bars.confidence * min(1.0, float(expected)))


def _scores(pictures: BarPictures, weights: boundary_scorer.PhraseWeights) -> FloatVector:
    """Scores of all bars, one window at a time."""
    n = len(pictures.levels)
    parts = []
    for start in range(0, n, WINDOW_BARS):
        first, last = max(0, start - MARGIN_BARS), min(n, start + WINDOW_BARS + MARGIN_BARS)
        scores = boundary_scorer.boundary_scores(pictures.part(first, last), weights)
        parts.append(scores[start - first : min(start + WINDOW_BARS, n) - first])
    return np.concatenate(parts)


def group_phrases(pictures: BarPictures, starts: npt.NDArray[np.int64], alike: FloatArray) -> list[int]:
    """Number the phrases by group.

    starts: shape (p,), first bars of the phrases, ascending
    alike: shape (7,), weights of `likeness` and a bias
    returns: p numbers: 0 for the first phrase, then the next number for each new group. A phrase joins the group that
        is most similar on average, if that is more probable than not.
    """
    compared = compared_phrases(pictures, starts)
    groups: list[int] = [0]
    for phrase in range(1, len(starts)):
        odds = likeness(compared, phrase) @ alike[:-1] + alike[-1]
        sums = np.bincount(groups, odds, minlength=max(groups) + 1)
        means = sums / np.bincount(groups)
        best = int(means.argmax())
        fresh = means[best] <= 0.0 and len(means) < MOST_GROUPS
        groups.append(len(means) if fresh else best)
    return groups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedPhrases:
    """Data for comparing phrases.

    products: shape (4, p, p), sums over the first bars of the products of their sounds, rhythms, harmonies and tunes
    levels: shape (p, 8, 4), of the first bars, in standard deviations
    present: shape (p, 8), which of the first bars each phrase has
    lengths: shape (p,), in bars
    """

    products: FloatArray
    levels: FloatArray
    present: FloatArray
    lengths: npt.NDArray[np.int64]


def compared_phrases(pictures: BarPictures, starts: npt.NDArray[np.int64]) -> ComparedPhrases:
    """Prepare the data for `likeness`; `starts` are the first bars of the phrases, ascending."""
    count = len(pictures.levels)
    lengths = np.diff(starts, append=count)
    within = np.arange(COMPARED_BARS)
    places = np.minimum(starts[:, None] + within, count - 1)
    present = (within < lengths[:, None]).astype(np.float32)
    rows = [(stream[places] * present[:, :, None]).reshape(len(starts), -1) for stream in pictures.streams]
    levels = (pictures.levels - pictures.levels.mean(axis=0)) / (pictures.levels.std(axis=0) + np.float32(0.05))
    return ComparedPhrases(
        products=np.stack([row @ row.T for row in rows]), levels=levels[places], present=present, lengths=lengths
    )


def likeness(compared: ComparedPhrases, phrase: int) -> FloatArray:
    """Similarity of a phrase with each previous phrase, shape (phrase, 6).

    Mean products of corresponding bars in sound, rhythm, harmony and tune; distance of the levels; difference of the
    lengths.
    """
    present, lengths = compared.present, compared.lengths
    both = present[:phrase] * present[phrase]
    bars = both.sum(axis=1)
    apart = np.abs(compared.levels[:phrase] - compared.levels[phrase]).mean(axis=2)
    columns = np.empty((phrase, 6), dtype=np.float32)
    columns[:, :4] = compared.products[:, phrase, :phrase].T / bars[:, None]
    columns[:, 4] = (apart * both).sum(axis=1) / bars
    columns[:, 5] = np.abs(np.log2(lengths[:phrase] / lengths[phrase]))
    return columns
