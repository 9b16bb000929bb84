"""Copies that stand in for files that are away: which, in which entries, and what stays as it was."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_library import NOW, WORDS, analysis_of, path_of, put

from map4.core.music.analysis.analysis import Analysis
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.tags import Tags
from map4.core.store.sql_store import Store
from map4.imports.store.imports import SqlSubstitutes
from map4.imports.use import Imports
from map4.lists.files import LibraryLists
from map4.lists.options import GenerateOptions
from map4.lists.playlists import Playlists
from map4.lists.stars import Stars
from map4.lists.store.playlists import SqlPlaylists

OWN, COPY, SECOND = path_of(1), "/music/copies/01.m4a", "/music/copies/01.opus"
NAMES = Tags(artist="A", title="Track 1")


@pytest.fixture
def library(store: Store) -> Store:
    """Tracks 0 to 2, the list "Own" of them, and a copy of track 1 with other audio."""
    for number in range(3):
        put(store.tracks, number, analysis_of(number), tags=Tags(artist="A", title=f"Track {number}"))
    put(store.tracks, 20, _copy(), name=COPY, tags=NAMES)
    save(store, "Own", *map(path_of, range(3)))
    return store


def _copy() -> Analysis:
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


def test_copy_represents_a_file_that_is_away_the_same_audio_first(library: Store) -> None:
    lists = library.part(SqlPlaylists)
    before = lists.version("Own")
    leave(library, OWN)
    assert (shown(library)[1], lists.version("Own")) == ((COPY, "ok"), before)
    assert [entry.status for entry in LibraryLists(library).read_stored("Own").entries] == ["found"] * 3
    [counts] = lists.all("Own")
    assert (counts.tracks, counts.present) == (3, 3)
    library.tracks.mark_present([OWN])
    Imports(library).match()
    assert shown(library)[1] == (OWN, "ok")
    assert library.part(SqlSubstitutes).pairs(()) == {}
    put(library.tracks, 1, analysis_of(1), name="/music/same.mp3", tags=NAMES)
    leave(library, OWN)
    assert (shown(library)[1], stored(library)[1]) == (("/music/same.mp3", "ok"), OWN)


@pytest.mark.parametrize("has_same_audio", [True, False])
def test_file_in_an_absent_folder_is_away_only_if_a_copy_is_there(
    library: Store, tmp_path: Path, has_same_audio: bool
) -> None:
    library.tracks.put_roots({"/music/": True}, NOW)
    Imports(library).match()
    assert shown(library)[1] == (OWN, "ok")
    elsewhere = str(tmp_path / "01.flac")
    if has_same_audio:
        put(library.tracks, 1, analysis_of(1), name=elsewhere, tags=NAMES)
    else:
        put(library.tracks, 21, _copy(), name=elsewhere, tags=NAMES)
        Imports(library).match()
    assert shown(library) == [(path_of(0), "ok"), (elsewhere, "ok"), (path_of(2), "ok")]
    assert stored(library) == [path_of(0), OWN, path_of(2)]


def test_copy_represents_a_single_file_of_a_list_without_the_copy(library: Store) -> None:
    put(library.tracks, 22, _copy(), name=SECOND, tags=NAMES)
    save(library, "Has the copy", OWN, COPY, path_of(2))
    save(library, "Both", OWN, SECOND, OWN)
    leave(library, OWN, SECOND)
    assert shown(library, "Has the copy") == [(OWN, "missing"), (COPY, "ok"), (path_of(2), "ok")]
    [counts] = library.part(SqlPlaylists).all("Has the copy")
    assert (counts.tracks, counts.present) == (3, 2)
    assert shown(library, "Both") == [(COPY, "ok"), (SECOND, "missing"), (COPY, "ok")]


@pytest.mark.parametrize(("title", "is_shown"), [("Other", False), ("Sky", True), (None, True)])
def test_another_song_in_place_of_a_file_is_not_shown(library: Store, title: str | None, is_shown: bool) -> None:
    put(library.tracks, 28, analysis_of(28), name="/music/place.mp3", tags=Tags(artist="Ann", title="Sky"))
    save(library, "Place", "/music/place.mp3", path_of(0))
    put(library.tracks, 29, analysis_of(29), name="/music/place.mp3", tags=Tags(artist="Ann", title=title))
    assert shown(library, "Place")[0] == ("/music/place.mp3", "ok" if is_shown else "missing")
    [counts] = library.part(SqlPlaylists).all("Place")
    assert (counts.tracks, counts.present) == (2, 1 + is_shown)
    assert stored(library, "Place") == ["/music/place.mp3", path_of(0)]


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


# ---- whatever saves a list that was read


def _through_json(lists: Playlists, content: Tracklist) -> Tracklist:
    out = io.BytesIO()
    lists.write_to(content, out, format_name="json")
    return lists.content(lists.read("-", data=out.getvalue()))


WAYS: dict[str, Callable[[Playlists], Tracklist]] = {
    "show": lambda lists: lists.content("Own"),
    "order": lambda lists: lists.order("Own").content,
    "shuffle": lambda lists: lists.order("Own", shuffle="7").content,
    "fill": lambda lists: lists.fill("Own", n=4, relax=True).content,
    "refresh": lambda lists: lists.refresh("Own").content,
    "merge": lambda lists: lists.merge(["Own"]).content,
    "move": lambda lists: lists.moved("Own", 1, 3).content,
    "lock": lambda lists: lists.locked("Own", [2]).content,
    "version": lambda lists: lists.brought_back("Own", lists.versions("Own").versions[0].version).content,
    "ids of a reader": lambda lists: lists.in_order(
        "Own", [replace(track, represents=None) for track in lists.content("Own").tracks]
    ),
    "json": lambda lists: _through_json(lists, lists.content("Own")),
    "jsonl of an order": lambda lists: _through_json(lists, lists.order("Own").content),
}


@pytest.mark.parametrize("way", WAYS)
def test_saved_list_has_the_entry_and_not_the_copy(library: Store, way: str) -> None:
    put(library.tracks, 4, analysis_of(4))
    leave(library, OWN)
    lists = Playlists(library)
    content = WAYS[way](lists)
    assert COPY in [track.path for track in content.tracks]
    lists.save("Saved", content)
    assert {OWN, COPY} & {*stored(library, "Saved")} == {OWN}
    library.tracks.mark_present([OWN])
    assert (OWN, "ok") in shown(library, "Saved")


def test_list_made_again_keeps_a_locked_entry(library: Store) -> None:
    put(library.tracks, 4, analysis_of(4))
    lists = Playlists(library)
    lists.apply(lists.locked("Own", [2]))
    leave(library, OWN)
    lists.apply(lists.remade("Own", [], GenerateOptions(n=3, relax=True)))
    assert stored(library)[1] == OWN


def test_star_of_a_copy_in_the_list_is_removed(library: Store) -> None:
    lists = Playlists(library)
    Stars(lists).put([library.tracks.track(path) for path in (path_of(0), OWN)], True)
    leave(library, OWN)
    Stars(lists).put([library.tracks.track(path_of(2))], True)
    assert stored(library, Stars.name_of(library.actor)) == [path_of(0), OWN, path_of(2)]
    Stars(lists).put([library.tracks.track(COPY)], False)
    assert stored(library, Stars.name_of(library.actor)) == [path_of(0), path_of(2)]


def test_entry_of_a_file_is_looked_up_as_in_a_list(library: Store, tmp_path: Path) -> None:
    leave(library, OWN)
    file = tmp_path / "friday.m3u8"
    file.write_text(f"{path_of(0)}\n{OWN}\n")
    first, second = Playlists(library).read(str(file)).entries
    assert (second.status, second.track.path, second.track.as_listed.path) == ("found", COPY, OWN)
    file.write_text(f"{COPY}\n{OWN}\n")
    first, second = Playlists(library).read(str(file)).entries
    assert [(entry.status, entry.track.path) for entry in (first, second)] == [("found", COPY), ("gone", OWN)]


def test_refresh_keeps_entries_with_a_copy_and_in_absent_folders(library: Store, tmp_path: Path) -> None:
    for number in (3, 4, 5):
        put(library.tracks, number, analysis_of(number), name=f"/other/{number}.mp3")
    lists = Playlists(library)
    save(library, "Own", path_of(0), OWN, "/other/3.mp3", "/other/4.mp3")
    lists.apply(lists.locked("Own", [1, 2]))
    here = tmp_path / "other"
    here.mkdir()
    (here / "x").touch()
    library.tracks.put_roots({"/other": True, str(here): True}, NOW)
    leave(library, OWN, "/other/3.mp3")
    lists.change("Own", lists.refresh("Own", harmonic="off", policy="creative").content)
    assert stored(library)[:3] == [path_of(0), OWN, "/other/3.mp3"]
    assert lists.versions("Own").versions[0].what == "tracks changed"
    library.tracks.remove_root("/other")
    content = lists.refresh("Own", harmonic="off", policy="creative").content
    assert "/other/3.mp3" not in [track.path for track in content.tracks]
