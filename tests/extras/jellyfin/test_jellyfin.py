"""Jellyfin's API: the requests of Finamp, Feishin and Streamyfin, and what these players require of the answers."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from extras.jellyfin.jellyfin_players import (
    ALBUM,
    CONFIGURATION,
    ITEM,
    MEDIA_SOURCE,
    PLAY_STATE,
    POLICY,
    SESSION,
    SONG,
    USER,
    USER_DATA,
    JellyfinPlayer,
    names,
    require,
)
from libraries import audio_id
from playlist_library import make_playlist_library
from servers import client_of
from split_albums import SECOND, TITLES, put_split_albums
from starlette.testclient import TestClient

from map4.accounts.routes import log_in
from map4.accounts.sealing import KEY_FILE_VARIABLE
from map4.extras.jellyfin.ids import Ids
from map4.extras.jellyfin.routes import browse, question
from map4.extras.jellyfin.routes.items import own_albums
from map4.library import Library
from map4.search import Catalogue, album_id, artist_id
from map4.search.catalogue import CatalogueRow

pytestmark = pytest.mark.usefixtures("quick_hashes")

FEISHIN = 'MediaBrowser Client="Feishin", Device="Web Browser", DeviceId="x1", Version="0.12.3"'
STREAMYFIN = 'MediaBrowser Client="Streamyfin", Device="iPhone", DeviceId="x2", Version="0.28.0"'
MORE = [
    {"number": 101, "bpm": 120.0, "artist": "Ann", "title": "One", "album": "Both", "genre": "House; Dub",
     "path": "/music/both/CD1/01.mp3", "track": 1, "year": 1999, "added_at": "2026-03-01T00:00:00Z"},
    {"number": 102, "bpm": 121.0, "artist": "Bob", "title": "Two", "album": "Both", "genre": "Dub",
     "path": "/music/both/CD2/01.mp3", "track": 1, "year": 1999},
    {"number": 103, "bpm": 122.0, "artist": "ANN", "title": "Three", "album": "Solo", "genre": "Dub",
     "path": "/music/solo/02.mp3", "track": 2, "year": 2005},
    {"number": 104, "bpm": 123.0, "artist": "Ann", "title": "Four", "album": "Solo",
     "path": "/music/solo/01.mp3", "track": 10, "year": 2005},
]  # fmt: skip


class House:
    """A library with accounts; their devices' passwords."""

    def __init__(self, folder: Path) -> None:
        self.library = make_playlist_library(folder / "library.map4", tracks=12, more=MORE)
        self.devices: dict[str, tuple[str, str]] = {}
        with Library.open(self.library) as library:
            for name, role in (("Root", "admin"), ("Ann", "user"), ("Vic", "viewer")):
                library.accounts.add(name, role, password="the account's own")
                issued = library.credentials.add("phone", kind="device", account=name)
                self.devices[name] = issued.secret, issued.credential.id
            self.reading = library.credentials.add("script", account="Ann", scopes=["read"]).secret
            self.playing = library.credentials.add("player", account="Ann", scopes=["jellyfin"]).secret


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("jellyfin")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(KEY_FILE_VARIABLE, str(folder / "secret.key"))
        return House(folder)


@pytest.fixture(autouse=True)
def key_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(house.library.with_name("secret.key")))
    monkeypatch.setattr(log_in, "FAILED_AFTER_S", 0.0)


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    with client_of(house.library) as client:
        yield client


def player_of(client: TestClient, house: House, name: str = "Ann", head: str | None = None) -> JellyfinPlayer:
    player = JellyfinPlayer(client) if head is None else JellyfinPlayer(client, head=head)
    player.log_in(name, house.devices[name][0])
    return player


@pytest.fixture
def own_client(house: House, tmp_path: Path) -> Iterator[TestClient]:
    """For a test that changes the library."""
    with client_of(Path(shutil.copy(house.library, tmp_path))) as client:
        yield client


# ---- who may ask ---------------------------------------------------------------------------------


