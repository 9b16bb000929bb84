"""Options of un-mixing and of its job, and what the job stores of a track list."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from map4.core.base.call_options import CallOptions, option
from map4.core.base.paths import PathLike
from map4.core.base.records import Count, Json, Moment, Record
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.music.query.parser import Query

MOST_LINES_BYTES = 100_000  # limit of an uploaded track list, which is stored with the job


class UnmixOptions(CallOptions):
    """Which tracks to look for in a recorded set."""

    query: str | Query | None = option(
        None, "--from", "Look only for tracks that match, as in 'map4 search'.", metavar="QUERY", heading="Which tracks"
    )
    tracklist: PathLike | None = option(
        None, "--tracklist", "Look only for the tracks of this list: M3U, another list, or lines 'artist - title'.",
        metavar="FILE", heading="Which tracks",
    )  # fmt: skip
    clip: bool = option(
        False, "--clip", "Name the track of a clip of 8 to 30 s, recorded in a room.", heading="Which tracks"
    )
    longest_s: float | None = option(
        None, about="Refuse recordings with more seconds of audio than this.", least=0, is_remote=False
    )


class SetWishes(CallOptions):
    """What to store of an un-mixed set."""

    save: str | None = option(None, about="Store the tracks as a history of this name.")
    keep: bool = option(False, about="Record each track as a play.")
    began: datetime | None = option(None, about="When the recording began; without a zone, in the server's local time.")
    ended: datetime | None = option(
        None, about="Alternatively, when it ended, such as the file's time on the recording machine."
    )
    force: bool = option(False, about="Replace a stored list of that name.")

    def require_time(self) -> None:
        """Reject storing plays without a time."""
        if self.keep and self.began is None and self.ended is None:
            raise UsageError('to keep its plays, give the start ("began") or the end ("ended") of the recording')


class UnmixRequest(SetWishes):
    """The recording of a job, the tracks to look for, and what to store.

    path, sent: exactly one of them: a local file, or the id of an upload
    """

    path: str | None = option(None, about="A recording in a music folder, instead of an upload.")
    sent: str | None = option(None, is_remote=False)
    name: str | None = option(None, is_remote=False)
    query: str | None = option(None, about="Look only for tracks that match, as in `map4 search`.")
    playlist: str | None = option(None, about="Look only for the tracks of this stored list.")
    tracklist: str | None = option(None, about="Look only for these tracks: lines 'artist - title'.")
    clip: bool = option(False, about="The recording is a clip of 8 to 30 s: name its track and the place in it.")
    chapters: bool = option(False, about="Make a copy with the tracks as chapters (MP3, MP4 and Matroska).")
    longest_s: float | None = option(None, is_remote=False)


class StoredSet(Record, kind="kept-set"):
    """The stored parts of an un-mixed set, or the parts that were deleted again.

    list: id of the stored history; None if none was requested, or deleted
    plays: number of new plays, or of deleted ones
    began: when the recording began; None if unknown
    step: undoes it (`map4 unmix --undo`); None if an older map4 stored it
    """

    list: str | None
    plays: Count
    began: Moment | None
    step: Annotated[int, Json(minimum=1)] | None = None
