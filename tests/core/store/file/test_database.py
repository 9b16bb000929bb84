"""Opening a library: whose file it is, who makes it, where it lies, and what its errors mean."""

import errno
import itertools
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partialmethod
from pathlib import Path
from signal import SIGKILL
from unittest.mock import Mock

import pytest
from clocks import zone
from libraries import beside, counts, execute, journal_left_by, make_foreign, make_library, put_file

from map4.care.store.backup import restore_library
from map4.care.store.verify import verify_library
from map4.core.base.regular_files import OnDisk
from map4.core.music.track.tags import TAGS_VERSION
from map4.core.store.file import schema
from map4.core.store.file.connection import translated
from map4.core.store.file.database import LibraryFile, SqliteDatabase, SqliteLocks
from map4.core.store.library_ref import IN_MEMORY
from map4.core.store.tracks import SLICE, SqlTracks
from map4.errors import (
    LibraryBusyError,
    LibraryDamagedError,
    LibraryVersionError,
    LibraryWriteError,
    Map4Error,
    NoLibraryError,
    NothingFoundError,
    UsageError,
)

__all__ = ["zone"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.map4"


# ---- whose file it is ----------------------------------------------------------------------------


@pytest.mark.parametrize("application_id", [0, 42])
def test_a_database_of_another_program_is_refused_untouched(path: Path, application_id: int) -> None:
    make_foreign(path, application_id)
    before = path.read_bytes()
    with pytest.raises(LibraryVersionError, match="another program"):
        SqliteDatabase(str(path))
    assert path.read_bytes() == before


def test_empty_database_becomes_a_library(path: Path) -> None:
    execute(path, "VACUUM")
    assert path.stat().st_size > 0
    SqliteDatabase(str(path)).close()
    assert counts(path)["files"] == 0


def test_database_with_a_version_but_no_tables_is_refused(path: Path) -> None:
    execute(path, "PRAGMA user_version = 7")
    with pytest.raises(LibraryVersionError, match="another program"):
        SqliteDatabase(str(path))


# ---- who makes it --------------------------------------------------------------------------------


@pytest.mark.parametrize("has_links", [True, False])
def test_many_may_create_one_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    monkeypatch.setattr(os, "link", os.link if has_links else Mock(side_effect=PermissionError))

    def use(path: Path, number: int, barrier: threading.Barrier) -> None:
        barrier.wait()
        with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
            put_file(connection, f"/music/{number}.wav")

    for number in range(6):
        path = tmp_path / str(number) / "library.map4"
        path.parent.mkdir()
        barrier = threading.Barrier(4)
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(use, path, user, barrier) for user in range(4)]:
                done.result()
        assert counts(path)["files"] == 4
        assert beside(path) == []


def test_library_being_created_by_another_process_is_waited_for(path: Path, tmp_path: Path) -> None:
    made = make_library(tmp_path / "made")
    path.touch()

    def finish() -> None:
        time.sleep(0.05)
        made.replace(path)

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(finish)
        SqliteDatabase(str(path)).close()
        done.result()
    assert counts(path)["files"] == 3


def test_empty_file_is_refused_and_left_unchanged(path: Path) -> None:
    path.touch()
    with pytest.raises(NoLibraryError, match="is an empty file, not a library") as caught:
        SqliteDatabase(str(path))
    assert "damaged" not in str(caught.value)
    assert "repair" not in str(caught.value)
    assert path.stat().st_size == 0


@pytest.mark.parametrize(
    "left", [".restoring-0a1b2c3d", ".repairing", ".replaced-20260101-000000", ".damaged-20260101-000000", "-wal"]
)
def test_new_library_beside_remains_of_another_is_refused(path: Path, left: str) -> None:
    Path(f"{path}{left}").write_bytes(b"remains")
    with pytest.raises(LibraryDamagedError, match="library restore") as caught:
        SqliteDatabase(str(path))
    assert f"library.map4{left}" in str(caught.value)
    assert not path.exists()


