"""The format of workbooks; openpyxl is loaded when one is written."""

from __future__ import annotations

from typing import BinaryIO

from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, WriteNotes


def export_workbook(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a workbook: the tracks, the list if one was selected, statistics, and the compatibility of tracks."""
    from map4.formats.workbook.workbook import write_workbook

    return write_workbook(content, out, options)


XLSX = Format(
    name="xlsx",
    suffixes=("xlsx",),
    summary="a workbook: tracks, list, statistics, compatibility",
    exporter=export_workbook,
    options=FormatOptions(columns=True),
    is_binary=True,
)
