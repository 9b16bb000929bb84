"""Tempo, beats and grid of clicks and drums, and of signals that have none."""

from collections.abc import Callable

import numpy as np
import pytest
from lanes import sampled
from signals import (
    Signal,
    beat_times,
    cadence,
    click,
    clicks,
    drone,
    drum_kit,
    drum_loop,
    mix,
    place,
    silence,
    sine,
    speech_like,
    white_noise,
)  # fmt: skip
from spectra import spectra_of

from map4.core.dsp.rhythm import beats
from map4.core.dsp.rhythm.rhythm import Rhythm, estimate_rhythm
from map4.core.dsp.rhythm.tempo import candidate_bpm
from map4.core.dsp.spectrum.filters import ShortWindow


def rhythm(y: Signal) -> Rhythm:
    return estimate_rhythm(spectra_of(y))


def test_clicks_give_their_tempo_and_beats() -> None:
    for bpm in (60.0, 73.7, 90.0, 120.0, 123.456, 140.0, 174.0, 200.0):
        expected = beat_times(bpm, 30.0, first_beat_s=0.25)
        found = rhythm(clicks(bpm, 30.0, first_beat_s=0.25))
        assert found.tempo.bpm == pytest.approx(bpm, abs=0.005)
        assert found.grid.bpm == found.tempo.bpm
        assert found.tempo.stability == pytest.approx(1.0, abs=0.01)
        assert found.onset_rate_hz == pytest.approx(bpm / 60, rel=0.05)
        assert len(found.beats_s) == expected.size
        # Clicks are the sharpest onsets there are, heard the earliest: 9 ms before the middle of all kinds of music.
        np.testing.assert_allclose(found.beats_s, expected - 0.0085, atol=0.002)
        # The grid's first beat is the first one not before zero, wherever the first click was.
        assert 0.0 <= found.grid.first_beat_s < 60 / bpm
        phase = (found.grid.first_beat_s - 0.25 + 0.0085) * bpm / 60
        assert abs(phase - round(phase)) * 60 / bpm < 0.002


@pytest.mark.parametrize("pattern", sampled(["four_on_the_floor", "rock", "breakbeat", "shuffle"], every=2))
@pytest.mark.parametrize("bpm", [80.0, 105.0, 128.0])
def test_drum_loops_have_their_tempo_and_beats(pattern, bpm: float) -> None:
    found = rhythm(drum_loop(bpm, 20.0, pattern=pattern, first_beat_s=0.4))
    assert found.tempo.bpm == pytest.approx(bpm, abs=0.02)
    # Kick, snare and ghost notes rise at different speeds: 12 ms, less than what is heard as together.
    np.testing.assert_allclose(found.beats_s, beat_times(bpm, 20.0, first_beat_s=0.4), atol=0.012)


