"""A planned set: its tracks and joints on one clock, and the tracks that were left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from map4.core.base.paths import display_path
from map4.core.base.records import Bpm, Count, Json, Ordinal, Record, Seconds
from map4.core.base.shown import Shown
from map4.core.base.text import clock, counted
from map4.core.music.file_name import FileName
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.mix_plan import MixPlan

JointKind = Literal["beats", "fade", "cut", "segue"]
"""beats: both tracks play in time and the bass is swapped; fade: the first fades out while the second fades in, in time
if the joint has a plan; cut: the first ends where the second begins; segue: the same to the sample, as on their album,
at one level and speed."""

Decibels = Annotated[float, Json(2)]
Factor = Annotated[float, Json(5, exclusiveMinimum=0)]


class SpeedStep(Record):
    """The speed of a track from a moment on.

    at_s: in the set
    from_s: in the track, at that moment
    speed: 1 is unchanged
    """

    at_s: Seconds
    from_s: Seconds
    speed: Factor


class SetTrack(Record):
    """A track of a planned set.

    position: in the set, from 1
    start_s, end_s: in the set, with the overlaps
    from_s, until_s: the part of the track that plays
    gain_db: change of its level
    speeds: its speed; it is constant between two entries
    notes: remarks for the user, such as a lower level than the set's
    """

    position: Ordinal
    path: str
    audio_id: str | None
    artist: str | None
    title: str | None
    start_s: Seconds
    end_s: Seconds
    from_s: Seconds
    until_s: Seconds
    gain_db: Decibels
    speeds: tuple[SpeedStep, ...]
    notes: tuple[str, ...] = ()

    @property
    def lasts_s(self) -> float:
        """Length in the set."""
        return self.end_s - self.start_s

    @property
    def name(self) -> str:
        """Artist and title; without a title, by the name of its file."""
        names = FileName(display_path(self.path)).names(self.artist, self.title)
        return " - ".join(name for name in names if name)


class SetJoint(Record, members="from=of to kind at_s lasts_s swap_at_s bass_hz why plan"):
    """How a track of a planned set is followed by the next.

    of: position of the first of the two tracks
    kind: beats (in time, with a swap of the bass), fade, cut or segue
    at_s, lasts_s: the overlap, in the set; both levels follow a quarter of a sine (equal power)
    swap_at_s: when the bass changes over, within 0.12 s; None if it fades like the rest
    bass_hz: upper limit of the bass; None like `swap_at_s`
    why: the reason for this kind, for the user
    plan: places and objections, with the tempo of the first track unchanged; None if beats are not matched
    """

    of: Ordinal
    kind: JointKind
    at_s: Seconds
    lasts_s: Seconds
    swap_at_s: Seconds | None = None
    bass_hz: Annotated[float, Json(exclusiveMinimum=0)] | None = None
    why: str
    plan: MixPlan | None = None

    @property
    def to(self) -> Ordinal:
        """Position of the second track."""
        return self.of + 1


PlannedStep = tuple[SetTrack, SetJoint | None]  # a track with its joint with the next; None for the last


class LeftOutTrack(Record, members="path name why"):
    """A track of the list that does not play.

    name: artist and title, or as the list names it
    path: None if the list names no file
    """

    name: str
    path: str | None
    why: str


class ListMix(Record, Shown, kind="list-mix"):
    """A list as a mix, planned.

    tracks_s: the sum of its tracks in full
    fade_out_s: length of the fade at its end; 0 if the last track plays to its end
    level_lufs: the loudness of its tracks, except those with a remark
    tempo_bpm: the tempo it keeps; None if each track plays at its own tempo
    keeps_pitch: false if pitches change with speeds
    left_out: tracks of the list that are missing or damaged
    starts_at: when it begins, in local time with its offset; None if that is open
    notes: what was not judged, in words
    """

    name: str | None
    lasts_s: Seconds
    tracks_s: Seconds
    fade_out_s: Seconds
    level_lufs: Decibels
    tempo_bpm: Bpm | None
    keeps_pitch: bool
    tracks: tuple[SetTrack, ...]
    joints: tuple[SetJoint, ...]
    left_out: tuple[LeftOutTrack, ...] = ()
    starts_at: str | None = None
    notes: tuple[str, ...] = ()

    def clock(self, at_s: float) -> str:
        """A moment of the set: `1:02:03`, or the time of day if it is known when the set begins."""
        at = None if self.starts_at is None else Tracklist.starts_at(self.starts_at, at_s)
        return clock(at_s) if at is None else at[11:19]

    @property
    def length_text(self) -> str:
        """Why the set differs in length from its tracks."""
        overlaps_s = sum(joint.lasts_s for joint in self.joints)
        unplayed_s = self.tracks_s - overlaps_s - self.lasts_s
        left = f", and {clock(unplayed_s)} at starts and ends are not played" if unplayed_s >= 1.0 else ""
        return f"the tracks are {clock(self.tracks_s)} long: {clock(overlaps_s)} overlap{left}"

    def steps(self) -> Iterator[PlannedStep]:
        """The tracks in order, each with its joint with the next."""
        return zip(self.tracks, [*self.joints, None], strict=True)

    def __repr__(self) -> str:
        return self._brief(f"{counted(len(self.tracks), 'track')}, {clock(self.lasts_s)}")

    def rows(self) -> list[Mapping[str, str]]:
        return [{"start": self.clock(track.start_s), "track": track.name} for track in self.tracks]

    def words(self) -> list[str]:
        return [f"{counted(len(self.tracks), 'track')}, {clock(self.lasts_s)}, {self.level_lufs:.1f} LUFS"]


class RenderedSet(Record, kind="list-mix-file"):
    """A written set.

    path: absolute
    size_bytes: None if written to a pipe
    gaps: what could not be played as planned, a sentence each
    beside: files written beside it
    """

    path: str
    size_bytes: Count | None
    lasts_s: Seconds
    level_lufs: Decibels
    keeps_pitch: bool
    tracks: Count
    gaps: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
