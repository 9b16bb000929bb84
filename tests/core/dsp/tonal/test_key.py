"""The key of music, its changes, and profiles of keys."""

from collections.abc import Callable

import numpy as np
import pytest
from lanes import sampled
from signals import Signal, cadence, chord, drone, drum_loop, mix, silence, sine, speech_like, sweep, white_noise
from spectra import spectra_of

from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.core.dsp.tonal.key import Tonality, estimate_key_map, estimate_tonality
from map4.core.dsp.tonal.key_scorer import ALBRECHT, BGATE, key_correlations
from map4.core.music.analysis.analysis import KeySegment
from map4.core.music.analysis.key import Key, Mode


def tonality(y: Signal) -> Tonality:
    return estimate_tonality(spectra_of(y))


def texture(tonic: int, mode: Mode, seconds: float, *, tuning_cents: float = 0.0) -> Signal:
    """A melody over broken chords and a bass: I-vi-IV-V (minor: i-VI-iv-V), a chord a second, the tonic at the end."""
    third, sixth, leading = (4, 9, 11) if mode == "major" else (3, 8, 11)
    chords = ((0, third, 7), (sixth, 12, 12 + third), (5, sixth, 12), (7, leading, 14))
    tune = ((third, 7), (12, sixth), (sixth, 5), (7, 2), (third, 2), (0, 0), (5, sixth), (7, leading))
    low, parts = 48 + tonic, []
    for second in range(int(seconds) - 1):
        tones = chords[second % 4]
        high = tune[second % 8]
        bass = chord((low - 12 + tones[0] % 12,), 1.0, tuning_cents=tuning_cents)
        broken = [chord((low + 12 + tones[k % 3],), 0.25, level=0.08, tuning_cents=tuning_cents) for k in range(4)]
        melody = [chord((low + 24 + note,), 0.5, tuning_cents=tuning_cents) for note in high]
        parts.append(mix(bass, np.resize(np.concatenate(broken), bass.size), np.concatenate(melody)))
    parts.append(chord((low - 12, low + 12, low + 12 + third, low + 19, low + 24), 1.0, tuning_cents=tuning_cents))
    return np.concatenate(parts)


def low_passed(y: Signal, highest_hz: float) -> Signal:
    spectrum = np.fft.rfft(y)
    spectrum[np.fft.rfftfreq(y.size, 1.0 / ShortWindow.SAMPLE_RATE_HZ) > highest_hz] = 0.0
    return np.fft.irfft(spectrum, y.size).astype(np.float32)


# Between equal temperaments: the ends of the octave and two tonics within it say what all twelve would.
@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize(("cents", "tonics"), [(-40.0, (3, 8)), (0.0, (0, 2, 5, 7, 9, 11)), (30.0, (1, 6))])
@pytest.mark.parametrize("music", sampled([cadence, texture], every=2), ids=["cadence", "texture"])
def test_keys_of_all_tonics_in_all_tunings_are_found(music, cents: float, tonics: tuple[int, ...], mode: Mode) -> None:
    found = [tonality(music(tonic, mode, 6.0, tuning_cents=cents)).key for tonic in tonics]
    assert [estimate and estimate.key for estimate in found] == [Key(tonic, mode) for tonic in tonics]
    assert [estimate.tuning_cents for estimate in found if estimate] == pytest.approx(len(tonics) * [cents], abs=3.0)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_simple_cadence_has_a_confident_key(mode: Mode) -> None:
    key = tonality(cadence(3, mode, 8.0)).key
    assert key.confidence > 0.8


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", [-8, 11, 12])
def test_key_does_not_depend_on_the_octave(tonic: int, mode: Mode) -> None:
    key = tonality(texture(tonic, mode, 12.0)).key
    assert key.key == Key(tonic % 12, mode)


