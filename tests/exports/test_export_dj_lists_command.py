"""Crates and lists of VirtualDJ's at the command line: written, and taken as lists again."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run
from list_libraries import HOUSE, put_songs


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> Path:
    return put_songs(tmp_path / "library.map4", HOUSE)


@pytest.mark.parametrize("name", ["Friday.crate", "Friday.vdjfolder"])
def test_what_is_exported_is_a_list(inside: Run, tmp_path: Path, name: str) -> None:
    done = inside("export", "--query", "genre:house", "-o", tmp_path / name)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"{name}: " in done.stderr
    shown = inside("playlist", "show", tmp_path / name, "--paths")
    searched = inside("search", "genre:house", "--paths")
    assert (shown.returncode, shown.stdout) == (0, searched.stdout)


def test_a_virtualdj_list_of_relative_paths_is_refused(inside: Run, tmp_path: Path) -> None:
    done = inside("export", "-o", tmp_path / "x.vdjfolder", "--relative-to", "/music")
    assert (done.returncode, "only finds tracks by full paths" in done.stderr, "Traceback" in done.stderr) == (
        2,
        True,
        False,
    )
    assert not (tmp_path / "x.vdjfolder").exists()


def test_each_format_of_a_program_has_the_paths_of_its_last_import(inside: Run, tmp_path: Path) -> None:
    database = tmp_path / "database.xml"
    database.write_text(
        '<VirtualDJ_Database Version="8.5"><Song FilePath="D:\\DJ\\Ann\\Sky.mp3"/></VirtualDJ_Database>'
    )
    assert inside("import", database, "--path-map", "D:\\DJ=/music").returncode == 0
    for name in ("virtualdj", "virtualdj-database"):
        assert 'ath="D:\\DJ\\Ann\\Sky.mp3"' in inside("export", "--to", name, "-o", "-").stdout
    assert "D:" not in inside("export", "--to", "traktor", "-o", "-").stdout
