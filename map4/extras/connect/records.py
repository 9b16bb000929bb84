"""What came of asking a music server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from map4.base.records import Count, Json, Record
from map4.extras.connect.connected import ConnectionState, KeptBeside

PushStatus = Literal["made", "written", "unchanged", "changed-there", "deleted-there"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut(Record):
    """A track of a list that is no song of the server."""

    path: str
    artist: str | None
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed(Record, kind="pushed-list", members="list connection name remote_id status songs left_out"):
    """What became of a list that was to be written to a server.

    list: its name here
    name, remote_id: its name and id there
    status: made there; written over what map4 had written; unchanged; or left alone, as it was changed or deleted there
    songs: how many it has there
    left_out: tracks that are no song of the server
    """

    list: Annotated[str, Json(minLength=1)]
    connection: str
    name: str
    remote_id: str
    status: PushStatus
    songs: Count
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedLists(Record, kind="pushed-lists"):
    """What became of lists ('map4 connect push')."""

    lists: tuple[Pushed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled(Record, kind="pulled"):
    """What a server said of songs, and what was taken of it ('map4 connect pull').

    stars, unstars, ratings: how many were taken over here
    plays: last times that songs were played there, which are kept as plays here
    counts: tracks of which another number of plays is told there than before
    beside: what was changed on both sides, where ours is left as it is
    """

    connection: str
    songs: Count
    mapped: Count
    stars: Count
    unstars: Count
    ratings: Count
    plays: Count
    counts: Count
    beside: tuple[KeptBeside, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStates(Record, kind="connections"):
    """All music servers that the library is connected to."""

    connections: tuple[ConnectionState, ...]
