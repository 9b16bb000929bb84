"""What of a library in Postgres can be read and written so far; nothing opens it but what checks that."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from map4.domain.actor import LOCAL, Actor
from map4.domain.query.context import Preferences
from map4.infra.postgres.database import PostgresDatabase
from map4.infra.postgres.jobs import PostgresJobs
from map4.infra.postgres.others import PostgresChanges, PostgresLocks, library_id
from map4.infra.sql.accounts import SqlAccounts
from map4.infra.sql.addresses import SqlAddresses
from map4.infra.sql.change_log import SqlChangeLog
from map4.infra.sql.connections import SqlConnections
from map4.infra.sql.hand_over import SqlHandOvers
from map4.infra.sql.imports import SqlImports
from map4.infra.sql.noted_files import SqlIgnoredFiles, SqlWrittenFiles
from map4.infra.sql.observations import SqlLabels, SqlObservations
from map4.infra.sql.people import SqlPeople
from map4.infra.sql.player_notes import SqlPlayerNotes
from map4.infra.sql.playlists import SqlPlaylists
from map4.infra.sql.plays import SqlPlays
from map4.infra.sql.preferred import SqlPreferredSources
from map4.infra.sql.tracks import SqlTracks
from map4.infra.sql.values import SqlValues
from map4.ports.store.store import LibraryRef

if TYPE_CHECKING:
    from map4.domain.events import Writer


class PostgresStore:
    """The parts of a `Store` that stand.

    address: of the database, in which a library is begun where there is none
    writer: who writes into it, for those who follow what changes
    now: seconds since 1970, of jobs
    """

    def __init__(
        self,
        address: str,
        *,
        preferences: Preferences | None = None,
        actor: Actor = LOCAL,
        writer: Writer = "python",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.database = PostgresDatabase(address)
        self.database.writer = self.writer = writer
        self.place = LibraryRef(address=address, beside=self.database.file)
        self.preferences = preferences or Preferences()
        self.actor, self._now = actor, now

    def acting_as(self, actor: Actor) -> PostgresStore:
        other = object.__new__(type(self))
        other.database, other.place, other.preferences = self.database, self.place, self.preferences
        other.actor, other.writer, other._now = actor, self.writer, self._now
        return other

    @cached_property
    def tracks(self) -> SqlTracks:
        return SqlTracks(
            self.database,
            prefer=self.preferences.sources,
            preferred=self.preferred.all,
            actor=self.actor,
            certainties=self.preferences.certainties,
        )

    @cached_property
    def lists(self) -> SqlPlaylists:
        return SqlPlaylists(self.database, lambda: self.tracks, actor=self.actor)

    @property
    def addresses(self) -> SqlAddresses:
        return SqlAddresses(self.database)

    @property
    def imports(self) -> SqlImports:
        return SqlImports(self.database, actor=self.actor)

    @property
    def values(self) -> SqlValues:
        return SqlValues(self.database, actor=self.actor)

    @property
    def labels(self) -> SqlLabels:
        return SqlLabels(self.database, actor=self.actor)

    @property
    def observations(self) -> SqlObservations:
        return SqlObservations(self.database)

    @property
    def written(self) -> SqlWrittenFiles:
        return SqlWrittenFiles(self.database, actor=self.actor)

    @property
    def ignored(self) -> SqlIgnoredFiles:
        return SqlIgnoredFiles(self.database)

    @property
    def hand_overs(self) -> SqlHandOvers:
        return SqlHandOvers(self.database, actor=self.actor)

    @property
    def change_log(self) -> SqlChangeLog:
        return SqlChangeLog(self.database, actor=self.actor)

    @property
    def preferred(self) -> SqlPreferredSources:
        return SqlPreferredSources(self.database)

    @property
    def player_notes(self) -> SqlPlayerNotes:
        return SqlPlayerNotes(self.database, actor=self.actor)

    @property
    def plays(self) -> SqlPlays:
        return SqlPlays(self.database, actor=self.actor)

    @property
    def connections(self) -> SqlConnections:
        return SqlConnections(self.database, actor=self.actor)

    @property
    def accounts(self) -> SqlAccounts:
        return SqlAccounts(self.database)

    @property
    def people(self) -> SqlPeople:
        return SqlPeople(self.database)

    @cached_property
    def jobs(self) -> PostgresJobs:
        return PostgresJobs(self.database, now=self._now)

    def has_jobs(self) -> bool:
        return self.jobs.are_there()

    @cached_property
    def locks(self) -> PostgresLocks:
        return PostgresLocks(self.place.address)

    def changes(self) -> PostgresChanges:
        return PostgresChanges(self.place.address)

    def identity(self) -> str:
        return library_id(self.place.address)

    def changed_by_others(self) -> int:
        return self.database.state()[0]

    def at_once(self) -> AbstractContextManager[object]:
        return self.database.transaction()

    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        self.database.turn = turn

    def close(self) -> None:
        self.database.close()
