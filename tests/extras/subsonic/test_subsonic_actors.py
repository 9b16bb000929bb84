"""What a music player gets of a song, and whom each method answers."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from asgi import ask
from people import Headers, add_people
from server.test_who_asks import shown_by
from servers import WHO, client_of
from starlette.requests import HTTPConnection

from map4.core.base.actor import SCOPES, Actor, Scope
from map4.core.music.plays import PlayCounts, PlayTime
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.observations import Provided, ProvidedValue
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.subsonic.routes.elements import song
from map4.extras.subsonic.routes.methods import METHODS


def test_song_has_isrc_advisory_and_its_last_play_in_utc(zone: Callable[[str], None]) -> None:
    isrc = ProvidedValue(value="USAAA0000001", by_provider={"p": "USAAA0000001"})
    track = Track(path="/music/a.mp3", state="ok", provided=Provided(values={"isrc": isrc}))
    assert song(track, "1", "al-1", {}, ())["isrc"] == ["USAAA0000001"]
    assert song(Track(path="/music/a.mp3", state="ok"), "1", "al-1", {}, ())["isrc"] == []
    for advisory, status in (("explicit", "explicit"), ("clean", "clean"), ("none", ""), (None, "")):
        track = Track(path="/music/a.mp3", state="ok", tags=Tags(advisory=advisory))
        assert song(track, "1", "al-1", {}, ())["explicitStatus"] == status
    zone("Asia/Tokyo")
    own_plays = PlayCounts(plays=1, in_programs=0, skips=0, last_at=PlayTime.seconds("2026-01-02T05:00:00Z"))
    track = Track(path="/music/a.mp3", state="ok", own_plays=own_plays)
    of_day = replace(track, own_plays=None, imported=ImportedValues(last_played="2026-01-03"))
    played = [song(known_track, "1", "al-1", {}, ())["played"] for known_track in (track, of_day)]
    assert played == ["2026-01-02T05:00:00Z", "2026-01-02T15:00:00Z"]


def test_methods_answer_only_the_allowed_callers(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    may = {"viewer": {None, "subsonic", "read"}, "user": {None, "subsonic", "read", "own"}}
    with client_of(made, requests_per_minute=0) as client:

        async def code(name: str, shown: Headers) -> int | None:
            answer = (await ask(client.app, "GET", f"/rest/{name}?f=json", shown)).body
            document = json.loads(answer)["subsonic-response"] if answer.startswith(b'{"subsonic') else {}
            error = document.get("error", {"code": None, "message": ""})
            # 10 is said of other parameters, too.
            return error["code"] if error["code"] in (44, 50) or "credentials are missing" in error["message"] else None

        for name in METHODS:
            needs = METHODS[name].needs
            nothing, wrong = (None, None) if needs is None else (10, 44)
            shown = shown_by(people, is_all=name == "ping")
            bearers = {who for who, answer in shown.items() if answer.get("authorization", "").startswith("Bearer ")}
            wanted = {who: wrong if who in bearers else nothing for who in shown}
            for who in shown.keys() & people.right.keys():
                role, _, how = who.partition(", ")
                allowed = role == "admin" or needs in may[role]
                is_refused = needs is not None and (how == "token to read" or not allowed)
                wanted[who] = nothing if how.startswith("cookie") else 50 if is_refused else None
            got = {who: client.portal.call(code, name, answer) for who, answer in shown.items()}  # type: ignore[union-attr]
            assert got == wanted, name


# Who may ask what of OpenSubsonic: every method, and what is of one person alone.
API = "/api/v1"
PLAYERS: dict[str, Actor | None] = {
    **{f"{scope} by rest": Actor(id=n, name=scope, scopes=frozenset([scope, "subsonic"]))
       for n, scope in enumerate(SCOPES, start=11)},
    "nobody": None,
    "local": Actor.LOCAL,
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
