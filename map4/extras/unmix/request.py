"""What a job of un-mixing is asked for, and what is kept of a track list that it found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from map4.base.call_options import call_options, option
from map4.base.records import Count, Moment, Record
from map4.errors import UsageError

MOST_LINES_BYTES = 100_000
"""Of a track list that is sent along, which stands in the job."""


@call_options
class SetWishes:
    """What is kept of a recorded set whose track list was found."""

    save: str | None = option(None, about="Store what was played as a history of this name.")
    keep: bool = option(False, about="Keep each track that was played as a play.")
    began: datetime | None = option(
        None, about="When the recording began; a time without a zone is by the clock of the server."
    )
    ended: datetime | None = option(
        None, about="Instead: when it ended, as the time of its file tells on the machine that recorded it."
    )
    force: bool = option(False, about="Replace a stored list of that name.")

    def require_time(self) -> None:
        """Refuse to keep plays of which nobody says when they were.

        raises UsageError
        """
        if self.keep and self.began is None and self.ended is None:
            raise UsageError('say when the recording began ("began"), or when it ended ("ended"), to keep its plays')


@call_options
class UnmixRequest(SetWishes):
    """Which recording a job listens to, what it looks for, and what becomes of the track list.

    path, sent: one of them: a file here, or the id of what was sent
    """

    path: str | None = option(None, about="A recording in a music folder, in place of one that is sent.")
    sent: str | None = option(None, is_remote=False)
    name: str | None = option(None, is_remote=False)
    query: str | None = option(None, about="Look only for tracks that match, as in `map4 search`.")
    playlist: str | None = option(None, about="Look only for the tracks of this stored list.")
    tracklist: str | None = option(None, about="Look only for these: lines 'artist - title'.")
    chapters: bool = option(False, about="Make a copy with the tracks as chapters: of MP3, MP4 and Matroska.")
    longest_s: float | None = option(None, is_remote=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSet(Record, kind="kept-set"):
    """What was kept of a recorded set.

    list: id of the history that was stored; None where none was asked for
    plays: that were not known before
    began: when the recording did; None where nobody says
    """

    list: str | None
    plays: Count
    began: Moment | None
