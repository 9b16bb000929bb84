"""Rows of connect in tables of other tests."""

from libraries import audio_id

from map4.core.store.sql_store import Store
from map4.extras.connect.connected import ConnectedSong, RemoteSong, ServerInfo, SongPlace
from map4.extras.connect.routes.audiomuse import CALLS
from map4.extras.connect.store.connections import NewConnection, SqlConnections

NEEDS = {
    **{(method, place + path): call.needs for place in ("", "/connect/{name}")
       for (method, path), call in CALLS.items()},
    ("POST", "/connections/map"): "own",
    ("POST", "/connections/pull"): "own",
    ("POST", "/connections/push"): "own",
    ("GET", "/connections"): "read",
}  # fmt: skip

NOT_FOUND = {  # no server is connected
    ("POST", "/connections/map"): 404,
    ("POST", "/connections/pull"): 404,
    ("POST", "/connections/push"): 404,
}

CALLS_OF_ROLES = {
    "viewer": {"connections": "all get mapped_song song songs_of_artist status"},
    "user": {"connections": "add listen map pull push remove watch"},
}
COMMANDS = {
    "viewer": ("connect status",),
    "user": ("connect status none --match", "connect push Ours", "connect pull", "connect remove none"),
}
ELSEWHERE = {"connect add"}
ON_PAGE = ("connect", ["Music servers"])


def put_rows(store: Store) -> None:
    """A server of whoever the store acts as, and a song with plays."""
    connections = store.part(SqlConnections)
    made = connections.add(
        NewConnection(
            name=f"at-{store.actor.id}", url="http://127.0.0.1:1", login=store.actor.name, sign_in="token",
            sealed=b"secret", server=ServerInfo(), open_to=(), added_at="2026-01-01T00:00:00Z",
        )
    )  # fmt: skip
    song, place = RemoteSong(id="s", plays=5), SongPlace(audio_id=audio_id(1), match="path", certainty=1.0)
    connections.put_songs(made.number, [ConnectedSong(song=song, place=place)])
    connections.count_plays()