def test_remains_beside_an_existing_library_are_ignored(path: Path) -> None:
    make_library(path)
    Path(f"{path}.replaced-20260101-000000").write_bytes(b"older")
    SqliteDatabase(str(path)).close()


def test_library_keeps_no_other_name_when_its_maker_was_killed(path: Path) -> None:
    os.link(make_library(path), f"{path}.new-0123abcd")
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        put_file(connection, "/music/later.wav")
    assert counts(path)["files"] == 4


def test_failed_creation_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE begun (x)")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(schema, "MIGRATIONS", (full,))
    with pytest.raises(LibraryWriteError, match="No space left"):
        SqliteDatabase(str(path))
    assert list(path.parent.iterdir()) == []


def test_folders_are_refused_as_libraries_and_impossible_folders(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder; the library is a file"):
        SqliteDatabase(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(LibraryWriteError, match="can't be made"):
        SqliteDatabase(str(tmp_path / "file" / "library.map4"))
    with pytest.raises(LibraryWriteError, match="can't be locked"), SqliteLocks(f"{tmp_path}/file/x").scan(wait=False):
        pass


@pytest.mark.parametrize(
    "use", [SqliteDatabase, lambda file: restore_library(beside_it(file), file, datetime.now(UTC))]
)
def test_folders_are_made_in_the_data_of_map4_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[str], object]
) -> None:
    with pytest.raises(NothingFoundError, match=r"there is no folder .*typo.deep for the library x\.map4; correct the"):
        use(str(tmp_path / "typo" / "deep" / "x.map4"))
    assert not (tmp_path / "typo").exists()
    monkeypatch.setattr("map4.core.store.file.database.user_file", lambda kind: str(tmp_path / "data" / "map4"))
    use(str(tmp_path / "data" / "map4" / "library.map4"))
    assert (tmp_path / "data" / "map4" / "library.map4").is_file()


def beside_it(file: str) -> str:
    """A backup for a library in the data folder."""
    backup = Path(file).parents[2] / "backup.map4"
    if not backup.exists():
        make_library(backup)
    return str(backup)


# ---- one library, whatever its name --------------------------------------------------------------


def test_a_link_is_followed_once_for_library_lock_and_journals(path: Path, tmp_path: Path) -> None:
    make_library(path)
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "music.map4"
    link.symlink_to(path)
    with closing(SqliteDatabase(str(link))) as database:
        assert (database.path, database.file) == (str(link), str(path))
        with (
            SqliteLocks(str(link)).scan(wait=False),
            pytest.raises(LibraryBusyError),
            SqliteLocks(str(path)).scan(wait=False),
        ):
            pass
    assert [entry.name for entry in (tmp_path / "links").iterdir()] == ["music.map4"]


def test_a_library_replaced_while_open_refuses_to_write_and_can_be_read(path: Path, tmp_path: Path) -> None:
    make_library(path)
    other = make_library(tmp_path / "other", files=1)
    with closing(SqliteDatabase(str(path))) as database:
        other.replace(path)
        with pytest.raises(LibraryWriteError, match="replaced or moved away"), database.transaction():
            pass
        path.unlink()
        with pytest.raises(LibraryWriteError, match="replaced or moved away"), database.transaction():
            pass
        with database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM files").fetchone() == (3,)


def test_library_in_memory_has_no_file() -> None:
    with closing(SqliteDatabase(IN_MEMORY)) as database, database.transaction() as connection:
        put_file(connection, "/music/one.wav")


