"""A report that is to be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from map4.base.near_names import did_you_mean
from map4.music.analysis.key import Notation
from map4.music.lists.tracklist import Tracklist
from map4.music.track.track import Track
from map4.music.track.wording import shown
from map4.stats import Statistics

if TYPE_CHECKING:
    from map4.exports.figures.library_map import MapDot  # with figures comes numpy
    from map4.exports.report.blocks import Block
    from map4.exports.report.page_data import SoundPlacing

Template = Literal["standard", "summary", "library", "dj_setlist", "radio_show", "professional", "compatibility_matrix"]
TEMPLATES: tuple[Template, ...] = get_args(Template)


MOST_DETAILED = 200
"""Tracks with a part of their own; a longer report is no longer read page by page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report is about.

    tracks: in order; gone through once where `statistics` are given. Empty with a playlist, which brings its own
    template: one of `TEMPLATES`
    playlist: with transitions and reasons; None where the tracks are no list to be played
    statistics: of the tracks; None counts them, which takes them all into memory
    made: when, in words, since a report knows no clock; None leaves it out
    dots: of the library map on paper; empty leaves it out
    place: lays sound vectors out in the plane for the map of a page; None leaves it out
    with_paths: a page knows where the files lie
    neighbours: finds the nearest tracks of one that is shown in full; None leaves them out
    cover: gives the cover of a track as a JPEG no side of which has more pixels; None leaves them out
    judged: a list comes with its quality, its weak steps and figures of its transitions, which are for its maker
    body: its blocks, instead of those of tracks and a template
    most_rows: tracks in the table, where more would be too many for the reader; None means all
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
    place: SoundPlacing | None = None
    with_paths: bool = False
    with_artists: bool = True
    judged: bool = False
    neighbours: Callable[[Track], Mapping[str, Sequence[tuple[Track, float]]]] | None = None
    cover: Callable[[Track, int], bytes | None] | None = None
    body: Callable[[Report], Iterator[Block]] | None = None

    def __post_init__(self) -> None:
        if self.template not in TEMPLATES:
            raise ValueError(f"there is no template '{self.template}'; {did_you_mean(self.template, TEMPLATES)}")

    @property
    def heading(self) -> str:
        """The title as it can stand on a page."""
        return shown(self.title) or "map4"

    def as_list(self) -> Tracklist:
        """The playlist, or the tracks as a list of which nothing more is known."""
        return Tracklist(tracks=list(self.tracks)) if self.playlist is None else self.playlist
