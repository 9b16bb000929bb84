"""One decision between a tempo, its half and its double, for whole tracks that keep to a grid.

The scorers confuse these three. A softmax weighs what the scorers say, how common a tempo is, the bars that fit the
beats, and what the network hears if the music is slower: it knows some tempi better than others. If the level varies
much, fast tempi are common. The probability is the confidence. `lab/training/fit_tempo_choice.py` fits the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.bar_scorer import shipped_weights as shipped_bar_weights
from map4.core.dsp.inside.bars import Counted, all_layouts, counted_on, most_likely, opening
from map4.core.dsp.inside.certainty import Kind, as_sure, beat_contrast, kind_of, most_certain, with_tempo_certainty
from map4.core.dsp.network import packaged, stored_arrays
from map4.core.dsp.rhythm.beat_network import compressed_level, listen
from map4.core.dsp.rhythm.rhythm import Rhythm, with_distribution
from map4.core.dsp.rhythm.tempo import FINE_SEARCH, SLOWEST_BPM, TempoDistribution, distribute
from map4.core.dsp.rhythm.tempo_scorer import score_candidates
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.music.analysis.analysis import Tempo

FloatVector = npt.NDArray[np.float64]

WEIGHTS_FILE = "weights/tempo_choice.npz"

OCTAVES = (1.0, 0.5, 2.0)  # other ratios gained nothing (lab/tried.md)
FASTEST_BPM = Tempo.MAX_BPM / (1.0 + FINE_SEARCH)
"""The exact tempo may be higher by this share."""
MIDDLE_BPM = 128.0
LEAST_LOG = -6.0
"""Log probability of tempi that a scorer excludes, or does not know."""
FIRST = 5
"""Numbers from two scorers, two powers of the log tempo (how common it is), and its product with `level_variation`."""
MOST_BAR_ODDS, NO_BAR_ODDS = 6.0, -3.0
SLOWER = math.sqrt(0.5)  # .860 → .871 of tempi right, by makers (lab/tried.md)
SLOWED_FRAMES = round(60.0 * ShortWindow.RATE_HZ)
"""A minute in the middle of the track is heard slower."""
NUMBERS = FIRST + 2
LEAST_SHARE = 0.1
"""Beats and bars are tried only at tempi that the first numbers give this share of the best one's probability: most
tracks have one or two."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChoiceWeights:
    """Weights of two softmaxes over the tempi.

    first: shape (5,), of the first numbers
    all: shape (7,), of all numbers, for the tempi that remain
    """

    first: FloatVector
    all: FloatVector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtTempo:
    """A track with the beats of a tempo.

    counted: None with too few beats for bars
    bar_odds: how well bars fit the beats, but for the first sound
    """

    rhythm: Rhythm
    counted: Counted | None
    bar_odds: float


def choose_tempo(
    spectra: Spectra, notes: Notes, rhythm: Rhythm, weights: ChoiceWeights | None = None
) -> tuple[Rhythm, Counted | None]:
    """The rhythm at the most probable octave of its tempo, with a calibrated confidence.

    weights: the shipped weights by default
    returns: The rhythm, and the track counted on its beats if that was needed. Excerpts, drums only and tracks without
        a grid keep the scorers' tempo.
    """
    if kind_of(spectra, rhythm) is not Kind.MACHINE or rhythm.distribution is None:
        return with_tempo_certainty(spectra, rhythm), None
    weights = weights or shipped_weights()
    tempi = octaves_of(rhythm.distribution.bpm)
    first = first_numbers(spectra, rhythm, tempi)
    likely = softmax(first @ weights.first)
    left = [index for index in range(len(tempi)) if likely[index] >= LEAST_SHARE * likely.max()]
    tried = [counted_at(spectra, notes, rhythm, tempi[index]) for index in left]
    if len(left) > 1:
        slower = slower_numbers(spectra, [tempi[index] for index in left])
        numbers = np.column_stack([first[left], [way.bar_odds for way in tried], slower])
        likely[left] = likely[left].sum() * softmax(numbers @ weights.all)
    best = int(likely[left].argmax())
    distribution = rhythm.distribution.redistributed(dict(zip(tempi, likely.tolist(), strict=True)), tempi[left[best]])
    chosen = with_distribution(tried[best].rhythm, distribution, spectra.duration_s)
    if chosen.tempo is None:
        return rhythm, None
    most = most_certain(chosen.tempo.bpm, beat_contrast(chosen, spectra.duration_s))
    return replace(chosen, tempo=as_sure(chosen.tempo, min(most, float(likely[left[best]])))), tried[best].counted


