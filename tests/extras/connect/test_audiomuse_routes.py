"""What AudioMuse's plug-in for Navidrome asks and reads, after its sources (main.go, audiomuse_api.go)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from lanes import sampled
from libraries import audio_id
from people import People, add_people
from playlist_library import make_playlist_library
from servers import client_of
from starlette.testclient import TestClient
from subsonic_asking import good, ids

from map4 import Library
from map4.extras.connect.connected import ConnectedSong, RemoteSong, ServerInfo, SongPlace
from map4.extras.connect.store.connections import NewConnection, SqlConnections

OPEN = "192.0.2.7"
TRACK = {"item_id": str, "title": str, "author": str, "album": str, "distance": (int, float)}


def plug_in(client: TestClient, base: str, question: str, headers: Mapping[str, str] | None = None) -> list[Any]:
    """What the plug-in makes of an answer: an array, of status 200, without being sent on."""
    answer = client.get(f"{base}/api/{question}", headers=headers, follow_redirects=False)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert isinstance(found, list)
    return found


def tracks(client: TestClient, base: str, item_id: str, n: int = 5, **more: Any) -> list[dict[str, Any]]:
    question = f"item_id={item_id}&n={n}&eliminate_duplicates={more.get('few', 'false')}&radius_similarity=true"
    found = plug_in(client, base, f"similar_tracks?{question}", more.get("headers"))
    for track in found:
        assert {name: isinstance(track[name], kind) for name, kind in TRACK.items()} == dict.fromkeys(TRACK, True)
    return found


def artists(client: TestClient, base: str, artist: str, **more: Any) -> list[dict[str, Any]]:
    question = f"artist={artist}&n={more.get('n', 10)}&include_component_matches={more.get('songs', 'false')}"
    return plug_in(client, base, f"similar_artists?{question}", more.get("headers"))


def connect(path: Path, name: str = "home", *, every: int = 1, open_to: tuple[str, ...] = ()) -> None:
    """A server that has each such track of the library, by ids of its own."""
    with Library.open(path) as library:
        made = library._store.part(SqlConnections).add(
            NewConnection(
                name=name, url="https://music.example.org", login="ann", sign_in="token", sealed=b"", open_to=open_to,
                server=ServerInfo(type="navidrome"), added_at="2026-01-01T00:00:00Z",
            )
        )  # fmt: skip
        songs = [
            ConnectedSong(
                song=RemoteSong(
                    id=f"nd{number}", title=track.title(), artist=track.artist(), artist_id=f"nda-{track.artist()}"
                ),
                place=SongPlace(audio_id=track.audio_id, match="tags", certainty=1.0),
            )
            for number, track in enumerate(library.tracks.all())
            if number % every == 0
        ]
        unmapped = ConnectedSong(song=RemoteSong(id="nd-none", title="X"), place=SongPlace(why="it is not here"))
        library._store.part(SqlConnections).put_songs(made.number, [*songs, unmapped])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    more = [{"number": 100 + n, "bpm": 120.0 + n, "artist": "Ann" if n < 6 else f"Bob {n % 3}", "title": f"T {n}"}
            for n in range(12)]  # fmt: skip
    return make_playlist_library(tmp_path / "library.map4", tracks=24, more=more)


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    connect(path, every=2)
    with client_of(path) as found:
        yield found


def test_requests_get_ids_of_map4_artists_and_limits_or_reasons(client: TestClient) -> None:
    [song] = ids(good(client, "search3", query="T 3", songCount=1)["searchResult3"]["song"])
    found = tracks(client, "", song)
    sonic = good(client, "getSonicSimilarTracks", id=song, count=5)["sonicMatch"]
    assert [match["item_id"] for match in found] == [track["entry"]["id"] for track in sonic]
    assert [round(1 - match["distance"], 3) for match in found] == [round(track["similarity"], 3) for track in sonic]
    assert song not in [track["item_id"] for track in found]
    authors = [track["author"] for track in tracks(client, "", "nd4", n=30, few="true")]
    assert max(authors.count(author) for author in set(authors) - {""}) <= 3
    assert len(tracks(client, "", "nd4", n=30)) > len(authors)
    by_name = artists(client, "", "ann&server=map4")
    assert by_name
    [own] = [artist["id"] for artist in good(client, "search3", query="Ann", artistCount=5)["searchResult3"]["artist"]]
    assert artists(client, "", own) == by_name
    assert all(track["artist_id"].startswith("ar-") for track in by_name)
    assert len(artists(client, "", "ann", n=1)) == 1
    assert all(artist["artist_id"].startswith("nda-") for artist in artists(client, "", "ann"))
    for question, status, message in (
        ("/api/similar_tracks", 400, "'item_id' is missing"),
        ("/api/similar_tracks?item_id=none", 404, "there is no song 'none'"),
        ("/api/similar_tracks?item_id=nd-none", 404, "it is not here"),
        ("/api/similar_tracks?item_id=nd4&n=-1", 400, "n must be a number from 1"),
        ("/api/similar_tracks?item_id=nd4&n=x", 400, "n must be a number from 1"),
        ("/api/similar_artists", 400, "'artist_id' is missing"),
        ("/api/similar_artists?artist=Nobody", 404, "there is no artist 'Nobody'"),
        ("/connect/other/api/similar_tracks?item_id=nd4", 404, "there is no connection 'other'"),
        ("/connect/home/api/similar_tracks?item_id=a1-00", 404, "there is no song"),
    ):
        answer = client.get(question, follow_redirects=False)
        assert (answer.status_code, message in answer.json()["detail"]) == (status, True), question


@pytest.mark.parametrize("base", sampled(["", "/connect/home", "/connect/HOME"], every=3))
def test_requests_with_ids_of_a_server_get_ids_of_that_server(client: TestClient, base: str) -> None:
    found = tracks(client, base, "nd4", n=12)
    assert len(found) == 12
    assert all(track["item_id"].startswith("nd") and int(track["item_id"][2:]) % 2 == 0 for track in found)
    distances = [track["distance"] for track in found]
    assert distances == sorted(distances)
    assert "nd4" not in {track["item_id"] for track in found}


@pytest.mark.parametrize("artist", ["nda-Ann", "Ann"])
def test_artists_of_a_server_are_named_by_its_ids(client: TestClient, artist: str) -> None:
    found = artists(client, "/connect/home", artist, songs="true")
    assert {track["artist_id"] for track in found} == {f"nda-{track['artist']}" for track in found}
    assert {"Bob 0", "Bob 1", "Bob 2"} & {track["artist"] for track in found}
    assert "Ann" not in {track["artist"] for track in found}
    for track in found:
        for matched in track["component_matches"]:
            for side in ("artist1_representative_songs", "artist2_representative_songs"):
                assert all(song["item_id"].startswith("nd") and song["title"] for song in matched[side])
    assert artists(client, "", "nda-Ann")[0].keys() >= {"artist", "artist_id"}


def test_id_known_to_two_servers_needs_the_connection_name(path: Path) -> None:
    connect(path, "home")
    connect(path, "barn", every=3)
    with client_of(path) as client:
        refused = client.get("/api/similar_tracks?item_id=nd3")
        assert (refused.status_code, "/connect/barn/api, /connect/home/api" in refused.json()["detail"]) == (400, True)
        assert all(int(track["item_id"][2:]) % 3 == 0 for track in tracks(client, "/connect/barn", "nd3"))
        named = plug_in(client, "", "similar_tracks?item_id=nd3&n=5&server=barn")
        assert all(int(track["item_id"][2:]) % 3 == 0 for track in named)


def test_requests_with_accounts_need_a_token_or_an_allowed_address(path: Path, tmp_path: Path) -> None:
    connect(path, "home", open_to=(OPEN,))
    connect(path, "barn")
    people: People = add_people(path, tmp_path / "other.map4")
    question, viewer = "/api/similar_tracks?item_id=nd4&n=3", people.right["viewer, token"]
    with client_of(path) as client:
        assert client.get(f"/connect/home{question}").status_code == 401
        assert client.get(f"/connect/home{question}", headers=people.wrong["expired token"]).status_code == 401
        assert len(tracks(client, "/connect/barn", "nd4", n=3, headers=viewer)) == 3
    with client_of(path, client=(OPEN, 4711)) as client:
        assert len(tracks(client, "/connect/home", "nd4", n=3)) == 3
        assert len(tracks(client, "", "nd4", n=3)) == 3
        assert client.get(f"/connect/barn{question}").status_code == 401
        assert client.get(f"/connect/home{question}", headers=people.wrong["expired token"]).status_code == 401
        assert client.get("/api/v1/search").status_code == 401
        assert client.get("/rest/ping?f=json").json()["subsonic-response"]["status"] == "failed"


def test_versions_are_eliminated_as_duplicates(tmp_path: Path) -> None:
    titles = ("Sky", "Sky (Live)", "Sky - 2019 Remaster", "Rain", "Rain (Radio Edit)", "Fog")
    more = [{"number": 200 + at, "artist": "Ann", "title": title, "bpm": 120.0} for at, title in enumerate(titles)]
    with client_of(make_playlist_library(tmp_path / "library.map4", tracks=24, more=more)) as client:
        found = [track["title"] for track in tracks(client, "", audio_id(200), n=40, few="true")]
    assert [sum(title.startswith(name) for title in found) for name in ("Sky", "Rain", "Fog")] == [0, 1, 1]


def test_recent_plays_are_left_out_while_others_fit(client: TestClient) -> None:
    [song] = ids(good(client, "search3", query="T 3", songCount=1)["searchResult3"]["song"])
    first = [track["item_id"] for track in tracks(client, "", song)]
    for heard in first:
        good(client, "scrobble", id=heard)
    second = [track["item_id"] for track in tracks(client, "", song)]
    assert len(second) == 5
    assert not {*first} & {*second}
