"""Records of the history of set values, and of undo."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from map4.core.base.records import Count, Json, Moment, Record
from map4.core.music.track.track import Track
from map4.core.music.track.user_values import StoredValue as StoredValue
from map4.core.music.track.user_values import ValueChange

StepKind = Literal["set", "undo", "moved"]
StepNumber = Annotated[int, Json(minimum=1)]


class PastChange(Record, members="audio_id path=track.path artist=track.artist() title=track.title() name was became"):
    """A value that a step changed.

    name: the field: bpm, key, rating …
    was, became: the set value before and after, as `map4 set` takes it; null if none was set
    track: null if the library has no file of it
    """

    audio_id: str
    name: str
    was: StoredValue
    became: StoredValue
    track: Track | None = None


class ValueStep(Record, members="step=number at by.id=by by.name=name *"):
    """The changes of a call.

    by: number of the account that made it; 0 is the local user
    name: the account's name; null if it was removed
    kind: set, undo (of another step), or moved: with audio whose copies were set aside, or from an older library
    undoes, undone_by: the step that it undid, and the step that undid it
    count: number of changed values
    changes: the first of them
    """

    number: StepNumber
    at: Moment
    by: int
    name: str | None = None
    kind: StepKind
    undoes: StepNumber | None
    undone_by: StepNumber | None
    count: Count
    changes: tuple[PastChange, ...] = ()

    def maker(self, me: int) -> str:
        """Who made it, in a sentence to user `me`."""
        if self.by == me:
            return "you"
        return self.name or "somebody whose account was removed"


class ValueHistory(Record, kind="set-history"):
    """Steps, newest first ('map4 set history --json').

    next: pass it as `after` for the next page; null on the last page
    """

    steps: tuple[ValueStep, ...]
    next: StepNumber | None


class UndoneStep(Record, kind="set-undo"):
    """The changes of undoing a step, or of its dry run ('map4 set undo --json').

    dry_run: true if nothing was written
    undid: number of the undone step
    step: number of the undo step, which can itself be undone; null if nothing changed
    """

    dry_run: bool
    undid: StepNumber
    step: StepNumber | None
    changes: tuple[ValueChange, ...]


class OwnValueChange(Record):
    """A person's change of a value, for everybody or as a personal rating or mark.

    step: number of the call, whose kind is `kind`
    was, became: null if no value was set
    """

    step: int
    at: Moment
    kind: StepKind
    audio_id: str
    name: str
    was: StoredValue
    became: StoredValue


class TrackValue(Record):
    """A user's value of a track, or mark of a list.

    audio_id: for a list its id
    artist, title, path: from a file with this audio; null if there is none
    name: rating, mark, bpm, key …
    set_at: UTC, ISO 8601
    """

    audio_id: str
    artist: str | None
    title: str | None
    path: str | None
    name: str
    value: Any
    set_at: Moment
