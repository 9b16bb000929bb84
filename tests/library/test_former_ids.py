"""A library of an older map4: its audio gets other ids, and nothing that is known of it is lost or made again."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write_clicks
from libraries import WHEN

from map4 import Library
from map4.domain.analysis_json import read_core
from map4.domain.labels import Labels
from map4.domain.tracklist import Tracklist
from map4.infra.sqlite.analysis_parts import PART_VERSIONS, PARTS_OF, part_place
from map4.infra.sqlite.schema import expected_schema
from map4.infra.workers.lanes import inline_lanes

_BY_AUDIO = ("files", "analyses", "user_values", "labels", "imported_tracks", "imported", "playlist_tracks")
_LABELS = json.dumps(Labels(genre="House", family="House", confidence=0.9, source="rules").to_data())


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return tmp_path / "library.map4"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with one line for each file that was decoded."""
    path = tmp_path / "decoded.log"
    path.touch()
    monkeypatch.setenv("DOUBLES_LOG", str(path))
    return path


@pytest.fixture
def flacs(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name, bpm in (("a.flac", 120), ("b.flac", 100), ("c.wav", 90)):
        write_clicks(folder / name, bpm)
    shutil.copy(folder / "a.flac", folder / "copy.flac")
    return folder


def opened(path: Path) -> Library:
    return Library.open(path, lanes=inline_lanes, decoder="doubles:open_audio")


def make_older(path: Path) -> dict[str, str]:
    """Make a library one of schema 6, with the ids of version 1; gives them by those that they have now."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ids = dict(connection.execute("SELECT audio_id, former_id FROM audio_aliases"))
        for audio_id, former_id in ids.items():
            for table in _BY_AUDIO:
                connection.execute(
                    f"UPDATE OR REPLACE {table} SET audio_id = ? WHERE audio_id = ?", (former_id, audio_id)
                )
        put_parts(connection)
        for of, name in itertools.product(("facts", "labels"), ("new", "changed", "gone")):
            connection.execute(f"DROP TRIGGER mirror_of_{name}_{of}")
        for table in ("audio_aliases", "sound_keys", "sound_pairs", "mirror", "mirror_changes", "ignored_files"):
            connection.execute(f"DROP TABLE {table}")
        for name in ("changed", "gone"):
            connection.execute(f"DROP TRIGGER sound_keys_of_{name}_audio")
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'facts_of_*'"
        )
        for (name,) in triggers.fetchall():  # they name tables that go
            connection.execute(f"DROP TRIGGER {name}")
        for table in ("observations", "lookups", "provided"):
            connection.execute(f"DROP TABLE {table}")
        for column in ("audio", "path"):
            connection.execute(f"DROP INDEX playlist_tracks_by_{column}")
        for name in ("artist", "title"):
            connection.execute(f"DROP INDEX files_by_{name}")
            connection.execute(f"ALTER TABLE files DROP COLUMN {name}_sorted")
        connection.execute("ALTER TABLE files DROP COLUMN is_id_due")
        connection.execute("ALTER TABLE imports DROP COLUMN path_maps")
        later = ("facts", "tracks", "user_values")  # are made anew by later steps
        older = {name: (kind, sql) for (kind, name), sql in expected_schema(6).items() if name.startswith(later)}
        own = connection.execute("SELECT * FROM user_values").fetchall()
        for kind in ("view", "table"):
            for name in (name for name, (of_kind, _) in older.items() if of_kind == kind):
                connection.execute(f"DROP {kind} {name}")
        for kind in ("table", "view", "trigger"):
            for sql in (sql for of_kind, sql in older.values() if of_kind == kind):
                connection.execute(sql)
        connection.executemany("INSERT INTO user_values VALUES (?, ?, ?, ?)", own)
        connection.execute("PRAGMA user_version = 6")
    return ids


def put_parts(connection: sqlite3.Connection) -> None:
    """Have the parts of all analyses where they stood until schema 12."""
    for (_, name), sql in sorted(expected_schema(6).items(), reverse=True):
        if name in ("parts", "parts_by_version", "sound_vectors"):
            connection.execute(sql or "")
    for name in PART_VERSIONS:
        table, data, version = part_place(name)
        connection.execute(
            f"INSERT INTO parts SELECT audio_id, '{name}', p.{version}, p.{data} FROM analyses "
            f"JOIN {table} AS p USING (id) WHERE p.{version} IS NOT NULL"
        )
    for table in PARTS_OF:
        connection.execute(f"DROP TABLE {table}")
    connection.create_function("named", 1, lambda core: json.dumps(read_core(core)))
    connection.execute("UPDATE analyses SET core = named(core)")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What is known by audio, with everything but times."""
    left_out = {"id", "updated_at", "ctime_ns", "inode"}
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        for table in (*_BY_AUDIO, *PARTS_OF):
            of_audio = "" if table in _BY_AUDIO else "JOIN (SELECT id, audio_id FROM analyses) USING (id)"
            table_rows = connection.execute(f"SELECT * FROM {table} {of_audio}").fetchall()
            found[table] = sorted(
                (tuple(str(row[name]) for name in row.keys() if name not in left_out) for row in table_rows),  # noqa: SIM118
            )
    return found


def describe(path: Path, *audio_ids: str | None) -> None:
    """Labels, and what a DJ program says, of audio."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO imports (id, format, path, display, imported_at) VALUES (1, 'rekordbox', X'2F78', '/x', ?)",
            (WHEN,),
        )
        for number, audio_id in enumerate(audio_ids):
            connection.execute(
                "INSERT INTO labels (audio_id, data, labelled_at) VALUES (?, ?, ?)", (audio_id, _LABELS, WHEN)
            )
            connection.execute(
                "INSERT INTO imported_tracks VALUES (1, ?, '{}', '{\"bpm\": 99.0}', ?, ?, 'path', 0)",
                (str(number), audio_id, b"/gone"),
            )
            connection.execute("INSERT INTO imported (audio_id, data) VALUES (?, '{\"bpm\": 99.0}')", (audio_id,))


def fill(library_path: Path, folder: Path) -> None:
    """Scan, and say all that can be said of a track: own values, a list, labels, an import."""
    with opened(library_path) as library:
        library.scan(folder)
        tracks = [track for track in library.tracks() if track.path.endswith(("a.flac", "c.wav"))]
        library.set(tracks, bpm=77.0, key="8A")
        library.lists.save("mine", Tracklist(tracks=tracks))
    describe(library_path, *(track.audio_id for track in tracks))


def test_everything_is_carried_over_without_decoding(library_path: Path, flacs: Path, log: Path) -> None:
    fill(library_path, flacs)
    expected = rows(library_path)
    former = make_older(library_path)
    assert len(former) == 2
    log.write_text("")
    with opened(library_path) as library:
        # Until the next scan all is known by the old ids.
        assert {track.audio_id for track in library.tracks()} >= set(former.values())
        assert [track.user.bpm for track in library.tracks() if track.path.endswith("a.flac")] == [77.0]
        summary = library.scan(flacs)
        assert (summary.unchanged, summary.analysed, summary.failed) == (4, 0, 0)
        assert not log.read_text()
        assert library.scan(flacs).unchanged == 4
    assert rows(library_path) == expected
    assert Library.verify(library_path).is_sound
    with closing(sqlite3.connect(library_path)) as connection:
        assert set(connection.execute("SELECT audio_id, former_id FROM audio_aliases")) == set(former.items())
        # Only what may have another id is read again, once.
        assert connection.execute("SELECT count(*) FROM files WHERE is_id_due").fetchone() == (0,)


def test_a_file_that_moved_meanwhile_is_known_by_its_former_id(library_path: Path, flacs: Path, log: Path) -> None:
    fill(library_path, flacs)
    make_older(library_path)
    (flacs / "copy.flac").unlink()
    (flacs / "a.flac").rename(flacs / "moved.flac")
    log.write_text("")
    with opened(library_path) as library:
        summary = library.scan(flacs)
        assert (summary.moved, summary.analysed) == (1, 0)
        moved = library.track(flacs / "moved.flac")
        assert moved is not None
        assert moved.user.bpm == 77.0
        assert next(track.path for track in library.lists.read("mine").tracks()) == moved.path
    assert not log.read_text()


def test_a_scan_that_ends_half_way_loses_nothing(library_path: Path, flacs: Path, log: Path) -> None:
    fill(library_path, flacs)
    expected = rows(library_path)
    make_older(library_path)
    for _ in range(4):
        with opened(library_path) as library:
            events = library.scan_events(flacs)
            for event in events:
                if type(event).__name__ == "FileDone":
                    break
            events.close()
            assert {track.state for track in library.tracks()} == {"ok"}
            assert {track.user.bpm for track in library.tracks() if track.path.endswith("a.flac")} == {77.0}
        assert Library.verify(library_path).is_sound
    with opened(library_path) as library:
        library.scan(flacs)
    assert rows(library_path) == expected


def test_nothing_is_written_by_an_analysis_that_stores_nothing(library_path: Path, flacs: Path, log: Path) -> None:
    fill(library_path, flacs)
    make_older(library_path)
    log.write_text("")
    with opened(library_path) as library:
        before = rows(library_path)
        shutil.copy(flacs / "b.flac", flacs / "new.flac")
        [track] = library.analyze(flacs / "new.flac", store=False)
        assert track.analysis is not None
        assert rows(library_path) == before
    assert not log.read_text()


def test_before_the_next_scan_a_seed_is_the_track_of_the_library(library_path: Path, flacs: Path, log: Path) -> None:
    with opened(library_path) as library:
        library.scan([flacs])
    make_older(library_path)
    with opened(library_path) as library:
        made = library.playlist([flacs / "a.flac"], n=3, relax=True)
        near = library.similar([flacs / "a.flac"]).similar
    audio = [pick.track.audio_id for pick in made.picks]
    assert len(set(audio)) == len(audio) > 1
    assert str(flacs / "a.flac") not in [one.track.path for one in near]


@pytest.mark.parametrize("is_stale", [False, True])
def test_before_the_next_scan_a_new_copy_is_the_track_of_the_library(
    library_path: Path, flacs: Path, log: Path, tmp_path: Path, is_stale: bool
) -> None:
    with opened(library_path) as library:
        library.scan([flacs])
        track = library.track(flacs / "a.flac")
        assert track is not None
    former = make_older(library_path)
    if is_stale:  # the copy is then analysed for itself
        with closing(sqlite3.connect(library_path)) as connection, connection:
            older = "UPDATE analyses SET version = version - 1 WHERE audio_id = ?"
            connection.execute(older, (former[track.audio_id or ""],))
    copied = tmp_path / "a copy.flac"
    shutil.copy(flacs / "a.flac", copied)
    with opened(library_path) as library:
        made = library.playlist([copied], n=3, relax=True)
        near = library.similar([copied]).similar
    assert {pick.track.path for pick in made.picks} == {str(copied), str(flacs / "b.flac"), str(flacs / "c.wav")}
    assert {one.track.path for one in near} == {str(flacs / "b.flac"), str(flacs / "c.wav")}


def test_lists_with_former_ids_find_their_tracks(library_path: Path, flacs: Path, tmp_path: Path) -> None:
    with opened(library_path) as library:
        library.scan(flacs)
        track = library.track(flacs / "b.flac")
        assert track is not None
        with closing(sqlite3.connect(library_path)) as connection:
            [former_id] = connection.execute(
                "SELECT former_id FROM audio_aliases WHERE audio_id = ?", (track.audio_id,)
            ).fetchone()
        older = replace(track, path="/elsewhere/x.flac", audio_id=former_id, tags=replace(track.tags, title="?"))
        for name in ("old.json", "old.csv", "old.xspf"):
            library.lists.write(Tracklist(tracks=[older]), str(tmp_path / name))
            [entry] = library.lists.read(str(tmp_path / name)).entries
            assert entry.track is not None
            assert (entry.track.path, entry.match.method) == (track.path, "audio_id")  # type: ignore[union-attr]
        for name in (former_id, former_id[:12], track.audio_id):
            assert library.named(name)[0].path == track.path
        library.lists.save("old", Tracklist(tracks=[older]))
        assert [each.path for each in library.lists.read("old").tracks()] == [track.path]


def test_twins_that_shared_an_id_each_get_what_is_theirs(
    library_path: Path, flacs: Path, log: Path, tmp_path: Path
) -> None:
    (flacs / "copy.flac").unlink()
    data = bytearray((flacs / "a.flac").read_bytes())
    data[21] ^= 2  # more samples than there are, says the header
    (flacs / "z twin.flac").write_bytes(data)
    with opened(library_path) as library:
        library.scan(flacs)
        one, twin = (library.track(flacs / name) for name in ("a.flac", "z twin.flac"))
        assert one is not None
        assert twin is not None
        assert one.audio_id != twin.audio_id
        library.set([one], bpm=77.0)
        library.lists.save("both", Tracklist(tracks=[one, twin]))
    describe(library_path, one.audio_id)
    former = make_older(library_path)
    assert len(set(former.values())) == len(former) - 1
    log.write_text("")
    with opened(library_path) as library:
        summary = library.scan(flacs)
        found = [library.track(track.path) for track in (one, twin)]
        assert [track and track.audio_id for track in found] == [one.audio_id, twin.audio_id]
        assert [track and track.user.bpm for track in found] == [77.0, 77.0]
        assert [track and track.labels is not None for track in found] == [True, True]
        assert [track and track.path for track in library.lists.read("both").tracks()] == [one.path, twin.path]
        # Of which of the two the analysis was is not known: each is decoded once more.
        assert log.read_text().split("\n") == ["z twin.flac", ""]
        assert summary.analysed == 1
        assert library.scan(flacs).analysed == 1
        assert log.read_text().split("\n") == ["z twin.flac", "a.flac", ""]
        assert library.scan(flacs).analysed == 0
    assert Library.verify(library_path).is_sound


def test_the_later_value_counts_where_two_ids_become_one(library_path: Path, flacs: Path) -> None:
    with opened(library_path) as library:
        library.scan(flacs)
        track = library.track(flacs / "b.flac")
        assert track is not None
        library.set([track], bpm=77.0)
    with closing(sqlite3.connect(library_path)) as connection, connection:
        [former_id] = connection.execute(
            "SELECT former_id FROM audio_aliases WHERE audio_id = ?", (track.audio_id,)
        ).fetchone()
        for name, value, when in (("bpm", "55.0", "2099-01-01T00:00:00Z"), ("key", '"8A"', WHEN)):
            connection.execute("INSERT INTO user_values VALUES (?, ?, ?, ?)", (former_id, name, value, when))
    shutil.copy(flacs / "b.flac", flacs / "b again.flac")
    with opened(library_path) as library:
        library.scan(flacs)
        found = library.track(track.path)
        assert found is not None
        assert found.user.bpm == 55.0
        assert found.user.key is not None
    assert Library.verify(library_path).is_sound
