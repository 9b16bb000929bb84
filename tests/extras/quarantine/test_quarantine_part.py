"""Copies move into a quarantine and come back, with what the library knows of them; those that must stay do."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libraries import execute
from quarantines import WORD_S, copy_of, group_of, in_memory, opened, put_roots, scanned, tree, write_sound

from map4 import Library
from map4.core.base.files.undo import UndoneFile
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.labels import Labels
from map4.core.store.file.database import SqliteLocks
from map4.errors import LibraryBusyError, UsageError
from map4.extras.quarantine import quarantine
from map4.extras.quarantine.options import CopyDone
from map4.imports.records import EarlierRow, StoredEarlierImport


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory, where that can be: each line of a journal is flushed."""
    with in_memory(tmp_path) as folder:
        yield folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.map4"


@pytest.fixture
def away(tmp_path: Path) -> Path:
    return tmp_path / "away"


@pytest.fixture
def music(tmp_path: Path, path: Path) -> Path:
    """A recording, the same file once more in a folder below, and another encoding of it, .4 s later."""
    folder = tmp_path / "music"
    keep = write_sound(folder / "keep.wav", seed=1)
    scanned(path, keep, copy_of(keep, folder / "sub" / "copy.wav"))
    scanned(path, write_sound(folder / "sub" / "other.wav", seed=2), lag_words=2)
    put_roots(path, folder)
    return folder


@pytest.fixture
def library(path: Path, music: Path) -> Iterator[Library]:
    with opened(path) as found:
        yield found


@pytest.fixture
def keep(music: Path) -> Path:
    return music / "keep.wav"


@pytest.fixture
def copy(music: Path) -> Path:
    return music / "sub" / "copy.wav"


@pytest.fixture
def other(music: Path) -> Path:
    return music / "sub" / "other.wav"


def moved(library: Library, folder: Path, *files: Path, **options: object) -> list[CopyDone]:
    """Quarantine the copies of a group, the first file of which is kept."""
    kind = options.pop("kind", "same_audio")
    certainty = options.pop("certainty", 1.0)
    group = group_of(library, *files, kind=kind, certainty=certainty)
    return list(library.quarantine.move_events([group], folder, **options))


def states(undone: list[UndoneFile]) -> list[str]:
    return [file.state for file in undone]


def problem(library: Library, folder: Path, *files: Path, **options: object) -> str | None:
    """Why the one copy of a group is left alone; a dry run says the same where no file is read."""
    [done] = moved(library, folder, *files, **options)
    assert (done.outcome == "left") == (done.problem is not None)
    return done.problem


def rows(path: Path, *tables: str) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=str) for table in tables]


# ---- there and back ------------------------------------------------------------------------------


def test_copies_are_moved_and_restored_with_transferred_entries(
    library: Library, music: Path, keep: Path, copy: Path, away: Path
) -> None:
    before = tree(music)
    done = library.quarantine.move([group_of(library, keep, copy)], away)
    assert (done.done, done.left, done.size_bytes) == (1, 0, keep.stat().st_size)
    assert set(tree(music)) == {"keep.wav", "sub/other.wav"}
    assert tree(away)["music/sub/copy.wav"] == before["sub/copy.wav"]
    assert states(library.undo("copies", done.journal)) == ["restored"]
    assert tree(music) == before
    assert states(library.undo("copies", done.journal)) == ["unchanged"]
    row = EarlierRow("k1", "{}", "a", b"p", "copy", 0.0)
    assert StoredEarlierImport({"k1": row}, lambda row: None).was_transferred("k1")  # type: ignore[arg-type, return-value]


def test_moves_are_in_the_audit_log_if_the_library_is_closed_first(
    path: Path, library: Library, keep: Path, copy: Path, away: Path
) -> None:
    events = library.quarantine.move_events([group_of(library, keep, copy)], away)
    assert next(iter(events)).outcome == "moved"
    library.close()
    with Library.open(path) as again:
        assert [(entry.action, entry.detail) for entry in again.accounts.audit().entries] == [
            ("copies-moved-away", {"files": 1})
        ]


