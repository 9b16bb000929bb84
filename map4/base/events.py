"""What changes in a library, and what happens to its jobs: one order of events, in which one goes on where one was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from map4.base.declarations import declarations
from map4.base.records import Json, Moment, Record
from map4.errors import UsageError

EventType = Literal["tracks", "values", "lists", "jobs"]
Writer = Literal["command", "server", "watch", "assistant", "python"]
"""What writes into a library: a command, `map4 serve` with its jobs, a watch, `map4 mcp`, a program in Python."""
HAPPENINGS: tuple[str, ...] = (
    "added", "analysed", "changed", "moved", "missing", "found", "forgotten",
    "set", "rated", "marked", "labelled", "imported", "looked-up",
    "made", "renamed", "deleted", "restored",
    "progress", "line", "notice",
    "many",
    *(event for declaration in declarations() for event in declaration.events),
)  # fmt: skip
"""What can happen, in the core and in extras."""
Happening = str
if not TYPE_CHECKING:
    Happening = Literal[HAPPENINGS]  # for schemas

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to one thing in a library.

    number: changes are numbered as they are stored
    subject: a track by its address, a list by its id
    writer: who stored it; None where they did not say
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
        """What `str` gave; 0 is the beginning of what is kept.

        raises UsageError: if it is none
        """
        if text == "0":
            return cls()
        found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})", text, re.ASCII)
        if found is None:
            raise UsageError(f"'{text}' is not the id of an event, such as 345-12; 0 takes all that are kept")
        return cls(*map(int, found.groups()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Record, kind="event"):
    """Something that changed in a library, or happened to a job of 'map4 serve' (`GET /api/v1/events`).

    id: its place among all: `Last-Event-ID` and `after` take it
    at: UTC, ISO 8601
    type: what `ids` are the ids of; those of values are of tracks, too
    what: of tracks added, analysed, changed (their file or tags), moved, missing, found again, forgotten; of values
        set, rated, marked, labelled, imported, looked-up; of lists made, changed, renamed, deleted, restored; of jobs
        changed (made, or another status), progress, line, notice. Of many at once: read all of this type anew
    ids: what is to be read again; what is not found any more has gone. Empty only of many
    writer: who stored it; null of jobs
    record: of jobs. changed: the map4/job/1; line: a line of the command's --jsonl; progress: percentage,
        current_file, eta_s; notice: message
    """

    id: Annotated[str, Json(pattern="^[0-9]+-[0-9]+$")]
    at: Moment
    type: EventType
    what: Happening
    ids: tuple[str, ...]
    writer: Writer | None = None
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events, the first ones first, and the place up to which was looked; not whole where some that came before are
    gone, so that all is to be read anew."""

    events: tuple[Event, ...]
    through: str
    is_whole: bool
