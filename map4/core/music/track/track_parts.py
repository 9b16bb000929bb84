"""Parts of a track other than its file and analysis: its state, its failure, and the user's values."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, get_args

from map4.core.base.records import Bpm, Json, Ordinal, Record
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.errors import ErrorKind, FileError

State = Literal["ok", "failed", "missing", "pending"]
STATES: tuple[State, ...] = get_args(State)
"""ok: analysed and present; failed: has an error instead; missing: the file is gone; pending: not analysed yet."""

MESSAGE_LENGTH = 500
Year = Annotated[int, Json(minimum=1000, maximum=9999)]
EnergyLevel = Annotated[int, Json(minimum=1, maximum=10)]
Stars = Annotated[float, Json(minimum=0, maximum=5)]
MARKS = "tempo key set imported clipped silent damaged truncated lossless upscaled stale".split()  # noqa: SIM905
"""The meaning of the bits, the lowest first; the first two mean that the current tempo or key is uncertain."""


class UserValues(Record, members="bpm key=key.camelot artist title genre year energy rating cues grid marks"):
    """Values set by the user, which override every other source and survive re-analysis; None if not set.

    bpm: beats per minute
    artist, title, album, album_artist, genre, label, comment: text
    track, disc_number: number on the album, and of its disc
    year: of release, 1000-9999
    energy: level 1-10
    rating: stars, 0-5, in halves
    cues: by position, replacing all imported ones; an empty list means none
    grid: the beat grid by position, replacing the imported and the measured grid
    marks: the user's own words, by name
    """

    bpm: Bpm | None = None
    key: Key | None = None
    artist: str | None = None
    title: str | None = None
    album: str | None = None
    album_artist: str | None = None
    track: Ordinal | None = None
    disc_number: Ordinal | None = None
    genre: str | None = None
    label: str | None = None
    year: Year | None = None
    energy: EnergyLevel | None = None
    rating: Stars | None = None
    comment: str | None = None
    cues: tuple[CuePoint, ...] | None = None
    grid: tuple[GridMark, ...] | None = None
    marks: tuple[str, ...] | None = None


class Failure(Record, members="kind message"):
    """Why a file has no (new) analysis: an entry of `map4.errors.ERROR_KINDS` and a message for the user."""

    kind: ErrorKind
    message: str
    of_disk: bool = field(default=False, compare=False)
    """Whether the disk may be the cause instead of the file; not stored."""

    @classmethod
    def of(cls, error: FileError) -> Failure:
        """The failure for an error of a file."""
        return cls(kind=error.kind, message=error.message, of_disk=error.of_disk)

    def __post_init__(self) -> None:
        # A message may quote anything, also non-UTF-8 names; it must be valid JSON and fit the library.
        clean = self.message.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
        object.__setattr__(self, "message", clean[:MESSAGE_LENGTH])