def test_a_moved_copy_is_no_missing_file_and_is_not_analysed_again(
    path: Path,
    music: Path,
    keep: Path,
    copy: Path,
    other: Path,
    away: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened(path) as library:
        done = library.quarantine.move([group_of(library, keep, copy, other, kind="same_recording")], away)
    log = tmp_path / "decoded.log"
    monkeypatch.setenv("DOUBLES_LOG", str(log))
    with opened(path, decoder="doubles:open_audio") as library:
        before = rows(path, "files")
        assert library.track(copy) is None
        assert library.care.info()["files"] == {"ok": 1, "failed": 0, "missing": 0, "pending": 0}
        assert library.scan(music).missing == 0
        library.undo("copies", done.journal)
        assert [library.track(path).state for path in (keep, copy, other)] == ["ok"] * 3
        assert library.scan(music).unchanged == 3
    assert not log.exists()
    assert len(before[0]) == 1


def test_folder_with_other_files_gets_no_ignore_file(library: Library, keep: Path, copy: Path, away: Path) -> None:
    away.mkdir()
    (away / "notes.txt").write_text("mine")
    moved(library, away, keep, copy)
    assert sorted(path.name for path in away.iterdir() if not path.name.startswith("map4-")) == ["music", "notes.txt"]


def test_moves_are_in_the_audit_log_with_their_account(library: Library, keep: Path, copy: Path, away: Path) -> None:
    anns = library.acting_as(library.accounts.add("Ann", "admin").actor())
    anns.quarantine.move([group_of(anns, keep, copy)], away, dry_run=True)
    anns.quarantine.move([group_of(anns, keep, copy)], away)
    anns.undo("copies")
    ann = library.accounts.get("Ann").number
    entries = [(entry.action, entry.detail) for entry in library.accounts.audit().entries if entry.account == ann]
    assert entries == [("copies-put-back", {"files": 1}), ("copies-moved-away", {"files": 1})]


# ---- which copies --------------------------------------------------------------------------------


def test_only_certain_copies_are_moved(library: Library, keep: Path, copy: Path, other: Path, away: Path) -> None:
    likely = group_of(library, keep, other, kind="likely", certainty=0.95)
    versions = group_of(library, keep, other, kind="versions")
    unsure = group_of(library, keep, other, kind="same_recording", certainty=0.8)
    assert library.quarantine.move([likely, versions, unsure], away).done == 0
    assert not away.exists()
    assert library.quarantine.move([unsure], away, least_certainty=0.8, dry_run=True).done == 1
    assert library.quarantine.move([likely], away, kinds=["likely"], dry_run=True).done == 1
    with pytest.raises(UsageError, match="versions are no copies"):
        library.quarantine.move([versions], away, kinds=["versions"])
    with pytest.raises(UsageError, match="no kind of duplicates 'same'"):
        library.quarantine.move([versions], away, kinds=["same"])
    with pytest.raises(UsageError, match="from 0 to 1"):
        library.quarantine.move([versions], away, least_certainty=90)


# ---- where they go -------------------------------------------------------------------------------


def test_scanned_folder_is_refused(library: Library, music: Path, keep: Path, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(music)
    for folder in (music, music / "new" / "deep", tmp_path / "link" / "new", music / ".." / "music" / "x"):
        with pytest.raises(UsageError, match=r"which map4 scans: the copies would be found again"):
            moved(library, folder, keep, copy)
    with pytest.raises(UsageError, match=r"contains .*music, which map4 scans"):
        moved(library, tmp_path, keep, copy)
    with pytest.raises(UsageError, match="is not a folder"):
        moved(library, tmp_path / "library.map4", keep, copy)
    assert copy.exists()


def test_a_folder_scanned_through_a_link_is_refused(library: Library, path: Path, music: Path, tmp_path: Path) -> None:
    behind = write_sound(tmp_path / "disk" / "album" / "one.wav", seed=3)
    (music / "link").symlink_to(tmp_path / "disk")
    linked = music / "link" / "album" / "one.wav"
    scanned(path, linked, copy_of(behind, behind.with_name("two.wav")))
    with pytest.raises(UsageError, match=r"away lies in .*link, which map4 scans"):
        moved(library, tmp_path / "disk" / "away", music / "keep.wav", linked)


def test_folders_of_the_same_name_are_kept_apart(library: Library, path: Path, away: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name / "Music" for name in ("a", "b")]
    keep = write_sound(tmp_path / "keep.wav", seed=4)
    copies = [copy_of(keep, folder / "x.wav") for folder in folders]
    scanned(path, keep, *copies)
    put_roots(path, *folders)
    done = moved(library, away, keep, *copies)
    assert [change.to for change in done] == [str(away / "Music" / "x.wav"), str(away / "Music (2)" / "x.wav")]


def test_existing_file_in_quarantine_is_not_overwritten(library: Library, keep: Path, copy: Path, away: Path) -> None:
    theirs = away / "music" / "sub" / "copy.wav"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    [done] = moved(library, away, keep, copy)
    assert done.to == str(theirs.with_name("copy (2).wav"))
    assert theirs.read_bytes() == b"theirs"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=3, unique=True))
