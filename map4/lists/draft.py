"""A list made of others: its tracks, judged as they stand in it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from map4.lists.check import transitions
from map4.lists.judging.quality import list_quality
from map4.lists.listed_tracks import listed_tracks
from map4.lists.refresh import Replaced
from map4.music.lists.limits import ListLimits
from map4.music.lists.listed import ListHeader
from map4.music.lists.tracklist import PlacedPick, Tracklist, length_s
from map4.music.mixing.ordering import OrderMethod
from map4.music.track.genre import GenreTable
from map4.search import ResolvedPlaylist


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistDraft:
    """A list made of others, and what could not be taken over.

    content: to be written, stored or shown
    sources: the lists it was made of
    method: how it was ordered; None where it was not
    before: a list that was put in another order, as it was
    replaced: what of the source was replaced, in a refreshed list
    missing: how many tracks could not be found that were wanted
    """

    content: Tracklist
    sources: tuple[ResolvedPlaylist, ...]
    method: OrderMethod | None = None
    before: Tracklist | None = None
    replaced: tuple[Replaced, ...] = ()
    missing: int = 0


def drafted(
    placed: Sequence[PlacedPick],
    genres: GenreTable,
    *,
    origin: ResolvedPlaylist | None = None,
    limits: ListLimits | None = None,
    has_plans: bool = False,
) -> Tracklist:
    """The content of a list: its transitions and quality judged anew, and what its origin says of the rest.

    origin: the list that it takes the place of, for its name, description and header
    limits: those it was made by now; None takes its origin's
    has_plans: keep the mix plans, as each track still follows the one that its plan begins with
    """
    header = replace(origin.header, live=None) if origin else ListHeader()  # what comes of a live list stands
    if limits is not None:
        header = replace(header, options={**header.options, **limits.limits_record()})
    tracks = [track for track, _ in placed]
    steps = [None, *transitions(tracks)]
    told = [
        replace(
            pick,
            transition=None if step is None else step.compatibility,
            hamms_similarity=None if step is None else step.similarity,
            plan=pick.plan if has_plans else None,
        )
        for step, (_, pick) in zip(steps, placed, strict=True)
    ]
    quality = list_quality(listed_tracks(zip(tracks, told, strict=True), genres), limits=header.limits, genres=genres)
    return Tracklist(
        tracks=tracks,
        name=origin.name if origin else None,
        description=origin.description if origin else None,
        picks=told,
        header=replace(header, duration_s=round(length_s(tracks, told), 1), quality=quality),
    )
