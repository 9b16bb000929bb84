"""The demo music holds what its truth says, and the demo folder is written once, whole, and nowhere else."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))
demo = import_module("demo")
demo_compare = import_module("demo_compare")
demo_folder = import_module("demo_folder")
demo_music = import_module("demo_music")
demo_sound = import_module("demo_sound")
demo_styles = import_module("demo_styles")

SPECS = demo_music.SPECS
SR = 22050
# Tonal profiles of Temperley, Music and Probability (2007), from the Kostka-Payne corpus.
PROFILES = {
    "B": (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
    "A": (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
}


def spec_of(title, **changes):
    return replace(next(spec for spec in SPECS if spec.title == title), **changes)


def rendered(title, **changes):
    spec = spec_of(title, **{"seconds": 14.0, **changes})
    return spec, demo_music.render_track(spec, SR)


def novelty(y, hop=32):
    """Rise of the level in dB, hop by hop."""
    frames = y[: y.size // hop * hop].reshape(-1, hop)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-5)
    return np.maximum(0.0, np.diff(level, prepend=level[0])), SR / hop


def chroma(y, tuning_hz):
    """Energy of the 12 pitch classes between 100 and 1500 Hz, C first."""
    window = np.hanning(8192)
    power = sum(np.abs(np.fft.rfft(window * y[i : i + 8192])) for i in range(0, y.size - 8192, 8192))
    freq = np.fft.rfftfreq(8192, 1 / SR)
    used = (freq > 100) & (freq < 1500)
    pitch = np.round(69 + 12 * np.log2(freq[used] / tuning_hz)).astype(int) % 12
    return np.bincount(pitch, weights=power[used], minlength=12)


def camelot_of(energy):
    """The key whose profile correlates best; Camelot 8A is A minor, 8B C major, a step a fifth."""
    keys = [(n, mode) for n in range(1, 13) for mode in "AB"]
    scores = [
        np.corrcoef(np.roll(PROFILES[mode], (9 if mode == "A" else 0) + 7 * (n - 8)), energy)[0, 1] for n, mode in keys
    ]
    return "{}{}".format(*keys[int(np.argmax(scores))])


# ---- the list ------------------------------------------------------------------------------------


def test_specs_cover_what_the_demo_promises():
    tempi = [spec.bpm for spec in SPECS if spec.bpm]
    assert len(SPECS) >= 24
    assert (min(tempi), max(tempi)) == (70, 178)
    assert len({spec.key for spec in SPECS}) >= 14
    assert {spec.suffix for spec in SPECS} == {"mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff"}
    assert {spec.sr for spec in SPECS} == {22050, 44100, 48000}
    assert {spec.channels for spec in SPECS} == {1, 2}
    assert {432.0, 440.0} < {spec.tuning_hz for spec in SPECS}
    assert {3, 4} == {spec.metre for spec in SPECS}
    assert len({demo_folder.track_path(spec) for spec in SPECS}) == len(SPECS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.title.encode("ascii", "replace").decode())
def test_track_lasts_40_to_75_seconds(spec):
    beats = demo_music.beat_times(spec)
    end_s = beats[-1] if beats.size else spec.seconds
    assert 38.0 <= end_s + demo_music.ENDING_S <= 75.0


@pytest.mark.parametrize("name", sorted(demo_styles.STYLES))
def test_style_is_playable(name):
    style = demo_styles.STYLES[name]
    metre = 3 if name == "waltz" else 4
    parts = [part for part in (style.bass, style.chords, style.lead) if part]
    bars = [bar for text in (*style.drums.values(), *(p.pattern for p in parts)) for bar in text.split("|")]
    assert all(len(bar) % metre == 0 for bar in bars if len(bar) > 1)
    assert all(re.fullmatch(r"[Xxo.|]+", pattern) for pattern in style.drums.values())
    assert all(re.fullmatch(r"[rfotx1-9|.-]+", part.pattern) for part in parts)
    assert set(style.intro_drums) <= set(style.drums)
    assert {part.voice for part in parts} <= set(demo_sound.VOICES)
    assert all(np.abs(demo_sound.drum(drum, SR)).max() > 0.1 for drum in style.drums)


# ---- the music -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "sr"), [("Hall 9", 44100), ("Velvet Undertow", 48000), ("Dial Tone Romance", 22050)])
def test_first_sound_is_the_first_beat(title, sr):
    spec = spec_of(title, seconds=8.0)
    y = demo_music.render_track(spec, sr)
    first = int(np.flatnonzero(np.abs(y).max(axis=1))[0])
    assert first / sr == pytest.approx(spec.start_s, abs=0.0005)


@pytest.mark.parametrize("title", ["Hall 9", "Mirrorball Physics", "Two Lane Heart", "Karussell im Schnee"])
def test_onsets_repeat_with_the_true_beat(title):
    spec, y = rendered(title)
    env, frame_rate = novelty(y.mean(axis=1))
    times_s = np.arange(env.size) / frame_rate
    candidates = spec.bpm * np.linspace(0.95, 1.05, 101)
    strength = [
        sum(abs(np.sum(env * np.exp(-2j * np.pi * k * bpm / 60 * times_s))) for k in (1, 2, 4)) for bpm in candidates
    ]
    assert candidates[int(np.argmax(strength))] == pytest.approx(spec.bpm, rel=0.003)


@pytest.mark.parametrize("title", ["Hall 9", "Above the Weather", "Alles Rot"])
def test_strongest_onsets_lie_on_the_true_beats(title):
    spec, y = rendered(title)
    env, frame_rate = novelty(y.mean(axis=1))
    # Four on the floor: the level jumps within 6 ms of nearly every beat of the first, drums-only part.
    beats = demo_music.beat_times(spec)[:4]
    reach = round(0.006 * frame_rate)
    at_beats = [env[max(0, i - reach) : i + reach].max() for i in (round(b * frame_rate) for b in beats)]
    assert min(at_beats) > 3.0
    assert min(at_beats) > 5.0 * env.mean()


@pytest.mark.parametrize("title", ["Velvet Undertow", "Tell the Dog I Miss Him", "Basalt", "Kettle Song"])
def test_harmony_is_in_the_true_key(title):
    spec, y = rendered(title, seconds=20.0)
    assert camelot_of(chroma(y.mean(axis=1), spec.tuning_hz)) == spec.key


def test_ambient_track_is_in_its_key_and_has_no_beat():
    spec, y = rendered("Tidal Rooms", seconds=40.0)
    assert camelot_of(chroma(y.mean(axis=1), 440.0)) == spec.key
    assert demo_music.beat_times(spec).size == 0


@pytest.mark.parametrize(("tuning_hz", "cents"), [(432.0, -31.8), (440.0, 0.0), (443.0, 11.8)])
def test_tuning_is_heard(tuning_hz, cents):
    _, y = rendered("Kettle Song", tuning_hz=tuning_hz)
    mono = y.mean(axis=1)[: 1 << 18]
    power = np.abs(np.fft.rfft(np.hanning(mono.size) * mono)) ** 2
    freq = np.fft.rfftfreq(mono.size, 1 / SR)
    used = (freq > 150) & (freq < 700)
    angle = np.angle(np.sum(power[used] * np.exp(2j * np.pi * 12 * np.log2(freq[used] / 440.0))))
    assert 100 * angle / (2 * np.pi) == pytest.approx(cents, abs=4.0)


@pytest.mark.parametrize(("swing", "plays_late"), [(0.0, False), (0.4, True)])
def test_swing_delays_every_second_step(swing, plays_late):
    spec, y = rendered("Hall 9", swing=swing, seconds=8.0)
    env, frame_rate = novelty(y.mean(axis=1))
    step_s = 60 / spec.bpm / 4
    straight, late = (round((spec.start_s + step_s * steps) * frame_rate) for steps in (1.0, 1.4))
    reach = round(0.004 * frame_rate)
    jump = [float(env[i - reach : i + reach].max()) for i in (straight, late)]
    assert (jump[1] > jump[0]) is plays_late


@pytest.mark.parametrize(("title", "lufs"), [("Hall 9", -9.5), ("The Miller's Ghost", -26.0), ("Alles Rot", -5.5)])
def test_loudness_is_what_the_spec_says(title, lufs):
    pyloudnorm = pytest.importorskip("pyloudnorm")
    spec, y = rendered(title)
    stored = y[:, : spec.channels].astype(np.float64)
    assert pyloudnorm.Meter(SR).integrated_loudness(stored) == pytest.approx(lufs, abs=0.5)


def test_only_the_loud_track_clips():
    assert np.mean(np.abs(rendered("Alles Rot")[1]) >= 1.0) > 0.001
    assert np.abs(rendered("Hall 9")[1]).max() <= demo_music.LIMITER_CEILING


def test_same_samples_every_time():
    spec, first = rendered("Easy Harbour", seconds=8.0)
    assert np.array_equal(first, demo_music.render_track(spec, SR))
    assert first.dtype == np.float32
    assert first.shape[1] == 2
    assert np.isfinite(first).all()


def test_unknown_chord_is_refused():
    with pytest.raises(ValueError, match="no chord: 'H7'"):
        demo_music.render_track(spec_of("Hall 9", chords="i H7"), SR)


def test_long_mix_gives_the_asked_length_in_blocks():
    specs = [spec_of("Hall 9", seconds=8.0), spec_of("Easy Harbour", seconds=8.0)]
    blocks = list(demo_music.long_mix(0.5, SR, block=50_000, specs=specs))
    assert [len(block) for block in blocks] == [50_000] * 13 + [11_500]
    assert sum(map(len, blocks)) == 30 * SR
    assert np.array_equal(blocks[0], demo_music.render_track(specs[0], SR)[:50_000])
    assert all(np.abs(block).max() > 0.05 for block in blocks)


# ---- the encoders --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff"])
@pytest.mark.parametrize("channels", [1, 2])
def test_written_file_plays_at_the_right_time(tmp_path, suffix, channels):
    import av

    sr = 48000
    y = np.zeros((2 * sr, channels), dtype=np.float32)
    y[sr : sr + 2400] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(2400) / sr)[:, None]
    path = str(tmp_path / f"click.{suffix}")
    demo_music.write_audio(path, y, sr)
    with av.open(path) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=sr)
        frames = [r.to_ndarray()[0] for f in container.decode(stream) for r in resampler.resample(f)]
        assert stream.channels == channels
    decoded = np.concatenate(frames)
    onset = int(np.flatnonzero(np.abs(decoded) > 0.25)[0])
    assert onset / sr == pytest.approx(1.0, abs=0.003)
    assert decoded.size / sr == pytest.approx(2.0, abs=0.05)


def test_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"can't write '\.wma'"):
        demo_music.write_audio(str(tmp_path / "x.wma"), np.zeros(10, dtype=np.float32), SR)


# ---- the folder ----------------------------------------------------------------------------------

SHORT = (
    spec_of("Hall 9", seconds=8.0),
    spec_of("Static Bloom", seconds=8.0),
    spec_of("Glasshouse", seconds=6.0),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("demo") / "music")
    count = demo_folder.write_demo(folder, specs=SHORT, say=lambda line: None)
    return folder, count


def all_files(folder):
    return {os.path.join(root, name) for root, _, names in os.walk(folder) for name in names}


def test_folder_holds_tracks_and_oddities(written):
    folder, count = written
    truth = demo_folder.read_truth(folder)
    assert count == len(all_files(folder)) - 1  # the truth file itself
    assert [entry["expect"] for entry in truth] == ["ok"] * 4 + ["failed"] * 2
    assert truth[0]["bpm"] == 132
    assert truth[0]["key"] == "4A"
    assert truth[0]["first_beat_s"] == 0.02
    assert all(os.path.exists(os.path.join(folder, entry["path"])) for entry in truth)
    assert os.path.getsize(os.path.join(folder, demo_folder.EMPTY_NAME)) == 0
    assert any(path.endswith("cover.jpg") for path in all_files(folder))


def test_copy_has_the_same_sound_and_other_tags(written):
    import mutagen
    import soundfile

    folder, _ = written
    original = os.path.join(folder, demo_folder.track_path(SHORT[0]))
    copy = os.path.join(folder, demo_folder.COPY_NAME)
    assert np.array_equal(soundfile.read(original)[0], soundfile.read(copy)[0])
    assert str(mutagen.File(original)["TIT2"]) == "Hall 9"
    assert str(mutagen.File(copy)["TIT2"]) == "track 01 final"
    assert "TKEY" not in mutagen.File(copy)


def test_wrong_suffix_hides_a_flac(written):
    folder, _ = written
    with open(os.path.join(folder, demo_folder.track_path(SHORT[1])), "rb") as file:
        assert file.read(4) == b"fLaC"


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff"])
def test_tags_are_written_in_every_format(tmp_path, suffix):
    import mutagen

    spec = spec_of("Hall 9", suffix=suffix)
    path = str(tmp_path / f"x.{suffix}")
    demo_music.write_audio(path, np.zeros((4800, 2), dtype=np.float32), 48000)
    demo_folder.write_tags(path, spec)
    text = mutagen.File(path).tags.pprint()
    assert all(word in text for word in ("Konrad Eisen", "Hall 9", "Furnace Notes", "132", "4A", "XX0001900001"))


def test_second_write_does_nothing(written):
    folder, _ = written
    before = {path: os.stat(path).st_mtime_ns for path in all_files(folder)}
    said = []
    assert demo_folder.write_demo(folder, specs=SHORT, say=said.append) == 0
    assert {path: os.stat(path).st_mtime_ns for path in all_files(folder)} == before
    assert said == [f"{folder}: complete, nothing to do"]


def test_stopped_write_goes_on_with_what_is_missing(tmp_path):
    folder = str(tmp_path / "music")
    specs = SHORT[:2]
    shown = []

    def stop_at_the_second(line):
        shown.append(line)
        if len(shown) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo_folder.write_demo(folder, specs=specs, say=stop_at_the_second)
    first = os.path.join(folder, demo_folder.track_path(specs[0]))
    made_ns = os.stat(first).st_mtime_ns
    Path(folder, demo_folder.TEMPORARY_NAME + ".flac").write_bytes(b"half")
    assert demo_folder.write_demo(folder, specs=specs, say=lambda line: None) > 0
    assert os.stat(first).st_mtime_ns == made_ns
    assert not [path for path in all_files(folder) if demo_folder.TEMPORARY_NAME in path]
    assert json.loads(Path(folder, demo_folder.TRUTH_NAME).read_text())["complete"] is True


def test_other_specs_replace_the_old_demo_and_spare_what_is_not_its_own(tmp_path):
    folder = str(tmp_path / "music")
    demo_folder.write_demo(folder, specs=SHORT[:1], say=lambda line: None)
    own = Path(folder, "my own.txt")
    own.write_text("mine")
    demo_folder.write_demo(folder, specs=SHORT[2:], say=lambda line: None)
    assert own.read_text() == "mine"
    assert not os.path.exists(os.path.join(folder, demo_folder.track_path(SHORT[0])))
    assert os.path.exists(os.path.join(folder, demo_folder.track_path(SHORT[2])))


def test_old_truth_that_points_outside_deletes_nothing(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    outside = tmp_path / "precious.txt"
    outside.write_text("keep")
    truth = {"schema": "map4-demo/1", "fingerprint": "old", "files": [{"path": "../precious.txt"}]}
    (folder / demo_folder.TRUTH_NAME).write_text(json.dumps(truth))
    demo_folder.write_demo(str(folder), specs=(), say=lambda line: None)
    assert outside.read_text() == "keep"


def test_foreign_folder_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "song.mp3").write_bytes(b"mine")
    assert demo.main(["write", str(tmp_path)]) == 1
    assert "holds files that are not the demo's" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["song.mp3"]


def test_file_is_no_folder(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(demo_folder.DemoError, match="is not a folder"):
        demo_folder.write_demo(str(path), specs=())


@pytest.mark.parametrize("text", ["not json", "{}"])
def test_damaged_truth_is_refused(tmp_path, text):
    (tmp_path / demo_folder.TRUTH_NAME).write_text(text)
    with pytest.raises(demo_folder.DemoError):
        demo_folder.write_demo(str(tmp_path), specs=())
    with pytest.raises(demo_folder.DemoError, match="can't be read"):
        demo_folder.read_truth(str(tmp_path))


# ---- the comparison ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("true_bpm", "bpm", "confidence", "mark"),
    [
        (174.0, 174.5, 0.9, "right"),
        (174.0, 87.0, 0.9, "near"),
        (70.0, 140.2, 0.9, "near"),
        (120.0, 122.0, 0.9, "wrong"),
        (120.0, None, None, "wrong"),
        (None, None, None, "right"),
        (None, 97.0, 0.1, "near"),
        (None, 97.0, 0.8, "wrong"),
    ],
)
def test_tempo_marks(true_bpm, bpm, confidence, mark):
    assert demo_compare.judge_tempo(true_bpm, bpm, confidence) == mark


@pytest.mark.parametrize(
    ("true_key", "key", "mark"),
    [
        ("8A", "8A", "right"), ("8A", "8B", "near"), ("12A", "1A", "near"), ("1B", "12B", "near"),
        ("8A", "9B", "wrong"), ("8A", "10A", "wrong"), ("8A", None, "wrong"),
    ],
)  # fmt: skip
def test_key_marks(true_key, key, mark):
    assert demo_compare.judge_key(true_key, key) == mark


class FakeTrack:
    def __init__(self, path, record):
        self.path, self.record = path, {"path": path, "state": "ok", "error": None, **record}

    def to_record(self):
        return self.record


def values(bpm, key, tags=None):
    return {
        "tempo": {"bpm": bpm, "confidence": 0.91, "source": "measured", "sources": {"measured": bpm}},
        "key": {"camelot": key, "confidence": 0.7, "source": "measured", "sources": {"measured": key}},
        "energy": {"value": 0.71, "level": 7},
        "loudness": {"integrated_lufs": -9.52},
        "tags": tags or {},
    }


FAILED = {"state": "failed", "error": {"kind": "corrupt", "message": "no audio"}, "tempo": None, "key": None}


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A function that makes `Library.open(...).tracks.all()` give these tracks, and returns the library's path."""
    import map4

    path = tmp_path / "library"
    path.touch()

    def with_tracks(*tracks):
        class FakeLibrary:
            @classmethod
            def open(cls, path):
                return cls()

            def __enter__(self):
                return self

            def __exit__(self, *exception):
                return None

            @property
            def tracks(self):
                return SimpleNamespace(all=lambda: iter(tracks))

        monkeypatch.setattr(map4, "Library", FakeLibrary, raising=False)
        return str(path)

    return with_tracks


