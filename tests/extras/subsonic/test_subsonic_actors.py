"""Who may ask what of OpenSubsonic: every method, and what is of one person alone."""

from pathlib import Path
from typing import Any

from asgi import ask
from servers import WHO, client_of
from starlette.requests import HTTPConnection

from map4.core.base.actor import LOCAL, SCOPES, Actor, Scope
from map4.extras.subsonic.routes.methods import METHODS

API = "/api/v1"
PLAYERS: dict[str, Actor | None] = {
    **{f"{scope} by rest": Actor(id=n, name=scope, scopes=frozenset([scope, "subsonic"]))
       for n, scope in enumerate(SCOPES, start=11)},
    "nobody": None,
    "local": LOCAL,
    **{scope: Actor(id=n, name=scope, scopes=frozenset([scope])) for n, scope in enumerate(SCOPES, start=1)},
}  # fmt: skip
PAIR = {name: Actor(id=n, name=name, scopes=frozenset(SCOPES)) for n, name in enumerate(("Ann", "Bob"), start=31)}
NEEDS_OF_METHODS: dict[str, Scope | None] = {
    "getOpenSubsonicExtensions": None,
    **dict.fromkeys(
        ("ping", "getLicense", "tokenInfo", "getUser", "getVideos", "getPodcasts", "getNewestPodcasts",
         "getInternetRadioStations", "getShares", "getChatMessages", "getVideoInfo", "getCaptions", "getAvatar",
         "getPodcastEpisode", "refreshPodcasts", "createPodcastChannel", "deletePodcastChannel", "deletePodcastEpisode",
         "downloadPodcastEpisode", "createInternetRadioStation", "updateInternetRadioStation",
         "deleteInternetRadioStation", "createShare", "updateShare", "deleteShare", "createUser", "updateUser",
         "deleteUser", "changePassword", "addChatMessage", "jukeboxControl", "hls", "getTranscodeDecision",
         "getTranscodeStream", "reportPlayback"),
        "subsonic",
    ),
    **dict.fromkeys(
        ("createPlaylist", "updatePlaylist", "deletePlaylist", "star", "unstar", "setRating", "createBookmark",
         "deleteBookmark", "savePlayQueue", "savePlayQueueByIndex"),
        "own",
    ),
    **dict.fromkeys(
        ("getMusicFolders", "getScanStatus", "getIndexes", "getMusicDirectory", "getArtists", "getArtist", "getAlbum",
         "getArtistInfo", "getArtistInfo2", "getAlbumInfo", "getAlbumInfo2", "getAlbumList", "getAlbumList2", "getSong",
         "getGenres", "getSongsByGenre", "getRandomSongs", "getTopSongs", "search", "search2", "search3",
         "getSimilarSongs", "getSimilarSongs2", "getSonicSimilarTracks", "findSonicPath", "stream", "download",
         "getCoverArt", "getLyrics", "getLyricsBySongId", "getPlaylists", "getPlaylist", "getStarred", "getStarred2",
         "getUsers", "getNowPlaying", "getBookmarks", "getPlayQueue", "getPlayQueueByIndex", "scrobble"),
        "read",
    ),
    "startScan": "scan",
}  # fmt: skip


async def _who(connection: HTTPConnection) -> Actor | None:
    return {**PLAYERS, **PAIR}[connection.headers.get(WHO, "local")]


def test_every_method_answers_only_actors_with_its_scope(made: Path) -> None:
    assert set(METHODS) == set(NEEDS_OF_METHODS)

    async def refused(name: str) -> dict[str, int | None]:
        answers = {who: await ask(client.app, "GET", f"/rest/{name}?f=json", {WHO: who}) for who in PLAYERS}
        codes = {
            who: answer.json()["subsonic-response"].get("error", {}).get("code") for who, answer in answers.items()
        }
        return {who: code if code in (40, 50) else None for who, code in codes.items()}

    def wanted(needs: str | None, who: str) -> int | None:
        actor = PLAYERS[who]
        if needs is None:
            return None
        return 40 if actor is None else None if {"subsonic", needs} <= actor.scopes else 50

    with client_of(made, actor_of=_who) as client:
        for name in METHODS:
            needs = NEEDS_OF_METHODS[name]
            got = client.portal.call(refused, name)  # type: ignore[union-attr]
            assert (name, got) == (name, {who: wanted(needs, who) for who in PLAYERS})


def test_lists_of_the_same_name_are_separate_per_account(made: Path) -> None:
    with client_of(made, actor_of=_who) as client:

        def request(who: str, question: str) -> Any:
            return client.get(f"/rest/{question}&f=json", headers={WHO: who}).json()["subsonic-response"]

        [first, second] = client.get(f"{API}/tracks?limit=2", headers={WHO: "local"}).json()["ids"]
        ours, hers = (
            request(who, f"createPlaylist?name=Friday&songId={track}")["playlist"]["id"]
            for who, track in (("local", first), ("Ann", second))
        )
        shown = [playlist["id"] for playlist in request("Ann", "getPlaylists?")["playlists"]["playlist"]]
        assert (sorted(shown), ours != hers) == (sorted([ours, hers]), True)
        request("Ann", f"updatePlaylist?playlistId={ours}&songIdToAdd={second}")
        assert request("Ann", f"updatePlaylist?playlistId={hers}&name=Saturday")["status"] == "ok"
        counts = {key: request("Ann", f"getPlaylist?id={key}")["playlist"]["songCount"] for key in (ours, hers)}
        assert counts == {ours: 2, hers: 1}
        assert request("Ann", f"getPlaylist?id={hers}")["playlist"]["name"] == "Saturday"
