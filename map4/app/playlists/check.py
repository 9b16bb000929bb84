"""Check a list as a DJ would: how good it is, where it is weakest, and what would help there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from map4.app.playlists.listed_tracks import listed_tracks, similarity, wanted_energy
from map4.domain.compatibility import Compatibility, compare_mix, mix_traits, rate_compatibility
from map4.domain.genre import GenreTable
from map4.domain.playlist.energy_curve import EnergyCurve
from map4.domain.tempo_step import TempoPolicy
from map4.domain.track import Track, display_path, path_fields
from map4.selection.list_repair import Move, Spares, best_move, best_replacement
from map4.selection.matching.resolved_playlist import ResolvedPlaylist
from map4.selection.mixing import MixColumns, mix_scores
from map4.selection.ordering import OrderMethod, best_order
from map4.selection.quality import ListedTrack, ListQuality, list_quality

CHECK_SCHEMA = "map4/playlist-check/1"

WEAKEST_STEPS = 5
"""So many weak transitions are told; more is a list to be made anew."""

STRONG_STEP = 0.75
"""A transition from here on ("good") needs no help."""

MOST_LIKENED = 200
"""Up to so many tracks every pair is asked how alike it sounds (.3 s); in longer lists equals abound anyway."""

MOST_REORDERED = 200
"""Up to so many tracks a check looks for a better order of them all."""

# A gain below this is no reason to touch a list.
_WORTHWHILE = 0.01
# Compatibilities differ by .004 or not at all; the likeness of sound only decides between equals.
_SIMILARITY_SHARE = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The transition from one place of a list to the next; places from 0."""

    place: int
    compatibility: Compatibility
    similarity: float | None

    def transition_record(self) -> dict[str, Any]:
        """The step as playlists have it."""
        return self.compatibility.to_record(similarity=self.similarity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Another track for a place, and what both of its transitions would be worth on average, 0-1."""

    place: int
    track: Track
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakStep:
    """A transition that could be better, and what would help; None where nothing does."""

    step: Step
    move: Move | None
    replacement: Replacement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BetterOrder:
    """All tracks in the order that mixes best, with the mean compatibility then."""

    places: tuple[int, ...]
    method: OrderMethod
    compatibility: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistCheck:
    """What a check found; places count from 0 here and from 1 in records.

    Parameters
    ----------
    resolved : the list with its entries
    tracks : those that were judged
    quality : None in a list without tracks
    steps : every transition
    weakest : the weakest first
    better_order : None where the present one is as good
    """

    resolved: ResolvedPlaylist
    tracks: tuple[Track, ...]
    policy: TempoPolicy
    quality: ListQuality | None
    steps: tuple[Step, ...]
    weakest: tuple[WeakStep, ...]
    better_order: BetterOrder | None

    @property
    def passes(self) -> bool:
        """Whether the list is good enough and all of it is there, streams apart."""
        return self.quality is not None and not self.faults()

    def faults(self) -> list[str]:
        """Why it does not pass: parts that are too low, and how many entries are not there."""
        low = self.quality.too_low() if self.quality else []
        counts = self.resolved.counts()
        left = len(self.resolved.entries) - counts["found"] - counts["url"]
        return [*([f"{', '.join(low)} too low"] if low else []), *([f"{left} not found"] if left else [])]

    @property
    def compatibility(self) -> float | None:
        """Mean over the transitions, 0-1; None without any."""
        return _mean([step.compatibility.total for step in self.steps])

    def to_record(self) -> dict[str, Any]:
        """The `map4/playlist-check/1` document."""
        mean = self.compatibility
        return {
            "schema": CHECK_SCHEMA,
            "source": display_path(self.resolved.source),
            "format": self.resolved.format,
            "name": self.resolved.name,
            "passes": self.passes,
            "policy": self.policy,
            "quality": self.quality.to_record() if self.quality else None,
            "compatibility": _rounded(mean),
            "rating": None if mean is None else rate_compatibility(mean),
            "counts": {"entries": len(self.resolved.entries), **self.resolved.counts()},
            "entries": [entry.to_record() for entry in self.resolved.entries],
            "transitions": [
                {"from": step.place + 1, "to": step.place + 2, **step.transition_record()} for step in self.steps
            ],
            "weakest": [_weak_record(weak) for weak in self.weakest],
            "better_order": self.better_order
            and {
                "positions": [place + 1 for place in self.better_order.places],
                "method": self.better_order.method,
                "compatibility": _rounded(self.better_order.compatibility),
            },
        }


def check_list(
    resolved: ResolvedPlaylist,
    *,
    policy: TempoPolicy,
    genres: GenreTable,
    spares: Spares | None,
    find_spare: Callable[[int], Track | None],
    curve: EnergyCurve | None = None,
) -> PlaylistCheck:
    """Judge a list's transitions, and look for what would make the weakest better.

    Parameters
    ----------
    resolved : the list; what was not found is left out of the judgement, and reported
    policy : how far the tempo may go from track to track
    spares : tracks of the library to replace others by; None looks for none
    find_spare : gives the track of a spare's id
    curve : the energy that was wanted; None takes what the list itself says
    """
    tracks = resolved.tracks()
    wanted = [wanted_energy(entry.detail) for entry in resolved.found]
    if curve is not None:
        wanted = [curve.at(place / max(1, len(tracks) - 1)) for place in range(len(tracks))]
    listed = listed_tracks(tracks, genres, wanted)
    steps = transitions(tracks)
    gains = mixing_gains(tracks)
    weak = [step for step in sorted(steps, key=_weakness) if step.compatibility.total < STRONG_STEP][:WEAKEST_STEPS]

    def helped(step: Step) -> WeakStep:
        move = best_move(gains, step.place, least_gain=_WORTHWHILE)
        return WeakStep(step=step, move=move, replacement=_replacement(step.place, listed, tracks, spares, find_spare))

    return PlaylistCheck(
        resolved=resolved,
        tracks=tuple(tracks),
        policy=policy,
        quality=list_quality(listed, policy=policy, genres=genres) if listed else None,
        steps=tuple(steps),
        weakest=tuple(helped(step) for step in weak),
        better_order=_better_order(gains, steps),
    )


def transitions(tracks: Sequence[Track]) -> list[Step]:
    """The transitions of a list, judged."""
    traits = [mix_traits(track) for track in tracks]
    return [
        Step(place=place, compatibility=compare_mix(traits[place], traits[place + 1]), similarity=similarity(a, b))
        for place, (a, b) in enumerate(itertools.pairwise(tracks))
    ]


def mixing_gains(tracks: Sequence[Track]) -> NDArray[np.float64]:
    """What going from each track to each is worth, shape (n, n): compatibility, and a hair for sounding alike."""
    columns = MixColumns.of(mix_traits(track) for track in tracks)
    gains: NDArray[np.float64] = np.array(mix_scores(columns[:, None], columns[None, :]).total)
    for a, b in itertools.combinations(range(len(tracks)), 2) if len(tracks) <= MOST_LIKENED else ():
        alike = _SIMILARITY_SHARE * (similarity(tracks[a], tracks[b]) or 0.0)
        gains[a, b] += alike
        gains[b, a] += alike
    return gains


def _weakness(step: Step) -> tuple[float, int]:
    return round(step.compatibility.total, 9), step.place


def _replacement(
    place: int,
    listed: Sequence[ListedTrack],
    tracks: Sequence[Track],
    spares: Spares | None,
    find_spare: Callable[[int], Track | None],
) -> Replacement | None:
    if spares is None:
        return None
    found = best_replacement(
        [item.mix for item in listed],
        [track.tags.artist for track in tracks],
        [item.genre_family for item in listed],
        place,
        spares,
        least_gain=_WORTHWHILE,
    )
    track = None if found is None else find_spare(found.spare_id)
    if found is None or track is None:
        return None
    return Replacement(place=found.place, track=track, before=found.before, after=found.after)


def _better_order(gains: NDArray[np.float64], steps: Sequence[Step]) -> BetterOrder | None:
    if not 2 <= len(steps) < MOST_REORDERED:
        return None
    found = best_order(gains)
    pairs = list(itertools.pairwise(found.indices))
    mean = float(np.mean([gains[a, b] for a, b in pairs]))
    present = float(np.mean([gains[step.place, step.place + 1] for step in steps]))
    if mean < present + _WORTHWHILE:
        return None
    return BetterOrder(places=found.indices, method=found.method, compatibility=mean)


def _weak_record(weak: WeakStep) -> dict[str, Any]:
    move, replacement = weak.move, weak.replacement
    return {
        "from": weak.step.place + 1,
        "to": weak.step.place + 2,
        "compatibility": _rounded(weak.step.compatibility.total),
        "rating": weak.step.compatibility.rating,
        "type": weak.step.compatibility.type,
        "move": move
        and {
            "position": move.place + 1,
            "after_position": move.after + 1,
            "compatibility": {"before": _rounded(move.before), "after": _rounded(move.gained)},
        },
        "replacement": replacement
        and {
            "position": replacement.place + 1,
            **path_fields(replacement.track.path),
            "artist": replacement.track.tags.artist,
            "title": replacement.track.tags.title,
            "compatibility": {"before": _rounded(replacement.before), "after": _rounded(replacement.after)},
        },
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
