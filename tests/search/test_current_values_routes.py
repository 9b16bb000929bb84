"""Every view gets the same title, artist, tempo and key of a track, whatever their source and the preference."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lanes import sampled
from servers import settings_of
from starlette.testclient import TestClient
from stored import put_track

from map4.core.music.query.context import Preferences
from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library
from map4.server.app import make_app

API = "/api/v1"
COLLECTION = """<?xml version="1.0"?><DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6"/>
<COLLECTION Entries="1"><TRACK TrackID="1" Name="Imported" Artist="Import artist" AverageBpm="122.00" Tonality="10A"
 Location="file://localhost/music/0.mp3"/></COLLECTION></DJ_PLAYLISTS>"""
MEASURED: dict[str, Any] = {"title": None, "artist": None, "bpm": 120.0, "key": "8A"}
TAGS: dict[str, Any] = {"title": "Tagged", "artist": "Tag artist", "tag_bpm": 121.0, "tag_key": "9A"}
USER: dict[str, Any] = {"title": "Set", "artist": "Set artist", "bpm": 123.0, "key": "11A"}
NAMES = ("title", "artist", "bpm", "key")


@pytest.mark.parametrize(
    ("preferred", "sources", "wanted"),
    sampled(
        [
            (("measured", "tag", "imported"), "", ("0.mp3", None, 120.0, "8A")),
            (("measured", "tag", "imported"), "tag import", ("Tagged", "Tag artist", 120.0, "8A")),
            (("tag", "measured", "imported"), "tag import", ("Tagged", "Tag artist", 121.0, "9A")),
            (("imported", "tag", "measured"), "tag import", ("Tagged", "Tag artist", 122.0, "10A")),
            (("imported", "tag", "measured"), "import", ("Imported", "Import artist", 122.0, "10A")),
            (("measured", "tag", "imported"), "import", ("Imported", "Import artist", 120.0, "8A")),
            (("imported", "tag", "measured"), "tag import user", ("Set", "Set artist", 123.0, "11A")),
            (("measured", "tag", "imported"), "user", ("Set", "Set artist", 123.0, "11A")),
        ],
        every=3,
    ),
)
def test_views_get_current_values(tmp_path: Path, preferred: Any, sources: str, wanted: tuple[Any, ...]) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        put_track(store, 0, **MEASURED | (TAGS if "tag" in sources else {}))
        put_track(store, 1, bpm=120.0, key="8A")
    opened = partial(Library.open, path, preferences=Preferences(sources=preferred))
    with opened() as library:
        if "import" in sources:
            tmp_path.joinpath("rekordbox.xml").write_text(COLLECTION)
            library.imports.read(tmp_path / "rekordbox.xml")
        if "user" in sources:
            library.set(["/music/0.mp3"], **USER)
    with TestClient(make_app(settings_of(path, open_library=opened)), base_url="http://localhost") as client:
        [track] = [track for track in client.get(f"{API}/search").json()["tracks"] if track["path"] == "/music/0.mp3"]
        [other] = [track for track in client.get(f"{API}/search").json()["tracks"] if track["path"] != "/music/0.mp3"]
        names = [track["audio_id"], other["audio_id"]]
        made = client.post(f"{API}/lists", json={"name": "Friday", "tracks": names}).json()
        shown = {
            "search": track["current"],
            "track": client.get(f"{API}/tracks/{names[0]}").json()["current"],
            "list": made["picks"][0]["track"]["current"],
            "mix": client.get(f"{API}/mix/{names[0]}/{names[1]}").json()["a"]["current"],
        }
        for view, current in shown.items():
            assert (current["name"], *(current[name] for name in NAMES[1:])) == wanted, view
        columns = client.post(f"{API}/columns", json={"ids": names[:1], "fields": ["path", *NAMES]}).json()["columns"]
        [title], [bpm] = columns["title"], columns["bpm"]
        assert (title or "0.mp3", columns["artist"][0], bpm) == (*wanted[:2], pytest.approx(wanted[2]))
        [key] = columns["key"]
        assert f"{key // 2 + 1}{'AB'[key % 2]}" == wanted[3]
