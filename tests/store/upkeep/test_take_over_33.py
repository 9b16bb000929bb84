"""A library of schema 33 is restored with everything people made, and with its analyses; it is only read.

`library_33.sql` is a library that the map4 of commit 162f62c6 made, with rows in every table that people fill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from command_runs import run_inside
from full_library import rows_of
from libraries import beside, counts, execute, make_library

from map4 import Library
from map4.base.declaration import Declaration
from map4.base.declarations import declarations
from map4.errors import LibraryDamagedError, LibraryVersionError
from map4.music.analysis.analysis import ANALYSIS_VERSION
from map4.server.problems import in_words_of_requests
from map4.store import stored_tables
from map4.store.file import schema

DUMP = Path(__file__).with_name("library_33.sql")
LOGGED_OUT = {"credentials", "renewed_secrets", "signing_keys"}
"""As after any restore, everybody logs in again; tokens and devices stay."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "old").mkdir()
    path = tmp_path / "old" / "library.map4"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text())
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "new.map4"


def digests(path: Path) -> dict[str, str]:
    return {each.name: sha256(each.read_bytes()).hexdigest() for each in path.parent.iterdir()}


def rows(path: Path, table: str) -> set[tuple[Any, ...]]:
    """The rows of a table, each as its columns by name."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {tuple(sorted(dict(row).items())) for row in connection.execute(f"SELECT * FROM {table}")}


NEW = {"gone_files", "imported", "lyrics"}  # imported values of a file are in rows of their own now
SALVAGED = [one.name for one in stored_tables.stored_tables() if one.salvage != "no" and one.name not in NEW]


def require_all_of(old: Path, new: Path, tables: Iterable[str] = SALVAGED) -> None:
    for table in {*tables, "library_identity", "provided", "play_counts", "facts"} - LOGGED_OUT:
        wanted = rows(old, table)
        known = {name for row in wanted for name, _ in row}  # tables have more columns now
        assert {tuple(cell for cell in row if cell[0] in known) for row in rows(new, table)} == wanted, table
    kinds = "SELECT kind FROM credentials ORDER BY kind"
    with closing(sqlite3.connect(new)) as connection:
        assert connection.execute(kinds).fetchall() == [("device",), ("token",)]
        assert schema.user_version(connection) == schema.newest_version()
    assert Library.care.verify(new).is_sound


def test_all_tables_that_people_fill_have_rows_in_the_old_library(old: Path) -> None:
    assert [table for table in SALVAGED if not rows_of(str(old))[table]] == []


def test_everything_is_taken_over_and_the_old_file_is_only_read(old: Path, new: Path) -> None:
    before = digests(old)
    assert Library.care.restore(old, new).kept_at is None
    assert digests(old) == before
    require_all_of(old, new)
    with Library.open(new) as library:
        one, two = (next(iter(library.search(f"path:{name}"))) for name in ("one", "two"))
        assert (one.user.bpm, one.user.title, one.user.rating) == (88.0, "Uno", 4.0)
        assert one.provided.value("label") == "Warp"
        assert (one.imported.bpm, len(one.imported.cues), len(one.imported.grid)) == (120.0, 1, 1)
        assert (two.user.genre, two.user.rating, two.labels.subgenre) == ("Dub", 2.0, "Dub")
        assert [cue.position_s for cue in two.set_cues()] == [1.0]
        assert [track.path for track in library.lists.read("Friday").tracks()] == [
            "/music/two.wav", "/music/one.wav",
        ]  # fmt: skip
        assert len(library.lists.versions("Friday").versions) == 2
        assert [found.path for found in library.search("mark:late")] == ["/music/two.wav"]
        [commented] = library.search("comment:rekordbox")
        assert commented.imported is not None
        assert (commented.imported.comment, len(commented.imported.cues)) == ("from rekordbox", 1)


def test_values_of_files_are_given_to_each_file_of_their_audio(old: Path, new: Path) -> None:
    columns = "path, display, size_bytes, mtime_ns, ctime_ns, inode, audio_id, added_at, updated_at"
    execute(old, f"INSERT INTO files ({columns}) SELECT CAST('/other/one.wav' AS BLOB), '/other/one.wav', "
            "1, 1, 1, 1, audio_id, added_at, updated_at FROM files WHERE display LIKE '%/one.wav'")  # fmt: skip
    year = "SELECT DISTINCT audio_id, 'year', '1999', '2026-01-01T00:00:00Z' FROM files WHERE display LIKE '%/one.wav'"
    execute(old, f"INSERT INTO user_values (audio_id, name, value, set_at) {year}")
    Library.care.restore(old, new)
    with Library.open(new) as library:
        assert [(track.path, track.user.title) for track in library.search("year:1999 sort:path")] == [
            ("/music/one.wav", "Uno"), ("/other/one.wav", "Uno")
        ]  # fmt: skip
        assert {
            len(library.values.history([track], limit=1).steps[0].changes) for track in library.search("year:1999")
        } == {1}


def test_tables_of_an_extra_are_not_left_behind(old: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [one for one in declarations() if not _has_extra(one)]
    monkeypatch.setattr("map4.base.declarations.declarations", lambda: kept)
    stored_tables.extra_tables.cache_clear()
    try:
        with pytest.raises(LibraryVersionError, match="has tables of the extra 'connect', which is not installed here"):
            Library.care.restore(old, new)
        assert not new.exists()
        execute(old, "DELETE FROM connections")
        Library.care.restore(old, new)
        assert Library.care.verify(new).is_sound
    finally:
        stored_tables.extra_tables.cache_clear()


def _has_extra(declaration: Declaration) -> bool:
    return any(tables.extra for tables in declaration.tables)


@pytest.mark.contract
def test_nothing_is_analysed_twice(old: Path, new: Path, tmp_path: Path) -> None:
    execute(old, f"UPDATE analyses SET version = {ANALYSIS_VERSION}")
    Library.care.restore(old, new)
    music = tmp_path / "music"
    music.mkdir()
    for name, hz in (("one", 220), ("two", 330)):
        time_s = np.arange(8000 * 12) / 8000
        tone = 12000 * np.sin(2 * np.pi * hz * time_s) * np.exp(-8 * (time_s % 0.5))
        soundfile.write(music / f"{name}.wav", np.round(tone).astype(np.int16), 8000)
    with Library.open(new) as library:
        found = library.scan([music])
        assert (found.found, found.analysed) == (2, 0)
        assert next(iter(library.search("path:one"))).user.title == "Uno"


def test_one_in_use_is_read_as_it_is_at_that_moment(old: Path, new: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("UPDATE user_values SET value = '99' WHERE name = 'bpm'")
        before = sha256(old.read_bytes()).hexdigest()
        Library.care.restore(old, new)
        assert sha256(old.read_bytes()).hexdigest() == before
        require_all_of(old, new)
    with Library.open(new) as library:
        assert [track.path for track in library.search("bpm:99")] == ["/music/one.wav"]


@pytest.mark.parametrize("is_old_too", [False, True])
def test_a_library_in_place_is_kept_beside_the_new_one(old: Path, new: Path, is_old_too: bool) -> None:
    make_library(new)
    execute(new, f"PRAGMA user_version = {33 if is_old_too else schema.newest_version()}")
    kept = Library.care.restore(old, new).kept_at
    assert kept is not None
    assert counts(Path(kept))["files"] == 3
    require_all_of(old, new)


def test_rows_go_through_the_steps_since_schema_100(old: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE labels ADD COLUMN added INTEGER NOT NULL DEFAULT 7")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    Library.care.restore(old, new)
    with closing(sqlite3.connect(new)) as connection:
        assert connection.execute("SELECT added FROM labels").fetchall() == [(7,)]
        assert schema.user_version(connection) == schema.newest_version()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE user_values SET value = '\"fast\"' WHERE name = 'bpm'",
        "DROP TABLE labels",
        "DROP TABLE playlists",
        "ALTER TABLE imported_tracks DROP COLUMN entry",
    ],
)
def test_nothing_is_taken_from_a_damaged_one(old: Path, new: Path, damage: str) -> None:
    execute(old, damage)
    make_library(new)
    before = new.read_bytes()
    with pytest.raises(LibraryDamagedError, match=r"library\.map4 is damaged .* was changed; repair it with the map4"):
        Library.care.restore(old, new)
    assert (new.read_bytes(), beside(new)) == (before, ["old"])


def test_the_commands_say_what_to_do(old: Path, new: Path) -> None:
    spaced = old.rename(old.with_name("my library.map4"))
    before = digests(spaced)
    for command in (("search",), ("library", "info"), ("library", "repair", "--yes"), ("library", "restore", spaced)):
        refused = run_inside(*command, library=spaced)
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
        assert f"'map4 --library NEW library restore '{spaced}'' copies all of it into the new" in refused.stderr
        assert in_words_of_requests(refused.stderr, {}) == refused.stderr
    done = run_inside("library", "restore", spaced, library=new)
    assert (done.returncode, done.stderr) == (0, f"restored {new}\n")
    merged = run_inside("library", "merge", spaced, library=new)
    assert (merged.returncode, "made by an older map4 (schema 33)" in merged.stderr) == (1, True)
    assert digests(spaced) == before


def test_older_ones_are_refused(old: Path, new: Path) -> None:
    execute(old, "PRAGMA user_version = 32")
    with pytest.raises(LibraryVersionError, match=r"made by an older map4 \(schema 32\).*scan your folders into a new"):
        Library.care.restore(old, new)
