"""Crates and lists of VirtualDJ's at the command line: written, and taken as lists again."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run
from list_libraries import HOUSE, put_songs


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> Path:
    return put_songs(tmp_path / "library.map4", HOUSE)


def test_formats_use_the_path_map_of_the_last_import(inside: Run, tmp_path: Path) -> None:
    database = tmp_path / "database.xml"
    database.write_text(
        '<VirtualDJ_Database Version="8.5"><Song FilePath="D:\\DJ\\Ann\\Sky.mp3"/></VirtualDJ_Database>'
    )
    assert inside("import", database, "--path-map", "D:\\DJ=/music").returncode == 0
    for name in ("virtualdj", "virtualdj-database"):
        assert 'ath="D:\\DJ\\Ann\\Sky.mp3"' in inside("export", "--to", name, "-o", "-").stdout
    assert "D:" not in inside("export", "--to", "traktor", "-o", "-").stdout
