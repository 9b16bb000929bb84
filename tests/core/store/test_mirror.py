"""The mirror beside a library: the same as its tables say, whatever happens to either of them."""

import errno
import io
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from lanes import sampled
from libraries import execute, put_file
from made_library import NOW, analysis_of, database_of, mark_missing, path_of, put, put_labels
from stores import search_of

from map4 import Library
from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.analysis import Loudness
from map4.core.music.mixing.many import hamms_rows
from map4.core.music.query.context import Preferences, QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.sound.similarity_tables import LibraryTable
from map4.core.music.track.labels import Labels
from map4.core.store.file.database import LibraryFile, SqliteDatabase
from map4.core.store.sound import mirror_file, sound_index
from map4.core.store.sound.sound_index import SqliteSounds, hamms_sample
from map4.core.store.tracks import SqlTracks
from map4.stats.records import Statistics
from map4.stats.use import collect_statistics

TRACKS = 20
HERE = QueryContext(now=NOW)
DUAL = QueryContext(now=NOW, preferences=Preferences(mono="dual"))
"""One who plays mono files in two channels."""
NAMES = ("file_id", "audio_id", "flags", "energy", "bpm", "key", "hamms")


def index_of(database: SqliteDatabase, **more: float) -> SqliteSounds:
    """One that mirrors small libraries too, and reads many changes beside a mirror."""
    return SqliteSounds(database, mirrored_from=5, most_changed=more.get("most_changed", 0.9))


def mirror_of(path: Path) -> Path:
    return path.with_name(path.name + ".mirror")


def table_of(path: Path) -> LibraryTable:
    with closing(SqliteDatabase(str(path))) as database:
        return index_of(database).table()


def read_without_mirror(path: Path) -> tuple[LibraryTable, dict[bytes, np.ndarray]]:
    """What the tables of a library say, and its sound vectors by audio id."""
    copy = path.with_name("plain.map4")
    with Library.open(path) as library:
        library.care.backup(copy, force=True)
    with closing(SqliteDatabase(str(copy))) as database:
        vectors = {
            name.encode(): np.frombuffer(data, dtype="<f2")
            for name, data in database.connection.execute("SELECT audio_id, data FROM sounds JOIN analyses USING (id)")
            if data
        }
        table = SqliteSounds(database).table()
    assert not mirror_of(copy).exists()
    return table, vectors


def require_true(path: Path) -> None:
    """The table of a library with a mirror is what its tables say."""
    found = table_of(path)
    expected, vectors = read_without_mirror(path)
    require_true_statistics(path)
    for name in NAMES:
        column, other = found.column(name), expected.column(name)
        assert np.array_equal(column, other, equal_nan=column.dtype.kind == "f"), name
    assert (found.space is None) == (expected.space is None) or found.changes is not None
    if found.space is not None:
        has_sound = found.column("flags") & LibraryTable.HAS_SOUND > 0
        raw = [vectors.get(name, np.zeros(128)) for name in found.column("audio_id").tolist()]
        wanted = np.where(
            has_sound[:, None], found.space.project(np.array(raw, dtype=np.float16).reshape(-1, 128)), 0.0
        )
        assert np.allclose(found.directions, wanted, atol=1e-6)


ASKED = ("", "bpm:105..118", "rating:3..", "genre:dub", "is:any", "is:stale limit:4", "limit:7", "is:failed")


def counted(
    database: SqliteDatabase, query: Query, index: SqliteSounds | None = None, here: QueryContext = HERE
) -> Statistics:
    """What is counted by a mirror, or by the tables."""
    sounds = index or SimpleNamespace(at_hand=lambda: None)
    store: Any = SimpleNamespace(search=search_of(database), sounds=sounds)
    return collect_statistics(store, query, here)


def require_true_statistics(path: Path) -> None:
    """What is counted by the mirror is what the tables say."""
    with closing(SqliteDatabase(str(path))) as database:
        index = index_of(database)
        for here in (HERE, DUAL):
            for asked in ASKED:
                query = Query.parse(asked)
                found = counted(database, query, index, here)
                assert found.to_record() == counted(database, query, here=here).to_record(), asked


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "library.map4"
    with database_of(path) as database:
        for number in range(TRACKS):
            loudness = Loudness(integrated_lufs=-8.2 - number)
            put(SqlTracks(database), number, replace(analysis_of(number), loudness=loudness))
        with database.transaction() as connection:
            connection.execute("UPDATE files SET channels = 1 + id % 2")
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "library.map4"))