MOUNTS = """\
22 1 0:21 / / rw,relatime - ext4 /dev/vda rw
31 22 0:40 / {net} rw,relatime shared:5 - nfs4 server:/music rw
32 31 0:41 / {net}/local\\040disk rw - ext4 /dev/vdb rw
broken line
"""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the table of mounts says is a network drive."""
    folder = tmp_path / "net"
    (folder / "local disk").mkdir(parents=True)
    (tmp_path / "network").mkdir()
    (tmp_path / "mounts").write_text(MOUNTS.format(net=folder))
    here = partialmethod(OnDisk.is_on_network, mounts=str(tmp_path / "mounts"))
    monkeypatch.setattr(OnDisk, "is_on_network", here)
    monkeypatch.setattr("sys.platform", "linux")
    return folder


def pragma(path: Path | str, name: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute(f"PRAGMA {name}").fetchone()[0])


def test_wal_is_used_on_local_disks_only(network: Path, tmp_path: Path) -> None:
    modes = {}
    for folder in (network, network / "local disk", tmp_path / "network"):
        SqliteDatabase(str(folder / "library.map4")).close()
        modes[folder.name] = pragma(folder / "library.map4", "journal_mode")
    assert modes == {"net": "delete", "local disk": "wal", "network": "wal"}
    assert not OnDisk(str(tmp_path)).is_on_network(mounts=str(tmp_path / "absent"))


def test_a_library_brought_to_a_network_drive_leaves_wal_mode(network: Path, path: Path) -> None:
    make_library(path).replace(network / "moved.map4")
    with closing(SqliteDatabase(str(network / "moved.map4"))) as database, database.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("why", ["read-only", "several names"])
def test_read_only_is_readable(
    path: Path, monkeypatch: pytest.MonkeyPatch, next_version: Callable[[], None], why: str
) -> None:
    make_library(path)
    before = path.read_bytes()
    monkeypatch.setattr(time, "sleep", Mock(side_effect=AssertionError("nothing is waited for")))
    monkeypatch.setattr(LibraryFile, "is_writable", lambda file: why != "read-only")
    if why == "several names":
        os.link(path, path.with_name("other"))
    with closing(SqliteDatabase(str(path))) as database:
        with database.reading() as connection:
            assert connection.execute("SELECT count(*) FROM files").fetchone() == (3,)
        with pytest.raises(LibraryWriteError, match=why), database.transaction():
            pass
    next_version()
    with pytest.raises(LibraryWriteError, match=r"brought up to date first|several names"):
        SqliteDatabase(str(path))
    assert path.read_bytes() == before


# ---- versions ------------------------------------------------------------------------------------


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def add() -> None:
        step = lambda connection: connection.execute("CREATE TABLE added (x INTEGER) STRICT") and None  # noqa: E731
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))

    return add


def version_of(path: Path | str) -> int:
    return int(pragma(path, "user_version"))


def test_a_copy_from_before_a_migration_is_never_overwritten(path: Path, next_version: Callable[[], None]) -> None:
    make_library(path)
    older = version_of(path)
    kept = Path(f"{path}.before-schema-{older + 1}")
    kept.write_bytes(b"from an earlier attempt")
    next_version()
    messages: list[str] = []
    SqliteDatabase(str(path), on_update=messages.append).close()
    SqliteDatabase(str(path), on_update=messages.append).close()
    assert messages == [f"{kept}-2"]
    assert kept.read_bytes() == b"from an earlier attempt"
    assert (version_of(path), version_of(f"{kept}-2")) == (older + 1, older)


def test_version_without_file_changes_needs_no_copy_or_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_library(path)
    older = version_of(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, None))
    with monkeypatch.context() as read_only:
        read_only.setattr(LibraryFile, "is_writable", lambda file: False)
        SqliteDatabase(str(path)).close()
    assert version_of(path) == older
    SqliteDatabase(str(path)).close()
    assert (version_of(path), beside(path)) == (older + 1, [])


def test_late_opener_no_copy(path: Path, next_version: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    make_library(path)
    older = version_of(path)
    next_version()
    real = SqliteDatabase.keep_older

    def late(self: SqliteDatabase, newest: int) -> None:
        monkeypatch.setattr(SqliteDatabase, "keep_older", real)
        SqliteDatabase(str(path)).close()  # another process migrates now
        real(self, newest)

    monkeypatch.setattr(SqliteDatabase, "keep_older", late)
    SqliteDatabase(str(path)).close()
    assert beside(path) == [f"library.map4.before-schema-{older + 1}"]
    assert version_of(f"{path}.before-schema-{older + 1}") == older


def killed_at(statement: int, path: Path) -> bool:
    """Open a library in a process that is killed at its n-th statement; False where there are fewer."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            made, count = schema.migrate, itertools.count(1)

            def migrate(connection: sqlite3.Connection) -> None:
                connection.set_trace_callback(lambda sql: next(count) == statement and os.kill(os.getpid(), SIGKILL))
                made(connection)

            schema.migrate = migrate  # type: ignore[assignment]
            SqliteDatabase(str(path)).close()
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in (0, SIGKILL)
    return status != 0


