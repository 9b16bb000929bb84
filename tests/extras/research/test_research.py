"""Tracks for data tools: Parquet, and DataFrames."""

import sys
from pathlib import Path

import pytest
from conftest import Run
from made_tracks import made_track

from map4 import Library
from map4.core.music.track.track_columns import TrackColumn
from map4.errors import UsageError
from map4.formats.export import ExportOptions
from map4.formats.plugins import Exporters

MISSING = "'.[research]' in map4's checkout"


def test_columns_become_a_frame_or_parquet_with_types_and_nulls(inside: Run, own_scanned: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    inside("set", own_scanned / "one.wav", "year=1999", "rating=3.5", "title=Ünø\u2028")
    query = ("--query", "path:one.wav or path:two.wav sort:path")
    done = inside("export", *query, "-o", tmp_path / "all.parquet")
    assert (done.returncode, ": 2 tracks (parquet, " in done.stderr) == (0, True)
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table.column_names == [name for name in TrackColumn.exported() if name != "time"]
    kinds = {name: str(table.schema.field(name).type) for name in ("title", "year", "bpm", "rating", "hamms_bpm")}
    assert kinds == {"title": "string", "year": "int64", "bpm": "double", "rating": "double", "hamms_bpm": "double"}
    rows = table.select(["year", "rating"]).to_pylist()
    assert rows == [{"year": 1999, "rating": 3.5}, {"year": None, "rating": None}]
    assert inside("export", "--columns", "title,year", "-o", tmp_path / "two.parquet").returncode == 0
    assert parquet.read_table(tmp_path / "two.parquet").column_names == ["title", "year"]
    assert "no column 'titel'" in inside("export", "--columns", "titel", "-o", tmp_path / "x.parquet").stderr
    pandas = pytest.importorskip("pandas")
    inside("set", own_scanned / "one.wav", "key=8A", "year=1999")
    with Library.open(tmp_path / "library.map4") as library:
        frame = library.tracks.columns("path:one.wav or path:two.wav sort:path", hamms=True).to_pandas()
        assert "hamms_bpm" not in library.tracks.columns().to_pandas().columns
    assert (frame.shape[0], frame["key"][0], frame["year"][0]) == (2, "8A", 1999)
    assert pandas.isna(frame["year"][1])
    assert frame["hamms_bpm"].between(0, 1).all()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("pyarrow", "pyarrow.parquet", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)
    content = type("Content", (), {"tracks": [made_track("a.mp3", 120.0)]})()
    with pytest.raises(UsageError, match=r"Parquet needs .*pyarrow") as refused:
        Exporters.all()["parquet"].export(content, sys.stdout.buffer, ExportOptions())
    assert MISSING in str(refused.value)
    with Library.open(tmp_path / "l.map4") as library, pytest.raises(UsageError, match=r"to_pandas.* needs .*pandas"):
        library.tracks.columns().to_pandas()
