"""What a check of a list found, and its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from map4.domain.lists.limits import ListLimits
from map4.domain.lists.quality import ListQuality
from map4.domain.lists.tracklist import length_s
from map4.domain.mixing.compatibility import Compatibility, rate_compatibility
from map4.domain.track.track import Track, display_path, path_fields
from map4.selection.list_repair import Move
from map4.selection.matching.resolved_playlist import ResolvedPlaylist
from map4.selection.ordering import OrderMethod

CHECK_SCHEMA = "map4/playlist-check/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The transition from one place of a list to the next; places from 0."""

    place: int
    compatibility: Compatibility
    similarity: float | None

    def transition_record(self) -> dict[str, Any]:
        """The step as playlists have it."""
        return self.compatibility.to_record(similarity=self.similarity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Another track for a place, and the mean compatibility of its transitions, 0-1."""

    place: int
    track: Track
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakStep:
    """A transition that could be better, and what would help; None where nothing does."""

    step: Transition
    move: Move | None
    replacement: Replacement | None

    def to_record(self) -> dict[str, Any]:
        """One of the `weakest` of a check."""
        step, move, replacement = self.step, self.move, self.replacement
        return {
            "from": step.place + 1,
            "to": step.place + 2,
            "compatibility": _rounded(step.compatibility.total),
            "rating": step.compatibility.rating,
            "type": step.compatibility.type,
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
                "artist": replacement.track.artist(),
                "title": replacement.track.title(),
                "compatibility": {"before": _rounded(replacement.before), "after": _rounded(replacement.after)},
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BetterOrder:
    """All tracks in the order that mixes best, with the mean compatibility and the quality then."""

    places: tuple[int, ...]
    method: OrderMethod
    compatibility: float
    quality: ListQuality


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistCheck:
    """What a check found; places count from 0 here and from 1 in records.

    resolved: the list with its entries
    tracks: those that were judged
    limits: by which they were
    quality: None in a list without tracks
    steps: every transition
    weakest: the weakest first
    better_order: None where the present one is as good
    """

    resolved: ResolvedPlaylist
    tracks: tuple[Track, ...]
    limits: ListLimits
    quality: ListQuality | None
    steps: tuple[Transition, ...]
    weakest: tuple[WeakStep, ...]
    better_order: BetterOrder | None

    @property
    def passes(self) -> bool:
        """Whether the list is good enough and all of it is there, streams apart."""
        return self.quality is not None and not self.faults()

    def faults(self) -> list[str]:
        """Why it does not pass: the figures that failed, and how many entries are not there."""
        failed = self.quality.failed if self.quality else ()
        counts = self.resolved.counts()
        left = len(self.resolved.entries) - counts["found"] - counts["url"]
        return [*([f"failed: {', '.join(failed)}"] if failed else []), *([f"{left} not found"] if left else [])]

    @property
    def duration_s(self) -> float:
        """How long the list lasts, as far as it is there."""
        picks = [pick for _, pick in self.resolved.placed()] if self.resolved.is_whole else ()
        return length_s(self.tracks, picks)

    @property
    def compatibility(self) -> float | None:
        """Mean over the transitions, 0-1; None without any."""
        totals = [step.compatibility.total for step in self.steps]
        return sum(totals) / len(totals) if totals else None

    def to_record(self) -> dict[str, Any]:
        """The `map4/playlist-check/1` document."""
        mean = self.compatibility
        return {
            "schema": CHECK_SCHEMA,
            "source": display_path(self.resolved.source),
            "format": self.resolved.format,
            "name": self.resolved.name,
            "passes": self.passes,
            "policy": self.limits.tempo.policy,
            "harmonic": self.limits.harmonic,
            "duration_s": round(self.duration_s, 1),
            "quality": self.quality.to_record() if self.quality else None,
            "compatibility": _rounded(mean),
            "rating": None if mean is None else rate_compatibility(mean),
            "counts": {"entries": len(self.resolved.entries), **self.resolved.counts()},
            "entries": [entry.to_record() for entry in self.resolved.entries],
            "transitions": [
                {"from": step.place + 1, "to": step.place + 2, **step.transition_record()} for step in self.steps
            ],
            "weakest": [weak.to_record() for weak in self.weakest],
            "better_order": self.better_order
            and {
                "positions": [place + 1 for place in self.better_order.places],
                "method": self.better_order.method,
                "compatibility": _rounded(self.better_order.compatibility),
                "overall": self.better_order.quality.overall,
            },
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
