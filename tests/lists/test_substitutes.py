"""Copies that stand in for files that are away: which, in which entries, and what stays as it was."""

from pathlib import Path

import pytest
from made_library import NOW, WORDS, analysis_of, path_of, put

from map4.imports.store.imports import SqlSubstitutes
from map4.imports.use import Imports
from map4.lists.files import LibraryLists
from map4.lists.store.playlists import SqlPlaylists
from map4.music.lists.tracklist import Tracklist
from map4.music.track.tags import Tags
from map4.store.sql_store import Store

OWN, COPY = path_of(1), "/music/copies/01.m4a"
NAMES = Tags(artist="A", title="Track 1")


@pytest.fixture
def library(store: Store) -> Store:
    """Tracks 0 to 2, the list "Own" of them, and a copy of track 1 with other audio."""
    for number in range(3):
        put(store.tracks, number, analysis_of(number), tags=Tags(artist="A", title=f"Track {number}"))
    put(store.tracks, 20, _copy(), name=COPY, tags=NAMES)
    save(store, "Own", *map(path_of, range(3)))
    return store


def _copy() -> object:
    from dataclasses import replace

    return replace(analysis_of(1), fingerprint=WORDS[1].tobytes())


def save(store: Store, name: str, *paths: str) -> None:
    tracks = [track for path in paths if (track := store.tracks.track(path)) is not None]
    store.part(SqlPlaylists).put(name, Tracklist(tracks=tracks), now=NOW)


def leave(store: Store, *paths: str) -> None:
    """Files go, and a scan notices it."""
    store.tracks.mark_missing(paths, now=NOW)
    Imports(store).match()


def shown(store: Store, name: str = "Own") -> list[tuple[str, str]]:
    """The path and the state of each entry as read."""
    return [(track.path, track.state) for track in store.part(SqlPlaylists).get(name).tracks]


def stored(store: Store, name: str = "Own") -> list[str]:
    """The paths that a list has, whatever is there."""
    return [track.as_listed.path for track in store.part(SqlPlaylists).get(name).tracks]


def test_copy_represents_a_file_that_is_away(library: Store) -> None:
    before = library.part(SqlPlaylists).version("Own")
    leave(library, OWN)

    assert shown(library)[1] == (COPY, "ok")
    assert library.part(SqlPlaylists).version("Own") == before
    assert [entry.status for entry in LibraryLists(library).read_stored("Own").entries] == ["found"] * 3
    [counts] = library.part(SqlPlaylists).all("Own")
    assert (counts.tracks, counts.present) == (3, 3)

    library.tracks.mark_present([OWN])
    Imports(library).match()
    assert shown(library)[1] == (OWN, "ok")
    assert library.part(SqlSubstitutes).pairs(()) == {}


def test_same_audio_comes_before_another_copy(library: Store) -> None:
    put(library.tracks, 1, analysis_of(1), name="/music/same.mp3", tags=NAMES)
    leave(library, OWN)
    assert shown(library)[1] == ("/music/same.mp3", "ok")
    assert stored(library)[1] == OWN


def test_file_in_an_absent_folder_is_away_only_if_a_copy_is_there(library: Store, tmp_path: Path) -> None:
    library.tracks.put_roots({"/music/": True}, NOW)
    Imports(library).match()
    assert shown(library)[1] == (OWN, "ok")

    elsewhere = str(tmp_path / "01.mp3")
    put(library.tracks, 1, analysis_of(1), name=elsewhere, tags=NAMES)
    assert shown(library) == [(path_of(0), "ok"), (elsewhere, "ok"), (path_of(2), "ok")]
    assert stored(library) == [path_of(0), OWN, path_of(2)]


def test_pair_is_found_for_a_file_in_an_absent_folder(library: Store, tmp_path: Path) -> None:
    library.tracks.put_roots({"/music/": True}, NOW)
    elsewhere = str(tmp_path / "01.flac")
    put(library.tracks, 21, _copy(), name=elsewhere, tags=NAMES)
    Imports(library).match()
    assert shown(library)[1] == (elsewhere, "ok")


def test_entry_is_missing_if_the_list_has_the_copy_itself(library: Store) -> None:
    save(library, "Both", OWN, COPY, path_of(2))
    leave(library, OWN)
    assert shown(library, "Both") == [(OWN, "missing"), (COPY, "ok"), (path_of(2), "ok")]
    [counts] = library.part(SqlPlaylists).all("Both")
    assert (counts.tracks, counts.present) == (3, 2)


def test_copy_represents_a_single_file_of_a_list(library: Store) -> None:
    put(library.tracks, 22, _copy(), name="/music/copies/01.opus", tags=NAMES)
    save(library, "Both", OWN, "/music/copies/01.opus", OWN)
    leave(library, OWN, "/music/copies/01.opus")
    assert shown(library, "Both") == [(COPY, "ok"), ("/music/copies/01.opus", "missing"), (COPY, "ok")]


def test_file_that_was_renamed_is_no_copy(library: Store) -> None:
    with library.database.transaction() as connection:
        connection.execute("UPDATE files SET path = ? WHERE path = ?", (b"/music/new.mp3", OWN.encode()))
    [_, moved, _] = library.part(SqlPlaylists).get("Own").tracks
    assert (moved.path, moved.represents) == ("/music/new.mp3", None)


def test_another_song_represents_no_file(library: Store) -> None:
    put(library.tracks, 9, analysis_of(9), name="/music/other.mp3", tags=NAMES)
    library.tracks.mark_missing([COPY], now=NOW)
    leave(library, OWN)
    assert shown(library)[1] == (OWN, "missing")


def test_list_stored_as_read_keeps_its_entries(library: Store) -> None:
    leave(library, OWN)
    lists = LibraryLists(library)
    content = library.part(SqlPlaylists).get("Own")
    lists.save("Copied", content)
    lists.save("Turned", Tracklist(tracks=content.tracks[::-1]))
    lists.change("Own", Tracklist(tracks=content.tracks[1:]))

    library.tracks.mark_present([OWN])
    assert [shown(library, name) for name in ("Copied", "Turned", "Own")] == [
        [(path_of(number), "ok") for number in numbers] for numbers in ((0, 1, 2), (2, 1, 0), (1, 2))
    ]
