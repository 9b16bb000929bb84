"""What a library in Postgres is besides what every store is: the same as a file, for many, and discreet."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres, running_postgres
from libraries import audio_id
from query_cases import fill
from stored import NOW, OpenStore, put_imported, put_own, put_track

from map4.accounts.store.accounts import SqlAccounts
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.plays import PlayCounts, PlayTime
from map4.core.music.track.imported import ImportedValues
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryVersionError, LibraryWriteError, Map4Error, UsageError
from map4.extras.postgres.dialect import in_postgres
from map4.formats import DjTrack
from map4.imports.records import MatchedFile, StagedEntry
from map4.imports.store.imports import SqlImports, SqlSubstitutes, Substitute
from map4.jobs.store.queue import SqlJobs
from map4.scan.store import SqlIgnoredFiles
from map4.values.store.values import SqlValues

pytestmark = [pytest.mark.contract, needs_postgres]
with suppress(ImportError):  # then all of these skip
    import psycopg

    from map4.extras.postgres.store import PostgresStore


@pytest.fixture
def both(open_in_postgres: OpenStore, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """The same written into a file and into a database."""
    with ExitStack() as stack:
        stores = SqliteStore(str(tmp_path / "library.map4")), open_in_postgres(tmp_path)
        for store in stores:
            stack.callback(store.close)
            fill(store)
            put_imported(store, {1: {"bpm": 121.25, "play_count": 3, "year": 1999}, 2: {"rating": 4.5, "genre": "Dub"}})
        yield stores


def _rows(store: Any, sql: str) -> list[dict[str, Any]]:
    with store.database.reading() as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


@pytest.mark.parametrize(
    "name", ["America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "EST5EDT,M3.2.0,M11.1.0", ""]
)
def test_last_played_is_compared_by_the_clock_of_this_machine(
    open_in_postgres: OpenStore, tmp_path: Path, zone: Callable[[str], None], name: str
) -> None:
    zone(name)
    draw = Random(name)
    heard = [draw.randrange(1_000_000_000, 1_800_000_000, 900) for _ in range(200)]
    moments = [PlayTime.utc(at + draw.randrange(-90_000, 90_000, 900)) for at in heard]
    cases = [(draw.choice((moment, moment[:10])), at) for moment, at in zip(moments, heard, strict=True)]
    cases += [("2026-02-31", heard[0]), ("2026-01-31", None), (None, heard[0]), (None, None)]
    with closing(SqliteStore(":memory:")) as of_file, closing(open_in_postgres(tmp_path)) as of_database:
        for store in (of_file, of_database):
            with store.database.asking() as connection:
                found = [connection.execute("SELECT map4_last_played(?, ?)", case).fetchone()[0] for case in cases]
            assert found == [PlayCounts.last_played_of(*case) for case in cases]


def test_unknown_time_zone_connects_and_failed_writes_leave_no_gap(
    open_in_postgres: OpenStore, tmp_path: Path, zone: Callable[[str], None]
) -> None:
    zone("Nowhere/Land")
    with closing(open_in_postgres(tmp_path)) as store:
        assert _rows(store, "SHOW TimeZone") == [{"TimeZone": "UTC"}]
    with closing(open_in_postgres(tmp_path)) as store:
        before = store.change_log.since(None).through

        def fail() -> None:
            with store.at_once():
                put_track(store, 1)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert [*store.tracks.tracks()] == []
        put_track(store, 1)
        [change] = store.change_log.since(before).changes
        assert change.number == before + 1


def test_tracks_and_facts_are_equal_in_sqlite_and_postgres(both: tuple[Any, Any]) -> None:
    of_file, of_database = ([*store.tracks.tracks(beats=True, sound=True)] for store in both)
    assert of_file
    assert of_database == of_file
    of_file, of_database = (_rows(store, "SELECT * FROM facts ORDER BY file_id") for store in both)
    assert len(of_file) > 5
    assert of_database == of_file
    filled = {name for row in of_file for name, value in row.items() if value is not None}
    assert {"user_bpm", "imported_bpm", "tag_bpm", "hamms_energy", "year", "rating", "play_count"} <= filled


def _move_and_tell(store: Any) -> Iterator[Any]:
    """What is asked and written of imports, copies and files, one after the other; gives each answer."""
    imports = store.part(SqlImports)
    put_imported(store, {1: {"bpm": 120.5}, 99: {"rating": 2.0}}, source="b.deck")
    put_own(store, 1, title="Own", rating=3.0)
    yield [imports.history(), imports.is_used(), imports.tracks("deck", "b.deck"), imports.locations("deck", "b.deck")]
    yield imports.path_maps("deck", "b.deck")
    waiting = imports.pending()
    yield waiting
    imports.match_pending([(waiting[0], MatchedFile(audio_id=audio_id(1), path="/music/1.mp3", method="path"))])
    yield imports.pending()
    entry = PlaylistEntry(position=1, artist="Ann", title="Not here", location="/gone.mp3")
    row = StagedEntry(track=DjTrack(key="x", entry=entry, values=ImportedValues(bpm=98.0)), paths=(), file=None)
    with imports.staging([row]):
        imports.put("deck", "c.deck", version=None, now=NOW)
    imports.match_pending([(imports.pending()[0], MatchedFile(audio_id=audio_id(1), path="/1.mp3", method="names"))])
    yield [imports.pending(), imports.forget("c.deck")]
    paths = [track.path for track in store.tracks.tracks() if track.state == "ok"]
    yield paths
    ignored = store.part(SqlIgnoredFiles)
    ignored.forget([paths[0]], ignore=True, now=NOW)
    yield [ignored.all(), ignored.unignore([paths[0]]), ignored.all()]
    substitutes = store.part(SqlSubstitutes)
    away = substitutes.away(["/nowhere"])
    assert away
    yield away
    kept = store.tracks.track(paths[1])
    substitutes.put({audio.audio_id: Substitute(kept.audio_id, 0.0125) for audio in away})
    yield [*store.tracks.tracks(), substitutes.pairs(["/nowhere"]), substitutes.pairs(["/music"])]
    yield [imports.forget("b.deck"), imports.forget("b.deck"), imports.history()]
    tracks, addresses = store.tracks, store.addresses
    yield [*tracks.known_names()]
    yield [tracks.known_files(), tracks.present_inside("/", without=[3]), tracks.counts_inside(["/", "/music"])]
    ids = [track.audio_id for track in tracks.tracks() if track.audio_id]
    yield [addresses.page(0, 9), addresses.first_files(ids), addresses.files_of(ids), addresses.rows(paths)]


def test_calls_are_answered_equally_by_sqlite_and_postgres(both: tuple[Any, Any]) -> None:
    answers = 0
    for of_file, of_database in zip(*map(_move_and_tell, both), strict=True):
        assert of_database == of_file
        answers += 1
    assert answers > 10


def test_concurrent_writes_lose_and_mix_nothing(open_in_postgres: OpenStore, tmp_path: Path) -> None:
    with closing(open_in_postgres(tmp_path)) as store:
        for number in range(4):
            put_track(store, number)
        before = store.change_log.since(None).through

        def write(number: int) -> None:
            with closing(open_in_postgres(tmp_path)) as own:
                for bpm in range(100, 110):
                    put_own(own, number, bpm=float(bpm))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        steps = store.part(SqlValues).steps(limit=100)
        changes = [store.part(SqlValues).changes_of(step.number, limit=9) for step in steps]
        assert [step.number for step in steps] == [*range(40, 0, -1)]
        assert sorted((change.audio_id, change.became) for [change] in changes) == sorted(
            (audio_id(number), float(bpm)) for number in range(4) for bpm in range(100, 110)
        )
        assert store.change_log.since(None).through == before + 40


def test_lost_connection_is_reported_and_its_write_rolled_back(postgres: PostgresServer) -> None:
    address = postgres.database()
    with closing(PostgresStore(address)) as store:
        put_track(store, 1)  # type: ignore[arg-type]

        def write() -> None:
            with store.at_once():
                put_track(store, 2)  # type: ignore[arg-type]
                with psycopg.connect(postgres.address("postgres"), autocommit=True) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    )
                put_track(store, 3)  # type: ignore[arg-type]

        with pytest.raises(LibraryWriteError, match=r"lost its connection .*; run the command again"):
            write()
    with closing(PostgresStore(address)) as store:
        assert [track.path for track in store.tracks.tracks()] == ["/music/1.mp3"]
    with pytest.raises(Map4Error, match=r"is closed; open it again$"):
        store.tracks.roots()


def test_open_library_reconnects_after_a_server_restart() -> None:
    with running_postgres() as server:  # its own: all connections to it end
        address = server.database()
        with closing(PostgresStore(address)) as store, closing(store.changes()) as changes:
            put_track(store, 1)  # type: ignore[arg-type]
            before, others = changes.word(), store.changed_by_others()
            server.restart()
            assert (changes.word(), store.changed_by_others()) == (before, others)
            server.restart()
            put_track(store, 2)  # type: ignore[arg-type]
            assert [track.path for track in store.tracks.tracks()] == ["/music/1.mp3", "/music/2.mp3"]
            assert changes.word() != before

            def write() -> None:
                with store.at_once():
                    put_track(store, 3)  # type: ignore[arg-type]
                    server.restart()
                    with suppress(LibraryWriteError):
                        assert [*store.tracks.tracks()] == []
                    put_track(store, 4)  # type: ignore[arg-type]

            with pytest.raises(LibraryWriteError):
                write()
            assert [track.path for track in store.tracks.tracks()] == ["/music/1.mp3", "/music/2.mp3"]
            put_track(store, 5)  # type: ignore[arg-type]
            assert store.tracks.track("/music/5.mp3") is not None


def test_concurrent_openings_create_a_library_once(postgres: PostgresServer) -> None:
    address = postgres.database()
    found: list[str] = []

    def begin() -> None:
        with closing(PostgresStore(address)) as store:
            found.append(store.part(SqlAccounts).library_id())

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_database_without_utf_8_is_refused(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII'")
    with pytest.raises(UsageError, match="has the encoding SQL_ASCII, but map4 needs UTF8: create another with CREATE"):
        PostgresStore(postgres.address("bytes"))
    postgres.drop(postgres.address("bytes"))


def test_a_library_of_a_newer_map4_is_refused(postgres: PostgresServer) -> None:
    address = postgres.database()
    PostgresStore(address).close()
    with psycopg.connect(address) as connection:
        connection.execute("UPDATE map4.library_schema SET version = version + 1")
    with pytest.raises(LibraryVersionError, match="newer"):
        PostgresStore(address)


def test_error_messages_contain_no_password() -> None:
    for address, error in (
        ("postgresql://me:geheim@/music?host=/nowhere", LibraryWriteError),
        ("postgresql://me:geheim@[music", UsageError),
        ("host=/nowhere user=me password=geheim dbname=music", LibraryWriteError),
        ("postgresql://me:geheim@/music?host=/nowhere&geheim=1", UsageError),
    ):
        with pytest.raises(error) as raised:
            PostgresStore(address)
        causes: list[BaseException] = [raised.value]
        while causes[-1].__cause__ is not None:
            causes.append(causes[-1].__cause__)
        assert "geheim" not in "".join(map(str, causes))


def test_sql_parameters_are_translated_for_postgres() -> None:
    cases = [
        ("SELECT ?2, ?1, ?2", "SELECT $1, $2, $1", (1, 0)),
        ("SELECT :one, ':two', :three", "SELECT $1, ':two', $2", ("one", "three")),
        ("SELECT a WHERE ? IS NULL OR b = ?1", "SELECT a WHERE $1 OR b = $2", (0, 0)),
        ("a IS ? AND b IS NOT old.b AND c IS NOT NULL AND d IS TRUE",
         "a IS NOT DISTINCT FROM $1 AND b IS DISTINCT FROM old.b AND c IS NOT NULL AND d IS TRUE", (0,)),
        ("SELECT 'it''s IS NOT ?'", "SELECT 'it''s IS NOT ?'", ()),
        ("INSERT OR IGNORE INTO a VALUES (x'00')", "INSERT INTO a VALUES ('\\x00'::bytea) ON CONFLICT DO NOTHING", ()),
        ("CREATE TEMP TABLE a (b TEXT PRIMARY KEY, c BLOB) WITHOUT ROWID",
         'CREATE TEMP TABLE a (b text COLLATE "C" PRIMARY KEY, c bytea)', ()),
        ("SELECT CAST(a AS TEXT) FROM b CROSS JOIN c AS d ON d.e = 1",
         "SELECT CAST(a AS text) FROM b JOIN c AS d ON d.e = 1", ()),
    ]  # fmt: skip
    for sql, taken, wanted in cases:
        text, values = in_postgres(sql)
        assert text == taken
        assert tuple(which for which, _ in values) == wanted


def test_concurrent_claims_get_each_job_once(open_in_postgres: OpenStore, tmp_path: Path) -> None:
    got: list[tuple[str, int]] = []
    with closing(open_in_postgres(tmp_path)) as store:
        for _ in range(40):
            store.part(SqlJobs).add("scan", {}, priority=5)
        before = store.part(SqlJobs).event_range()[1]

        def serve(owner: str) -> None:
            with closing(open_in_postgres(tmp_path)) as own:
                while job := own.part(SqlJobs).claim(owner, ["scan"]):
                    got.append((owner, job.number))
                    own.part(SqlJobs).finish(owner, job.number, "completed")

        threads = [threading.Thread(target=serve, args=(f"server {number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(number for _, number in got) == [*range(1, 41)]
        events = store.part(SqlJobs).events(after=before, limit=100)
        assert [event.number for event in events] == [*range(before + 1, before + 81)]
        address = store.place.address
    with psycopg.connect(address) as claiming, closing(PostgresStore(address)) as other:
        other.part(SqlJobs).add("scan", {}, priority=9)
        other.part(SqlJobs).add("scan", {}, priority=0)
        claiming.execute("SELECT id FROM map4.jobs WHERE id = 41 FOR UPDATE")
        job = other.part(SqlJobs).claim("server", ["scan"])
        assert job.number == 42
