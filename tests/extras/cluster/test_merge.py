"""Libraries merged into one: the same whatever the order, the grouping and the number of times."""

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any, Self

import pytest
from examples_tried import examples
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from lanes import sampled
from libraries import audio_id, execute, make_foreign, smash
from stored import MADE, put_imported, put_observations, put_track

from map4 import Library
from map4.core.base.text import utc_text
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.plays import Play
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import Observation
from map4.core.music.track.track_parts import Failure
from map4.core.music.track.user_values import ValueChange
from map4.core.store.file import schema
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryDamagedError, LibraryVersionError, UsageError
from map4.extras.cluster.records import MergedLibraries
from map4.labels import SqlLabels
from map4.lists.store.playlists import SqlPlaylists
from map4.plays.store.player_notes import PlayerNote, SqlPlayerNotes
from map4.plays.store.plays import SqlPlays
from map4.plays.store.steps import SqlPlaySteps
from map4.scan.store import SqlIgnoredFiles
from map4.values.store.values import SqlValues
from map4.values.use import ValueEdit, as_marked

_NO_NUMBERS = {"files": ("id", "uid"), "playlists": ("id", "name_key"), "imports": ("id",), "analyses": ("id",)}
# What tells the same of two libraries however their rows are numbered.
_QUERIES = {
    **{table: f"SELECT * FROM {table}" for table in (
        "files", "roots", "ignored_files", "ratings", "marks", "mark_looks", "labels",
        "playlists", "imports", "imported", "lookups", "observations", "provided", "analyses", "player_notes",
    )},
    # Each library has ids of its own for files.
    "user_values": "SELECT coalesce(f.path, g.path, u.audio_id), u.name, u.value, u.set_at, u.set_by FROM user_values "
    "AS u LEFT JOIN files AS f ON f.uid = u.audio_id LEFT JOIN gone_files AS g ON g.uid = u.audio_id",
    "plays": "SELECT t.audio_id, t.names, p.* FROM plays AS p JOIN played_tracks AS t ON t.id = p.track",
    "played_tracks": "SELECT * FROM played_tracks",
    "play_counts": "SELECT t.audio_id, t.names, c.* FROM play_counts AS c JOIN played_tracks AS t ON t.id = c.track",
    "play_reports": "SELECT t.audio_id, t.names, s.kind, s.path, r.owner, r.at FROM play_reports AS r "
    "JOIN played_tracks AS t ON t.id = r.track LEFT JOIN play_steps AS s ON s.id = r.step",
    "details": "SELECT a.audio_id, d.* FROM details AS d JOIN analyses AS a USING (id)",
    "sounds": "SELECT a.audio_id, s.* FROM sounds AS s JOIN analyses AS a USING (id)",
    "playlist_tracks": "SELECT p.uid, t.* FROM playlist_tracks AS t JOIN playlists AS p ON p.id = t.playlist_id",
    "list_versions": "SELECT p.uid, v.made_at, v.digest, v.content FROM list_versions AS v "
    "JOIN playlists AS p ON p.id = v.playlist_id",
    "imported_tracks": "SELECT i.format, i.path, t.* FROM imported_tracks AS t JOIN imports AS i ON i.id = t.import_id",
    "facts": "SELECT f.path, x.* FROM facts AS x JOIN files AS f ON f.id = x.file_id",
}  # fmt: skip
_ROW_NUMBERS = {"id", "track", "playlist_id", "import_id", "file_id"}


def content_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that a library says."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for table, sql in _QUERIES.items():
            rows = connection.execute(sql)
            out = {*_NO_NUMBERS.get(table, ()), *_ROW_NUMBERS}
            kept = [place for place, column in enumerate(rows.description) if column[0] not in out]
            found[table] = sorted((tuple(row[place] for place in kept) for row in rows), key=repr)
    return found


