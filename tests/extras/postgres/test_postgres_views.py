"""What other programs read of a library in Postgres: plain views, by somebody who may read nothing else."""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from libraries import audio_id
from query_cases import fill
from stored import NOW

from map4.accounts.store.accounts import SqlAccounts
from map4.core.audio.content import Content
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.hamms import HAMMS_NAMES
from map4.core.music.track.labels import Labels
from map4.core.store.written_files import SqlWrittenFiles
from map4.jobs.store.queue import SqlJobs
from map4.labels import SqlLabels
from map4.lists.store.playlists import SqlPlaylists

pytestmark = [pytest.mark.world, needs_postgres]

with suppress(ImportError):  # then all of these skip
    import psycopg
    from psycopg.rows import dict_row

    from map4.extras.postgres.store import PostgresStore

GONE = "/music/caf\udce9"
COLUMNS = {
    "tracks": "id path hash size_bytes state artist title album genre year tags duration_s bpm key energy hamms "
    "hamms_confidence labels labels_provider labelled_at fingerprint created_at updated_at analysed_at",
    "playlists": "id name description account sharing tracks created_at updated_at",
    "playlist_tracks": "playlist position path hash artist title transition_quality",
    "analysis_queue": "id kind priority status attempts progress error created_at started_at finished_at",
    "export_history": "id format tracks size_bytes duration_ms account exported_at",
}


@pytest.fixture
def reader(postgres: PostgresServer) -> Iterator[Any]:
    """Somebody to whom the views were granted, connected to a library."""
    address = postgres.database()
    with closing(PostgresStore(address)) as store:
        fill(store)  # type: ignore[arg-type]
        first, second, *_ = (track for track in store.tracks.tracks() if track.state == "ok")
        store.part(SqlLabels).put({first.audio_id or "": Labels(genre="House")}, now=NOW)
        picks = [ListedPick(energy_target=0.5, transition=None, reasons=())] * 2
        store.part(SqlPlaylists).put("Friday", Tracklist(tracks=[first, second], picks=picks), now=NOW)
        ann = store.part(SqlAccounts).add("Ann", "user", None, NOW)
        hers = store.acting_as(ann.actor())
        hers.part(SqlPlaylists).put("Secret", Tracklist(tracks=[first], picks=picks[:1]), now=NOW)
        hers.part(SqlWrittenFiles).note(
            "/a.csv", Content(size_bytes=7, digest="d"), format_name="csv", tracks=2, seconds=0.5, now=NOW
        )
        jobs = store.part(SqlJobs)
        jobs.add("analyze", {"files": ["/music/1.mp3"]}, priority=7)
        jobs.add("export", {}, priority=9)
        failed = jobs.add("scan", {"folders": [GONE]}, priority=9)
        jobs.claim("server", ["scan"])
        jobs.finish("server", failed.number, "failed", error={"message": f"{GONE}: is gone 😀"})
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("DROP OWNED BY reader" if owner.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = 'reader'").fetchone() else "CREATE ROLE reader")  # fmt: skip
        owner.execute("GRANT USAGE ON SCHEMA map4_views TO reader")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA map4_views TO reader")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("SET ROLE reader")
        yield connection


def test_views_have_values_in_force_shared_lists_jobs_and_exports(reader: Any) -> None:
    rows = {row["path"]: row for row in reader.execute("SELECT * FROM map4_views.tracks")}
    assert len(rows) == 11
    row = rows["/music/a/1 Björk.flac"]
    assert (row["hash"], row["state"], row["artist"], row["tags"]["title"]) == (audio_id(1), "ok", "Björk", "Jóga")
    assert (row["bpm"], row["key"], row["duration_s"], row["energy"]) == (127.998, "8A", 200.0, 0.71)
    assert (row["labels"]["genre"], row["labels_provider"], row["labelled_at"]) == ("House", "keywords", NOW)
    assert row["hamms"].keys() == set(HAMMS_NAMES)
    assert (row["hamms_confidence"], row["created_at"]) == (0.8, datetime(2026, 6, 14, 12, tzinfo=UTC))
    assert row["analysed_at"] is not None
    assert rows["/music/c/7.mp3"]["bpm"] == 87.5  # what was set counts
    assert rows["/music/new.mp3"]["hamms"] is None
    [row] = reader.execute("SELECT * FROM map4_views.playlists")
    assert (row["name"], row["tracks"], row["updated_at"]) == ("Friday", 2, NOW)
    rows = reader.execute("SELECT * FROM map4_views.playlist_tracks ORDER BY position").fetchall()
    assert [(row["playlist"], row["position"]) for row in rows] == [(row["id"], 1), (row["id"], 2)]
    queued, failed = reader.execute("SELECT * FROM map4_views.analysis_queue ORDER BY created_at, id")
    assert (failed["status"], failed["error"]) == ("failed", "/music/caf\ufffd: is gone 😀")
    assert (queued["id"], queued["kind"], queued["priority"], queued["status"]) == ("job-1", "analyze", 7, "pending")
    assert (queued["error"], queued["finished_at"]) == (None, None)
    [export] = reader.execute("SELECT * FROM map4_views.export_history")
    summary = [export[name] for name in ("format", "tracks", "size_bytes", "duration_ms", "account", "exported_at")]
    assert summary == ["csv", 2, 7, 500, "Ann", NOW]


def test_views_keep_their_columns_and_hide_the_tables_from_their_reader(reader: Any) -> None:
    for view, columns in COLUMNS.items():
        shown = reader.execute(f"SELECT * FROM map4_views.{view}").description
        assert [column.name for column in shown] == columns.split()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT * FROM map4.credentials")
