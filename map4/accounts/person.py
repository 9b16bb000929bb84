"""What a library keeps of one person: told whole ('map4 users export'), erased, or taken over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from map4.accounts.records import AuditEntry, Credential
from map4.base.account import Account, AccountNumber
from map4.base.records import Count, Record, in_json, members_of
from map4.imports import OwnImport
from map4.jobs import Job
from map4.lists import OwnList
from map4.music.plays import Play
from map4.plays import PlayerNote
from map4.store.change_log import OwnChange
from map4.store.noted_records import WrittenFile
from map4.values import OwnValueChange, SaidOfTrack


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOf:
    """What a library has of one person beside the account. Ratings, marks, lists and changes are theirs alone or to
    share; the rest counts for everybody, and names them.

    more: further members by name, which their tables declare
    """

    ratings: Iterable[SaidOfTrack]
    marks: Iterable[SaidOfTrack]
    lists: Iterable[OwnList]
    values: Iterable[SaidOfTrack]
    value_changes: Iterable[OwnValueChange]
    exports: Iterable[WrittenFile]
    imports: Iterable[OwnImport]
    plays: Iterable[Play]
    player_notes: Iterable[PlayerNote]
    changes: Iterable[OwnChange]
    files_added: Count
    labels: Count
    more: Mapping[str, Iterable[Any] | Count] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(
    Record,
    kind="person",
    members="account credentials ratings=kept.ratings marks=kept.marks lists=kept.lists values=kept.values"
    " value_changes=kept.value_changes exports=kept.exports imports=kept.imports plays=kept.plays"
    " player_notes=kept.player_notes jobs"
    " changes=kept.changes audit files_added=kept.files_added labels=kept.labels",
):
    """All that a library keeps of one person ('map4 users export NAME').

    credentials: without what is secret of them
    ratings, marks: their own
    lists: their own, those that were deleted and are still kept too
    values: what they set for everybody, as far as it counts still
    value_changes: what they set and undid, as far as it is still known
    exports: the files that map4 wrote for them
    imports: the files of other programs that they imported
    plays: what they heard
    player_notes: places in tracks, the queue and stars that their music players keep here
    jobs: that they asked for
    changes: of their ratings, marks and lists, as far as they are still told to who follows them
    audit: what they did with accounts, and what was done with theirs
    files_added: how many files their scans found
    labels: how many tracks they had labelled
    """

    account: Account
    credentials: tuple[Credential, ...]
    jobs: tuple[Job, ...]
    audit: Iterable[AuditEntry]
    kept: KeptOf

    def document(self) -> dict[str, Any]:
        return {**Record.document(self), **in_json(self.kept.more)}

    def pieces(self) -> Iterator[str]:
        """Its document as text, an element of a list on each line, and never all of it at once."""
        yield '{\n "schema": "map4/person/1"'
        members = {name: attrgetter(path)(self) for name, path in members_of(type(self))}
        for name, value in {**members, **self.kept.more}.items():
            yield f',\n "{name}": '
            if isinstance(value, Iterable):
                yield "["
                for number, one in enumerate(value):
                    yield f"{',' if number else ''}\n  {_line(one)}"
                yield "]"
            else:
                yield _line(value)
        yield "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(in_json(value), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Record, kind="account-removed", members="id=number name credentials ratings marks plays lists jobs"
             " shared_lists exports values"):  # fmt: skip
    """What went with an account ('map4 users remove NAME --json').

    credentials, ratings, marks, plays, lists, jobs: how many were erased
    shared_lists: lists that others see, which are everybody's now
    exports: files in the history of exports, where their number stays in the place of their name
    values: values that they set for everybody, which stay, by their number
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
    """What the first account took over from who sat at the library's machine: how many of each."""

    ratings: int
    marks: int
    plays: int
    lists: int
    exports: int
    jobs: int = 0