def merged(into: Path, *sources: Path, maps: Sequence[str] = (), dry_run: bool = False) -> MergedLibraries:
    with Library.open(into) as library:
        return library.merge(sources, path_maps=maps, dry_run=dry_run)


def put_values(store: SqliteStore, number: int, seconds: int, **values: Any) -> None:
    """What the user sets of a track so many seconds after it was made; None takes it back."""
    tracks = [track for track in store.tracks.tracks() if track.audio_id == audio_id(number)]
    changes = [
        ValueChange(track=track, name=name, old=None, new=value, was_own=False, is_own=value is not None)  # type: ignore[arg-type]
        for track in tracks[:1]
        for name, value in values.items()
    ]
    store.part(SqlValues).put(changes, now=MADE + timedelta(seconds=seconds))


class Branch:
    """A library that somebody works in."""

    def __init__(self, path: Path, start: Path | None = None) -> None:
        self.path = path
        if start is not None:
            shutil.copyfile(start, path)
        with closing(SqliteStore(str(path))):
            pass

    def does(self, *steps: tuple[Any, ...]) -> Self:
        with closing(SqliteStore(str(self.path))) as store:
            for name, *given in steps:
                getattr(self, f"_{name}")(store, *given)
        return self

    @staticmethod
    def _track(store: SqliteStore, number: int, seconds: int, tempo: int, fails: bool) -> None:
        failure = Failure(kind="unreadable", message="is damaged") if fails else None
        put_track(store, number, now=MADE + timedelta(seconds=seconds), bpm=100.0 + tempo, year=1990 + tempo,
                  analysed=not fails, failure=failure)  # fmt: skip

    @staticmethod
    def _gone(store: SqliteStore, number: int, seconds: int) -> None:
        store.tracks.mark_missing([f"/music/{number}.mp3"], now=MADE + timedelta(seconds=seconds))

    @staticmethod
    def _ignored(store: SqliteStore, number: int, seconds: int) -> None:
        store.part(SqlIgnoredFiles).forget([f"/music/{number}.mp3"], ignore=True, now=MADE + timedelta(seconds=seconds))

    @staticmethod
    def _set(store: SqliteStore, number: int, seconds: int, value: int | None) -> None:
        put_values(store, number, seconds, bpm=value and 60.0 + value)

    @staticmethod
    def _dated(store: SqliteStore, number: int, seconds: int, value: int | None) -> None:
        """Given a year, which belongs to the file."""
        put_values(store, number, seconds, year=value and 1990 + value)

    @staticmethod
    def _rated(store: SqliteStore, number: int, seconds: int, value: int | None) -> None:
        put_values(store, number, seconds, rating=None if value is None else float(value))

    @staticmethod
    def _marked(store: SqliteStore, number: int, seconds: int, value: int | None) -> None:
        """Marked as what its number says, or no more."""
        [track] = [track for track in store.tracks.tracks() if track.audio_id == audio_id(number)][:1] or [None]
        word = f"Word {number % 2}"
        old, new = (word, None) if value is None else (None, word)
        change = track and ValueChange(
            track=track, name="mark", old=old, new=new, was_own=value is None, is_own=value is not None
        )
        store.part(SqlValues).put([change] if change else [], now=MADE + timedelta(seconds=seconds))

    @staticmethod
    def _list_marked(store: SqliteStore, name: int, seconds: int, value: int | None) -> None:
        """The same of a list, where there is one."""
        for stored in store.part(SqlPlaylists).all(f"List {name}"):
            edit = ValueEdit(unmark=["Club"]) if value is None else ValueEdit(mark=["Club"])
            store.part(SqlValues).put(
                edit.changes_of([as_marked(stored.id, stored.name, stored.marks)]),
                now=MADE + timedelta(seconds=seconds),
            )

    @staticmethod
    def _labelled(store: SqliteStore, number: int, seconds: int, value: int) -> None:
        store.part(SqlLabels).put({audio_id(number): Labels(genre=f"Genre {value}", confidence=0.5, source="rules")},
                         now=MADE + timedelta(seconds=seconds))  # fmt: skip

    @staticmethod
    def _stored(store: SqliteStore, name: int, seconds: int, *numbers: int) -> None:
        tracks = [track for track in store.tracks.tracks() if track.audio_id in set(map(audio_id, numbers))]
        now = MADE + timedelta(seconds=seconds)
        store.part(SqlPlaylists).put(f"List {name}", Tracklist(tracks=tracks), now=now, what="stored")

    @staticmethod
    def _deleted(store: SqliteStore, name: int, seconds: int) -> None:
        store.part(SqlPlaylists).delete(f"List {name}", now=MADE + timedelta(seconds=seconds))

    @staticmethod
    def _played(store: SqliteStore, number: int, seconds: int, heard_s: int) -> None:
        at = f"2026-02-01T00:00:{seconds:02}Z"
        play = Play(audio_id=audio_id(number), at=at, source="page", heard_s=float(heard_s), length_s=None)
        store.part(SqlPlays).add(play)

    @staticmethod
    def _logged(store: SqliteStore, number: int, seconds: int, value: int) -> None:
        """Played in an imported log."""
        at = f"2026-02-01T00:00:{seconds:02}Z"
        play = Play(audio_id=audio_id(number), at=at, source="history", heard_s=9.0, length_s=None)
        step = store.part(SqlPlaySteps).begin("import", f"/{value}.csv")
        store.part(SqlPlays).add(play, step=step)

    @staticmethod
    def _imported(store: SqliteStore, number: int, seconds: int, value: int) -> None:
        put_imported(store, {number: {"bpm": 60.0 + value}}, source=f"{seconds % 2}.deck")

    @staticmethod
    def _looked_up(store: SqliteStore, number: int, seconds: int, value: int) -> None:
        """A provider knew the tempo of a recording, or had never heard of it."""
        when = MADE + timedelta(seconds=seconds)
        row = (audio_id(number), "provider", "none" if value == 1 else "accepted", "[]", utc_text(when))
        with store.database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO lookups VALUES (?, ?, ?, ?, ?)", row)
        observation = Observation(provider="provider", provider_id=str(value), field="bpm", value=80.0 + value,
                                  score=0.9, fetched_at=utc_text(when))  # fmt: skip
        put_observations(store.database, [] if value == 1 else [(audio_id(number), observation)])

    @staticmethod
    def _noted(store: SqliteStore, number: int, seconds: int, value: int) -> None:
        at = utc_text(MADE + timedelta(seconds=seconds))
        store.part(SqlPlayerNotes).put(
            PlayerNote(kind="bookmark", subject=audio_id(number), at=at, value={"ms": value})
        )


