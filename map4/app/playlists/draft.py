"""A list made of others: its tracks, judged as they stand in it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from map4.app.playlists.check import transitions
from map4.app.playlists.listed_tracks import listed_tracks, relaxed_of
from map4.app.playlists.refresh import Replaced
from map4.domain.genre import GenreTable
from map4.domain.mix_plan import plan_record, told_plan
from map4.domain.playlist.limits import ListLimits
from map4.domain.track import Track
from map4.domain.tracklist import Tracklist, length_s
from map4.selection.matching.resolved_playlist import ResolvedPlaylist
from map4.selection.ordering import OrderMethod
from map4.selection.quality import list_quality


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistDraft:
    """A list made of others, and what could not be taken over.

    Parameters
    ----------
    content : to be written, stored or shown
    sources : the lists it was made of
    method : how it was ordered; None where it was not
    before, after : mean compatibility of the transitions, 0-1; None without any
    quality_before : the `quality` record of a list that was put in another order, as it was; its own is in `content`
    replaced : what of the source was replaced, in a refreshed list
    missing : how many tracks could not be found that were wanted
    """

    content: Tracklist
    sources: tuple[ResolvedPlaylist, ...]
    method: OrderMethod | None = None
    before: float | None = None
    after: float | None = None
    quality_before: Mapping[str, Any] | None = None
    replaced: tuple[Replaced, ...] = ()
    missing: int = 0


def drafted(
    tracks: Sequence[Track],
    genres: GenreTable,
    *,
    origin: ResolvedPlaylist | None = None,
    details: Sequence[Mapping[str, Any]] = (),
    limits: ListLimits | None = None,
    has_plans: bool = False,
) -> Tracklist:
    """The content of a list: its transitions and quality judged anew, and what its origin says of the rest.

    Parameters
    ----------
    origin : the list that it takes the place of, for its name, description and header
    details : what there is to say of each track; empty says nothing of any
    limits : those it was made by now; None takes its origin's
    has_plans : keep the mix plans in the details, as each track still follows the one that its plan begins with
    """
    header: dict[str, Any] = {"seeds": [], "options": {}, **(origin.header if origin else {})}
    if not isinstance(header["options"], Mapping):
        header["options"] = {}
    if limits is not None:
        header["options"] = {**header["options"], **limits.limits_record()}
    steps = [None, *(step.transition_record() for step in transitions(tracks))]
    told: list[dict[str, Any]] = []
    for position, (step, detail) in enumerate(zip(steps, details or [{}] * len(steps), strict=True), start=1):
        own = [{"position": position, **one} for one in relaxed_of(detail)]
        plan = told_plan(detail) if has_plans else None
        step = step and {**step, **plan_record(plan)}
        told.append({"energy_target": None, "reasons": [], **detail, "relaxed": own, "transition": step})
    relaxed = [one for detail in told for one in detail["relaxed"]]
    quality = list_quality(
        listed_tracks(tracks, told, genres), limits=ListLimits.of_record(header["options"]), genres=genres
    )
    return Tracklist(
        tracks=tracks,
        name=origin.name if origin else None,
        description=origin.description if origin else None,
        details=told,
        header=header
        | {"relaxed": relaxed, "duration_s": round(length_s(tracks, told), 1), "quality": quality.to_record()},
    )