def test_a_player_finds_the_server_and_logs_in_with_its_password(client: TestClient, house: House) -> None:
    player = JellyfinPlayer(client)
    info = player.get("/System/Info/Public")
    assert (info["ProductName"], info["StartupWizardCompleted"]) == ("Jellyfin Server", True)
    assert info["Version"].startswith("10.10.")
    assert player.get("/QuickConnect/Enabled") is False
    assert player.get("/Users/Public") == []
    for path in ("/System/Info", "/Users/Me", "/Items", "/Artists", "/Audio/0/universal", "/System/Endpoint"):
        player.ask("GET", path, status=401)
    answer = player.log_in("ann", house.devices["Ann"][0])
    require(answer["User"], USER)
    require(answer["User"]["Configuration"], CONFIGURATION)
    require(answer["User"]["Policy"], POLICY)
    require(require(answer["SessionInfo"], SESSION)["PlayState"], PLAY_STATE)
    assert answer["User"]["Name"] == "Ann"
    assert house.devices["Ann"][0] not in str(answer)  # tokens are in addresses
    assert player.get("/System/Info")["Id"] == answer["ServerId"] == info["Id"]
    player.ask("POST", "/Sessions/Capabilities/Full", status=204, body={"PlayableMediaTypes": ["Audio"]})


def test_token_is_accepted_in_all_headers_and_parameters(client: TestClient, house: House) -> None:
    token = player_of(client, house).token
    in_header = {"X-Emby-Authorization": f'MediaBrowser Client="a", Token="{token}"'}, {"X-Emby-Token": token}
    for headers in (*in_header, {"Authorization": f"Emby Token={token}"}):
        assert client.get("/jellyfin/users/me", headers=headers).json()["Name"] == "Ann"
    for name in ("ApiKey", "apiKey", "api_key"):
        assert client.get("/jellyfin/Users/Me", params={name: token}).status_code == 200
    assert client.get("/jellyfin/Users/Me", params={"ApiKey": house.playing}).json()["Name"] == "Ann"
    assert client.get("/jellyfin/Users/Me", params={"ApiKey": house.reading}).status_code == 403
    _, device = house.devices["Ann"]
    for wrong in (f"{token}0", f"{device}.", f"t-{'0' * 16}.{'0' * 64}", "x", house.devices["Ann"][0]):
        assert client.get("/jellyfin/Users/Me", params={"ApiKey": wrong}).status_code == 401


def test_wrong_passwords_are_limited_and_a_removed_device_is_locked_out(own_client: TestClient, house: House) -> None:
    player = player_of(own_client, house)
    for status in (*[401] * 10, 429):
        for name, password in (("Ann", "the account's own"),):
            player.ask("POST", "/Users/AuthenticateByName", status=status, body={"Username": name, "Pw": password})
    player.log_in("Ann", house.devices["Ann"][0].replace("-", ""))  # the right one is taken nevertheless
    answer = own_client.post("/api/v1/auth/login", json={"username": "Ann", "password": "the account's own"}).json()
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    assert own_client.delete(f"/api/v1/tokens/{house.devices['Ann'][1]}", headers=bearer).status_code == 204
    player.ask("GET", "/Users/Me", status=401)


def test_account_has_the_rights_of_its_role_and_only_its_data(client: TestClient, house: House) -> None:
    viewer, root = player_of(client, house, "Vic"), player_of(client, house, "Root")
    [song] = viewer.page("/Items", includeItemTypes="Audio", searchTerm="three", recursive="true")
    for verb, path, body in (("POST", f"/UserFavoriteItems/{song['Id']}", None), ("POST", "/Playlists", {"Name": "x"}),
                             ("POST", f"/UserItems/{song['Id']}/UserData", {"Rating": 2})):  # fmt: skip
        viewer.ask(verb, path, status=403, body=body)
    viewer.ask("POST", "/Sessions/Playing/Stopped", status=204, body={"ItemId": song["Id"], "PositionTicks": 10**10})
    assert viewer.get(f"/Items/{song['Id']}")["UserData"]["PlayCount"] == 0
    viewer.ask("GET", f"/Users/{root.user}/Items", status=404)
    assert root.get("/Users/Me")["Policy"]["IsAdministrator"] is False
    root.ask("DELETE", f"/Items/{song['Id']}", status=403)
    for path in (f"/Items/{'0' * 32}", "/Items/x", "/Items/1/Similar", "/nonsense", f"/Albums/{root.user}/Similar"):
        root.ask("GET", path, status=404)


