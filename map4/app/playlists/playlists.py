"""What map4 does with lists: check, order, refresh, fill and merge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np

from map4.app.options import given
from map4.app.playlists.candidates import PlaylistMaker
from map4.app.playlists.check import PlaylistCheck, check_list, mixing_gains, transitions
from map4.app.playlists.extend import (
    CachedSearch,
    Extender,
    FillKeywords,
    FillOptions,
    Placed,
    RefreshKeywords,
    RefreshOptions,
    TrackChoice,
)
from map4.app.playlists.files import PlaylistFiles, shown_source
from map4.app.playlists.listed_tracks import listed_tracks
from map4.app.playlists.refresh import Gap, Replaced, plan_refresh
from map4.app.playlists.resolve import harmonic_of, merge_lists, policy_of
from map4.app.query_context import query_context
from map4.domain.columns import NO_KEY
from map4.domain.genre import GenreTable, shipped_genres
from map4.domain.playlist.energy_curve import EnergyCurve, parse_curve
from map4.domain.playlist.options import PlaylistOptions
from map4.domain.playlist.presets import playlist_options
from map4.domain.preferences import Preferences
from map4.domain.query.parser import parse_query
from map4.domain.recording import recording_facts
from map4.domain.tempo_step import TempoPolicy
from map4.domain.track import Track
from map4.domain.tracklist import Tracklist, duration_of
from map4.errors import NothingFoundError, UsageError
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.search import Search
from map4.infra.sqlite.sound_index import SoundIndex
from map4.infra.sqlite.tracks import TrackStore
from map4.selection.list_repair import Spares
from map4.selection.matching.resolved_playlist import ResolvedPlaylist
from map4.selection.mixing import UNKNOWN_KEY, MixColumns
from map4.selection.ordering import OrderMethod, best_order
from map4.selection.quality import list_quality

DEFAULT_POLICY: TempoPolicy = "flexible"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistDraft:
    """A list made of others, and what could not be taken over.

    Parameters
    ----------
    content : to be written, stored or shown
    sources : the lists it was made of
    method : how it was ordered; None where it was not
    before, after : mean compatibility of the transitions, 0-1; None without any
    replaced : what of the source was replaced, in a refreshed list
    missing : how many tracks could not be found that were wanted
    """

    content: Tracklist
    sources: tuple[ResolvedPlaylist, ...]
    method: OrderMethod | None = None
    before: float | None = None
    after: float | None = None
    replaced: tuple[Replaced, ...] = ()
    missing: int = 0


class Playlists(PlaylistFiles):
    """The lists of one library, and those in files; `map4.Library.lists`."""

    def __init__(
        self,
        database: Database,
        store: TrackStore,
        search: Search,
        sounds: SoundIndex,
        *,
        genres: GenreTable | None = None,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__(database, store)
        self._preferences = preferences or Preferences()
        self._search = search
        self._sounds = sounds
        self._genres = genres or shipped_genres()

    def check(
        self,
        resolved: ResolvedPlaylist,
        *,
        policy: TempoPolicy | None = None,
        curve: EnergyCurve | str | None = None,
        suggest: bool = True,
    ) -> PlaylistCheck:
        """Judge a list, and look for what would help where it is weak.

        Parameters
        ----------
        policy : how far the tempo may go; None takes the list's own, or else "flexible"
        curve : course of energy that was wanted, or the name or points of one; None takes the list's own
        suggest : look for replacements in the library

        Raises
        ------
        NothingFoundError
            If none of its tracks is in the library.
        UsageError
            If there is no such curve.
        """
        _require_tracks(resolved)
        spares = self._spares(resolved.tracks()) if suggest else None
        policy = policy or policy_of(resolved) or DEFAULT_POLICY
        return check_list(
            resolved,
            policy=policy,
            genres=self._genres,
            spares=spares,
            find_spare=self._track_by_id,
            curve=parse_curve(curve) if isinstance(curve, str) else curve,
        )

    def order(
        self,
        resolved: ResolvedPlaylist,
        *,
        pin_first: bool = False,
        pin_last: bool = False,
    ) -> PlaylistDraft:
        """Put the tracks of a list in the order that mixes best.

        Parameters
        ----------
        pin_first, pin_last : keep the track that is first or last there

        Raises
        ------
        NothingFoundError
            If none of its tracks is in the library.
        """
        tracks = _require_tracks(resolved)
        found = best_order(
            mixing_gains(tracks),
            first=0 if pin_first else None,
            last=len(tracks) - 1 if pin_last and len(tracks) > 1 else None,
        )
        content = self._content([tracks[index] for index in found.indices], resolved)
        return PlaylistDraft(
            content=content,
            sources=(resolved,),
            method=found.method,
            before=_mean_compatibility(tracks),
            after=_mean_compatibility(content.tracks),
        )

    def content(self, resolved: ResolvedPlaylist) -> Tracklist:
        """The tracks of a list as they stand in it, with their transitions judged.

        Raises
        ------
        NothingFoundError
            If none of its tracks is in the library.
        """
        return self._content(_require_tracks(resolved), resolved, details=[e.detail for e in resolved.found])

    def refresh(
        self, resolved: ResolvedPlaylist, options: RefreshOptions | None = None, **keywords: Unpack[RefreshKeywords]
    ) -> PlaylistDraft:
        """Keep the tracks of a list that still fit, and find others for the rest.

        A track fits if it is there, and its transitions keep to the tempo policy and the harmonic rule.

        Raises
        ------
        NothingFoundError
            If none of its tracks is in the library.
        """
        asked = given(RefreshOptions, options, keywords)
        _require_tracks(resolved)
        policy = asked.policy or policy_of(resolved) or DEFAULT_POLICY
        harmonic = asked.harmonic or harmonic_of(resolved)
        plan = plan_refresh(resolved, policy=policy, harmonic=harmonic)
        grower = self._grower(playlist_options(policy=policy, harmonic=harmonic), asked)
        grower.take(resolved.tracks())
        placed: list[Placed] = []
        replaced: list[Replaced] = []
        for part in plan:
            if isinstance(part, Gap):
                found, became = grower.fill(part)
                placed += found
                replaced += became
            else:
                placed.append(Placed(track=part))
        return self._made(placed, resolved, replaced=tuple(replaced))

    def fill(
        self, resolved: ResolvedPlaylist, wishes: FillOptions | None = None, **keywords: Unpack[FillKeywords]
    ) -> PlaylistDraft:
        """Go on with a list until it is as long as wanted; what is there stays as it is.

        Raises
        ------
        NothingFoundError
            If none of its tracks is in the library.
        UsageError
            If it is that long already.
        """
        tracks = _require_tracks(resolved)
        asked = given(FillOptions, wishes, keywords)
        options = asked.options(policy=policy_of(resolved), harmonic=harmonic_of(resolved))
        grower = self._grower(options, asked.choice)
        grower.take(tracks)
        if options.minutes is not None:
            left = options.minutes - sum(duration_of(track) or 0.0 for track in tracks[:-1]) / 60.0
            _require_room(left > (duration_of(tracks[-1]) or 0.0) / 60.0, resolved, f"{options.minutes:g} minutes")
            found = grower.for_minutes(tracks[-1], left)
            missing = _tracks_short([*tracks, *(one.track for one in found)], options.minutes) if grower.is_short else 0
        else:
            count = (options.n or 0) - len(tracks)
            _require_room(count > 0, resolved, f"{options.n} tracks")
            found = grower.after(tracks[-1], count)
            missing = count - len(found)
        kept = [Placed(track=track) for track in tracks]
        return replace(self._made([*kept, *found], resolved), missing=missing)

    def _grower(self, options: PlaylistOptions, choice: TrackChoice) -> Extender:
        search = CachedSearch(self._search)
        maker = PlaylistMaker(self._store, search, self._sounds, genres=self._genres)
        return Extender(self._store, search, maker, options, choice, self._preferences)

    def _made(
        self,
        placed: Sequence[Placed],
        resolved: ResolvedPlaylist,
        *,
        replaced: tuple[Replaced, ...] = (),
    ) -> PlaylistDraft:
        details = {entry.track.path: entry.detail for entry in resolved.found if entry.track}
        tracks = [one.track for one in placed]
        content = self._content(
            tracks,
            resolved,
            details=[details.get(one.track.path, {}) if one.detail is None else one.detail for one in placed],
        )
        return PlaylistDraft(
            content=content,
            sources=(resolved,),
            before=_mean_compatibility(resolved.tracks()),
            after=_mean_compatibility(tracks),
            replaced=replaced,
            missing=sum(one.track is None for one in replaced),
        )

    def merge(self, lists: Sequence[ResolvedPlaylist]) -> PlaylistDraft:
        """Put lists one after the other, each recording once.

        Raises
        ------
        NothingFoundError
            If none of their tracks is in the library.
        """
        tracks = merge_lists(lists)
        if not tracks:
            raise NothingFoundError("none of the tracks of these lists is in the library; 'map4 scan FOLDER' adds them")
        content = self._content(tracks, None)
        return PlaylistDraft(content=content, sources=tuple(lists), after=_mean_compatibility(tracks))

    def _content(
        self,
        tracks: Sequence[Track],
        origin: ResolvedPlaylist | None,
        *,
        details: Sequence[Mapping[str, Any]] = (),
    ) -> Tracklist:
        policy = (policy_of(origin) if origin else None) or DEFAULT_POLICY
        steps = [None, *(step.transition_record() for step in transitions(tracks))]
        listed = listed_tracks(tracks, self._genres)
        quality = list_quality(listed, policy=policy, genres=self._genres)
        header: dict[str, Any] = {"seeds": [], "options": {}, **(origin.header if origin else {})}
        return Tracklist(
            tracks=tracks,
            name=origin.name if origin else None,
            description=origin.description if origin else None,
            details=[
                {"energy_target": None, "relaxed": [], "reasons": [], **detail, "transition": step}
                for step, detail in zip(steps, details or [{}] * len(steps), strict=True)
            ],
            header=header | {"relaxed": [], "quality": quality.to_record()},
        )

    def _spares(self, listed: Sequence[Track]) -> Spares:
        """The tracks of the library that are no recording of the list."""
        columns = self._search.columns(parse_query(""), query_context(self._preferences))
        every = columns.recordings()
        taken = {file_id for track in listed for file_id in every.same(**recording_facts(track))}
        rows = np.flatnonzero(~np.isin(columns.file_id, list(taken)))
        key = columns.key[rows].astype(int)
        names = list(zip(columns.label_family[rows], columns.genre[rows], strict=True))
        families = {name: self._genres.track_family(*name) for name in set(names)}
        return Spares(
            ids=[int(file_id) for file_id in columns.file_id[rows]],
            mix=MixColumns(
                bpm=columns.bpm[rows], key=np.where(key == NO_KEY, UNKNOWN_KEY, key), energy=columns.energy[rows]
            ),
            artists=columns.artist[rows].tolist(),
            families=[families[name] for name in names],
        )

    def _track_by_id(self, file_id: int) -> Track | None:
        return next(iter(self._store.tracks_by_id([file_id])), None)


def _tracks_short(tracks: Sequence[Track], minutes: float) -> int:
    """About how many tracks are missing from a list that was to last so long; at least one."""
    lengths_s = [duration_of(track) or 0.0 for track in tracks]
    mean_s = sum(lengths_s) / len(lengths_s)
    return max(1, round((minutes * 60.0 - sum(lengths_s)) / mean_s)) if mean_s else 1


def _require_room(has_room: bool, resolved: ResolvedPlaylist, asked: str) -> None:
    if not has_room:
        raise UsageError(f"{shown_source(resolved.source)} is that long already; ask for more than {asked} in all")


def _require_tracks(resolved: ResolvedPlaylist) -> list[Track]:
    tracks = resolved.tracks()
    if not tracks:
        count, name = len(resolved.entries), shown_source(resolved.source)
        if not count:
            raise NothingFoundError(f"{name} has no entries")
        raise NothingFoundError(
            f"none of the {count} entries of {name} is in the library; 'map4 scan FOLDER' adds tracks, and --path-map "
            "FROM=TO says where another machine's folder is here"
        )
    return tracks


def _mean_compatibility(tracks: Sequence[Track]) -> float | None:
    steps = transitions(tracks)
    return sum(step.compatibility.total for step in steps) / len(steps) if steps else None
