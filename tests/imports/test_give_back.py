"""What an older map4 moved to copies of files that were away: found, and given back."""

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_library import NOW, WORDS, analysis_of, path_of, put
from schemas import validate

from map4.cli.main import cli
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.core.music.lists.tracklist import PlaylistEntry, Tracklist
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.doctor import Doctor
from map4.errors import NothingFoundError
from map4.formats.importer import DjTrack
from map4.imports.records import MatchedFile, StagedEntry
from map4.imports.store.imports import SqlImports
from map4.imports.use import Imports
from map4.lists.store.playlists import SqlPlaylists

OWN, COPY, BOOK = path_of(1), "/music/copies/01.m4a", "/books/a.xml"
CUES = (CuePoint(position_s=1.5, number=0),)


@pytest.fixture
def library(store: Store) -> Store:
    """Track 1 with imported cue points, and a copy of it."""
    fill(store)
    return store


def fill(store: Store) -> None:
    names = Tags(artist="A", title="Track 1")
    put(store.tracks, 0, analysis_of(0))
    put(store.tracks, 1, analysis_of(1), tags=names)
    put(store.tracks, 20, replace(analysis_of(1), fingerprint=WORDS[1].tobytes()), name=COPY, tags=names)
    own = store.tracks.track(OWN)
    entry = PlaylistEntry(position=1, location=OWN, artist="A", title="Track 1")
    file = MatchedFile(audio_id=own.audio_id, path=OWN, method="path")
    track = DjTrack(key="1", entry=entry, values=ImportedValues(cues=CUES))
    imports = store.part(SqlImports)
    with imports.staging([StagedEntry(track=track, paths=(OWN,), file=file)]):
        imports.put("deck", BOOK, version=None, now=NOW)
    place = ImportedPlace(folders=(), name="Friday", file=BOOK)
    save(store, "Friday", path_of(0), OWN, header=ListHeader(imported=ImportedList(format="deck", place=place)))


def save(store: Store, name: str, *paths: str, header: ListHeader | None = None) -> None:
    tracks = [track for path in paths if (track := store.tracks.track(path)) is not None]
    content = Tracklist(tracks=tracks, header=header or ListHeader())
    store.part(SqlPlaylists).put(name, content, now=NOW, what="saved again")


def move(store: Store) -> None:
    """As map4 1.0.0 did while the file was away for a scan."""
    own, copy = (store.tracks.track(path).audio_id for path in (OWN, COPY))
    values = (copy, os.fsencode(COPY), own)
    with store.database.transaction() as connection:
        more = "method = 'recording', offset_s = 0.4"
        connection.execute(f"UPDATE imported_tracks SET audio_id = ?, path = ?, {more} WHERE audio_id = ?", values)
        more = f"display = '{COPY}'"
        connection.execute(f"UPDATE playlist_tracks SET audio_id = ?, path = ?, {more} WHERE audio_id = ?", values)


def paths(store: Store, name: str) -> list[str]:
    return [track.path for track in store.part(SqlPlaylists).get(name).tracks]


def test_entries_and_lists_are_given_back(library: Store) -> None:
    save(library, "Own", path_of(0), OWN)
    save(library, "Own", OWN, path_of(0))  # a version has it
    move(library)
    imports = Imports(library)
    [finding] = Doctor(library).findings(only=["import_copies"])
    assert (finding.about, finding.count, finding.track.path) == (BOOK, 1, OWN)
    assert finding.detail == "1 entry; with places in 'Friday', 'Own'"
    assert finding.choices[0].command == "map4 doctor --apply import_copies"
    assert imports.give_back(dry_run=True).entries == 1
    assert paths(library, "Own") == [COPY, path_of(0)]
    done = imports.give_back()
    validate(done.document())
    assert (done.entries, done.lists, done.unknown) == (1, ("Friday", "Own"), ())
    assert (paths(library, "Friday"), paths(library, "Own")) == ([path_of(0), OWN], [OWN, path_of(0)])
    assert library.tracks.track(OWN).imported.cues == CUES
    assert library.tracks.track(COPY).imported is None
    assert library.part(SqlPlaylists).versions("Own")[0].what == "own files are back"
    assert library.part(SqlPlaylists).get("Friday").header.imported.is_own is False
    assert imports.give_back().entries == 0
    assert [*Doctor(library).findings(only=["import_copies"])] == []


def test_list_without_a_version_or_entry_without_its_own_file_is_unchanged(library: Store) -> None:
    save(library, "Once", OWN)
    save(library, "Copy", COPY)
    save(library, "Copy", path_of(0), COPY)
    move(library)
    library.tracks.mark_missing([OWN], now=NOW)
    assert Imports(library).give_back().entries == 0
    library.tracks.mark_present([OWN])
    put(library.tracks, 9, analysis_of(9), name=OWN)  # another song
    assert Imports(library).give_back().entries == 0
    put(library.tracks, 1, analysis_of(1), name=OWN)
    done = Imports(library).give_back()
    assert (done.lists, done.unknown) == (("Friday",), ("Copy", "Once"))
    assert (paths(library, "Once"), paths(library, "Copy")) == ([COPY], [path_of(0), COPY])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        fill(store)
        move(store)
    monkeypatch.setenv("MAP4_LIBRARY", str(path))
    return path


def test_doctor_gives_back_after_a_question(file: Path) -> None:
    def applied(*options: str) -> Result:
        return CliRunner().invoke(cli, ["doctor", "--apply", "import_copies", *options])

    assert applied().exit_code != 0
    assert "1 entry and 1 list would change; plays stay with the copies" in applied("--dry-run").stderr
    done = applied("--yes")
    assert (done.exit_code, "Friday: own files are back" in done.stderr) == (0, True)
    assert isinstance(applied("--yes").exception, NothingFoundError)
    assert applied("--apply", "garbled").exit_code == 2
