"""Loudness against the published EBU cases, another implementation, and what must hold for any signal."""

import math

import numpy as np
import pytest
from lanes import sampled

from map4.core.dsp.loudness.k_weighting import channel_weights, k_sections, k_weighting
from map4.core.dsp.loudness.loudness import FLOOR_LUFS, LoudnessMeter, LoudnessResult, PeakScanner, oversampling

SR = 48_000


def measure(x: np.ndarray, sr: int = SR, cut: int = 48_000) -> LoudnessResult:
    meter = LoudnessMeter(sr, x.shape[1])
    for start in range(0, len(x), cut):
        meter.feed(x[start : start + cut])
    return meter.finish()


def tone(level_db: float, seconds: float, *, hz: float = 1000.0, sr: int = SR, channels: int = 2) -> np.ndarray:
    sine = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * sr)) / sr)
    return np.repeat(sine[:, np.newaxis], channels, axis=1).astype(np.float32)


def steps(*parts: tuple[float, float]) -> np.ndarray:
    return np.concatenate([tone(level_db, seconds) for level_db, seconds in parts])


def surround() -> np.ndarray:
    return np.concatenate([tone(level_db, 20, channels=1) for level_db in (-28, -28, -24, -30, -30)], axis=1)


# EBU Tech 3341 (2023), table 1, cases 1 to 6: programme and integrated loudness, all +-.1 LU.
TECH_3341 = {
    "1": (lambda: steps((-23, 20)), -23.0),
    "2": (lambda: steps((-33, 20)), -33.0),
    "3": (lambda: steps((-36, 10), (-23, 60), (-36, 10)), -23.0),
    "4": (lambda: steps((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23.0),
    "5": (lambda: steps((-26, 20), (-20, 20.1), (-26, 20)), -23.0),
    "6": (surround, -23.0),
}


def test_loudness_and_its_range_match_the_ebu_cases() -> None:
    for case in TECH_3341:
        programme, expected = TECH_3341[case]
        assert measure(programme()).loudness.integrated_lufs == pytest.approx(expected, abs=0.1)
    for levels, expected in (
        ((-20, -30), 10.0),
        ((-20, -15), 5.0),
        ((-40, -20), 20.0),
        ((-50, -35, -20, -35, -50), 15.0),
    ):
        result = measure(steps(*((level, 20) for level in levels)))
        assert result.loudness.range_lu == pytest.approx(expected, abs=1.0)


# EBU Tech 3342 (2023), table 1, cases 1 to 4: +-1 LU.


# EBU Tech 3341 (2023), cases 15 to 19: divisor of the rate, amplitude, phase in degrees, dBTP; +.2 / -.4 dB.
@pytest.mark.parametrize("sr", [44_100, 48_000])
@pytest.mark.parametrize(
    ("divisor", "amplitude", "phase", "expected"),
    [(4, 0.5, 0.0, -6.0), (4, 0.5, 45.0, -6.0), (6, 0.5, 60.0, -6.0), (8, 0.5, 67.5, -6.0), (4, 1.41, 45.0, 3.0)],
)
def test_true_peak_of_the_ebu_cases(divisor: int, amplitude: float, phase: float, expected: float, sr: int) -> None:
    angle = 2 * np.pi * np.arange(sr) / divisor + math.radians(phase)
    # The published files fade in and out; a sine cut hard really overshoots.
    fade = np.minimum(1.0, np.minimum(np.arange(sr), np.arange(sr)[::-1]) / 1000)
    x = np.repeat((amplitude * fade * np.sin(angle))[:, np.newaxis], 2, axis=1).astype(np.float32)
    peak = measure(x, sr).loudness.true_peak_dbtp
    assert expected - 0.4 <= peak <= expected + 0.2


@pytest.mark.parametrize("sr", sampled([22_050, 44_100, 48_000, 96_000], every=2))
@pytest.mark.parametrize("kind", ["noise", "tone"])
def test_agrees_with_pyloudnorm(sr: int, kind: str) -> None:
    import pyloudnorm  # a second, which not every process of tests needs

    # .05 LU: pyloudnorm gives the high-pass a gain of 1, the standard's table has 1.005 (.043 dB).
    noise = np.random.default_rng(1).standard_normal((4 * sr, 2)).astype(np.float32) * np.float32(0.1)
    x = {"noise": noise, "tone": tone(-17, 4, hz=440.0, sr=sr)}[kind]
    expected = pyloudnorm.Meter(sr).integrated_loudness(x.astype(np.float64))
    assert measure(x, sr).loudness.integrated_lufs == pytest.approx(expected, abs=0.05)


def test_filters_are_those_of_bs_1770_for_any_cut() -> None:
    shelf, high_pass = k_sections(48_000)
    assert shelf[0] == pytest.approx((1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-9)
    assert shelf[1] == pytest.approx((-1.69065929318241, 0.73248077421585), abs=1e-9)
    assert high_pass[0] == pytest.approx((1.0, -2.0, 1.0), abs=1e-9)
    assert high_pass[1] == pytest.approx((-1.99004745483398, 0.99007225036621), abs=1e-9)
    for cut in (1, 997, 4_800, 100_000):
        rng = np.random.default_rng(5)
        x = (rng.standard_normal((24_321, 2)) * np.linspace(0.01, 0.5, 24_321)[:, np.newaxis]).astype(np.float32)
        whole, cut_up = measure(x, 8_000, len(x)), measure(x, 8_000, cut)
        assert cut_up.loudness == whole.loudness
        np.testing.assert_array_equal(cut_up.segment_lufs, whole.segment_lufs)
        np.testing.assert_array_equal(cut_up.envelope, whole.envelope)


@pytest.mark.parametrize("sr", sampled([8_000, 11_025, 44_100, 192_000], every=3))
@pytest.mark.parametrize("kind", ["white", "sub-bass", "offset"])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 0.0), (0.3, 1.4)], ids=["pair", "left", "unequal"])
def test_segment_energy_is_that_of_the_filtered_signal(sr: int, kind: str, weights: tuple[float, float]) -> None:
    from scipy.signal import lfilter

    kernel = k_weighting(sr)
    n = 5 * kernel.frames
    time_s = np.arange(n)[:, np.newaxis] / sr
    rng = np.random.default_rng(3)
    x = {
        "white": rng.standard_normal((n, 2)) * 0.1,
        "sub-bass": np.sin(2 * np.pi * 23.7 * time_s) * [0.5, 0.3],  # the segment's ends do not meet
        "offset": 0.5 + rng.standard_normal((n, 2)) * 1e-3,
    }[kind].astype(np.float32)
    filtered = x.astype(np.float64)
    for b, a in k_sections(sr):
        filtered = lfilter(b, (1.0, *a), filtered, axis=0)
    expected = np.square(filtered).reshape(5, -1, 2).mean(axis=1) @ weights
    energy, total, _ = kernel.mean_squares(x.T, np.array(weights), np.zeros((2, 4)))
    np.testing.assert_allclose(10 * np.log10(energy / expected), 0.0, atol=1e-3)
    np.testing.assert_allclose(total, x.sum(axis=0, dtype=np.float64), rtol=1e-3, atol=0.1)


