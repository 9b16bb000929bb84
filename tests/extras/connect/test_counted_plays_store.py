"""Plays that a connected server counts."""

import pytest
from libraries import audio_id
from stored import NOW, put_track

from map4.core.music.query.context import QueryContext
from map4.core.store.sql_store import Store
from map4.extras.connect.connected import ConnectedSong, RemoteSong, ServerInfo, SongPlace
from map4.extras.connect.store.connections import NewConnection, SqlConnections
from map4.search import store as table_rows
from map4.search.store import SqlTableRows

NEW = NewConnection(
    name="home", url="https://music.example.org", login="ann", sign_in="token", sealed=b"sealed",
    server=ServerInfo(type="navidrome", version="0.58", by_form=False), open_to=(), added_at="2026-01-01T00:00:00Z",
)  # fmt: skip


def test_plays_counted_only_by_a_server_are_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "_SEEN_FIRST", 0)
    put_track(store, 1)
    number = store.part(SqlConnections).add(NEW).number
    place = SongPlace(audio_id=audio_id(1), match="path", certainty=1.0)
    store.part(SqlConnections).put_songs(number, [ConnectedSong(song=RemoteSong(id="1", plays=3), place=place)])
    assert store.part(SqlConnections).count_plays() == 1
    assert store.part(SqlTableRows).known(("title", "plays"), QueryContext(now=NOW)) == {"plays"}