# ---- the file ------------------------------------------------------------------------------------


def test_mirror_is_built_on_demand_and_then_read(path: Path) -> None:
    first = table_of(path)
    assert stat.S_IMODE(os.stat(mirror_of(path)).st_mode) == 0o600
    assert sorted(os.listdir(path.parent)) == ["library.map4", "library.map4.mirror"]
    made_at = mirror_of(path).stat().st_ino
    second = table_of(path)
    assert (mirror_of(path).stat().st_ino, second.n, first.n) == (made_at, TRACKS, TRACKS)
    require_true(path)


def test_mirror_counts_statistics_without_reading_tracks(path: Path) -> None:
    for number in range(4):
        rated(path, number)
        labelled(path, number + 4)
    table_of(path)
    failed(path, 9)
    with closing(SqliteDatabase(str(path))) as database:
        index = index_of(database)
        assert index.at_hand() is not None
        asked: list[str] = []
        database.connection.set_trace_callback(asked.append)
        found = counted(database, Query.parse(""), index)
        database.connection.set_trace_callback(None)
        plans = {
            sql: database.connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in asked if "x" in sql
        }
    steps = [step[3] for plan in plans.values() for step in plan]
    assert steps
    assert [step for step in steps if step.startswith("SCAN") and "INDEX" not in step] == []
    assert (found.tracks, found.genres, found.failures) == (TRACKS - 1, {"Dub": 4, "Techno": 2}, {"corrupt": 1})
    require_true_statistics(path)


def test_building_a_mirror_reports_progress(path: Path) -> None:
    progress: list[tuple[int, int]] = []
    with closing(SqliteDatabase(str(path))) as database:
        index = SqliteSounds(database, mirrored_from=5, progress=lambda done, of: progress.append((done, of)))
        index.table()
        assert progress[0] == (0, TRACKS)
        assert progress[-1] == (1, 1)  # the end, however it came about
        assert [done < of for done, of in progress] == [True] * (len(progress) - 1) + [False]
        progress.clear()
        index.table()
        assert progress == []


def test_mirror_on_a_network_drive_is_read_not_mapped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table_of(path)
    monkeypatch.setattr(OnDisk, "is_on_network", lambda path: True)
    monkeypatch.setattr(mirror_file.mmap, "mmap", lambda *_, **__: pytest.fail("another machine may replace it"))
    made_at = mirror_of(path).stat().st_ino
    require_true(path)
    assert mirror_of(path).stat().st_ino == made_at


def test_small_library_has_no_mirror_and_missing_files_are_not_stale(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        assert SqliteSounds(database).table().n == TRACKS
        assert not SqliteSounds(database).warm_mirror()
    assert not mirror_of(path).exists()
    execute(path, "UPDATE analyses SET version = version - 1")
    mark_missing(path, path_of(0))
    table_of(path)
    with closing(SqliteDatabase(str(path))) as database:
        found = [counted(database, Query.parse(""), index) for index in (None, index_of(database))]
    assert [answer.stale for answer in found] == [TRACKS - 1, TRACKS - 1]


def test_mirror_built_by_another_process_is_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteDatabase(str(path))) as reader, closing(SqliteDatabase(str(path))) as other:
        lock = LibraryFile.mirror_lock

        @contextmanager
        def waited(library: LibraryFile) -> Iterator[None]:
            assert index_of(other).build_mirror()
            with lock(library):
                yield

        monkeypatch.setattr(LibraryFile, "mirror_lock", waited)
        assert index_of(reader).table().n == TRACKS
        assert reader.connection.execute("SELECT revision FROM mirror").fetchone() == (1,)


def test_changes_of_other_values_keep_the_shared_table(path: Path) -> None:
    first = table_of(path)
    with (
        closing(SqliteDatabase(str(path))) as reader,
        closing(SqliteDatabase(str(path))) as other,
        Library.open(path) as writer,
    ):
        here, there = index_of(reader), index_of(other)
        table = here.table()
        assert there.table() is table
        track = writer.track(path_of(3))
        assert track is not None
        writer.set([track], rating=4)
        assert here.table() is table
        assert there.table() is table
        writer.set([track], bpm=91)
        changed = here.table()
        assert there.table() is changed
        assert np.flatnonzero(changed.mix(("tag",)).bpm == 91).size == 1
        writer.set([track], unset=["bpm"])
        assert here.table() is not changed
        assert here.table().changes is None
    assert np.array_equal(first.file_ids, table.file_ids)
    require_true(path)


