"""Lists, marks and words of recorded sets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr
from extras.unmix import recorded_sets as sets
from extras.unmix.unmixed_by_hand import LENGTH_S, played, recorded_set
from made_library import analysis_of, put
from spectra import spectra_of

from map4 import Library
from map4.core.dsp.sound.fingerprint import fingerprint
from map4.core.music.track.tags import Tags
from map4.errors import NothingFoundError
from map4.extras.unmix.recorded_sets import write_sheet
from map4.extras.unmix.records import Passage
from map4.extras.unmix.set_marks import set_marks
from map4.extras.unmix.set_words import COURSE_BANDS, COURSE_RATE_HZ, SetSound, SetWords, WayOfPlaying, track_course
from map4.formats.importer import DjTrack, Importer, ReadNotes


def test_line_with_another_number_names_no_track(tmp_path: Path) -> None:
    played, recording = tmp_path / "played.txt", tmp_path / "set.flac"
    with Library.open(tmp_path / "library.map4") as library:
        put(library, 1, analysis_of(1), tags=Tags(artist="Ann", title="Sunrise Pt. 2"))
        for line in ("Ann - Sunrise Pt. 1", "Ann - Sunrise (Part One)", "Ann - Sunrise", "ann sunrise 3"):
            played.write_text(line)
            with pytest.raises(NothingFoundError, match="has no track of"):
                library.unmix(recording, tracklist=played)
        for line in ("Ann - Sunrise Pt. 2", "Ann - Sunrize (Part Two)", "ann sunrise pt 2"):
            played.write_text(line)
            [made] = library.unmix(recording, tracklist=played)
            assert made.failure is not None  # there is no recording


# Passages as players have them: one after the other, without overlaps, also in CUE sheets, which are read again.
SET = recorded_set("/sets/one.mp3", *(played(f"/music/{name}.mp3", title=name, artist="Ann") for name in "ABC"))


def test_marks_are_a_second_apart_with_names_loudness_and_doubts() -> None:
    marks = set_marks(SET)
    assert [(mark.at_s, mark.until_s, mark.name) for mark in marks] == [
        (0.0, 5.5, "Ann - A"), (5.5, 10.0, "Ann - B"), (10.0, 13.0, "Unknown"), (13.0, 16.0, "Ann - C"),
        (16.0, LENGTH_S, "Ann - A"),
    ]  # fmt: skip
    assert [mark.artist for mark in marks][2] is None
    nameless = replace(SET, tracks=(replace(SET.tracks[0], track=played("/music/9 lives.flac"), mix=None),))
    assert [(mark.at_s, mark.until_s, mark.name) for mark in set_marks(nameless)] == [(0.0, LENGTH_S, "9 lives.flac")]
    assert set_marks(replace(SET, tracks=())) == []
    at_once = tuple(Passage(start_s=at_s, end_s=9.0) for at_s in (0.0, 0.4, 0.9, 2.0))
    assert [mark.at_s for mark in set_marks(replace(SET, tracks=at_once))] == [0.0, 2.0]
    assert [track.doubts for track in SET.tracks] == [("", ""), ("?", ""), ("", ""), ("", ""), ("", "")]
    assert [replace(SET.tracks[0], end_certainty=sure).doubts for sure in (None, 0.89)] == [("", "?")] * 2


# ---- in a sheet -----------------------------------------------------------------------------------

NAMES = (played("/m/a.mp3", title='The "A"', artist="Björk"), played("/m/b.mp3", title="B\nb"), played("/m/c.mp3"))


@pytest.mark.parametrize(("folder", "named"), [("sets", "Friday.mp3"), ("elsewhere", "sets/Friday.mp3")])
def test_written_cue_sheet_is_read_back_with_its_recording(tmp_path: Path, folder: str, named: str) -> None:
    for name in ("sets", "elsewhere"):
        (tmp_path / name).mkdir()
    recording = tmp_path / "sets" / "Friday.mp3"
    recording.write_bytes(b"")
    sheet = tmp_path / folder / "Friday.cue"
    with sheet.open("wb") as out:
        assert write_sheet(recorded_set(str(recording), *NAMES), out, folder=str(sheet.parent)) == 5
    text = sheet.read_bytes().decode()
    assert f'FILE "{named if folder == "sets" else recording}" MP3\r\n' in text
    assert [line.split()[-1] for line in text.splitlines() if "INDEX" in line] == [
        "00:00:00", "00:05:37", "00:10:00", "00:13:00", "00:16:00"
    ]  # fmt: skip
    [track] = [item for item in Importer.of(str(sheet)).read(str(sheet), ReadNotes()) if isinstance(item, DjTrack)]
    assert track.entry.location == str(recording)
    cues = track.values.cues
    assert [(round(cue.position_s, 2), cue.name) for cue in cues] == [
        (0.0, "Björk - The 'A'"), (5.49, "B b"), (10.0, "Unknown"), (13.0, "c.mp3"), (16.0, "Björk - The 'A'")
    ]  # fmt: skip


SPEED = 1.06
"""One of those that are tried."""


def heard(y: np.ndarray, block: int = 100_000) -> tuple[list[SetWords], np.ndarray]:
    sound = SetSound()
    for start in range(0, len(y), block):
        sound.feed(y[start : start + block].astype(np.float32))
    return sound.finish()


def words_of(y: np.ndarray) -> np.ndarray:
    return fingerprint(spectra_of(y.astype(np.float32)).mel_power)


def error_rate(first: np.ndarray, second: np.ndarray) -> float:
    size = min(len(first), len(second))
    apart = (first[:size] ^ second[:size]).astype(np.uint16)
    return float(np.unpackbits(apart.view(np.uint8)).mean())


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    return sets.song(1, 30.0)


@pytest.mark.world
def test_track_at_original_speed_keeps_its_fingerprint(song: np.ndarray) -> None:
    words, _ = heard(song)
    [plain] = [word for word in words if word.playing == WayOfPlaying(1.0, 1.0)]
    assert error_rate(plain.words, words_of(song)) < 0.01


@pytest.mark.world
def test_faster_track_matches_only_at_its_speed(song: np.ndarray) -> None:
    faster = soxr.resample(song, 22_050 * SPEED, 22_050)
    words, _ = heard(faster)
    rates = {word.playing: error_rate(word.words, words_of(song)) for word in words}
    best = min(rates, key=lambda playing: rates[playing])
    assert best == WayOfPlaying(SPEED, SPEED)
    assert rates[best] < 0.05
    assert rates[WayOfPlaying(1.0, 1.0)] > 0.3


def test_set_words_do_not_depend_on_blocks_and_silence_has_zeros(song: np.ndarray) -> None:
    first, course = heard(song, block=len(song))
    second, other = heard(song, block=7777)
    assert all(np.array_equal(word.words, two.words) for word, two in zip(first, second, strict=True))
    assert np.array_equal(course, other)
    assert course.shape == (pytest.approx(30.0 * COURSE_RATE_HZ, abs=2), COURSE_BANDS)
    _, course = heard(soxr.resample(song, 22_050 * SPEED, 22_050))
    made = track_course(song.astype(np.float32), SPEED, SPEED)
    size = min(len(made), len(course))
    apart = np.abs(made[:size].astype(int) - course[:size].astype(int))
    loud = course[:size] > course.max() - 80
    assert np.median(apart[loud]) <= 3  # 1.5 dB
    words, _ = heard(np.zeros(22_050 * 10))
    assert all(not word.words.any() for word in words)
    words, course = heard(np.zeros(0))
    assert all(len(word.words) == 0 for word in words)
    assert len(course) <= 1