@pytest.mark.contract
@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.world)])
def test_killed_upgrade_leaves_old_or_new(path: Path, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    make_library(path)

    def column(name: str) -> Callable[[sqlite3.Connection], None]:
        def add(connection: sqlite3.Connection) -> None:
            connection.execute(f"ALTER TABLE files ADD COLUMN {name} INTEGER")
            connection.execute(f"UPDATE files SET {name} = 1")

        return add

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, *map(column, ("added_0", "added_1", "added_2"))))
    older = version_of(path)
    for version in (older, older + 3):  # made once, for all these processes
        schema.expected_schema(version)
    found = []
    for statement in itertools.count(1, every):
        if not killed_at(statement, path):
            break
        found.append(version_of(path))
        with closing(sqlite3.connect(path)) as connection:
            assert schema.missing_parts(connection, found[-1]) == []
    assert found[0] == older  # which the map4 of that version opens
    assert {*found} <= {older, older + 3}
    with closing(SqliteDatabase(str(path))) as database:
        assert database.connection.execute("SELECT count(*) FROM files WHERE added_2 = 1").fetchone() == (3,)


def test_a_library_of_schema_100_gets_credits_from_its_tags_later(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:1])
        assert schema.digest_of(schema.stored_schema(old)) == "1a69e4f7b3a6e9cc19db9e3aac29ca00"  # as it was made then
        old.execute("PRAGMA journal_mode = WAL")
        put_file(old, "/music/1.wav", audio_id="a1-1", artist="Ann")
    before = Path(f"{path}.before-schema-{schema.newest_version()}")
    with closing(SqliteDatabase(str(path))) as database:
        words = "SELECT count(*) FROM files_fts WHERE files_fts MATCH ?"
        found = [database.connection.execute(words, (word,)).fetchone()[0] for word in ("ann", "bob")]
        assert (found, before.exists()) == ([1, 0], True)
        row = "SELECT tags_version, credits_sorted FROM files"
        assert database.connection.execute(row).fetchone() == (0, None)  # the next scan reads its tags again
        database.connection.execute("UPDATE files SET credits_sorted = 'ann; bob'")
        assert database.connection.execute(words, ("bob",)).fetchone() == (1,)
        database.connection.execute("INSERT INTO files_fts (files_fts) VALUES ('integrity-check')")
    with closing(sqlite3.connect(before)) as old:
        assert schema.missing_parts(old, schema.FIRST_VERSION) == []


