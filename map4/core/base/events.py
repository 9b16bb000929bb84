"""Events: changes in a library and in its jobs, in a single order that clients can resume."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from map4.core.base.declarations import declarations
from map4.core.base.records import Json, Moment, Record
from map4.errors import UsageError

EventType = Literal["tracks", "values", "lists", "jobs"]
Writer = Literal["command", "server", "watch", "assistant", "python"]
"""Writers of a library: a command, `map4 serve` with its jobs, a watch, an assistant, a Python program."""
HAPPENINGS: tuple[str, ...] = (
    "added", "analysed", "changed", "moved", "missing", "found", "forgotten",
    "set", "rated", "marked", "labelled", "imported", "looked-up",
    "made", "renamed", "deleted", "restored",
    "progress", "line", "notice",
    "many",
    *(event for declaration in declarations() for event in declaration.events),
)  # fmt: skip
"""Names of events, in the core and in extras."""
Happening = str
if not TYPE_CHECKING:
    Happening = Literal[HAPPENINGS]  # for schemas


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one item in a library.

    number: changes are numbered in the order stored
    subject: a track by its address, a list by its id
    writer: who stored it; None if unknown
    """

    number: int
    type: EventType
    what: Happening
    subject: str
    at: Moment
    writer: Writer | None


@dataclass(frozen=True, slots=True)
class EventPlace:
    """A place in the order of events: the last change before it, and the last event of a job."""

    changes: int = 0
    jobs: int = 0

    def __str__(self) -> str:
        return f"{self.changes}-{self.jobs}"

    @classmethod
    def parse(cls, text: str) -> EventPlace:
        """Parse the result of `str`; 0 is the beginning of the stored events."""
        if text == "0":
            return cls()
        match = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})", text, re.ASCII)
        if match is None:
            raise UsageError(f"'{text}' is not the id of an event, such as 345-12; 0 returns all stored events")
        return cls(*map(int, match.groups()))


class Event(Record, kind="event"):
    """A change in a library, or an event of a job of 'map4 serve' (`GET /api/v1/events`).

    id: its place in the order: for `Last-Event-ID` and `after`
    at: UTC, ISO 8601
    type: type of `ids`; events of values have track ids as well
    what: for tracks: added, analysed, changed (file or tags), moved, missing, found again, forgotten; for values: set,
        rated, marked, labelled, imported, looked-up; for lists: made, changed, renamed, deleted, restored; for jobs:
        changed (created, or new status), progress, line, notice. Many: reload everything of this type
    ids: items to reload; an item that no longer exists was removed. Empty only for many
    writer: who stored it; null for jobs
    record: for jobs. changed: the map4/job/1; line: a line of the command's --jsonl; progress: percentage,
        current_file, eta_s; notice: message
    """

    TYPES: ClassVar[tuple[EventType, ...]] = get_args(EventType)

    id: Annotated[str, Json(pattern="^[0-9]+-[0-9]+$")]
    at: Moment
    type: EventType
    what: Happening
    ids: tuple[str, ...]
    writer: Writer | None = None
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events, oldest first, and the place up to which they were read. If they are not whole, older events have been
    dropped, and the client must reload everything."""

    events: tuple[Event, ...]
    through: str
    is_whole: bool
