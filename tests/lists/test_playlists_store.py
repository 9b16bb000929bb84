"""Lists in a library file are kept whatever happens to the rest."""

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from libraries import make_library, smash

from map4.care.store.repair import repair_library
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.lists.store.playlists import SqlPlaylists

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


def test_repair_gives_a_name_to_a_nameless_list(tmp_path: Path) -> None:
    path, picks = make_library(tmp_path / "library.map4"), [ListedPick(reasons=("x",))] * 3
    with closing(SqliteDatabase(str(path))) as database:
        tracks = SqlTracks(database)
        friday = Tracklist(tracks=list(tracks.tracks()), picks=picks, header=ListHeader(seeds=("/a",)))
        SqlPlaylists(database, lambda: tracks).put("Friday", friday, now=EARLY)
    smash(path, "playlists")
    found = repair_library(str(path), LATE)
    assert "playlists" in found.incomplete
    with closing(SqliteDatabase(str(path))) as repaired:
        [listed] = SqlPlaylists(repaired, lambda: SqlTracks(repaired)).all()
    assert (listed.name, listed.tracks) == ("recovered list 1 (2026-01-03)", 3)


def test_reading_a_list_reads_no_track_of_other_lists(tmp_path: Path) -> None:
    steps = Counter[str]()
    with closing(SqliteDatabase(str(make_library(tmp_path / "library.map4")))) as database:
        tracks = SqlTracks(database)
        lists, content = SqlPlaylists(database, lambda: tracks), tuple(tracks.tracks())
        for name, times in (("short", 1), ("long", 300)):
            lists.put(name, Tracklist(tracks=content * times), now=EARLY)
            with database.reading() as connection:
                connection.set_progress_handler(lambda name=name: steps.update([name]), 10)
                assert [found.tracks for found in lists.all("short")] == [3]
                connection.set_progress_handler(None, 0)
    assert steps["long"] < 2 * steps["short"]
