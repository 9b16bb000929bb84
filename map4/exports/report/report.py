"""The input of a report, and values of a track as cells of its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from map4.core.base.text import bpm_text
from map4.core.music.analysis.analysis import DOUBTFUL, KeyEstimate, Tempo
from map4.core.music.analysis.key import Notation
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.track.track import Source, Track
from map4.core.music.track.wording import TrackWords
from map4.errors import UsageError
from map4.exports.report.blocks import Block, Cell
from map4.stats import Statistics

if TYPE_CHECKING:
    from map4.exports.figures.library_map import MapDot  # figures import numpy


Template = Literal["standard", "summary", "library", "dj_setlist", "radio_show", "professional", "compatibility_matrix"]
TEMPLATES: tuple[Template, ...] = get_args(Template)


MOST_DETAILED = 200
"""Maximum tracks with a section of their own; longer reports are not read page by page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The content and settings of a report.

    tracks: in order; iterated once if `statistics` are given. Empty with a playlist, which brings its own
    template: one of `TEMPLATES`
    playlist: with transitions and reasons; None if the tracks are not a list to be played
    statistics: of the tracks; None counts them, which loads all of them into memory
    made: date as text, since a report knows no clock; None leaves it out
    dots: of the library map; empty leaves it out
    with_paths: a page includes the file paths, as links
    neighbours: returns the nearest tracks of a track that is shown in full; None leaves them out
    cover: returns a track's cover as a JPEG with at most the given pixels per side; None leaves covers out
    judged: include a list's quality, weak steps and transition figures, which are for its maker
    body: returns the blocks, instead of tracks and a template
    most_rows: maximum tracks in the table, for the reader's sake; None means all
    """

    title: str
    tracks: Iterable[Track] = ()
    template: Template = "standard"
    playlist: Tracklist | None = None
    statistics: Statistics | None = None
    notation: Notation = "camelot"
    made: str | None = None
    dots: Sequence[MapDot] = ()
    most_rows: int | None = None
    with_paths: bool = False
    with_artists: bool = True
    judged: bool = False
    neighbours: Callable[[Track], Mapping[str, Sequence[tuple[Track, float]]]] | None = None
    cover: Callable[[Track, int], bytes | None] | None = None
    body: Callable[[Report], Iterator[Block]] | None = None

    def __post_init__(self) -> None:
        if self.template not in TEMPLATES:
            raise ValueError(
                f"there is no template '{self.template}'; {UsageError.did_you_mean(self.template, TEMPLATES)}"
            )

    @property
    def heading(self) -> str:
        """Return the title, safe to show."""
        return TrackWords.shown(self.title) or "map4"

    def as_list(self) -> Tracklist:
        """Return the playlist, or the tracks as a list without further data."""
        return Tracklist(tracks=list(self.tracks)) if self.playlist is None else self.playlist


def traits_of(track: Track) -> MixTraits:
    """What matters for mixing."""
    return MixTraits() if track.state == "failed" else MixTraits.of(track)


def bpm_cell(track: Track) -> Cell:
    """The tempo, with one decimal unless it is the user's own; a question mark where it is doubtful."""
    bpm = TrackWords(track).bpm
    if bpm is None:
        return Cell(TrackWords.UNKNOWN)
    tempo = track.analysis.tempo if track.analysis else None
    return Cell(f"{bpm_text(bpm, is_own=track.bpm_source() == 'user')}{_doubt(track.bpm_source(), tempo)}")


def key_cell(track: Track, notation: Notation) -> Cell:
    """The key; a question mark where it is doubtful."""
    key = TrackWords(track).key
    if key is None:
        return Cell(TrackWords.UNKNOWN)
    measured = track.analysis.key if track.analysis else None
    return Cell(key.in_notation(notation) + _doubt(track.key_source(), measured))


def energy_cell(track: Track) -> Cell:
    """The energy level."""
    return Cell(TrackWords(track).level)


def loudness_cell(track: Track) -> Cell:
    """Integrated loudness with one decimal."""
    analysis = track.measured()
    lufs = analysis.loudness.integrated_lufs if analysis else None
    return Cell(TrackWords.UNKNOWN) if lufs is None else Cell(f"{lufs:.1f}")


def _doubt(source: Source | None, measured: Tempo | KeyEstimate | None) -> str:
    return "?" if source == "measured" and measured and measured.confidence < DOUBTFUL else ""
