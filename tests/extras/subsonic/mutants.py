"""Requests of players, for mutants."""

from __future__ import annotations

from mutant_readers import with_ids

_WHO = b"u=x&p=enc%3A61&v=1.16.1&c=x"
SUBSONIC = (
    b"POST /rest/getSong\ncontent-type: application/x-www-form-urlencoded\n\nid=file-1&" + _WHO,
    *(b"%b&%b\n\n" % (question, _WHO)
    for question in (
        b"GET /rest/ping.view?f=json", b"GET /rest/getAlbumList2?type=byYear&fromYear=1990&toYear=2010",
        b"GET /rest/search3?query=a&songCount=5&artistOffset=1", b"GET /rest/getRandomSongs?size=5&fromYear=1990",
        b"GET /rest/createPlaylist?name=x&songId=file-1&songId=file-2", b"GET /rest/setRating?id=file-1&rating=4",
        b"GET /rest/getArtists?callback=x&f=jsonp", b"GET /rest/stream?id=file-1&maxBitRate=128&format=mp3",
        b"GET /rest/getCoverArt?id=file-13&size=64", b"GET /rest/getSimilarSongs2?id=file-1&count=9",
        b"GET /rest/updatePlaylist?playlistId=pl-1&songIndexToRemove=0&songIdToAdd=file-3",
        b"GET /rest/getGenres?f=xml",
        b"GET /rest/getSongsByGenre?genre=House&count=3&offset=1", b"GET /rest/star?id=file-2&albumId=al-1",
    )),
)  # fmt: skip


def seeds() -> dict[str, list[bytes]]:
    return {"http/subsonic": [with_ids(request) for request in SUBSONIC]}
