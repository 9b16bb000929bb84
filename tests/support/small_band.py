"""A small band whose first beats are known, and what the analysis needs to hear its bars."""

from functools import cache

import numpy as np
import numpy.typing as npt
from spectra import spectra_of

from map4.core.dsp.rhythm.rhythm import Rhythm, estimate_rhythm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra

Samples = npt.NDArray[np.float64]

BEAT_S = 0.5
CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))


def heard(samples: Samples) -> tuple[Spectra, Notes, Rhythm]:
    spectra = spectra_of(samples.astype(np.float32))
    return spectra, Notes.of(spectra.pitch, spectra.tuning_semitones), estimate_rhythm(spectra)


@cache
def tone(midi: float, length_s: float) -> Samples:
    t = np.arange(round(length_s * ShortWindow.SAMPLE_RATE_HZ)) / ShortWindow.SAMPLE_RATE_HZ
    wave = sum(np.sin(2.0 * np.pi * 440.0 * 2.0 ** ((midi - 69) / 12) * k * t) / k for k in (1, 2, 3))
    return np.asarray(wave * np.exp(-1.5 * t))


def band(
    places: list[int], *, drums: bool = True, hats: int = 2, notes: bool = True, beat_s: float = BEAT_S
) -> tuple[Samples, Samples]:
    """A kick on each first beat, a snare before the bar's end, a hi-hat, and a chord a bar with its root in the bass.

    Parameters
    ----------
    places : place of each beat in its bar
    hats : how many a beat
    notes : with chords and bass
    beat_s : seconds from beat to beat

    Returns
    -------
    The sound, and the times of the first beats.
    """
    rng = np.random.default_rng(0)
    start_s = 0.3
    y = np.zeros(round((start_s + (len(places) + 2) * beat_s) * ShortWindow.SAMPLE_RATE_HZ))

    def add(at_s: float, sound: Samples) -> None:
        first = round(at_s * ShortWindow.SAMPLE_RATE_HZ)
        y[first : first + sound.size] += sound[: y.size - first]

    short = np.arange(round(0.15 * ShortWindow.SAMPLE_RATE_HZ)) / ShortWindow.SAMPLE_RATE_HZ
    kick = np.sin(2.0 * np.pi * 60.0 * short) * np.exp(-18.0 * short)
    snare = rng.normal(size=short.size) * np.exp(-25.0 * short)
    hat = np.diff(rng.normal(size=short.size + 1)) * np.exp(-60.0 * short)
    bar = -1
    for number, place in enumerate(places):
        at_s = start_s + number * beat_s
        if place == 0:
            bar += 1
            root = CHORDS[bar % len(CHORDS)] if notes else ()
            for interval in root:
                add(at_s, 0.1 * tone(60 + interval, 4 * beat_s))
            for bass in root[:1]:
                add(at_s, 0.25 * tone(36 + bass % 12, 2 * beat_s))
        if drums:
            add(at_s, 0.1 * hat)
            for part in range(1, hats):
                add(at_s + part * beat_s / hats, 0.07 * hat)
            if place in (0, 2):
                add(at_s, 0.8 * kick)
            if place in (1, 3):
                add(at_s, 0.4 * snare)
        else:
            add(at_s, 0.08 * tone(72 + (0, 4, 7, 4)[place % 4], beat_s))
    return y, np.array([start_s + n * beat_s for n, place in enumerate(places) if place == 0])
