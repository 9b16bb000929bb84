"""The protocol's methods; `METHODS` is their table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from map4.core.base.actor import Actor, Scope
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.subsonic.routes import browse, kept, lists, songs, users
from map4.extras.subsonic.routes.answers import SubsonicError
from map4.extras.subsonic.routes.elements import album_as_folder
from map4.extras.subsonic.routes.question import SubsonicCall
from map4.jobs import Job, JobRequest
from map4.scan import ScanOptions
from map4.server.libraries import Queue

Payload = Mapping[str, Any] | Response

EXTENSIONS = [
    {"name": name, "versions": [1]}
    for name in (
        "formPost", "apiKeyAuthentication", "indexBasedQueue", "songLyrics", "sonicSimilarity", "transcodeOffset",
    )
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SubsonicMethod:
    """A method with its required right in addition to "subsonic", and its queue."""

    needs: Scope | None
    handler: Callable[[SubsonicCall], Payload]
    queue: Queue = "read"


def _given(payload: Mapping[str, Any]) -> SubsonicMethod:
    """A method with a constant response."""
    return SubsonicMethod("subsonic", lambda ask: payload)


def _refused(why: str, error: type[Map4Error] = SubsonicError) -> SubsonicMethod:
    def refuse(ask: SubsonicCall) -> Payload:
        raise error(why)

    return SubsonicMethod("subsonic", refuse)


def _scan_status(ask: SubsonicCall) -> Payload:
    return {"scanStatus": {"scanning": _is_scanning(ask), "count": ask.library.count()}}


def _is_scanning(ask: SubsonicCall) -> bool:
    everybodys = ask.library.acting_as(Actor.LOCAL)  # started by any account
    return bool(everybodys.jobs.page(kind=["scan"], status=Job.OPEN, limit=1).jobs)


def _start_scan(ask: SubsonicCall) -> Payload:
    """Start a scan job of the music folders, unless a scan is pending or running."""
    folders = ask.settings.music or tuple(ask.library.acting_as(Actor.LOCAL).files.folders())
    if not folders:
        raise UsageError("no folder has been scanned yet; name a folder with 'map4 serve --music FOLDER'")
    if not _is_scanning(ask):
        ask.library.jobs.submit(JobRequest(kind="scan", options=ScanOptions(), files=folders))
    return {"scanStatus": {"scanning": True}}


_ACCOUNTS = "change accounts with 'map4 accounts' or on map4's page"
_LISTS = "map4 shares only lists ('public' in updatePlaylist)"

METHODS: dict[str, SubsonicMethod] = {
    # ---- the server
    "ping": _given({}),
    "getLicense": _given({"license": {"valid": True}}),
    "getOpenSubsonicExtensions": SubsonicMethod(None, lambda ask: {"openSubsonicExtensions": EXTENSIONS}),
    "tokenInfo": SubsonicMethod("subsonic", users.token_info),
    "getUser": SubsonicMethod("subsonic", users.user),
    "getUsers": SubsonicMethod("read", users.all_users),
    "getScanStatus": SubsonicMethod("read", _scan_status),
    "startScan": SubsonicMethod("scan", _start_scan, "write"),
    # ---- browse
    "getMusicFolders": SubsonicMethod("read", browse.folders),
    "getIndexes": SubsonicMethod("read", browse.indexes),
    "getMusicDirectory": SubsonicMethod("read", browse.directory),
    "getArtists": SubsonicMethod("read", browse.artists),
    "getArtist": SubsonicMethod("read", browse.artist),
    "getArtistInfo": SubsonicMethod("read", partial(browse.artist_info, name="artistInfo"), "long"),
    "getArtistInfo2": SubsonicMethod("read", browse.artist_info, "long"),
    "getAlbum": SubsonicMethod("read", browse.album),
    "getAlbumInfo": SubsonicMethod("read", browse.album_info),
    "getAlbumInfo2": SubsonicMethod("read", browse.album_info),
    "getAlbumList": SubsonicMethod("read", partial(browse.album_list, name="albumList", form=album_as_folder)),
    "getAlbumList2": SubsonicMethod("read", browse.album_list),
    "getGenres": SubsonicMethod("read", browse.genres),
    # ---- songs
    "getSong": SubsonicMethod("read", songs.song),
    "getSongsByGenre": SubsonicMethod("read", songs.by_genre),
    "getRandomSongs": SubsonicMethod("read", songs.at_random),
    "getTopSongs": SubsonicMethod("read", songs.top_songs),
    "search": SubsonicMethod("read", songs.search_songs),
    "search2": SubsonicMethod("read", partial(songs.search, name="searchResult2", form=album_as_folder)),
    "search3": SubsonicMethod("read", songs.search),
    "getSimilarSongs": SubsonicMethod("read", partial(songs.similar_songs, name="similarSongs"), "long"),
    "getSimilarSongs2": SubsonicMethod("read", songs.similar_songs, "long"),
    "getSonicSimilarTracks": SubsonicMethod("read", songs.sonic_tracks, "long"),
    "findSonicPath": SubsonicMethod("read", songs.sonic_path, "single"),
    # ---- files
    "stream": SubsonicMethod("read", songs.stream, "files"),
    "download": SubsonicMethod("read", songs.download, "files"),
    "getCoverArt": SubsonicMethod("read", songs.cover, "files"),
    "getLyrics": SubsonicMethod("read", songs.lyrics, "files"),
    "getLyricsBySongId": SubsonicMethod("read", songs.lyrics_by_id, "files"),
    # ---- lists and personal state
    "getPlaylists": SubsonicMethod("read", lists.playlists),
    "getPlaylist": SubsonicMethod("read", lists.playlist),
    "createPlaylist": SubsonicMethod("own", lists.create_playlist, "write"),
    "updatePlaylist": SubsonicMethod("own", lists.update_playlist, "write"),
    "deletePlaylist": SubsonicMethod("own", lists.delete_playlist, "write"),
    "star": SubsonicMethod("own", lambda ask: lists.star(ask, True), "write"),
    "unstar": SubsonicMethod("own", lambda ask: lists.star(ask, False), "write"),
    "getStarred": SubsonicMethod("read", partial(browse.starred, name="starred", form=album_as_folder)),
    "getStarred2": SubsonicMethod("read", browse.starred),
    "setRating": SubsonicMethod("own", lists.rate, "write"),
    "scrobble": SubsonicMethod("read", lists.scrobble, "write"),
    "getNowPlaying": SubsonicMethod("read", kept.now_playing),
    "getBookmarks": SubsonicMethod("read", kept.bookmarks),
    "createBookmark": SubsonicMethod("own", kept.create_bookmark, "write"),
    "deleteBookmark": SubsonicMethod("own", kept.delete_bookmark, "write"),
    "getPlayQueue": SubsonicMethod("read", kept.queue),
    "getPlayQueueByIndex": SubsonicMethod("read", partial(kept.queue, by_index=True)),
    "savePlayQueue": SubsonicMethod("own", kept.save_queue, "write"),
    "savePlayQueueByIndex": SubsonicMethod("own", partial(kept.save_queue, by_index=True), "write"),
    # ---- unsupported
    "getVideos": _given({"videos": {}}),
    "getPodcasts": _given({"podcasts": {}}),
    "getNewestPodcasts": _given({"newestPodcasts": {}}),
    "getInternetRadioStations": _given({"internetRadioStations": {}}),
    "getShares": _given({"shares": {}}),
    "getChatMessages": _given({"chatMessages": {}}),
    "getVideoInfo": _refused("map4 has no videos", NothingFoundError),
    "getCaptions": _refused("map4 has no videos", NothingFoundError),
    "getAvatar": _refused("map4 has no pictures of people", NothingFoundError),
    "getPodcastEpisode": _refused("map4 has no podcasts", NothingFoundError),
    **dict.fromkeys(
        (
            "refreshPodcasts",
            "createPodcastChannel",
            "deletePodcastChannel",
            "deletePodcastEpisode",
            "downloadPodcastEpisode",
        ),
        _refused("map4 has no podcasts"),
    ),
    **dict.fromkeys(
        ("createInternetRadioStation", "updateInternetRadioStation", "deleteInternetRadioStation"),
        _refused("map4 has no radio stations"),
    ),
    **dict.fromkeys(("createShare", "updateShare", "deleteShare"), _refused(_LISTS)),
    **dict.fromkeys(("createUser", "updateUser", "deleteUser", "changePassword"), _refused(_ACCOUNTS)),
    "addChatMessage": _refused("map4 has no chat"),
    "jukeboxControl": _refused("map4 does not play audio on the server"),
    "hls": _refused("map4 sends songs whole; use 'stream'"),
    "getTranscodeDecision": _refused("use 'stream' with format and maxBitRate"),
    "getTranscodeStream": _refused("use 'stream' with format and maxBitRate"),
    "reportPlayback": _refused("use 'scrobble'"),
}
"""All methods of the OpenSubsonic documentation, and map4's response."""
