"""Awkward cases of a scan, in this process: what counts as what, and what is never lost."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock, patch

import pytest
from conftest import write_clicks
from libraries import execute
from mutagen.id3 import TPE2
from mutagen.wave import WAVE

from map4 import Library
from map4.core.store import sql_store
from map4.core.store.sound.sound_index import SqliteSounds
from map4.core.store.tracks import SqlTracks
from map4.doctor.use import Doctor
from map4.errors import LibraryWriteError, NothingFoundError
from map4.scan.options import FileDone, FileStarted, ScanNotice, ScanSummary
from map4.scan.scan import Scanner
from map4.scan.walk import DiskFiles
from map4.scan.workers.lanes import inline_lanes


def reopen(library: Library, decoder: str) -> Library:
    library.close()
    return Library.open(library.path, lanes=inline_lanes, decoder=decoder)


def counts(summary: ScanSummary) -> dict[str, int]:
    return {name: value for name, value in summary.to_record().items() if isinstance(value, int) and value}


def test_sound_file_does_not_fail_with_its_damaged_copy(library: Library, music: Path) -> None:
    for name in ("a badtwin.wav", "a badtwin 2.wav"):
        shutil.copy(music / "one.wav", music / name)
    library = reopen(library, "doubles:open_audio")
    failed = [track.path for track in library.scan_events(music) if getattr(track, "failure", None)]
    assert len(failed) == 2
    [sound] = [track for track in library.search("") if track.path.endswith("one.wav")]
    assert sound.state == "ok"
    force = library.scan(music, force=True)
    assert (force.failed, next(track.state for track in library.search("") if track.path == sound.path)) == (2, "ok")


def test_hidden_files_are_counted_in_one_line(library: Library, music: Path) -> None:
    assert not [event for event in library.scan_events(music) if isinstance(event, ScanNotice)]
    (music / ".hack").mkdir()
    for name in (".hack/1.wav", ".a.wav", ".b.wav", ".c.wav", "clip.MKV"):
        shutil.copy(music / "one.wav", music / name)
    [notice, videos] = [event for event in library.scan_events(music) if isinstance(event, ScanNotice)]
    names = ", ".join(f"{music}/{name}" for name in (".a.wav", ".b.wav", ".c.wav"))
    assert notice.message == (
        f"4 hidden audio files and folders left out ({names}, …); to include a folder, rename it or scan it by its name"
    )
    assert videos.message == f"1 video file left out ({music}/clip.MKV); to include one, scan it by its name"
    assert not notice.is_news
    assert library.scan(music / ".hack").copied == 1


def test_kinds_that_an_older_map4_left_out_are_counted_once(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mka", "b.AU", "song.mkv", "not.au"):
        shutil.copy(music / "one.wav", music / name)
    for name in ("a.avi", "b.avi", "c.mov", "clip.webm", "tune.mid"):
        (music / name).write_bytes(b"x")
    library.scan(music, extensions=["wav"])
    monkeypatch.setattr(
        "map4.scan.walk.is_sound_only", reads := Mock(side_effect=lambda path: path.endswith("song.mkv"))
    )
    execute(library.path, "UPDATE roots SET scanned_at = '2999-01-01T00:00:00Z'")  # later than the files

    def notices() -> list[str]:
        events = library.scan_events(music, exclude=["not.*"])
        return [event.message for event in events if isinstance(event, ScanNotice)]

    left_out = [
        "4 video files left out (2 avi, 1 mov, 1 webm); to include one, scan it by its name",
        f"1 file left out ({music}/tune.mid); map4 can't decode this kind",
    ]
    kinds = "3 files of kinds that an older map4 left out (1 mka, 1 au, 1 mkv)"
    more = f"{kinds}; exclude them with --exclude or 'scan.exclude'"
    assert notices() == [more, *left_out]
    assert reads.call_count == 2
    assert notices() == left_out
    assert reads.call_count == 2
    shutil.copy(music / "a.mka", music / "new.mka")
    (music / "clip.webm").write_bytes(b"longer")
    assert (notices(), reads.call_count) == (left_out, 3)


def test_every_file_found_is_counted_once(library: Library, music: Path) -> None:
    shutil.copy(music / "one.wav", music / "copy.wav")
    (music / "bad.mp3").write_bytes(b"no music" * 100)
    first = library.scan(music)
    assert counts(first) == {"found": 6, "analysed": 4, "copied": 1, "failed": 1}
    assert counts(library.scan(music)) == {"found": 6, "unchanged": 5, "known_failed": 1}
    assert counts(library.scan(music, max_files=1, force=True))["postponed"] == 5


def test_compare_analyses_only_changed_files_again(library: Library, music: Path) -> None:
    library.scan(music)
    files = sorted(map(str, music.rglob("*.wav")))
    with patch.object(Scanner, "analyze", autospec=True, side_effect=Scanner.analyze) as analyze:
        before = library.compare(files)
        assert (len(before.tracks), analyze.call_count) == (len(files), 0)
        os.utime(files[1], (1, 1))
        Path(files[2]).with_suffix(".lrc").write_text("[00:01.00]Sky")
        assert library.compare(files).order == before.order
    assert analyze.call_args.args[1] == files[1:3]


def test_tags_that_an_older_map4_did_not_read_are_read_once(library: Library, music: Path) -> None:
    (music / "bad.mp3").write_bytes(b"no music" * 100)
    file = WAVE(music / "one.wav")
    file.add_tags()
    file.tags.add(TPE2(text=["Theirs"]))
    file.save()
    library.scan(music)
    execute(library.path, "UPDATE files SET tags_version = 0, album_artist = NULL, has_picture = NULL")
    assert counts(library.scan(music)) == {"found": 5, "retagged": 1, "unchanged": 3, "known_failed": 1}
    assert library.track(music / "one.wav").value("album_artist") == "Theirs"
    assert counts(library.scan(music)) == {"found": 5, "unchanged": 4, "known_failed": 1}


def test_lyrics_are_read_with_the_tags_and_again_when_their_file_changes(library: Library, music: Path) -> None:
    library.scan(music)
    beside = music / "one.lrc"
    for text, found in (("[00:01]First words", 1), ("[00:01]Second words, longer", 1), ("", 0), (None, 0)):
        beside.write_text(text) if text is not None else beside.unlink()
        assert counts(library.scan(music)) == {"found": 4, "retagged": 1, "unchanged": 3}
        assert counts(library.scan(music)) == {"found": 4, "unchanged": 4}
        assert len([*library.search("lyrics:words")]) == len([*library.search("is:lyrics")]) == found
    with closing(sqlite3.connect(library.path)) as connection:
        assert connection.execute("SELECT count(*) FROM lyrics").fetchone() == (0,)
    beside.write_text("Given by name")
    [track] = library.analyze([music / "one.wav"])
    assert track.lyrics_language == "unknown"


def test_files_are_looked_up_in_batches(library: Library, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.scan.scan.LOOKED_UP_AT_ONCE", 2)
    for number in range(5):
        shutil.copy(music / "one.wav", music / f"copy {number}.wav")
    assert counts(library.scan(music)) == {"found": 9, "analysed": 4, "copied": 5}
    monkeypatch.setattr(SqlTracks, "known_files", known_files := Mock())
    (music / "copy 0.wav").unlink()
    (music / "copy 1.wav").rename(music / "moved.wav")
    write_clicks(music / "new.wav", 131)
    assert counts(library.scan(music)) == {"found": 9, "analysed": 1, "moved": 1, "unchanged": 7, "missing": 1}
    assert not known_files.called


def test_cost_of_copies_is_linear(library: Library, music: Path) -> None:
    spied = lambda owner, name: patch.object(owner, name, autospec=True, side_effect=getattr(owner, name))  # noqa: E731
    with spied(DiskFiles, "exists") as exists, spied(SqlTracks, "files_with_audio") as files_with_audio:
        folder = music / "copies"
        folder.mkdir()
        for number in range(20):
            shutil.copy(music / "one.wav", folder / f"{number}.wav")
        assert counts(library.scan(music)) == {"found": 24, "analysed": 4, "copied": 20}
        assert files_with_audio.call_count == 4  # once for each of the four recordings
        exists.reset_mock()
        folder.rename(music / "moved")
        assert library.scan(music).moved == 20
        assert files_with_audio.call_count == 5
        assert exists.call_count <= 3 * 21


def test_decodes_copies_once(library: Library, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        shutil.copy(music / "one.wav", music / f"copy {name}.wav")
    library.scan(music)
    log = tmp_path / "decoded.log"
    monkeypatch.setenv("DOUBLES_LOG", str(log))
    library = reopen(library, "doubles:open_audio")
    assert counts(library.scan(music, force=True)) == {"found": 6, "analysed": 6}
    assert len(log.read_text().splitlines()) == 4
    library.care.clear()
    log.unlink()
    assert library.scan(music).analysed == 6
    assert len(log.read_text().splitlines()) == 4


def test_failed_file_is_retried_once_after_a_change_of_permissions(library: Library, music: Path) -> None:
    bad = music / "bad.mp3"
    bad.write_bytes(b"no music" * 100)
    assert library.scan(music).failed == 1
    bad.chmod(0o600)
    assert library.scan(music).failed == 1
    assert counts(library.scan(music))["known_failed"] == 1


def test_an_analysis_that_fails_after_a_change_of_rights_fails_once(library: Library, tmp_path: Path) -> None:
    file = write_clicks(tmp_path / "raise.wav")
    library.scan(tmp_path)
    library = reopen(library, "doubles:open_audio")
    file.chmod(0o600)
    assert library.scan(tmp_path, force=True).failed == 1
    assert counts(library.scan(tmp_path)) == {"found": 1, "known_failed": 1}


def test_old_analysis_is_renewed_although_its_file_moved_or_got_other_rights(library: Library, music: Path) -> None:
    library.scan(music)
    with closing(sqlite3.connect(library.path, isolation_level=None)) as connection:
        connection.execute("UPDATE analyses SET analysed_at = '2126-01-01T00:00:00Z'")  # by a clock that was ahead
        assert [library.scan(music, max_age=timedelta(days=1)).analysed for _ in range(2)] == [4, 0]
        connection.execute("UPDATE analyses SET analysed_at = '2026-01-01T00:00:00Z'")
    (music / "one.wav").rename(music / "new.wav")
    (music / "two.wav").chmod(0o600)
    assert library.scan(music, max_age=timedelta(days=1)).analysed == 4


def test_another_file_of_the_same_size_and_age_is_noticed(library: Library, music: Path) -> None:
    library.scan(music)
    first, second = music / "one.wav", music / "two.wav"
    before = library.track(first).audio_id, library.track(second).audio_id  # type: ignore[union-attr]
    for path in (first, second):
        os.utime(path, ns=(10**18, 10**18))
    library.scan(music)
    first.rename(music / "x")
    second.rename(first)
    (music / "x").rename(second)
    assert library.scan(music).analysed == 0
    assert (library.track(second).audio_id, library.track(first).audio_id) == before  # type: ignore[union-attr]


def test_a_file_moved_and_retagged_at_once(library: Library, music: Path) -> None:
    import mutagen

    library.scan(music)
    audio = mutagen.File(music / "one.wav")
    audio.add_tags()
    audio.tags.add(mutagen.id3.TIT2(encoding=3, text=["New"]))
    audio.save()
    (music / "one.wav").rename(music / "new.wav")
    assert counts(library.scan(music)) == {"found": 4, "moved": 1, "unchanged": 3}
    assert library.track(music / "new.wav").tags.title == "New"  # type: ignore[union-attr]


def test_copies_over_files_and_filters_without_matches_are_counted(library: Library, music: Path) -> None:
    library.scan(music)
    shutil.copy(music / "two.wav", music / "one.wav")
    assert counts(library.scan(music)) == {"found": 4, "copied": 1, "unchanged": 3}
    assert not [event for event in library.scan_events(music, extensions=["flac"]) if isinstance(event, ScanNotice)]
    assert library.care.info()["files"]["missing"] == 0


def test_repaired_file_is_analysed_and_broken_file_fails(library: Library, music: Path) -> None:
    (music / "bad.wav").write_bytes(b"no music")
    library.scan(music)
    write_clicks(music / "bad.wav", 66)
    (music / "one.wav").write_bytes(b"broken now")
    assert counts(library.scan(music)) == {"found": 5, "analysed": 1, "failed": 1, "unchanged": 3}
    broken = library.track(music / "one.wav")
    assert (broken.state, broken.audio_id) == ("failed", None)


def test_a_known_file_named_after_it_is_gone_is_missing(library: Library, music: Path) -> None:
    library.scan(music)
    (music / "one.wav").unlink()
    (failure,) = [e.failure for e in library.scan_events([music / "one.wav"]) if isinstance(e, FileDone)]
    assert failure.kind == "vanished"
    assert library.scan([music / "one.wav"]).not_found == 1
    assert library.care.info()["files"]["missing"] == 1


def test_flat_root_is_rescanned_without_subfolders(library: Library, music: Path) -> None:
    assert library.scan(music, recursive=False).analysed == 3
    assert counts(library.scan()) == {"found": 3, "unchanged": 3}
    assert library.care.info()["roots"][0]["recursive"] is False
    assert library.scan(music).analysed == 1
    assert counts(library.scan()) == {"found": 4, "unchanged": 4}


def test_file_is_named_when_its_analysis_begins(library: Library, music: Path) -> None:
    shutil.copy(music / "one.wav", music / "copy.wav")
    events = [e for e in library.scan_events(music, jobs=1) if isinstance(e, (FileStarted, FileDone))]
    started = [event.path for event in events if isinstance(event, FileStarted)]
    analysed = [event.path for event in events if isinstance(event, FileDone) and event.change == "analysed"]
    assert (sorted(started), len(started)) == (sorted(analysed), 4)
    assert isinstance(events[0], FileStarted)
    assert [event for event in library.scan_events(music) if isinstance(event, FileStarted)] == []


def test_a_nested_root_that_is_empty_keeps_its_files(library: Library, music: Path) -> None:
    library.scan(music / "sub")
    library.scan(music)
    (music / "sub" / "four.wav").unlink()
    events = list(library.scan_events())
    assert sum(isinstance(event, ScanNotice) for event in events) == 2
    assert library.care.info()["files"]["missing"] == 0


def test_a_root_that_is_away_is_no_failure_and_can_be_forgotten(library: Library, music: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_clicks(other / "five.wav", 75)
    library.scan([music, other])
    (music / "one.wav").unlink()
    library.scan([music, other])
    music.rename(tmp_path / "unplugged")
    events = list(library.scan_events())
    assert [event.message.split(" is not")[0] for event in events if isinstance(event, ScanNotice)] == [str(music)]
    assert counts(library.scan()) == {"found": 1, "unchanged": 1}
    other.rename(tmp_path / "away")
    with pytest.raises(NothingFoundError, match="none of the scanned folders"):
        library.scan()
    assert library.files.forget_folder(music) == 3  # one was missing before
    assert library.care.prune().missing_files == 4
    with pytest.raises(NothingFoundError, match="is not a scanned folder"):
        library.files.forget_folder(music)
    (tmp_path / "away").rename(other)
    assert counts(library.scan()) == {"found": 1, "unchanged": 1}


def test_a_copy_does_not_take_the_row_of_a_drive_that_is_away(library: Library, music: Path, tmp_path: Path) -> None:
    library.scan(music)
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(music / "one.wav", other / "copy.wav")
    music.rename(tmp_path / "unplugged")
    notices = [event.message for event in library.scan_events(other) if isinstance(event, ScanNotice)]
    assert [notice.partition(" is not there")[0] for notice in notices] == [str(music)]
    (tmp_path / "unplugged").rename(music)
    assert counts(library.scan(music)) == {"found": 4, "unchanged": 4}


def test_folder_gets_its_scan_time_when_the_scan_ends(library: Library, music: Path) -> None:
    def scan_state() -> tuple[bool, str | None]:
        [root], [folder] = library.care.info()["roots"], library.files.described([str(music)])
        assert root["scanned_at"] == folder.scanned_at
        return folder.is_scanned, folder.scanned_at

    scan = library.scan_events(music)
    assert any(isinstance(event, FileDone) for event in scan)
    scan.close()
    assert scan_state() == (True, None)
    library.scan()  # it is remembered all the same
    assert (ended := scan_state()[1]) is not None
    scan = library.scan_events(force=True)
    assert any(isinstance(event, FileDone) for event in scan)
    scan.close()
    assert scan_state() == (True, ended)


def test_a_root_reached_through_a_link_is_the_same_root(library: Library, music: Path, tmp_path: Path) -> None:
    library.scan(music)
    (tmp_path / "link").symlink_to(music, target_is_directory=True)
    assert counts(library.scan(tmp_path / "link")) == {"found": 4, "unchanged": 4}
    assert counts(library.scan(tmp_path / "link" / "sub")) == {"found": 1, "unchanged": 1}
    assert [root["path"] for root in library.care.info()["roots"]] == [str(music), str(music / "sub")]
    (tmp_path / "song.wav").symlink_to(music / "one.wav")
    for link in (tmp_path / "link" / "one.wav", tmp_path / "song.wav"):
        assert [track.path for track in library.analyze(link)] == [library.track(link).path] == [str(music / "one.wav")]
    assert library.count() == 4


def test_analyze_stores_one_track_for_the_names_of_a_file(library: Library, music: Path) -> None:
    (music / "link.wav").symlink_to(music / "one.wav")
    os.link(music / "one.wav", music / "hard.wav")
    names = [music / name for name in ("one.wav", "hard.wav", "link.wav")]
    assert sorted(track.path for track in library.analyze(names, store=False)) == sorted(map(str, names))
    assert [track.path for track in library.analyze(names)] == [str(names[0])]
    assert (library.count(), library.duplicates.find()) == (1, [])


def test_analysis_without_storing_uses_and_keeps_known_values(library: Library, music: Path, tmp_path: Path) -> None:
    library.scan(music)
    shutil.copy(music / "one.wav", tmp_path / "copy.wav")
    (known,) = library.analyze(tmp_path / "copy.wav", store=False, beats=True)
    stored = library.track(music / "one.wav", beats=True, sound=True)
    assert known.analysis == stored.analysis
    assert known.state == "ok"
    (music / "one.wav").rename(tmp_path / "away.wav")
    library.scan(music)
    library.care.prune()
    (again,) = library.analyze(tmp_path / "away.wav", store=False)
    assert again.state == "ok"


def test_odd_message_is_one_failure(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clicks(tmp_path / "raise.wav")
    monkeypatch.setenv("DOUBLES_MESSAGE", os.fsdecode(b"caf\xe9") + "x" * 5000)
    library = reopen(library, "doubles:open_audio")
    assert library.scan(tmp_path).failed == 1
    track = library.track(tmp_path / "raise.wav")
    assert len(track.failure.message) == 500


def test_scan_updates_the_mirror(library: Library, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    build = SqliteSounds.build_mirror
    monkeypatch.setattr("map4.scan.scan.MANY_CHANGED", 1)
    monkeypatch.setattr(SqliteSounds, "build_mirror", lambda index: made.append(library.count()) or build(index))
    sounds = library._store.sounds
    monkeypatch.setattr(sounds, "mirrored_from", 2)
    found = library.scan(music).analysed
    assert found >= 3
    assert made[0] == 2  # as soon as there are so many, and again where one in a hundred is new
    assert made[-1] == library.count()
    assert sounds.at_hand() is not None
    made.clear()
    library.scan(music)  # nothing new
    assert made == []


def test_large_scan_of_a_large_library_fills_its_caches(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("map4.scan.scan.MANY_CHANGED", 1)
    monkeypatch.setattr(sql_store, "MINIMUM_FILES", 1)
    messages = [event.message for event in library.scan_events(music) if isinstance(event, ScanNotice)]
    assert "preparing searches, copies and findings of this large library" in messages
    again = [event for event in library.scan_events(music) if isinstance(event, ScanNotice)]
    assert again == []  # nothing is new
    steps: list[tuple[int, int]] = []
    assert list(library.doctor.findings(progress=lambda done, of: steps.append((done, of)))) is not None
    assert steps == []
    monkeypatch.delattr(Doctor, "_computed")
    assert library.doctor.examine().counts


def test_small_libraries_prepare_nothing(library: Library, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.scan.scan.MANY_CHANGED", 1)
    monkeypatch.setattr(Doctor, "examine", lambda *_, **__: pytest.fail("it is small"))
    assert [event for event in library.scan_events(music) if isinstance(event, ScanNotice)] == []


def test_scan_ends_even_if_its_caches_cannot_be_made(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("map4.scan.scan.MANY_CHANGED", 1)
    monkeypatch.setattr(sql_store, "MINIMUM_FILES", 1)
    monkeypatch.setattr(Doctor, "examine", Mock(side_effect=LibraryWriteError("no space")))
    assert library.scan(music).analysed


def test_libraries_in_memory_are_independent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Library.open(":memory:") as library, Library.open(":memory:") as other:
        events = library.scan_events([tmp_path])
        next(events)
        assert other.scan([tmp_path]).found == 0
    assert os.listdir(tmp_path) == []
