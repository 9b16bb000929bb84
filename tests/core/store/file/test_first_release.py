"""The library that map4 1.0.0 wrote, with every kind of value: each later version keeps all of it."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from map4 import Library
from map4.care.store.verify import verify_library

WRITTEN = Path(__file__).with_name("library-109.map4.gz")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "library.map4"
    path.write_bytes(gzip.decompress(WRITTEN.read_bytes()))
    return path


def rows_of(path: Path, columns: dict[str, str] | None = None) -> dict[str, tuple[str, list[str]]]:
    """The rows of each table, as text, by these columns or all."""
    with closing(sqlite3.connect(path)) as connection:
        plain = "name NOT LIKE 'sqlite%' AND sql NOT LIKE '%VIRTUAL%'"
        sql = f"SELECT name FROM sqlite_schema WHERE type = 'table' AND {plain}"
        tables = [name for (name,) in connection.execute(sql)]
        if columns is None:
            infos = {name: connection.execute(f"PRAGMA table_info('{name}')").fetchall() for name in tables}
            columns = {name: ", ".join(f'"{row[1]}"' for row in info) for name, info in infos.items()}
        selected = {
            name: connection.execute(f"SELECT {columns[name]} FROM '{name}'") for name in tables if name in columns
        }
        return {name: (columns[name], sorted(map(repr, rows))) for name, rows in selected.items()}


def test_every_row_of_the_first_release_is_kept(path: Path) -> None:
    before = rows_of(path)
    with Library.open(path) as library:
        assert library.count("is:any missing:work") == 9
        assert (library.count("is:any"), [stored.name for stored in library.lists.stored()]) == (9, ["Friday", "x"])
        kinds = {step.kind for step in library.undo_steps().steps}
        assert kinds == {"genres", "import", "list", "set", "tempo-range"}
        [track] = library.search("rating:4")
        assert (track.bpm(), track.title(), track.year(), track.comment()) == (123.5, "Own", 2001, "mine")
    after = rows_of(path, {name: columns for name, (columns, _) in before.items()})
    assert {name for name in before if before[name] != after.get(name)} == set()
    assert verify_library(str(path)).is_sound
