"""A person's data in a library: exported ('map4 accounts export'), erased or taken over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from map4.accounts.records import AuditEntry
from map4.core.base.account import Account, AccountNumber, Credential
from map4.core.base.records import Count, Record, in_json, members_of
from map4.core.music.plays import Play
from map4.core.store.change_log import OwnChange
from map4.core.store.written_files import WrittenFile
from map4.imports import OwnImport
from map4.jobs import Job
from map4.lists import OwnList
from map4.plays import PlayerNote
from map4.values import OwnValueChange, TrackValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """A person's data in a library, without the account. Ratings, marks, lists and changes belong to the person; the
    rest counts for everybody and names the person.

    more: further members by name, declared by their tables
    """

    ratings: Iterable[TrackValue]
    marks: Iterable[TrackValue]
    lists: Iterable[OwnList]
    values: Iterable[TrackValue]
    value_changes: Iterable[OwnValueChange]
    exports: Iterable[WrittenFile]
    imports: Iterable[OwnImport]
    plays: Iterable[Play]
    player_notes: Iterable[PlayerNote]
    changes: Iterable[OwnChange]
    files_added: Count
    labels: Count
    more: Mapping[str, Iterable[Any] | Count] = field(default_factory=dict)


class Person(
    Record,
    kind="person",
    members="account credentials ratings=data.ratings marks=data.marks lists=data.lists values=data.values"
    " value_changes=data.value_changes exports=data.exports imports=data.imports plays=data.plays"
    " player_notes=data.player_notes jobs"
    " changes=data.changes audit files_added=data.files_added labels=data.labels",
):
    """All data of one person in a library ('map4 accounts export NAME').

    credentials: without secrets
    ratings, marks: the person's own
    lists: the person's own, including deleted lists that are still stored
    values: values set for everybody that still count
    value_changes: values set and undone, as far as recorded
    exports: files that map4 wrote for the person
    imports: imported files of other programs
    plays: plays
    player_notes: positions in tracks, the queue and stars of music players
    jobs: jobs that the person started
    changes: changes of ratings, marks and lists that clients can still fetch
    audit: the person's actions on accounts, and actions on the person's account
    files_added: number of files added by the person's scans
    labels: number of tracks labelled for the person
    """

    account: Account
    credentials: tuple[Credential, ...]
    jobs: tuple[Job, ...]
    audit: Iterable[AuditEntry]
    data: PersonalData

    def document(self) -> dict[str, Any]:
        return {**Record.document(self), **in_json(self.data.more)}

    def pieces(self) -> Iterator[str]:
        """The document as text, in pieces, with one list element per line."""
        yield '{\n "schema": "map4/person/1",\n "beta": true'
        members = {name: attrgetter(path)(self) for name, path in members_of(type(self))}
        for name, value in {**members, **self.data.more}.items():
            yield f',\n "{name}": '
            if isinstance(value, Iterable):
                yield "["
                for number, item in enumerate(value):
                    yield f"{',' if number else ''}\n  {_line(item)}"
                yield "]"
            else:
                yield _line(value)
        yield "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(in_json(value), ensure_ascii=False, allow_nan=False)


class Erased(Record, kind="account-removed", members="id=number *"):
    """The data erased with an account ('map4 accounts remove NAME --json').

    credentials, ratings, marks, plays, lists, jobs: numbers of erased items
    shared_lists: number of shared lists, which are now everybody's
    exports: number of files in the export history, which keep the account's number instead of its name
    values: number of values set for everybody, which stay under the account's number
    """

    number: AccountNumber
    name: str
    credentials: Count
    ratings: Count
    marks: Count
    plays: Count
    lists: Count
    jobs: Count = 0
    shared_lists: Count
    exports: Count
    values: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Counts of the local data that the first account took over."""

    ratings: int
    marks: int
    plays: int
    lists: int
    exports: int
    jobs: int = 0