def compared(folder, library):
    console = import_module("rich.console").Console(file=io.StringIO(), width=80, highlight=False)
    demo_compare.compare_folder(folder, library, console=console)
    return console.file.getvalue().splitlines()


def test_demo_is_compared_with_its_truth(written, library):
    folder, _ = written
    paths = [os.path.join(folder, entry["path"]) for entry in demo_folder.read_truth(folder)]
    tracks = [
        FakeTrack(paths[0], values(66.0, "4A")),
        FakeTrack(paths[1], values(128.01, "12B") | {"tempo": {"bpm": 128.01, "confidence": 0.999}}),
        FakeTrack(paths[2], values(None, "8B") | {"tempo": None}),
        FakeTrack(paths[3], FAILED),
        FakeTrack(paths[4], FAILED),
    ]
    lines = compared(folder, library(*tracks))
    assert max(map(len, lines)) <= 80
    assert lines == [line.rstrip() for line in lines]
    row = {name: next(line for line in lines if line.startswith(name)) for name in ("01 Hall", "Pandora", "02 Gla")}
    assert re.search(r"132\.0 +66\.0 ½ 0\.91 +4A +4A ✓ 7 +-9\.5", row["01 Hall"])
    assert re.search(r"128\.0 +128\.0 ✓ 0\.99 12A 12B ½", row["Pandora"])
    assert re.search(r"178\.0 +– ✗ +– +3A +8B ✗", row["02 Gla"])
    assert any("corrupt ✗" in line for line in lines)
    assert any("Broken" in line and "corrupt ✓" in line for line in lines)
    assert any("empty" in line and "not scanned ✗" in line for line in lines)
    assert lines[-1] == "1 of 4 tempi right (1 ½), 1 of 4 keys right (1 ½), 1 of 2 failures as expected"


