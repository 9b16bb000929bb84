"""Entries of services' lists without a sure match: candidates, choices by hand, and later imports that use them."""

import csv
import json
import plistlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from command_runs import typed
from conftest import Run
from extras.review.service_titles import entries_of, tracks_of
from libraries import audio_id
from made_library import analysis_of, path_of, put
from schemas import validate, validated
from servers import client_of
from tags.test_mend_page import opened

from map4 import Library
from map4.core.music.track.tags import Tags
from map4.core.store.tracks import SqlTracks
from map4.errors import NothingFoundError
from map4.extras.review.store import id_of
from map4.search import NameMatcher

TRACKS = (
    Tags(artist="Nadia Vellum", title="Undertow (Extended Mix)", album="Undertow"),
    Tags(artist="Nadia Vellum", title="Undertow (Dub)", album="Undertow"),
    Tags(artist="Four Doors Down", title="Harbour", album="Coast"),
    Tags(artist="Four Doors Down", title="Harbour", album="Coast Live"),
)
EXPORTIFY = """\
"Track URI","Track Name","Album Name","Artist Name(s)","Release Date","Duration (ms)","Popularity","Added At"
"spotify:track:1pZ","Undertow - Radio Edit","Undertow","Nadia Vellum","2019-03-01","192000","41","2021-05-03T10:00:00Z"
"spotify:track:2qY","Harbour","Best Of","Four Doors Down;Guest","2020-01-01","1000","12","2021-05-03T10:00:01Z"
"spotify:track:3rX","Nothing Here","Elsewhere","Unknown Band","2020-01-01","200000","2","2021-05-03T10:00:02Z"
"""
BANDCAMP = """\
item_type,band_name,item_title,album_title,purchased,item_url
track,Nadia Vellum,Undertow (Radio Edit),Undertow,2021-05-03,https://nadiavellum.bandcamp.com/track/undertow
"""
LISTEN = {"listened_at": 1614556800, "track_metadata": {
    "artist_name": "Nadia Vellum", "track_name": "Undertow (Radio Edit)", "release_name": "Undertow",
    "additional_info": {"media_player": "Spotify", "duration_ms": 192000},
}}  # fmt: skip
APPLE = {"Major Version": 1, "Application Version": "1.4.1.29", "Tracks": {"101": {
    "Track ID": 101, "Name": "Undertow (Radio Edit)", "Artist": "Nadia Vellum", "Album": "Undertow",
    "Kind": "Apple Music AAC audio file", "Total Time": 192000, "Track Type": "Remote", "Apple Music": True,
}}, "Playlists": [{"Name": "Late", "Playlist ID": 9, "Playlist Items": [{"Track ID": 101}]}]}  # fmt: skip
SAMPLES = {
    "spotify.csv": EXPORTIFY.encode(), "bandcamp.csv": BANDCAMP.encode(), "Library.xml": plistlib.dumps(APPLE),
    "listens.jsonl": json.dumps(LISTEN).encode(),
}  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library with some tracks, beside the samples."""
    for name, content in SAMPLES.items():
        (tmp_path / name).write_bytes(content)
    with Library.open(tmp_path / "library.map4") as library:
        for number, tags in enumerate(TRACKS, start=1):
            put(library, number, analysis_of(number), tags=tags)
        yield library


def used(library: Library) -> set[str | None]:
    """The audio of lists and plays."""
    lists = (library.lists.read_stored(stored.name) for stored in library.lists.stored())
    return {track.audio_id for playlist in lists for track in playlist.tracks()} | {
        play.audio_id for play in library.plays.page().plays
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_candidates_of_each_service_are_chosen_and_undone(library: Library, tmp_path: Path, name: str) -> None:
    library.imports.read(tmp_path / name)
    review, before = library.review, library.imports.pending()
    entry = next(entry for entry in review.waiting().entries if entry.entry.title.startswith("Undertow"))
    assert [candidate.path for candidate in entry.candidates] == [path_of(1), path_of(2)]
    assert entry.candidates[0].differs[0] == "title: Undertow (Extended Mix)"
    assert ("longer" in str(entry.candidates[0].differs)) == (name != "bandcamp.csv")
    review.choose(entry.id, audio_id(2))
    assert (len(library.imports.pending()), audio_id(2) in used(library)) == (len(before) - 1, True)
    assert review.undo().count == len(before)
    assert sorted(map(str, library.imports.pending())) == sorted(map(str, before))
    assert audio_id(2) not in used(library)
    with pytest.raises(NothingFoundError):
        review.undo()


def test_later_imports_use_a_choice(library: Library, tmp_path: Path) -> None:
    library.imports.read(tmp_path / "bandcamp.csv")
    [entry] = library.review.waiting().entries
    with pytest.raises(NothingFoundError, match="or no audio"):
        library.review.choose(entry.id, audio_id(99))
    library.review.choose(entry.id, audio_id(1))
    for name in ("listens.jsonl", "Library.xml", "bandcamp.csv"):
        assert library.imports.read(tmp_path / name).waiting == ()
    [step] = library.undo_steps("review").steps
    assert step.what == "Nadia Vellum - Undertow (Radio Edit): a file was chosen"
    library.review.undo(entry.id)
    assert len(library.imports.pending()) == 3


def test_undo_leaves_entries_that_another_import_matched(library: Library, tmp_path: Path) -> None:
    named = f"#EXTM3U\n#EXTINF:192,Nadia Vellum - Undertow (Radio Edit)\n{path_of(2)}\n"
    (tmp_path / "late.m3u8").write_text(named, encoding="ascii")
    for name in ("late.m3u8", "Library.xml"):
        library.imports.read(tmp_path / name)
    [entry] = library.review.waiting().entries
    library.review.choose(entry.id, audio_id(2))
    library.review.undo()
    lists = {stored.name: library.lists.read_stored(stored.name) for stored in library.lists.stored()}
    assert {name: [track.audio_id for track in playlist.tracks()] for name, playlist in lists.items()} == {
        "late": [audio_id(2)], "Late (Apple Music and iTunes)": [],
    }  # fmt: skip


def test_terminal_takes_a_key_for_each_entry(inside: Run, library: Library, tmp_path: Path) -> None:
    assert inside("import", "waiting", "--review").returncode == 4
    library.imports.read(tmp_path / "spotify.csv")
    assert inside("import", "waiting", "--review").returncode == 2
    document = validated(inside("import", "waiting", "--review", "--json").stdout, "import-review")
    assert [entry["title"] for entry in document["entries"]] == ["Harbour", "Undertow - Radio Edit", "Nothing Here"]
    with typed("1un1nq") as terminal:
        done = inside("import", "waiting", "--review", stdin=terminal)
    assert "  1  83 %  Four Doors Down - Harbour (artist: Four Doors Down, album: Coast, " in done.stderr
    assert "3/3  Unknown Band - Nothing Here  3:20  Elsewhere" in done.stderr
    assert "3 entries decided; 'map4 import waiting --undo' undoes the last" in done.stderr
    head, *rows = csv.reader(inside("import", "waiting", "--csv").stdout.splitlines())
    assert head == ["artist", "title", "album", "duration_s", "location"]
    assert [row[1] for row in rows] == ["Harbour", "Nothing Here"]
    assert "undone; 1 entry to decide" in inside("import", "waiting", "--undo").stderr
    assert [step["kind"] for step in json.loads(inside("undo", "--json").stdout)["steps"]].count("review") == 2
    assert inside("import", "waiting", "--undo", "e-0").returncode == 4
    assert "can't be combined" in inside("import", "waiting", "--review", "--csv").stderr


def test_routes_choose_and_undo(library: Library, tmp_path: Path) -> None:
    library.imports.read(tmp_path / "bandcamp.csv")
    with client_of(tmp_path / "library.map4") as client:
        found = validate(client.get("/api/v1/imports/review").json())
        address = f"/api/v1/imports/review/{found['entries'][0]['id']}"
        for audio in (audio_id(1), None):
            assert validate(client.put(address, json={"audio_id": audio}).json())["count"] == 0
            assert validate(client.delete(address).json())["count"] == 1
        assert client.delete(address).status_code == 404
        assert client.get("/api/v1/imports/review").json() == found
        assert client.get("/api/v1/imports/review?limit=-1").status_code == 400


@pytest.mark.world
@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
def test_page_takes_a_key_for_each_entry(started: Tab, library: Library, tmp_path: Path) -> None:
    library.imports.read(tmp_path / "spotify.csv")
    with opened(started, tmp_path / "library.map4", "mend?check=review") as page:
        rows = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(rows.first).to_contain_text("album: Coast")
        page.keyboard.press("1")
        expect(rows.first).to_contain_text("✓ Four Doors Down - Harbour")
        page.keyboard.press("Control+z")
        expect(rows.first.get_by_role("button", name="I don't have it")).to_be_visible()
        page.get_by_role("button", name="I have none of these").click()
        expect(rows.filter(has_text="✓ I don't have it")).to_have_count(3)


def test_other_numbers_and_titles_of_services_are_matched_or_offered(library: Library, tmp_path: Path) -> None:
    put(library, 9, analysis_of(9), tags=Tags(artist="Ann", title="Sunrise (Pt. 2)"))
    (tmp_path / "list.csv").write_text(
        'artist,title\nAnn,"Sunrise (Pt. 1)"\nAnn,"Sunrise"\nAnn,"Sunrise, Part II"\n'
        'Four Doors Down,"Harbour (Pt. 3)"\n'
    )
    library.imports.read(tmp_path / "list.csv")
    waiting = {entry.entry.title: entry.candidates for entry in library.review.waiting().entries}
    assert set(waiting) == {"Sunrise (Pt. 1)", "Sunrise", "Harbour (Pt. 3)"}
    assert all(candidate.certainty < NameMatcher.SURE for candidates in waiting.values() for candidate in candidates)
    tracks, store = tracks_of(500, 92), SqlTracks(library._store.database)
    for number, (tags, length_s) in enumerate(tracks):
        put(store, number, replace(analysis_of(1), duration_s=length_s), tags=tags)
    made = list(entries_of(tracks, 200, 7))
    truth = {id_of(entry): None if number is None else audio_id(number) for entry, number in made}
    with (tmp_path / "list.csv").open("w", encoding="utf-8") as file:
        names = ("artist", "title", "album", "duration_s")
        csv.writer(file).writerows([names, *([getattr(entry, name) for name in names] for entry, _ in made)])
    library.imports.read(tmp_path / "list.csv")
    listed = [entry for entry in library.lists.read_stored("list").entries if entry.track and entry.track.audio_id]
    right = [entry for entry in listed if entry.track.audio_id == truth[id_of(made[entry.entry.position - 1][0])]]
    waiting = library.review.waiting().entries
    offered = {entry.id: [candidate.audio_id for candidate in entry.candidates] for entry in waiting}
    missed = [name for name, candidates in offered.items() if truth[name] not in (None, *candidates)]
    assert (len(right), len(listed) - len(right), len(missed)) == (120, 0, 0)
    for name in offered:
        library.review.choose(name, truth[name])
    assert library.review.waiting().count == 0
    assert len(library.imports.pending()) == sum(number is None for _, number in made)
