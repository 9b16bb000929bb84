"""Results of requests to music servers."""

from __future__ import annotations

from typing import Annotated, Literal

from map4.core.base.records import Count, Json, Record
from map4.extras.connect.connected import ConnectionState, ValueConflict

PushStatus = Literal["made", "written", "unchanged", "changed-there", "deleted-there"]


class LeftOut(Record):
    """A track of a list without a matching song."""

    path: str
    artist: str | None
    title: str | None


class Pushed(
    Record, kind="pushed-list", members="list connection name remote_id status songs left_out stand_ins=copies"
):
    """Result of writing a list to a server.

    list: its name here
    name, remote_id: its name and id there
    status: made; written (updated); unchanged; or skipped because it was changed or deleted there
    songs: number of songs there
    left_out: tracks without a matching song
    stand_ins: songs that are copies of files that are away
    """

    list: Annotated[str, Json(minLength=1)]
    connection: str
    name: str
    remote_id: str
    status: PushStatus
    songs: Count
    left_out: tuple[LeftOut, ...]
    copies: Count = 0


class PushedLists(Record, kind="pushed-lists"):
    """Results of writing lists ('map4 connect push')."""

    lists: tuple[Pushed, ...]


class Pulled(Record, kind="pulled"):
    """Result of importing from a server ('map4 connect pull').

    stars, unstars, ratings: imported values
    plays: last plays there that are recorded as plays here
    counts: tracks whose play count there changed
    beside: values changed on both sides; ours stay
    """

    connection: str
    songs: Count
    mapped: Count
    stars: Count
    unstars: Count
    ratings: Count
    plays: Count
    counts: Count
    beside: tuple[ValueConflict, ...]


class ConnectionStates(Record, kind="connections"):
    """All music servers that the library is connected to."""

    connections: tuple[ConnectionState, ...]
