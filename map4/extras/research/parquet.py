"""Tracks as Parquet, with a type per column, for pandas, Polars, DuckDB and R; pyarrow is loaded when it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from map4.core.music.track.track_columns import TrackColumn
from map4.formats import ExportContent, ExportOptions, Format, FormatOptions, WriteNotes
from map4.version import Packages

_AT_ONCE = 10_000  # rows in a row group: 10 MB before they are written
_TYPES: Mapping[str, str] = {"text": "string", "whole": "int64", "number": "float64"}


def export_parquet(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a row per track; unknown values are null."""
    with Packages("research").needed("Parquet needs"):
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    names = options.columns or [name for name in TrackColumn.exported() if name != TrackColumn.TIME]
    columns = {name: TrackColumn.named(name) for name in names}
    schema = pyarrow.schema([(name, _TYPES[column.shape]) for name, column in columns.items()])
    notes = WriteNotes()
    cells: dict[str, list[Any]] = {name: [] for name in columns}
    with ParquetWriter(pyarrow.PythonFile(out, mode="w"), schema) as writer:

        def write() -> None:
            writer.write_table(pyarrow.table(cells, schema=schema))
            for values in cells.values():
                values.clear()

        for row in content.rows(tuple(columns), options.path_maps):
            for values, value in zip(cells.values(), row, strict=True):
                # Names may have bytes that UTF-8 can't contain.
                values.append(value.encode("utf-8", "replace").decode() if isinstance(value, str) else value)
            notes.tracks += 1
            if notes.tracks % _AT_ONCE == 0:
                write()
        write()
    return notes


PARQUET = Format(
    name="parquet",
    suffixes=("parquet",),
    summary="a table with types, for pandas, Polars, DuckDB and R",
    exporter=export_parquet,
    options=FormatOptions(named="", columns=True),
    is_binary=True,
)
