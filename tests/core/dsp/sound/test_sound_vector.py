"""The sound vector: what moves it, what leaves it alone, and when there is none."""

from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from signals import cadence, clicks, drum_loop, mix, silence, sine, white_noise
from spectra import spectra_of

from map4.core.dsp.sound.sound_vector import sound_vector
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.inside import SoundVector

SECONDS = 12.0
ENDS = list(accumulate(group.size for group in SoundVector.GROUPS))
PLACE = {group.name: slice(end - group.size, end) for group, end in zip(SoundVector.GROUPS, ENDS, strict=True)}


def vector_of(y: np.ndarray) -> np.ndarray:
    return sound_vector(spectra_of(y))


def band(bpm: float = 120.0, tonic: int = 9, mode: str = "minor", seconds: float = SECONDS) -> np.ndarray:
    return mix(drum_loop(bpm, seconds), cadence(tonic, mode, seconds))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rock() -> np.ndarray:
    return band()


@pytest.fixture(scope="module")
def vector(rock: np.ndarray) -> np.ndarray:
    return vector_of(rock)


def test_sound_vector_has_128_finite_values_that_hardly_change(vector: np.ndarray, rock: np.ndarray) -> None:
    assert vector.shape == (SoundVector.SIZE,)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert np.abs(vector).max() < 1000.0  # half precision holds 65,504
    transposed = np.abs(vector_of(band(tonic=11)) - vector)
    softer = np.abs(vector_of(mix(0.1 * drum_loop(120, SECONDS), cadence(9, "minor", SECONDS))) - vector)
    for name in ("harmony", "intervals", "tonality"):
        assert transposed[PLACE[name]].mean() < 0.5 * softer[PLACE[name]].mean()
    assert vector_of(0.1 * rock) == pytest.approx(vector, abs=0.05)
    again = vector_of(np.concatenate([rock, rock]))
    # The seam and the ends weigh in; nothing may grow with the length.
    assert np.abs(again - vector).max() < 1.5
    assert np.abs(again - vector).mean() < 0.2
    hiss = sine(9000.0, SECONDS, level=0.2)
    moved = np.abs(vector_of(rock + hiss) - vector)
    assert moved[PLACE["mfcc"]].max() < 2.0


def test_vector_separates_tempi_tonality_and_brightness() -> None:
    # Quarter octaves from 42 BPM on: the sixth holds 120-143 BPM, the eighth 170-202.
    chords = 0.05 * cadence(9, "minor", SECONDS)
    slow, fast = (vector_of(mix(clicks(bpm, SECONDS), chords))[PLACE["tempo"]] for bpm in (130.0, 185.0))
    assert slow[6] > slow[8] + 0.5
    assert fast[8] > fast[6] + 0.5
    noise = vector_of(white_noise(SECONDS))[PLACE["tonality"]]
    chords = vector_of(cadence(0, "major", SECONDS))[PLACE["tonality"]]
    assert chords[1:4].mean() > noise[1:4].mean() + 0.2
    dark, bright = (vector_of(sine(hz, SECONDS) + 0.01 * white_noise(SECONDS))[0] for hz in (150.0, 4000.0))
    assert dark > bright + 20.0


@pytest.mark.parametrize("pause_s", [0.0, 20.0])
def test_silence_around_music_keeps_its_timbre(rock: np.ndarray, vector: np.ndarray, pause_s: float) -> None:
    padded = vector_of(np.concatenate([silence(pause_s), rock]))
    assert padded[PLACE["mfcc"]] == pytest.approx(vector[PLACE["mfcc"]], abs=6.0)


def test_too_little_sound_or_no_notes_give_no_vector(rock: np.ndarray) -> None:
    for y in (silence(10.0), np.zeros(0), sine(440.0, 2.9), np.concatenate([sine(440.0, 0.3), silence(9.0)])):
        assert sound_vector(spectra_of(y)) is None
    spectra = spectra_of(rock)
    assert sound_vector(replace(spectra, pitch=Packed.of(np.zeros(spectra.pitch.shape, dtype=np.float32)))) is None
