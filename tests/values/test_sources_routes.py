"""Which source of a field goes first, over HTTP: asked, set with the key, and put back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from libraries import audio_id, put_track
from servers import client_of
from stored import put_observations

from map4.music.track.observations import Observation
from map4.server.admission import KEY_HEADER
from map4.server.settings import API
from map4.store.file.database import SqliteDatabase


def test_it_is_asked_set_and_put_back(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    said = Observation(
        provider="discogs", provider_id="1", field="genre", value="Techno", score=0.9, fetched_at="2026-11-21"
    )
    with closing(SqliteDatabase(str(path))) as database:
        with database.transaction() as connection:
            put_track(connection, 1, title="Tune", artist="Ann", genre="House")
        put_observations(database, [(audio_id(1), said)])
    one = f"{API}/sources/genre"
    with client_of(path) as client:

        def genre() -> str:
            # As a list of tracks tells it, which is kept as long as nothing changes.
            [track] = client.get(f"{API}/search").json()["tracks"]
            return str(track["metadata"]["fields"]["genre"]["value"])

        def found() -> tuple[object, object]:
            fields = client.get(f"{API}/sources").json()["fields"]
            return next((row["first"], row["contradicted"]) for row in fields if row["field"] == "genre")

        assert (found(), genre()) == ((None, 1), "House")
        change = client.get(one, params={"first": "provider"}).json()
        assert (change["count"], change["changes"][0]["now"], change["changes"][0]["then"]) == (1, "House", "Techno")
        refused = client.put(one, json={"first": "provider"}, headers={KEY_HEADER: "wrong"})
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:map4:problem:key-needed")
        assert client.put(one, json={"first": "provider"}).json()["before"] is None
        assert (found(), genre()) == (("provider", 1), "Techno")
        assert client.put(one, json={"first": None}).json()["before"] == "provider"
        assert (found(), genre()) == ((None, 1), "House")
        assert client.put(one, json={"first": "measured"}).status_code == 400
        assert client.get(one, params={"limit": 1000}).status_code == 400
