"""Triggers note what changes: by hand too, in a library that was brought up to date, and for whom."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from libraries import audio_id, execute
from stored import NOW, put_own, put_track

from map4.core.base.actor import SCOPES, Actor
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.sqlite_store import SqliteStore
from map4.lists.store.playlists import SqlPlaylists

ANN, BOB = (Actor(id=number, name=name, scopes=frozenset(SCOPES)) for number, name in ((1, "Ann"), (2, "Bob")))


def test_changes_by_sql_are_logged_unless_rolled_back(tmp_path: Path) -> None:
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        put_track(store, 1)
        before = store.change_log.since(None).through
        statements = "BEGIN; DELETE FROM files; INSERT INTO playlists (name) VALUES (NULL)"
        with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
            store.database.connection.executescript(statements)
        store.database.connection.execute("ROLLBACK")
        assert store.change_log.since(None).through == before
        put_own(store, 1, title="Own")
        assert [change.number for change in store.change_log.since(before).changes] == [before + 1]
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        put_track(store, 1)
        before = store.change_log.since(None).through
        execute(path, "UPDATE files SET title = 'By hand'")
        [change] = store.change_log.since(before).changes
        assert (change.what, change.subject) == ("changed", audio_id(1))


def test_list_made_private_is_logged_as_removed_for_others(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        ann, bob = store.acting_as(ANN), store.acting_as(BOB)
        ann.part(SqlPlaylists).put("Mine", Tracklist(tracks=[]), now=NOW)
        changes: list[list[str]] = []
        for sharing in ("read", "private"):
            before = store.change_log.since(None).through
            execute(path, f"UPDATE playlists SET sharing = '{sharing}'")
            changes += ([change.what for change in actor.change_log.since(before).changes] for actor in (ann, bob))
    assert changes == [["changed"], ["changed"], ["deleted", "changed"], ["deleted"]]
