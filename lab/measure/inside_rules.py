"""Simple rules for bars, phrases and cues, as anybody writes them in an hour, to compare map4 with.

All of them work on map4's own beats. The rule for the phase of the bar sums what changes on a beat: chords, bass notes,
low drums, less the snare that marks 2 and 4. Phrases are peaks of a checkerboard's novelty over beat-wise chroma, as
MSAF does it [1]_, moved to the nearest of these bars. Cues follow the level of the lows in units of eight bars.

References
----------
.. [1] Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr

RATE_HZ = 22_050
FFT, HOP = 4096, 512
LOW_HZ, SNARE_HZ, BASS_HZ, CHORD_HZ = (35.0, 120.0), (1500.0, 4000.0), (45.0, 220.0), (220.0, 2000.0)
METRE = 4
UNIT_BARS = 8
KERNEL_BEATS = 32
"""Reach of the checkerboard to both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatFeatures:
    """One row a beat: change of chords and of bass notes, onsets of low drums and snares, chroma, level of lows."""

    chords: np.ndarray
    bass: np.ndarray
    low: np.ndarray
    snare: np.ndarray
    chroma: np.ndarray
    low_level: np.ndarray


def simple_answer(y: np.ndarray, rate_hz: int, beats_s: Sequence[float]) -> dict[str, Any] | None:
    """`phase` (number of the first beat that begins a bar), `boundaries_s`, `cues`; None below two bars.

    Below sixteen bars there are neither boundaries nor cues.
    """
    if len(beats_s) < 2 * METRE:
        return None
    beats = np.asarray(beats_s)
    features = beat_features(y, rate_hz, beats)
    phase = first_downbeat(features)
    if len(beats_s) < 2 * METRE * UNIT_BARS:
        return {"phase": phase, "boundaries_s": [], "cues": []}
    peaks = [phase + METRE * round((peak - phase) / METRE) for peak in novelty_peaks(features.chroma)]
    bars = sorted({peak for peak in peaks if 0 < peak < len(beats) - 1})
    return {
        "phase": phase,
        "boundaries_s": [float(beats[0]), *beats[bars].tolist(), float(beats[-1])],
        "cues": cues_by_level(features.low_level, beats, phase),
    }


def beat_features(y: np.ndarray, rate_hz: int, beats_s: np.ndarray) -> BeatFeatures:
    """What happens on and until the next of the beats."""
    if rate_hz != RATE_HZ:
        y = soxr.resample(y, rate_hz, RATE_HZ)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(y.astype(np.float32), FFT // 2), FFT)[::HOP]
    power = np.concatenate(
        [np.abs(np.fft.rfft(part * np.hanning(FFT).astype(np.float32), axis=1)).astype(np.float32)
         for part in np.array_split(frames, max(1, len(frames) // 512))]
    )  # fmt: skip
    hz = np.fft.rfftfreq(FFT, 1.0 / RATE_HZ)
    at = np.clip((beats_s * RATE_HZ / HOP).astype(int), 0, len(power) - 1)
    onset = {band: _flux(power[:, (hz >= band[0]) & (hz < band[1])]) for band in (LOW_HZ, SNARE_HZ)}
    near = {band: np.array([flux[max(0, frame - 2) : frame + 4].max(initial=0.0) for frame in at])
            for band, flux in onset.items()}  # fmt: skip
    chroma = {band: _by_beat(_chroma(power, hz, band), at) for band in (CHORD_HZ, BASS_HZ)}
    level = _by_beat(power[:, (hz >= LOW_HZ[0]) & (hz < LOW_HZ[1])].mean(axis=1, keepdims=True), at)[:, 0]
    change = {band: np.concatenate([[0.0], 1.0 - (rows[1:] * rows[:-1]).sum(axis=1)]) for band, rows in chroma.items()}
    return BeatFeatures(chords=change[CHORD_HZ], bass=change[BASS_HZ], low=near[LOW_HZ], snare=near[SNARE_HZ],
                        chroma=chroma[CHORD_HZ], low_level=level)  # fmt: skip


def _flux(power: np.ndarray) -> np.ndarray:
    log = np.log1p(power)
    return np.concatenate([[0.0], np.maximum(0.0, np.diff(log, axis=0)).mean(axis=1)])


def _chroma(power: np.ndarray, hz: np.ndarray, band: tuple[float, float]) -> np.ndarray:
    used = (hz >= band[0]) & (hz < band[1])
    classes = np.round(12 * np.log2(hz[used] / 440.0)).astype(int) % 12
    return power[:, used] @ np.eye(12, dtype=np.float32)[classes]


def _by_beat(rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Mean of the rows from each beat to the next; chroma get length 1."""
    sums = np.add.reduceat(rows, np.minimum(at, len(rows) - 1), axis=0)
    if rows.shape[1] > 1:
        return sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)
    return sums / np.maximum(1, np.diff([*at, len(rows)]))[:, None]


def first_downbeat(features: BeatFeatures) -> int:
    """Which of the first four beats begins a bar."""
    weighted = ((1.0, features.chords), (1.0, features.bass), (0.5, features.low), (-1.0, features.snare))
    total = np.sum([weight * _standard(values) for weight, values in weighted], axis=0)
    return int(np.argmax([total[phase::METRE].mean() for phase in range(METRE)]))


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() + 1e-9)


def novelty_peaks(chroma: np.ndarray) -> list[int]:
    """Beats at which a checkerboard finds that something else begins."""
    count = len(chroma)
    likeness = chroma @ chroma.T
    reach = min(KERNEL_BEATS, count // 4)
    window = np.exp(-0.5 * (np.arange(-reach, reach) / (0.5 * reach)) ** 2)
    signs = np.sign(np.arange(-reach, reach) + 0.5)
    kernel = np.outer(window * signs, window * signs)
    padded = np.pad(likeness, reach, mode="edge")
    novelty = np.array([(padded[at : at + 2 * reach, at : at + 2 * reach] * kernel).sum() for at in range(count)])
    floor = novelty.mean() + 0.3 * novelty.std()
    return [at for at in range(8, count - 8)
            if novelty[at] > floor and novelty[at] == novelty[max(0, at - 8) : at + 9].max()]  # fmt: skip


def cues_by_level(low_level: np.ndarray, beats_s: np.ndarray, phase: int) -> list[tuple[str, float]]:
    """Cues where the level of the lows jumps between units of eight bars."""
    unit = METRE * UNIT_BARS
    starts = list(range(phase, len(beats_s) - unit // 2, unit))
    level = np.array([low_level[start : start + unit].mean() for start in starts])
    loud = level > 0.4 * np.percentile(level, 90)
    found = [("first_beat", phase)]
    if loud.any():
        units = np.flatnonzero(loud)
        found += [("mix_in", starts[units[0]]), ("mix_out", starts[units[-1]])]
    found.append(("outro", starts[-1]))
    for at in range(1, len(starts)):
        if loud[at] != loud[at - 1] and loud[: at + 1].sum() > 1:
            found.append(("drop" if loud[at] else "break", starts[at]))
    return [(kind, round(float(beats_s[beat]), 4)) for kind, beat in found]
