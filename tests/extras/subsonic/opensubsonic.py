"""What the OpenSubsonic document says of answers, and whether JSON and XML are as it says.

The facts are those of opensubsonic/open-subsonic-api (openapi/, of July 2026; Apache-2.0): of each type its members,
with `!` those that are required, and what they are (text where nothing stands). Left out is much that map4 never tells.
"""

from typing import Any
from xml.etree import ElementTree

NAMESPACE = "{http://subsonic.org/restapi}"
_PLAYLIST = (
    "id! name! comment owner public:bool songCount!:int duration!:int created! changed! coverArt allowedUser:[text] "
    "readonly:bool validUntil"
)
_SONG = (
    "id! parent isDir!:bool title! album artist track:int year:int genre coverArt size:int contentType suffix "
    "transcodedContentType transcodedSuffix duration:int bitRate:int bitDepth:int samplingRate:int channelCount:int "
    "path isVideo:bool userRating:int averageRating:num playCount:int discNumber:int created starred albumId artistId "
    "type:music/video/podcast/audiobook mediaType:song/album/artist bookmarkPosition:int played bpm:int comment "
    "sortName musicBrainzId isrc:[text] genres:[ItemGenre] artists:[ArtistID3] displayArtist albumArtists:[ArtistID3] "
    "displayAlbumArtist contributors:[Contributor] displayComposer moods:[text] replayGain:ReplayGain "
    "explicitStatus groupings:[text]"
)
_ALBUM = (
    "id! name! version artist artistId coverArt songCount!:int duration!:int playCount:int created! starred year:int "
    "genre played userRating:int musicBrainzId genres:[ItemGenre] artists:[ArtistID3] displayArtist "
    "releaseTypes:[text] moods:[text] sortName isCompilation:bool explicitStatus"
)
_ARTIST = "id! name! coverArt artistImageUrl albumCount:int starred musicBrainzId sortName disambiguation roles:[text]"
_INFO = "musicBrainzId lastFmUrl smallImageUrl mediumImageUrl largeImageUrl"
_QUEUE = "position:int username! changed! changedBy! entry:[Child]"
TYPES: dict[str, str] = {
    "Child": _SONG,
    "NowPlayingEntry": f"{_SONG} username! minutesAgo!:int playerId!:int playerName state positionMs:int",
    # Albums among folders are folders, with what players that know more read of them.
    "Folder": f"{_SONG} name songCount:int isCompilation:bool",
    "ItemGenre": "name!",
    "Contributor": "role! subRole artist!:ArtistID3",
    "ReplayGain": "trackGain:num albumGain:num trackPeak:num albumPeak:num baseGain:num fallbackGain:num",
    "AlbumID3": _ALBUM,
    "AlbumID3WithSongs": f"{_ALBUM} song!:[Child]",
    "ArtistID3": _ARTIST,
    "ArtistWithAlbumsID3": f"{_ARTIST} album!:[AlbumID3]",
    # The document gives it no cover and no number of albums; map4 tells these of it too.
    "Artist": "id! name! artistImageUrl starred userRating:int averageRating:num coverArt albumCount:int",
    "AlbumInfo": f"notes {_INFO}",
    "AlbumList": "album:[Folder]",
    "AlbumList2": "album:[AlbumID3]",
    "ArtistInfo": f"biography {_INFO} similarArtist:[Artist]",
    "ArtistInfo2": f"biography {_INFO} similarArtist:[ArtistID3]",
    "ArtistsID3": "ignoredArticles index:[IndexID3]",
    "IndexID3": "name! artist:[ArtistID3]",
    "Indexes": "ignoredArticles! lastModified!:int shortcut:[Artist] child:[Child] index:[Index]",
    "Index": "name! artist:[Artist]",
    "Bookmarks": "bookmark:[Bookmark]",
    "Bookmark": "position!:int username! comment created! changed! entry!:Child",
    "Directory": "id! parent name! starred userRating:int averageRating:num playCount:int child:[Folder]",
    "Genres": "genre:[Genre]",
    "Genre": "value! songCount!:int albumCount!:int",
    "License": "valid!:bool email licenseExpires trialExpires",
    "Lyrics": "value! artist title",
    "LyricsList": "structuredLyrics:[StructuredLyrics]",
    "StructuredLyrics": "lang! synced!:bool line!:[Line] displayArtist displayTitle offset:num",
    "Line": "value! start:num",
    "MusicFolders": "musicFolder:[MusicFolder]",
    "MusicFolder": "id!:int name",
    "NowPlaying": "entry!:[NowPlayingEntry]",
    "OpenSubsonicExtension": "name! versions!:[int]",
    "PlayQueue": f"current {_QUEUE}",
    "PlayQueueByIndex": f"currentIndex:int {_QUEUE}",
    "Playlists": "playlist:[Playlist]",
    "Playlist": _PLAYLIST,
    "PlaylistWithSongs": f"{_PLAYLIST} entry:[Child]",
    "Songs": "song:[Child]",
    "ScanStatus": "scanning!:bool count:int",
    "SearchResult": "offset!:int totalHits!:int match:[Child]",
    "SearchResult2": "artist:[Artist] album:[Folder] song:[Child]",
    "SearchResult3": "artist:[ArtistID3] album:[AlbumID3] song:[Child]",
    "SonicMatch": "entry!:Child similarity!:num",
    "Starred": "artist:[Artist] album:[Folder] song:[Child]",
    "Starred2": "artist:[ArtistID3] album:[AlbumID3] song:[Child]",
    "TokenInfo": "username!",
    "User": "username! scrobblingEnabled!:bool maxBitRate:int adminRole!:bool settingsRole!:bool downloadRole!:bool "
    "uploadRole!:bool playlistRole!:bool coverArtRole!:bool commentRole!:bool podcastRole!:bool streamRole!:bool "
    "jukeboxRole!:bool shareRole!:bool videoConversionRole!:bool avatarLastChanged folder:[int]",
    "Users": "user:[User]",
    "Nothing": "",
    "Error": "code!:int message helpUrl",
}
ANSWERS: dict[str, str] = {
    "getLicense": "license!:License", "getOpenSubsonicExtensions": "openSubsonicExtensions!:[OpenSubsonicExtension]",
    "tokenInfo": "tokenInfo!:TokenInfo", "getUser": "user!:User", "getUsers": "users!:Users",
    "getScanStatus": "scanStatus!:ScanStatus", "startScan": "scanStatus!:ScanStatus",
    "getMusicFolders": "musicFolders!:MusicFolders", "getIndexes": "indexes!:Indexes",
    "getMusicDirectory": "directory!:Directory", "getArtists": "artists!:ArtistsID3",
    "getArtist": "artist!:ArtistWithAlbumsID3", "getArtistInfo": "artistInfo!:ArtistInfo",
    "getArtistInfo2": "artistInfo2!:ArtistInfo2", "getAlbum": "album!:AlbumID3WithSongs",
    "getAlbumInfo": "albumInfo!:AlbumInfo", "getAlbumInfo2": "albumInfo!:AlbumInfo",
    "getAlbumList": "albumList!:AlbumList", "getAlbumList2": "albumList2!:AlbumList2", "getGenres": "genres!:Genres",
    "getSong": "song!:Child", "getSongsByGenre": "songsByGenre!:Songs", "getRandomSongs": "randomSongs!:Songs",
    "getTopSongs": "topSongs!:Songs", "search": "searchResult!:SearchResult", "search2": "searchResult2!:SearchResult2",
    "search3": "searchResult3!:SearchResult3", "getSimilarSongs": "similarSongs!:Songs",
    "getSimilarSongs2": "similarSongs2!:Songs", "getSonicSimilarTracks": "sonicMatch!:[SonicMatch]",
    "findSonicPath": "sonicMatch!:[SonicMatch]", "getLyrics": "lyrics!:Lyrics",
    "getLyricsBySongId": "lyricsList!:LyricsList", "getPlaylists": "playlists!:Playlists",
    "getPlaylist": "playlist!:PlaylistWithSongs", "createPlaylist": "playlist!:PlaylistWithSongs",
    "getStarred": "starred!:Starred", "getStarred2": "starred2!:Starred2", "getNowPlaying": "nowPlaying!:NowPlaying",
    "getBookmarks": "bookmarks!:Bookmarks", "getPlayQueue": "playQueue!:PlayQueue",
    "getPlayQueueByIndex": "playQueueByIndex!:PlayQueueByIndex", "getVideos": "videos!:Nothing",
    "getPodcasts": "podcasts!:Nothing", "getNewestPodcasts": "newestPodcasts!:Nothing",
    "getInternetRadioStations": "internetRadioStations!:Nothing", "getShares": "shares!:Nothing",
    "getChatMessages": "chatMessages!:Nothing",
}  # fmt: skip
"""What a good answer has besides its head; those of all other methods have nothing."""
BYTES = ("download", "stream", "getCoverArt", "getAvatar", "getCaptions", "hls", "getTranscodeStream")
"""Methods whose good answers are files."""
_HEAD = "status!:ok/failed version! type! serverVersion! openSubsonic!:bool"


