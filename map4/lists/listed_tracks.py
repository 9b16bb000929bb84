"""The properties of tracks by which lists are judged, per track or as columns."""

from __future__ import annotations

from collections.abc import Iterable

from map4.lists.judging.quality import ListedTrack
from map4.music.lists.tracklist import PlacedPick, duration_of
from map4.music.mixing.compatibility import mix_traits
from map4.music.track.genre import GenreTable


def listed_tracks(placed: Iterable[PlacedPick], genres: GenreTable) -> list[ListedTrack]:
    """The properties of each track and its list entry that the quality of a list depends on."""
    return [
        ListedTrack(
            mix=mix_traits(track),
            genre_family=track.genre_family(genres),
            artist=track.artist(),
            album=track.album(),
            audio_id=track.audio_id,
            duration_s=duration_of(track),
            has_names=bool(track.artist() and track.title()),
            wanted_energy=pick.energy_target,
            relaxed=pick.relaxed_rules,
        )
        for track, pick in placed
    ]


def track_families(labels: Iterable[str | None], tags: Iterable[str | None], genres: GenreTable) -> list[str | None]:
    """Genre families of tracks by label or else tag; each distinct pair is looked up once."""
    names = list(zip(labels, tags, strict=True))
    families = {name: genres.track_family(*name) for name in set(names)}
    return [families[name] for name in names]