def test_real_folder_is_compared_with_its_tags(tmp_path, library):
    folder = str(tmp_path / "mine")
    tracks = [
        FakeTrack(f"{folder}/a.mp3", values(128.0, "8A", {"bpm": 64.0, "key": "Am"})),
        FakeTrack(f"{folder}/b.mp3", values(99.0, "8A", {"bpm": None, "key": "loud"})),
        FakeTrack(f"{folder}/c.mp3", FAILED),
        FakeTrack(str(tmp_path / "elsewhere/d.mp3"), values(99.0, "8A")),
    ]
    lines = compared(folder, library(*tracks))
    assert re.search(r"^a\.mp3 +64\.0 128\.0 ½ 0\.91 +8A +8A ✓", lines[2])
    assert re.search(r"^b\.mp3 +– +99\.0 +0\.91 +– +8A ", lines[3])
    assert re.search(r"^c\.mp3 .* corrupt", lines[4])
    assert lines[-1] == "3 tracks"


def test_long_folder_is_cut(tmp_path, library):
    tracks = [FakeTrack(str(tmp_path / f"{i:02d}.mp3"), values(99.0, "8A")) for i in range(45)]
    lines = compared(str(tmp_path), library(*tracks))
    assert lines[-1] == "40 tracks; 5 more are in the library"


def test_folder_that_was_not_scanned_is_an_error_that_says_how(tmp_path, library, capsys):
    assert demo.main(["compare", str(tmp_path), "--library", library()]) == 1
    assert re.search(r"holds nothing of .*; run: map4 --library .* scan", capsys.readouterr().err)
    assert demo.main(["compare", str(tmp_path), "--library", str(tmp_path / "none")]) == 1
    assert "there is no library" in capsys.readouterr().err