def test_library_of_schema_104_keeps_names_by_file(path: Path) -> None:
    then = "2026-01-01T00:00:00Z"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:5])
        assert schema.digest_of(schema.stored_schema(old)) == "438cf5065b1e1f5ad64b4e60f93e4f1b"  # as it was made then
        old.execute("PRAGMA journal_mode = WAL")
        for name in ("one", "two"):
            put_file(old, f"/music/{name}.wav", audio_id="a1-1")
        for audio_id in ("a1-1", "a1-gone"):
            for name, value in (("title", '"Song"'), ("bpm", "87.0")):
                old.execute(
                    "INSERT INTO user_values VALUES (?, ?, ?, '2026-01-01T00:00:00Z', 0)", (audio_id, name, value)
                )
        data = '{"title":"Said","genre":"Dub","bpm":99.0}'
        old.execute("INSERT INTO imported (audio_id, data) VALUES ('a1-1', ?)", (data,))
        old.execute('INSERT INTO imported (audio_id, data) SELECT uid, \'{"album":"Hits"}\' FROM files WHERE id = 1')
    with closing(SqliteDatabase(str(path))) as database:
        connection = database.connection
        values = "SELECT f.id, name, value, set_at FROM user_values AS u LEFT JOIN files AS f ON f.uid = u.audio_id"
        title, tempo = ("title", '"Song"', then), ("bpm", "87.0", then)
        rows = [(None, *tempo), (None, *tempo), (None, *title), (1, *title), (2, *title)]
        assert connection.execute(f"{values} ORDER BY 1, 2").fetchall() == rows
        gone = "SELECT g.audio_id, u.value FROM gone_files AS g JOIN user_values AS u ON u.audio_id = g.uid"
        assert connection.execute(gone).fetchall() == [("a1-gone", '"Song"')]
        whose = "coalesce((SELECT f.audio_id FROM files AS f WHERE f.uid = c.audio_id), substr(c.audio_id, 1, 2))"
        changes = f"SELECT {whose}, name, became FROM value_changes AS c ORDER BY 1, 2"
        assert connection.execute(changes).fetchall() == [
            ("a1", "bpm", "87.0"), ("a1", "bpm", "87.0"), ("a1-1", "title", '"Song"'), ("a1-1", "title", '"Song"'),
            ("f-", "title", '"Song"'),
        ]  # fmt: skip
        query = "SELECT f.id, i.data FROM imported AS i LEFT JOIN files AS f ON f.uid = i.audio_id ORDER BY 1"
        assert [(number, json.loads(data)) for number, data in connection.execute(query)] == [
            (None, {"bpm": 99.0}), (1, {"album": "Hits", "title": "Said", "genre": "Dub"}),
            (2, {"title": "Said", "genre": "Dub"}),
        ]  # fmt: skip
        facts = "SELECT user_title, user_bpm, imported_genre FROM facts"
        assert connection.execute(facts).fetchall() == [("Song", 87.0, "Dub")] * 2
        connection.execute(
            "UPDATE user_values SET value = '\"New\"' WHERE audio_id = (SELECT uid FROM files WHERE id = 2)"
        )
        assert connection.execute("SELECT user_title FROM facts").fetchall() == [("Song",), ("New",)]
    assert verify_library(str(path)).is_sound


def test_library_of_schema_105_loses_keys_of_streams_and_their_scope(path: Path) -> None:
    scopes = ('["listen"]', '["listen","own","read"]', '["read"]')
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:6])
        old.execute("INSERT INTO accounts VALUES (7, 'Ann', 'ann', 'admin', NULL, '2026-01-31T08:00:00Z')")
        for number, text in enumerate(scopes):
            old.execute(
                "INSERT INTO credentials (id, account, kind, name, scopes, created_at) "
                "VALUES (?, 7, 'token', 'one', ?, '2026-01-31T08:00:00Z')",
                (f"t-{number}", text),
            )
    with closing(SqliteDatabase(str(path))) as database:
        rows = database.connection.execute("SELECT id, scopes FROM credentials ORDER BY id").fetchall()
    assert rows == [("t-1", '["own","read"]'), ("t-2", '["read"]')]


def test_library_of_schema_106_gets_tempo_ranges(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:7])
        assert schema.digest_of(schema.stored_schema(old)) == "6aa9e798973451f2db8996970f30eee3"  # as it was made then
    with closing(SqliteDatabase(str(path))) as database:
        assert database.connection.execute("SELECT count(*) FROM tempo_ranges").fetchone() == (0,)
    assert verify_library(str(path)).is_sound


def test_library_of_schema_107_gets_preferences(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:8])
        assert schema.digest_of(schema.stored_schema(old)) == "87f75af23c0e68612d460bccc1620a82"  # as it was made then
    with closing(SqliteDatabase(str(path))) as database:
        assert database.connection.execute("SELECT count(*) FROM preferences").fetchone() == (0,)
    assert verify_library(str(path)).is_sound


