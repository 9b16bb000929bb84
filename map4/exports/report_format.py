"""Reports for people: one HTML page, or a PDF."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from map4.core.base.text import whole_number
from map4.core.music.query.in_words import query_in_words
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.errors import UsageError
from map4.exports.report.report import TEMPLATES, Report
from map4.formats import ExportContent, ExportOptions, Format, FormatOptions, WriteNotes
from map4.library import hookspecs

# Figures and maps of sounds import numpy, which other exports don't need.
if TYPE_CHECKING:
    from map4.exports.figures.library_map import MapDot

MOST_ROWS = 10_000
"""Maximum tracks in the table of a page; with more, browsers are slow (docs/export.md)."""

MOST_PLAYED = 10_000
"""Maximum tracks of a list with running times, which is fully in memory; they play for weeks."""

MOST_COVERED = 1000
"""With more tracks, covers are shown only on request: each file must be read, and each picture takes about 3 kB."""

_TEMPLATES_WITH_EVERY_TRACK = (None, "standard", "library", "compatibility_matrix")
_TEMPLATES_TO_PLAY = ("dj_setlist", "radio_show")
_NAMES = {"library": "Library", "query": "Search", "tracks": "Tracks", "playlist": "Playlist"}


def export_html(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a page that needs no other file and no network, track by track."""
    from map4.exports.render.html import render_html

    most_rows = _most_rows(options)
    report = report_of(content, options)
    for piece in render_html(replace(report, most_rows=most_rows, with_paths=_is_wanted("links", options))):
        out.write(piece.encode("utf-8"))
    notes = WriteNotes(tracks=len(content.tracks))
    if len(content.tracks) > most_rows and options.template in _TEMPLATES_WITH_EVERY_TRACK:
        notes.remarks.append(
            f"the table has the first {most_rows:,} tracks, since browsers are slow with more; "
            "--option rows=N sets how many, and csv and xlsx hold all"
        )
    return notes


def _most_rows(options: ExportOptions) -> int:
    text = options.more.get("rows")
    if text is None:
        return MOST_ROWS
    if not (rows := whole_number(text)):
        raise UsageError(f"'{text}' is not a number of rows; write it as --option rows={MOST_ROWS}")
    return rows


def _is_wanted(name: str, options: ExportOptions, *, usual: bool = False) -> bool:
    text = options.more.get(name, "yes" if usual else "no")
    if text not in ("yes", "no"):
        raise UsageError(f"'{text}' is neither yes nor no; write it as --option {name}={'no' if usual else 'yes'}")
    return text == "yes"


def export_pdf(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write a PDF, which is held in memory, compressed, until it is complete."""
    from map4.exports.render.pdf import render_pdf

    notes = render_pdf(report_of(content, options, is_for_others=True), out)
    shown = WriteNotes(tracks=len(content.tracks), replaced_characters=notes.replaced_characters)
    if notes.not_as_written:
        titles = ", ".join(f"“{text}”" for text in notes.not_as_written)
        shown.remarks.append(f"the PDF can't show all letters as they are written, as in {titles}; the HTML page can")
    return shown


def report_of(content: ExportContent, options: ExportOptions, *, is_for_others: bool = False) -> Report:
    """Return the report of the selection, for paper if `is_for_others`.

    A list for others is a set list unless another template is named.
    """
    is_list = content.playlist is not None
    is_long = len(content.tracks) > MOST_PLAYED
    template = options.template or ("dj_setlist" if is_for_others and is_list and not is_long else "standard")
    if template in _TEMPLATES_TO_PLAY and is_long:
        raise UsageError(
            f"{len(content.tracks):,} tracks are too many for a list to play; --query or --playlist choose up to "
            f"{MOST_PLAYED:,}, and --template library shows all"
        )
    return Report(
        title=_title(content),
        tracks=() if is_list else content.tracks,
        template=template,  # type: ignore[arg-type]
        playlist=content.playlist,
        statistics=None if is_list else content.statistics(),
        notation=content.notation,
        made=_made(content),
        with_artists=not is_for_others or any(track.artist() for track in content.tracks),
        neighbours=content.neighbours,
        judged=_is_wanted("quality", options),
        cover=content.cover if _is_wanted("covers", options, usual=len(content.tracks) <= MOST_COVERED) else None,
        dots=_dots(content) if template == "library" and not is_list else (),
    )


def _title(content: ExportContent) -> str:
    """Return the given name; a query in words, and a single track by its name."""
    if content.query and content.name in (None, content.query.strip()):
        return query_in_words(content.query)
    if content.name:
        return content.name
    if len(content.tracks) == 1:
        return TrackWords(content.tracks[0]).name
    return _NAMES[content.origin]


def _made(content: ExportContent) -> str | None:
    parts = (content.made, content.query and f"the query {content.query.strip()}")
    return " · ".join(part for part in parts if part) or None


_TEMPO_BANDS = (90, 105, 120, 130, 150)  # boundaries between six colours, in BPM


def _dots(content: ExportContent) -> list[MapDot]:
    """Return the positions of tracks on the map of the sound; empty for a library too small to have distances."""
    import numpy as np

    from map4.exports.figures.library_map import MOST_DOTS, MapDot

    sampled = () if content.sampled is None else content.sampled(MOST_DOTS)
    sounding = [t for t in sampled if t.analysis is not None and t.analysis.sound is not None]
    vectors = np.array([track.analysis.sound for track in sounding if track.analysis], dtype=np.float32)
    placed = next(hookspecs.place_sounds(vectors), None)
    if placed is None:
        return []
    groups = [_family(track) for track in sounding]
    if not any(groups):
        groups = [_tempo_band(track) for track in sounding]
    return [
        MapDot(name=TrackWords(track).name, genre=group, x=float(x), y=float(y))
        for track, group, (x, y) in zip(sounding, groups, placed[0], strict=True)
    ]


def _family(track: Track) -> str | None:
    """Return the genre's family, which decides the colour since there are more genres than colours; else the genre."""
    genre = track.genre()
    return track.genre_family(track.genre_names.families) or (TrackWords.shown(genre.split(";")[0]) if genre else None)


def _tempo_band(track: Track) -> str | None:
    """Return the tempo band, by which a library without genres is coloured."""
    bpm = track.bpm()
    if bpm is None:
        return None
    band = bisect_right(_TEMPO_BANDS, bpm)
    if not 0 < band < len(_TEMPO_BANDS):
        return f"from {_TEMPO_BANDS[-1]} BPM" if band else f"to {_TEMPO_BANDS[0]} BPM"
    return f"{_TEMPO_BANDS[band - 1]}–{_TEMPO_BANDS[band]} BPM"


_COVERS = f"yes: the covers of tracks, read from their files (yes up to {MOST_COVERED} tracks)"
_QUALITY = "yes: a list's quality, weak steps and figures, for its maker (no)"
HTML = Format(
    name="html",
    suffixes=("html", "htm"),
    summary="a page with figures and a table; one file",
    exporter=export_html,
    options=FormatOptions(
        paths=False,
        key_notation=True,
        templates=TEMPLATES,
        more={
            "rows": f"tracks in the table ({MOST_ROWS})",
            "links": "yes: links to the files (no)",
            "covers": _COVERS,
            "quality": _QUALITY,
        },
    ),
)
PDF = Format(
    name="pdf",
    suffixes=("pdf",),
    summary="a report with figures, to print or to pass on",
    exporter=export_pdf,
    options=FormatOptions(
        paths=False, key_notation=True, templates=TEMPLATES, more={"covers": _COVERS, "quality": _QUALITY}
    ),
    is_binary=True,
)
