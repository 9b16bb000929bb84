"""Records of un-mixed sets: passages, tracks, speeds and mixes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from map4.core.base.records import Bpm, Fraction3, Json, Record, Seconds, read
from map4.core.music.analysis.analysis import Tempo
from map4.core.music.analysis.key import Key
from map4.core.music.track.track import Failure

MixedBy = Literal["fade", "cut", "bass_swap"]
"""fade: one track fades in as the other fades out; cut: one ends where the other begins; bass_swap: a fade in which the
bass changes at once."""

_SURE = 0.9  # least certainty of a time without a question mark. Above it, .96 were right in crowds, .98 elsewhere.

Factor = Annotated[float, Json(4, exclusiveMinimum=0)]


class PlayedTrack(Record):
    """A track of the library in a set.

    audio_id: None if the library does not know the file
    artist, title: None if unknown
    """

    path: str
    audio_id: str | None = None
    artist: str | None = None
    title: str | None = None


class MixedOn(Record):
    """How a passage is mixed into the next passage.

    at_s: when both are equally loud, in the set; of a cut, when it happens; of a bass swap, when the bass changes
    lasts_s: length of the overlap; 0 for a cut
    bars: whether the bars are aligned within a sixteenth; None if the downbeats of either track are unknown
    """

    kind: MixedBy
    at_s: Seconds
    lasts_s: Seconds
    bars: bool | None = None


class Passage(Record, members="start_s end_s start_certainty end_certainty *"):
    """A part of a set with one track, or with unknown music.

    start_s, end_s: times in the set; passages overlap while they are mixed
    start_certainty, end_certainty: probability that each is right within 1 s, 0-1; None if it was not measured
    track: None if unknown; then the fields up to `certainty` are also None
    track_start_s, track_end_s: range of the track that is heard; loops and jumps are counted once
    speed: 1 means the original speed
    pitch: 1 means the original pitch; equals `speed` if the pitch follows the speed
    gain_db: its largest gain over its file; None if the file is unreadable
    certainty: probability that it is this track, 0-1
    bpm, key: as heard in the set; None if unknown
    mix: how it is mixed into the next passage; None for the last passage and next to unknown passages
    alternatives: other tracks that sound almost the same there
    """

    start_s: Seconds
    end_s: Seconds
    track: PlayedTrack | None = None
    track_start_s: Seconds | None = None
    track_end_s: Seconds | None = None
    speed: Factor | None = None
    pitch: Factor | None = None
    gain_db: Annotated[float, Json(1)] | None = None
    certainty: Fraction3 | None = None
    start_certainty: Fraction3 | None = None
    end_certainty: Fraction3 | None = None
    bpm: Annotated[Bpm, Json(2)] | None = None
    key: Key | None = None
    mix: MixedOn | None = None
    alternatives: tuple[PlayedTrack, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s < self.end_s:
            raise ValueError(f"a passage can't last from {self.start_s} to {self.end_s} s")
        for name in ("certainty", "start_certainty", "end_certainty"):
            Record.require_fraction(name, getattr(self, name))

    @property
    def lasts_s(self) -> float:
        """Length in the set."""
        return self.end_s - self.start_s

    @property
    def doubts(self) -> tuple[str, str]:
        """A question mark after the start and the end of a track, if they are not sure or were not measured."""
        certainties = (self.start_certainty, self.end_certainty) if self.track is not None else (1.0, 1.0)
        start, end = ("?" if (sure or 0.0) < _SURE else "" for sure in certainties)
        return start, end


class Unmixed(Record, kind="unmix"):
    """The track list of a recorded set.

    path: path of the recording
    duration_s: None if the recording is unreadable
    flags: "damaged" or "truncated" if parts of the recording are missing
    compared: number of library tracks it was compared with
    tracks: passages by start
    failure: why there is no list; None if there is a list
    """

    path: str
    duration_s: Seconds | None = None
    flags: Annotated[tuple[str, ...], Json(uniqueItems=True)] = ()
    compared: Annotated[int, Json(minimum=0)] = 0
    tracks: tuple[Passage, ...] = ()
    failure: Failure | None = None

    def known(self) -> tuple[Passage, ...]:
        """Passages with a known track."""
        return tuple(track for track in self.tracks if track.track is not None)

    @property
    def is_clip(self) -> bool:
        """Whether a single track fills the recording, at a level that was not measured."""
        return [(each.start_s, each.end_s, each.gain_db) for each in self.known()] == [(0.0, self.duration_s, None)]


def unmixed_of(record: Mapping[str, Any]) -> Unmixed:
    """Parse a `map4/unmix/1` document, as written by `Unmixed.document`."""
    return read(Unmixed, {name: value for name, value in record.items() if name not in ("schema", "beta")})


def sounding_bpm(bpm: float | None, speed: float) -> float | None:
    """The tempo at which a track plays; None if unknown or outside the range of tempos."""
    return None if bpm is None or not Tempo.MIN_BPM <= bpm * speed <= Tempo.MAX_BPM else bpm * speed
