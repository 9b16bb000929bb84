"""Make a stored list again; locked tracks keep their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from map4.core.base.call_options import declared_options
from map4.core.base.paths import absolute_path, as_paths
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.tracklist import PlacedPick, Tracklist, length_s
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.lists.candidates import PlaylistMaker
from map4.lists.options import GenerateOptions
from map4.lists.playlist.playlist import Playlist
from map4.scan import TrackResolver

_MOST_TRIES = 3
"""A list of some minutes with locked places is made by number of tracks; this is how often that number is estimated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPlaces:
    """The locked entries of a list.

    tracks: by place, from 1
    missing: entries without a file, by place
    """

    tracks: Mapping[int, PlacedPick]
    missing: Mapping[int, PlacedPick]

    @classmethod
    def of(cls, stored: Tracklist) -> LockedPlaces:
        places = enumerate(stored.listed(), start=1)
        locked = {place: entry for place, entry in places if entry[1].locked and not entry[1].sweeper}
        return cls(
            tracks={place: entry for place, entry in locked.items() if entry[0].state != "missing"},
            missing={place: entry for place, entry in locked.items() if entry[0].state == "missing"},
        )

    @property
    def least(self) -> int:
        """Minimum number of entries of the list."""
        return max((*self.tracks, *self.missing), default=0)


def remade(
    store: Store, maker: PlaylistMaker, stored: Tracklist, seeds: Sequence[Track], options: GenerateOptions
) -> tuple[list[PlacedPick], ListHeader]:
    """The entries and the header of a list that is made again; `made_with` has ids of the files.

    seeds: tracks of the library
    options: as for `map4 playlist`; files they name must be in the library
    raises UsageError: if locked tracks contradict the options
    """
    places, wanted = LockedPlaces.of(stored), options.settled()
    named = _with_sound(
        store,
        *(track.path for track in seeds),
        *([wanted.to] if wanted.to is not None else []),
        *as_paths(wanted.include),
        *(track.path for track, _ in places.tracks.values()),
    )
    at = {
        # Places of the list that is made, which lacks the missing entries.
        place - 1 - sum(gone < place for gone in places.missing): named[track.path]
        for place, (track, _) in places.tracks.items()
    }
    wanted = replace(
        wanted,
        seeds=tuple(named[track.path] for track in seeds),
        goal=None if wanted.to is None else named[absolute_path(wanted.to)],
        includes=tuple(named[absolute_path(path)] for path in as_paths(wanted.include)),
        placed=at,
    )

    def made(request: GenerateOptions) -> Playlist:
        *_, last = maker.make(request)
        assert isinstance(last, Playlist)
        return last

    playlist = _fitting(made, wanted, places) if places.least else made(wanted)
    locked = {track.path: track for track, _ in places.tracks.values()}
    placed = [
        (
            replace(pick.track, represents=locked[pick.track.path].represents)
            if pick.track.path in locked
            else pick.track,
            replace(pick.listed(), locked=pick.track.path in locked),
        )
        for pick in playlist.picks
    ]
    for place in sorted(places.missing):  # in ascending order each insertion is at its final place
        placed.insert(place - 1, places.missing[place])
    ids = [[store.addresses.address_of(track) for track in tracks] for tracks in (wanted.seeds, wanted.includes)]
    made_with: dict[str, Any] = {name: of for name, of in zip(("seeds", "include"), ids, strict=True) if of}
    if wanted.goal is not None:
        made_with["to"] = store.addresses.address_of(wanted.goal)
    return placed, replace(playlist.header, made_with=made_with)


def _fitting(make: Callable[[GenerateOptions], Playlist], wanted: GenerateOptions, places: LockedPlaces) -> Playlist:
    """Make a list with locked places: a length in minutes is converted to a number of tracks."""
    gone = len(places.missing)
    if wanted.n is not None:
        if places.least > wanted.n:
            raise UsageError(
                f"place {places.least} is locked, but the list is to have {wanted.n} tracks; unlock it or request more "
                "tracks"
            )
        return make(replace(wanted, n=wanted.n - gone))
    wanted_s = (wanted.minutes or 0.0) * 60.0
    mean_s, playlist = _mean_s([track for track, _ in places.tracks.values()]), None
    count = max(places.least, round(wanted_s / mean_s))
    for _ in range(_MOST_TRIES):  # other picks have another mean length, so the count is corrected
        playlist = make(replace(wanted, minutes=None, n=max(1, count - gone)))
        tracks = [pick.track for pick in playlist.picks]
        mean_s = _mean_s(tracks)
        lasts_s = playlist.mix_s if wanted.as_mix and playlist.mix_s else length_s(tracks, playlist.picks)
        missing = round((wanted_s - lasts_s) / mean_s)
        if not missing or playlist.missing is not None or max(places.least, count + missing) == count:
            break
        count = max(places.least, count + missing)
    assert playlist is not None
    # The request is still in minutes.
    return replace(playlist, request=replace(playlist.request, n=None, minutes=wanted.minutes))


def _mean_s(tracks: Sequence[Track]) -> float:
    known = [length for track in tracks if (length := track.length_s)]
    return sum(known) / len(known) if known else Tracklist.USUAL_LENGTH_S


def _with_sound(store: Store, *files: Any) -> dict[str, Track]:
    paths = [absolute_path(file) for file in files]
    tracks = {path: track for path in paths if (track := store.tracks.track(path, sound=True)) is not None}
    return TrackResolver.require_analysed(paths, tracks, "used for a playlist")


def plain_options(choice: GenerateOptions) -> dict[str, Any]:
    """The options that were given, as JSON values; files are paths."""
    options: dict[str, Any] = {}
    for name, declaration in declared_options(GenerateOptions).items():
        value = getattr(choice, name)
        if declaration.is_remote and value is not None and value != declaration.default:
            options[name] = _plain(value)
    return options


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    for name in ("text", "name", "value"):  # of a query or a curve, of a preset, of a gap
        if hasattr(value, name):
            return _plain(getattr(value, name))
    return str(value)
