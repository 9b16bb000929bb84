"""What a library file keeps of one person: told, erased, or handed over."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple, TypeVar

from map4.domain.accounts import Account
from map4.domain.lists.names import MOST_NAME_LETTERS, starred_name
from map4.domain.person import (
    REMOVED,
    Asked,
    Erased,
    KeptOf,
    OwnChange,
    OwnImport,
    OwnList,
    OwnListTrack,
    OwnValueChange,
    SaidOfTrack,
    Taken,
)
from map4.domain.text import name_key
from map4.domain.track.user_values import OWN_WORD
from map4.domain.track.value_history import StepKind
from map4.infra.files.job_files import JobFiles
from map4.infra.sql.connections import CONNECTIONS, read_connection
from map4.infra.sql.database import Connection, Database, scalar
from map4.infra.sql.noted_files import written_files
from map4.infra.sql.player_notes import PLAYER_NOTES, read_note
from map4.infra.sql.plays import IN_ORDER, PLAYS, erase_plays, read_play, take_plays
from map4.infra.sql.rows.effective_values import affected
from map4.infra.sql.value_changes import EVERYBODYS, OF_MARK

T = TypeVar("T")


class PersonPlace(NamedTuple):
    """A column that says whose something is.

    at_removal: the row is erased, or its name, or the number stays, which is nobody's any more
    told: the member of `Person` that tells it
    """

    at_removal: Literal["row erased", "name erased", "number stays"]
    told: str


PLACES: Mapping[str, PersonPlace] = {
    "accounts.id": PersonPlace("row erased", "account"),
    "credentials.account": PersonPlace("row erased", "credentials"),
    "ratings.owner": PersonPlace("row erased", "ratings"),
    "marks.owner": PersonPlace("row erased", "marks"),
    "mark_looks.owner": PersonPlace("row erased", "marks"),
    "playlists.owner": PersonPlace("row erased", "lists"),  # one that others see becomes everybody's
    "plays.owner": PersonPlace("row erased", "plays"),
    "play_counts.owner": PersonPlace("row erased", "plays"),
    "player_notes.owner": PersonPlace("row erased", "player_notes"),
    "connections.owner": PersonPlace("row erased", "connections"),
    "list_versions.made_by": PersonPlace("number stays", "lists"),
    "changes.whose": PersonPlace("row erased", "changes"),
    "jobs.asked_by": PersonPlace("row erased", "jobs"),
    "written_files.asker": PersonPlace("name erased", "exports"),
    "written_files.asked_by": PersonPlace("number stays", "exports"),
    "user_values.set_by": PersonPlace("number stays", "values"),
    "value_steps.by": PersonPlace("number stays", "value_changes"),
    "value_changes.owner": PersonPlace("row erased", "value_changes"),  # of ratings; a trigger does it
    "labels.labelled_by": PersonPlace("number stays", "labels"),
    "imports.imported_by": PersonPlace("number stays", "imports"),
    "files.added_by": PersonPlace("number stays", "files_added"),
    "audit.account": PersonPlace("number stays", "audit"),
    "audit.subject": PersonPlace("number stays", "audit"),
}
"""Wherever a person stands in the library file and the file of its jobs."""

_OWNED = ("ratings", "marks", "playlists", "plays")
"""What answers about tracks and lists tell its owner alone, or otherwise."""

_TRACK = (
    "SELECT o.audio_id, f.artist, f.title, f.path, {said} FROM {table} AS o "
    "LEFT JOIN files AS f ON f.id = (SELECT min(id) FROM files WHERE audio_id = o.audio_id) WHERE o.{whose} = ? "
    "ORDER BY o.set_at, o.audio_id"
)
_RATINGS = _TRACK.format(said="'rating', json_quote(o.rating), o.set_at", table="ratings", whose="owner")
_VALUES = _TRACK.format(said="o.name, o.value, o.set_at", table="user_values", whose="set_by")
_MARKS = _TRACK.format(said="'mark', json_quote(o.mark), o.set_at", table="marks", whose="owner")
_OWN_ALONE = "owner = :who AND (sharing = 'private' OR deleted_at IS NOT NULL OR name_key = :stars)"
_FROM_PROGRAM = "json_extract(header, '$.imported') IS NOT NULL AND json_extract(header, '$.imported.is_own') IS NULL"


class SqlPeople:
    """What a library keeps of each person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def without_own(self) -> frozenset[int]:
        """Numbers of the accounts that have no ratings, marks, lists and plays: of tracks all of them see the same."""
        has = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE owner = accounts.id)" for table in _OWNED)
        with self._database.reading() as connection:
            return frozenset(number for (number,) in connection.execute(f"SELECT id FROM accounts WHERE NOT ({has})"))

    # ---- told

    def kept_of(self, account: int) -> KeptOf:
        """All of it but the account itself, its credentials, the audit log and jobs."""
        with self._database.reading() as connection:
            files, labels = (
                scalar(connection, f"SELECT count(*) FROM {table} WHERE {whose} = ?", (account,))
                for table, whose in (("files", "added_by"), ("labels", "labelled_by"))
            )
        steps = (
            "SELECT s.number, s.at, s.kind, c.audio_id, c.name, c.was, c.became FROM value_steps AS s "
            "JOIN value_changes AS c ON c.step = s.number "
            f"WHERE c.owner = ?1 OR (s.by = ?1 AND c.owner = {EVERYBODYS}) ORDER BY s.number, c.audio_id, c.name"
        )
        changes = "SELECT at, kind, what, subject FROM changes WHERE whose = ? ORDER BY number"
        imports = "SELECT format, path, imported_at FROM imports WHERE imported_by = ? ORDER BY imported_at"
        return KeptOf(
            ratings=self._asked(_RATINGS, account, _said),
            marks=self._asked(_MARKS, account, _said),
            lists=Asked(lambda: self._lists(account)),
            values=self._asked(_VALUES, account, _said),
            value_changes=self._asked(steps, account, _value_change),
            exports=Asked(lambda: iter(written_files(self._database, "asked_by = ?", (account,)))),
            imports=self._asked(
                imports, account, lambda form, path, at: OwnImport(format=form, path=os.fsdecode(path), imported_at=at)
            ),
            plays=self._asked(f"{PLAYS} {IN_ORDER}", account, read_play),
            player_notes=self._asked(f"{PLAYER_NOTES} ORDER BY kind, at, subject", account, read_note),
            connections=self._asked(f"{CONNECTIONS} WHERE owner = ? ORDER BY name", account, read_connection),
            changes=self._asked(
                changes, account, lambda at, kind, what, on: OwnChange(at=at, type=kind, what=what, subject=on)
            ),
            files_added=files,
            labels=labels,
        )

    def _asked(self, sql: str, account: int, make: Callable[..., T]) -> Asked[T]:
        def ask() -> Iterator[T]:
            with self._database.reading() as connection:
                for row in connection.execute(sql, (account,)):
                    yield make(*row)

        return Asked(ask)

    def _lists(self, account: int) -> Iterator[OwnList]:
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, uid, name, description, sharing, header, created_at, updated_at, deleted_at FROM playlists "
                "WHERE owner = ? ORDER BY id",
                (account,),
            )
            for number, uid, name, description, sharing, header, created_at, updated_at, deleted_at in rows:
                yield OwnList(
                    id=uid,
                    name=name,
                    description=description,
                    sharing=sharing,
                    header=json.loads(header),
                    created_at=created_at,
                    updated_at=updated_at,
                    deleted_at=deleted_at,
                    tracks=tuple(_listed(connection, number)),
                )

    # ---- erased

    def erase(self, account: Account) -> Erased:
        """Forget what is this person's alone, and the name wherever it stands; the account itself is there still."""
        who = {"who": account.number, "stars": name_key(starred_name(account.name))}

        def counted(sql: str) -> int:
            return int(scalar(connection, f"SELECT count(*) FROM {sql}", who))

        with self._database.transaction(erases=True) as connection:
            for table in ("player_notes", "connections", "mark_looks"):
                connection.execute(f"DELETE FROM {table} WHERE owner = :who", who)
            # Of their jobs, whose files go with them.
            connection.execute(
                "DELETE FROM written_files WHERE asked_by = :who AND substr(path, 1, length(:folder)) = :folder",
                {**who, "folder": os.fsencode(os.path.join(JobFiles(self._database.file).folder, ""))},
            )
            found = Erased(
                number=account.number,
                name=account.name,
                credentials=counted("credentials WHERE account = :who"),
                ratings=connection.execute("DELETE FROM ratings WHERE owner = :who", who).rowcount,
                marks=connection.execute("DELETE FROM marks WHERE owner = :who", who).rowcount,
                plays=erase_plays(connection, account.number),
                lists=self._erase_lists(connection, who),
                shared_lists=_hand_over_lists(connection, account.number, 0, sharing="edit"),
                exports=connection.execute(
                    "UPDATE written_files SET asker = :name WHERE asked_by = :who", {**who, "name": REMOVED}
                ).rowcount,
                values=counted("user_values WHERE set_by = :who"),
            )
            connection.execute(
                "UPDATE audit SET detail = json_remove(detail, '$.name') WHERE json_type(detail, '$.name') IS NOT NULL "
                "AND (account = :who OR subject = CAST(:who AS TEXT) "
                "OR CAST(json_extract(detail, '$.account') AS TEXT) = CAST(:who AS TEXT) "
                "OR subject IN (SELECT id FROM credentials WHERE account = :who))",
                who,
            )
            connection.execute("DELETE FROM value_changes WHERE owner = :who", who)
            connection.execute("DELETE FROM value_steps WHERE number NOT IN (SELECT step FROM value_changes)")
            connection.execute("DELETE FROM changes WHERE whose = :who", who)  # what was just erased is noted there
        return found

    def _erase_lists(self, connection: Connection, who: Mapping[str, Any]) -> int:
        played = connection.execute(
            f"SELECT DISTINCT audio_id FROM playlist_tracks WHERE playlist_id IN (SELECT id FROM playlists WHERE "
            f"{_OWN_ALONE} AND json_type(header, '$.imported.history') = 'true') AND audio_id IS NOT NULL",
            who,
        ).fetchall()
        done = connection.execute(f"DELETE FROM playlists WHERE {_OWN_ALONE}", who)
        if played:
            with affected(connection, self._database.path) as named:
                named.add(*(audio_id for (audio_id,) in played))
        return done.rowcount

    # ---- handed over

    def take_local(self, account: Account) -> Taken:
        """Give an account what who sits at this machine has; what was shared stays so, stars become the account's."""
        who = {"who": account.number, "name": account.name}
        with self._database.transaction() as connection:
            ratings = _take(connection, "ratings", ("audio_id",), who)
            marks = _take(connection, "marks", ("audio_id", "mark_key"), who)
            _take(connection, "mark_looks", ("mark_key",), who)
            connection.execute(
                "DELETE FROM value_changes WHERE owner = :who AND EXISTS (SELECT 1 FROM value_changes AS o "
                "WHERE (o.step, o.audio_id, o.name, o.owner) = "
                "(value_changes.step, value_changes.audio_id, value_changes.name, 0))",
                who,
            )
            connection.execute("UPDATE value_changes SET owner = :who WHERE owner = 0", who)
            plays = take_plays(connection, account.number)
            _take(connection, "player_notes", ("kind", "subject"), who)
            _take(connection, "connections", ("name",), who)
            self._name_stars(connection, 0, starred_name(), starred_name(account.name))
            lists = _hand_over_lists(connection, 0, account.number, where=f"NOT ({_FROM_PROGRAM})")
            exports = connection.execute(
                "UPDATE written_files SET (asked_by, asker) = (:who, :name) WHERE asked_by = 0", who
            ).rowcount
        return Taken(ratings=ratings, marks=marks, plays=plays, lists=lists, exports=exports)

    def renamed(self, was: Account, now: Account) -> None:
        """Write the name that an account has now wherever the one before stands."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE written_files SET asker = ? WHERE asked_by = ?", (now.name, now.number))
            self._name_stars(connection, now.number, starred_name(was.name), starred_name(now.name))

    @staticmethod
    def _name_stars(connection: Connection, owner: int, was: str, now: str) -> None:
        """Stars are one's own, whoever sees other lists; what list had this name gives it up."""
        stars = connection.execute(
            "SELECT id FROM playlists WHERE owner = ? AND name_key = ?", (owner, name_key(was))
        ).fetchone()
        if stars is None:
            return
        if name_key(was) != name_key(now):
            for number, name in connection.execute(
                "SELECT id, name FROM playlists WHERE owner = ? AND name_key = ?", (owner, name_key(now))
            ).fetchall():
                _place(connection, number, name, owner)
        connection.execute(
            "UPDATE playlists SET name = ?, name_key = ?, sharing = 'private' WHERE id = ?",
            (now, name_key(now), stars[0]),
        )


