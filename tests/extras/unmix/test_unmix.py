"""What was played in a recorded set: the songs of a library with times and speed, and what is said of all else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from extras.unmix import recorded_sets as sets
from signals import RATE_HZ, silence, speech_like

from map4 import Library
from map4.errors import NothingFoundError, QueryError, UsageError
from map4.extras.unmix.records import Unmixed
from map4.plugins import inline_lanes

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    sets.make_library(folder)
    return folder


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    with Library.open(folder / "sets.map4") as opened:
        yield opened


@pytest.fixture(scope="module")
def made(folder: Path, library: Library) -> Unmixed:
    [made] = library.unmix(folder / "set.flac")
    return made


def test_played_songs_are_found_once_with_times_fades_and_tempo(made: Unmixed) -> None:
    assert made.failure is None
    assert made.compared == 4
    assert made.duration_s == pytest.approx(sets.SET_S, abs=0.1)
    assert [track.track and Path(track.track.path).name for track in made.tracks] == [
        "song-1.flac",
        "song-2.flac",
        None,
    ]
    assert all((track.certainty or 0.0) > 0.95 for track in made.known())
    first, second = made.known()
    assert first.start_s == pytest.approx(0.0, abs=1.0)
    assert first.end_s == pytest.approx(sets.FIRST_END_S, abs=1.0)
    assert first.track_start_s == pytest.approx(0.0, abs=1.0)
    assert second.start_s == pytest.approx(sets.SECOND_START_S, abs=1.5)  # the fade is heard half a second later
    assert second.end_s == pytest.approx(sets.SECOND_END_S, abs=1.5)  # so is its end
    # What is heard at a place is known far better than where a fade begins.
    assert second.track_start_s - second.start_s == pytest.approx(sets.SECOND_FROM_S - sets.SECOND_START_S, abs=0.03)
    first, second = made.known()
    assert first.speed == pytest.approx(sets.FIRST_SPEED, rel=0.002)
    assert first.pitch == first.speed
    assert second.speed == pytest.approx(1.0, rel=0.002)
    assert first.gain_db == pytest.approx(0.0, abs=1.5)
    first, second, unknown = made.tracks
    assert first.mix.kind == "fade"
    assert first.mix.lasts_s == pytest.approx(sets.FADE_S, abs=2.0)
    assert first.mix.at_s == pytest.approx(sets.SECOND_START_S + sets.FADE_S / 2, abs=2.0)
    assert second.mix is None
    assert unknown.mix is None
    unknown = made.tracks[-1]
    assert unknown.start_s == pytest.approx(sets.SECOND_END_S, abs=1.5)
    assert unknown.end_s == pytest.approx(sets.SET_S, abs=1.5)
    assert unknown.bpm is not None  # its key is in doubt: the melody is drawn from all twelve notes
    assert unknown.track is unknown.speed is unknown.certainty is None


def test_parts_find_same_tracks(folder: Path, library: Library, made: Unmixed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.unmix.reader._LAID_S", sets.SECOND_START_S)
    [parted] = library.unmix(folder / "set.flac")
    assert parted == made


def test_query_limits_the_compared_tracks(folder: Path, library: Library) -> None:
    [made] = library.unmix(folder / "set.flac", query="path:song-2")
    assert [track.track and Path(track.track.path).name for track in made.tracks] == [None, "song-2.flac", None]
    assert made.compared == 1
    with pytest.raises(NothingFoundError, match="no track of the library matches"):
        library.unmix(folder / "set.flac", query="bpm:299..")
    with pytest.raises(QueryError):
        library.unmix(folder / "set.flac", query="nonsense:1")


def test_tracklist_limits_the_compared_tracks(folder: Path, library: Library) -> None:
    listed = folder / "played.m3u8"
    listed.write_text("songs/song-1.flac\nsongs/song-3.flac\n")
    [made] = library.unmix(folder / "set.flac", tracklist=listed)
    assert [track.track and Path(track.track.path).name for track in made.known()] == ["song-1.flac"]
    assert made.compared == 2
    by_name = folder / "played.txt"
    by_name.write_text("0:00 song-2\n")
    [made] = library.unmix(folder / "set.flac", tracklist=by_name)
    assert [track.track and Path(track.track.path).name for track in made.known()] == ["song-2.flac"]
    empty = folder / "other.m3u8"
    empty.write_text("elsewhere.mp3\n")
    with pytest.raises(NothingFoundError, match="has no track of"):
        library.unmix(folder / "set.flac", tracklist=empty)
    with pytest.raises(NothingFoundError, match="there is no file"):
        library.unmix(folder / "set.flac", tracklist=folder / "nowhere.m3u8")
    with pytest.raises(UsageError):
        library.unmix(folder / "set.flac", tracklist=folder / "set.flac")


def test_track_without_its_file_is_found_by_fingerprint_with_less_certainty(tmp_path: Path) -> None:
    sets.make_library(tmp_path)
    (tmp_path / "songs" / "song-1.flac").unlink()
    with Library.open(tmp_path / "sets.map4") as library:
        [made] = library.unmix(tmp_path / "set.flac")
    first = made.known()[0]
    assert Path(first.track.path).name == "song-1.flac"
    assert first.gain_db is None
    assert (first.certainty or 0.0) < 0.95
    assert first.speed == pytest.approx(sets.FIRST_SPEED, rel=0.008)  # half a step of the speeds that are tried


def test_invalid_recordings_are_failures_in_the_result(folder: Path, library: Library, tmp_path: Path) -> None:
    sf.write(tmp_path / "short.wav", silence(5.0), RATE_HZ)
    (tmp_path / "text.mp3").write_bytes(b"no sound " * 100)
    (tmp_path / "empty.wav").write_bytes(b"")
    names = ["short.wav", "text.mp3", "empty.wav", "gone.flac"]
    *failed, fine = library.unmix([*(tmp_path / name for name in names), folder / "set.flac"])
    kinds = [failure.failure.kind if failure.failure else "none" for failure in failed]
    assert (kinds[0], kinds[-1]) == ("too_short", "vanished")
    assert "none" not in kinds
    assert not any(failure.tracks for failure in failed)
    assert len(fine.tracks) == 3


def test_silence_and_speech_are_no_tracks(library: Library, tmp_path: Path) -> None:
    sf.write(tmp_path / "silence.wav", silence(40.0), RATE_HZ)
    sf.write(tmp_path / "speech.wav", speech_like(40.0), RATE_HZ)
    quiet, spoken = library.unmix([tmp_path / "silence.wav", tmp_path / "speech.wav"])
    assert quiet.failure is None
    assert quiet.tracks == ()
    assert spoken.known() == ()


def test_damaged_stretch_hides_no_other_track(folder: Path, library: Library, made: Unmixed, tmp_path: Path) -> None:
    sound, rate_hz = sf.read(folder / "set.flac")
    sf.write(tmp_path / "set.mp3", sound, rate_hz)
    content = bytearray((tmp_path / "set.mp3").read_bytes())
    third = len(content) // 3
    content[third : third + len(content) // 20] = np.random.default_rng(44).bytes(len(content) // 20)
    (tmp_path / "set.mp3").write_bytes(content)
    [damaged] = library.unmix(tmp_path / "set.mp3")
    assert damaged.failure is None
    assert damaged.flags == ("damaged", "truncated")
    named = [[track.track and Path(track.track.path).name for track in unmixed.known()] for unmixed in (damaged, made)]
    assert set(named[0]) == set(named[1])


def test_unmixing_changes_no_library_and_leaves_no_files(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "sets.map4", tmp_path / "sets.map4")
    with Library.open(tmp_path / "sets.map4") as library:
        before = [track.path for track in library.tracks.all()]
        library.unmix(folder / "set.flac")
        assert [track.path for track in library.tracks.all()] == before
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".flac", ".map4")) == [
        "set.flac",
        "sets.map4",
    ]


def test_two_files_of_one_recording_are_one_track(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "sets.map4", tmp_path / "two.map4")
    later = np.concatenate([np.zeros(RATE_HZ // 2, np.float32), sets.song(1)])
    sf.write(tmp_path / "again.wav", 0.7 * later, RATE_HZ)
    with Library.open(tmp_path / "two.map4", lanes=inline_lanes) as library:
        library.scan(tmp_path / "again.wav")
        [made] = library.unmix(folder / "set.flac")
    assert len(made.known()) == 2
