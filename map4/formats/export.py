"""The content, options and summary of an export."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from map4.core.base.call_options import CallOptions, option
from map4.core.base.path_maps import PathMaps
from map4.core.base.records import Count, Record
from map4.core.music.analysis.key import Notation
from map4.core.music.lists.line_template import LineTemplate
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.plays import Play
from map4.core.music.track.track import DEFAULT_PREFERENCE, Source, Track
from map4.core.music.track.track_columns import TrackCells
from map4.core.music.track.track_cues import CueChoice, CueForm
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.stats import Statistics


_DJ, _SOME = "For DJ programs", "Options of some formats"

Origin = Literal["library", "query", "tracks", "playlist"]
"""The selection: everything, matches of a query, given files, or a list in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContent:
    """The content for an exporter.

    tracks: in order. They are read from the library on access, as often as needed: an exporter that keeps no reference
        to them uses constant memory
    statistics: computes those of the tracks when called; repeated tracks of a list count once
    origin: the kind of selection
    name, description: for people; None without
    query: the text for the origin "query"
    playlist: the same tracks as a list, with transitions, reasons and quality, if the origin is a list
    prefer: which source of tempo and key counts if the user set none
    notation: how keys are shown to people
    made: date as text, for people; None leaves it out, so that the same tracks give the same bytes
    map4_version: of the exporting program; None if unknown
    playlists: reads the stored lists of an export of the whole library, one after the other; formats without lists
        ignore it
    neighbours: returns the nearest tracks of the library to a track, by sound and by how well they mix, with distances
    cover: returns the cover of a track as a JPEG with at most the given pixels per side; None without a cover
    sampled: returns at most the given number of tracks, evenly spread, with their sound vectors; None if there is
        nothing more to read
    plays: returns the exporting account's plays of the tracks, or all its plays for the whole library
    cells: reads the cells of `rows` without reading the tracks; None if these are at hand
    """

    tracks: Sequence[Track]
    statistics: Callable[[], Statistics]
    origin: Origin = "library"
    name: str | None = None
    description: str | None = None
    query: str | None = None
    playlist: Tracklist | None = None
    prefer: Sequence[Source] = DEFAULT_PREFERENCE
    notation: Notation = "camelot"
    made: str | None = None
    map4_version: str | None = None
    playlists: Callable[[], Iterable[Tracklist]] = tuple
    neighbours: Callable[[Track], Mapping[str, Sequence[tuple[Track, float]]]] | None = None
    cover: Callable[[Track, int], bytes | None] = lambda track, side_px: None
    sampled: Callable[[int], Iterable[Track]] | None = None
    plays: Callable[[], Iterable[Play]] = tuple
    cells: Callable[[Sequence[str], PathMaps], Iterable[Sequence[Any]]] | None = None

    def rows(self, columns: Sequence[str], path_maps: PathMaps) -> Iterable[Sequence[Any]]:
        """Return the cells of each track in some columns."""
        if self.cells is not None:
            return self.cells(columns, path_maps)
        return ([cells[name] for name in columns] for cells in (TrackCells(each, path_maps) for each in self.tracks))

    def as_list(self) -> Tracklist:
        """Return the tracks as a list, for formats that contain nothing else."""
        if self.playlist is not None:
            return self.playlist
        return Tracklist(tracks=self.tracks, name=self.name, description=self.description)


class ExportOptions(CallOptions):
    """Options of an export. A format declares the ones it has (`FormatOptions`); others are a usage error."""

    path_maps: PathMaps = option(PathMaps(), about="How paths are written, in every format.", is_remote=False)
    notation: Notation = option("camelot", about="Key notation, in exports that people read and in comments.")
    columns: Sequence[str] = option(
        (), "--columns", "Columns of csv and xlsx, in this order.", metavar="A,B,…", heading=_SOME,
        reads=lambda text: _names("--columns", "column", text, "artist,title,bpm"),
    )  # fmt: skip
    raw: bool = option(
        False, "--raw", "Don't guard csv cells that look like a formula.", label="Keep formulas", heading=_SOME
    )
    with_grid: bool = option(
        False,
        "--with-grid",
        "Also write beat grids: the imported one, else map4's own.",
        label="Beat grids",
        heading=_DJ,
    )
    measured_grid: bool = option(
        False,
        "--measured-grid",
        "Write map4's own beat grids, not the imported ones.",
        label="map4's own grids only",
        heading=_DJ,
    )
    with_cues: CueChoice | None = option(
        None, "--with-cues", "Cue points to write; imported ones include yours. (default: imported)",
        label="Cue points", heading=_DJ,
    )  # fmt: skip
    cue_kind: CueForm | None = option(
        None, "--cue-kind", "Write cue points as hot cues (up to eight), as memory cues, or as both.",
        about="Write cue points as hot cues (up to eight), as memory cues, or as both; else imported ones stay as they "
        "are, and detected ones are hot as far as buttons are free.",
        label="Write cue points as", heading=_DJ,
    )  # fmt: skip
    comment: str | None = option(
        None, "--comment",
        "Write this as each track's comment; '{key} {comment}' puts the key before its own.",
        label="Comment", metavar="TEMPLATE", heading=_DJ,
        reads=lambda text: LineTemplate.read(text, what="--comment") and text,
    )  # fmt: skip
    into: str | os.PathLike[str] | None = option(
        None, "--into",
        "Write rekordbox's own XML BASE to FILE with new values; the rest stays byte for byte.",
        metavar="BASE", heading=_DJ, is_remote=False,
    )  # fmt: skip
    replace: Sequence[str] | None = option(
        None, "--replace",
        "With --into: values to replace, of bpm, key, genre, rating, comment, color. "
        "(default: bpm,key; none with --with-grid, --with-cues or --comment)",
        metavar="A,B,…", heading=_DJ, is_remote=False,
        reads=lambda text: _names("--replace", "value", text, "bpm,key"),
    )  # fmt: skip
    template: str | None = option(
        None, "--template",
        "Which report, for html and pdf: standard, summary, library, dj_setlist (default for the PDF of a list), "
        "radio_show, professional or compatibility_matrix.",
        metavar="NAME", heading=_SOME,
    )  # fmt: skip
    more: Mapping[str, str] = option(
        {}, "--option", "Another option of the format (repeatable).", metavar="NAME=VALUE", heading=_SOME
    )

    @property
    def writes_grids(self) -> bool:
        """Return whether beat grids are written."""
        return self.with_grid or self.measured_grid


class ExportSummary(Record, kind="export-summary", members="* -unknown -unread dry_run=is_dry_run"):
    """The result of an export ('map4 export -o FILE --json').

    path: the output file; None for a stream
    format: its name
    tracks: written, or with --dry-run to be written
    size_bytes: of the file; None for a stream, and if nothing was written
    remarks: sentences about what the format could not contain
    unknown: given paths that the library doesn't know
    unread: number of tracks that were not copied
    is_dry_run: whether nothing was written
    """

    path: str | None
    format: str
    tracks: Count
    size_bytes: Count | None = None
    remarks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unread: int = 0
    is_dry_run: bool = False


def _names(option: str, what: str, text: str, example: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError(f"{option} names no {what}; write it as {example}.")
    return names
