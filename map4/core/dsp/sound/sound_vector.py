"""The sound vector: 128 numbers that describe the sound of a track, independent of level, key and length.

The numbers are not standardised here: that is done over the searched library
(`map4.core.music.sound.similarity_tables`), since the information in a number depends on the other tracks.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow
from map4.core.dsp.spectrum.fourier import quick_size, real_transform
from map4.core.dsp.spectrum.packed import PART_ROWS, Packed
from map4.core.dsp.spectrum.semitones import Notes, fold_matrix, scaled_to_length
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.music.analysis.inside import SoundVector

LEAST_DURATION_S = 3.0
"""Shorter files have no vector: a modulation of .5 Hz and a covariance of 28 numbers need more data."""
LEAST_ACTIVE_FRAMES = 25
"""One second of sound."""
LEAST_LOUD_PITCH_FRAMES = 4
"""0.7 s; fewer frames are not enough for harmony."""

POOLED_FRAMES = 4
"""Frames averaged into one (40 ms): half or double that retrieves no better."""
POOLED_RATE_HZ = ShortWindow.RATE_HZ / POOLED_FRAMES
SOUND_TOP_HZ = 8000.0
"""Higher frequencies are not used: with them, a dull rip sounds like another track (findings)."""
FLOOR_DB = -60.0
"""Relative to the mean power of the bands; quieter levels are room or codec noise."""
ACTIVE_DB = -45.0
"""Frames without a band this loud, relative to the mean power, don't count for the timbre."""

COVARIANCE_COEFFICIENTS = 7
CHANGE_COEFFICIENTS = 10
COVARIANCE_FLOOR_DB2 = 0.5
"""Added to each variance, so that a steady tone has a logarithm."""
CHANGE_FLOOR_DB = 0.3  # likewise, for a cepstrum that does not move

MODULATION_WINDOW_S = 6.0
MODULATION_EDGES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
MODULATION_SPLITS = (3, 7, 12, 18, 25, 32)
"""First mel bands of the second to the seventh band for modulation; up to 250, 600, 1100 ... Hz."""
MODULATION_BANDS = (slice(0, 2), slice(2, 5), slice(5, 7))
"""The bands are averaged to three: low, middle, high."""

ONSET_LAG_FRAMES = 2
"""80 ms, as for the tempo."""
SLOWEST_BPM = 30.0 * 2.0**0.5
TEMPO_BINS = 14
"""Quarter octaves from 42 to 480 BPM; the strongest repetition within each counts."""
LAGS_A_BIN = 8

CHANGE_LAGS = (1, 4, 16)
"""Frames of the long transform: .19, .74 and 3 s, for changes between notes, chords and bars."""
INTERVALS = 12
TONALITY_REGISTERS = 6
REGISTERS = 12
REGISTER_COEFFICIENTS = 8
_TINY = np.float32(1e-9)  # silence must not divide by 0
_WINDOWS_AT_ONCE = 32  # amortises calls, without copying a long mix


def sound_vector(spectra: Spectra, notes: Notes | None = None) -> FloatArray | None:
    """Describe the sound of a track.

    The groups, in the order of `SoundVector.GROUPS`: mean MFCC 1-13 of 36 mel bands below 8 kHz [1]; speed of MFCC 0-9
    (logarithm of the standard deviation of their differences over 40 ms); covariance of MFCC 0-6 (its matrix logarithm,
    in which distances are those between the Gaussians [2]); spectral contrast in five octaves, mean and deviation;
    modulation spectrum, three bands x .5-16 Hz; repetition of the onsets by tempo; harmony independent of the key
    (Fourier magnitudes and entropy of the chroma, its change over three lags); simultaneous intervals; share of tones
    in six registers; shape of the semitone spectrum.

    notes: of its pitches; computed here by default
    returns: shape (128,), finite; None for silence, for less than 3 s, and if there is almost no sound.

    [1] Logan, "Mel frequency cepstral coefficients for music modeling", ISMIR 2000.
    [2] Arsigny et al., "Log-Euclidean metrics for fast and simple calculus on diffusion tensors", Magnetic Resonance
       in Medicine 56(2), 2006.
    """
    if spectra.duration_s < LEAST_DURATION_S:
        return None
    level_db = _levels(spectra.mel_power)
    loud = (notes or Notes.of(spectra.pitch, spectra.tuning_semitones)).loud
    if level_db is None or len(loud.total) < LEAST_LOUD_PITCH_FRAMES:
        return None
    active = level_db.max(axis=1) > ACTIVE_DB
    if np.count_nonzero(active) < LEAST_ACTIVE_FRAMES:
        return None
    cepstrum = level_db @ _cosines(level_db.shape[1], 14)
    groups = {
        "mfcc": cepstrum[active, 1:14].mean(axis=0),
        "mfcc_change": np.log(np.diff(cepstrum[:, :CHANGE_COEFFICIENTS], axis=0).std(axis=0) + CHANGE_FLOOR_DB),
        "mfcc_covariance": _log_covariance(cepstrum[active, :COVARIANCE_COEFFICIENTS]),
        "contrast": np.concatenate([spectra.contrast_db.mean(axis=0), spectra.contrast_db.std(axis=0)]),
        "modulation": _modulation(level_db),
        "tempo": _repetition(level_db),
        **_tones(loud),
    }
    vector = np.concatenate([groups[group.name] for group in SoundVector.GROUPS])
    return vector.astype(np.float32).reshape(SoundVector.SIZE)


