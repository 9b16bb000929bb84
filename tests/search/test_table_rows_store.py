"""Of which columns any file has a value."""

from datetime import timedelta

import pytest
from libraries import audio_id
from stored import NOW, put_imported, put_track

from map4.core.base.text import utc_text
from map4.core.music.plays import Play
from map4.core.music.query.context import QueryContext
from map4.core.store.sql_store import Store
from map4.plays.store.plays import SqlPlays
from map4.search import store as table_rows
from map4.search.store import SqlTableRows
from map4.values.store.values import SqlValues
from map4.values.use import ValueEdit

NAMES = ("title", "label", "mark", "list", "mood", "plays", "played", "skipped")


def known(store: Store) -> set[str]:
    return store.part(SqlTableRows).known(NAMES, QueryContext(now=NOW))


def hear(store: Store, number: int, *, is_skip: bool) -> None:
    at = utc_text(NOW - timedelta(hours=number))
    store.part(SqlPlays).add(
        Play(audio_id=audio_id(number), at=at, source="page", is_skip=is_skip, heard_s=9.0, length_s=200.0)
    )


def test_fields_set_on_a_single_track_are_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "_SEEN_FIRST", 0)
    for number in (1, 2, 3):
        put_track(store, number, artist="Tagged", title=f"Song {number}")
    assert known(store) == {"title"}
    [track] = [track for track in store.tracks.tracks() if track.audio_id == audio_id(3)]
    store.part(SqlValues).put(ValueEdit(mark=("Floorfiller",)).changes_of([track]), now=NOW)
    assert known(store) == {"title", "mark"}
    hear(store, 2, is_skip=True)
    assert known(store) == {"title", "mark", "skipped"}
    hear(store, 1, is_skip=False)
    assert known(store) == {"title", "mark", "skipped", "plays", "played"}


def test_fields_set_only_by_an_import_are_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "_SEEN_FIRST", 0)
    put_track(store, 1)
    put_imported(store, {1: {"play_count": 3, "last_played": "2025-01-31"}})
    assert {"plays", "played"} <= known(store)
    assert "skipped" not in known(store)