NUMBERS, SECONDS, VALUES = st.integers(1, 3), st.integers(0, 30), st.integers(1, 4)
SAID = ["set", "dated", "rated", "marked", "list_marked"]
STEPS = st.one_of(
    st.tuples(st.just("track"), NUMBERS, SECONDS, VALUES, st.booleans()),
    st.tuples(st.sampled_from(SAID), NUMBERS, SECONDS, st.one_of(st.none(), VALUES)),
    st.tuples(
        st.sampled_from(["labelled", "imported", "played", "logged", "looked_up", "noted"]), NUMBERS, SECONDS, VALUES
    ),
    st.tuples(st.just("stored"), VALUES, SECONDS, NUMBERS, NUMBERS),
    st.tuples(st.sampled_from(["gone", "ignored", "deleted"]), NUMBERS, SECONDS),
)
WORK = st.lists(STEPS, max_size=8)


@pytest.fixture(scope="module")
def ancestor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What three people begin with: three tracks, a list, values."""
    path = tmp_path_factory.mktemp("ancestor") / "library.map4"
    Branch(path).does(
        *(("track", number, 0, 1, False) for number in (1, 2, 3)), ("stored", 1, 0, 1, 2), ("set", 1, 0, 2),
        ("rated", 1, 0, 3),
    )  # fmt: skip
    return path


@pytest.mark.world
@settings(
    max_examples=examples(30),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@example(
    work_1=[("imported", 1, 10, 4)],
    work_2=[("stored", 1, 14, 3, 1)],
    work_3=[("imported", 2, 11, 3), ("imported", 2, 14, 4), ("imported", 1, 13, 2)],
    order=[1, 2, 0],
    begun=(False, True, False),
)  # two imports of one second
@example(
    work_1=[("track", 3, 0, 1, True), ("gone", 3, 29)],
    work_2=[("track", 3, 29, 4, True)],
    work_3=[("track", 3, 10, 2, True)],
    order=[1, 2, 0],
    begun=(True, False, True),
)  # a failure of the second in which another saw the file go, taken off by a third's analysis
@given(work_1=WORK, work_2=WORK, work_3=WORK, order=st.permutations(range(3)), begun=st.tuples(*[st.booleans()] * 3))
def test_merging_in_any_order_grouping_or_twice_gives_the_same_library(
    ancestor: Path, tmp_path: Path, work_1: list[Any], work_2: list[Any], work_3: list[Any],
    order: list[int], begun: tuple[bool, ...],
) -> None:  # fmt: skip
    for old in tmp_path.iterdir():
        old.unlink()
    branches = [
        Branch(tmp_path / f"{place}.map4", ancestor if is_copy else None).does(*work).path
        for place, (work, is_copy) in enumerate(zip((work_1, work_2, work_3), begun, strict=True))
    ]
    merged(tmp_path / "all.map4", *branches)
    expected = content_of(tmp_path / "all.map4")
    first, second, third = (branches[place] for place in order)
    merged(tmp_path / "grouped.map4", second, third)
    merged(first, tmp_path / "grouped.map4")  # another one is in use, and what it merges was merged itself
    assert content_of(first) == expected
    merged(first, third, first.with_name("grouped.map4"), second)
    assert content_of(first) == expected
    assert merged(tmp_path / "all.map4", first).merged == {}
    assert Library.care.verify(first).is_sound


OF_TRACKS = ["set", "rated", "labelled", "played", "logged", "looked_up", "noted"]
"""What is said of one track alone; an import is one of its file, and a mark takes the next color that is left."""


@pytest.mark.world
@settings(
    max_examples=examples(20),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    scanned=st.tuples(*(st.tuples(st.just(number), SECONDS, VALUES, st.booleans()) for number in range(1, 7))),
    work=st.lists(st.tuples(st.sampled_from(OF_TRACKS), st.integers(1, 6), SECONDS, VALUES), max_size=12),
    split=st.tuples(*[st.integers(0, 2)] * 6),
    order=st.permutations(range(3)),
)
def test_merge_of_any_split_equals_the_library_of_one_machine(
    tmp_path: Path, scanned: tuple[Any, ...], work: list[Any], split: tuple[int, ...], order: list[int]
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    steps = [*(("track", *folder) for folder in scanned), *work]
    whole = Branch(tmp_path / "whole.map4").does(*steps)
    parts = [
        Branch(tmp_path / f"{part}.map4").does(*(step for step in steps if split[step[1] - 1] == part)).path
        for part in range(3)
    ]
    for part in order:
        merged(tmp_path / "all.map4", parts[part])
    expected = content_of(whole.path)
    assert content_of(tmp_path / "all.map4") == expected
    merged(tmp_path / "all.map4", *parts, whole.path)
    assert content_of(tmp_path / "all.map4") == expected


def files_of(path: Path) -> dict[str, bytes]:
    return {other.name: other.read_bytes() for other in path.parent.iterdir() if other.name.startswith(path.name)}


def made(path: Path, *steps: tuple[Any, ...], start: Path | None = None) -> Path:
    return Branch(path, start).does(*steps).path


def test_merged_log_is_undone_unless_the_other_library_has_its_plays_otherwise(tmp_path: Path) -> None:
    here = made(tmp_path / "here.map4", ("logged", 1, 0, 1), ("logged", 2, 0, 1), ("played", 3, 0, 9))
    there = made(tmp_path / "there.map4", ("logged", 4, 0, 1), ("logged", 2, 0, 2), ("logged", 3, 0, 1))
    merged(here, there)
    merged(here, there)
    with closing(SqliteStore(str(here))) as store:
        for step, left in (("/1.csv", [2, 3]), ("/2.csv", [3])):
            store.part(SqlPlaySteps).undo("import", step)
            plays = store.part(SqlPlays).page(limit=9).plays
            assert sorted(play.audio_id for play in plays) == [audio_id(number) for number in left]


def test_newest_value_wins_including_its_removal(tmp_path: Path) -> None:
    start = made(tmp_path / "start.map4", ("track", 1, 0, 1, False), ("set", 1, 1, 1), ("rated", 1, 1, 2))
    here = made(tmp_path / "here.map4", ("set", 1, 5, 3), ("rated", 1, 9, None), start=start)
    there = made(tmp_path / "there.map4", ("set", 1, 9, None), ("rated", 1, 5, 4), start=start)
    found = merged(here, there)
    assert sorted((conflict.name, conflict.counts, conflict.instead_of) for conflict in found.conflicts) == [
        ("bpm", None, 63.0), ("rating", None, 4.0),
    ]  # fmt: skip
    with Library.open(here) as library:
        [track] = library.search("")
        assert (track.user.bpm, track.user.rating) == (None, None)
    later = made(tmp_path / "later.map4", ("set", 1, 7, 4), start=start)  # before it was taken back
    merged(here, later)
    assert content_of(here)["user_values"] == []
    merged(later, here)
    assert content_of(later) == content_of(here)


def test_merged_values_have_a_history_step_and_an_audit_row(tmp_path: Path) -> None:
    there = made(tmp_path / "there.map4", ("track", 1, 0, 1, False), ("set", 1, 7, 4))
    merged(tmp_path / "here.map4", there)
    with closing(SqliteStore(str(tmp_path / "here.map4"))) as store:
        [step] = store.part(SqlValues).steps(limit=9)
        assert (step.at, step.count, step.by) == ("2026-01-01T00:00:07Z", 1, 0)
    here, there = (made(tmp_path / f"{name}.map4", ("track", 1, 0, 1, False)) for name in ("here", "there"))
    with Library.open(here) as library:
        ann = library.accounts.add("Ann", "admin")
        library.acting_as(ann.actor()).merge([there])
        entry, *_ = library.accounts.audit().entries
    assert (entry.action, entry.account, dict(entry.detail)) == ("libraries-merged", ann.number, {"libraries": 1})


def test_lists_of_one_name_and_restored_lists_are_kept(tmp_path: Path) -> None:
    start = made(tmp_path / "start.map4", ("track", 1, 0, 1, False), ("stored", 1, 1, 1), ("deleted", 1, 5))
    here = made(tmp_path / "here.map4", start=start)
    with closing(SqliteStore(str(here))) as store:
        store.part(SqlPlaylists).restore("List 1", now=MADE + timedelta(seconds=9))
    merged(start, here)
    with Library.open(start) as library:
        assert [playlist.name for playlist in library.lists.stored(history=None)] == ["List 1"]
    parts = [
        made(tmp_path / f"{n}.map4", ("track", n, 0, 1, False), ("stored", 1, 5 - n, n)) for n in (1, 2, 3)
    ]  # fmt: skip
    names = []
    for place, order in enumerate(permutations(parts)):
        merged(tmp_path / f"all-{place}.map4", *order)
        with Library.open(tmp_path / f"all-{place}.map4") as library:
            names.append({playlist.name: playlist.tracks for playlist in library.lists.stored(history=None)})
            assert [Path(track.path).stem for track in library.lists.read("List 1").tracks()] == ["3"]  # the oldest
    assert (len(names[0]), all(name == names[0] for name in names)) == (3, True)


def test_live_lists_are_merged_with_their_queries(tmp_path: Path) -> None:
    there = made(tmp_path / "there.map4", ("track", 1, 0, 1, False))
    with Library.open(there) as library:
        library.lists.make_live("Fresh", "bpm:100..", n=2)
        library.lists.make_live("Fresh", "bpm:90..", n=5, force=True)
    merged(tmp_path / "here.map4", there)
    with Library.open(tmp_path / "here.map4") as library:
        live = library.lists.live("Fresh")
        assert (live.query, live.n) == ("bpm:90..", 5)
        assert [version.version for version in library.lists.versions("Fresh").versions] == [2, 1]


def test_merge_keeps_the_connections_of_the_target_library(tmp_path: Path) -> None:
    connections = pytest.importorskip("map4.extras.connect.store.connections")
    here, there = (made(tmp_path / f"{name}.map4", ("track", 1, 0, 1, False)) for name in ("here", "there"))
    for path, name in ((here, "home"), (there, "barn")):
        with closing(SqliteStore(str(path))) as store:
            store.part(connections.SqlConnections).add(
                connections.NewConnection(
                    name=name, url="https://music.example.org", login="", sign_in="api-key", sealed=b"x",
                    server=connections.ServerInfo(), open_to=(), added_at="2026-01-01T00:00:00Z",
                )
            )  # fmt: skip
    merged(here, there)
    with Library.open(here) as library:
        assert [connection.name for connection in library.connections.all()] == ["home"]


def test_merge_keeps_the_newer_analysis_and_the_analysed_file(tmp_path: Path) -> None:
    here = made(tmp_path / "here.map4", ("track", 1, 9, 1, False))
    there = made(tmp_path / "there.map4", ("track", 1, 0, 2, False))
    assert "analyses" not in merged(here, there).merged
    execute(there, "UPDATE analyses SET version = version + 1")  # newer, though made before
    merged(here, there)
    assert [json.loads(row[-1])["tempo"]["bpm"] for row in rows_of(here, "SELECT core FROM analyses")] == [102.0]
    here = made(tmp_path / "here.map4", ("track", 1, 9, 1, True))
    there = made(tmp_path / "there.map4", ("track", 1, 0, 1, False))
    merged(here, there)
    with Library.open(here) as library:
        assert [track.state for track in library.search("")] == ["ok"]


def rows_of(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_path_with_different_audio_is_a_conflict_and_itself_no_source(tmp_path: Path) -> None:
    here = made(tmp_path / "here.map4", ("track", 1, 0, 1, False))
    there = made(tmp_path / "there.map4", ("track", 2, 9, 1, False))
    execute(there, "UPDATE files SET path = ?, display = '/music/1.mp3'", (b"/music/1.mp3",))
    [conflict] = merged(here, there).conflicts
    assert (conflict.about, conflict.counts, conflict.instead_of) == ("file", audio_id(2), audio_id(1))
    with pytest.raises(UsageError, match="is the library in use"):
        merged(here, here)


def test_merge_maps_folders_with_other_names(tmp_path: Path) -> None:
    there = made(tmp_path / "there.map4", ("track", 1, 0, 1, False), ("stored", 1, 1, 1))
    execute(there, "INSERT INTO lyrics (id, language, words) SELECT id, 'en', 'one more' FROM files")
    here = made(tmp_path / "here.map4", ("track", 2, 0, 1, False))
    merged(here, there, maps=["/music=/mnt/nas"])
    with Library.open(tmp_path / "here.map4") as library:
        assert [track.path for track in library.search("path:nas")] == ["/mnt/nas/1.mp3"]
        assert [track.path for track in library.search("lyrics:more")] == ["/mnt/nas/1.mp3"]
        assert [track.path for track in library.lists.read("List 1").tracks()] == ["/mnt/nas/1.mp3"]


def test_conflicts_of_other_accounts_are_hidden(tmp_path: Path) -> None:
    start = made(tmp_path / "start.map4", ("track", 1, 0, 1, False), ("rated", 1, 1, 2), ("stored", 1, 1, 1))
    execute(start, "UPDATE ratings SET owner = 7")
    execute(start, "UPDATE playlists SET owner = 7, sharing = 'private'")
    here = made(tmp_path / "here.map4", start=start)
    execute(here, "UPDATE ratings SET rating = 4, set_at = '2026-03-01T00:00:00Z'")
    execute(here, "UPDATE playlists SET description = 'mine', updated_at = '2026-03-01T00:00:00Z'")
    found = merged(here, start)
    assert (found.conflicts, found.hidden_conflicts) == ((), 2)


def test_dry_run_reports_the_merge_and_changes_nothing(tmp_path: Path) -> None:
    here = made(tmp_path / "here.map4", ("track", 1, 0, 1, False), ("set", 1, 1, 1))
    there = made(tmp_path / "there.map4", ("track", 1, 9, 2, False), ("set", 1, 5, 2), ("track", 2, 0, 1, False))
    before = content_of(here)
    planned = merged(here, there, dry_run=True)
    assert (content_of(here), planned.dry_run) == (before, True)
    done = merged(here, there)
    assert (done.merged, done.conflicts) == (planned.merged, planned.conflicts)
    assert not [name for name in os.listdir(tmp_path) if "merging" in name]


def test_merge_leaves_its_sources_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = made(tmp_path / "there.map4", ("track", 1, 0, 1, False), ("set", 1, 1, 1))
    step = lambda connection: connection.execute("UPDATE user_values SET value = '99'") and None  # noqa: E731
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    before = files_of(there)
    [source] = merged(tmp_path / "here.map4", there).sources
    assert (source.schema_version, source.is_older) == (schema.newest_version() - 1, True)
    assert files_of(there) == before
    assert rows_of(tmp_path / "here.map4", "SELECT value FROM user_values") == [("99",)]
    newer = made(tmp_path / "newer.map4", ("track", 1, 0, 1, False))
    before = files_of(newer)
    merged(tmp_path / "here.map4", newer)
    assert files_of(newer) == before


def _of_newer(path: Path) -> None:
    made(path)
    execute(path, f"PRAGMA user_version = {schema.newest_version() + 1}")


def _broken(path: Path) -> None:
    made(path, ("track", 1, 0, 1, False))
    smash(path, "files")


REFUSED: Mapping[str, tuple[Any, type[Exception], str]] = {
    "newer": (_of_newer, LibraryDamagedError, "if a newer map4 wrote it"),
    "damaged": (_broken, LibraryDamagedError, "library repair'"),
    "foreign": (make_foreign, LibraryVersionError, "is not a map4 library"),
    "text": (lambda path: path.write_text("x"), LibraryVersionError, "is not a map4 library"),
    "absent": (lambda path: None, LibraryDamagedError, "there is no library"),
    "folder": (lambda path: path.mkdir(), UsageError, "is a folder"),
}


@pytest.mark.parametrize("what", sampled(REFUSED, every=2))
def test_invalid_library_is_refused_before_merging(what: str, tmp_path: Path) -> None:
    make, error, words = REFUSED[what]
    sound = made(tmp_path / "sound.map4", ("track", 2, 0, 1, False))
    make(tmp_path / "there.map4")
    with pytest.raises(error, match=words):
        merged(tmp_path / "here.map4", sound, tmp_path / "there.map4")
    assert content_of(tmp_path / "here.map4")["files"] == []
