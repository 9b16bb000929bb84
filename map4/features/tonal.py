"""Key, tuning and harmony of a track."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.domain.analysis import KeyCandidate, KeyEstimate
from map4.domain.key import Key, Mode
from map4.features.filters import BINS_PER_SEMITONE, PITCH_BINS, PITCH_RATE_HZ
from map4.features.signal import FloatArray, Spectra

FloatVector = npt.NDArray[np.float64]

SEMITONES = PITCH_BINS // BINS_PER_SEMITONE
LOWEST_PITCH_CLASS = 4
"""The lowest semitone is MIDI 28, an E."""
CHROMA_SEMITONES = 68
"""MIDI 28 to 95; what is above are overtones."""
SIDE_BIN_WEIGHT = 0.5
"""A semitone is its middle third and half of the thirds beside it."""
QUIET_SHARE = 0.01
"""Frames below this share of the strongest one are left out."""

PEAK_SEMITONES = 9
"""A note stands out from the mean of this many semitones around it."""
PEAK_RANGE = slice(12, 62)
"""MIDI 40 to 89, where chords are played."""
CHANGE_FRAMES = 3
"""Frames (0.56 s) averaged before harmony is compared: shorter than a chord, longer than an arpeggio's note."""

PROFILES: tuple[dict[Mode, tuple[float, ...]], ...] = (
    {  # bgate: Faraldo et al., "A multi-profile method for key estimation in EDM", AES 2017
        "major": (1, 0, 0.42, 0, 0.53, 0.37, 0, 0.77, 0, 0.38, 0.21, 0.30),
        "minor": (1, 0, 0.36, 0.39, 0, 0.38, 0, 0.74, 0.27, 0, 0.42, 0.23),
    },
    {  # Albrecht & Shanahan, "The use of large corpora to train a new type of key-finding algorithm", 2013
        "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    },
)
"""How much of each scale degree a key has, tonic first."""

CORRELATION_TEMPERATURE = 1.0 / 12.0
"""Turns correlations into probabilities; fitted on one half of labelled songs (1/11 ... 1/13), checked on the other."""
LEAST_CORRELATION = 0.45
"""Below this no key fits: noise stays at 0.36, drums at 0.32, half a minute of syllables at 0.45; demo tracks start at
0.47."""
LEAST_TUNING_STRENGTH = 0.02
"""Below this no notes hold: noise stays at 0.012, half a minute of syllables at 0.016; rendered songs start at 0.03."""
TUNING_STRENGTH_SECONDS = 0.075
"""Few partials agree by chance, so that short signals must reach this / sqrt(duration)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonality:
    """What the pitches say.

    Parameters
    ----------
    key : None without notes that hold (silence, noise, drums, speech)
    chroma : 12 pitch classes from C on, 0-1, sum 1; all 0 for silence
    entropy : of the pitch classes that stand out, 0 (one note) to 1 (all alike); 0 for silence
    change_rate : mean change of the harmony, 1 - cosine of successive chords, a second; 0 for silence
    """

    key: KeyEstimate | None
    chroma: tuple[float, ...]
    entropy: float
    change_rate: float


def estimate_tonality(spectra: Spectra) -> Tonality:
    """Estimate the key and describe the harmony.

    Parameters
    ----------
    spectra : of a signal of any length

    Returns
    -------
    Tonality; its key is None for silence, noise, drums without a tone, and speech.
    """
    total = spectra.pitch.sum(axis=1)
    loud = spectra.pitch[total >= QUIET_SHARE * total.max()] if total.max() > 0 else spectra.pitch[:0]
    if loud.shape[0] == 0:
        return Tonality(key=None, chroma=(0.0,) * 12, entropy=0.0, change_rate=0.0)
    semitones = loud @ _semitone_matrix(spectra.tuning_semitones)
    chroma = _mean_chroma(semitones)
    peaks = _peak_chroma(semitones)
    return Tonality(
        key=_key(chroma, spectra),
        chroma=tuple((chroma / chroma.sum()).tolist()),
        entropy=_entropy(peaks.mean(axis=0, dtype=np.float64)),
        change_rate=_change_rate(peaks),
    )


def estimate_key(spectra: Spectra) -> KeyEstimate | None:
    """Estimate the key: the profile that correlates best with the chroma of the whole file.

    Averaging before deciding beats every vote over frames or segments.

    Returns
    -------
    KeyEstimate with runner-up and tuning; None for silence, noise, drums without a tone, and speech.

    References
    ----------
    .. [1] Krumhansl, "Cognitive foundations of musical pitch", 1990 (correlation with profiles).
    """
    return estimate_tonality(spectra).key


def key_correlations(chroma: FloatVector) -> FloatVector:
    """Mean over the profiles of the Pearson correlation of a chroma with each key.

    Parameters
    ----------
    chroma : shape (12,), C first, not constant

    Returns
    -------
    shape (24,), -1 to 1: twelve major keys from C on, then twelve minor ones.
    """
    centred = chroma - chroma.mean()
    length = float(np.linalg.norm(centred))
    if length == 0.0:
        return np.zeros(24)
    correlations: FloatVector = _key_matrix() @ (centred / length)
    return correlations


def _key(chroma: FloatVector, spectra: Spectra) -> KeyEstimate | None:
    correlations = key_correlations(chroma)
    strength = max(LEAST_TUNING_STRENGTH, TUNING_STRENGTH_SECONDS / math.sqrt(max(spectra.duration_s, 1e-3)))
    if correlations.max() < LEAST_CORRELATION or spectra.tuning_strength < strength:
        return None
    weights = np.exp((correlations - correlations.max()) / CORRELATION_TEMPERATURE)
    weights /= weights.sum()
    second, best = (int(index) for index in np.argsort(weights, kind="stable")[-2:])
    return KeyEstimate(
        key=_key_at(best),
        confidence=float(weights[best]),
        runner_up=KeyCandidate(key=_key_at(second), confidence=float(weights[second])),
        tuning_cents=100.0 * spectra.tuning_semitones,
    )


def _key_at(index: int) -> Key:
    return Key(index % 12, "major" if index < 12 else "minor")


@cache
def _key_matrix() -> FloatVector:
    """Centred profiles of length 1 for the 24 keys, mean over `PROFILES`; shape (24, 12)."""
    matrix = np.zeros((24, 12))
    modes: tuple[Mode, ...] = ("major", "minor")
    for profile in PROFILES:
        for row, mode in enumerate(modes):
            centred = np.array(profile[mode]) - np.mean(profile[mode])
            centred /= np.linalg.norm(centred) * len(PROFILES)
            for tonic in range(12):
                matrix[12 * row + tonic] += np.roll(centred, tonic)
    return matrix


def _semitone_matrix(tuning_semitones: float) -> FloatArray:
    """Matrix (216, 72) that moves the notes onto A = 440 Hz and joins the thirds of each semitone."""
    matrix = np.zeros((PITCH_BINS, SEMITONES), dtype=np.float32)
    for semitone in range(SEMITONES):
        for third, weight in ((-1, SIDE_BIN_WEIGHT), (0, 1.0), (1, SIDE_BIN_WEIGHT)):
            place = BINS_PER_SEMITONE * (semitone + tuning_semitones) + third
            below = math.floor(place)
            for index, share in ((below, 1.0 - (place - below)), (below + 1, place - below)):
                if 0 <= index < PITCH_BINS:
                    matrix[index, semitone] += weight * share
    return matrix


@cache
def _fold_matrix() -> FloatArray:
    """Matrix (72, 12) from the semitones of MIDI 28-95 to pitch classes, C first."""
    matrix = np.zeros((SEMITONES, 12), dtype=np.float32)
    semitone = np.arange(CHROMA_SEMITONES)
    matrix[semitone, (semitone + LOWEST_PITCH_CLASS) % 12] = 1.0
    return matrix


def _mean_chroma(semitones: FloatArray) -> FloatVector:
    """Mean over frames of the chroma, each frame scaled to a maximum of 1."""
    chroma = semitones @ _fold_matrix()
    chroma /= np.maximum(chroma.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    mean: FloatVector = chroma.mean(axis=0, dtype=np.float64)
    return mean


def _peak_chroma(semitones: FloatArray) -> FloatArray:
    """Chroma of length 1 of the notes that stand out from their surroundings; shape (frames, 12)."""
    root = np.sqrt(np.maximum(semitones, 0.0))
    peaks = np.maximum(root - root @ _surroundings(), 0.0)
    fold = np.zeros_like(_fold_matrix())
    fold[PEAK_RANGE] = _fold_matrix()[PEAK_RANGE]
    chroma: FloatArray = peaks @ fold
    chroma /= np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return chroma


@cache
def _surroundings() -> FloatArray:
    """Matrix (72, 72) of the running mean over nine semitones."""
    distance = np.abs(np.subtract.outer(np.arange(SEMITONES), np.arange(SEMITONES)))
    matrix: FloatArray = ((distance <= PEAK_SEMITONES // 2) / PEAK_SEMITONES).astype(np.float32)
    return matrix


def _entropy(chroma: FloatVector) -> float:
    """Shannon entropy over log 12, 0 to 1; 0 where nothing stands out."""
    if chroma.sum() <= 0.0:
        return 0.0
    share = chroma[chroma > 0.0] / chroma.sum()
    return float(np.clip(-np.sum(share * np.log(share)) / math.log(12.0), 0.0, 1.0))


def _change_rate(peaks: FloatArray) -> float:
    """1 - cosine between successive groups of frames, averaged, over the length of a group."""
    count = peaks.shape[0] // CHANGE_FRAMES
    if count < 2:
        return 0.0
    groups = peaks[: count * CHANGE_FRAMES].reshape(count, CHANGE_FRAMES, 12).sum(axis=1)
    length = np.linalg.norm(groups, axis=1)
    product = np.einsum("gc,gc->g", groups[1:], groups[:-1])
    scale = length[1:] * length[:-1]
    cosine = np.divide(product, scale, out=np.ones_like(product), where=scale > 0.0)
    return float(np.mean(np.clip(1.0 - cosine, 0.0, 1.0)) * PITCH_RATE_HZ / CHANGE_FRAMES)
