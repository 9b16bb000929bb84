"""The library's queries about stored lists: by name, their content, versions and owners."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, Self

from map4 import formats
from map4.core.base.actor import Actor
from map4.core.base.paths import display_path
from map4.core.base.text import name_key, utc_text
from map4.core.music.lists.listed import ImportedPlace, ListedPick, ListHeader, ListName
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import Tracklist, length_s
from map4.core.store.database import Connection, Database, StorePart, readable, scalar
from map4.errors import NotAllowedError, UsageError
from map4.library import hookspecs
from map4.lists.store.deleted import DELETED, NEWEST_FIRST, find_deleted, keep_old, move_to_bin, oldest_deleted
from map4.lists.store.names import EDITABLE, SEEN, find_list, folder_text, require_free
from map4.lists.store.versions import add_version, keep_state, state_number, unpacked
from map4.lists.stored import ListOwner, ListVersion, PlayedEntry, RatingCounts, Sharing, StoredPlaylist
from map4.values import OF_LIST, split_marks

if TYPE_CHECKING:
    from map4.core.music.track.track import Track
    from map4.core.store.substitutes import PresentTracks
    from map4.core.store.tracks import SqlTracks

_HANDED = "handed"
"""The first word of versions that `SqlPlaylists.handing` makes."""
_SAME_AGAIN = (
    "DELETE FROM list_versions WHERE playlist_id = ?1 AND what = ?2 AND version = "
    "(SELECT max(version) FROM list_versions WHERE playlist_id = ?1)"
)
_To = Literal["see", "edit", "replace"]


class SqlPlaylists(StorePart):
    """Stored lists that the actor may see: their own, lists without an owner, and lists shared by others.

    Names are compared without case; the actor's lists come before those of others, and an id works like a name.
    Changing a list that the actor may only see raises NotAllowedError.
    """

    def __init__(self, database: Database, store: Callable[[], SqlTracks], *, actor: Actor = Actor.LOCAL) -> None:
        super().__init__(database, actor=actor)
        self._store = store

    @classmethod
    def of(cls, store: Any) -> Self:
        return cls(store.database, lambda: store.tracks, actor=store.actor)

    @staticmethod
    @contextmanager
    def handing(connection: Connection, uids: Iterable[str], by: int, what: str) -> Iterator[None]:
        """Store some lists before and after entries go to other files, which is a step of another kind in `map4 undo`.

        what: lists that go on so have a single version of it, however many files there are
        """
        sql = "SELECT id FROM playlists WHERE uid IN (SELECT value FROM json_each(?)) ORDER BY id"
        lists = [playlist_id for (playlist_id,) in connection.execute(sql, (json.dumps(sorted(uids)),))]
        for playlist_id in lists:
            keep_state(connection, playlist_id)
        yield
        for playlist_id in lists:
            connection.execute(_SAME_AGAIN, (playlist_id, f"{_HANDED} {what}"))
            add_version(connection, playlist_id, datetime.now(UTC), by, f"{_HANDED} {what}")

    # ---- lists by name ---------------------------------------------------------------------------

    def put(
        self,
        name: str,
        content: Tracklist,
        *,
        now: datetime,
        replace: bool = True,
        keep: bool | None = False,
        what: str | None = None,
        count_plays: bool = True,
    ) -> None:
        """Store a list. It replaces a list of the same name, whose id and spelling stay.

        replace: whether it may replace a list
        keep: keep the replaced content as `delete` does, if its tracks differ; False: only if the new list is less than
            half as long; None: never
        what: the change in words, which makes a new version of the list
        count_plays: update the plays that histories imply
        raises UsageError: if the name is not allowed
        raises StoredListExistsError: if there is a list of this name that may not be replaced
        """
        header = _json_text({name: value for name, value in content.header.to_record(content.picks).items() if value})
        with self._database.transaction() as connection:
            to: Literal["edit", "replace"] = "edit" if ListName.is_id(name) else "replace"
            playlist_id = self._find(connection, name, to) if replace else None
            if playlist_id is None:  # an existing list may have a name that an older map4 allowed
                name = ListName.checked(name)
                require_free(connection, name, self._actor.id)
            played = _played(connection, playlist_id) if count_plays else set()
            was_there = playlist_id is not None
            if playlist_id is None:
                values = (self._actor.id, name, name_key(name), _clean(content.description), header, utc_text(now))
                playlist_id = scalar(connection, _NEW, (*values, "edit" if self._actor == Actor.LOCAL else "private"))
            else:
                tracks = [_row(track)[:2] for track in content.tracks]
                if keep is not None:
                    keep_old(connection, playlist_id, tracks, now, always=keep)
                if what is not None:
                    keep_state(connection, playlist_id)
                connection.execute(
                    "UPDATE playlists SET description = ?, header = ?, updated_at = ? WHERE id = ?",
                    (_clean(content.description), header, utc_text(now), playlist_id),
                )
            connection.execute("DELETE FROM playlist_tracks WHERE playlist_id = ?", (playlist_id,))
            connection.executemany(
                "INSERT INTO playlist_tracks (playlist_id, position, display, detail, path, audio_id, artist, title) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        playlist_id,
                        place,
                        display_path(track.as_listed.path),
                        _json_text(pick.detail(place)),
                        *_row(track),
                    )
                    for place, (track, pick) in enumerate(content.listed(), start=1)
                ],
            )
            if what is not None and was_there:
                add_version(connection, playlist_id, now, self._actor.id, what)
            if count_plays:
                self._count_plays(connection, played | _played(connection, playlist_id))

    def _count_plays(self, connection: Connection, audio_ids: set[str]) -> None:
        if audio_ids:
            hookspecs.histories_changed.call_each(connection, audio_ids, self._database.path)

    def require_free(self, name: str) -> None:
        """Refuse a name that `put` would refuse without `replace`.

        raises UsageError, StoredListExistsError: as `put`
        """
        with self._database.reading() as connection:
            require_free(connection, ListName.checked(name), self._actor.id)

    def names(self) -> list[str]:
        """The names of all lists."""
        sql = f"SELECT name FROM playlists WHERE {SEEN} GROUP BY name ORDER BY name COLLATE NOCASE, name"
        return self._database.column(sql, {"me": self._actor.id})

    def name_of(self, name: str) -> str | None:
        """The name of a list as it is spelled, or None."""
        with self._database.reading() as connection:
            sql = "SELECT max(name) FROM playlists WHERE id = ?"
            list_name: str | None = scalar(connection, sql, (self._find(connection, name),))
            return list_name

    def id_of(self, name: str) -> str | None:
        """The id of a list, or None."""
        with self._database.reading() as connection:
            sql = "SELECT max(uid) FROM playlists WHERE id = ?"
            list_id: str | None = scalar(connection, sql, (self._find(connection, name),))
            return list_id

    def require_editable(self, name: str) -> None:
        """Raise NotAllowedError for a list that the actor may only see."""
        with self._database.reading() as connection:
            self._find(connection, name, "edit")

    def version(self, name: str) -> str | None:
        """A token that changes with every change of a list; None if there is no list."""
        with self._database.reading() as connection:
            if (playlist_id := self._find(connection, name)) is None:
                return None
            head = connection.execute("SELECT name, description, header FROM playlists WHERE id = ?", (playlist_id,))
            held = connection.execute(
                "SELECT path, audio_id, detail FROM playlist_tracks WHERE playlist_id = ? ORDER BY position",
                (playlist_id,),
            )
            digest = hashlib.blake2b(digest_size=8)
            for row in chain(head, held):
                digest.update(repr(row).encode())
            return digest.hexdigest()

    def versions(self, name: str) -> list[ListVersion]:
        """The stored states of a list, newest first, beginning with its present one; empty if there is no list.

        Every change that is described stores the state before and after it; the last hundred are kept.
        """
        with self._database.reading() as connection:
            if (playlist_id := self._find(connection, name)) is None:
                return []
            number, now = state_number(connection, playlist_id), _NOW_HELD
            rows = connection.execute(_VERSIONS, (playlist_id,)).fetchall()
            if not rows or rows[0][0] != number:
                what = "changed elsewhere" if rows else "as it was stored"
                rows = [(number, what, *connection.execute(now, (playlist_id,)).fetchone()), *rows]
        return [
            ListVersion(version=version, at=at, by=None if by is None else ListOwner(id=by, name=name), what=what,
                        count=count)
            for version, what, at, by, name, count in rows
        ]  # fmt: skip

    def changes(self, most: int) -> list[tuple[str, str, int, str, str]]:
        """The last changes of lists that the actor may edit, newest first: id and name of the list, the version before,
        the change and its time."""
        return self._database.rows(_CHANGES, {"me": self._actor.id, "most": most})

    def at_version(self, name: str, version: int) -> Tracklist | None:
        """The content of a list at a version, with tracks as `get` returns them; None if it is not kept."""
        with self._database.reading() as connection:
            playlist_id = self._find(connection, name)
            sql = "SELECT content FROM list_versions WHERE playlist_id = ? AND version = ?"
            row = connection.execute(sql, (playlist_id, version)).fetchone()
            is_now = row is None and playlist_id is not None and state_number(connection, playlist_id) == version
        if row is None:
            return self.get(name) if is_now else None
        with readable(self._database.path, "a version of a list"):
            header, entries = unpacked(row[0])
        return Tracklist(
            tracks=self.present().of_list(entry[:4] for entry in entries),
            picks=[ListedPick.of_record(detail) for *_, detail in entries],
            header=ListHeader.of_record(header),
        )

    def with_audio(self, audio_ids: Iterable[str]) -> list[str]:
        """The ids of the lists with any of this audio that the actor may edit."""
        sql = (
            "SELECT p.uid FROM playlists AS p WHERE p.deleted_at IS NULL AND p.id IN (SELECT t.playlist_id FROM "
            "playlist_tracks AS t WHERE t.audio_id IN (SELECT value FROM json_each(:ids))) "
            f"AND {EDITABLE} ORDER BY p.name, p.uid"
        )
        return self._database.column(sql, {"ids": json.dumps([*audio_ids]), "me": self._actor.id})

    def live(self, name: str) -> LiveList | None:
        """The rules of a live list; None for another list, or without one."""
        with self._database.reading() as connection:
            sql = "SELECT max(header) FROM playlists WHERE id = ?"
            header = scalar(connection, sql, (self._find(connection, name),))
        return None if header is None else LiveList.of_record(self._json(header).get("live"))

    def get(self, name: str) -> Tracklist | None:
        """A stored list with its current tracks, or None. A live list has its rules in the header, and no tracks.

        A copy represents a file that is away (`PresentTracks`). Tracks that left the library are missing, with
        their last artist and title.
        """
        with self._database.reading() as connection:
            playlist_id = self._find(connection, name)
            if playlist_id is None:
                return None
            list_id, real_name, description, header, marks = connection.execute(
                f"SELECT p.uid, p.name, p.description, p.header, {OF_LIST} FROM playlists AS p WHERE p.id = :id",
                {"id": playlist_id, "me": self._actor.id},
            ).fetchone()
            rows = connection.execute(
                "SELECT path, audio_id, artist, title, detail FROM playlist_tracks WHERE playlist_id = ? "
                "ORDER BY position",
                (playlist_id,),
            ).fetchall()
        return Tracklist(
            tracks=self.present().of_list((os.fsdecode(path), *entry) for path, *entry, _ in rows),
            name=real_name,
            description=description,
            id=list_id,
            marks=split_marks(marks),
            picks=[ListedPick.of_record(self._json(detail)) for *_, detail in rows],
            header=ListHeader.of_record(self._json(header), real_name),
        )

    def shown_copies(self, tracks: Iterable[Track]) -> list[Track]:
        """The tracks that represent entries of the actor's lists, as they do there."""
        rows = self._database.rows(
            "SELECT DISTINCT t.path, t.audio_id, t.artist, t.title FROM substitutes AS s JOIN playlist_tracks AS t "
            "ON t.audio_id = s.audio_id JOIN playlists AS p ON p.id = t.playlist_id "
            f"WHERE s.copy_audio_id IN (SELECT value FROM json_each(:ids)) AND {SEEN} ORDER BY t.path",
            {"me": self._actor.id, "ids": json.dumps([track.audio_id for track in tracks])},
        )
        return self.present().of_list((os.fsdecode(path), *entry) for path, *entry in rows)

    def present(self) -> PresentTracks:
        """Looks up the tracks of entries."""
        from map4.core.store.substitutes import PresentTracks

        return PresentTracks(self._store())

    def _json(self, text: str) -> dict[str, Any]:
        with readable(self._database.path, "a stored list"):
            value = json.loads(text)
            if not isinstance(value, dict):
                raise TypeError("it holds no object")
            return value

    def all(self, name: str | None = None) -> list[StoredPlaylist]:
        """Every stored list, by name, or the list of this name or id. Live lists have no counts."""
        if name is None:
            return self._stored(SEEN, "p.name COLLATE NOCASE")
        with self._database.reading() as connection:
            playlist_id = self._find(connection, name)
        return self._stored("p.id = :one", "p.id", one=playlist_id)

    def deleted(self, *, now: datetime) -> list[StoredPlaylist]:
        """Deleted or replaced lists that the actor may edit, newest first; they are kept for DELETED_FOR."""
        return self._stored(DELETED, NEWEST_FIRST, since=oldest_deleted(now))

    def _stored(self, condition: str, order: str, **values: Any) -> list[StoredPlaylist]:
        rows = self._database.rows(
            f"""
            SELECT p.uid, p.name, p.description, count(t.position),
                   CAST(total({_PRESENT}) AS INTEGER),
                   round(total(a.duration_s) FILTER (WHERE {_PRESENT}), 1),
                   avg(t.compatibility), p.created_at, p.updated_at,
                   json_type(p.header, '$.imported.history') = 'true',
                   min(json_extract(t.detail, '$.played_at')),
                   json_extract(p.header, '$.imported.folders'), p.deleted_at, p.owner,
                   iif(p.owner = {Actor.LOCAL.id}, '{Actor.LOCAL.name}',
                       (SELECT name FROM accounts WHERE id = p.owner)),
                   p.sharing, {EDITABLE}, {OF_LIST},
                   iif(json_type(p.header, '$.live') = 'object', json_extract(p.header, '$.live'), NULL),
                   {_RATED},
                   total(json_type(t.detail, '$.transition.plan') = 'object')
            FROM playlists AS p LEFT JOIN playlist_tracks AS t ON t.playlist_id = p.id
            LEFT JOIN analyses AS a ON a.audio_id = t.audio_id
            WHERE {condition} GROUP BY p.id ORDER BY {order}
            """,
            {"me": self._actor.id, **values},
        )
        lists = ((_stored_playlist(*row), is_planned) for *row, is_planned in rows)
        return [self._with_plans(each) if is_planned else each for each, is_planned in lists]

    def _with_plans(self, stored: StoredPlaylist) -> StoredPlaylist:
        """The list with its length by its mix plans, which apply while all of its tracks are present."""
        content = self.get(stored.id) if stored.present == stored.tracks else None
        return stored if content is None else replace(stored, duration_s=length_s(content.tracks, content.picks))

    def histories(self) -> Iterator[list[PlayedEntry]]:
        """The content of each history that `all` shows, the first imported first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"""
                SELECT p.id, t.audio_id, json_extract(t.detail, '$.played_at'),
                       json_extract(t.detail, '$.transition.plan.lasts_s'),
                       json_extract(t.detail, '$.transition.plan.leave.at_s'),
                       json_extract(t.detail, '$.transition.plan.enter.at_s')
                FROM playlists AS p JOIN playlist_tracks AS t ON t.playlist_id = p.id
                WHERE json_type(p.header, '$.imported.history') = 'true' AND {SEEN} ORDER BY p.id, t.position
                """,
                {"me": self._actor.id},
            )
            for _, entries in groupby(rows, key=itemgetter(0)):
                yield [
                    PlayedEntry(**dict(zip(PlayedEntry.__dataclass_fields__, row[1:], strict=True))) for row in entries
                ]

    def imported(self, format_name: str) -> dict[ImportedPlace, str]:
        """Names of imported lists of one format, by their place in that library."""
        rows = self._database.rows(
            "SELECT name, header FROM playlists "
            "WHERE json_extract(header, '$.imported.format') = ? AND owner = 0 "
            "AND deleted_at IS NULL AND json_extract(header, '$.imported.is_own') IS NULL ORDER BY id",
            (format_name,),
        )
        headers = ((name, ListHeader.of_record(self._json(header), name).imported) for name, header in rows)
        return {imported.place: name for name, imported in headers if imported is not None}

    def exported_as(self) -> dict[tuple[tuple[str, ...], str], list[str]]:
        """Names of all lists except histories, by folders and name in the libraries that map4 writes."""
        listed = f"json_extract(header, '$.imported.history') IS NULL AND {SEEN}"
        rows = self._database.rows(
            f"SELECT name, header FROM playlists WHERE {listed} ORDER BY name", {"me": self._actor.id}
        )
        names: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for name, header in rows:
            own = ListHeader.of_record(self._json(header), name)
            folders, shown = formats.folders_and_name(Tracklist(tracks=[], name=name, header=own))
            names.setdefault((folders, shown or name), []).append(name)
        return names

    def holds(self, name: str, content: Tracklist, *, with_header: bool = True) -> bool:
        """Whether the stored list of this name has exactly this content, apart from ratings of its transitions.

        with_header: whether its origin must match too
        """
        with self._database.reading() as connection:
            parameters = (self._find(connection, name),)
            rows = connection.execute(
                "SELECT path, audio_id, artist, title, json_extract(detail, '$.played_at') FROM playlist_tracks "
                "WHERE playlist_id = ? ORDER BY position",
                parameters,
            ).fetchall()
            header = connection.execute("SELECT header FROM playlists WHERE id = ?", parameters).fetchone()
        if header is None or (with_header and ListHeader.of_record(self._json(header[0]), name) != content.header):
            return False
        if not with_header:  # programs name tracks differently
            return [row[:2] for row in rows] == [_row(track)[:2] for track in content.tracks]
        return rows == [(*_row(track), pick.played_at) for track, pick in content.listed()]

    def rename(self, name: str, new_name: str, *, now: datetime) -> str:
        """Rename a list, and return its name as spelled; it may differ in case only.

        raises UsageError, StoredListExistsError: if the name is not allowed, or taken
        """
        wanted = ListName.checked(new_name)
        with self._database.transaction() as connection:
            playlist_id = self._find(connection, name, "edit")
            if self._find(connection, wanted, "replace") != playlist_id:
                require_free(connection, wanted, self._actor.id)
            connection.execute(
                "UPDATE playlists SET name = ?, name_key = ?, updated_at = ? WHERE id = ?",
                (wanted, name_key(wanted), utc_text(now), playlist_id),
            )
        return wanted

    def describe(self, name: str, description: str | None, *, now: datetime) -> None:
        """Set the description of a list."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE playlists SET description = ?, updated_at = ? WHERE id = ?",
                (_clean(description), utc_text(now), self._find(connection, name, "edit")),
            )

    def share(self, name: str, sharing: Sharing, *, now: datetime) -> None:
        """Set who else may see or edit a list.

        raises NotAllowedError: if it belongs to somebody else, unless the actor is an admin
        raises UsageError: if it belongs to everybody
        """
        with self._database.transaction() as connection:
            playlist_id = self._find(connection, name)
            [(owner, shown)] = connection.execute(
                "SELECT owner, name FROM playlists WHERE id = ?", (playlist_id,)
            ).fetchall()
            if owner == Actor.LOCAL.id:
                raise UsageError(f"'{shown}' belongs to everybody; store a copy of it, and share that")
            if owner != self._actor.id and not self._actor.may("admin"):
                raise NotAllowedError(f"'{shown}' belongs to another account; only its owner can share it")
            connection.execute(
                "UPDATE playlists SET sharing = ?1, updated_at = ?2 WHERE id = ?3 AND sharing <> ?1",
                (sharing, utc_text(now), playlist_id),
            )

    def noted(self, name: str, key: str) -> dict[str, Any]:
        """The values that a list stores under a key for each present track, in its order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT t.audio_id, t.detail FROM playlist_tracks AS t "
                "WHERE t.playlist_id = ? AND EXISTS (SELECT 1 FROM files "
                "AS f WHERE f.audio_id = t.audio_id AND f.missing_since IS NULL) ORDER BY t.position",
                (self._find(connection, name),),
            )
            return {audio_id: self._json(detail).get(key) for audio_id, detail in rows}

    def delete(self, name: str, *, now: datetime) -> bool:
        """Delete a list, which `restore` brings back for DELETED_FOR. Returns whether there was one."""
        real_name = self.name_of(name)
        if real_name is None:
            return False
        with self._database.transaction() as connection:
            playlist_id = self._find(connection, name, "edit")
            played = _played(connection, playlist_id)
            move_to_bin(connection, playlist_id, now)
            self._count_plays(connection, played)
        return playlist_id is not None

    def restore(self, name: str, *, now: datetime, new_name: str | None = None) -> str | None:
        """Bring back the list of this name or id that was last deleted or replaced. Returns its name, or None.

        new_name: its name from now on
        raises UsageError, StoredListExistsError: if the name is not allowed, or taken
        """
        wanted = None if new_name is None else ListName.checked(new_name)
        with self._database.transaction() as connection:
            deleted = find_deleted(connection, name, me=self._actor.id, now=now)
            if deleted is None:
                return None
            playlist_id, owner, wanted = deleted[0], deleted[1], wanted or deleted[2]
            require_free(connection, wanted, owner)
            connection.execute(
                "UPDATE playlists SET deleted_at = NULL, name = ?, name_key = ?, updated_at = ? WHERE id = ?",
                (wanted, name_key(wanted), utc_text(now), playlist_id),
            )
            self._count_plays(connection, _played(connection, playlist_id))
        return wanted

    def _find(self, connection: Connection, name: str, to: _To = "see") -> int | None:
        return find_list(connection, name, me=self._actor.id, to=to)


_RATED = ", ".join(
    f"total(json_extract(t.detail, '$.transition.rating') = '{rating}')" for rating in RatingCounts.__dataclass_fields__
)
_PRESENT = (
    "(EXISTS (SELECT 1 FROM files AS f WHERE f.path = t.path AND missing_since IS NULL AND (f.audio_id = t.audio_id "
    "OR t.audio_id IS NULL OR t.title IS NULL OR f.title IS NULL OR lower(f.title) = lower(t.title)))"
    " OR EXISTS (SELECT 1 FROM files AS f WHERE missing_since IS NULL AND f.audio_id IN (t.audio_id, "
    "(SELECT s.copy_audio_id FROM substitutes AS s WHERE s.audio_id = t.audio_id)) AND NOT EXISTS "  # if not listed
    "(SELECT 1 FROM playlist_tracks AS o WHERE o.playlist_id = t.playlist_id AND o.path = f.path)))"
)
_BY = f"iif(%s = {Actor.LOCAL.id}, '{Actor.LOCAL.name}', (SELECT name FROM accounts WHERE id = %s))"
_VERSIONS = (
    f"SELECT version, what, made_at, made_by, {_BY % ('made_by', 'made_by')}, tracks FROM list_versions "
    "WHERE playlist_id = ? ORDER BY version DESC"
)
_BEFORE = "SELECT max(e.version) FROM list_versions AS e WHERE e.playlist_id = v.playlist_id AND e.version < v.version"
_CHANGES = (
    f"SELECT uid, name, before, what, made_at FROM (SELECT p.uid, p.name, ({_BEFORE}) AS before, v.what, v.made_at, "
    "v.version, p.id FROM list_versions AS v JOIN playlists AS p ON p.id = v.playlist_id "
    f"WHERE p.deleted_at IS NULL AND {EDITABLE}) AS c WHERE before IS NOT NULL AND what NOT LIKE '{_HANDED} %' "
    "ORDER BY made_at DESC, version DESC, id DESC LIMIT :most"
)
_NOW_HELD = (
    "SELECT updated_at, NULL, NULL, (SELECT count(*) FROM playlist_tracks WHERE playlist_id = p.id) "
    "FROM playlists AS p WHERE id = ?"
)
_NEW = (
    "INSERT INTO playlists (owner, name, name_key, description, header, created_at, updated_at, sharing) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) RETURNING id"
)


def _stored_playlist(*row: Any) -> StoredPlaylist:
    *values, is_history, played_at, folders, deleted_at, owner, owner_name, sharing, may_edit, marks, live = row[:-4]
    return StoredPlaylist(
        **dict(zip(StoredPlaylist.__dataclass_fields__, values, strict=False)),
        is_history=bool(is_history),
        ratings=RatingCounts(
            **{rating: int(count) for rating, count in zip(RatingCounts.__dataclass_fields__, row[-4:], strict=True)}
        ),
        played_at=played_at,
        folder=folder_text(folders),
        deleted_at=deleted_at,
        owner=ListOwner(id=owner, name=owner_name),
        sharing=sharing,
        may_edit=bool(may_edit),
        marks=split_marks(marks),
        live=LiveList.of_record(live and json.loads(live)),
    )


def _played(connection: Connection, playlist_id: int | None) -> set[str]:
    """The audio ids of a history; empty for another list."""
    rows = connection.execute(
        "SELECT t.audio_id FROM playlists AS p JOIN playlist_tracks AS t ON t.playlist_id = p.id WHERE p.id = ? "
        "AND json_type(p.header, '$.imported.history') = 'true' AND t.audio_id IS NOT NULL",
        (playlist_id,),
    )
    return {audio_id for (audio_id,) in rows}


def _row(track: Track) -> tuple[bytes, str | None, str | None, str | None]:
    """The columns of a track in a stored list: path, audio id, artist and title; of a copy, those of its entry."""
    track = track.as_listed
    return os.fsencode(track.path), track.audio_id, _clean(track.artist()), _clean(track.title())


def _json_text(data: Mapping[str, Any]) -> str:
    return json.dumps(dict(data), allow_nan=False)


def _clean(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
