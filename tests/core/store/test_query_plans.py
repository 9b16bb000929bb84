"""Questions about a few tracks are answered by an index, and what is not asked for is not read."""

import os
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from libraries import execute
from list_libraries import audio_id_of, put_songs, song
from stores import search_of

from map4 import Library
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.search import SqlSearch
from map4.core.store.sound.sound_index import SqliteSounds
from map4.core.store.tracks import SqlTracks
from map4.duplicates.store.copies import AlikeRecordings, SqlCopies
from map4.errors import LibraryDamagedError

NAMES = [
    ("Björk", "Jóga"), ("BJÖRK ", "jóga"), ("Bjork", "Joga"), ("Straße", "Weiß"), ("STRASSE", "WEISS"), ("!!!", "?"),
    ("!!!", "? "), ("Einstein", "E=mc²"), ("EINSTEIN", "e=MC²"), ('The "Band"', "A_B"), ('the "band"', "a_b"),
    ("Ann", "Sky"), ("Other", "Name"), ("Ann", "Skyline"), ("Bjo\u0308rk", "Jo\u0301ga"),
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    songs = [song(f"/m/{n}.mp3", artist, title, 120.0, "8A", 0.5) for n, (artist, title) in enumerate(NAMES)]
    return put_songs(tmp_path / "library.map4", songs)


def test_recordings_found_by_index_equal_a_full_comparison(path: Path) -> None:
    with Library.open(path) as library:
        library.set(list(library.search("title:name")), artist="ANN", title="sky")
    with closing(SqliteDatabase(str(path))) as database:
        store = SqlTracks(database)
        search = search_of(database)
        tracks = list(store.tracks())
        found = {tuple(sorted(search.recordings_of([track]))) for track in tracks}
    assert {tuple(number - 1 for number in ids) for ids in found} == {
        (0, 1, 2, 14), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13,),
    }  # fmt: skip


