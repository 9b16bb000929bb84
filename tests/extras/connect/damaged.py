"""Calls of a damaged library: see `tests/torture/damage.py`."""

import json
from collections.abc import Callable
from pathlib import Path

from libraries import audio_id

from map4 import Library
from map4.extras.connect.connected import MusicConnection, ServerInfo
from map4.extras.connect.part import ConnectionsPart
from map4.extras.connect.store.connections import NewConnection, SqlConnections

NOT_CALLED = {f"connections.{name}" for name in ("add", "map", "listen", "push", "pull", "watch", "wait")}


def connected(library: Library) -> tuple[ConnectionsPart, MusicConnection]:
    if not library.connections.all():
        library._store.part(SqlConnections).add(
            NewConnection(name="home", url="http://localhost:1", login="ann", sign_in="token", sealed=b"x",
                          server=ServerInfo(), open_to=(), added_at="2026-01-01T00:00:00Z")
        )  # fmt: skip
    return library.connections, library.connections.get("home")


def at_home(call: Callable[[ConnectionsPart, MusicConnection], object]) -> Callable[[Library], object]:
    return lambda library: call(*connected(library))


def as_json(record: object) -> str:
    return json.dumps(record, allow_nan=False)


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "connections.all": at_home(lambda part, home: [as_json(record.to_record()) for record in part.all()]),
        "connections.get": at_home(lambda part, home: part.get()),
        "connections.status": at_home(lambda part, home: as_json(part.status(home.name).to_record())),
        "connections.song": at_home(lambda part, home: part.song(home, "x")),
        "connections.songs_of_artist": at_home(lambda part, home: part.songs_of_artist(home, "x")),
        "connections.mapped_song": at_home(lambda part, home: part.mapped_song(home, [audio_id(5)])),
        "connections.remove": at_home(lambda part, home: part.remove(home.name)),
    }
