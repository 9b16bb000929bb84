"""A file whose audio changes in its place and stays the same recording keeps all that people and programs made."""

import itertools
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from quarantines import mark_missing
from signals import RATE_HZ, chord, drum_loop, mix
from stored import NOW, put_imported, put_own, put_play, put_track

from map4 import Library
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.audio.jobs import Stamp
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.core.music.track.user_values import ValueChange
from map4.core.store.sql_store import Store
from map4.extras.quarantine.returning import Returning
from map4.extras.quarantine.successors import SuccessorHandOvers
from map4.lists.store.playlists import SqlPlaylists
from map4.scan import Scanner
from map4.scan.options import ScanOptions
from map4.scan.workers.lanes import inline_lanes
from map4.values import SqlValues


def music(seed: int, bpm: float) -> np.ndarray:
    """40 s that do not repeat."""
    roots = np.random.default_rng(seed).integers(36, 72, 40)
    chords = np.concatenate([chord((root, root + 4, root + 7), 1.0) for root in roots])
    return 0.5 * mix(drum_loop(bpm, 40.0), chords)


SONG, OTHER = music(1, 124.0), music(2, 97.0)
BETTER = 0.9 * SONG
TIMES_NS = itertools.count(10**18, 10**9)


def write(path: Path, y: np.ndarray, subtype: str = "PCM_16", **options: float) -> Path:
    soundfile.write(path, y, RATE_HZ, subtype=subtype, **options)
    os.utime(path, ns=(0, next(TIMES_NS)))
    return path


@pytest.fixture
def song(library: Library, tmp_path: Path) -> Path:
    """A file of which people and programs made all that they can."""
    (tmp_path / "music").mkdir()
    song = write(tmp_path / "music" / "song.flac", SONG)
    library.scan([song.parent])
    track = library.track(song)
    library.set([track], bpm=62, title="Own", cues=[{"position_s": 10.0, "name": "drop"}], rating=4)
    library.set([track], mark=["peak"])
    joint = ListJoint(of=track.audio_id, to=track.audio_id, leave_s=30.0, enter_s=2.0)
    library.lists.save("Crate", Tracklist(tracks=[track, track], header=ListHeader(joints=(joint,))))
    put_play(library._store, track.audio_id)
    deck = tmp_path / "deck.xml"
    deck.write_text(
        "<DJ_PLAYLISTS Version='1.0.0'><PRODUCT Name='rekordbox'/><COLLECTION Entries='1'><TRACK TrackID='1' Name='x' "
        f"Rating='153' Location='file://localhost{song}'><POSITION_MARK Name='intro' Type='0' Start='4.0' Num='0'/>"
        "</TRACK></COLLECTION><PLAYLISTS/></DJ_PLAYLISTS>"
    )
    library.imports.read(deck)
    assert made(library, song) == MADE | {"listed": [str(song)] * 2}
    return song


MADE = {"own": (62, "Own", 4.0, ("peak",), 1), "cues": [10.0], "imported": [4.0], "joint": (True, 30.0)}


def made(library: Library, song: Path) -> dict[str, Any]:
    """All that people and programs made, as the file has it."""
    track, crate = library.track(song), library.lists.read_stored("Crate")
    [joint] = crate.header.joints
    return {
        "own": (track.user.bpm, track.title(), track.user.rating, track.user.marks, track.play_count()),
        "cues": [round(cue.position_s, 1) for cue in track.user.cues or ()],
        "imported": [round(cue.position_s, 1) for cue in (track.imported.cues if track.imported else ())],
        "listed": [listed.path for listed in crate.tracks()],
        "joint": (joint.of == track.audio_id, round(joint.leave_s, 1)),
    }


def listed(library: Library) -> list[tuple[str, str]]:
    """Path and audio id of each entry of a list, as stored."""
    with closing(sqlite3.connect(library.path)) as connection:
        rows = connection.execute("SELECT path, audio_id FROM playlist_tracks ORDER BY position").fetchall()
    return [(os.fsdecode(path), audio_id) for path, audio_id in rows]


def summary(library: Library, song: Path) -> list[str]:
    return [event.message for event in library.scan_events([song.parent]) if hasattr(event, "message")]


@pytest.mark.parametrize(("form", "later_s"), [("PCM_24", 0.0), ("PCM_16", 0.5)], ids=["other bits", "longer lead-in"])
def test_everything_follows_to_other_audio_of_the_recording(
    library: Library, song: Path, form: str, later_s: float
) -> None:
    before, old = made(library, song), library.track(song)
    write(song, np.concatenate([np.zeros(round(later_s * RATE_HZ), np.float32), BETTER]), form)
    [message] = summary(library, song)
    assert message.startswith("1 file has other audio of the same recording; its places in lists, plays and values ")
    assert library.track(song).audio_id != old.audio_id
    later = {"cues": [10.0 + later_s], "imported": [4.0 + later_s], "joint": (True, 30.0 + later_s)}
    assert made(library, song) == before | later
    assert summary(library, song) == []
    [step] = library.undo_steps("copies").steps
    assert (step.what, step.count) == ("1 file with other audio of the same recording", 1)
    whats = [version.what for version in library.lists.versions("Crate").versions]
    assert whats == ["handed over to other files", "as it was stored"]
    assert {file.state for file in library.undo("copies")} == {"restored"}
    assert library.lists.read_stored("Crate").header.joints[0].of == old.audio_id
    assert (library.track(song).user.bpm, library.track(song).user.cues) == (None, None)
    assert listed(library) == [(str(song), old.audio_id)] * 2
    write(song, SONG)
    library.scan([song.parent])
    assert made(library, song) == before