def test_invalid_requests_are_client_errors_not_server_errors(client: TestClient, house: House) -> None:
    player = player_of(client, house)
    [song] = player.page("/Items", SearchTerm="One", IncludeItemTypes="Audio")
    many = "9" * 18
    for query in (
        {"Limit": many, "StartIndex": many},
        {"Years": many},
        {"ids": "x|,"},
        {"SortBy": ",", "SearchTerm": '"'},
    ):
        player.get("/Items", IncludeItemTypes="Audio,MusicAlbum,Series", **query)
    player.ask("GET", "/Artists", status=400, Limit="-1")
    assert player.page("/Items", ParentId=song["Id"], IncludeItemTypes="Audio") == []
    assert player.page("/Items", IncludeItemTypes="Audio", genres="of nobody") == []
    rating = f"/UserItems/{song['Id']}/UserData"
    for path, body in (("/Playlists", {"Name": ["x"]}), ("/Playlists", None), (rating, {"Rating": 11}),
                       ("/Playlists", {"Name": "x/y", "Ids": song["Id"]}), (rating, {"Rating": True}),
                       (rating, {"IsFavorite": "false"})):  # fmt: skip
        player.ask("POST", path, status=400, body=body)
    player.ask("POST", "/Sessions/Playing", status=404, body={"ItemId": {}})
    for content in (b"{", b'{"Name": "\\ud800"}', b"[" * 100_000):
        headers = {"Content-Type": "application/json", "X-Emby-Token": player.token}
        assert client.post("/jellyfin/Playlists", content=content, headers=headers).status_code == 400


