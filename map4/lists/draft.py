"""A list made from other lists: its tracks, judged in their new places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from map4.core.music.lists.limits import ListLimits
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.tracklist import PlacedPick, Tracklist, length_s, tempo_misses
from map4.core.music.mixing.ordering import OrderMethod
from map4.core.music.track.genre import GenreTable
from map4.lists.check import transitions
from map4.lists.judging.quality import list_quality, listed_tracks
from map4.lists.refresh import Replaced
from map4.search import ResolvedPlaylist


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistDraft:
    """A list made from other lists, and what could not be kept.

    content: to write, store or show
    sources: the lists it was made from
    method: how it was ordered; None if it was not
    before: the list before it was ordered
    replaced: entries of the source that were replaced, in a refreshed list
    missing: number of wanted tracks that were not available
    notes: what was not judged, in words
    """

    content: Tracklist
    sources: tuple[ResolvedPlaylist, ...]
    method: OrderMethod | None = None
    before: Tracklist | None = None
    replaced: tuple[Replaced, ...] = ()
    missing: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the tracks have another order than before."""
        before = self.before or self.content
        return [track.path for track in before.tracks] != [track.path for track in self.content.tracks]


def drafted(
    placed: Sequence[PlacedPick],
    genres: GenreTable,
    *,
    origin: ResolvedPlaylist | None = None,
    limits: ListLimits | None = None,
    has_plans: bool = False,
) -> Tracklist:
    """Make the content of a list: judge transitions and quality again, and keep the rest of its origin.

    origin: the list it replaces, for name, description and header
    limits: the limits it was made with; None uses those of the origin
    has_plans: keep the mix plans; each track still follows the track its plan begins with
    """
    header = replace(origin.header, live=None) if origin else ListHeader()  # a list made from a live list is not live
    if limits is not None:
        header = replace(header, options={**header.options, **limits.limits_record()})
    tracks = [track for track, _ in placed]
    joined = [a.mixes_into(b) for (_, a), (_, b) in pairwise(placed)]
    steps = [None, *(step if is_mix else None for step, is_mix in zip(transitions(tracks), joined, strict=True))]
    picks = [
        replace(
            pick,
            transition=None if step is None else step.compatibility,
            hamms_similarity=None if step is None else step.similarity,
            plan=pick.plan if has_plans else None,
        )
        for step, (_, pick) in zip(steps, placed, strict=True)
    ]
    quality = list_quality(listed_tracks(zip(tracks, picks, strict=True), genres), limits=header.limits, genres=genres)
    return Tracklist(
        tracks=tracks,
        name=origin.name if origin else None,
        description=origin.description if origin else None,
        picks=picks,
        header=replace(
            header,
            duration_s=round(length_s(tracks, picks), 1),
            quality=quality,
            tempo_misses=tempo_misses(header, tracks, picks),
        ),
    )