def test_nothing_follows_to_another_song(library: Library, song: Path) -> None:
    before, old = made(library, song), library.track(song)
    write(song, OTHER)
    assert summary(library, song) == []
    new = library.track(song)
    assert (new.user.bpm, new.title(), new.user.rating, new.user.cues, new.play_count()) == (None,) * 5
    assert (new.imported, library.undo_steps("copies").steps) == (None, ())
    assert listed(library) == [(str(song), old.audio_id)] * 2
    write(song, SONG)
    library.scan([song.parent])
    assert made(library, song) == before


def move_in_a_better_file(library: Library, song: Path) -> None:
    better = write(song.with_name("better.flac"), BETTER, "PCM_24")
    library.scan([song.parent])
    better.replace(song)


def replace_the_missing_file(library: Library, song: Path) -> None:
    mark_missing(library, song)
    write(song, BETTER, "PCM_24")


def scan_it_unfinished(of_whole: Callable[[bytes], bytes]) -> Callable[[Library, Path], None]:
    def scan(library: Library, song: Path) -> None:
        whole = write(song, BETTER, "PCM_24").read_bytes()
        song.write_bytes(of_whole(whole))
        library.scan([song.parent])
        song.write_bytes(whole)

    return scan


CHANGES: dict[str, Callable[[Library, Path], object]] = {
    "another level of FLAC": lambda _, song: write(song, SONG, compression_level=1.0),
    "a better file moved in": move_in_a_better_file,
    "the file was gone": replace_the_missing_file,
    "half of it was scanned": scan_it_unfinished(lambda whole: whole[: len(whole) // 2]),
    "noise was scanned": scan_it_unfinished(lambda _: os.urandom(9000)),
    "an empty file was scanned": scan_it_unfinished(lambda _: b""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_everything_follows_however_the_file_changes(library: Library, song: Path, change: str) -> None:
    before = made(library, song)
    CHANGES[change](library, song)
    library.scan([song.parent])
    assert made(library, song) == before
    assert library.track(song.with_name("better.flac")) is None
    assert len(library.undo_steps("copies").steps) == 1 + change.startswith("half")  # which follows, too


def test_scan_without_storing_changes_nothing(library: Library, song: Path) -> None:
    write(song, BETTER, "PCM_24")
    library.scan([song.parent], dry_run=True)
    library.analyze([song], store=False)
    assert library.undo_steps("copies").steps == ()


def test_a_scan_with_several_successors_is_one_step(library: Library, song: Path) -> None:
    second = write(song.with_name("second.flac"), OTHER)
    library.scan([song.parent])
    library.set([library.track(path) for path in (song, second)], rating=5)
    for path, y in ((song, SONG), (second, OTHER)):
        write(path, 0.9 * y, "PCM_24")
    [message] = summary(library, song)
    assert message.startswith("2 files have other audio")
    [step] = library.undo_steps("copies").steps
    assert (step.count, [library.track(path).user.rating for path in (song, second)]) == (2, [5.0, 5.0])


def test_successor_takes_values_and_gives_them_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.quarantine.successors.constant_offset", lambda *_: (1.5, True))
    put_track(store, 1)
    put_track(store, 2)
    put_own(store, 1, rating=4, bpm=99, cues=[{"position_s": 10.0}], title="Own")
    put_imported(store, {1: {"bpm": 120.5}})
    [old, other], lists = store.tracks.tracks(), store.part(SqlPlaylists)
    put_play(store, old.audio_id)
    lists.put("A", Tracklist(tracks=[old, other]), now=NOW)
    put_track(store, 3, path=old.path, stamp=Stamp(8, 2, 2), title="Another tag")
    new, before = store.tracks.track(old.path), [*store.tracks.tracks()]
    assert (new.user.bpm, new.title()) == (None, "Another tag")
    successors = SuccessorHandOvers(store)
    with store.at_once():
        successors.follow(old.path, old.audio_id, new.audio_id)
    assert successors.close() is not None
    now = store.tracks.track(old.path)
    assert (now.user.bpm, now.user.rating, now.title(), now.play_count()) == (99, 4.0, "Own", 1)
    assert ([cue.position_s for cue in now.user.cues], now.imported.bpm) == ([11.5], 120.5)
    assert [track.audio_id for track in lists.get("A").tracks] == [new.audio_id, other.audio_id]
    journal = next(Returning(store)._list.journals()).path
    assert [file.state for file in Returning(store).undo(journal)] == ["restored"]
    assert [*store.tracks.tracks()] == before
    assert [track.audio_id for track in lists.get("A").tracks][1:] == [other.audio_id]


def test_scan_hands_over_in_every_store(store: Store, tmp_path: Path) -> None:
    def scanned(y: np.ndarray, subtype: str) -> Track:
        path = write(tmp_path / "song.flac", y, subtype)
        [*Scanner(store=store, lanes=inline_lanes, decoder=DEFAULT_DECODER).scan([path], ScanOptions())]
        return store.tracks.track(str(path))

    old, lists = scanned(SONG, "PCM_16"), store.part(SqlPlaylists)
    rated = ValueChange(track=old, name="rating", old=None, new=4.0, was_own=False, is_own=True)
    store.part(SqlValues).put([rated], now=NOW)
    lists.put("A", Tracklist(tracks=[old]), now=NOW)
    new = scanned(BETTER, "PCM_24")
    assert (new.audio_id != old.audio_id, new.user.rating) == (True, 4.0)
    assert [track.audio_id for track in lists.get("A").tracks] == [new.audio_id]