def test_offset_is_silence_and_clicks_are_placed_in_the_envelope() -> None:
    result = measure(np.full((SR, 2), 0.25, dtype=np.float32))
    assert result.loudness.integrated_lufs is None
    assert not result.envelope.any()
    assert result.loudness.true_peak_dbtp == pytest.approx(-12.04, abs=1.2)  # cut off hard, it overshoots
    x = np.full((2 * SR, 2), 0.1, dtype=np.float32)
    x[60_000, 1] += 0.5
    result = measure(x)
    assert int(result.envelope.argmax()) == int(60_000 / SR / result.envelope_s)
    assert result.envelope.max() == pytest.approx(0.5, abs=0.01)
    assert np.delete(result.envelope, result.envelope.argmax()).max() < 1e-4


def test_loudness_values_and_segments_follow_the_level() -> None:
    x = np.random.default_rng(7).standard_normal((10 * 22_050, 2)).astype(np.float32) * np.float32(0.05)
    x[: 5 * 22_050] *= np.float32(0.5)
    loud, soft = measure(x, 22_050).loudness, measure(x * np.float32(0.1), 22_050).loudness
    assert soft.integrated_lufs == pytest.approx(loud.integrated_lufs - 20.0, abs=1e-3)
    assert soft.true_peak_dbtp == pytest.approx(loud.true_peak_dbtp - 20.0, abs=1e-3)
    assert soft.range_lu == pytest.approx(loud.range_lu, abs=1e-3)
    series = measure(steps((-20, 1), (-40, 1))).segment_lufs
    assert series.dtype == np.float32
    np.testing.assert_allclose(series[1:10], -20.0, atol=0.1)
    np.testing.assert_allclose(series[11:], -40.0, atol=0.2)


def test_silence_and_short_signals_lack_their_values() -> None:
    for sr in [44_100, 88_200, 176_400]:
        for channels in [1, 2, 6]:
            result = measure(np.zeros((sr, channels), dtype=np.float32), sr)
            assert result.loudness.integrated_lufs is None
            assert result.loudness.range_lu is None
            assert result.loudness.true_peak_dbtp is None
            assert result.loudness.clipped_per_minute is None
            assert result.segment_lufs.tolist() == [FLOOR_LUFS] * 10
            assert not result.envelope.any()
    for frames in (0, 1, 3, 4_799):
        result = measure(np.full((frames, 2), 0.5, dtype=np.float32))
        assert result.loudness.integrated_lufs is None
        assert result.segment_lufs.size == 0
        assert result.envelope.size == math.ceil(frames / 120)
        assert (result.loudness.true_peak_dbtp is not None) == (frames > 0)
    assert measure(tone(-20, 0.399)).loudness.integrated_lufs is None
    assert measure(tone(-20, 0.4)).loudness.integrated_lufs == pytest.approx(-20.0, abs=0.2)
    assert measure(tone(-20, 2.99)).loudness.range_lu is None
    assert measure(tone(-20, 3.0)).loudness.range_lu == 0.0