def test_key_survives_drums_dullness_and_resampling() -> None:
    key = tonality(mix(cadence(9, "minor", 16.0), drum_loop(120, 16.0))).key
    assert key.key == Key(9, "minor")
    key = tonality(cadence(0, "major", 8.0)).key
    assert key.runner_up.key != key.key
    assert key.runner_up.confidence < key.confidence
    assert key.runner_up.confidence + key.confidence <= 1.0
    for tonic, mode in ((1, "major"), (6, "minor"), (10, "major"), (11, "minor")):
        import soxr

        y = texture(tonic, mode, 12.0)
        rate_hz = ShortWindow.SAMPLE_RATE_HZ
        there_and_back = soxr.resample(soxr.resample(y, rate_hz, 11025), 11025, rate_hz)
        for other in (low_passed(y, 4000.0), there_and_back):
            key, plain = tonality(other).key, tonality(y).key
            assert key.key == plain.key == Key(tonic, mode)
            assert key.confidence == pytest.approx(plain.confidence, abs=0.05)


def test_tones_drones_overtones_and_drums_have_no_key() -> None:
    patterns = ("four_on_the_floor", "rock", "breakbeat", "shuffle")
    tones = [sine(frequency_hz, 8.0) for frequency_hz in (60.0, 110.0, 440.0, 2000.0)]
    for y in (*tones, sweep(50.0, 8000.0, 20.0), *(drum_loop(120, 12.0, pattern=pattern) for pattern in patterns)):
        assert tonality(y).key is None
    for notes in ((60,), (48, 60), (60, 67), (50, 57), (40, 47), (36, 43, 48)):
        assert tonality(drone(notes, 8.0)).key is None
    for fundamental_hz, partials, slope in ((55.0, 8, 0.0), (98.0, 30, 0.0), (130.8, 16, 0.5), (220.0, 16, 1.0)):
        y = sum(sine(fundamental_hz * number, 8.0) * number**-slope for number in range(1, partials + 1))
        assert tonality(0.3 * y / np.abs(y).max()).key is None


def test_tunes_over_drones_and_held_chords_have_a_key() -> None:
    for notes in ((60, 64, 67), (48, 52, 55), (57, 60, 64)):
        tune = np.concatenate([drone((note,), 0.5) for _ in range(4) for note in notes])
        assert tonality(mix(tune, drone((notes[0] - 12,), 6.0))).key is not None
    for notes, mode in (((60, 64, 67), "major"), ((60, 63, 67), "minor"), ((36, 60, 63, 67), "minor")):
        key = tonality(drone(notes, 8.0)).key
        assert key.key == Key(0, mode)


@pytest.mark.parametrize("seconds", [4.0, 30.0])
@pytest.mark.parametrize("source", [white_noise, speech_like], ids=["noise", "speech"])
def test_noise_and_speech_have_no_key(source, seconds: float) -> None:
    assert tonality(source(seconds)).key is None


def test_harmony_follows_notes_and_chords_and_silence_has_none() -> None:
    for seconds in (0.0, 0.01, 5.0):
        assert tonality(silence(seconds)) == Tonality(key=None, chroma=(0.0,) * 12, entropy=0.0, change_rate=0.0)
    chroma = tonality(drone((60, 64, 67), 5.0)).chroma
    assert sum(chroma) == pytest.approx(1.0)
    assert set(np.argsort(chroma)[-3:]) == {0, 4, 7}
    note, three, noise = (tonality(y).entropy for y in (sine(440.0, 5.0), drone((60, 64, 67), 5.0), white_noise(5.0)))
    assert note < 0.2 < three < 0.8 < noise <= 1.0
    held, slow, fast = (
        tonality(y).change_rate
        for y in (drone((60, 64, 67), 16.0), cadence(0, "major", 16.0, chord_s=4.0), cadence(0, "major", 16.0))
    )
    assert held < 0.01
    assert 2 * slow < fast
    found = tonality(chord((60, 64, 67), 0.3))
    assert found.change_rate == 0.0
    assert 0.0 < found.entropy < 1.0
    # Direct current leaks a little into every filter, smoothly.
    found = tonality(np.full(ShortWindow.SAMPLE_RATE_HZ, 0.5, dtype=np.float32))
    assert found.key is None
    assert found.entropy == found.change_rate == 0.0


