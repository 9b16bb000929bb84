"""Click tracks whose beats are known exactly, as files, and where their beats lie in a mix of them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf
from mixable_tracks import mixable_track
from signals import place

from map4.core.music.track.track import Track

Samples = npt.NDArray[np.float64]
FORM = ((0, "intro"), (8, "drop"), (20, "outro"))
A_HZ, B_HZ = 700.0, 3000.0
PING_S = 0.04


def written(folder: Path, name: str, track: Track, signal: npt.NDArray[np.float32], rate_hz: int) -> Track:
    path = folder / name
    sf.write(path, np.column_stack([signal, signal]), rate_hz)
    return replace(track, path=str(path))


def ping(hz: float, rate_hz: int) -> npt.NDArray[np.float32]:
    """A short tone of one pitch alone, loudest in its middle."""
    t = np.arange(round(PING_S * rate_hz)) / rate_hz - PING_S / 2
    return (0.7 * np.cos(2 * np.pi * hz * t) * np.exp(-0.5 * (t / (PING_S / 8)) ** 2)).astype(np.float32)


def clicking(
    folder: Path, name: str, bpm: float, hz: float, rate_hz: int, first_beat_s: float = 0.25, **made: Any
) -> Track:
    """A track with a ping at each beat; other arguments are those of `mixable_track`."""
    track = mixable_track(name, bpm, first_beat_s=first_beat_s, **{"beats": 112, "phrases": FORM, **made})
    at_s = np.array(track.analysis.beats_s) - PING_S / 2
    signal = place(ping(hz, rate_hz), at_s, track.analysis.duration_s, rate_hz=rate_hz)
    return written(folder, name, track, signal, rate_hz)


def pings_s(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    """Where the tones of a band are loudest, if they can be heard."""
    from scipy.signal import butter, find_peaks, sosfiltfilt  # a second, which not every process of tests needs

    band = np.abs(sosfiltfilt(butter(4, (low_hz, high_hz), "band", fs=44100, output="sos"), samples))
    peaks, _ = find_peaks(band, height=0.1 * band.max(), distance=4410)
    return peaks / 44100


def nearest_s(times: Iterable[float], others: Samples) -> Samples:
    return np.array([np.abs(others - time).min() for time in times])
