"""Energy and the twelve HAMMS numbers: each mapping at its anchors, and on signals whose answer is known."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from signals import Pattern, cadence, clicks, drone, drum_loop, mix, sine, speech_like, stereo, white_noise  # fmt: skip
from spectra import spectra_of

from map4.core.dsp.loudness.loudness import LoudnessMeter
from map4.core.dsp.rhythm.groove import Groove
from map4.core.dsp.rhythm.rhythm import estimate_rhythm
from map4.core.dsp.sound import descriptors
from map4.core.dsp.sound.descriptors import Description, Timbre, describe
from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.core.dsp.tonal.key import Tonality, estimate_tonality
from map4.core.music.analysis.analysis import KeyEstimate, Tempo
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.track.hamms import HAMMS_NAMES

MIDDLE = Timbre(
    sparsity=0.47, low_modulation=0.45, high_modulation=0.23, centroid_hz=1095.4, bandwidth_hz=900.0,
    rolloff_hz=2000.0, flatness=0.01,
)  # fmt: skip
"""Every cue in the middle of its range: sqrt(200 * 6000) = 1095.4."""
MACHINE = Groove(repetition=0.9, kick_evenness=0.9, kick_dominance=0.9)


def described(y: np.ndarray) -> Description:
    spectra = spectra_of(y)
    return describe(spectra, estimate_rhythm(spectra), estimate_tonality(spectra))


def hamms_of(y: np.ndarray) -> dict[str, float | None]:
    hamms = described(y).hamms
    return dict(zip(HAMMS_NAMES, hamms.vector, strict=True))


def number(y: np.ndarray, name: str) -> float:
    return hamms_of(y)[name]


def tempo(bpm: float) -> Tempo:
    return Tempo(bpm=bpm, confidence=0.9, stability=0.97)


def key(text: str, confidence: float = 1.0) -> KeyEstimate:
    return KeyEstimate(key=Key.parse(text), confidence=confidence)


# The mappings at their anchors.


@pytest.mark.parametrize(
    ("scaled", "cases"),
    [
        (lambda bpm: descriptors.map_bpm(tempo(bpm)),
         [(45, 0.0), (60, 0.0), (128, 0.485714), (130, 0.5), (200, 1.0), (240, 1)]),
        (descriptors.map_spectral_centroid,
         [(0.0, 0.0), (100, 0.0), (200, 0.0), (1095.445, 0.5), (6000, 1.0), (9000, 1.0)]),
        (descriptors.map_instrumentalness, [(0.0, 0.4), (0.375, 0.5), (0.75, 0.6), (1.0, 0.6)]),
    ],
    ids=["bpm", "centroid", "instrumentalness"],
)  # fmt: skip
def test_hamms_numbers_are_scaled(scaled: Callable[[float], float], cases: list[tuple[float, float]]) -> None:
    for value, expected in cases:
        assert scaled(value) == pytest.approx(expected, abs=1e-6)


def test_hamms_key_is_on_the_camelot_circle_and_dynamic_range_is_mapped() -> None:
    # (n - 1) / 24, + .5 for B: the whole table, from 1A = 0 to 12B = 23/24.
    for number_, letter in ((n, letter) for n in range(1, 13) for letter in "AB"):
        value = descriptors.map_key(KeyEstimate(key=Key.from_camelot(number_, letter), confidence=0.5))
        assert value == pytest.approx((number_ - 1) / 24 + {"A": 0.0, "B": 0.5}[letter])
    values = {descriptors.map_key(KeyEstimate(key=k, confidence=0.5)) for k in ALL_KEYS}
    assert len(values) == 24
    for range_lu, ratio_db, expected in (
        (0, 4, 0.0),
        (12, 17, 1.0),
        (6, 10.5, 0.5),
        (12, 4, 0.7),
        (None, 17, 1.0),
        (0, 5, 0.3 / 13),
        (20, 2, 0.7),
        (None, None, None),  # silence
    ):
        assert descriptors.map_dynamic_range(range_lu, ratio_db) == pytest.approx(expected)


def test_energy_covers_the_scale_and_rises_with_each_part() -> None:
    middle = descriptors.map_energy(MIDDLE, mean_lufs=-20, flux=0.18, kick=0.7)
    calm = replace(MIDDLE, sparsity=0.8, centroid_hz=150.0)
    wild = replace(MIDDLE, sparsity=0.1, centroid_hz=7000.0)
    assert middle == pytest.approx(0.5, abs=1e-4)
    assert descriptors.map_energy(calm, mean_lufs=-40, flux=0.0, kick=0.0) == 0.0
    assert descriptors.map_energy(wild, mean_lufs=-5, flux=0.5, kick=2.0) == pytest.approx(1.0)
    for part, change, gain in (
        ("timbre", {"sparsity": 0.345}, 0.5 * 0.25),
        ("timbre", {"centroid_hz": 6000.0}, 0.1 * 0.5),
        ("number", {"mean_lufs": -14.0}, 0.1 * 6 / 24),
        ("number", {"flux": 0.30}, 0.2 * 0.5),
        ("number", {"kick": 1.2}, 0.1 * 0.5),
    ):
        numbers = {"mean_lufs": -20.0, "flux": 0.18, "kick": 0.7}
        timbre = replace(MIDDLE, **{"timbre": change, "number": {}}[part])
        raised = descriptors.map_energy(timbre, **(numbers | {"timbre": {}, "number": change}[part]))
        assert raised - descriptors.map_energy(MIDDLE, **numbers) == pytest.approx(gain, abs=1e-4)


def test_danceability_rises_with_a_steady_pattern_and_valence_with_mode() -> None:
    assert descriptors.map_danceability(MIDDLE, None) == pytest.approx(0.35)
    assert descriptors.map_danceability(MIDDLE, MACHINE) == pytest.approx(0.65)
    assert descriptors.map_danceability(replace(MIDDLE, low_modulation=0.8), MACHINE) == pytest.approx(1.0)
    assert descriptors.map_danceability(replace(MIDDLE, low_modulation=0.0), None) == 0.0

    def valence(t: Tempo | None, k: KeyEstimate | None, entropy: float = 0.86) -> float:
        return descriptors.map_valence(MIDDLE, t, k, entropy=entropy)

    assert valence(None, None) == pytest.approx(0.5, abs=1e-4)
    assert valence(None, key("C")) == pytest.approx(0.7, abs=1e-4)
    assert valence(None, key("Cm", 0.5)) == pytest.approx(0.4, abs=1e-4)
    assert valence(tempo(200), None) == pytest.approx(0.65, abs=1e-4)
    assert valence(tempo(60), None) == pytest.approx(0.35, abs=1e-4)
    assert valence(None, None, 0.7) == pytest.approx(0.57, abs=1e-4)


def test_acousticness_is_high_for_piano_and_complexity_follows_entropy() -> None:
    assert descriptors.map_acousticness(MIDDLE, entropy=0.86) == pytest.approx(0.5)
    piano = replace(MIDDLE, sparsity=0.72, high_modulation=0.01)
    hats = replace(MIDDLE, sparsity=0.15, high_modulation=0.5)
    assert descriptors.map_acousticness(piano, entropy=0.7) == pytest.approx(1.0)
    assert descriptors.map_acousticness(hats, entropy=1.0) == pytest.approx(0.0)

    def complexity(k: KeyEstimate | None, entropy: float, change_rate: float) -> float | None:
        tonality = Tonality(key=k, chroma=(0.0,) * 12, entropy=entropy, change_rate=change_rate)
        return descriptors.map_harmonic_complexity(tonality)

    assert complexity(None, 1.0, 1.0) is None
    assert complexity(key("Am"), 0.86, 0.35) == pytest.approx(0.5)
    assert complexity(key("Am"), 0.5, 0.0) == 0.0
    assert complexity(key("Am"), 1.0, 0.9) == pytest.approx(1.0)


def test_rhythmic_pattern_follows_the_evenness_of_the_kick() -> None:
    for groove, expected in (
        (None, 0.0),
        (MACHINE, 1.0),
        (replace(MACHINE, kick_evenness=0.1), 0.5),
        (replace(MACHINE, kick_dominance=0.0), 0.75),
        (replace(MACHINE, repetition=0.05), 0.0),
        (replace(MACHINE, repetition=0.45, kick_evenness=0.0), 0.25),
        (replace(MACHINE, repetition=0.45, kick_evenness=0.625), 0.375),
    ):
        assert descriptors.map_rhythmic_pattern(groove) == pytest.approx(expected)
    for bpm in (110, 128, 140):
        assert number(drum_loop(bpm, 12.0), "rhythmic_pattern") > 0.9


# Whole signals.


@pytest.mark.parametrize(("pattern", "bpm"), [("breakbeat", 140), ("rock", 120)])
def test_rhythmic_pattern_of_broken_beats_is_near_a_half(pattern: Pattern, bpm: float) -> None:
    assert number(drum_loop(bpm, 12.0, pattern=pattern), "rhythmic_pattern") == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("y", [drone((48, 55, 64), 10.0), white_noise(10.0)], ids=["drone", "noise"])
def test_sound_without_a_beat_has_no_rhythmic_pattern(y: np.ndarray) -> None:
    vector = hamms_of(y)
    assert vector["rhythmic_pattern"] == 0.0
    assert vector["bpm"] is None
    assert vector["tempo_stability"] is None
    assert vector["danceability"] is not None
    assert vector["danceability"] < 0.2


def test_speech_drum_machines_and_modes_have_their_descriptors() -> None:
    assert number(speech_like(12.0), "rhythmic_pattern") < 0.4
    vector = hamms_of(mix(drum_loop(126, 16.0), cadence(9, "minor", 16.0) * np.float32(0.3)))
    assert vector["tempo_stability"] == pytest.approx(1.0, abs=0.03)
    assert vector["bpm"] == pytest.approx((126 - 60) / 140, abs=0.002)
    assert vector["danceability"] is not None
    assert vector["danceability"] > 0.7
    assert number(cadence(0, "major", 8.0), "valence") > number(cadence(0, "minor", 8.0), "valence") + 0.2
    assert number(cadence(0, "major", 10.0), "acousticness") > 0.8
    assert number(drum_loop(120, 10.0), "acousticness") < 0.2
    assert number(sine(1095.445, 5.0), "spectral_centroid") == pytest.approx(0.5, abs=0.01)


def energies(*signals: np.ndarray) -> list[float]:
    values = [described(y).energy for y in signals]
    assert None not in values
    return [value for value in values if value is not None]


def rises(values: list[float], by: float) -> bool:
    return all(b - a > 0 for a, b in pairwise(values)) and values[-1] - values[0] > by


def test_energy_rises_with_drums_onsets_brightness_and_level() -> None:
    chords, drums = 0.3 * cadence(9, "minor", 8.0), drum_loop(126, 8.0)
    assert rises(energies(*((chords + g * drums).astype("f4") for g in (0.0, 0.1, 0.3, 0.6, 1.0))), by=0.1)
    chords = 0.3 * cadence(9, "minor", 8.0)
    hits = [0.5 * drum_loop(bpm, 8.0) for bpm in (60, 90, 130, 180)]
    assert rises(energies(*((chords + y).astype("f4") for y in hits)), by=0.05)
    y = mix(drum_loop(120, 8.0), cadence(9, "minor", 8.0))
    air = np.diff(white_noise(8.0, level=0.1), prepend=np.float32(0))
    assert rises(energies(*((0.5 * y + g * air).astype("f4") for g in (0.0, 0.03, 0.1, 0.3))), by=0.1)
    y = mix(drum_loop(124, 8.0), cadence(4, "minor", 8.0))
    loud, soft = hamms_of(y), hamms_of(y * np.float32(10 ** (-10 / 20)))
    assert loud["energy"] is not None
    assert soft["energy"] == pytest.approx(loud["energy"] - 0.1 * 10 / 24, abs=0.01)
    for name in set(HAMMS_NAMES) - {"energy"}:
        assert soft[name] == pytest.approx(loud[name], abs=0.01), name


@pytest.mark.parametrize("seconds", [0.4, 1.0, 4.0])
@pytest.mark.parametrize("kind", ["clicks", "noise", "drone"])
def test_descriptors_of_any_signal_are_within_bounds(kind: str, seconds: float) -> None:
    y = {"clicks": clicks(120, seconds), "noise": white_noise(seconds), "drone": drone((50, 57), seconds)}[kind]
    description = described(y)
    hamms, spectrum = description.hamms, description.spectrum
    known = [value for value in hamms.vector if value is not None]
    assert len(known) >= 7
    assert {type(value) for value in (*known, description.energy, hamms.confidence)} == {float}
    of_here = [
        name for name in spectrum.__dataclass_fields__ if not name.startswith("cutoff")
    ]  # those are measured elsewhere
    assert {type(getattr(spectrum, name)) for name in of_here} == {float}


def test_cancelled_channels_have_no_description_and_noise_less_confidence() -> None:
    spectral_pass = SpectralPass()
    y = white_noise(5.0)
    spectral_pass.feed(stereo(y, -y).mean(axis=1))
    spectra = spectral_pass.finish()
    meter = LoudnessMeter(22_050, 2)
    meter.feed(stereo(y, -y))
    measured = meter.finish()
    assert measured.loudness.integrated_lufs is not None
    description = describe(spectra, estimate_rhythm(spectra), estimate_tonality(spectra))
    assert description == Description(energy=None, hamms=None, spectrum=None)
    # Noise has neither tempo nor key: .8 - .2 - .1.
    noise = described(white_noise(5.0)).hamms
    assert noise.confidence == pytest.approx(0.5)
