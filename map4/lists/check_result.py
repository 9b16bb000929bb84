"""The result of a list check, and its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, get_args

from map4.core.base.records import Count, Fraction4, Json, Ordinal, Record
from map4.core.base.shown import Shown
from map4.core.music.lists.limits import ListLimits
from map4.core.music.lists.quality import ListQuality, whole_figure
from map4.core.music.lists.tracklist import TENTHS, Tracklist, length_s, tempo_lines
from map4.core.music.mixing import compatibility as mixing
from map4.core.music.mixing.mix_kind import MixKind
from map4.core.music.mixing.mix_plan import Against, MixPlan, NoPlan
from map4.core.music.mixing.ordering import OrderMethod
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import numbered_cells
from map4.lists.judging.locked_order import Move
from map4.search import EntryStatus, ResolvedPlaylist


class ListStep(
    Record, members=f"from=place+1 to=place+2 {mixing.Compatibility.members('compatibility', is_planned=True)}"
):
    """The transition from one place of a list to the next; places count from 0.

    similarity: by HAMMS; None if unknown
    joint: its plan; None for a long overlap
    faults: what caps its rating
    words: its problems, in short; a poor transition has at least one
    """

    place: int
    compatibility: mixing.Compatibility
    similarity: Fraction4 | None
    joint: MixPlan | NoPlan | None = None

    @property
    def rating(self) -> mixing.MixRating:
        return self.compatibility.rate_joint(self.joint)

    @property
    def faults(self) -> tuple[Against, ...]:
        return self.compatibility.joint_faults(self.joint)

    @property
    def words(self) -> tuple[str, ...]:
        return self.compatibility.joint_words(self.joint)

    @property
    def is_copy(self) -> bool:
        """Whether its second track is a recording that the list has before."""
        return any(fault.kind == "copy" for fault in self.faults)


class Replacement(
    Record,
    members="position=place+1 audio_id=track.audio_id path=track.path artist=track.artist() title=track.title()"
    " compatibility.before=before compatibility.after=after",
):
    """A track for a place, instead of the present one or before it.

    before, after: mean compatibility of the whole list, 0-1, before and after the change
    """

    place: int
    track: Track
    before: Fraction4
    after: Fraction4


class OtherJoint(Record):
    """Another joint of the same tracks, and its rating.

    bars: length of the overlap; None for a cut
    """

    kind: MixKind
    bars: Ordinal | None
    rating: mixing.MixRating


class WeakStep(
    Record,
    members="from=step.place+1 to=step.place+2 compatibility=step.compatibility.total"
    " rating=step.rating type=step.compatibility.type words=step.words"
    " swap move insertion replacement joint remove",
):
    """A transition that could be better, and what would improve it; None if nothing does.

    words: its problems, in short
    swap: a track that changes places with its neighbour
    move: a track that moves anywhere, which may be the same
    insertion: a track between the two
    joint: another way to mix the two
    remove: position of the second track if it repeats a recording, which nothing else mends
    """

    step: ListStep
    move: Move | None
    swap: Move | None
    replacement: Replacement | None
    insertion: Replacement | None
    joint: OtherJoint | None
    remove: Ordinal | None


class SongAgain(Record):
    """A track that is a version of an earlier track of the list; both are positions."""

    position: Ordinal
    first: Ordinal


class BetterOrder(Record, members="positions method compatibility overall=quality.overall"):
    """All tracks in the order that mixes best, with its mean compatibility and quality."""

    places: tuple[int, ...]
    method: OrderMethod
    compatibility: Fraction4
    quality: ListQuality

    @property
    def positions(self) -> Annotated[tuple[Ordinal, ...], Json(uniqueItems=True)]:
        """The positions of the tracks, from 1."""
        return tuple(place + 1 for place in self.places)


class PlaylistCheck(
    Record,
    Shown,
    kind="playlist-check",
    members="source=resolved.source format=resolved.format name=resolved.name passes policy=limits.tempo.policy"
    " harmonic=limits.harmonic duration_s quality compatibility rating counts entries=resolved.entries"
    " transitions=steps weak weakest better_order tempo_misses songs_again notes",
):
    """A checked list: quality, transitions, and improvements for weak steps.

    format: None for a stored list
    passes: the quality passes, and every entry was matched
    policy, harmonic: the limits used
    duration_s: of the tracks that are present
    compatibility: mean of the transitions
    resolved: the list with its entries
    tracks: the tracks judged
    limits: the limits used
    quality: None for a list without tracks
    steps: every transition but those of sweepers
    weak: number of fair and poor transitions
    weakest: the weakest of them, poor first
    better_order: None if the present order is as good
    tempo_misses: the tenths of the time that leave the tempo curve, and why; None without a curve
    songs_again: versions of songs that the list has before; no weak steps, as they may be meant
    notes: what was not judged, in words
    """

    resolved: ResolvedPlaylist
    tracks: tuple[Track, ...]
    limits: ListLimits
    quality: ListQuality | None
    steps: tuple[ListStep, ...]
    weak: Count
    weakest: tuple[WeakStep, ...]
    better_order: BetterOrder | None
    tempo_misses: tuple[str, ...] | None = None
    songs_again: tuple[SongAgain, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self._brief(", ".join(self.words()))

    def rows(self) -> list[Mapping[str, str]]:
        mixes = {step.place + 1: f"{step.compatibility.total:.2f}" for step in self.steps}
        return numbered_cells(self.tracks, mix=[mixes.get(place, "") for place in range(len(self.tracks))])

    def words(self) -> Sequence[str]:
        lines = Tracklist.summary(len(self.tracks), self.duration_s, self.quality, self.poor)
        return [*lines, *tempo_lines(self.tempo_misses), *self.notes]

    @property
    def poor(self) -> tuple[int, ...]:
        """Positions (from 1) of the tracks that are mixed in poorly, as planned."""
        return tuple(step.place + 2 for step in self.steps if step.rating == "poor")

    @property
    def passes(self) -> bool:
        """Whether the list is good enough and every entry is present; streams don't count."""
        return self.quality is not None and not self.shortcomings()

    def shortcomings(self) -> list[str]:
        """Reasons why the list does not pass: quality scores below their marks, and the number of missing entries."""
        quality, counts = self.quality, self.resolved.counts()
        below = [
            f"{name} {whole_figure(getattr(quality, name))} ({ListQuality.PASS_MARKS[name]:g})"
            for name in (quality.failed if quality else ())
        ]
        reached = 100.0 * (1.0 - len(self.tempo_misses or ()) / TENTHS)
        if reached < ListQuality.PASS_MARKS["energy"]:
            below.append(f"tempo curve {reached:g} ({ListQuality.PASS_MARKS['energy']:g})")
        left = len(self.resolved.entries) - counts["found"] - counts["url"]
        missing = [f"{left} {'entry' if left == 1 else 'entries'} not found"] if left else []
        return [*([f"below their marks: {', '.join(below)}"] if below else []), *missing]

    @property
    def duration_s(self) -> Annotated[float, Json(1, minimum=0)]:
        """Duration of the tracks that are present."""
        picks = [pick for _, pick in self.resolved.placed()] if self.resolved.is_whole else ()
        return length_s(self.tracks, picks)

    @property
    def compatibility(self) -> Fraction4 | None:
        """Mean over the transitions, 0-1; None without transitions."""
        totals = [step.compatibility.total for step in self.steps]
        return sum(totals) / len(totals) if totals else None

    @property
    def rating(self) -> mixing.MixRating | None:
        """The mean compatibility as a word."""
        mean = self.compatibility
        return None if mean is None else mixing.rate_compatibility(mean)

    @property
    def counts(self) -> Annotated[Mapping[str, Count], Json(names=["entries", *get_args(EntryStatus)])]:
        """The number of entries, in total and by status."""
        return {"entries": len(self.resolved.entries), **self.resolved.counts()}
