"""Music in parts of known length, with its bars, as the analysis hears it."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from signals import Signal, cadence, drum_loop, mix, silence
from spectra import spectra_of

from map4.core.dsp.inside.phrases import energy_course
from map4.core.dsp.rhythm.rhythm import Rhythm, estimate_rhythm
from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.music.analysis.inside import Bars, Metre

BPM = 120.0
BAR_S = 2.0
ENERGY = 0.5

Part = tuple[int, str]
"""Bars, and what plays: any of d (drums), c (chords and bass), l (a melody of other chords), r (a rising noise)."""

HOUSE: tuple[Part, ...] = ((8, "d"), (16, "dc"), (8, "c"), (4, "r"), (16, "dcl"), (8, "d"))
"""Intro, main part, break, build, drop, outro; 60 bars."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """What the analysis knows of a track before its phrases."""

    spectra: Spectra
    notes: Notes
    rhythm: Rhythm
    bars: Bars
    energy: FloatArray


@cache
def heard(parts: tuple[Part, ...], *, confidence: float = 1.0) -> Heard:
    """Listen to these parts one after the other; the bars are the true ones."""
    y = np.concatenate([_played(bars * BAR_S, what) for bars, what in parts])
    spectra = spectra_of(y)
    count = sum(bars for bars, _ in parts)
    return Heard(
        spectra=spectra,
        notes=Notes.of(spectra.pitch, spectra.tuning_semitones),
        rhythm=estimate_rhythm(spectra),
        bars=Bars(
            downbeats_s=tuple(BAR_S * bar for bar in range(count)),
            confidence=confidence,
            metre=Metre(beats_per_bar=4, confidence=1.0),
        ),
        energy=energy_course(spectra.mel_power, ENERGY),
    )


def _played(seconds: float, what: str) -> Signal:
    layers = [silence(seconds)]
    if "d" in what:
        layers.append(0.6 * drum_loop(BPM, seconds))
    if "c" in what:
        layers.append(0.5 * cadence(9, "minor", seconds, chord_s=BAR_S))
    if "l" in what:
        layers.append(0.35 * cadence(4, "minor", seconds, chord_s=BAR_S / 4))
    if "r" in what:
        noise = np.random.default_rng(2).normal(size=round(seconds * 22050))
        bright = np.diff(noise, prepend=0.0) * np.linspace(0.0, 0.12, noise.size)
        layers.append(bright.astype(np.float32))
    return mix(*layers)
