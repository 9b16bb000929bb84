"""A read reads: while another program holds the lock for writing, everything that only reads answers as ever."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from command_runs import run_inside
from every_command import fill_for_every_command
from full_library import full_library
from made_library import analysis_of, database_of, path_of, put
from people import bearer, cookie
from reads import answer_reading_routes, compare_recordings, locked, named_examples, noted_writes, run_reading_commands
from servers import client_of

from map4 import Library
from map4.core.music.query.context import Preferences
from map4.server.settings import API


@pytest.fixture(params=["not scanned", "scanned", "full"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library that no scan has compared and that keeps no preferences yet, as a program made it; or as after a scan;
    or with something in most of its tables."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "library.map4"
    if request.param == "full":
        with full_library(path):
            return path
    fill_for_every_command(path)
    put(path, 20, replace(analysis_of(20), fingerprint=analysis_of(1).fingerprint))
    if request.param == "scanned":
        compare_recordings(path)
        with Library.open(path, preferences=Preferences()) as library:
            library.set(path_of(1), rating=3)
    return path


def test_reading_commands_write_nothing(path: Path) -> None:
    with noted_writes(path) as written, locked(path):
        meanwhile = run_reading_commands(path)
    assert written == []
    assert meanwhile == run_reading_commands(path)
    assert {code for code, _ in meanwhile.values()} <= {0, 3, 4}


def test_files_are_written_at_once_while_the_library_is_locked(tmp_path: Path) -> None:
    fill_for_every_command(path := tmp_path / "library.map4")
    with locked(path):
        begun_s = time.monotonic()
        for typed in (["export", "-o", tmp_path / "x.csv"], ["playlist", "show", "Ours", "-o", tmp_path / "x.m3u8"]):
            assert "replace it with --force" in run_inside(*typed, library=path).stderr
        assert run_inside("import", tmp_path / "x.m3u8", "--dry-run", library=path).returncode == 0
        assert time.monotonic() - begun_s < 15
    assert {"x.csv", "x.m3u8"} <= {file.name for file in tmp_path.iterdir()}


@pytest.mark.parametrize("is_scanned", [False, True])
def test_reading_routes_write_nothing(sound_library: Path, scanned_music: Path, is_scanned: bool) -> None:
    with database_of(sound_library) as database:
        database.connection.execute("DELETE FROM sound_keys")
    compare_recordings(sound_library) if is_scanned else None
    with noted_writes(sound_library) as written, client_of(sound_library, scanned_music) as client:
        names = named_examples(client, scanned_music)
        with locked(sound_library):
            written.clear()
            meanwhile = answer_reading_routes(client, names)
            assert written == []
        assert meanwhile == answer_reading_routes(client, names)
    assert len(meanwhile) > 60
    assert {status for status in meanwhile.values() if status >= 500} == set()


def test_credentials_are_read_without_a_write(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with Library.open(path) as library:
        library.accounts.add("Ann", "admin")
        who = {
            "a token": bearer(library.credentials.add("program", account="Ann").secret),
            "a session": cookie(library, library.credentials.begin_session("Ann").secret),
            "a forged access token": bearer("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
            "nothing": {},
        }
    with noted_writes(path) as written, client_of(path) as client, locked(path):
        written.clear()
        statuses = [client.get(f"{API}/search", headers=headers).status_code for headers in who.values()]
    assert statuses == [200, 200, 401, 401]
    assert written == []