def test_channels_have_weights_and_invalid_numbers_of_them_are_refused() -> None:
    assert measure(tone(-20, 2, channels=1)).loudness.integrated_lufs == pytest.approx(-23.01, abs=0.05)
    lfe_only = np.zeros((SR, 6), dtype=np.float32)
    lfe_only[:, 3] = tone(-10, 1, hz=60.0, channels=1)[:, 0]
    result = measure(lfe_only)
    assert result.loudness.integrated_lufs is None
    assert result.loudness.true_peak_dbtp == pytest.approx(-10.0, abs=0.1)
    for channels in range(1, 10):
        weights = channel_weights(channels)
        assert weights.shape == (channels,)
        assert set(weights) <= {0.0, 1.0, 1.41}
    for sr, channels in ((0, 2), (44_100, 0), (-1, 1)):
        with pytest.raises(ValueError, match="no audio"):
            LoudnessMeter(sr, channels)


@pytest.mark.parametrize("frames", [96_000, 95_973])
def test_envelope_crosses_each_level_where_the_samples_do(frames: int) -> None:
    sr, chunk = 8_000, 20
    levels = np.random.default_rng(7).gamma(1.0, 0.05, -(-frames // chunk))
    x = np.repeat(levels, chunk)[:frames] * np.tile([1.0, -1.0], frames)[:frames]
    envelope = measure(x[:, np.newaxis].astype(np.float32), sr).envelope
    chunks = [np.abs(x[start : start + chunk]).max() for start in range(0, frames, chunk)]
    for level in np.linspace(0.005, max(chunks) - 0.005, 100):
        expected, found = np.flatnonzero(np.array(chunks) > level), np.flatnonzero(envelope > level)
        assert (found[0], found[-1]) == (expected[0], expected[-1])


def test_true_peak_is_the_global_one_between_samples_at_any_rate() -> None:
    for seed in range(4):
        from scipy.signal import resample_poly

        rng = np.random.default_rng(seed)
        music = np.tanh(2 * rng.standard_normal((22_050, 2)).cumsum(axis=0) * 0.05)
        x = (music + 0.2 * rng.standard_normal((22_050, 2))).clip(-1, 1).astype(np.float32)
        everywhere = 20 * math.log10(
            np.abs(resample_poly(x.astype(np.float64), 4, 1, axis=0, window=("kaiser", 5))).max()
        )
        # .3 dB: the two filters differ near half the rate, where clipped noise has most of its overshoot.
        assert measure(x, 22_050).loudness.true_peak_dbtp == pytest.approx(everywhere, abs=0.3)
    cases = [(8_000, 4), (48_000, 4), (88_200, 2), (96_000, 2), (176_400, 1)]
    assert [(sr, oversampling(sr)) for sr, _ in cases] == cases
    x = tone(-6.0, 1, hz=24_000.0, sr=96_000)
    x[:, 1] = 10 ** (-6.0 / 20) * np.sin(np.pi / 4 + 2 * np.pi * np.arange(96_000) / 4)
    assert PeakScanner(96_000, 2).chunk == 240
    assert measure(x, 96_000).loudness.true_peak_dbtp == pytest.approx(-6.0, abs=0.4)


def test_runs_at_full_scale_are_clipped_once_per_half_wave() -> None:
    t = np.arange(44_100 * 6) / 44_100
    sine = np.sin(2 * np.pi * 50 * t)

    cut_off = measure(np.clip(2 * sine, -1.0, 1.0)[:, np.newaxis], 44_100).loudness.clipped_per_minute
    touching = measure((0.999 * sine)[:, np.newaxis], 44_100).loudness.clipped_per_minute

    # 50 Hz has 6,000 half waves a minute; the measure works on seconds at a time, whose borders cut a few in two.
    assert cut_off == pytest.approx(6_000, abs=60)
    assert touching == 0.0
    scanner = PeakScanner(44_100, 1)
    stretch = 4 * scanner.chunk
    x = np.zeros(5 * stretch, dtype=np.float32)
    end, later = 2 * stretch, 3 * stretch
    for first, last in ((0, 3), (stretch - 2, stretch + 1), (end - 2, end), (later, later + 2)):
        x[first:last] = -1.0
    scanner.scan(np.append(np.zeros(scanner.history, dtype=np.float32), x)[np.newaxis])
    assert scanner.clipped == 2  # the last two are of two samples each
    x = np.zeros((44_100, 2))
    x[::441] = 1.0

    assert measure(x, 44_100).loudness.clipped_per_minute == 0.0