def test_new_file_without_audio_keeps_the_shared_table(path: Path) -> None:
    table_of(path)
    with closing(SqliteDatabase(str(path))) as database:
        index = index_of(database)
        table = index.table()
        with database.transaction() as connection:
            put_file(connection, "/music/broken.mp3", error_kind="corrupt", error_message="x", failed_version=1)
        assert index.table() is table


def test_mirror_contains_the_same_hamms_sample_as_the_tables(path: Path) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        without = index_of(database).hamms_sample(TRACKS // 2)
        index = index_of(database)
        index.table()
        assert len(without) == TRACKS // 2
        assert np.array_equal(index.hamms_sample(TRACKS // 2), without, equal_nan=True)
        mark_missing(path, path_of(0))
        put(path, 1, analysis_of(8))
        with_changes = index.hamms_sample(TRACKS)
        assert np.array_equal(with_changes, hamms_rows(hamms_sample(database, TRACKS)), equal_nan=True)


def test_one_of_several_threads_builds_the_mirror(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    write = sound_index.write_mirror

    def noted(new: str, *values: Any, **more: Any) -> None:
        made.append(new)
        write(new, *values, **more)

    monkeypatch.setattr(sound_index, "write_mirror", noted)
    with ThreadPoolExecutor(3) as pool:
        tables = list(pool.map(table_of, [path] * 3))
    assert [table.n for table in tables] == [TRACKS] * 3
    assert len(made) == 1


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2],
    "cut off by a byte": lambda data: data[:-1],
    "longer": lambda data: data + b"\0",
    "something else": lambda data: b"RIFF" + data[4:],
    "another header": lambda data: data.replace(b'"revision": 1', b'"revision": 0', 1),
    "a header of noise": lambda data: data[:12] + bytes(range(256)) * 4 + data[1036:],
    "text": lambda data: b"not a mirror\n" * 1000,
}


@pytest.mark.parametrize("how", sampled(DAMAGE, every=2))
def test_damaged_or_foreign_mirror_is_rebuilt(path: Path, how: str) -> None:
    table_of(path)
    mirror = mirror_of(path)
    whole = mirror.read_bytes()
    mirror.write_bytes(DAMAGE[how](whole))
    require_true(path)
    assert len(mirror.read_bytes()) == len(whole)
    assert mirror.read_bytes() != DAMAGE[how](whole)


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_flipped_bit_in_a_mirror_is_found_by_verify_and_rebuilt(path: Path, place: float) -> None:
    table_of(path)
    mirror = mirror_of(path)
    assert Library.care.verify(path).is_sound
    flipped(mirror, mirror_file._HEADER_BYTES + round(place * (mirror.stat().st_size - mirror_file._HEADER_BYTES - 1)))
    before, library = mirror.read_bytes(), path.read_bytes()
    table_of(path)
    assert mirror.read_bytes() == before  # to look through it at each command would take too long
    found = Library.care.verify(path)
    assert (found.is_sound, found.needs_repair, len(found.problems)) == (False, False, 1)
    assert f"{mirror} is not as it was written; 'map4 library repair' deletes it" in found.problems[0]
    assert Library.care.repair(path) is None
    assert (path.read_bytes(), mirror.exists()) == (library, False)
    assert Library.care.verify(path).is_sound
    with closing(SqliteDatabase(str(path))) as database:
        index = index_of(database)
        assert index.table().n == TRACKS
        assert mirror.exists()
    assert Library.care.verify(path).is_sound
    require_true(path)


@pytest.mark.parametrize("column", ["codec", "genre", "added", "audio_id", "file_id"])
def test_impossible_values_in_a_mirror_fail_no_query(path: Path, column: str) -> None:
    """An answer of a damaged mirror may be another one until it is found out."""
    table_of(path)
    with Library.open(path) as library:
        before = library.stats("").to_record()
    with mirror_of(path).open("r+b") as file:
        header = json.loads(file.read(mirror_file._HEADER_BYTES).rstrip(b"\0").split(b"\n")[2])
        file.seek(header["arrays"][column][2])
        file.write(b"\xff" * 8)
    rated(path, 3)
    with Library.open(path) as library:
        after = library.stats("").to_record()
        assert library.similar(path_of(1), by="hamms").similar
        assert library.playlist(n=3)
    assert after["tracks"] == before["tracks"]


def test_an_altered_mirror_of_a_library_that_became_small_is_deleted(path: Path) -> None:
    table_of(path)
    flipped(mirror_of(path), mirror_of(path).stat().st_size - 1)
    with Library.open(path) as library:
        assert not library._store.sounds.warm_mirror()
    assert not mirror_of(path).exists()
    assert Library.care.verify(path).is_sound


def test_verify_reports_an_unreadable_mirror(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= mirror_file._HEADER_BYTES:
                raise OSError(errno.EIO, "Input/output error")
            return super().read(-1 if size is None else size) or b""

    table_of(path)
    monkeypatch.setattr(OnDisk, "open_unbuffered", lambda file: Failing(file.path))
    assert not Library.care.verify(path).is_sound


def test_the_mirror_of_another_library_is_not_read(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.map4"
    shutil.copy(path, other)
    put(other, 1, analysis_of(2))
    table_of(path)
    table_of(other)
    shutil.copy(mirror_of(path), mirror_of(other))
    require_true(other)


@pytest.mark.parametrize("obstacle", ["folder", "pipe"])
def test_tables_are_correct_without_a_mirror(path: Path, obstacle: str) -> None:
    """As in a folder that can't be written, or on a full disk."""
    if obstacle == "folder":
        mirror_of(path).mkdir()
    else:
        os.mkfifo(mirror_of(path))
    require_true(path)
    assert [name for name in os.listdir(path.parent) if ".new-" in name] == []


def test_read_only_library_gets_no_mirror(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.core.store.file.database.LibraryFile.is_writable", lambda _: False)
    assert table_of(path).n == TRACKS
    assert not mirror_of(path).exists()


def test_full_disk_fails_no_query(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_index, "write_mirror", Mock(side_effect=OSError(28, "No space left on device")))
    assert table_of(path).n == TRACKS
    assert os.listdir(path.parent) == ["library.map4"]


def test_info_has_the_size_of_the_mirror_and_clear_removes_it(path: Path) -> None:
    table_of(path)
    with Library.open(path) as library:
        assert library.care.info()["mirror_bytes"] == mirror_of(path).stat().st_size
        library.care.clear()
        assert library.care.info()["mirror_bytes"] == 0
    assert not mirror_of(path).exists()
    assert table_of(path).n == 0


# ---- never stale ---------------------------------------------------------------------------------


def other_audio(path: Path, number: int) -> None:
    """The file of one track holds another one's audio now: a copy of it, or in its place."""
    put(path, (number * 7 + 3) % TRACKS, analysis_of(number), name=path_of(number))


def a_copy(path: Path, number: int) -> None:
    put(path, number, analysis_of(number), name=f"/music/copy {number}.mp3")


def restored(path: Path, number: int) -> None:
    backup = path.with_name("backup.map4")
    if backup.exists():
        Library.care.restore(backup, path)
    else:
        with Library.open(path) as library:
            library.care.backup(backup)


def replaced(path: Path, number: int) -> None:
    """By a copy that went its own way, with its mirror."""
    copy = path.with_name("copy.map4")
    if copy.exists():
        for name in (copy, mirror_of(copy)):
            if name.exists():
                os.replace(name, path if name == copy else mirror_of(path))
    else:
        with Library.open(path) as library:
            library.care.backup(copy)
        if number % 2:
            table_of(copy)
        put(copy, number, analysis_of(number + 1))


def set_tempo(path: Path, number: int) -> None:
    with Library.open(path) as library:
        library.set([track for track in library.search("is:any") if track.path == path_of(number)], bpm=60.0 + number)


def rated(path: Path, number: int) -> None:
    with Library.open(path) as library:
        tracks = [track for track in library.search("is:any") if track.path == path_of(number)]
        library.set(tracks, rating=float(number % 6), genre="Dub" if number % 2 else None, year=1990 + number)


def labelled(path: Path, number: int) -> None:
    found = Labels(genre="Techno" if number % 2 else "Dub", confidence=0.9, source="tag")
    put_labels(path, {f"a1-{number:032x}": found})


def failed(path: Path, number: int) -> None:
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        connection.execute("DELETE FROM analyses WHERE audio_id = ?", (f"a1-{number:032x}",))
        sql = "UPDATE files SET error_kind = 'corrupt', error_message = 'cut off', failed_version = 1 WHERE path = ?"
        connection.execute(sql, (os.fsencode(path_of(number)),))


def older(path: Path, number: int) -> None:
    execute(path, "UPDATE analyses SET version = 1 WHERE audio_id = ?", (f"a1-{number:032x}",))


def pruned(path: Path, number: int) -> None:
    with Library.open(path) as library:
        library.care.prune()


def silent(path: Path, number: int) -> None:
    execute(
        path,
        "UPDATE sounds SET data = x'' WHERE id = (SELECT id FROM analyses WHERE audio_id = ?)",
        (f"a1-{number:032x}",),
    )


STEPS: dict[str, Callable[[Path, int], object]] = {
    "analysed": lambda path, number: put(path, number, analysis_of(number + 1)),
    "new": lambda path, number: put(path, TRACKS + number % 10, analysis_of(number)),
    "gone": lambda path, number: mark_missing(path, path_of(number)),
    "other audio": other_audio,
    "a copy": a_copy,
    "silent": silent,
    "set": set_tempo,
    "rate": rated,
    "label": labelled,
    "fail": failed,
    "stale": older,
    "prune": pruned,
    "backup, then restore": restored,
    "copy, then replace": replaced,
    "ask": lambda path, number: table_of(path),
    "cleared": lambda path, number: Library.open(path).care.clear() if not number else None,
}
HISTORIES = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, TRACKS - 2)), min_size=2, max_size=8)


@settings(max_examples=examples(60))
@given(HISTORIES)
def test_mirror_is_current_after_any_history(made: Path, history: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(made, Path(folder) / "library.map4"))
        table_of(path)
        for step, number in history:
            STEPS[step](path, number)
        require_true(path)


@pytest.mark.parametrize("step", sampled([name for name in STEPS if name != "cleared"], every=3))
def test_change_while_a_mirror_is_built_is_noticed(path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    while_made(monkeypatch, lambda: [STEPS[step](path, number) for number in (2, 3)])
    table_of(path)
    require_true(path)


def test_mirror_made_during_a_restore_is_not_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table_of(path)
    restored(path, 0)
    put(path, 3, analysis_of(5))
    while_made(monkeypatch, lambda: restored(path, 0))
    with closing(SqliteDatabase(str(path))) as database:
        assert not index_of(database).build_mirror()
    require_true(path)


def while_made(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something after the next mirror was written, and before it gets its name."""
    write = sound_index.write_mirror

    def writing(*values: object, **more: object) -> None:
        monkeypatch.setattr(sound_index, "write_mirror", write)
        write(*values, **more)  # type: ignore[arg-type]
        do()

    monkeypatch.setattr(sound_index, "write_mirror", writing)


def test_changes_are_recorded_beside_a_mirror_and_many_rebuild_it(path: Path) -> None:
    put(path, 1, analysis_of(2))
    with closing(SqliteDatabase(str(path))) as database:
        assert database.connection.execute("SELECT count(*) FROM mirror_changes").fetchone() == (0,)
    table_of(path)
    before = mirror_of(path).stat().st_ino
    put(path, 3, analysis_of(7))
    with closing(SqliteDatabase(str(path))) as database:
        assert index_of(database).table().changes is not None
        assert mirror_of(path).stat().st_ino == before
        assert index_of(database, most_changed=0.0).table().changes is None
        assert index_of(database).warm_mirror()
        assert database.connection.execute("SELECT count(*) FROM mirror_changes").fetchone() == (0,)
    assert mirror_of(path).stat().st_ino != before
    require_true(path)


def test_first_file_of_a_recording_represents_it(path: Path) -> None:
    table_of(path)
    a_copy(path, 4)
    table = table_of(path)
    [row] = table.places([f"a1-{4:032x}"])
    assert (table.column("flags")[row : row + 2] & LibraryTable.FIRST).tolist() == [LibraryTable.FIRST, 0]
    assert table.recordings() == table.n - 1 == TRACKS
    assert table.rows_of(table.file_ids[::-1]).tolist() == list(range(table.n))[::-1]
    assert table.rows_of([10**6]).tolist() == [-1]
    mark_missing(path, path_of(4))
    assert table_of(path).recordings() == TRACKS