def test_recordings_are_found_by_audio(tmp_path: Path) -> None:
    songs = [
        song(f"/m/{n}.mp3", f"Artist {n}", "One", 120.0, "8A", 0.5, audio_id=audio_id_of(n // 2), is_missing=n == 3)
        for n in range(4)
    ]
    path = put_songs(tmp_path / "library.map4", songs)
    with closing(SqliteDatabase(str(path))) as database:
        store = SqlTracks(database)
        tracks = {track.path: track for track in store.tracks()}
        of_audio = [search_of(database).recordings_of([tracks[f"/m/{n}.mp3"]]) for n in (0, 3)]
    assert of_audio == [{1, 2}, {3}]  # what is gone is none


# ---- plans ---------------------------------------------------------------------------------------

Ask = Callable[[SqlSearch, SqlTracks], object]
FEW: dict[str, Ask] = {
    "the recordings of tracks": lambda search, store: search.recordings_of(store.tracks_by_id([1, 2])),
    "tracks by number": lambda search, store: list(store.tracks_by_id([1, 2])),
    "a track by its path": lambda search, store: store.track("/m/1.mp3"),
    "paths and folders": lambda search, store: search.at_paths(["/m/1.mp3", "/m/a"]),
    "a word": lambda search, store: search.file_ids(Query.parse("jóga"), HERE),
    "a field": lambda search, store: search.file_ids(Query.parse("artist:ann"), HERE),
    "a genre": lambda search, store: search.file_ids(Query.parse("genre:house"), HERE),
}
HERE = QueryContext(now=datetime.now(UTC))
# A scan of one of these takes as long as the library is large; that of an index of the few that have a value does not.
WIDE = re.compile(
    r"SCAN (f|x|a|p|g|lf|files|facts|analyses|details|sounds)(?! USING (COVERING )?INDEX (own|imported|credit)_\w+)\b"
)


def plans_of(database: SqliteDatabase, ask: Callable[[], object], *, kind: str = r"\s*SELECT") -> list[str]:
    """The steps of all statements of a kind that are run while something is asked."""
    asked: list[str] = []
    database.connection.set_trace_callback(asked.append)
    ask()
    database.connection.set_trace_callback(None)
    selects = [sql for sql in asked if re.match(kind, sql, re.DOTALL)]
    assert selects
    return [row[3] for sql in selects for row in database.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.parametrize("what", FEW)
def test_queries_for_a_few_tracks_scan_no_whole_table(path: Path, what: str) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        store = SqlTracks(database)
        search = search_of(database)
        steps = plans_of(database, lambda: FEW[what](search, store))
    assert [step for step in steps if WIDE.match(step)] == []


def test_counts_read_only_facts_and_the_table_is_read_in_index_order(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        search = search_of(database)
        counts: list[int] = []
        queries = [Query.parse(text) for text in ("", "bpm:1..300")]
        steps = plans_of(database, lambda: counts.extend(search.count(query, HERE) for query in queries))
    assert min(counts) > 0
    assert [step for step in steps if step.split()[1] != "x"] == []
    with closing(SqliteDatabase(str(path))) as database:
        steps = plans_of(database, SqliteSounds(database).table, kind=".*hamms_bpm")
    assert not any("ORDER BY" in step for step in steps), steps
    assert "COVERING INDEX" in steps[0]
    assert any(step.startswith("SEARCH p USING INTEGER PRIMARY KEY") for step in steps)


def test_reading_paths_reads_no_tracks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library.open(path) as library:
        whole = [track.path for track in library.search("^artist:ann sort:title-")]
        few, _ = library.tracks.ids_at(whole[1::2])
        monkeypatch.setattr(SqlTracks, "tracks_by_id", lambda *_, **__: pytest.fail("a track was read"))
        assert list(library.tracks.paths("^artist:ann sort:title-", among=few)) == whole[1::2] != []
        assert list(library.tracks.paths("", among=())) == []
        assert list(library.tracks.paths("^artist:ann sort:title-")) == whole != []
        execute(path, "UPDATE files SET path = x'2f00' WHERE path = ?", (os.fsencode(whole[-1]),))
        with pytest.raises(LibraryDamagedError, match="damaged"):
            list(library.tracks.paths())


LARGE = [song(f"/m/{n * 7 % 97:02d}/{n}.mp3", "A", str(n), 120.0 + n % 3, f"{n % 12 + 1}A", 0.5) for n in range(97)]
ASKED = (
    "", "is:any", "key:3A", "bpm:121", "key:1A,2A,3A", "year:1999", "key:3A or bpm:122", "path:/m", "^key:1A",
    "title:7", "sort:key", "bpm:120 sort:title-", "a", "a m", "a a", "m ^7", "artist:a 1", "a key:3A", "7 or a",
)  # fmt: skip


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_songs(tmp_path_factory.mktemp("large") / "library.map4", LARGE)


@pytest.mark.parametrize("limits", ["limit:5", "limit:40 offset:3", "limit:3 offset:500", "offset:90", ""])
def test_ids_are_read_in_path_order_within_limits(large: Path, limits: str) -> None:
    with closing(SqliteDatabase(str(large))) as database:
        store = SqlTracks(database)
        search = search_of(database)
        for asked in ASKED:
            query = Query.parse(asked)
            wanted = [track.path for track in search.select(query, HERE)]
            assert len(wanted) == search.count(query, HERE)
            assert query.sort or wanted == sorted(wanted)
            limited = Query.parse(f"{asked} {limits}")
            start, count = limited.offset, limited.limit
            wanted = wanted[start : None if count is None else start + count]
            assert [track.path for track in search.select(limited, HERE)] == wanted
            assert [track.path for track in store.tracks_by_id(search.file_ids(limited, HERE))] == wanted


def test_words_can_match_in_different_names_of_a_track(path: Path) -> None:
    with Library.open(path) as library:
        library.set(list(library.search("title:sky")), artist="Dee", genre="Deep House")
        wanted = {
            "ann sky": 2, "dee sky": 2, "dee house": 2, "dee ^ann": 0, "dee dee": 2, "dee ann skyline": 1,
        }  # fmt: skip
        assert {asked: library.count(asked) for asked in wanted} == wanted


def test_changes_since_a_mirror_and_copies_are_read_by_indexes(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        SqliteSounds(database, mirrored_from=5).warm_mirror()
        with Library.open(path) as library:
            library.set(list(library.search("title:sky")), bpm=99.0)
        index = SqliteSounds(database, mirrored_from=5, most_changed=0.9)
        steps = plans_of(database, index.table)
        assert index.table().changes is not None
    assert any("mirror_changes" in step for step in steps)
    assert [step for step in steps if WIDE.match(step)] == []
    with closing(SqliteDatabase(str(path))) as database:
        copies = SqlCopies(database, AlikeRecordings(database))
        copies.alike.bring_up_to_date()
        steps = plans_of(database, copies.file_ids)
        of_playlists = plans_of(database, copies.originals)
    plan = "SEARCH files USING COVERING INDEX files_by_audio (audio_id>?)"
    assert plan in steps
    assert plan not in of_playlists  # it stands for itself
    assert [step for step in (*steps, *of_playlists) if WIDE.match(step)] == []