def test_random_page_samples_only_that_page(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    player, drawn = player_of(client, house), list[int]()
    sample = random.sample
    monkeypatch.setattr(random, "sample", lambda among, count: drawn.append(count) or sample(among, count))
    page = player.get("/Items", IncludeItemTypes="Audio", SortBy="Random", StartIndex=1, Limit=2)
    assert (len(page["Items"]), page["TotalRecordCount"], drawn) == (2, 16, [3])
    monkeypatch.setattr(browse, "MOST", 2)
    monkeypatch.setattr(question, "MOST", 2)
    [ann] = player.page("/Artists", SearchTerm="ann")
    player.ask("POST", "/Playlists", status=400, body={"Name": "Many", "Ids": [ann["Id"]] * 1_000})
    assert len(player.get("/Items/Latest", Limit=10**9, IncludeItemTypes="Audio")) == 2


def test_album_with_two_artists_belongs_to_both() -> None:
    row = CatalogueRow(
        file_id=1,
        path="/m/1.mp3",
        artist="Ann; Bob",
        album="Joint",
        genre=None,
        year=None,
        duration_s=None,
        added_at="",
    )
    known = Catalogue.of_rows([row])
    assert own_albums(known) == {artist_id(name): {*known.albums} for name in ("Ann", "Bob")}


def test_ids_depend_on_the_library_and_resolve_to_ids_of_map4() -> None:
    ids, other = Ids("0123456789abcdef"), Ids("0123456789abcdee")
    for own in (audio_id(1), f"al-{7:016x}", f"ar-{7:016x}", f"l-{7:016x}", f"f-{7:016x}"):
        shown = ids.shown(own)
        assert (len(shown), own in ids.own(shown.upper()), own in other.own(shown)) == (32, True, False)
        assert ids.own(f"{shown[:8]}-{shown[8:]}") == ids.own(shown)
    assert ids.own("x" * 32) == ids.own("") == ()
    assert ids.server == other.server  # it is public, and tells nothing of the rest of the library's id


def test_jellyfin_can_be_disabled_and_needs_no_password_without_accounts(tmp_path: Path) -> None:
    path = make_playlist_library(tmp_path / "library.map4", tracks=1)
    with client_of(path) as client:
        player = JellyfinPlayer(client)
        player.log_in("anybody", "")
        assert len(player.page(f"/Users/{player.user}/Items", IncludeItemTypes="Audio", Recursive="true")) == 1
    with client_of(path, config={"serve.jellyfin": False}) as client:
        assert client.get("/jellyfin/System/Info/Public").status_code == 404
        assert client.post("/jellyfin/Users/AuthenticateByName", json={"Username": "a"}).status_code == 404


# ---- browse --------------------------------------------------------------------------------------


def test_finamp_browses_from_views_to_songs(client: TestClient, house: House) -> None:
    player = player_of(client, house)
    items, fields = f"/Users/{player.user}/Items", "ChildCount,DateCreated,DateLastMediaAdded,Etag,Genres,ParentId,Tags"
    views = player.page(f"/Users/{player.user}/Views")
    assert [view["CollectionType"] for view in views] == ["music", "playlists"]
    music = {"ParentId": views[0]["Id"], "Recursive": "true", "Fields": fields, "StartIndex": 0, "Limit": 100}
    sort = {"SortBy": "SortName", "SortOrder": "Ascending"}
    albums = player.page(items, IncludeItemTypes="MusicAlbum", **music, **sort)
    assert names(albums) == ["Both", "Solo", "[Unknown album]"]
    both, solo, _ = (require(album, ALBUM) for album in albums)
    assert (both["AlbumArtist"], both["AlbumArtists"], both["ProductionYear"]) == ("Various Artists", [], 1999)
    songs = player.page(items, ParentId=both["Id"], IncludeItemTypes="Audio", Recursive="true",
                        SortBy="ParentIndexNumber,IndexNumber,SortName", Fields=fields)  # fmt: skip
    assert names(songs) == ["One", "Two"]  # the folders of discs are one album
    assert all(require(song, SONG)["AlbumId"] == both["Id"] for song in songs)
    require(songs[0]["UserData"], USER_DATA)
    artists = player.page("/Artists/AlbumArtists", UserId=player.user, EnableUserData="true", **music, **sort)
    assert names(artists) == ["Ann"]  # no album is anybody else's
    assert "Bob" in names(player.page("/Artists", **music, **sort))
    ann = require(artists[0], ITEM)
    assert names(player.page(items, AlbumArtistIds=ann["Id"], IncludeItemTypes="MusicAlbum", **music)) == ["Solo"]
    assert names(player.page(items, ArtistIds=ann["Id"], IncludeItemTypes="MusicAlbum", **music)) == ["Both", "Solo"]
    assert names(player.page(items, AlbumArtistIds=ann["Id"], IncludeItemTypes="Audio", **music)) == ["Three", "Four"]
    assert names(player.page(items, contributingArtistIds=ann["Id"], IncludeItemTypes="MusicAlbum")) == ["Both"]
    mixed = player.page(items, ArtistIds=ann["Id"], Filters="IsNotFolder", Recursive="true", SortBy="Random", Limit=300)
    assert {*names(mixed)} == {"One", "Three", "Four"}
    dub, _ = player.page("/Genres", **music)
    assert (require(dub, ITEM)["Name"], dub["SongCount"]) == ("Dub", 3)
    assert names(player.page(items, GenreIds=dub["Id"], IncludeItemTypes="MusicAlbum", Recursive="true")) == [
        "Both",
        "Solo",
    ]
    assert names(player.page(items, ids=f"{solo['Id']},{songs[1]['Id']},{'0' * 32}")) == ["Solo", "Two"]
    assert names(player.get(f"/Users/{player.user}/Items/Latest", ParentId=views[0]["Id"], Limit=1)) == ["Both"]
    assert player.get(f"/Users/{player.user}/Items/{ann['Id']}") == ann


def test_folders_of_one_album_are_one_album(house: House, tmp_path: Path) -> None:
    path = Path(shutil.copy(house.library, tmp_path))
    put_split_albums(path)
    with Library.open(path) as library:
        part = Ids(library.credentials.library_id()).shown(album_id(SECOND, "Hits"))
    with client_of(path) as client:
        player = player_of(client, house)
        items = f"/Users/{player.user}/Items"
        listed = player.page(items, IncludeItemTypes="MusicAlbum", Recursive="true", SortBy="SortName")
        assert [name for name in names(listed) if name in TITLES] == ["Hits", "Hits", "Mix"]
        for name, titles in TITLES.items():
            [album] = [one for one in listed if (one["Name"], one["ChildCount"]) == (name, len(titles))]
            for order in ("ParentIndexNumber,IndexNumber,SortName", "Album,SortName"):
                songs = player.page(items, ParentId=album["Id"], SortBy=order)
                assert names(songs) == titles
            assert {song["AlbumId"] for song in songs} == {album["Id"]}
            assert songs[-1]["ParentIndexNumber"] == 2
        [hits] = player.page(items, ids=part)
        assert (hits["Id"] == part, hits["ChildCount"]) == (False, 4)
        assert player.page(items, ParentId=part, SortBy="Album") == player.page(items, AlbumIds=part, SortBy="Album")
        assert names(player.page(items, ParentId=part, SortBy="Album")) == TITLES["Hits"]
        starred = {"IncludeItemTypes": "MusicAlbum", "Recursive": "true", "Filters": "IsFavorite"}
        assert player.ask("POST", f"/Users/{player.user}/FavoriteItems/{part}")["IsFavorite"] is True
        assert player.page(items, **starred) == player.page(items, ids=hits["Id"])
        player.ask("DELETE", f"/Users/{player.user}/FavoriteItems/{hits['Id']}")
        assert player.page(items, **starred) == []


def test_feishin_pages_sorts_filters_and_searches(client: TestClient, house: House) -> None:
    player = player_of(client, house, head=FEISHIN)
    items = f"/users/{player.user}/items"
    [music] = [view for view in player.page(items) if view["CollectionType"] == "music"]
    usual = {"ParentId": music["Id"], "Recursive": "true", "Fields": "Genres, DateCreated, MediaSources, ParentId"}
    songs = {**usual, "IncludeItemTypes": "Audio", "SortBy": "Album,SortName", "SortOrder": "Ascending"}
    page = player.get(items, **songs, StartIndex=2, Limit=3)
    assert (page["TotalRecordCount"], page["StartIndex"], names(page["Items"])[:2]) == (16, 2, ["Three", "Four"])
    require(page["Items"][0]["MediaSources"][0], MEDIA_SOURCE)
    assert page["Items"][0]["NormalizationGain"] == -9.0

    def names_by(**query: Any) -> list[str]:
        return names(player.page(items, **{**usual, "SortOrder": "Ascending", **query}))

    albums = {"IncludeItemTypes": "MusicAlbum"}
    assert names_by(**albums, SortBy="SortName", SortOrder="Descending")[-1] == "Both"
    assert names_by(**albums, SortBy="DateCreated,SortName", SortOrder="Descending", Limit=1) == ["Both"]
    assert names_by(**albums, SortBy="ProductionYear,PremiereDate,SortName", SortOrder="Descending")[0] == "Solo"
    assert names_by(**albums, SortBy="AlbumArtist,SortName")[0] == "Solo"
    assert names_by(**albums, Years="1998,1999,2000") == ["Both"]
    assert {*names_by(**albums, SortBy="Random,SortName")} == {"Both", "Solo", "[Unknown album]"}
    assert names_by(IncludeItemTypes="Audio", Years="2005", SortBy="Name") == ["Four", "Three"]
    assert names_by(IncludeItemTypes="Audio", SearchTerm="title 1", Limit=1) == ["Title 1"]  # before Title 10
    assert names_by(IncludeItemTypes="Audio", SearchTerm="artist:ann year:1999", SortBy="Name") == ["One"]
    assert names_by(**albums, SearchTerm="sol") == ["Solo"]
    assert names_by(IncludeItemTypes="Audio", IsPlayed="true") == []
    assert len(names_by(IncludeItemTypes="Audio", IsPlayed="false")) == 16
    for direction in ("Ascending", "Descending"):  # the same order with a filter as without
        for by in ("Album", "DateCreated", "PlayCount", "PremiereDate", "Runtime"):
            songs = {"IncludeItemTypes": "Audio", "SortBy": by, "SortOrder": direction}
            assert names_by(**songs) == names_by(**songs, IsPlayed="false"), (by, direction)
    assert names_by(IncludeItemTypes="Movie") == []
    [ann] = player.page("/artists/albumArtists", SearchTerm="ann", Recursive="true", IncludeArtists="true")
    assert player.get(f"/users/{player.user}/items/{ann['Id']}", Fields="Genres, Overview")["Name"] == "Ann"
    assert "Ann" not in names(player.page(f"/artists/{ann['Id']}/similar", Limit=10))
    top = player.page(items, ArtistIds=ann["Id"], IncludeItemTypes="Audio", SortBy="PlayCount,SortName", Limit=10)
    assert len(top) == 3
    assert names(player.page("/genres", SortBy="SortName", SortOrder="Descending", Fields="ItemCounts")) == [
        "House",
        "Dub",
    ]


def test_requests_in_the_style_of_streamyfin_are_answered(client: TestClient, house: House) -> None:
    player = player_of(client, house, head=STREAMYFIN)
    assert names(player.page("/UserViews", userId=player.user)) == ["Music", "Playlists"]
    found = player.page("/Items", userId=player.user, recursive="true", includeItemTypes=["MusicAlbum", "Audio"],
                        sortBy=["SortName"], sortOrder=["Ascending"], searchTerm="solo")  # fmt: skip
    assert (names(found)[0], {*names(found)}) == ("Solo", {"Solo", "Three", "Four"})
    [hint] = player.get("/Search/Hints", searchTerm="solo", includeItemTypes="MusicAlbum", limit=10)["SearchHints"]
    assert (hint["Id"], hint["Type"]) == (found[0]["Id"], "MusicAlbum")
    assert player.page("/UserItems/Resume", userId=player.user) == []


# ---- lists, favourites and plays -----------------------------------------------------------------


def test_lists_are_made_changed_ordered_and_deleted(own_client: TestClient, house: House) -> None:
    player = player_of(own_client, house)
    items = f"/Users/{player.user}/Items"
    one, two, three = (
        player.page(items, SearchTerm=name, IncludeItemTypes="Audio")[0]["Id"] for name in ("One", "Two", "Three")
    )
    key = player.ask(
        "POST", "/Playlists", body={"Name": "Mine", "Ids": [one], "UserId": player.user, "IsPublic": False}
    )["Id"]

    def listed() -> list[tuple[str, str]]:
        songs = player.page(f"/Playlists/{key}/Items", UserId=player.user, ParentId=key, Recursive="true")
        return [(require(song, SONG)["Name"], song["PlaylistItemId"]) for song in songs]

    # Feishin sends no body, and no type for it.
    own_client.headers["authorization"] = f'{FEISHIN}, Token="{player.token}"'
    added = own_client.post(
        f"/jellyfin/playlists/{key}/items", params={"Ids": f"{two},{three},{one}", "UserId": player.user}
    )
    assert added.status_code == 204
    assert [name for name, _ in listed()] == ["One", "Two", "Three", "One"]
    again = listed()[3][1]
    assert again != one  # each entry has an id of its own
    assert own_client.post(f"/jellyfin/playlists/{key}/items/{again}/move/0").status_code == 204
    assert [name for name, _ in listed()] == ["One", "One", "Two", "Three"]
    player.ask("DELETE", f"/Playlists/{key}/Items", status=204, entryIds=f"{listed()[1][1]},{three}")
    assert [name for name, _ in listed()] == ["One", "Two"]
    player.ask("DELETE", f"/Playlists/{key}/Items", status=404, entryIds=three)
    player.ask("POST", f"/playlists/{key}", status=204, body={"Name": "Ours", "IsPublic": True, "UserId": player.user})
    [found] = player.page(items, IncludeItemTypes="Playlist", Recursive="true")
    assert (require(found, ITEM)["Name"], found["ChildCount"], found["RunTimeTicks"]) == ("Ours", 2, 4_000_000_000)
    assert player.get(f"/Playlists/{key}")["OpenAccess"] is True
    viewer = player_of(own_client, house, "Vic")
    assert names(viewer.page("/Items", IncludeItemTypes="Playlist")) == ["Ours"]
    viewer.ask("DELETE", f"/Items/{key}", status=403)
    player.ask("DELETE", f"/items/{key}", status=204)
    player.ask("GET", f"/Playlists/{key}/Items", status=404)


def test_favourites_ratings_and_plays_belong_to_the_account(own_client: TestClient, house: House) -> None:
    player = player_of(own_client, house)
    items = f"/Users/{player.user}/Items"
    [song] = player.page(items, SearchTerm="One", IncludeItemTypes="Audio")
    [album] = player.page(items, SearchTerm="Both", IncludeItemTypes="MusicAlbum")
    starred = {
        "IncludeItemTypes": "Audio,MusicAlbum,MusicArtist,Playlist",
        "Recursive": "true",
        "Filters": "IsFavorite",
    }
    for key in (song["Id"], album["Id"]):
        data = player.ask("POST", f"/Users/{player.user}/FavoriteItems/{key}")
        assert (require(data, USER_DATA)["IsFavorite"], data["ItemId"]) == (True, key)
    assert names(player.page(items, **starred)) == ["One", "Both"]
    player.ask("DELETE", f"/Users/{player.user}/FavoriteItems/{album['Id']}")
    assert names(player.page(items, **starred)) == ["One"]
    assert player_of(own_client, house, "Root").page("/Items", **starred) == []
    assert player.ask("POST", f"/UserItems/{song['Id']}/UserData", body={"Rating": 7.8})["Rating"] == 8
    assert names(
        player.page(items, IncludeItemTypes="Audio", SortBy="CommunityRating", SortOrder="Descending", Limit=1)
    ) == ["One"]
    assert player.ask("POST", f"{items}/{song['Id']}/Rating", likes="true")["Rating"] == 10
    assert "Rating" not in player.ask("DELETE", f"{items}/{song['Id']}/Rating")
    report = {
        "ItemId": song["Id"],
        "IsPaused": False,
        "IsMuted": False,
        "RepeatMode": "RepeatNone",
        "PlayMethod": "DirectPlay",
    }
    for path, position_s in (("", 0), ("/Progress", 90), ("/Stopped", 150)):
        body = {**report, "PositionTicks": position_s * 10_000_000}
        player.ask("POST", f"/Sessions/Playing{path}", status=204, body=body)
    data = player.get(f"/Items/{song['Id']}")["UserData"]
    assert (data["PlayCount"], data["Played"], "LastPlayedDate" in data) == (1, True, True)
    [other] = player.page(items, SearchTerm="Two", IncludeItemTypes="Audio")
    player.ask("POST", "/Sessions/Playing/Stopped", status=204, body={"ItemId": other["Id"], "PositionTicks": 5e7})
    assert player.get(f"/Items/{other['Id']}")["UserData"]["PlayCount"] == 0  # it was skipped
    assert names(player.page(items, IncludeItemTypes="Audio", IsPlayed="true")) == ["One"]


def test_similar_songs_equal_the_search_of_the_library(client: TestClient, house: House) -> None:
    player = player_of(client, house)
    [song] = player.page("/Items", SearchTerm="One", IncludeItemTypes="Audio")
    with Library.open(house.library) as library:
        expected = [similar.track.title() for similar in library.similar(["/music/both/CD1/01.mp3"], n=5).similar]
    assert names(player.page(f"/items/{song['Id']}/similar", Limit=5, Fields="Genres, MediaSources")) == expected
    for path in (f"/Items/{song['Id']}/InstantMix", f"/songs/{song['Id']}/InstantMix"):
        assert names(player.page(path, userId=player.user, limit=6)) == ["One", *expected]
    mix = player.page(f"/Items/{song['AlbumId']}/InstantMix", userId=player.user, limit=4)
    assert len(mix) == 4
    assert "One" not in names(mix)
    assert all(album["Type"] == "MusicAlbum" for album in player.page(f"/Items/{song['AlbumId']}/Similar"))
    require(player.page(f"/MusicGenres/{song['GenreItems'][0]['Id']}/InstantMix", limit=2)[0], SONG)