def test_library_of_schema_108_keeps_its_files_and_reads_their_tags_again(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:9])
        assert schema.digest_of(schema.stored_schema(old)) == "d66714caff058a4178b09f845df06617"  # as it was made then
        put_file(old, "/music/1.wav", audio_id="a1-1", artist="Ann", title="Song (Explicit)", tags_version=6)
    with closing(SqliteDatabase(str(path))) as database:
        row = database.connection.execute("SELECT artist, advisory, tags_version FROM files").fetchone()
    assert row == ("Ann", None, 6)
    assert TAGS_VERSION > 6
    assert verify_library(str(path)).is_sound


def test_library_of_schema_109_gets_steps_of_plays_and_keeps_its_plays(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:10])
        assert schema.digest_of(schema.stored_schema(old)) == "1fa22e88ba9a3c70fc53555132ac6687"  # as it was made then
        old.execute("INSERT INTO played_tracks (id, audio_id) VALUES (1, 'a1-1')")
        old.execute("INSERT INTO plays VALUES (0, 1750000000, 1, 9, 0, NULL, NULL)")
    with closing(SqliteDatabase(str(path))) as database:
        counts = (f"SELECT count(*) FROM {table}" for table in ("plays", "play_counts", "play_steps", "play_reports"))
        assert [database.connection.execute(sql).fetchone()[0] for sql in counts] == [1, 1, 0, 0]
    assert verify_library(str(path)).is_sound


