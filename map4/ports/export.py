"""The content, options and summary of an export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from map4.domain.key import Notation
from map4.domain.path_maps import PathMaps
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track, path_fields
from map4.domain.track_cues import CueChoice, CueForm
from map4.domain.tracklist import Tracklist

if TYPE_CHECKING:
    from map4.domain.statistics import Statistics

EXPORT_SUMMARY_SCHEMA = "map4/export-summary/1"

Origin = Literal["library", "query", "tracks", "playlist"]
"""What was selected: everything, what matches a query, files that were named, or a list in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContent:
    """What an exporter writes.

    Parameters
    ----------
    tracks : in order. They are read from the library as they are taken, and can be taken as often as needed: an
        exporter that holds none of them runs in constant memory
    statistics : computes those of the tracks when called; a list's repetitions count once
    origin : what was selected
    name, description : for people; None without
    query : the text behind the origin "query"
    playlist : the same tracks as a list, with transitions, reasons and quality, where the origin is a list
    prefer : which source of tempo and key counts where the user set none
    notation : how keys are shown to people
    made : when, in words, for people; None leaves it out, so that the same tracks give the same bytes
    map4_version : of the program that exports; None where it is not told
    playlists : reads the stored lists that go along where the whole library is exported, one after the other; a format
        that holds no lists besides the tracks leaves them alone
    neighbours : finds the nearest tracks of the library to one of them, by sound and by how well they mix, and how near
    cover : reads the cover of a track, as JPEG no side of which has more pixels; None where it has none
    sampled : reads at most so many of the tracks, evenly spread, with what pictures need of them: sound vectors
        and overviews; None where there is nothing more to read
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

    def as_list(self) -> Tracklist:
        """The tracks as a list, for formats that hold nothing else."""
        if self.playlist is not None:
            return self.playlist
        return Tracklist(tracks=self.tracks, name=self.name, description=self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What an export is asked for. A format says which of these it has (`FormatOptions`); others are wrong usage.

    Parameters
    ----------
    path_maps : how paths are written; every format follows them
    columns : of tables, in order; none means the usual ones
    bom : begin with a byte order mark, by which Excel knows UTF-8
    raw : leave texts that a spreadsheet would take for formulas as they are
    with_grid : write the beat grids too, the imported one where there is one, else the measured one
    measured_grid : write the beat grids too, the measured one alone
    with_cues : which cue points are written: "imported" (which None means too), "detected" or "all"
    cue_kind : write them as "hot" cues, as "memory" cues, or as "both"; None leaves imported ones as they are, and
        makes detected ones hot as far as buttons are free
    into : a file of the format, in which values are replaced and all else is kept byte for byte; None writes a new one
    replace : which values are replaced in it, by the words of the format; None means its usual ones, or none where
        grids or cue points are asked for
    template : one of the format's templates; None means its first
    more : what else the format has, by name
    """

    path_maps: PathMaps = field(default_factory=PathMaps)
    columns: Sequence[str] = ()
    bom: bool = False
    raw: bool = False
    with_grid: bool = False
    measured_grid: bool = False
    with_cues: CueChoice | None = None
    cue_kind: CueForm | None = None
    into: str | None = None
    replace: Sequence[str] | None = None
    template: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes_grids(self) -> bool:
        """Whether beat grids are to be written, whichever."""
        return self.with_grid or self.measured_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSummary:
    """What an export did.

    Parameters
    ----------
    path : the file that was asked for; None means a stream
    format : its name
    tracks : how many were written, or would be
    size_bytes : of the file; None of a stream, and of what was not written
    remarks : sentences about what the format could not hold
    unknown : paths that were named and that the library knows nothing of
    is_dry_run : whether nothing was written
    """

    path: str | None
    format: str
    tracks: int
    size_bytes: int | None = None
    remarks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    is_dry_run: bool = False

    def to_record(self) -> dict[str, Any]:
        """The `map4/export-summary/1` document: JSON values only."""
        return {
            "schema": EXPORT_SUMMARY_SCHEMA,
            **({"path": None} if self.path is None else path_fields(self.path)),
            "format": self.format,
            "tracks": self.tracks,
            "size_bytes": self.size_bytes,
            "remarks": list(self.remarks),
            "dry_run": self.is_dry_run,
        }