def test_quiet_frames_and_the_level_do_not_change_the_key() -> None:
    y = cadence(7, "major", 8.0)
    alone = tonality(y)
    hum = (0.002 * chord((61,), 8.0)).astype(np.float32)
    framed = tonality(np.concatenate([hum, y, hum]))
    np.testing.assert_allclose(framed.chroma, alone.chroma, atol=0.01)
    y = cadence(4, "minor", 8.0)
    loud, quiet = tonality(y), tonality((0.01 * y).astype(np.float32))
    np.testing.assert_allclose(quiet.chroma, loud.chroma, atol=1e-4)
    assert quiet.key.key == loud.key.key == Key(4, "minor")
    assert quiet.key.confidence == pytest.approx(loud.key.confidence, abs=1e-3)


def key_map(y: Signal) -> tuple[KeySegment, ...]:
    spectra = spectra_of(y)
    frames = estimate_tonality(spectra).frames
    return () if frames is None else estimate_key_map(frames, spectra.duration_s)


@pytest.mark.parametrize(("first", "second"), [((0, "major"), (2, "major")), ((9, "minor"), (0, "minor"))])
def test_key_change_is_located_within_a_window(first: tuple[int, Mode], second: tuple[int, Mode]) -> None:
    y = np.concatenate([cadence(*first, 40.0), cadence(*second, 40.0)])
    segments = key_map(mix(0.7 * y, 0.3 * drum_loop(120, 80.0)))
    assert [s.key for s in segments] == [Key(*first), Key(*second)]
    assert segments[0].end_s == segments[1].start_s == pytest.approx(40.0, abs=9.0)
    assert (segments[0].start_s, segments[1].end_s) == (0.0, 80.0)
    assert min(s.confidence for s in segments) >= 0.75


def test_returning_key_gives_three_parts_and_silence_is_no_change() -> None:
    y = np.concatenate([cadence(5, "major", 36.0), cadence(8, "major", 36.0), cadence(5, "major", 36.0)])
    assert [s.key for s in key_map(y)] == [Key(5, "major"), Key(8, "major"), Key(5, "major")]
    assert key_map(np.concatenate([cadence(2, "minor", 30.0), silence(30.0), cadence(2, "minor", 30.0)])) == ()


@pytest.mark.parametrize(
    "made",
    [
        lambda: cadence(7, "major", 60.0),
        lambda: cadence(4, "minor", 20.0),
        lambda: white_noise(40.0),
        lambda: silence(40.0),
        lambda: np.concatenate([cadence(0, "major", 60.0), cadence(2, "major", 8.0)]),
    ],
    ids=["one key", "too short", "noise", "silence", "a last chorus of seconds"],
)
def test_key_map_is_empty_without_a_key_change(made: Callable[[], Signal]) -> None:
    assert key_map(made()) == ()


def test_scores_of_windows_together_equal_scores_one_by_one() -> None:
    spectral_pass = SpectralPass()
    spectral_pass.feed(np.concatenate([cadence(2, "minor", 30.0), silence(20.0), cadence(9, "major", 30.0)]))
    frames = estimate_tonality(spectral_pass.finish()).frames
    spans = [(first, first + 60) for first in range(0, len(frames.total) - 60, 7)] + [(0, len(frames.total)), (10, 12)]
    together = frames.scores(spans)
    np.testing.assert_allclose(
        together, np.concatenate([frames.scores([span]) for span in spans]), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(np.exp(together).sum(axis=1), 1.0)
    assert {float(np.ptp(scores)) for scores in together} >= {0.0}  # in silence
    assert np.ptp(together, axis=1).max() > 1.0


def test_profiles_correlate_best_with_their_key_and_are_averaged() -> None:
    for profile in [BGATE, ALBRECHT]:
        for tonic in range(12):
            major = key_correlations(np.roll(profile["major"], tonic), profile)
            minor = key_correlations(np.roll(profile["minor"], tonic), profile)

            assert major.argmax() == tonic
            assert minor.argmax() == 12 + tonic
            assert major.max() == pytest.approx(1.0)
    chroma = np.random.default_rng(1).random(12)

    both = key_correlations(chroma, BGATE, ALBRECHT)

    np.testing.assert_allclose(both, (key_correlations(chroma, BGATE) + key_correlations(chroma, ALBRECHT)) / 2)
    assert both[3] == pytest.approx(
        np.mean([np.corrcoef(np.roll(p["major"], 3), chroma)[0, 1] for p in (BGATE, ALBRECHT)])
    )
    assert not key_correlations(np.full(12, 0.4), BGATE).any()