def test_a_library_of_schema_103_gets_the_times_of_programs_in_utc(path: Path, zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.migrate(old, schema.MIGRATIONS[:4])
        put_file(old, "/music/1.wav", audio_id="a1-1", artist="Ann")
    data = '{"last_played": "2026-02-01T00:15:00", "date_added": "2026-01-31"}'
    execute(path, "INSERT INTO imports (id, format, path, display, imported_at) VALUES (1, 'a', x'61', 'a', '')")
    execute(path, "INSERT INTO imported_tracks (import_id, key, entry, data) VALUES (1, 'k', '{}', ?)", (data,))
    execute(path, "INSERT INTO imported (audio_id, data) VALUES ('a1-1', ?)", (data,))
    # Before the first moment in UTC, impossible, and while clocks change.
    odd = ("0001-01-01T00:00:00", "2026-02-30T10:00:00", "2026-03-29T02:30:00", "2026-10-25T02:30:00")
    for odd_one in enumerate(odd):
        execute(path, "INSERT INTO imported (audio_id, data) VALUES ('b' || ?, json_object('date_added', ?))", odd_one)
    with closing(SqliteDatabase(str(path))) as database:
        row = database.connection.execute("SELECT last_played, date_added FROM facts").fetchone()
        assert row == ("2026-01-31T23:15:00Z", "2026-01-31")
        [(data,)] = database.connection.execute("SELECT data FROM imported_tracks")
        assert data == '{"last_played":"2026-01-31T23:15:00Z","date_added":"2026-01-31"}'
        query = "SELECT data ->> 'date_added' FROM imported WHERE audio_id LIKE 'b%' ORDER BY audio_id"
        days = ["0001-01-01", "2026-02-30", "2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z"]
        assert [day for (day,) in database.connection.execute(query)] == days


def test_migration_frees_unused_space(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_library(path)
    execute(path, f"UPDATE details SET overview = zeroblob({2**20}) WHERE id = 1")
    before = path.stat().st_size
    step = lambda connection: connection.execute("UPDATE details SET overview = NULL") and None  # noqa: E731
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    SqliteDatabase(str(path)).close()
    assert path.stat().st_size < before - 1_000_000
    assert not Path(f"{path}-wal").exists()


@pytest.mark.parametrize(
    ("version", "message"),
    [
        *((old, rf"older map4 \(schema {old}\).*map4 --library NEW scan FOLDER'") for old in (1, 33, 99)),
        (999, "newer map4"),
    ],
)
def test_libraries_of_other_schemas_are_refused_unchanged(path: Path, version: int, message: str) -> None:
    make_library(path)
    execute(path, "CREATE TABLE of_another_version (x)")
    execute(path, f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(LibraryVersionError, match=message):
        SqliteDatabase(str(path))
    assert (path.read_bytes(), beside(path)) == (before, [])


# ---- what errors mean ----------------------------------------------------------------------------


def test_a_closed_library_or_one_of_another_thread_is_not_called_damaged(path: Path) -> None:
    database = SqliteDatabase(str(path))
    database.close()
    with pytest.raises(Map4Error, match=r"is closed; open it again") as caught, database.transaction():
        pass
    assert type(caught.value) is Map4Error

    def read() -> None:
        with database.reading() as connection:
            connection.execute("SELECT 1")

    refused = pytest.raises(Map4Error, match=r"used like this.*thread.*open it again")
    with closing(SqliteDatabase(str(path))) as database, ThreadPoolExecutor(1) as thread, refused as caught:
        thread.submit(read).result()
    assert type(caught.value) is Map4Error


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT x FROM absent", LibraryDamagedError),
        ("SELECT absent FROM files", LibraryDamagedError),
        ("SELECT json('{')", LibraryDamagedError),
        ("SELECT CAST(x'ff41' AS TEXT)", LibraryDamagedError),
        ("INSERT INTO user_values VALUES ('a', 'size', '1', 'now', 0)", Map4Error),
        ("SELEC 1", Map4Error),
    ],
)
def test_only_damage_is_reported_as_damage(path: Path, sql: str, kind: type[Exception]) -> None:
    with closing(SqliteDatabase(str(path))) as database:
        with pytest.raises(Map4Error) as caught, database.transaction() as connection:
            connection.execute(sql).fetchall()
        assert type(caught.value) is kind


def test_sqlite_error_codes_are_translated() -> None:
    def translation(name: str) -> Map4Error:
        error = sqlite3.OperationalError("as SQLite says it")
        error.sqlite_errorname = name
        with pytest.raises(Map4Error) as caught, translated("/music/library.map4"):
            raise error
        return caught.value

    assert "no space left" in str(translation("SQLITE_FULL"))
    assert "locked by another program" in str(translation("SQLITE_BUSY_SNAPSHOT"))
    assert "folder and rights" in str(translation("SQLITE_CANTOPEN"))
    assert "library repair" in str(translation("SQLITE_CORRUPT_VTAB"))
    assert type(translation("SQLITE_NOMEM")) is Map4Error


def test_leftover_journal_is_used_only_by_its_own_library(path: Path) -> None:
    make_library(path)
    journal = journal_left_by(path, "DELETE FROM user_values")
    Path(f"{path}-wal").write_bytes(journal)
    SqliteDatabase(str(path)).close()
    assert counts(path)["user_values"] == 0


def test_error_of_a_locked_read_only_library_states_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filelock.FileLock.acquire", Mock(side_effect=OSError(errno.EROFS, "Read-only file system")))
    message = r"is read-only \(Read-only file system\); .* make its folder writable"
    with pytest.raises(LibraryWriteError, match=message), SqliteLocks(f"{tmp_path}/x").serve():
        pass


def test_many_changed_files_are_written_in_slices(path: Path) -> None:
    paths = [f"/m/{number}.mp3" for number in range(2 * SLICE + 1)]
    statements: list[str] = []
    with closing(SqliteDatabase(str(path))) as database:
        database.connection.set_trace_callback(statements.append)
        store = SqlTracks(database)
        store.mark_missing(paths, now=datetime(2026, 1, 1, tzinfo=UTC))
        store.mark_present(paths)
        store.mark_present([])
    assert [line for line in statements if line.startswith(("BEGIN", "COMMIT"))] == ["BEGIN IMMEDIATE", "COMMIT"] * 6
    assert sum(line.startswith("UPDATE files") for line in statements) == 2 * len(paths)
