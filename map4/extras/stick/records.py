"""The contents of a stick, from which both databases and the analysis files are written, and results of writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from map4.core.base.records import Count, Record, ShownPath
from map4.core.music.track.cues import CuePoint, GridMark

Severity = Literal["fault", "note"]
StickListState = Literal["new", "changed", "same", "stays", "removed"]


class StickPhrase(NamedTuple):
    """A phrase of a track; role and energy if they are known."""

    start_s: float
    end_s: float
    group: str | None = None
    role: str | None = None
    energy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StickTrack:
    """A track of a stick. Times are on map4's time scale.

    number: of the track, from 1, in both databases
    path: from the root of the stick: "/Contents/Artist/Album/01 Title.mp3"
    analysis_path: of its .DAT, by `analysis_path`
    key: as players show it: "Fm" or "4A"
    color: 1-8, in the order of `Colour.EIGHT`; 0 for none
    rating: stars, 0-5
    date_added: "YYYY-MM-DD"
    kbps: average bit rate; 0 if unknown
    bits: per sample; 16 for lossy formats
    artwork: path on the stick of a JPEG of 80x80 pixels, "/PIONEER/Artwork/00001/a1.jpg", which has a file of 240x240
        beside it, "a1_m.jpg"; None without
    offset_s: added to all times of cues, grid, phrases and strip: rekordbox's time zero of this file less map4's
        (`program_offset_s`); 0 for lossless files
    grid: beats until the next mark, the last mark until `duration_s`
    strip: levels of low, mid and high, shape (3, n) in row order, `Strip.RATE_HZ`; empty if unknown
    row: the row of an existing export.pdb, which is written unchanged; None to make one
    """

    number: int
    path: str
    analysis_path: str
    title: str
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    label: str | None = None
    composer: str | None = None
    remixer: str | None = None
    mix: str | None = None
    comment: str | None = None
    key: str | None = None
    isrc: str | None = None
    color: int = 0
    rating: int = 0
    plays: int = 0
    year: int = 0
    track_number: int = 0
    disc_number: int = 0
    date_added: str = ""
    bpm: float | None = None
    duration_s: float = 0.0
    size_bytes: int = 0
    sample_rate_hz: int = 44_100
    kbps: int = 0
    bits: int = 16
    artwork: str | None = None
    offset_s: float = 0.0
    grid: tuple[GridMark, ...] = ()
    cues: tuple[CuePoint, ...] = ()
    phrases: tuple[StickPhrase, ...] = ()
    strip: bytes = b""
    row: bytes | None = None


SAME_VALUES = (
    "number", "path", "analysis_path", "color", "rating", "plays", "year", "track_number", "disc_number", "date_added",
    "size_bytes", "sample_rate_hz", "kbps", "bits",
)  # fmt: skip
"""Values of a track that both databases contain as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StickList:
    """A list or folder.

    number: from 1, in both databases
    parent: number of the folder around it; 0 at the top
    tracks: their numbers, in order; none for a folder
    """

    number: int
    name: str
    parent: int = 0
    is_folder: bool = False
    tracks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StickContents:
    """All that the databases of a stick contain.

    lists: siblings in their order
    date: of this write, "YYYY-MM-DD"
    rows: rows of an existing export.pdb by table, which are written unchanged before new ones; of tables that `tracks`
        and `lists` do not cover: names with their numbers, colours, columns and histories
    names: number, name and number of an album's artist in those rows that have names
    """

    tracks: tuple[StickTrack, ...] = ()
    lists: tuple[StickList, ...] = ()
    date: str = ""
    rows: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict)
    names: Mapping[int, Sequence[tuple[int, str, int]]] = field(default_factory=dict)


class StickFinding(Record):
    """A finding of `map4 stick check`.

    severity: fault: players may refuse the stick, the track or a part of it; note: worth knowing
    path: of the file, or of the track that it concerns
    text: a sentence
    """

    severity: Severity
    path: ShownPath
    text: str


class StickCheck(Record, kind="stick-check"):
    """The result of `map4 stick check`.

    tracks, lists: number of them in the databases
    analyses: number of analysis files that were read
    """

    stick: ShownPath
    tracks: Count = 0
    lists: Count = 0
    analyses: Count = 0
    findings: tuple[StickFinding, ...] = ()

    @property
    def is_sound(self) -> bool:
        """True without faults."""
        return not any(finding.severity == "fault" for finding in self.findings)


class WrittenStickList(Record):
    """A list on a stick, as planned or written.

    state: stays: it is not named now, or another program wrote it; removed: by --prune
    """

    name: str
    folders: tuple[str, ...] = ()
    state: StickListState
    tracks: Count = 0


class StickWrite(Record, kind="stick-write", members="* dry_run=is_dry_run stand_ins=copies"):
    """The result of 'map4 stick LIST --to DIR' or its dry run; 'map4 stick show' is that of no list.

    player: model for which music is converted
    other_lists: number of lists that stay, and that a job's result leaves out of `lists`: they may be other people's
    tracks: number of tracks of the named lists
    copied: tracks whose music is written, including the `converted` ones
    same: tracks whose music is on the stick
    others: number of other tracks, which stay
    analyses: tracks whose cue points, grid and phrases are written
    values: tracks whose names, ratings or other values changed
    removed: music that --prune removes
    left_out: tracks that can't be written, with the reason
    size_bytes: of all new files, estimated for conversions
    free_bytes: on the stick, before
    misses: what players will not show, as sentences
    stand_ins: entries that are copies of files that are away
    """

    stick: ShownPath
    player: str
    lists: tuple[WrittenStickList, ...]
    other_lists: Count = 0
    tracks: Count = 0
    copied: Count = 0
    converted: Count = 0
    same: Count = 0
    others: Count = 0
    analyses: Count = 0
    values: Count = 0
    removed: tuple[ShownPath, ...] = ()
    left_out: tuple[str, ...] = ()
    size_bytes: Count = 0
    free_bytes: Count = 0
    misses: tuple[str, ...] = ()
    copies: Count = 0
    is_dry_run: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether everything is on the stick already."""
        is_same = all(listed.state in ("same", "stays") for listed in self.lists)
        return is_same and not (self.copied or self.analyses or self.values or self.removed)