def members_of(kind: str) -> dict[str, tuple[str, bool]]:
    """The members of a type, or of one that is spelt out: what each is, and whether it is required."""
    found = {}
    for word in TYPES.get(kind, kind).split():
        name, _, what = word.partition(":")
        found[name.removesuffix("!")] = (what or "text", name.endswith("!"))
    return found


def answer_of(method: str, *, failed: bool) -> str:
    """The type of an answer, spelt out."""
    return f"{_HEAD} {'error!:Error' if failed else ANSWERS.get(method, '')}"


def faults(value: Any, kind: str, at: str = "", *, lacks_empty: bool = False) -> list[str]:
    """Where a value of JSON is not as its type says.

    lacks_empty: whether empty lists may be missing, as they are in XML
    """
    if kind.startswith("["):
        if not isinstance(value, list):
            return [f"{at} is no list"]
        return [
            fault
            for place, item in enumerate(value)
            for fault in faults(item, kind[1:-1], f"{at}[{place}]", lacks_empty=lacks_empty)
        ]
    if kind not in TYPES and " " not in kind:
        return [] if _is_scalar(value, kind) else [f"{at} is {value!r}, no {kind}"]
    if not isinstance(value, dict):
        return [f"{at} is no object"]
    members = members_of(kind)
    found = [f"{at}.{name} is unknown" for name in value.keys() - members.keys()]
    found += [
        f"{at}.{name} is missing"
        for name, (what, is_needed) in members.items()
        if is_needed and name not in value and not (lacks_empty and what.startswith("["))
    ]
    for name in value.keys() & members.keys():
        found += faults(value[name], members[name][0], f"{at}.{name}", lacks_empty=lacks_empty)
    return found