def test_files_of_any_name_are_restored(
    library: Library, path: Path, keep: Path, away: Path, music: Path, names: list[bytes]
) -> None:
    copies = []
    for name in names:
        clean = os.fsdecode(name.replace(b"/", b"-").replace(b"\0", b"-").lstrip(b".") or b"x")
        target = music / clean / f"{clean}.wav"
        copies.append(copy_of(keep, target))
    copies = list(dict.fromkeys(copies))
    scanned(path, *copies)
    before = tree(music)
    done = library.quarantine.move([group_of(library, keep, *copies)], away)
    assert done.done == len(copies)
    assert not any(copy.exists() for copy in copies)
    assert "left_alone" not in states(library.undo("copies", done.journal))
    assert tree(music) == before
    for copy in copies:
        shutil.rmtree(copy.parent, ignore_errors=True)


# ---- what is left alone --------------------------------------------------------------------------


def test_undecodable_kept_file_saves_copies(path: Path, music: Path, keep: Path, copy: Path, away: Path) -> None:
    with opened(path, decoder="doubles:open_audio") as library:
        broken = copy_of(keep, music / "raise.wav")
        scanned(path, broken)
        reason = problem(library, away, broken, copy)
    assert (
        reason
        == f"the copy to keep, {broken}, can't be decoded: it broke the analysis (RuntimeError: the double broke down)"
    )
    assert copy.exists()
    assert not list(away.glob("*.jsonl"))


