"""A small library of songs, and a set recorded of them: sped up, faded into each other, with one that nobody has."""

from functools import cache
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray
from signals import RATE_HZ

from map4 import Library
from map4.plugins import inline_lanes

Samples = NDArray[np.float32]

SONG_S = 45.0
FIRST_SPEED, FADE_S, SECOND_FROM_S, SECOND_LASTS_S, STRANGE_S = 1.06, 8.0, 6.0, 36.0, 24.0
"""The first song is played whole and 6 % faster; the second one fades in over its last 8 s, from its sixth second on;
then comes one that no library has."""
FIRST_END_S = SONG_S / FIRST_SPEED
SECOND_START_S = FIRST_END_S - FADE_S
SECOND_END_S = SECOND_START_S + SECOND_LASTS_S
SET_S = SECOND_END_S + STRANGE_S


@cache
def song(seed: int, seconds: float = SONG_S) -> Samples:
    """Drums, a bass line and a melody drawn by a number, in which no two bars are the same."""
    rng = np.random.default_rng([5, seed])
    y = np.zeros(round((seconds + 2.0) * RATE_HZ))
    beat_s = 60.0 / float(rng.uniform(100.0, 140.0))
    for beat in range(int(seconds / beat_s)):
        for part in range(2):
            at = (beat + part / 2.0) * beat_s
            _add(y, at, _hit(rng, 60.0 if part == 0 else 4000.0), 0.8 if part == 0 else 0.3)
            for low, high, level in ((36, 55, 0.5), (55, 72, 0.4), (67, 90, 0.35)):
                if rng.random() < 0.7:
                    hz = 440.0 * 2.0 ** ((int(rng.integers(low, high)) - 69) / 12.0)
                    _add(y, at, _note(hz, float(rng.uniform(0.2, 1.2))), level * float(rng.uniform(0.4, 1.0)))
    y = y[: round(seconds * RATE_HZ)]
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def _add(y: NDArray[np.float64], at_s: float, sound: NDArray[np.float64], level: float) -> None:
    begin = round(at_s * RATE_HZ)
    part = sound[: max(0, len(y) - begin)]
    y[begin : begin + len(part)] += level * part


def _hit(rng: np.random.Generator, hz: float) -> NDArray[np.float64]:
    from scipy.signal import sosfilt  # slow

    t = np.arange(round(0.12 * RATE_HZ)) / RATE_HZ
    return np.asarray(sosfilt(_filter(hz), rng.standard_normal(t.size)) * np.exp(-t * 30.0))


@cache
def _filter(hz: float) -> NDArray[np.float64]:
    from scipy.signal import butter

    return np.asarray(butter(2, hz, "lowpass" if hz < 1000 else "highpass", fs=RATE_HZ, output="sos"))


def _note(hz: float, seconds: float) -> NDArray[np.float64]:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    partials = sum(np.sin(2.0 * np.pi * hz * number * t) / number for number in (1, 2, 3, 4))
    return np.asarray(partials * np.exp(-t * 4.0))


@cache
def recorded_set() -> Samples:
    """What is heard from the first song to the one that nobody has."""
    y = np.zeros(round(SET_S * RATE_HZ), dtype=np.float32)
    # Faster by so much, and higher too.
    first = soxr.resample(song(1), RATE_HZ * FIRST_SPEED, RATE_HZ).astype(np.float32)
    second = song(2)[round(SECOND_FROM_S * RATE_HZ) :][: round(SECOND_LASTS_S * RATE_HZ)].copy()
    fade = np.linspace(0.0, 1.0, round(FADE_S * RATE_HZ), dtype=np.float32)
    first = first[: round(FIRST_END_S * RATE_HZ)]
    first[-len(fade) :] *= fade[::-1]
    second[: len(fade)] *= fade
    for at_s, part in ((0.0, first), (SECOND_START_S, second), (SECOND_END_S, song(99, STRANGE_S))):
        begin = round(at_s * RATE_HZ)
        part = part[: len(y) - begin]
        y[begin : begin + len(part)] += part
    return y


def make_songs(folder: Path, count: int = 4) -> list[Path]:
    """Files of the songs of a library; the set plays the first two."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"song-{number}.flac" for number in range(1, count + 1)]
    for number, path in enumerate(paths, start=1):
        sf.write(path, song(number), RATE_HZ)
    return paths


def make_library(folder: Path) -> Path:
    """A library `sets.map4` of four songs in `folder`, and `set.flac`, the recording."""
    make_songs(folder / "songs")
    sf.write(folder / "set.flac", recorded_set(), RATE_HZ)
    library = folder / "sets.map4"
    with Library.open(library, lanes=inline_lanes) as opened:
        opened.scan(folder / "songs")
    return library
