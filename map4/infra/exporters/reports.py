"""Reports for people: one HTML page, or a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from map4.app.export import ExportContent, ExportOptions
from map4.domain.report.record import TEMPLATES, Report
from map4.domain.tracklist import PLAYLIST_SCHEMA, TrackList
from map4.infra.exporters.registry import Format, WriteNotes

_NAMES = {"library": "Library", "query": "Search", "tracks": "Tracks", "playlist": "Playlist"}


def export_html(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a page that needs no other file and no network, a track at a time."""
    from map4.infra.reports.html import render_html

    for piece in render_html(report_of(content, options)):
        out.write(piece.encode("utf-8"))
    return WriteNotes(tracks=len(content.tracks))


def export_pdf(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a PDF, which is in memory, compressed, until it is whole."""
    from map4.infra.reports.pdf import render_pdf

    notes = render_pdf(report_of(content, options), out)
    return WriteNotes(tracks=len(content.tracks), replaced_characters=notes.replaced_characters)


def report_of(content: ExportContent, options: ExportOptions) -> Report:
    """The report that shows what was selected."""
    is_list = content.playlist is not None
    return Report(
        title=content.name or content.query or _NAMES[content.origin],
        tracks=() if is_list else _Records(content),
        template=options.template or TEMPLATES[0],  # type: ignore[arg-type]
        playlist=None if content.playlist is None else _playlist_record(content.playlist),
        statistics=None if is_list else content.statistics().to_record(),
        notation=content.notation,
    )


class _Records:
    """The tracks as records, read as they are taken."""

    def __init__(self, content: ExportContent) -> None:
        self._content = content

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (track.to_record(prefer=self._content.prefer) for track in self._content.tracks)


def _playlist_record(listed: TrackList) -> dict[str, Any]:
    picks = [
        {"position": number, "track": track.to_record(prefer=listed.prefer), **listed.detail(number - 1)}
        for number, track in enumerate(listed.tracks, 1)
    ]
    return {"schema": PLAYLIST_SCHEMA, **listed.header, "picks": picks}


HTML = Format(
    name="html",
    suffixes=("html", "htm"),
    summary="a page with figures and a table to sort and filter; one file",
    export=export_html,
    templates=TEMPLATES,
)
PDF = Format(
    name="pdf",
    suffixes=("pdf",),
    summary="a report with figures, to print or to pass on",
    export=export_pdf,
    templates=TEMPLATES,
    is_binary=True,
)
