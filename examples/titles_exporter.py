"""A format of your own for `map4 export`: a title per line. docs/developers/plugins.md shows how to package it."""

from __future__ import annotations

from typing import BinaryIO

from map4.plugins import ExportContent, ExportOptions, Format, FormatOptions, WriteNotes


def write_titles(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write the title of each track, as it is read, or in capitals with `--template loud`."""
    notes = WriteNotes()
    for track in content.tracks:
        title = " ".join((track.tags.title or "?").split())
        out.write((title.upper() if options.template == "loud" else title).encode("utf-8", "replace") + b"\n")
        notes.tracks += 1
    return notes


TITLES = Format(
    name="titles",
    suffixes=("titles",),
    summary="a title per line",
    exporter=write_titles,
    options=FormatOptions(templates=("plain", "loud")),
)
