"""Names, numbers and notes belong to a file: setting them for one file leaves other files of its audio alone."""

import os
import plistlib
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import write_clicks
from lanes import sampled
from mutagen.id3 import TALB, TIT2, TPE1, TRCK
from mutagen.wave import WAVE
from servers import client_of
from stored import NOW, put_imported, put_track

from map4 import Library
from map4.core.store.database import Connection
from map4.core.store.sql_store import Store
from map4.scan.store import SqlIgnoredFiles
from map4.scan.workers.lanes import inline_lanes
from map4.values.store.values import SqlValues
from map4.values.use import ValueEdit

HITS = {
    "artist": "Ann Live", "title": "Song (live)", "genre": "Dub", "label": "Etch", "album": "Hits",
    "album_artist": "Various", "track": 12, "disc_number": 2, "year": 2011, "comment": "late",
}  # fmt: skip


@pytest.fixture
def albums(tmp_path: Path, library: Library) -> Path:
    """The same audio in two albums."""
    music = tmp_path / "albums"
    for album, track in (("Abbey", 7), ("Hits", 2)):
        _write(music / album / f"{track:02}.wav", album, track)
    library.scan(music)
    return music


def _write(path: Path, album: str, track: int, bpm: float = 120.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_clicks(path, bpm=bpm)
    _tag(path, album, track)


def _tag(path: Path, album: str, track: int, title: str = "Song", artist: str = "Ann") -> None:
    file = WAVE(path)
    if file.tags is None:
        file.add_tags()
    for frame in (TALB(text=[album]), TRCK(text=[str(track)]), TIT2(text=[title]), TPE1(text=[artist])):
        file.tags.add(frame)
    file.save()


def _values_of(library: Library, *paths: Path) -> list[tuple[Any, ...]]:
    """Album and track that count for these files, each with whether the user set it."""
    tracks = [library.track(path) for path in paths]
    return [
        (track.album(), track.track_number(), track.user.album, track.user.track)
        for track in tracks
        if track is not None
    ]


def test_values_of_one_album_do_not_change_the_other(library: Library, albums: Path, tmp_path: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    dry = library.set(hits, dry_run=True, bpm=60, **HITS)
    assert {change.name: change.also for change in dry} == {**dict.fromkeys(HITS, ()), "bpm": (str(abbey),)}
    step = library.set(hits, bpm=60, **HITS).step
    assert _values_of(library, abbey, hits) == [("Abbey", 7, None, None), ("Hits", 12, "Hits", 12)]
    for query in (
        "track:12", "disc:2", "year:2011", "comment:late", "album-artist:various", "artist:live", "title:live",
        "genre:dub", "label:etch", "live", "dub",
    ):  # fmt: skip
        assert [track.path for track in library.search(query)] == [str(hits)], query
    assert len(list(library.search("bpm:60"))) == len(list(library.search("is:set"))) == 2
    written = library.tags.write([abbey, hits], fields=["artist", "title", "track", "bpm"], dry_run=True)
    planned = {file.path: {field.name: field.new for field in file.changes} for file in written}
    assert planned == {
        str(abbey): {"bpm": "60"},
        str(hits): {"artist": "Ann Live", "title": "Song (live)", "track": "12", "bpm": "60"},
    }
    [undo_step] = library.values.history([library.track(abbey)]).steps
    assert (undo_step.count, [change.name for change in undo_step.changes]) == (1, ["bpm"])
    [undo_step] = library.values.history([library.track(hits)], limit=1).steps
    assert {change.track.path for change in undo_step.changes if change.track and change.name == "track"} <= {str(hits)}
    assert undo_step.count == 11
    library.values.undo(step)
    assert _values_of(library, abbey, hits) == [("Abbey", 7, None, None), ("Hits", 2, None, None)]
    assert library.care.verify(library.path).is_sound


def test_a_value_follows_its_file(library: Library, albums: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    library.set(hits, track=12)
    (albums / "1969").mkdir()
    (albums / "2011").mkdir()
    shutil.move(hits, moved := albums / "1969" / "a.wav")  # both move: their tags tell which is which
    shutil.move(abbey, other := albums / "2011" / "b.wav")
    library.scan(albums)
    assert _values_of(library, moved, other) == [("Hits", 12, None, 12), ("Abbey", 7, None, None)]
    library.files.forget([library.track(moved)])
    library.scan(albums)
    assert _values_of(library, moved) == [("Hits", 12, None, 12)]


def test_new_file_with_the_same_tags_takes_values_over(library: Library, albums: Path) -> None:
    hits = albums / "Hits" / "02.wav"
    library.set(hits, title="Own", track=12)
    albums.rename(moved := albums.with_name("moved"))  # the whole folder, which may also be a drive that is away
    _tag(moved / "Abbey" / "07.wav", "Abbey", 9)
    library.scan(moved)
    titles = {track.path: track.user.title for track in library.search("is:any") if track.path.startswith(str(moved))}
    assert titles == {str(moved / "Hits" / "02.wav"): "Own", str(moved / "Abbey" / "07.wav"): None}
    library.set(moved / "Hits" / "02.wav", unset=["title"])
    os.utime(moved / "Hits" / "02.wav")
    library.scan(moved)
    assert library.track(moved / "Hits" / "02.wav").user.title is None


def test_value_of_ambiguous_files_waits_for_its_file(library: Library, albums: Path) -> None:
    hits, twin = albums / "Hits" / "02.wav", albums / "Twin" / "02.wav"
    twin.parent.mkdir()
    shutil.copy(hits, twin)
    library.scan(albums)
    library.set(hits, track=12)
    moved = [albums / name for name in ("a.wav", "b.wav")]
    for path, to in zip((hits, twin), moved, strict=True):
        shutil.move(path, to)
    library.scan(albums)
    assert _values_of(library, *moved) == [("Hits", 2, None, None)] * 2
    [finding] = [finding for finding in library.doctor.findings(only=["missing"]) if finding.track.path == str(hits)]
    assert "; your values (track) wait for it; lists play " in finding.detail
    library.files.forget(list(library.search("is:missing")))
    [finding] = library.doctor.findings(only=["values_wait"])
    assert (finding.about, finding.detail) == (str(hits), "track 12 waits for its file")
    there = [albums / "Abbey" / "07.wav", *moved]
    assert [choice.command.split()[-2:] for choice in finding.choices] == [[str(path), "track=12"] for path in there]
    library.set(moved[1], track=12)
    assert not list(library.doctor.findings(only=["values_wait"]))


def test_file_overwritten_by_another_song_takes_no_values(library: Library, albums: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    library.set(hits, track=12)
    write_clicks(hits, bpm=97.0)
    _tag(hits, "Hits", 2, "Another song")
    library.scan(albums)
    assert _values_of(library, abbey, hits) == [("Abbey", 7, None, None), ("Hits", 2, None, None)]


@pytest.mark.world
def test_values_of_files_are_merged_by_path(library: Library, albums: Path, tmp_path: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    with Library.open(tmp_path / "other.map4", lanes=inline_lanes) as other:
        other.scan(albums)
        other.set(hits, **HITS)
    library.merge([tmp_path / "other.map4"])
    assert _values_of(library, abbey, hits) == [("Abbey", 7, None, None), ("Hits", 12, "Hits", 12)]


def test_every_store_keeps_values_by_file(store: Store) -> None:
    for number in (1, 2):
        put_track(store, number, audio=1)

    def own() -> list[int | None]:
        return [track.user.year for track in store.tracks.tracks()]

    first, second = store.tracks.tracks()
    values = store.part(SqlValues)
    values.put(ValueEdit(year=2011).changes_of([second]), now=NOW)
    assert own() == [None, 2011]
    [changed] = values.changes_of(1, limit=5)
    assert (changed.audio_id, changed.became) == (second.uid, 2011)
    store.part(SqlIgnoredFiles).forget([second.path], ignore=False, now=NOW)
    put_track(store, 2, audio=1)
    assert own() == [None, None]
    values.settle({second.path})
    assert own() == [None, 2011]
    values.put(ValueEdit(year=1969).changes_of([first]), now=NOW)
    values.put(ValueEdit(unset=("year",)).changes_of([*store.tracks.tracks()][1:]), now=NOW)
    assert own() == [1969, None]


def test_values_set_while_a_new_file_settles_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        put_track(store, number, audio=1, title="Song")
    first, second = store.tracks.tracks()
    values, transaction = store.part(SqlValues), store.database.transaction
    values.put(ValueEdit(year=1969).changes_of([first]), now=NOW)

    def after_another_user() -> AbstractContextManager[Connection]:
        monkeypatch.undo()
        values.put(ValueEdit(year=2011).changes_of([second]), now=NOW)
        return transaction()

    monkeypatch.setattr(store.database, "transaction", after_another_user)
    values.settle({second.path})
    assert [track.user.year for track in store.tracks.tracks()] == [1969, 2011]


def test_server_sets_values_of_the_named_file(library: Library, albums: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    with client_of(Path(library.path)) as client:
        asked = {"q": "is:any", "fields": "path,file,id"}
        rows = client.get("/api/v1/columns", params=asked).json()["columns"]
        file_of = dict(zip(rows["path"], rows["file"], strict=True))
        assert len(set(rows["file"])) == 2
        assert len(set(rows["id"])) == 1
        document = client.put("/api/v1/tracks", json={"tracks": [file_of[str(hits)]], "track": 12}).json()
        assert [(change["path"], change["also"]) for change in document["changes"]] == [(str(hits), [])]
        shown = client.put(f"/api/v1/tracks/{file_of[str(hits)]}", json={"year": 2011}).json()
        assert [change["path"] for change in shown["changes"]] == [str(hits)]
        found = client.get("/api/v1/search", params={"q": "is:any sort:path"}).json()["tracks"]
        assert [track["user"] and track["user"]["year"] for track in found] == [None, 2011]
    assert _values_of(library, abbey, hits) == [("Abbey", 7, None, None), ("Hits", 12, None, 12)]


def test_choice_of_the_doctor_changes_only_its_files(library: Library, albums: Path) -> None:
    abbey, hits, other = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav", albums / "Hits" / "03.wav"
    _write(other, "Hits", 3, bpm=97.0)
    _tag(other, "Hits", 3, artist="Bob")
    library.scan(albums)
    [finding] = library.doctor.findings(only=["album_artist_missing"])
    [choice] = finding.choices
    library.set(choice.audio_ids, **choice.values)
    whose = [library.track(path).user.album_artist for path in (abbey, hits, other)]
    assert whose == [None, "Various Artists", "Various Artists"]


def _rekordbox(path: Path, *entries: dict[str, Any]) -> Path:
    rows = "".join(
        f'<TRACK TrackID="{number}" Name="Song" Artist="Ann" Genre="Dub" Album="{song["album"]}" Year="{song["year"]}" '
        f'Comments="{song["comment"]}" Location="file://localhost{quote(str(song["file"]))}"/>'
        for number, song in enumerate(entries, 1)
    )
    path.write_text(f'<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="1">{rows}</COLLECTION></DJ_PLAYLISTS>')
    return path


def _itunes(path: Path, *entries: dict[str, Any]) -> Path:
    tracks = {
        str(number): {"Track ID": number, "Name": "Song", "Artist": "Ann", "Genre": "Dub", "Album": track["album"],
                      "Year": track["year"], "Comments": track["comment"], "Location": track["file"].as_uri()}
        for number, track in enumerate(entries, 1)
    }  # fmt: skip
    path.write_bytes(plistlib.dumps({"Application Version": "12.9", "Tracks": tracks, "Playlists": []}))
    return path


def _traktor(path: Path, *entries: dict[str, Any]) -> Path:
    rows = "".join(
        f'<ENTRY TITLE="Song" ARTIST="Ann"><LOCATION DIR="/:{"/:".join(entry["file"].parts[1:-1])}/:" '
        f'FILE="{entry["file"].name}" VOLUME="disk"/><ALBUM TITLE="{entry["album"]}"/>'
        f'<INFO GENRE="Dub" COMMENT="{entry["comment"]}" RELEASE_DATE="{entry["year"]}/1/1"/></ENTRY>'
        for entry in entries
    )
    path.write_text(f'<NML VERSION="19"><COLLECTION ENTRIES="1">{rows}</COLLECTION></NML>')
    return path


def _imported(library: Library, *paths: Path) -> list[tuple[Any, ...]]:
    tracks = [library.track(path) for path in paths]
    imported = [None if track is None else track.imported for track in tracks]
    return [values and (values.album, values.year, values.comment, values.genre) for values in imported]


@pytest.mark.parametrize("write", sampled([_rekordbox, _itunes, _traktor], every=3))
def test_import_sets_the_named_file(write: Callable[..., Path], library: Library, albums: Path, tmp_path: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    of_hits = {"file": hits, "album": "Hits 1", "year": 2010, "comment": "late"}
    source = write(tmp_path / f"library{'.nml' if write is _traktor else '.xml'}", of_hits)
    assert library.imports.read(source).changed == 1
    assert _imported(library, abbey, hits) == [(None, None, None, None), ("Hits 1", 2010, "late", "Dub")]
    for query in ("comment:late", "year:2010"):
        assert [track.path for track in library.search(query)] == [str(hits)], query
    assert len(list(library.search("is:imported"))) == 2
    of_abbey = {"file": abbey, "album": "Abbey Road", "year": 1969, "comment": "early"}
    write(source, of_hits, of_abbey)
    library.imports.read(source)
    assert _imported(library, abbey, hits) == [
        ("Abbey Road", 1969, "early", "Dub"), ("Hits 1", 2010, "late", "Dub")
    ]  # fmt: skip
    shutil.move(hits, moved := albums / "Abbey" / "moved.wav")
    library.scan(albums)
    write(source, of_abbey)  # the moved file is no longer named
    library.imports.read(source)
    assert _imported(library, moved, abbey) == [(None, None, None, None), ("Abbey Road", 1969, "early", "Dub")]
    assert library.care.verify(library.path).is_sound


def test_imported_values_follow_a_moved_file(library: Library, albums: Path, tmp_path: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    source = _rekordbox(tmp_path / "rb.xml", {"file": hits, "album": "Hits 1", "year": 2010, "comment": "late"})
    library.imports.read(source)
    shutil.move(abbey, albums / "a.wav")
    shutil.move(hits, moved := albums / "b.wav")
    library.scan(albums)
    library.imports.read(source)
    assert _imported(library, albums / "a.wav", moved) == [(None, None, None, None), ("Hits 1", 2010, "late", "Dub")]
    library.files.forget([library.track(moved)])
    library.scan(albums)
    library.imports.read(_itunes(tmp_path / "other.xml"))
    assert _imported(library, moved) == [("Hits 1", 2010, "late", "Dub")]


def test_file_with_other_audio_loses_imported_values(library: Library, albums: Path, tmp_path: Path) -> None:
    hits = albums / "Hits" / "02.wav"
    source = _rekordbox(tmp_path / "rb.xml", {"file": hits, "album": "Hits 1", "year": 2010, "comment": "late"})
    library.imports.read(source)
    write_clicks(hits, bpm=97.0)
    _tag(hits, "Hits", 2)
    library.scan(albums)
    assert _imported(library, hits) == [None]
    library.imports.read(source)
    assert _imported(library, hits) == [("Hits 1", 2010, "late", "Dub")]
    library.imports.forget(source)
    assert _imported(library, hits) == [None]
    assert library.care.verify(library.path).is_sound


def test_every_store_drops_imported_values_of_a_file_with_other_audio(store: Store) -> None:
    put_track(store, 1)
    put_imported(store, {1: {"bpm": 99.0, "album": "Hits", "comment": "late"}})
    [track] = store.tracks.tracks()
    assert (track.imported.bpm, track.imported.comment) == (99.0, "late")
    put_track(store, 2, path=track.path)
    [track] = store.tracks.tracks()
    assert track.imported is None
    put_track(store, 1, path=track.path)
    [track] = store.tracks.tracks()
    assert (track.imported.bpm, track.imported.comment) == (99.0, None)


def test_import_without_paths_finds_the_file_by_album(library: Library, albums: Path, tmp_path: Path) -> None:
    abbey, hits = albums / "Abbey" / "07.wav", albums / "Hits" / "02.wav"
    gone = {"file": tmp_path / "elsewhere" / "song.wav", "year": 2010, "comment": "late"}
    library.imports.read(_rekordbox(tmp_path / "rb.xml", {**gone, "album": "hits"}))
    assert _imported(library, abbey, hits) == [(None, None, None, None), ("hits", 2010, "late", "Dub")]
    library.imports.read(_rekordbox(tmp_path / "rb.xml", {**gone, "album": "Unknown"}))
    assert _imported(library, abbey, hits) == [(None, None, None, None)] * 2
