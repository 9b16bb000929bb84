"""What AudioMuse's plug-in for Navidrome asks and reads, after its sources (main.go, audiomuse_api.go)."""

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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
    question = f"eliminate_duplicates={more.get('few', 'false')}&item_id={item_id}&n={n}&radius_similarity=true"
    found = plug_in(client, base, f"similar_tracks?{question}", more.get("headers"))
    for track in found:
        assert {name: isinstance(track[name], kind) for name, kind in TRACK.items()} == dict.fromkeys(TRACK, True)
    return found


def artists(client: TestClient, base: str, artist: str, **more: Any) -> list[dict[str, Any]]:
    question = f"artist={artist}&include_component_matches={more.get('songs', 'false')}&n={more.get('n', 10)}"
    found = plug_in(client, base, f"similar_artists?{question}", more.get("headers"))
    assert {type(each[name]) for each in found for name in ("artist", "artist_id")} == {str}
    return found


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


@pytest.mark.parametrize("spare", [0, 20])
def test_recent_plays_are_left_out_while_others_fit(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    monkeypatch.setattr("map4.similar.routes._SPARE", spare)
    [song] = ids(good(client, "search3", query="T 3", songCount=1)["searchResult3"]["song"])
    first = [track["item_id"] for track in tracks(client, "", song)]
    for heard in first:
        good(client, "scrobble", id=heard)
    second = [track["item_id"] for track in tracks(client, "", song)]
    matches = good(client, "getSonicSimilarTracks", id=song, count=5)["sonicMatch"]
    third = ids([match["entry"] for match in matches])
    assert len(second) == len(third) == 5
    assert not {*first} & {*second, *third}


def post(client: TestClient, path: str, body: Any, status: int = 200, base: str = "") -> Any:
    answer = client.post(f"{base}{path}", json=body, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer.json()


def get(client: TestClient, question: str, status: int = 200, base: str = "") -> Any:
    answer = client.get(f"{base}{question}", follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer.json()


ANSWERS: Mapping[str, Any] = {
    # What the plug-ins for Jellyfin and Lyrion, the mixer for Lyrion, beets' plug-in and OneTagger read of each answer.
    "/api/health": {"status": "ok"},
    "/api/active_tasks": {},
    "/api/last_task": {"task_id": None, "status": "NO_PREVIOUS_MAIN_TASK"},
    "/api/config": {"max_songs_per_artist": 3},
    "/chat/api/config_defaults": {"default_ai_provider": "NONE"},
    "/api/max_distance?item_id=nd4": {"max_distance": 2.0},
    "/api/track?item_id=nd4": {"item_id": "nd4", "title": "Title 5", "author": "Artist 2"},
    "/external/get_score?id=nd4": {"item_id": "nd4", "tempo": 119.0, "key": "C", "scale": "major"},
    "/api/map_cache_status": {"ok": True},
    "/api/anchors": {"anchors": []},
    "/api/radios": {"radios": []},
    "POST /chat/api/chatPlaylist": {
        "response": {
            "message": "map4 has no language model here; use a query",
            "ai_provider_used": "NONE",
            "query_results": None,
        }
    },
    "/api/clap/top_queries": {"queries": [], "ready": False},
    "/api/dashboard/summary": {"workers": [], "recent_tasks": []},
    "POST /api/clap/search": {"query": "artist:ann", "count": 3},
}


@pytest.mark.parametrize("question", ANSWERS)
def test_answers_have_the_members_that_plug_ins_read(client: TestClient, question: str) -> None:
    method, _, path = question.rpartition(" ")
    answer = post(client, path, {"query": "artist:ann", "limit": 50}) if method else get(client, path)
    assert {name: answer[name] for name in ANSWERS[question]} == ANSWERS[question]


REFUSALS: Mapping[str, tuple[int, str]] = {
    "/api/similar_tracks": (400, "'item_id' is missing"),
    "/api/similar_tracks?title=T&artist=Nobody": (404, "Track 'T' by 'Nobody' not found"),
    "/api/similar_tracks?item_id=nd4&server=attic": (400, "Unknown server 'attic'"),
    "/api/find_path?start_song_id=nd4": (400, "'end_song_id' is missing"),
    "/api/find_path?start_song_id=nd4&end_song_id=nd4": (400, "cannot be the same"),
    "/api/status/job-9": (404, "there is no job"),
    "/api/track?item_id=nothing": (404, "there is no song 'nothing'"),
    "/external/get_score": (400, "'item_id' is missing"),
    "/api/sonic_fingerprint/generate?jellyfin_user_identifier=bob": (400, "can't read the plays of 'bob'"),
    "POST /api/clap/search": (400, "can't search sound by words"),
    "POST /api/lyrics/search/text": (400, "lyrics"),
    "POST /api/sem_grove/search": (404, "lyrics"),
    "POST /api/clap/warmup": (400, "disabled"),
    "POST /api/alchemy": (400, "at least one item"),
    "POST /api/create_playlist": (400, "'playlist_name' is missing"),
    **{f"POST /api/{name}": (400, "workers") for name in (
        "analysis/start", "clustering/start", "cancel/job-1", "cancel_all/main_analysis", "radios/run", "cron")},
}  # fmt: skip


@pytest.mark.parametrize("question", sampled(list(REFUSALS), every=2))
def test_refusals_have_their_member_error(client: TestClient, question: str) -> None:
    status, message = REFUSALS[question]
    method, _, path = question.rpartition(" ")
    answer = post(client, path, {"query": "sad songs in the rain"}, status) if method else get(client, path, status)
    assert message in answer["error"]


def test_bodies_of_other_shapes_are_refused(client: TestClient) -> None:
    for items in (
        None,
        "x",
        [1],
        [{"op": "ADD"}],
        [{"op": 1, "id": "nd4"}],
        [{"op": "ADD", "id": "nd4", "type": "mood"}],
    ):
        post(client, "/api/alchemy", {"items": items}, 400)
    for songs in (None, "nd4", 4, [{}], ["nobody"]):
        post(client, "/api/create_playlist", {"playlist_name": "x", "track_ids": songs}, 400)
    for body in (b"[", b"[]", b'"x"'):
        answer = client.post("/api/alchemy", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (400, "Invalid JSON payload")


SEARCHES = {
    "": 0, "search_query=": 0, "search_query=%25%25": 0, "search_query=nobody": 0, "title=T+2&artist=Ann": 1,
    "artist=Ann": 3, "search_query=title": 12, "search_query=title&start=10&end=14": 2,
    "search_query=title&start=3&end=3": 0, "artist=Ann&server=map4": 6,
}  # fmt: skip


@pytest.mark.parametrize("question", SEARCHES)
def test_search_lists_songs_of_the_server_and_is_empty_without_matches(client: TestClient, question: str) -> None:
    songs = plug_in(client, "", f"search_tracks?{question}")
    assert len(songs) == SEARCHES[question]
    kinds = {"a1-" if song["item_id"].startswith("a1-") else song["item_id"][:2] for song in songs}
    assert kinds <= {"a1-" if "map4" in question else "nd"}


def test_artists_have_tracks(client: TestClient) -> None:
    assert [song["author"] for song in get(client, "/api/artist_tracks?artist_id=nda-Ann")] == ["Ann"] * 3


@pytest.mark.parametrize("base", ["", "/connect/home"])
def test_song_is_found_by_title_and_artist(client: TestClient, base: str) -> None:
    by_id = get(client, "/api/similar_tracks?item_id=nd24&n=5", base=base)
    assert get(client, "/api/similar_tracks?title=t+0&artist=ann&n=5", base=base) == by_id
    mixed = post(client, "/api/hyperbolic/similar", {"item_id": "nd24", "mode": "similar", "limit": 5}, base=base)
    assert (mixed["results"], mixed["count"]) == (by_id, 5)
    assert "tree" in post(client, "/api/hyperbolic/similar", {"item_id": "nd24", "mode": "roots"}, 400)["error"]
    assert len(get(client, "/api/similar_tracks?item_id=nd24&n=0", base=base)) == 10


def test_songs_of_an_artist_are_limited_by_default(client: TestClient) -> None:
    authors = [song["author"] for song in get(client, "/api/similar_tracks?item_id=nd4&n=30")]
    assert max(authors.count(author) for author in set(authors)) <= 3


def test_path_leads_from_one_song_to_another(client: TestClient) -> None:
    ways = "count=12&end_song_id=nd20&max_steps=12&mood_pct=100&path_fix_size=false&start_song_id=nd2"
    found = get(client, f"/api/find_path?{ways}")
    assert {type(song[name]) for song in found["path"] for name in ("item_id", "title", "author", "album")} == {str}
    ids = [song["item_id"] for song in found["path"]]
    assert (ids[0], ids[-1], len(set(ids)), found["total_distance"] > 0) == ("nd2", "nd20", len(ids), True)


def test_paths_leave_threads_to_shorter_requests(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = threading.Event(), threading.Event()

    def wait(*_: Any) -> list[float]:
        begun.set()
        return [float(over.wait(20))]

    monkeypatch.setattr("map4.search.part.TracksPart.sound_steps", wait)
    with ThreadPoolExecutor(3) as pool:
        paths = [pool.submit(get, client, "/api/find_path?start_song_id=nd2&end_song_id=nd20") for _ in range(3)]
        assert begun.wait(20)
        assert tracks(client, "", "nd4")
        assert not any(path.done() for path in paths)
        over.set()


def test_alchemy_adds_and_subtracts_songs_artists_and_lists(client: TestClient) -> None:
    def mixed(*items: tuple[str, str, str]) -> list[str]:
        given = [{"id": key, "op": sign, "type": kind} for sign, kind, key in items]
        answer = post(client, "/api/alchemy", {"items": given, "n": 8})
        assert answer["filtered_out"] == []
        return [song["item_id"] for song in answer["results"]]

    plain = mixed(("ADD", "song", "nd4"))
    assert plain == [song["item_id"] for song in get(client, "/api/similar_tracks?item_id=nd4&n=8")]
    less = mixed(("ADD", "song", "nd4"), ("SUBTRACT", "song", plain[0]))
    assert plain[0] not in less
    assert less != plain
    assert all(song.startswith("nd") for song in mixed(("ADD", "artist", "nda-Ann"), ("ADD", "song", "nd2")))
    post(client, "/api/create_playlist", {"playlist_name": "Two", "track_ids": ["nd2", {"item_id": "nd6"}]}, 201)
    assert not {"nd2", "nd6"} & set(mixed(("ADD", "playlist", "Two")))


def test_fingerprint_sounds_like_what_was_played(client: TestClient) -> None:
    assert get(client, "/api/sonic_fingerprint/generate?n=5") == []
    [song] = ids(good(client, "search3", query="T 3", songCount=1)["searchResult3"]["song"])
    good(client, "scrobble", id=song)
    found = post(client, "/api/sonic_fingerprint/generate", {"n": 5, "jellyfin_user_identifier": "ann"})
    assert found == get(client, "/api/sonic_fingerprint/generate?n=5&navidrome_user=Ann")


def test_map_has_places_and_no_clusters_of_few_songs(client: TestClient) -> None:
    whole = get(client, "/api/map?percent=100")
    assert len(whole["items"]) == 18
    assert len(get(client, "/api/map?percent=25")["items"]) == 9
    assert all(0 <= place <= 1 for song in whole["items"] for place in song["embedding_2d"])
    assert get(client, "/api/playlists") == {"multi_server": False, "servers": []}  # too few for a name


def test_clusters_are_the_named_regions_of_the_map(tmp_path: Path) -> None:
    path = make_playlist_library(tmp_path / "library.map4", tracks=240)
    connect(path)
    with client_of(path) as client:
        [server] = get(client, "/api/playlists")["servers"]
    listed = [song["item_id"] for songs in server["playlists"].values() for song in songs]
    assert (server["server_id"], "House" in server["playlists"], len(listed)) == ("home", True, len(set(listed)))


def test_created_list_is_stored_and_written_to_the_server_in_a_job(client: TestClient) -> None:
    body = {"playlist_name": "Mix", "track_ids": ["nd2", "nd4", "nd2", "nd-none"]}
    made = post(client, "/api/create_playlist", body, 201, base="/connect/home")
    assert (made["mapped"], made["skipped"]) == (2, 1)
    [shown] = good(client, "getPlaylists")["playlists"]["playlist"]
    assert (shown["name"], shown["songCount"], shown["id"]) == ("Mix", 2, made["playlist_id"])
    task = get(client, f"/api/status/{made['task_id']}")
    assert (task["task_type"], task["state"], task["progress"]) == ("push", "PENDING", 0)
    assert get(client, "/api/active_tasks")["task_id"] == get(client, "/api/last_task")["task_id"] == made["task_id"]
    assert "exists" in post(client, "/api/create_playlist", body, 409)["error"]


def test_servers_are_listed_and_several_need_a_choice(path: Path) -> None:
    connect(path, "home")
    connect(path, "barn", every=3)
    with client_of(path) as client:
        assert [server["server_id"] for server in get(client, "/api/servers")["servers"]] == ["barn", "home", "map4"]
        assert "one of barn, home, map4" in get(client, "/api/search_tracks?artist=Ann", 400)["error"]
        assert len(get(client, "/api/search_tracks?artist=Ann&server=barn")) == 2
        assert get(client, "/api/search_tracks?artist=Ann", base="/connect/home")


def test_addresses_of_map4_itself_are_still_redirected(client: TestClient) -> None:
    for question in ("/api/search?q=ann", "/api/tracks", "/api/playlists/generate", "/api/map/regions"):
        answer = client.get(question, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (308, question.replace("/api/", "/api/v1/"))


def test_fifth_of_similar_songs_was_not_played_for_a_year(client: TestClient) -> None:
    [song] = ids(good(client, "search3", query="T 3", songCount=1)["searchResult3"]["song"])
    nearest = [track["item_id"] for track in tracks(client, "", song, n=20)]
    month_ago = int((time.time() - 40 * 86_400) * 1000)
    for heard in nearest[:6]:
        good(client, "scrobble", id=heard, time=month_ago)
    found = [track["item_id"] for track in tracks(client, "", song, n=6)]
    assert found == [*nearest[:4], nearest[6], nearest[4]]
    players = good(client, "getSimilarSongs2", id=song, count=6)["similarSongs2"]["song"]
    assert ids(players) == found