def _levels(mel_power: Packed) -> FloatArray | None:
    """Level of the bands below 8 kHz relative to their mean power, in dB, 25 times per second; None for silence."""
    bands = int(np.searchsorted(ShortWindow.mel_edges_hz()[2:], SOUND_TOP_HZ))
    count = len(mel_power) // POOLED_FRAMES
    pooled = np.empty((count, bands), dtype=np.float32)
    for start in range(0, count * POOLED_FRAMES, PART_ROWS):
        rows = mel_power[start : min(start + PART_ROWS, count * POOLED_FRAMES)][:, :bands]
        sums = pooled[start // POOLED_FRAMES :][: len(rows) // POOLED_FRAMES]
        sums[:] = rows[::POOLED_FRAMES]
        for later in range(1, POOLED_FRAMES):  # faster than a mean over an axis of four
            sums += rows[later::POOLED_FRAMES]
    mean = float(pooled.mean(dtype=np.float64)) if count else 0.0
    if mean <= 0.0:
        return None
    pooled *= np.float32(1.0 / mean)
    pooled += np.float32(10.0 ** (FLOOR_DB / 10.0))
    np.log10(pooled, out=pooled)
    pooled *= np.float32(10.0)
    return pooled


@cache
def _cosines(size: int, count: int) -> FloatArray:
    """The first rows of the orthonormal DCT-II, as columns; shape (size, count)."""
    turns = np.cos(np.pi / size * np.outer(np.arange(size) + 0.5, np.arange(count)))
    return (turns / np.linalg.norm(turns, axis=0)).astype(np.float32)


def _log_covariance(rows: FloatArray) -> FloatArray:
    """Upper half of the matrix logarithm of the covariance, weighted so that distances equal those of the matrices."""
    size = rows.shape[1]
    covariance = np.cov(rows, rowvar=False, dtype=np.float64) + COVARIANCE_FLOOR_DB2 * np.eye(size)
    values, vectors = np.linalg.eigh(covariance)
    logarithm = (vectors * np.log(values)) @ vectors.T
    logarithm[~np.eye(size, dtype=bool)] *= np.sqrt(2.0)
    return logarithm[np.triu_indices(size)].astype(np.float32)


def _modulation(level_db: FloatArray) -> FloatArray:
    """Power in dB of the modulation of three bands at .5-1 ... 8-12.5 Hz, shape (15,)."""
    length = min(round(MODULATION_WINDOW_S * POOLED_RATE_HZ), len(level_db))
    bands = np.ascontiguousarray((level_db @ _split_means(level_db.shape[1])).T)
    taper = np.hanning(length).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(bands, length, axis=1)[:, :: length // 2]
    power = np.zeros((len(bands), length // 2 + 1))
    for start in range(0, windows.shape[1], _WINDOWS_AT_ONCE):
        parts = windows[:, start : start + _WINDOWS_AT_ONCE]
        spectrum = real_transform((parts - parts.mean(axis=2, keepdims=True)) * taper)
        power += (np.square(spectrum.real) + np.square(spectrum.imag)).sum(axis=1, dtype=np.float64)
    power /= windows.shape[1] * float(np.square(taper).sum())
    rates_hz = np.arange(power.shape[1]) * POOLED_RATE_HZ / length
    summed = [
        power[:, (rates_hz >= low) & (rates_hz < high)].sum(axis=1) for low, high in pairwise(MODULATION_EDGES_HZ)
    ]
    decibels = 10.0 * np.log10(np.stack(summed, axis=1) + 1e-3)
    return np.concatenate([decibels[group].mean(axis=0) for group in MODULATION_BANDS])


@cache
def _split_means(size: int) -> FloatArray:
    """Matrix (size, 7) that averages the mel bands of each modulation band."""
    matrix = np.zeros((size, len(MODULATION_SPLITS) + 1), dtype=np.float32)
    for column, (first, last) in enumerate(pairwise((0, *MODULATION_SPLITS, size))):
        matrix[first:last, column] = 1.0 / (last - first)
    return matrix


def _repetition(level_db: FloatArray) -> FloatArray:
    """Autocorrelation of the onsets, its highest value within each quarter octave of tempo; shape (14,)."""
    rise = np.empty(len(level_db) - ONSET_LAG_FRAMES, dtype=np.float32)
    share = np.full(level_db.shape[1], 1.0 / level_db.shape[1], dtype=np.float32)
    for start in range(0, len(rise), PART_ROWS):
        part = level_db[start : start + PART_ROWS + ONSET_LAG_FRAMES]
        grown = part[ONSET_LAG_FRAMES:] - part[:-ONSET_LAG_FRAMES]
        np.matmul(np.maximum(grown, 0.0, out=grown), share, out=rise[start : start + PART_ROWS])
    rise -= rise.mean()
    size = quick_size(2 * rise.size)
    spectrum = real_transform(rise, size)
    correlation = np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size)[: rise.size]
    correlation /= max(float(correlation[0]), float(_TINY))
    correlation *= rise.size / np.arange(rise.size, 0, -1)
    steps = np.arange(TEMPO_BINS * LAGS_A_BIN) / LAGS_A_BIN
    lags = 60.0 * POOLED_RATE_HZ / (SLOWEST_BPM * 2.0 ** (steps / 4.0))
    values = np.interp(lags, np.arange(rise.size), correlation)
    return values.reshape(TEMPO_BINS, LAGS_A_BIN).max(axis=1)


def _tones(notes: Notes) -> dict[str, FloatArray]:
    """All groups computed from the notes, at least four frames of them."""
    return {
        "harmony": _harmony(notes.semitones @ fold_matrix()),
        "intervals": _intervals(scaled_to_length(notes.peaks)),
        "tonality": _tonality(notes.peaks, np.sqrt(notes.semitones)),
        "register": _register(notes.semitones),
    }


def _intervals(directions: FloatArray) -> FloatArray:
    """How strongly each interval sounds: shape (12,)."""
    pairs = ((directions[:, k:], directions[:, :-k]) for k in range(1, INTERVALS + 1))
    return np.array([np.einsum("ns,ns->n", upper, lower).mean() for upper, lower in pairs])


def _tonality(tones: FloatArray, root: FloatArray) -> FloatArray:
    """Tonal share in each register: shape (6,)."""
    registers = zip(*(np.split(part, TONALITY_REGISTERS, axis=1) for part in (tones, root)), strict=True)
    return np.array([(t.sum(axis=1) / (r.sum(axis=1) + _TINY)).mean() for t, r in registers])


def _register(semitones: FloatArray) -> FloatArray:
    """Shape of the semitone spectrum: shape (8,)."""
    power = np.stack([np.square(part).mean(axis=1) for part in np.split(semitones, REGISTERS, axis=1)], axis=1)
    power_db = 10.0 * np.log10(power / max(float(power.mean()), float(_TINY) ** 2) + 10.0 ** (FLOOR_DB / 10.0))
    return (power_db @ _cosines(REGISTERS, REGISTER_COEFFICIENTS + 1)[:, 1:]).mean(axis=0)


def _harmony(chroma: FloatArray) -> FloatArray:
    """Features of the chroma that don't depend on the key: shape (12,)."""
    strength = chroma.sum(axis=1)
    share = chroma / (strength[:, None] + _TINY)
    weight = strength / (strength.sum() + _TINY)
    mean = weight @ share
    entropies = -(share * np.log(share + _TINY)).sum(axis=1)
    directions = scaled_to_length(share)
    changes = [
        1.0 - float(np.einsum("nc,nc->n", directions[lag:], directions[:-lag]).mean()) if lag < len(chroma) else 0.0
        for lag in CHANGE_LAGS
    ]
    return np.array(
        [
            *(weight @ np.abs(real_transform(share))[:, 1:]),
            weight @ entropies,
            -(mean * np.log(mean + _TINY)).sum(),
            entropies.std(),
            *changes,
        ]
    )