def test_hand_played_beats_keep_their_tempo(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, beat_s = np.random.default_rng(5), 0.6
    kick, snare, _ = drum_kit()
    hits: tuple[list[float], list[float]] = ([], [])
    for bar in range(24):
        # Five bars are played between the beats.
        late = 0.5 if 8 <= bar < 13 else 0.0
        for part, first in zip(hits, (0, 1), strict=True):
            part += [0.5 + (4 * bar + first + step + late) * beat_s + rng.normal(0.0, 0.025) for step in (0, 2)]
    y = mix(place(kick, hits[0], 59.0), place(snare, hits[1], 59.0))
    expected = 0.5 + beat_s * np.arange(96)
    # The network is sure of these bars, which are nothing but a beat half a beat late.
    monkeypatch.setattr(beats, "EVEN_SHARE", 0.5)
    found = rhythm(y)
    assert found.grid is not None
    np.testing.assert_allclose(found.beats_s, expected, atol=0.07)


def test_alternatives_are_half_and_double_and_the_scorer_can_be_replaced() -> None:
    tempo = rhythm(drum_loop(120.0, 20.0)).tempo
    ratios = [round(a.bpm / tempo.bpm, 2) for a in tempo.alternatives]
    assert {0.5, 2.0} <= set(ratios)
    assert ratios == sorted(ratios, key=lambda r: -tempo.alternatives[ratios.index(r)].confidence)
    assert all(a.confidence <= tempo.confidence for a in tempo.alternatives)
    names_double = []
    for bpm in (160.0, 200.0):
        tempo = rhythm(clicks(bpm, 20.0)).tempo
        names_double.append(any(a.bpm == pytest.approx(2.0 * bpm, abs=0.1) for a in tempo.alternatives))
    assert names_double == [True, False]

    def always_fastest(tempogram) -> np.ndarray:
        return np.linspace(0.0, 50.0, candidate_bpm().size).astype(np.float32)

    found = estimate_rhythm(spectra_of(clicks(120.0, 10.0)), scorer=always_fastest)
    assert found.tempo.bpm == pytest.approx(240.0, rel=0.03)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: silence(20.0), id="silence"),
        pytest.param(lambda: silence(0.0), id="nothing"),
        pytest.param(lambda: white_noise(20.0), id="white noise"),
        pytest.param(lambda: white_noise(4.0), id="short white noise"),
        pytest.param(lambda: sine(440.0, 20.0), id="sine"),
        pytest.param(lambda: drone((48, 55, 64), 20.0), id="drone whose partials beat"),
        pytest.param(lambda: clicks(120.0, 1.0), id="one second"),
        pytest.param(lambda: place(click(), [7.0], 20.0), id="one click"),
        pytest.param(lambda: np.ones(20 * ShortWindow.SAMPLE_RATE_HZ, dtype=np.float32), id="direct current"),
        pytest.param(lambda: speech_like(8.0, seed=3), id="speech 8 s"),
        pytest.param(lambda: speech_like(20.0, seed=4), id="speech 20 s"),
        pytest.param(lambda: speech_like(30.0, seed=3), id="speech 30 s"),
    ],
)
def test_signals_without_repetition_have_no_tempo(made: Callable[[], Signal]) -> None:
    found = rhythm(made())
    assert found.tempo is None
    assert found.grid is None
    assert found.beats_s == ()


def test_speech_has_no_tempo_and_clarity_orders_drums_speech_and_noise() -> None:
    found = rhythm(speech_like(30.0, seed=1, even=True))
    assert found.pulse_clarity > 0.4  # as clear as many a drum loop
    assert found.tempo is None
    drums, speech, noise = (rhythm(y) for y in (drum_loop(120.0, 20.0), speech_like(20.0), white_noise(20.0)))
    assert drums.pulse_clarity > 0.9 > 0.3 > speech.pulse_clarity > noise.pulse_clarity
    assert noise.onset_rate_hz < 0.5 < 2.0 < speech.onset_rate_hz
    assert drums.flux > noise.flux / 3 > 0.0


def test_silence_around_gets_no_beats_and_level_changes_nothing() -> None:
    y = np.concatenate([silence(6.0), drum_loop(120.0, 12.0), silence(6.0)])
    found = rhythm(y)
    assert found.tempo.bpm == pytest.approx(120.0, abs=0.05)
    assert found.beats_s[0] == pytest.approx(6.0, abs=0.01)
    assert found.beats_s[-1] <= 18.01  # where the last sound is cut off
    y = mix(drum_loop(97.0, 15.0), cadence(0, "major", 15.0))
    loud, quiet = rhythm(y), rhythm((0.003 * y).astype(np.float32))
    assert quiet.tempo.bpm == pytest.approx(loud.tempo.bpm, abs=0.001)
    np.testing.assert_allclose(quiet.beats_s, loud.beats_s, atol=0.001)


