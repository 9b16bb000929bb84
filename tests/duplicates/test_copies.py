"""Copies of recordings in a library, and cue points that are set for all of them."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from conftest import Run
from made_library import WORDS, analysis_of, database_of, mark_missing, path_of, put, put_tracks
from quarantines import WORD_S, scanned, write_sound

from map4 import Library
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.track.tags import Tags
from map4.core.store.database import scalar
from map4.core.store.file.database import SqliteDatabase
from map4.duplicates.store import copies as alike_recordings
from map4.duplicates.store.copies import AlikeRecordings, SqlCopies
from map4.errors import LibraryDamagedError, UsageError
from map4.scan import scan
from map4.scan.options import ScanNotice
from map4.scan.workers.lanes import inline_lanes

CUES = [{"position_s": 2.0, "number": 0, "name": "Drop"}, {"position_s": 8.0, "kind": "loop", "length_s": 4.0}]


def test_cue_points_are_copied_shifted_by_the_offset_of_the_copy(tmp_path: Path) -> None:
    first, same, late, mute = (write_sound(tmp_path / f"{name}.wav", seed=seed) for name, seed in
                               (("first", 1), ("same", 1), ("late", 2), ("mute", 3)))  # fmt: skip
    with Library.open(tmp_path / "library.map4") as library:
        scanned(library, first, same)
        scanned(library, late, lag_words=5)
        scanned(library, mute, with_sound=False)
        library.set([first], cues=CUES)
        changes = library.set([first, same], cues_to_copies=True)  # one audio
        assert [(Path(change.track.path).name, change.problem) for change in changes] == [("late.wav", None)]
        moved = library.track(late).user.cues
        assert [(cue.position_s, cue.name, cue.length_s) for cue in moved] == [
            (pytest.approx(2.0 + 5 * WORD_S, abs=1e-3), "Drop", None),
            (pytest.approx(8.0 + 5 * WORD_S, abs=1e-3), None, 4.0),
        ]
        assert library.track(mute).user.cues is None
        library.values.undo(changes.step)
        assert library.track(late).user.cues is None
        changes = library.set([first], cues=CUES[:1], cues_to_copies=True)  # both in one step
        assert len(library.track(late).user.cues) == 1
        library.values.undo(changes.step)
        assert (library.track(late).user.cues, len(library.track(first).user.cues)) == (None, 2)
        assert not [*library.set([mute], cues_to_copies=True)]  # it has none
        library.set([late], cues=[{"position_s": 0.0}, *CUES[:1]])
        assert not [*library.set([late, first], cues_to_copies=True)]  # each has its own
        changes = library.set([late], cues_to_copies=True)  # in place of theirs, as far as they go back
        assert [len(change.new) for change in changes] == [1]
        library.values.undo(changes.step)
        library.set([late], cues=[{"position_s": 0.0}])
        assert not [*library.set([late], cues_to_copies=True)]  # none is as late as their beginning
        library.set([late], unset=["cues"])
        with pytest.raises(UsageError, match="separate steps"):
            library.set([first], unset=["cues"], cues_to_copies=True)
        scanned(library, write_sound(tmp_path / "vague.wav", seed=4), lag_words=2, with_beats=False)
        changes = library.set([first], cues_to_copies=True)
        assert [change.problem is None for change in changes] == [True, False]
        assert library.track(tmp_path / "vague.wav").user.cues is None


def test_set_command_lists_copies_that_got_cue_points(inside: Run, tmp_path: Path) -> None:
    first, late = (write_sound(tmp_path / f"{name}.wav", seed=seed) for seed, name in enumerate(("first", "late")))
    scanned(tmp_path / "library.map4", first)
    scanned(tmp_path / "library.map4", late, lag_words=5)
    with Library.open(tmp_path / "library.map4") as library:
        library.set([first], cues=CUES)
    done = inside("set", first, "--cues-to-copies")
    assert (done.stdout, done.stderr) == ("A – late: cues none → 2 cue points\n", "1 value changed\n")


# Copies stay true after whatever a scan does, and whoever reads them writes nothing.
def sounding(number: int, like: int, *, errors: int = 1) -> Analysis:
    """The analysis of a track with the fingerprint of another one, some bits of some words turned."""
    words = WORDS[like].copy()
    words[::3] ^= np.uint16((1 << errors) - 1)
    return replace(analysis_of(number), fingerprint=words.tobytes()).as_stored()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "library.map4"
    put_tracks(path, range(4))
    put(path, 10, sounding(10, like=1), tags=Tags(artist="Ann", title="Track 1"))
    return path


def copies(path: Path) -> list[str]:
    with Library.open(path) as library:
        return [track.path for track in library.search("is:copy")]


def compare(path: Path) -> None:
    """Compare new recordings, as a scan does at its end."""
    with database_of(path) as database:
        AlikeRecordings(database).bring_up_to_date()


def test_only_a_scan_stores_copies(path: Path) -> None:
    before = path.read_bytes()
    assert copies(path) == [path_of(1)]  # the other has more tags
    with database_of(path) as database:
        assert AlikeRecordings(database).due() == 5
        assert path.read_bytes() == before
    compare(path)
    with database_of(path) as database:
        assert AlikeRecordings(database).due() == 0
        assert scalar(database.connection, "SELECT count(*) FROM sound_pairs") == 1
    assert copies(path) == [path_of(1)]


def test_one_new_recording_is_compared_with_all_others(path: Path) -> None:
    compare(path)
    for number, like in ((11, 2), (12, 1)):
        put(path, number, sounding(number, like=like, errors=2))
        compare(path)
    with database_of(path) as database:
        pairs = {(pair.first[-1], pair.second[-1]) for pair in AlikeRecordings(database).pairs()}
    assert pairs == {("1", "a"), ("2", "b"), ("1", "c"), ("a", "c")}


def test_copy_in_the_folder_of_its_album_is_kept(tmp_path: Path) -> None:
    names = {"Album/07 - Ann - Song 7.mp3": 7, "Album/5.mp3": 5, "Album/6.mp3": 6, "Copies/7.mp3": 7, "Copies/7.": 7,
             "Copies/1.mp3": 1, "Copies/Disc/2.mp3": 2, "Copies/Disc/3.mp3": 3}  # fmt: skip
    path = tmp_path / "library.map4"
    for name, number in names.items():
        tags = Tags(artist="Ann", title=f"Song {number}", album="Album")
        put(path, number, analysis_of(number), name=f"/music/{name}", tags=tags)
    assert sorted(copies(path)) == ["/music/Copies/7.", "/music/Copies/7.mp3"]
    put(path, 7, analysis_of(7), name="/music/Album/07 - Ann - Song 7.mp3", tags=tags, is_tag_broken=True)
    assert sorted(copies(path)) == ["/music/Album/07 - Ann - Song 7.mp3", "/music/Copies/7."]


def test_open_library_notices_a_new_copy_at_once(path: Path) -> None:
    with Library.open(path) as library:
        assert library.count("is:copy") == 1
        put(path, 11, sounding(11, like=2))
        assert library.count("is:copy") == 2
        mark_missing(path, path_of(1))
        assert library.count("is:copy") == 1


def test_changed_fingerprint_is_compared_again(path: Path) -> None:
    assert copies(path) == [path_of(1)]
    put(path, 10, analysis_of(10), tags=Tags(artist="Ann", title="Track 1"))
    assert copies(path) == []
    put(path, 10, sounding(10, like=3), tags=Tags(artist="Ann", title="Track 3"))
    assert copies(path) == [path_of(3)]


def test_changed_tags_can_turn_a_copy_into_a_version(path: Path) -> None:
    assert copies(path) == [path_of(1)]
    put(path, 10, sounding(10, like=1), tags=Tags(artist="Ann", title="Track 1 (Live)"))
    assert copies(path) == []


def test_forgotten_file_leaves_no_pairs(path: Path) -> None:
    assert copies(path) == [path_of(1)]
    mark_missing(path, path_of(10))
    with Library.open(path) as library:
        library.care.prune()
    with database_of(path) as database:
        for table in ("sound_keys", "sound_pairs"):
            sql = f"SELECT count(*) FROM {table} WHERE audio_id = 'a1-{10:032x}'"
            assert scalar(database.connection, sql) == 0
    assert copies(path) == []


def test_copies_in_a_read_only_library_are_found(path: Path) -> None:
    with database_of(path) as database:
        database.is_read_only = True
        alike = AlikeRecordings(database)
        assert [pair[:2] for pair in map(astuple, alike.pairs())] == [(f"a1-{1:032x}", f"a1-{10:032x}")]
        assert len(alike.pairs_of([f"a1-{10:032x}"])) == 1
        assert alike.due() == 5


def test_pairs_are_found_while_another_process_writes(path: Path) -> None:
    with database_of(path) as other, closing(SqliteDatabase(str(path), busy_timeout_s=0.01)) as database:
        alike = AlikeRecordings(database)
        with other.transaction():
            assert len(alike.pairs()) == 1
        put(path, 11, sounding(11, like=2))
        assert len(alike.pairs()) == 2
        assert alike.due() == 6
        compare(path)
        assert alike.due() == 0
        assert len(alike.pairs()) == 2


def test_recordings_in_memory_are_compared_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Mock(wraps=alike_recordings._compared)
    monkeypatch.setattr(alike_recordings, "_compared", counted)
    with Library.open(path) as library:
        for rating in (3, 4):
            assert library.count("is:copy") == 1
            library.set(path_of(3), rating=rating)  # which the library notices
        assert counted.call_count == 1
        put(path, 11, sounding(11, like=2))
        assert library.count("is:copy") == 2
        assert counted.call_count == 1 + 2


def test_interrupted_comparison_loses_at_most_one_batch(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    for number in range(7):
        put(path, number, sounding(number, like=number // 2, errors=number % 2))
    progress_steps: list[tuple[int, int]] = []

    def interrupted_at(done: int) -> Callable[[int, int], None]:
        def progress(step: int, of: int) -> None:
            progress_steps.append((step, of))
            if step == done:
                raise KeyboardInterrupt

        return progress

    # 7 keys are made, then 7 recordings compared; two at a time are written.
    for done, steps in ((5, 14), (3 + 3, 3 + 7)):
        with database_of(path) as database, pytest.raises(KeyboardInterrupt):
            AlikeRecordings(database, at_once=2).bring_up_to_date(progress=interrupted_at(done))
        assert progress_steps[-1] == (done, steps)
    progress_steps.clear()
    with database_of(path) as database:  # as a next run
        alike = AlikeRecordings(database, at_once=2)
        alike.bring_up_to_date(progress=interrupted_at(-1))
        found = alike.pairs(progress=interrupted_at(-1))
        assert {of for _, of in progress_steps} == {5}
        assert {(pair.first[-1], pair.second[-1]) for pair in found} == {("0", "1"), ("2", "3"), ("4", "5")}
        assert alike.due() == 0


def test_large_library_is_compared_on_demand_or_read_only_as_a_whole(path: Path) -> None:
    with database_of(path) as database:
        database.is_read_only = True
        alike = AlikeRecordings(database, at_once=1)
        assert [pair.second for pair in alike.pairs()] == [f"a1-{10:032x}"]
        assert alike.pairs() == alike.pairs()
    name = f"a1-{10:032x}"
    with database_of(path) as database:
        alike = AlikeRecordings(database, small_size=4)  # there are five
        assert alike.pairs(at_once=True) == alike.pairs_of([name]) == []
        assert len(alike.pairs()) == 1
        assert len(alike.pairs(at_once=True)) == len(alike.pairs_of([name])) == 1


def test_copies_share_a_representative_audio_id(path: Path) -> None:
    names = [f"a1-{number:032x}" for number in (1, 2, 10)]
    with Library.open(path) as library:
        assert library.duplicates.recordings(names) == {}  # no scan has compared them yet
        compare(path)
        assert library.duplicates.recordings(names) == {names[0]: names[2], names[2]: names[2]}


def test_scan_compares_what_a_merge_left(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MANY_CHANGED", 4)
    names = [f"a1-{number:032x}" for number in (1, 10)]
    (tmp_path / "music").mkdir()
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([tmp_path / "music"], dry_run=True)
        assert library.duplicates.recordings(names) == {}
        events = library.scan_events([tmp_path / "music"])
        notices = [event.message for event in events if isinstance(event, ScanNotice)]
        assert notices == ["comparing 5 new recordings with all others, to find copies"]
        assert library.duplicates.recordings(names) == dict.fromkeys(names, names[1])
        assert not [event for event in library.scan_events() if isinstance(event, ScanNotice)]


def test_scan_compares_its_new_files(sound_library: Path) -> None:
    with database_of(sound_library) as database:
        assert AlikeRecordings(database).due() == 0
        assert scalar(database.connection, "SELECT count(*) FROM sound_keys") > 0


def test_scan_ends_where_a_damaged_fingerprint_can_not_be_compared(path: Path, tmp_path: Path) -> None:
    with database_of(path) as database, database.transaction() as connection:
        connection.execute("UPDATE details SET fingerprint = x'00' WHERE id = 1")
    (tmp_path / "music").mkdir()
    with Library.open(path, lanes=inline_lanes) as library:
        assert library.scan([tmp_path / "music"]).found == 0
        with pytest.raises(LibraryDamagedError, match="is cut off"):
            library.duplicates.find()


def test_first_groups_come_before_names_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        scanned(library, *(write_sound(tmp_path / f"{name}.wav") for name in "ab"))
        every = library.duplicates.find()
        compare = Mock(return_value=[])
        monkeypatch.setattr(SqlCopies, "named_groups", lambda *_: (group for _ in "1" for group in compare()))
        found = library.duplicates.find_events()
        assert next(found) == every[0]
        compare.assert_not_called()
        assert [*found] == every[1:]
        compare.assert_called_once_with()