def test_damaged_kept_file_saves_copies_and_unscanned_ones_keep_paths(
    library: Library, path: Path, music: Path, copy: Path, away: Path, keep: Path, tmp_path: Path
) -> None:
    long = write_sound(music / "long.flac", seed=1, seconds=4.0)
    long.write_bytes(long.read_bytes()[: long.stat().st_size // 2])
    scanned(path, long)
    assert "is damaged: " in (problem(library, away, long, copy, kind="same_recording") or "")
    copy = copy_of(keep, tmp_path / "alone" / "x.wav")
    scanned(path, copy)
    [done] = moved(library, away, keep, copy)
    assert done.to == str(away / "elsewhere") + str(copy)


def test_changed_files_are_not_moved(library: Library, keep: Path, copy: Path, away: Path) -> None:
    group = group_of(library, keep, copy)
    status = copy.stat()
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
    [done] = library.quarantine.move_events([group], away)
    assert done.problem == "it was changed since it was scanned; scan again"
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.utime(keep, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
    [done] = library.quarantine.move_events([group], away)
    assert done.problem == f"the copy to keep, {keep}, was changed since it was scanned; scan again"


@pytest.mark.parametrize("changed", ["keep", "copy"])
def test_sound_changed_in_place_is_found(library: Library, keep: Path, copy: Path, away: Path, changed: str) -> None:
    file = {"keep": keep, "copy": copy}[changed]
    status = file.stat()
    data = bytearray(file.read_bytes())
    data[-100:] = bytes(100)
    file.write_bytes(bytes(data))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (problem(library, away, keep, copy) or "").endswith("was changed since it was scanned; scan again")
    assert copy.exists()


def test_links_are_not_moved(library: Library, path: Path, music: Path, keep: Path, copy: Path, away: Path) -> None:
    (music / "link.wav").symlink_to(copy)
    os.link(keep, music / "hard.wav")
    scanned(path, music / "link.wav", music / "hard.wav")
    assert problem(library, away, keep, music / "link.wav") == (
        "it is a symbolic link; the file that it leads to stays where it is"
    )
    assert problem(library, away, music / "link.wav", copy) == (
        "it is the same file as the copy to keep, under another name (a link)"
    )
    assert problem(library, away, keep, music / "hard.wav") == (
        "it is the same file as the copy to keep, under another name (a link)"
    )
    assert copy.exists()


def test_file_kept_in_another_group_is_kept(library: Library, keep: Path, copy: Path, other: Path, away: Path) -> None:
    groups = [group_of(library, keep, copy), group_of(library, other, keep, kind="same_recording")]
    events = list(library.quarantine.move_events(groups, away))
    assert {Path(event.path).name: event.problem for event in events} == {
        "copy.wav": None,
        "keep.wav": "it is the copy to keep of another group",
    }


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("keep", "the copy to keep, {keep}, is not completely scanned; scan again"),
        ("copy", "it is no longer in the library; scan again"),
        (None, "it is gone; scan again"),
    ],
)
def test_unknown_or_missing_file_is_reported(
    library: Library, path: Path, keep: Path, copy: Path, away: Path, file: str | None, problem: str
) -> None:
    group = group_of(library, keep, copy)
    if file is None:
        copy.unlink()
    else:
        execute(path, "DELETE FROM files WHERE path = ?", (os.fsencode({"keep": keep, "copy": copy}[file]),))
    [done] = library.quarantine.move_events([group], away)
    assert (done.problem, copy.exists()) == (problem.format(keep=keep), file is not None)


def test_second_name_is_kept(library: Library, tmp_path: Path, away: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on exfat by FUSE: a file has two names, and another number at each."""
    real, other = write_sound(tmp_path / "music" / "sub" / "x.wav"), tmp_path / "Music"
    os.symlink(tmp_path / "music", other)
    again = other / "sub" / "x.wav"
    scanned(library, real, again)
    monkeypatch.setattr(os.path, "samefile", lambda *paths: False)
    monkeypatch.setattr(quarantine.Checks, "note_kept", lambda self, paths: None)
    os.unlink(other)
    with monkeypatch.context() as disk:
        disk.setattr(quarantine, "is_one_name", lambda *paths: False)
        os.symlink(tmp_path / "music", other)
        assert "the copy to keep is another name of it" in (problem(library, away, real, again) or "")
    assert real.exists()
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [name for name in listed(path) if name != "Music"])
    assert "the disk treats both names as equal" in (problem(library, away, real, again) or "")
    assert again.exists()


@pytest.mark.parametrize("name", ["music/sub/song2", "music/sub/song.bak", "music/sub/..mp3", "not scanned/x.wav"])
def test_moved_files_come_back_whatever_their_names_and_folders(
    library: Library, path: Path, keep: Path, away: Path, tmp_path: Path, name: str
) -> None:
    copy = copy_of(keep, tmp_path / name)
    scanned(path, copy)
    before, track = (tree(tmp_path / "music"), tree(copy.parent)), library.track(copy)
    [done] = moved(library, away, keep, copy)
    assert (done.outcome, copy.exists()) == ("moved", False)
    assert states(library.undo("copies", done.journal, dry_run=True)) == ["planned"]
    assert states(library.undo("copies", done.journal)) == ["restored"]
    assert ((tree(tmp_path / "music"), tree(copy.parent)), library.track(copy)) == (before, track)


@pytest.fixture
def plain(path: Path, music: Path, keep: Path) -> Path:
    """A copy without an audio suffix."""
    plain = copy_of(keep, music / "song2")
    scanned(path, plain)
    return plain


def test_file_without_audio_suffix_needs_the_record_of_its_library(
    library: Library, path: Path, keep: Path, plain: Path, away: Path
) -> None:
    [done] = moved(library, away, keep, plain)
    records = Path(f"{path}.quarantines")
    kept = records.read_bytes()
    records.unlink()
    [left] = library.undo("copies", done.journal)
    assert left.problem == (
        "it has no audio suffix, and this library has no record of it, so map4 does not move it back; "
        f"it is now at {away}/music/song2"
    )
    records.write_bytes(kept)
    assert (states(library.undo("copies", done.journal)), plain.exists()) == (["restored"], True)


def test_file_whose_move_can_not_be_recorded_is_not_moved(
    library: Library, path: Path, keep: Path, copy: Path, plain: Path, away: Path
) -> None:
    Path(f"{path}.quarantines").mkdir()
    usual, left = moved(library, away, keep, copy, plain)
    assert (usual.outcome, left.outcome, plain.exists()) == ("moved", "left", True)
    assert left.problem == "its move can't be recorded beside the library: Is a directory"


def test_record_after_a_line_that_was_cut_off_counts(
    library: Library, path: Path, keep: Path, plain: Path, away: Path
) -> None:
    Path(f"{path}.quarantines").write_text('{"moved": "/a')
    [done] = moved(library, away, keep, plain)
    assert [step.count for step in library.undo_steps("copies").steps] == [1]
    assert (states(library.undo("copies", done.journal)), plain.exists()) == (["restored"], True)


def test_forged_unfinished_move_is_not_reverted_by_the_next_run(
    library: Library, music: Path, keep: Path, copy: Path, other: Path, away: Path, tmp_path: Path
) -> None:
    [done] = moved(library, away, keep, copy)
    journal = Path(done.journal or "")
    victim = tmp_path / "music" / ".bashrc"
    lines = journal.read_text().replace(str(copy), str(victim)).splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]))
    moved(library, away, keep, other, kind="same_recording")
    assert (victim.exists(), (away / "music" / "sub" / "copy.wav").exists()) == (False, True)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("home/.config/autostart/x.desktop", "it has no audio suffix"),
        ("music/.ssh/authorized_keys", "it has no audio suffix"),
        ("music/sub/copy", "it has no audio suffix"),
        ("home/elsewhere/x.wav", "a folder that this library doesn't know"),
        ("music/../home/x.wav", "no valid path for it"),
    ],
)
def test_forged_journal_restores_only_into_music_folders(
    library: Library, keep: Path, copy: Path, away: Path, tmp_path: Path, place: str, why: str
) -> None:
    journal = Path(library.quarantine.move([group_of(library, keep, copy)], away).journal or "")
    text = journal.read_text().replace(str(copy), f"{tmp_path}/{place}").replace(str(library.path), "")
    journal.write_text(text)
    before = tree(tmp_path)
    assert [why in (file.problem or "") for file in library.undo("copies", journal)] == [True]
    assert tree(tmp_path).keys() == before.keys()


def test_copy_from_an_unknown_folder_needs_its_scan(library: Library, path: Path, away: Path, tmp_path: Path) -> None:
    first, second = write_sound(tmp_path / "a" / "x.wav"), write_sound(tmp_path / "b" / "x.wav")
    scanned(library, first, second)
    [done] = moved(library, away, first, second)
    assert done.outcome == "moved"
    [journal] = away.glob("*.jsonl")
    Path(f"{path}.quarantines").unlink()  # as if another library had moved it
    [left] = library.undo("copies", journal)
    assert "'map4 scan' that folder, then undo again; it is now at " in (left.problem or "")
    put_roots(path, tmp_path / "b")
    assert (states(library.undo("copies", journal)), second.exists()) == (["restored"], True)


def test_link_in_a_quarantine_is_not_restored(library: Library, keep: Path, copy: Path, away: Path) -> None:
    done = library.quarantine.move([group_of(library, keep, copy)], away)
    [moved_to] = away.rglob(copy.name)
    moved_to.unlink()
    moved_to.symlink_to("/etc/passwd")
    assert (states(library.undo("copies", done.journal)), copy.exists()) == (["left_alone"], False)


def test_file_behind_a_linked_folder_in_a_quarantine_is_not_restored(
    library: Library, keep: Path, copy: Path, away: Path, tmp_path: Path
) -> None:
    done = library.quarantine.move([group_of(library, keep, copy)], away)
    secret = tmp_path / "home" / copy.name
    (away / "music" / "sub").rename(secret.parent)
    secret.write_bytes(b"secret")
    (away / "music" / "sub").symlink_to(secret.parent)
    [left] = library.undo("copies", done.journal)
    assert (left.state, copy.exists(), secret.read_bytes()) == ("left_alone", False, b"secret")
    assert left.problem == "in the quarantine it is behind a link, which map4 never puts there"


def test_scan_and_quarantine_exclude_each_other_and_scans_skip_it(
    library: Library, keep: Path, copy: Path, away: Path, tmp_path: Path
) -> None:
    with SqliteLocks(library.path).scan(wait=False), pytest.raises(LibraryBusyError, match="'map4 scan --wait'"):
        moved(library, away, keep, copy)
    assert copy.exists()
    moved(library, away, keep, copy)
    assert library.scan(tmp_path, dry_run=True).found == 2


def test_journal_of_other_library_fails(library: Library, keep: Path, copy: Path, away: Path, tmp_path: Path) -> None:
    journal = library.quarantine.move([group_of(library, keep, copy)], away).journal
    with opened(tmp_path / "second.map4") as second, pytest.raises(UsageError, match="is the journal of the library"):
        second.undo("copies", journal)
    with pytest.raises(UsageError, match="is a folder; name the journal in it: map4-quarantine-"):
        library.undo("copies", away)


# ---- what the library knows ----------------------------------------------------------------------

KNOWN = ("playlists", "playlist_tracks", "imported_tracks", "imported", "user_values", "gone_files", "labels")


@pytest.fixture
def known(library: Library, path: Path, keep: Path, other: Path) -> None:
    """The other copy is in a list, has a tempo and labels of its own, and cue points of another program."""
    track = library.track(other)
    library.set([track], bpm=87, title="Song", genre="Dub", year=1999)
    execute(path, "UPDATE files SET genre = 'House' WHERE path = ?", (os.fsencode(keep),))
    library.lists.save("Crate", Tracklist(tracks=[track, library.track(keep)]))
    labels = json.dumps(Labels(genre="House", family="House", confidence=0.9, source="rules").to_data())
    execute(path, "INSERT INTO labels (audio_id, data, labelled_at) VALUES (?, ?, 'then')", (track.audio_id, labels))
    put_import(path, track.audio_id, other, "k1", '{"rating":4.0,"cues":[{"position_s":10.0}]}')


def put_import(path: Path, audio_id: str, file: Path, key: str, data: str) -> None:
    execute(
        path,
        "INSERT OR IGNORE INTO imports (id, format, path, display, imported_at) VALUES (1, 'x', X'66', 'f', 'then')",
    )
    execute(
        path,
        "INSERT INTO imported_tracks (import_id, key, entry, data, audio_id, path, method) "
        "VALUES (1, ?, '{}', ?, ?, ?, 'path')",
        (key, data, audio_id, os.fsencode(file)),
    )
    execute(path, "INSERT INTO imported (audio_id, data) VALUES (?, ?)", (audio_id, data))


@pytest.mark.usefixtures("known")
def test_values_move_to_kept_file_and_back(library: Library, path: Path, keep: Path, other: Path, away: Path) -> None:
    before = rows(path, *KNOWN, "files")
    done = library.quarantine.move([group_of(library, keep, other, kind="same_recording")], away)
    assert done.done == 1
    kept = library.track(keep)
    assert (kept.user.bpm, kept.labels.genre, kept.rating()) == (87, "House", 4.0)
    assert (kept.title(), kept.user.year, kept.genre()) == ("keep", 1999, "House")  # its tags stay
    assert [cue.position_s for cue in kept.imported.cues] == [pytest.approx(10.0 - 2 * WORD_S, abs=0.001)]
    assert [row[2] for row in rows(path, "playlist_tracks")[0]] == [os.fsencode(keep)] * 2
    library.undo("copies", done.journal)
    assert rows(path, *KNOWN) == before[:-1]
    assert [row[:5] for row in rows(path, "files")[0]] == [row[:5] for row in before[-1]]


@pytest.mark.usefixtures("known")
def test_kept_file_keeps_own_values(library: Library, path: Path, keep: Path, other: Path, away: Path) -> None:
    library.set([library.track(keep)], bpm=88, title="Own")
    put_import(path, library.track(keep).audio_id, keep, "k2", '{"rating":2.0}')
    before = rows(path, *KNOWN)
    done = library.quarantine.move([group_of(library, keep, other, kind="same_recording")], away)
    kept = library.track(keep)
    assert (kept.user.bpm, kept.title(), kept.rating(), len(kept.imported.cues)) == (88, "Own", 2.0, 1)
    library.undo("copies", done.journal)
    assert rows(path, *KNOWN) == before


@pytest.mark.usefixtures("known")
def test_undo_keeps_values_changed_since_and_unplaceable_cues_their_file(
    library: Library, path: Path, keep: Path, other: Path, away: Path
) -> None:
    done = library.quarantine.move([group_of(library, keep, other, kind="same_recording")], away)
    library.set([library.track(keep)], bpm=99)
    library.undo("copies", done.journal)
    assert (library.track(keep).user.bpm, library.track(other).user.bpm) == (99, 87)
    scanned(path, keep, with_sound=False)
    reason = problem(library, away, keep, other, kind="same_recording")
    assert reason == "it has cue points, a grid or voices, and their positions in the copy to keep are not known"
    assert other.exists()


def test_list_with_another_file_of_the_audio_is_unchanged(
    library: Library, path: Path, music: Path, keep: Path, copy: Path, other: Path, away: Path
) -> None:
    """Of two files of one audio one goes: the list that names the other one stays as it is."""
    library.lists.save("Crate", Tracklist(tracks=[library.track(keep)]))
    before = rows(path, "playlist_tracks")
    assert problem(library, away, other, copy, kind="same_recording") is None
    assert rows(path, "playlist_tracks") == before


def test_files_are_restored_without_a_library(
    path: Path, library: Library, music: Path, keep: Path, copy: Path, away: Path, tmp_path: Path
) -> None:
    before = tree(music)
    done = library.quarantine.move([group_of(library, keep, copy)], away)
    library.close()
    path.unlink()
    with Library.open(Library.IN_MEMORY) as empty:
        assert states(empty.undo("copies", done.journal)) == ["restored"]
    assert tree(music) == before