def test_beats_follow_a_drift_and_a_change_of_tempo_is_uncertain() -> None:
    import mir_eval  # slow

    times = np.cumsum(60 / np.linspace(110.0, 116.0, 60))
    found = rhythm(place(click(), times, float(times[-1]) + 0.5))
    assert mir_eval.beat.f_measure(times, np.array(found.beats_s), f_measure_threshold=0.01) > 0.95
    assert found.tempo.bpm == pytest.approx(113.0, rel=0.03)
    steady = rhythm(clicks(93.0, 30.0)).tempo
    changing = rhythm(np.concatenate([clicks(93.0, 15.0), clicks(117.0, 15.0)]))
    assert changing.tempo.stability < 0.95 < 0.99 < steady.stability
    assert changing.tempo.confidence < steady.confidence


def test_free_timing_has_no_certain_tempo_and_seldom_a_grid() -> None:
    # Plucked notes whose distances wander: music by its notes, yet a straight line fits by chance only.
    found = []
    for seed in range(8):
        times = np.cumsum(np.random.default_rng(seed).uniform(0.35, 0.9, 50))
        y = place(click(seconds=0.2, frequency_hz=440.0), times, float(times[-1]) + 1.0)
        found.append(rhythm(y))
    tempi = [result.tempo for result in found if result.tempo is not None]
    assert len(tempi) == len(found)
    assert max(tempo.confidence for tempo in tempi) < 0.5
    assert sum(result.grid is None for result in found) > len(found) / 2
    # A tempo that holds in the mean only has no decimals, which any change of the file would change.
    loose = [
        result.tempo.bpm
        for result in found
        if result.tempo is not None and result.grid is None and not result.tempo_map
    ]
    assert loose
    assert all(bpm.is_integer() for bpm in loose)


@pytest.mark.parametrize(
    "title",
    sampled(
        [
            "Above the Weather",  # kick alone, off-beat bass, a break without drums
            "Midnight Arcade",  # no drums at first
            "Mirrorball Physics",  # hats and guitar between the beats
            "Boot Leather",  # played by hand, sixteenths everywhere
            "Last Train to Woolwich",  # swing, no kick on the second and the fourth beat
        ],
        every=2,
    ),
)
def test_arrangements_do_not_bend_a_steady_tempo(title: str) -> None:
    demo = pytest.importorskip("map4.extras.demo.music")
    spec = next(spec for spec in demo.SPECS if spec.title == title)
    found = rhythm(demo.render_track(spec, ShortWindow.SAMPLE_RATE_HZ).mean(axis=1))
    assert found.tempo.bpm == pytest.approx(spec.bpm, abs=0.02)
    # 12 ms: half of the time within which two sounds are heard as one.
    phase = (found.grid.first_beat_s - spec.start_s) * spec.bpm / 60
    assert abs(phase - round(phase)) * 60 / spec.bpm < 0.012
    # The beats stay on the beat through breaks: no step is longer or shorter by a fifth.
    assert np.abs(np.diff(found.beats_s) * spec.bpm / 60 - 1).max() < 0.2


def test_music_without_a_beat_has_no_tempo() -> None:
    demo = pytest.importorskip("map4.extras.demo.music")
    spec = next(spec for spec in demo.SPECS if spec.bpm is None)
    assert rhythm(demo.render_track(spec, ShortWindow.SAMPLE_RATE_HZ).mean(axis=1)).tempo is None


def test_off_beats_after_the_kick_ends_do_not_become_the_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    # 64 beats of a kick with hi-hats between, then 96 of the hi-hats alone, which are tracked on. Real music has more
    # that tells the network the beat.
    monkeypatch.setattr(beats, "OVERRULED", 1.0)
    kick, _, hat = drum_kit()
    times_s, seconds = 0.3 + 60.0 / 124.0 * np.arange(160), 79.0
    found = rhythm(
        mix(place(kick, times_s[:64].tolist(), seconds), place(0.6 * hat, (times_s + 30.0 / 124.0).tolist(), seconds))
    )
    assert abs((found.grid.first_beat_s - 0.3 + 0.1) % (60.0 / 124.0) - 0.1) < 0.02