def _is_scalar(value: Any, kind: str) -> bool:
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind in ("int", "num"):
        return isinstance(value, int if kind == "int" else (int, float))
    return isinstance(value, str) and (kind == "text" or value in kind.split("/"))


def read(element: ElementTree.Element, kind: str) -> Any:
    """What an element of XML says, as JSON would: members are attributes, `value` is text, lists and types elements."""
    if kind not in TYPES and " " not in kind:
        return _read_scalar(element.text or "", kind)
    members = members_of(kind)
    found: dict[str, Any] = {name: _read_scalar(text, members.get(name, ("?",))[0]) for name, text in element.items()}
    if "value" in members:
        found["value"] = element.text or ""
    for child in element:
        name = child.tag.removeprefix(NAMESPACE)
        what = members.get(name, ("?",))[0]
        if what.startswith("["):
            found.setdefault(name, []).append(read(child, what[1:-1]))
        else:
            found[name] = read(child, what)
    return found


def _read_scalar(text: str, kind: str) -> Any:
    if kind == "bool":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("int", "num"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text


def without_empty(value: Any) -> Any:
    """The same without empty lists, which XML has no way to say."""
    if isinstance(value, dict):
        return {name: without_empty(item) for name, item in value.items() if item != []}
    return [without_empty(item) for item in value] if isinstance(value, list) else value
