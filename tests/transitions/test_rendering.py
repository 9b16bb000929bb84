"""Rendered transitions of click tracks: where the beats lie in the wave that was written."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from clicking_tracks import A_HZ, B_HZ, FORM, Samples, clicking, nearest_s, pings_s, written
from mixable_tracks import mixable_track
from signals import sine

from map4 import Library
from map4.core.audio.decode import open_audio
from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.music.track.track import Track
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.output import OutputFiles
from map4.core.store.written_files import SqlWrittenFiles
from map4.errors import Map4Error
from map4.transitions.planning.plan import MixPair
from map4.transitions.planning.side import MixSide
from map4.transitions.rendering import MixRendering, RenderedMix


def rendered(folder: Path, a: Track, b: Track, *, with_clicks: bool = False) -> tuple[MixPlan, RenderedMix, Samples]:
    sides = MixSide.of(a), MixSide.of(b)
    plan = MixPair.of(*sides).plan()
    assert isinstance(plan, MixPlan)
    with closing(SqliteDatabase(Library.IN_MEMORY)) as database:
        output = OutputFiles(SqlWrittenFiles(database), database.path)
        rendering = MixRendering(plan, MixPair.of(*sides), open_audio=open_audio)
        done = rendering.write(str(folder / "mix.wav"), output, with_clicks=with_clicks)
    samples, rate_hz = sf.read(folder / "mix.wav")
    assert (rate_hz, samples.shape[1]) == (44100, 2)
    assert sf.info(folder / "mix.wav").subtype == "PCM_24"
    return plan, done, samples[:, 0]


@pytest.mark.parametrize(("bpm", "rate_hz"), [pytest.param(124.0, 44100, marks=pytest.mark.world), (116.5, 48000)])
def test_beats_are_aligned_in_the_rendered_audio(tmp_path: Path, bpm: float, rate_hz: int) -> None:
    a = clicking(tmp_path, "a.wav", 120.0, A_HZ, 44100)
    b = clicking(tmp_path, "b.flac", bpm, B_HZ, rate_hz, first_beat_s=0.731)
    plan, done, samples = rendered(tmp_path, a, b)
    assert done.lasts_s == pytest.approx(len(samples) / 44100)
    overlap = done.mix_at_s, done.mix_at_s + plan.lasts_s
    of_a, of_b = pings_s(samples, 400.0, 1000.0), pings_s(samples, 2200.0, 4000.0)
    middle = [time for time in of_a if overlap[0] + 3.0 < time < overlap[1] - 3.0]
    assert len(middle) > 10
    assert nearest_s(middle, of_b).max() < 0.003
    assert of_a.min() < 1.0
    assert of_a.max() < overlap[1] + 0.01
    assert of_b.min() > overlap[0] - 0.01
    # B goes on at the tempo of A.
    alone = of_b[of_b > overlap[1]]
    assert np.diff(alone) == pytest.approx(0.5, abs=0.003)


@pytest.mark.world
def test_rendered_bass_comes_from_one_track_at_a_time(tmp_path: Path) -> None:
    tracks = []
    for name, hz in (("a.wav", 50.0), ("b.wav", 90.0)):
        track = mixable_track(name, 120.0, beats=112, phrases=((0, "intro"), (4, "build"), (8, "drop"), (20, "outro")))
        tracks.append(
            written(tmp_path, name, track, sine(hz, track.analysis.duration_s, level=0.4, rate_hz=44100), 44100)
        )
    plan, done, samples = rendered(tmp_path, *tracks)
    swap_s = done.mix_at_s + plan.bass_swap_at_s - plan.leave.at_s
    for from_s, expected in ((swap_s - 2.2, 50.0), (swap_s + 0.2, 90.0)):
        part = samples[round(from_s * 44100) : round((from_s + 2.0) * 44100)]
        power = np.abs(np.fft.rfft(part)) ** 2
        frequencies = np.fft.rfftfreq(len(part), 1 / 44100)
        assert power[np.abs(frequencies - expected) < 3.0].sum() > 0.98 * power.sum()


@pytest.mark.world
def test_rendered_clicks_are_on_the_beats_and_higher_on_bar_one(tmp_path: Path) -> None:
    tracks = []
    for name in ("a.wav", "b.wav"):
        track = mixable_track(name, 120.0, beats=112, phrases=FORM)
        silent = np.zeros(round(track.analysis.duration_s * 44100), dtype=np.float32)
        tracks.append(written(tmp_path, name, track, silent, 44100))
    plan, done, samples = rendered(tmp_path, *tracks, with_clicks=True)
    found = pings_s(samples, 600.0, 2000.0)
    assert np.diff(found) == pytest.approx(0.5, abs=0.002)
    at_mix = np.abs(found - done.mix_at_s)
    assert at_mix.min() < 0.002
    begin = int(at_mix.argmin())

    def pitch_hz(time_s: float) -> float:
        part = samples[round(time_s * 44100) : round((time_s + 0.03) * 44100)]
        return float(np.abs(np.fft.rfft(part, 8192)).argmax() * 44100 / 8192)

    pitches = [pitch_hz(time_s) for time_s in found[begin : begin + 8]]
    assert [pitch > 1250.0 for pitch in pitches] == [True, False, False, False] * 2
    assert plan.bars is not None


def test_nothing_is_louder_than_full_scale(tmp_path: Path) -> None:
    tracks = []
    for name in ("a.wav", "b.wav"):
        track = mixable_track(name, 120.0, beats=112, phrases=FORM)
        tracks.append(
            written(tmp_path, name, track, sine(300.0, track.analysis.duration_s, level=0.95, rate_hz=44100), 44100)
        )
    *_, samples = rendered(tmp_path, *tracks)
    assert 0.9 < np.abs(samples).max() < 1.0


def test_missing_file_is_reported(tmp_path: Path) -> None:

    a = clicking(tmp_path, "a.wav", 120.0, A_HZ, 44100)
    with pytest.raises(Map4Error, match=r"gone\.wav can't be rendered"):
        rendered(tmp_path, a, replace(a, path=str(tmp_path / "gone.wav")))
    assert not (tmp_path / "mix.wav").exists()
