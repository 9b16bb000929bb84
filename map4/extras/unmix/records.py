"""What was played in a recorded set: which passage is which track, how fast it plays, and how it was mixed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from map4.base.paths import path_of_fields
from map4.base.records import Bpm, Fraction3, Json, Record, Seconds
from map4.music.analysis.analysis import MAX_BPM, MIN_BPM
from map4.music.analysis.inside import require_fraction
from map4.music.analysis.key import Key, parse_key
from map4.music.track.track_parts import Failure

MixedBy = Literal["fade", "cut", "bass_swap"]
"""fade: one grows as the other goes; cut: one ends where the other begins; bass_swap: a fade in which the bass changes
over at once."""
MIXED_BY: tuple[MixedBy, ...] = get_args(MixedBy)

MOST_SPEED_CHANGE = 0.12
"""How much faster or slower than itself a track is looked for: what a fader of 12 % reaches; beyond, few are played."""

Factor = Annotated[float, Json(4, exclusiveMinimum=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedTrack(Record, members="path audio_id artist title"):
    """A track of the library, as a set names it.

    audio_id: None of a file that the library does not know
    artist, title: None where nobody says
    """

    path: str
    audio_id: str | None = None
    artist: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedOn(Record, members="kind at_s lasts_s bars"):
    """How a passage was mixed into the next one.

    at_s: where both are as loud, or one ends and the other begins, in the set; of a bass swap, where the bass changes
    lasts_s: for how long both sound; 0 of a cut
    bars: whether bars lay on bars, within a sixteenth; None where bar one of either is not known
    """

    kind: MixedBy
    at_s: Seconds
    lasts_s: Seconds
    bars: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage(
    Record,
    members="start_s end_s track track_start_s track_end_s speed pitch gain_db certainty bpm key mix alternatives",
):
    """A part of a set in which one track is heard, or in which nothing of the library is.

    start_s, end_s: in the set; passages overlap while they are mixed
    track: None where nothing of the library is heard; what follows is then None up to `certainty`
    track_start_s, track_end_s: what of the track is heard; a loop, or a jump, is counted once
    speed: how fast it plays, 1 as it is
    pitch: how high it sounds, 1 as it is; that of `speed` where the pitch follows
    gain_db: how much louder than its file it is at its loudest; None where the file can't be read
    certainty: probability that it is this track, 0-1
    bpm, key: as they sound in the set; None where they are not known
    mix: how it goes on into the next passage; None of the last one, and before or behind an unknown one
    alternatives: other tracks that sound nearly alike there
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
    bpm: Annotated[Bpm, Json(2)] | None = None
    key: Key | None = None
    mix: MixedOn | None = None
    alternatives: tuple[PlayedTrack, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s < self.end_s:
            raise ValueError(f"a passage from {self.start_s} to {self.end_s} s is none")
        require_fraction("certainty", self.certainty)

    @property
    def lasts_s(self) -> float:
        """How long it is in the set."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmixed(Record, kind="unmix", members="path duration_s compared tracks failure"):
    """The track list of a recorded set.

    path: of the recording
    duration_s: None where it can't be read
    compared: with so many tracks of the library
    tracks: its passages by their start
    failure: why there is no list; None where there is one
    """

    path: str
    duration_s: Seconds | None = None
    compared: Annotated[int, Json(minimum=0)] = 0
    tracks: tuple[Passage, ...] = ()
    failure: Failure | None = None

    def known(self) -> tuple[Passage, ...]:
        """Those of which the track is known."""
        return tuple(one for one in self.tracks if one.track is not None)


def unmixed_of(record: Mapping[str, Any]) -> Unmixed:
    """The track list that a `map4/unmix/1` document tells, as `Unmixed.document` wrote it."""
    told = {name: record[name] for name in ("duration_s", "compared")}
    return Unmixed(path=path_of_fields(record), tracks=tuple(map(_passage_of, record["tracks"])), **told)


def _passage_of(record: Mapping[str, Any]) -> Passage:
    track, key, mix = (record[name] for name in ("track", "key", "mix"))
    others = tuple(map(_played_of, record.get("alternatives", ())))
    made = {
        "track": track and _played_of(track),
        "alternatives": others,
        "key": key and parse_key(key["camelot"]),
        "mix": mix and MixedOn(**mix),
    }
    return Passage(**{**record, **made})


def _played_of(record: Mapping[str, Any]) -> PlayedTrack:
    names = {name: record[name] for name in ("audio_id", "artist", "title")}
    return PlayedTrack(path=path_of_fields(record), **names)


def sounding_bpm(bpm: float | None, speed: float) -> float | None:
    """The tempo at which a track plays; None where that is no tempo."""
    return None if bpm is None or not MIN_BPM <= bpm * speed <= MAX_BPM else bpm * speed
