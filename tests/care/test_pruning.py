"""What a prune keeps, and the hand-overs that it offers first."""

from pathlib import Path

import pytest
from conftest import Run
from libraries import audio_id
from quarantines import mark_missing, opened, put_roots, scanned, write_sound
from schemas import validated
from stored import NOW, put_imported, put_own, put_track

from map4.care import SqlCare
from map4.care.records import ReplaceOffer, SkippedFolder
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.sql_store import Store
from map4.lists.store.playlists import SqlPlaylists


def put_files(store: Store, folder: Path, count: int, *, are_missing: bool = True) -> None:
    first = sum(store.tracks.counts_inside([str(folder.parent.parent)])) + 1
    paths = [put_track(store, first + n, path=str(folder / f"{n}.mp3"), analysed=False) for n in range(count)]
    if are_missing:
        store.tracks.mark_missing(paths, now=NOW)


def test_prune_skips_a_gone_or_empty_folder_with_many_files_of_its_root(store: Store, tmp_path: Path) -> None:
    music, drive = tmp_path / "music", tmp_path / "music" / "drive"
    (music / "here").mkdir(parents=True)
    store.tracks.put_roots({str(music): True}, NOW)
    put_files(store, drive / "a", 30)
    put_files(store, drive / "b", 20)
    put_files(store, music / "few", 49)
    put_files(store, music / "here", 1)  # a folder that is there
    (music / "here" / "other.mp3").touch()
    for is_empty in (False, True):
        if is_empty:
            drive.mkdir()
        planned = store.part(SqlCare).prune(dry_run=True)
        assert planned.skipped_folders == (SkippedFolder(folder=str(drive), root=str(music), files=50, of_root=100),)
        assert planned.missing_files == 50
    store.part(SqlCare).prune(dry_run=False)
    assert store.tracks.counts_inside([str(music), str(drive)]) == [50, 50]
    # A smaller share of its root.
    put_files(store, music / "here", 201, are_missing=False)
    planned = store.part(SqlCare).prune(dry_run=True)
    assert (planned.skipped_folders, planned.missing_files) == ((), 50)


def test_places_and_values_of_files_with_copies_are_counted(store: Store) -> None:
    for number in (1, 2, 3, 4):
        put_track(store, number, is_missing=number != 2)
    put_own(store, 1, rating=4, bpm=99, title="Own")
    put_own(store, 3, rating=4)
    put_own(store, 4, rating=4)
    put_track(store, 5, audio=4)  # has the audio of a missing file, whose fingerprint stays
    put_imported(store, {1: {"bpm": 120.5}})
    tracks = {track.audio_id: track for track in store.tracks.tracks()}
    lists = store.part(SqlPlaylists)
    lists.put("A", Tracklist(tracks=[tracks[audio_id(1)]] * 2 + [tracks[audio_id(3)]]), now=NOW)
    lists.put("Gone", Tracklist(tracks=[tracks[audio_id(1)]]), now=NOW)
    lists.delete("Gone", now=NOW)
    asked: list[set[str]] = []

    def present_copies(audio_ids: set[str]) -> dict[str, str]:
        asked.append(audio_ids)
        return {audio_id(1): "/music/2.mp3"}

    for is_dry in (True, False):
        pruned = store.part(SqlCare).prune(present_copies, dry_run=is_dry)
        assert pruned.offers == (ReplaceOffer(path="/music/1.mp3", copy="/music/2.mp3", places=2, values=4),)
        assert (pruned.places, pruned.values, pruned.missing_files) == (2, 4, 3)
    assert asked[0] == {audio_id(1), audio_id(3)}


def test_command_offers_the_hand_over_before_it_drops(inside: Run, tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    old, new, alone = (write_sound(tmp_path / "music" / f"{n}.wav", seed=n) for n in (1, 2, 3))
    scanned(path, old, new)
    scanned(path, alone, with_sound=False)
    put_roots(path, old.parent)
    with opened(path) as library:
        library.set([library.track(old)], rating=4)
        library.set([library.track(alone)], rating=4)
        library.lists.save("A", Tracklist(tracks=[library.track(old)]))
        mark_missing(library, old, alone)
    old.unlink()
    alone.unlink()
    offer = f"duplicates replace {old} {new}"
    planned = inside("library", "prune", "--dry-run")
    assert "1 missing file with 1 place in lists and 1 value would lose the copy that can stand in" in planned.stderr
    assert offer in planned.stderr
    document = validated(inside("library", "prune", "--dry-run", "--json").stdout, "cache-prune")
    assert (document["places"], document["values"], document["skipped_folders"]) == (1, 1, [])
    assert document["offers"] == [{"path": str(old), "copy": str(new), "places": 1, "values": 1}]
    assert inside("duplicates", "replace", old, new, "-y").returncode == 0
    done = inside("library", "prune", "--yes")
    assert ("can stand in" in done.stderr, done.stdout) == (
        False,
        "dropped 1 missing file and 2 analyses without a file\n",
    )


@pytest.mark.parametrize("is_dry", [True, False])
def test_command_names_skipped_folders(inside: Run, tmp_path: Path, is_dry: bool) -> None:
    path, music = tmp_path / "library.map4", tmp_path / "music"
    here = write_sound(music / "here.wav")
    scanned(path, here)
    put_roots(path, music)
    with opened(path) as library:
        put_files(library._store, music / "drive", 50)
    result = inside("library", "prune", "--dry-run" if is_dry else "--yes")
    assert f"{music / 'drive'} is absent or empty; its 50 files, of 51 in {music}, are kept" in result.stderr
    assert result.stdout == "nothing to drop\n"
