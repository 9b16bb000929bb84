"""A better file takes the place of another, with all that people made; everything comes back."""

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_runs import typed
from conftest import Run
from extras.failing_disk import FailingDisk, PowerCut
from quarantines import copy_of, group_of, mark_missing, opened, put_roots, scanned, tree, write_sound
from schemas import validated
from stored import put_play

from map4 import Library
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.base.files.journal import Journal
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.sqlite_store import SqliteStore
from map4.duplicates import DuplicateGroup
from map4.duplicates.options import DuplicateOptions
from map4.duplicates.records import Member
from map4.extras.quarantine.options import CopyDone, QuarantineOptions
from map4.extras.quarantine.quarantine import Quarantine
from map4.extras.quarantine.replacing import constant_offset, replacements, warning_of
from map4.scan.workers.lanes import inline_lanes
from map4.search import Copy

TABLES = (
    "playlists", "playlist_tracks", "imported_tracks", "imported", "user_values", "ratings", "marks", "labels",
    "played_tracks",
)  # fmt: skip


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of the recording, which begins .4 s later in it, so that it must be put into the library after `new`."""
    return tmp_path / "old" / "song.wav"


@pytest.fixture
def new(tmp_path: Path, old: Path) -> Path:
    new = write_sound(tmp_path / "new" / "better.wav", seed=1)
    scanned(tmp_path / "library.map4", new)
    scanned(tmp_path / "library.map4", write_sound(old, seed=2), lag_words=2)
    put_roots(tmp_path / "library.map4", old.parent, new.parent)
    return new


@pytest.fixture
def library(tmp_path: Path, new: Path) -> Iterator[Library]:
    with opened(tmp_path / "library.map4") as library:
        yield library


def make_values(library: Library, old: Path, new: Path) -> None:
    """Give the old file all that people make."""
    third = write_sound(old.with_name("third.wav"), seed=9)
    scanned(library, third, with_sound=False)
    track, other, last = (library.track(path) for path in (old, new, third))
    cues = [{"position_s": 10.0, "name": "drop"}, {"position_s": 20.0, "length_s": 4.0}]
    library.set([track], bpm=87, title="Own", cues=cues, grid=[{"position_s": 1.4, "bpm": 120.0}], rating=4)
    library.set([track], mark=["peak"])
    joints = (
        ListJoint(of=track.audio_id, to=other.audio_id, leave_s=60.0, enter_s=2.0),
        ListJoint(of=last.audio_id, to=track.audio_id, enter_s=8.0),
    )
    library.lists.save("Crate", Tracklist(tracks=[last, track, other], header=ListHeader(joints=joints)))


def state(folder: Path) -> tuple[Any, ...]:
    """All that the library says, and the old files."""
    with closing(sqlite3.connect(folder / "library.map4")) as connection:
        rows = [sorted(connection.execute(f"SELECT * FROM {name}"), key=str) for name in TABLES]
        files = sorted(connection.execute("SELECT id, path, audio_id, title, missing_since FROM files"))
        return rows, files, tree(folder / "old")


def replaced(library: Library, old: Path, new: Path, **options: Any) -> CopyDone:
    [done] = library.quarantine.replace(old, new, **options).files
    return done


HANDED_OVER = ["handed over to other files", "as it was stored"]


def versions(library: Library, name: str) -> list[str]:
    return [version.what for version in library.lists.versions(name).versions]


def remove(library: Library, path: Path) -> None:
    """A file goes, and a scan notices it."""
    path.unlink()
    mark_missing(library, path)


@pytest.mark.parametrize("how", ["present", "gone", "missing"])
def test_new_file_gets_all_values_and_undo_reverts_it(
    library: Library, tmp_path: Path, old: Path, new: Path, how: str
) -> None:
    make_values(library, old, new)
    library.lists.save("Alone", Tracklist(tracks=[library.track(old)]))
    put_play(library._store, library.track(old).audio_id)
    if how == "gone":
        old.unlink()
    elif how == "missing":
        remove(library, old)
    to, size_bytes = (str(tmp_path / "map4 quarantine" / "old" / "song.wav"), 3244) if how == "present" else (None, 0)
    before, third = state(tmp_path), old.with_name("third.wav")
    planned = replaced(library, old, new, dry_run=True)
    assert (planned.outcome, planned.to, planned.is_gone, planned.kept) == ("planned", to, to is None, str(new))
    other, again = library.quarantine.replace(old.parent, new.parent, dry_run=True).files
    assert (other.path, other.problem, again) == (str(third), "no new file is the same recording", planned)
    assert state(tmp_path) == before
    done, kept = replaced(library, old, new), library.track(new)
    assert (done.outcome, done.to, done.size_bytes, library.track(old)) == ("moved", to, size_bytes, None)
    assert (old.exists(), (tmp_path / "map4 quarantine").exists()) == (False, to is not None)
    assert (kept.user.bpm, kept.title(), kept.rating(), kept.play_count()) == (87, "Own", 4.0, 1)
    places = [(cue.position_s, cue.length_s) for cue in kept.user.cues]
    assert places == [(pytest.approx(9.6), None), (pytest.approx(19.6), 4.0)]
    assert ([mark.position_s for mark in kept.user.grid], kept.user.marks) == ([pytest.approx(1.0)], ("peak",))
    listed = library.lists.read_stored("Crate")
    assert [track.path for track in listed.tracks()] == [str(third), str(new), str(new)]
    first, second = listed.header.joints
    assert (first.of, first.leave_s, first.enter_s) == (kept.audio_id, pytest.approx(59.6), 2.0)
    assert (second.to, second.enter_s) == (kept.audio_id, pytest.approx(7.6))
    assert versions(library, "Alone") == HANDED_OVER
    assert [step.kind for step in library.undo_steps().steps if step.kind in ("copies", "list")] == ["copies"]
    assert Journal.moves_in(str(done.journal)) == [(str(old), str(new))]
    [undone] = library.undo("copies", done.journal)
    assert (undone.state, undone.to, undone.is_unmoved) == ("restored", to, to is None)
    assert state(tmp_path) == before


def test_replaced_file_without_audio_suffix_comes_back(library: Library, old: Path, new: Path) -> None:
    plain = copy_of(old, old.with_name("song2"))
    scanned(library, plain, lag_words=2)
    before = tree(old.parent)
    done = replaced(library, plain, new)
    assert (done.outcome, plain.exists()) == ("moved", False)
    assert [file.state for file in library.undo("copies", done.journal)] == ["restored"]
    assert tree(old.parent) == before


@pytest.mark.parametrize(("values", "bpm", "position_s"), [("old", 87.0, 9.6), ("new", 90.0, 5.0)])
def test_values_of_both_files_need_a_choice(
    library: Library, tmp_path: Path, old: Path, new: Path, values: str, bpm: float, position_s: float
) -> None:
    library.set([library.track(old)], bpm=87, cues=[{"position_s": 10.0}], title="A")
    library.set([library.track(new)], bpm=90, cues=[{"position_s": 5.0}], title="B")
    before, asked = state(tmp_path), replaced(library, old, new)
    assert (asked.outcome, asked.conflicts) == ("left", ("bpm", "cues", "title"))
    assert asked.problem == "both files have values of yours: bpm, cues, title; choose whose count (--values)"
    done = replaced(library, old, new, values=values)
    kept = library.track(new)
    assert (kept.user.bpm, kept.title()) == (bpm, {"old": "A", "new": "B"}[values])
    assert [cue.position_s for cue in kept.user.cues] == pytest.approx([position_s])
    library.undo("copies", done.journal)
    assert state(tmp_path) == before


def test_offset_must_be_constant(
    library: Library, tmp_path: Path, old: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, beats_s = np.random.default_rng(1).integers(1, 1 << 16, 1000).astype("<u2"), 1.0 + 0.5 * np.arange(360)
    noise = np.packbits(np.random.default_rng(2).random((250, 16)) < 0.32, axis=1).view("<u2").ravel()
    cases = {
        "same": (words, beats_s, (0.0, True)),
        "sparse beginning": (words ^ np.pad(noise, (0, 750)), beats_s, (0.0, True)),
        "later": (np.concatenate([np.zeros(10, "<u2"), words]), beats_s + 1.9, (1.9, True)),
        "no beats": (words, beats_s[:0], (0.0, False)),
        "shorter": (words[:800], beats_s[:300], (0.0, True)),
        "inserted": (np.concatenate([words[:700], words[100:150], words[700:]]), beats_s, None),
        "other end": (np.concatenate([words[:700], words[:300][::-1]]), beats_s, None),
        "faster": (words, beats_s * 0.9995, None),
        "other": (words[::-1], beats_s, None),
    }
    for name, (other, beats, expected) in cases.items():
        sounds = {"old": Copy(fingerprint=words.tobytes(), beats_s=beats_s)}
        sounds["new"] = Copy(fingerprint=other.tobytes(), beats_s=beats)
        monkeypatch.setattr("map4.extras.quarantine.replacing.sound_of", lambda _, name, sounds=sounds: sounds[name])
        offset = constant_offset(None, "old", "new")  # type: ignore[arg-type]
        assert (offset and (round(offset[0], 2), offset[1])) == expected, name
    monkeypatch.setattr("map4.extras.quarantine.replacing.sound_of", lambda *_: None)
    [left] = library.quarantine.move([group_of(library, new, old)], tmp_path / "away", replaces=True).files
    assert left.problem == "its sound is not the same recording at one constant offset"


def test_worse_replacement_is_reported_and_a_gone_one_takes_nothing(
    library: Library, tmp_path: Path, old: Path, new: Path
) -> None:
    better = Member(track=library.track(old), quality=90, remarks=("FLAC", "3 s longer"))
    worse = Member(track=library.track(new), quality=55, remarks=("MP3",))
    group = DuplicateGroup(kind="same_recording", members=(worse, better), why="", certainty=1.0)
    [done] = library.quarantine.move([group], tmp_path / "away", replaces=True, dry_run=True).files
    assert done.remark == "the new file is shorter and of lower quality (MP3; the old one FLAC, 3 s longer)"
    assert warning_of(replace(group, members=(better, worse)), str(new)) is None
    remove(library, new)
    [left] = library.quarantine.replace(old, new).files
    assert (left.outcome, left.problem) == ("left", "no new file is the same recording")


@pytest.mark.parametrize(("is_gone", "least_steps"), [(False, 9), (True, 4)])
def test_kill_at_each_step_leaves_the_old_or_the_new_state(
    library: Library, tmp_path: Path, old: Path, new: Path, is_gone: bool, least_steps: int
) -> None:
    make_values(library, old, new)
    if is_gone:
        remove(library, old)
    before, number, is_over = state(tmp_path), 0, False
    wanted, options = DuplicateOptions(files=[old], keep=[new]), QuarantineOptions(replaces=True)
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        while not is_over:
            number += 1
            disk = FailingDisk(number)
            run = Quarantine(store=store, lanes=inline_lanes, decoder=DEFAULT_DECODER, disk=disk)
            with suppress(PowerCut):
                [*run.run([*replacements(store, wanted)], tmp_path / "away", options)]
                is_over = True
            # Any later run reverts a half-done move.
            [*replace(run, disk=FailingDisk()).run([], tmp_path / "away", options)]
            assert is_over or state(tmp_path) == before, f"step {number}, {disk.steps[-1]}"
    assert (number >= least_steps, library.track(new).user.bpm) == (True, 87)
    library.undo("copies")
    assert state(tmp_path) == before


@pytest.mark.parametrize(("answers", "code", "bpm"), [("y\ny\n", 0, 87.0), ("n\ny\n", 0, 90.0), ("y\nn\n", 4, 90.0)])
def test_command_needs_a_choice_between_values(
    inside: Run, library: Library, old: Path, new: Path, answers: str, code: int, bpm: float
) -> None:
    library.set([library.track(old)], bpm=87)
    library.set([library.track(new)], bpm=90)
    with typed(answers) as terminal:
        done = inside("duplicates", "replace", old, new, stdin=terminal)
    assert "Both files have values of yours (bpm). Use those of the old file? [y/N]" in done.stderr
    assert "Replace 1 file? [y/N]" in done.stderr
    assert (done.returncode, old.exists(), library.track(new).user.bpm) == (code, code != 0, bpm)


def test_command_prints_the_journal_that_undoes_and_translates(inside: Run, old: Path, new: Path) -> None:
    assert inside("duplicates", "replace", old, new).returncode == 2
    done = inside("duplicates", "replace", old.parent, new.parent, "-y", "--json")
    document = validated(done.stdout, "quarantine")
    assert (document["done"], document["files"][0]["keep"]) == (1, str(new))
    assert f"'{document['journal']}' (or export)" in done.stderr
    assert inside("duplicates", "--undo").returncode == 0
    assert inside("duplicates", "replace", old, new.with_name("gone"), "-y").returncode == 4
    for around in (old, old.parent):
        assert "can't replace itself" in inside("duplicates", "replace", old, around, "-y").stderr


def test_gone_and_present_files_of_a_folder_are_one_step(
    library: Library, tmp_path: Path, old: Path, new: Path
) -> None:
    second, third = write_sound(old.with_name("second.wav"), seed=5), write_sound(old.with_name("third.wav"), seed=9)
    scanned(library, second, lag_words=2)
    scanned(library, third, with_sound=False)
    library.lists.save("Both", Tracklist(tracks=[library.track(path) for path in (old, second, third)]))
    remove(library, old)
    before = state(tmp_path)
    left, *done = library.quarantine.replace(old.parent, new.parent).files
    assert (left.path, left.outcome) == (str(third), "left")
    assert {(copy.path, copy.outcome, copy.is_gone) for copy in done} == {
        (str(old), "moved", True),
        (str(second), "moved", False),
    }
    assert len({copy.journal for copy in done}) == 1
    assert versions(library, "Both") == HANDED_OVER
    [step] = library.undo_steps("copies").steps
    assert step.what.startswith("1 copy, ")
    assert step.what.endswith("; 1 gone file handed over")
    assert {file.state for file in library.undo("copies")} == {"restored"}
    assert (state(tmp_path), second.exists(), old.exists()) == (before, True, False)


def test_gone_file_that_is_back_keeps_its_values(library: Library, tmp_path: Path, old: Path, new: Path) -> None:
    make_values(library, old, new)
    kept_bytes = copy_of(old, tmp_path / "aside.wav")
    remove(library, old)
    done = replaced(library, old, new)
    kept_bytes.rename(old)
    library.undo("copies", done.journal)
    assert (library.track(old).state, library.track(old).user.bpm, library.track(new).user.bpm) == ("ok", 87, None)


def test_command_hands_over_a_gone_file(inside: Run, library: Library, old: Path, new: Path) -> None:
    library.set([library.track(old)], bpm=87)
    remove(library, old)
    shown = inside("duplicates", "replace", old, new, "--dry-run")
    assert shown.stdout == f"would hand over {old} → {new}\n"
    assert "1 gone file would be handed over" in shown.stderr
    done = inside("duplicates", "replace", old, new, "-y", "--json")
    document = validated(done.stdout, "quarantine")
    assert (document["files"][0]["gone"], document["files"][0]["to"], document["size_bytes"]) == (True, None, 0)
    assert "1 gone file handed over; to give all back: " in done.stderr
    undone = inside("duplicates", "--undo")
    assert undone.stdout == f"{old}: places and values are as before\n"
    assert undone.stderr == "1 file as before in the library\n"


def test_doctor_offers_the_present_copy_of_a_gone_file(inside: Run, library: Library, old: Path, new: Path) -> None:
    third = write_sound(old.with_name("third.wav"), seed=9)
    scanned(library, third, with_sound=False)
    mark_missing(library, old, third)
    offers = {
        finding.track.path: [shlex.split(choice.command)[1:] for choice in finding.choices]
        for finding in library.doctor.findings(only=["missing"])
    }
    look, forget = ["scan"], ["library", "prune"]
    assert offers[str(old)] == [look, ["duplicates", "replace", str(old), str(new)], forget]
    assert offers[str(third)] == [look, forget]
    assert "hand over to its copy" in inside("doctor", "--only", "missing").stdout
