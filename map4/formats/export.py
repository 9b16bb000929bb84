"""The content, options and summary of an export."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from map4.base.call_options import call_options, option
from map4.base.path_maps import PathMaps
from map4.base.records import Count, Record
from map4.errors import UsageError
from map4.music.analysis.key import Notation
from map4.music.lists.tracklist import Tracklist
from map4.music.plays import Play
from map4.music.track.track import DEFAULT_PREFERENCE, Source, Track
from map4.music.track.track_cues import CueChoice, CueForm

if TYPE_CHECKING:
    from map4.stats import Statistics


_DJ, _SOME = "For DJ programs", "Of some formats"

Origin = Literal["library", "query", "tracks", "playlist"]
"""What was selected: everything, what matches a query, files that were named, or a list in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContent:
    """What an exporter writes.

    tracks: in order. They are read from the library as they are taken, and can be taken as often as needed: an
        exporter that holds none of them runs in constant memory
    statistics: computes those of the tracks when called; a list's repetitions count once
    origin: what was selected
    name, description: for people; None without
    query: the text behind the origin "query"
    playlist: the same tracks as a list, with transitions, reasons and quality, where the origin is a list
    prefer: which source of tempo and key counts where the user set none
    notation: how keys are shown to people
    made: when, in words, for people; None leaves it out, so that the same tracks give the same bytes
    map4_version: of the program that exports; None where it is not told
    playlists: reads the stored lists that go along where the whole library is exported, one after the other; a format
        that holds no lists besides the tracks leaves them alone
    neighbours: finds the nearest tracks of the library to one of them, by sound and by how well they mix, and how near
    cover: reads the cover of a track, as JPEG no side of which has more pixels; None where it has none
    sampled: reads at most so many of the tracks, evenly spread, with what pictures need of them: sound vectors
        and overviews; None where there is nothing more to read
    plays: reads what who exports heard of the tracks, or all that they heard where the whole library is exported
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

    def as_list(self) -> Tracklist:
        """The tracks as a list, for formats that hold nothing else."""
        if self.playlist is not None:
            return self.playlist
        return Tracklist(tracks=self.tracks, name=self.name, description=self.description)


@call_options
class ExportOptions:
    """What an export is asked for. A format says which of these it has (`FormatOptions`); others are wrong usage."""

    path_maps: PathMaps = option(PathMaps(), about="How paths are written; every format follows them.", is_remote=False)
    columns: Sequence[str] = option(
        (), "--columns", "Columns of csv and xlsx, in this order.", metavar="A,B,…", heading=_SOME,
        reads=lambda text: _names("--columns", "column", text, "artist,title,bpm"),
    )  # fmt: skip
    bom: bool = option(False, "--bom", "Mark csv as UTF-8, which Excel needs.", heading=_SOME)
    raw: bool = option(False, "--raw", "Leave csv cells that begin like a formula as they are.", heading=_SOME)
    with_grid: bool = option(
        False, "--with-grid", "Write beat grids too: the imported one, else map4's own.", heading=_DJ
    )
    measured_grid: bool = option(
        False, "--measured-grid", "Write map4's own beat grids, not the imported ones.", heading=_DJ
    )
    with_cues: CueChoice | None = option(
        None, "--with-cues", "Which cue points to write. (default: imported)", heading=_DJ
    )
    cue_kind: CueForm | None = option(
        None, "--cue-kind", "Write cue points as hot cues (up to eight), as memory cues, or as both.",
        about="Write cue points as hot cues (up to eight), as memory cues, or as both; else imported ones stay as they "
        "are, and detected ones are hot as far as buttons are free.",
        heading=_DJ,
    )  # fmt: skip
    into: str | os.PathLike[str] | None = option(
        None, "--into",
        "Replace values in BASE, rekordbox's own XML, keep all else of it byte for byte, and write that to FILE.",
        metavar="BASE", heading=_DJ, is_remote=False,
    )  # fmt: skip
    replace: Sequence[str] | None = option(
        None, "--replace",
        "What to replace with --into: bpm, key, genre, rating, comment, color. (default: bpm,key; nothing with "
        "--with-grid or --with-cues)",
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
        {}, "--option", "Another option of the format; repeatable.", metavar="NAME=VALUE", heading=_SOME
    )

    @property
    def writes_grids(self) -> bool:
        """Whether beat grids are to be written, whichever."""
        return self.with_grid or self.measured_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSummary(
    Record,
    kind="export-summary",
    members="path format tracks size_bytes remarks dry_run=is_dry_run",
):
    """What an export did ('map4 export -o FILE --json').

    path: the file that was asked for; None where a stream was written
    format: its name
    tracks: written, or with --dry-run to be written
    size_bytes: of the file; None of a stream, and of what was not written
    remarks: what the format could not hold, in sentences
    unknown: paths that were named and that the library knows nothing of
    is_dry_run: whether nothing was written
    """

    path: str | None
    format: str
    tracks: Count
    size_bytes: Count | None = None
    remarks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    is_dry_run: bool = False


def _names(option: str, what: str, text: str, example: str) -> tuple[str, ...]:
    """The names of a list with commas."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError(f"{option} names no {what}; write it as {example}.")
    return names
