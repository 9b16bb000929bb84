"""The store as a whole: who else uses it, what has changed, what was written, and the care of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from libraries import audio_id
from stored import NOW, OpenStore, put_own, put_track

from map4.care import SqlCare
from map4.core.audio.content import Content
from map4.core.base.actor import Actor
from map4.core.music.query.context import Preferences, QueryContext
from map4.core.music.query.parser import Query
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.core.store.written_files import SqlWrittenFiles
from map4.duplicates.store.copies import SqlCopies
from map4.errors import LibraryBusyError

HERE = QueryContext(now=NOW)


def test_written_track_is_read_by_another_connection(store: Store, other: Store) -> None:
    put_track(store, 1, title="Song")
    assert [track.title() for track in other.tracks.tracks()] == ["Song"]
    assert other.search.count(Query.parse("song"), HERE) == 1


@pytest.mark.parametrize("query", ["", "sort:title", "sort:title limit:3", "sort:title-"])
def test_columns_among_files_are_only_of_these(store: Store, query: str) -> None:
    for number, title in enumerate("dacb", 1):
        put_track(store, number, title=title)
    asked = Query.parse(query.partition(" limit:")[0])
    asked = replace(asked, limit=3) if "limit" in query else asked
    ids = store.search.file_ids(asked, HERE)
    among = [ids[2], ids[0]]
    columns = store.search.columns(asked, HERE, among=among)
    wanted = [ids[0], ids[2]] if query else sorted(among)
    assert columns.file_id.tolist() == wanted


def test_change_counters_detect_own_and_foreign_changes(store: Store, other: Store) -> None:
    with closing(store.changes()) as changes:
        words, numbers = [changes.word()], [store.changed_by_others()]
        for write in (store, other):
            put_track(write, 1, title=f"{write}")
            words.append(changes.word())
            numbers.append(store.changed_by_others())
        assert (changes.word(), store.changed_by_others()) == (words[-1], numbers[-1])
    assert len(set(words)) == 3
    assert numbers[0] == numbers[1] != numbers[2]  # its own do not count
    assert store.identity() == other.identity() is not None


def test_scan_and_watch_locks_are_exclusive(store: Store, other: Store) -> None:
    for mine, theirs in (
        (store.locks.scan(wait=False), other.locks.scan(wait=False)),
        (store.locks.watch(), other.locks.watch()),
    ):
        with mine, pytest.raises(LibraryBusyError), theirs:
            pass
    with store.locks.scan(wait=True), other.locks.watch(), store.locks.serve():
        pass
    with other.locks.scan(wait=False):
        pass


@pytest.mark.file_alone
def test_library_file_has_one_server_at_a_time(store: Store, other: Store) -> None:
    with store.locks.serve(), pytest.raises(LibraryBusyError), other.locks.serve():
        pass


def test_only_writes_take_turns(store: Store) -> None:
    turns: list[str] = []

    @contextmanager
    def turn() -> Iterator[None]:
        turns.append("begun")
        yield
        turns.append("over")

    store.take_turns(turn)
    put_track(store, 1)
    assert turns == ["begun", "over"]
    list(store.tracks.tracks())
    assert turns == ["begun", "over"]


def test_store_uses_the_preferences_it_was_opened_with(open_store: OpenStore, tmp_path: Path) -> None:
    preferences = Preferences(sources=("tag", "imported", "measured"))
    with closing(open_store(tmp_path, preferences=preferences)) as store:
        put_track(store, 1, bpm=120.0, tag_bpm=60.0)
        assert [track.bpm() for track in store.tracks.tracks()] == [60.0]
        assert store.preferences == preferences


def test_files_that_were_written_are_known_by_their_content(store: Store) -> None:
    written = store.part(SqlWrittenFiles)
    first, then = Content(size_bytes=3, digest="a"), Content(size_bytes=3, digest="b")
    written.note("/lists/x.m3u8", first, format_name="m3u8", tracks=2, seconds=0.5, now=NOW)
    assert [written.has_written("/lists/x.m3u8", digest) for digest in (first, then)] == [True, False]
    assert not written.has_written("/lists/y.m3u8", first)
    other = store.acting_as(Actor(id=1, name="Ann", scopes=frozenset())).part(SqlWrittenFiles)
    other.note("/lists/x.m3u8", then, format_name="m3u8", tracks=3, seconds=2.0, now=NOW)
    found = [(file.tracks, file.format, file.seconds, file.asker_id, file.asker_name) for file in written.all()]
    assert found == [(3, "m3u8", 2.0, 1, "Ann"), (2, "m3u8", 0.5, 0, "local")]
    assert [file.tracks for file in other.all()] == [3]
    put_track(store, 1)
    assert (written.is_audio("/music/1.mp3"), written.is_audio("/lists/x.m3u8")) == (True, False)


def test_copies_are_all_files_of_an_audio_except_the_kept_one(store: Store) -> None:
    for path in ("/music/a/1.mp3", "/music/b/1.mp3"):
        put_track(store, 1, path=path)
    put_track(store, 2)
    kept = store.part(SqlCopies).kept()
    assert len(kept) == 1
    assert {*kept, *kept.values()} == {"/music/a/1.mp3", "/music/b/1.mp3"}
    assert list(store.tracks.paths_by_id(list(store.part(SqlCopies).file_ids()))) == list(kept)
    assert list(store.search.paths(Query.parse("is:copy"), HERE)) == list(kept)


def test_recordings_are_also_matched_by_artist_and_title(store: Store) -> None:
    for number, title in enumerate(("Song", "song", "Other")):
        put_track(store, number, artist="Ann", title=title)
    first = next(iter(store.tracks.tracks()))
    found = store.search.recordings_of([first])
    assert sorted(store.tracks.paths_by_id(sorted(found))) == ["/music/0.mp3", "/music/1.mp3"]


def test_sound_table_follows_writes(store: Store, other: Store) -> None:
    put_track(store, 1, bpm=120.0, energy=0.5)
    first = store.sounds.table()
    assert (first.n, store.sounds.table() is first) == (1, True)
    assert store.acting_as(Actor.LOCAL).sounds is store.sounds
    put_track(other, 2)
    assert store.sounds.table().n == 2
    assert store.sounds.first_files(file.file_id for file in store.tracks.known_files().values()).keys() == {
        audio_id(1), audio_id(2),
    }  # fmt: skip


def test_care_counts_deletes_and_copies_rows(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        put_track(store, number)
    put_own(store, 1, rating=4)
    care, copied = store.part(SqlCare), str(tmp_path / "copied.map4")
    assert care.states() == {"ok": 3, "failed": 0, "missing": 0, "pending": 0}
    info = care.info()
    assert (info["files"]["ok"], info["analyses"], info["user_values"]) == (3, 3, 1)
    figures = care.figures()
    assert (figures.states["ok"], figures.analyses, figures.lists, figures.added) == (3, 3, 0, {0: 3})
    assert figures.size_bytes == info["size_bytes"]
    store.tracks.mark_missing(["/music/1.mp3"], now=NOW)
    assert care.prune(dry_run=True).missing_files == 1
    assert care.prune(dry_run=False).missing_files == 1
    assert care.backup(copied, force=False) > 0
    assert care.clear() == 2
    store.database.settle()
    assert care.states()["pending"] == 2
    with closing(SqliteStore(copied)) as copy:
        assert copy.part(SqlCare).states()["ok"] == 2
        put_track(copy, 1)
        assert [track.user.rating for track in copy.tracks.tracks()][-1] == 4.0  # what the user set stays


def test_mirror_progress_is_shared_by_all_actors_of_a_store(store: Store) -> None:
    steps: list[tuple[int, int]] = []
    store.acting_as(Actor(id=7, name="Ann", scopes=frozenset({"read"}))).on_mirror = lambda done, of: steps.append(
        (done, of)
    )
    store.on_mirror(1, 2)
    assert steps == [(1, 2)]
