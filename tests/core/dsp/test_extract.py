"""From blocks to an Analysis: awkward lengths, rates and cuts, and where time zero lies."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from lanes import sampled
from signals import cadence, click, clicks, drum_loop, mix, place, sine, stereo, white_noise

from map4.core.audio.decode.audio_stream import open_audio
from map4.core.dsp import extract
from map4.core.dsp.extract import GATHERED_BYTES, Extractor
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.sound.fingerprints import Fingerprint
from map4.errors import FileError


def analyse(
    x: np.ndarray,
    sr: int = 22_050,
    cut: int = 65_536,
    flags: tuple[str, ...] = (),
    gathered_bytes: int = GATHERED_BYTES,
) -> Analysis:
    x = x[:, np.newaxis] if x.ndim == 1 else x
    extractor = Extractor(sr, x.shape[1], gathered_bytes=gathered_bytes)
    for start in range(0, len(x), cut):
        extractor.feed(x[start : start + cut])
    return extractor.finish("test 1.0", flags)


def leaves(value: Any) -> list[Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else None
    return [value] if parts is None else [leaf for part in parts for leaf in leaves(part)]


def assert_plain_and_finite(analysis: Analysis) -> None:
    found = leaves(asdict(analysis))
    assert {type(leaf) for leaf in found} <= {float, int, str, bytes, type(None)}
    assert all(math.isfinite(leaf) for leaf in found if isinstance(leaf, float))
    json.dumps(analysis.to_core(), allow_nan=False)


def test_drums_with_chords_have_tempo_key_and_all_other_values() -> None:
    sr = 44_100
    y = mix(drum_loop(120, 12.0, rate_hz=sr), cadence(9, "minor", 12.0, rate_hz=sr))
    analysis = analyse(stereo(y, y), sr)
    assert analysis.spectrum is not None
    assert analysis.tempo.bpm == pytest.approx(120.0, abs=0.05)
    assert analysis.key.key.camelot == "8A"
    assert analysis.duration_s == 12.0
    assert None not in analysis.hamms.vector
    assert analysis.hamms.vector[2] == analysis.energy
    assert analysis.flags == ()
    assert analysis.decoder == "test 1.0"
    assert len(analysis.beats_s) >= 22
    assert len(analysis.sound) == SoundVector.SIZE
    assert len(analysis.fingerprint) / 2 / Fingerprint.RATE_HZ == pytest.approx(12.0, abs=2.0)
    assert_plain_and_finite(analysis)


def test_track_with_changes_has_a_tempo_map_and_a_key_map() -> None:
    y = np.concatenate(
        [mix(drum_loop(100.0, 60.0), cadence(0, "major", 60.0)), mix(drum_loop(128.0, 60.0), cadence(2, "major", 60.0))]
    )
    analysis = analyse(y)
    assert [part.bpm for part in analysis.tempo_map] == pytest.approx([100.0, 128.0], abs=0.5)
    assert [part.key.camelot for part in analysis.key_map] == ["8B", "10B"]
    assert analysis.tempo_map[-1].end_s == analysis.key_map[-1].end_s == 120.0
    assert_plain_and_finite(analysis)


@pytest.mark.parametrize("sr", [8_000, 44_100])
def test_silence_is_analysed_without_values_and_flagged_silent(sr: int) -> None:
    analysis = analyse(np.zeros((5 * sr, 2), dtype=np.float32), sr, flags=("damaged",))
    assert analysis.flags == ("damaged", "silent")
    assert (analysis.tempo, analysis.key, analysis.energy, analysis.hamms) == (None, None, None, None)
    assert (analysis.cue_in_s, analysis.cue_out_s, analysis.beats_s) == (None, None, ())
    assert (analysis.sound, analysis.fingerprint) == (None, None)
    assert analysis.loudness.integrated_lufs is None
    assert analysis.duration_s == 5.0


def test_analyses_are_finite_stored_unchanged_or_flagged_silent() -> None:
    assert analyse(np.full(44_100, 0.2, dtype=np.float32)).flags == ("silent",)
    assert analyse(sine(1000.0, 3.0, level=2e-4)).flags == ("silent",)
    assert analyse(sine(1000.0, 3.0, level=2e-3)).flags == ()
    for frames in (0, 1, 8_819):
        with pytest.raises(FileError, match=r"needs at least 0\.4 s") as caught:
            analyse(np.ones(frames, dtype=np.float32))
        assert caught.value.kind == "too_short"
    for y in (white_noise(6.0), sine(440.0, 6.0), clicks(100, 6.0), place(np.ones(1, dtype="f4"), [3.0], 6.0)):
        assert_plain_and_finite(analyse(y))
    analysis = analyse(mix(drum_loop(120, 8.0), cadence(2, "major", 8.0)))
    core = analysis.to_core()
    again = Analysis.from_core(json.loads(json.dumps(core)), version=analysis.version, beats_s=analysis.beats_s)
    assert again.to_core() == core
    y = mix(drum_loop(120, 6.0), cadence(9, "minor", 6.0))
    assert analyse(y, cut=10_000, gathered_bytes=1) == analyse(y, cut=10_000)


@pytest.mark.parametrize("seconds", sampled([0.4, 0.41, 1.0, 2.9], every=2))
@pytest.mark.parametrize("sr", [11_025, 22_050, 48_000])
def test_short_files_are_analysed(seconds: float, sr: int) -> None:
    frames = math.ceil(seconds * sr)
    analysis = analyse(white_noise(seconds + 0.1, rate_hz=sr)[:frames], sr)
    assert analysis.duration_s == frames / sr
    assert analysis.energy is not None
    assert analysis.tempo is None
    assert_plain_and_finite(analysis)


def test_damaged_samples_do_not_spread_into_other_values(tmp_path: Path) -> None:
    y = mix(drum_loop(120, 8.0), cadence(0, "major", 8.0))
    y[1000], y[50_000], y[90_000] = np.nan, np.inf, 1e30
    soundfile.write(tmp_path / "a.wav", y, 22_050, subtype="FLOAT")
    with open_audio(str(tmp_path / "a.wav")) as stream:
        extractor = Extractor(stream.sample_rate_hz, stream.channels)
        for block in stream.blocks():
            extractor.feed(block)
        found = extractor.finish(stream.decoder, tuple(stream.flags))
    assert_plain_and_finite(found)
    assert found.flags == ("damaged",)
    assert found.loudness.true_peak_dbtp < 6.0


@pytest.mark.parametrize("sr", sampled([22_050, 44_100], every=2))
@pytest.mark.parametrize("cut", [1_001, 16_384, 10**9])
def test_analysis_does_not_depend_on_block_boundaries(cut: int, sr: int) -> None:
    y = mix(drum_loop(126, 5.0, rate_hz=sr), cadence(5, "minor", 5.0, rate_hz=sr))
    x = stereo(y, y * np.float32(0.5))
    reference, other = analyse(x, sr), analyse(x, sr, cut)
    assert other.beats_s == pytest.approx(reference.beats_s, abs=1e-4)
    assert other.sound == pytest.approx(reference.sound, abs=0.01)
    # Rounded as stored; a product of another length may round the last bit differently.
    for mine, theirs in zip(leaves(other.to_core()), leaves(reference.to_core()), strict=True):
        assert mine == (pytest.approx(theirs, abs=2e-3) if isinstance(theirs, float) else theirs)


@pytest.mark.parametrize("sr", sampled([8_000, 11_025, 22_050, 44_100, 48_000, 96_000], every=2))
@pytest.mark.parametrize("at_s", [0.25, 1.5])
def test_resampler_does_not_shift_time_zero(monkeypatch: pytest.MonkeyPatch, sr: int, at_s: float) -> None:
    fed: list[np.ndarray] = []
    original = extract.SpectralPass.feed

    def record(self: extract.SpectralPass, block: np.ndarray) -> None:
        fed.append(block)
        original(self, block)

    monkeypatch.setattr(extract.SpectralPass, "feed", record)
    analyse(place(click(frequency_hz=2000.0, rate_hz=sr), [at_s], 2.0, rate_hz=sr), sr, cut=4_096)
    mono = np.concatenate(fed)
    assert mono.size == 2 * 22_050
    assert np.abs(mono).argmax() / 22_050 == pytest.approx(at_s, abs=0.001)


@pytest.mark.parametrize("sr", [22_050, 48_000])
def test_beats_stay_where_they_were_played(sr: int) -> None:
    analysis = analyse(clicks(120, 12.0, first_beat_s=0.3, rate_hz=sr), sr)
    assert analysis.beats_s[0] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("channel", [0, 1])
def test_cue_points_are_the_first_and_last_sound_of_any_channel(channel: int) -> None:
    x = np.full((5 * 44_100, 2), 0.01, dtype=np.float32)  # a constant offset is no sound
    x[44_100 : 3 * 44_100, channel] += sine(440.0, 2.0, rate_hz=44_100)
    analysis = analyse(x, 44_100)
    assert analysis.cue_in_s == pytest.approx(1.0, abs=0.005)
    assert analysis.cue_out_s == pytest.approx(3.0, abs=0.005)


def test_cue_points_ignore_faint_sound_and_the_cutoff_has_the_rate_of_the_file() -> None:
    analysis = analyse(white_noise(1.0))
    assert (analysis.cue_in_s, analysis.cue_out_s) == (0.0, 1.0)
    y = np.concatenate([sine(440.0, 1.0, level=3e-4), sine(440.0, 2.0, level=0.5), sine(440.0, 1.0, level=2e-3)])
    analysis = analyse(y)
    assert analysis.cue_in_s == pytest.approx(1.0, abs=0.005)
    assert analysis.cue_out_s == pytest.approx(4.0, abs=0.005)
    y = white_noise(6.0, level=0.1, rate_hz=48_000)
    found = analyse(stereo(y, 0.5 * y), 48_000, flags=("x",)).spectrum
    assert found.cutoff_hz == pytest.approx(24_000.0, abs=300.0)
    assert found.cutoff_drop_db == 0.0


def test_extractor_gathers_a_bounded_number_of_bytes_and_needs_no_clock() -> None:
    block = stereo(white_noise(1.0), white_noise(1.0))
    turns = iter(range(10**6))
    extractor = Extractor(22_050, 2, clock=lambda: float(next(turns)))
    fed = 0
    while "stft" not in extractor.seconds:
        extractor.feed(block)
        fed += block.nbytes
    assert GATHERED_BYTES <= fed < GATHERED_BYTES + block.nbytes
    extractor = Extractor(22_050, 1)
    extractor.feed(white_noise(1.0)[:, np.newaxis])
    extractor.finish("test")
    assert extractor.seconds == {}


def test_extractor_measures_the_time_of_stages() -> None:
    ticks = iter(range(10**6))
    extractor = Extractor(44_100, 2, clock=lambda: float(next(ticks)))
    for _ in range(3):
        extractor.feed(stereo(clicks(120, 0.5), clicks(60, 0.5)))
    extractor.feed(np.zeros((0, 2), dtype=np.float32))
    extractor.feed(stereo(white_noise(1.0), white_noise(1.0)))
    extractor.finish("test")
    # One tick a stage and turn: the blocks, which are gathered, and the end; five conclusions, bars before the rest.
    assert extractor.seconds == {
        "loudness": 2,
        "cutoff": 2,
        "resample": 2,
        "stft": 2,
        "rhythm": 1,
        "tonal": 1,
        "inside": 2,
        "sound": 1,
        "rest": 1,
    }