def _take(connection: Connection, table: str, key: Sequence[str], who: Mapping[str, Any]) -> int:
    """Give what is nobody's to an account; what the account said itself counts. Gives how many rows it took."""
    same = " AND ".join(f"t.{column} = {table}.{column}" for column in key)
    own = f"EXISTS (SELECT 1 FROM {table} AS t WHERE t.owner = :who AND {same})"
    taken = connection.execute(f"UPDATE {table} SET owner = :who WHERE owner = 0 AND NOT {own}", who).rowcount
    connection.execute(f"DELETE FROM {table} WHERE owner = 0")
    return taken


def _hand_over_lists(
    connection: Connection, was: int, now: int, *, sharing: str | None = None, where: str = "TRUE"
) -> int:
    """Give lists to another owner; one whose name is taken there gets a number behind it."""
    rows = connection.execute(f"SELECT id, name FROM playlists WHERE owner = ? AND {where}", (was,)).fetchall()
    for number, name in rows:
        _place(connection, number, name, now)
    connection.executemany(
        "UPDATE playlists SET sharing = coalesce(?, sharing) WHERE id = ?", [(sharing, number) for number, _ in rows]
    )
    return len(rows)


def _place(connection: Connection, number: int, name: str, owner: int) -> None:
    """Give a list an owner, and a name that is free there; one that was deleted has a key of its own."""
    taken = "SELECT EXISTS (SELECT 1 FROM playlists WHERE owner = ? AND name_key = ?)"
    free = (name if n == 1 else f"{name[: MOST_NAME_LETTERS - 8]} ({n})" for n in count(1))
    chosen = next(one for one in free if not scalar(connection, taken, (owner, name_key(one))))
    connection.execute(
        "UPDATE playlists SET owner = ?1, name = ?2, name_key = ?3 WHERE id = ?4 AND deleted_at IS NULL",
        (owner, chosen, name_key(chosen), number),
    )
    connection.execute("UPDATE playlists SET owner = ? WHERE id = ? AND deleted_at IS NOT NULL", (owner, number))


def _listed(connection: Connection, playlist: int) -> Iterator[OwnListTrack]:
    rows = connection.execute(
        "SELECT path, audio_id, artist, title, detail FROM playlist_tracks WHERE playlist_id = ? ORDER BY position",
        (playlist,),
    )
    for path, audio_id, artist, title, detail in rows:
        yield OwnListTrack(
            path=os.fsdecode(path), audio_id=audio_id, artist=artist, title=title, detail=json.loads(detail)
        )


def _value_change(
    step: int, at: str, kind: StepKind, audio_id: str, name: str, was: str | None, became: str | None
) -> OwnValueChange:
    before, after = (None if text is None else json.loads(text) for text in (was, became))
    name = OWN_WORD if name.startswith(OF_MARK) else name
    return OwnValueChange(step=step, at=at, kind=kind, audio_id=audio_id, name=name, was=before, became=after)


def _said(
    audio_id: str, artist: str | None, title: str | None, path: bytes | None, name: str, value: str, at: str
) -> SaidOfTrack:
    return SaidOfTrack(
        audio_id=audio_id,
        artist=artist,
        title=title,
        path=None if path is None else os.fsdecode(path),
        name=name,
        value=json.loads(value),
        set_at=at,
    )