def octaves_of(bpm: float) -> list[float]:
    """A tempo, its half and its double, within what map4 reports."""
    return [ratio * bpm for ratio in OCTAVES if SLOWEST_BPM <= ratio * bpm <= FASTEST_BPM]


def first_numbers(spectra: Spectra, rhythm: Rhythm, tempi: Sequence[float]) -> FloatVector:
    """The numbers that need no beats, shape (n, 5)."""
    if rhythm.tempogram is None or rhythm.network is None:
        raise ValueError("a rhythm without a tempogram has no tempi")
    scores = score_candidates(rhythm.tempogram, fastest_bpm=Tempo.MAX_BPM) / np.float32(rhythm.network.temperature)
    scorers = distribute(scores), distribute(rhythm.network.tempo_scores)
    octave = np.log2(np.array(tempi) / MIDDLE_BPM)
    scored = [[_log(scorer, bpm) for scorer in scorers] for bpm in tempi]
    return np.column_stack([scored, octave, octave**2, octave * level_variation(spectra.mel_power)])


def level_variation(mel_power: Packed) -> float:
    """Standard deviation over time of the compressed level, mean of the bands; independent of the loudness."""
    # Every eighth frame (80 ms) is enough.
    level = compressed_level(mel_power[::8], mel_power.mean)
    return float(level.std(axis=0, dtype=np.float64).mean())


def counted_at(spectra: Spectra, notes: Notes, rhythm: Rhythm, bpm: float) -> AtTempo:
    """A track with beats at a tempo, and their bars."""
    assert rhythm.distribution is not None
    at_bpm = with_distribution(rhythm, replace(rhythm.distribution, bpm=bpm), spectra.duration_s)
    counted = counted_on(spectra, notes, at_bpm)
    if counted is None:
        return AtTempo(rhythm=at_bpm, counted=None, bar_odds=NO_BAR_ODDS)
    weights = shipped_bar_weights()
    sound_from_s, opens = opening(spectra, at_bpm)
    # With the cost of rare metres, bars of slow beats would look better formed.
    laid = all_layouts([replace(counted, rare_cost=0.0)], sound_from_s, weights, opens)
    # What sounds first begins a bar at each of the tempi.
    odds = replace(most_likely(laid, weights)[0], opens=0.0).odds(weights)
    return AtTempo(rhythm=at_bpm, counted=counted, bar_odds=float(np.clip(odds, -MOST_BAR_ODDS, MOST_BAR_ODDS)))


def slower_numbers(spectra: Spectra, tempi: Sequence[float]) -> list[float]:
    """Log probabilities of tempi by the network that hears a minute of the track slower."""
    first = max(0, (len(spectra.mel_power) - SLOWED_FRAMES) // 2)
    rows = spectra.mel_power[first : first + SLOWED_FRAMES]
    places = SLOWER * np.arange(int(len(rows) / SLOWER))
    before = np.minimum(places.astype(np.int64), len(rows) - 2)
    share = (places - before)[:, None].astype(np.float32)
    slowed = rows[before] * (np.float32(1.0) - share) + rows[before + 1] * share
    network = distribute(listen(Packed.of(np.maximum(slowed, np.float32(0.0)))).tempo_scores)
    return [_log(network, SLOWER * bpm) for bpm in tempi]


def softmax(scores: FloatVector) -> FloatVector:
    likely = np.exp(scores - scores.max())
    return likely / likely.sum()


def read_weights(path: str | PathLike[str]) -> ChoiceWeights:
    stored = stored_arrays(path)
    weights = ChoiceWeights(**{field.name: stored[field.name].astype(np.float64) for field in fields(ChoiceWeights)})
    if weights.first.shape != (FIRST,) or weights.all.shape != (NUMBERS,):
        raise ValueError(f"the tempo weights are not for {FIRST} and {NUMBERS} numbers")
    return weights


shipped_weights = packaged(WEIGHTS_FILE, read_weights)


def _log(scorer: TempoDistribution, bpm: float) -> float:
    return max(LEAST_LOG, math.log(max(1e-9, scorer.probability(bpm))))
