"""Tracks, albums, artists, genres and lists as items of the protocol."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from map4.extras.jellyfin.ids import LISTS, MUSIC, genre_id
from map4.extras.jellyfin.routes.question import TICKS_S, JellyfinCall
from map4.music.album import REPLAYGAIN_LUFS
from map4.music.lists.stored import StoredPlaylist
from map4.music.plays import utc_of_local
from map4.music.track.track import Track, display_path
from map4.search import Album, Artist, Catalogue, album_id, artist_id, disc_of, genres_of

Item = dict[str, Any]
RATING_STEP = 2.0
"""The protocol rates from 0 to 10, map4 from 0 to 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Genre:
    """A genre with the numbers of its songs and albums."""

    name: str
    songs: int = 0
    albums: int = 0


Entry = int | Album | Artist | Genre | StoredPlaylist
"""What becomes an item; a song is the id of its file."""


def items_of(ask: JellyfinCall, entries: Sequence[Entry]) -> list[Item]:
    """The items of entries, in order."""
    others = ask.starred_others()
    rows = [entry for entry in entries if isinstance(entry, int)]
    known = dict(ask.library.tracks.made_by_id(rows, lambda row: row.read()))
    tracks = dict(zip(known, songs_of(ask, known.values()), strict=True))
    answer = []
    for entry in entries:
        if isinstance(entry, int):
            answer += [tracks[entry]] if entry in tracks else []
        elif isinstance(entry, Album):
            answer.append(album_item(ask, entry, others))
        elif isinstance(entry, Artist):
            answer.append(artist_item(ask, entry, others))
        else:
            answer.append(genre_item(ask, entry) if isinstance(entry, Genre) else list_item(ask, entry))
    return answer


def songs_of(ask: JellyfinCall, tracks: Iterable[Track]) -> list[Item]:
    """Tracks as items of the type Audio."""
    starred, sources = ask.starred(), "mediasources" in ask.words("fields")
    return [song_item(ask, track, starred, has_source=sources) for track in tracks]


def song_item(ask: JellyfinCall, track: Track, starred: Mapping[str, str], *, has_source: bool = False) -> Item:
    address = ask.library.tracks.address_of(track)
    of_album = ask.catalogue.whole_id(album_id(track.path, track.album()))
    artist, title = track.artist(), track.title() or display_path(os.path.basename(track.path))
    album, loudness = ask.catalogue.albums.get(of_album), track.analysis.loudness if track.analysis else None
    plays, played, rating = track.play_count() or 0, track.last_played(), track.rating()
    source = media_source(ask, track, address) if has_source else None
    artists = {artist_id(one.name): one.name for one in track.credits() if one.role in ("main", "featured")}
    return {
        **_base(ask, address, title, "Audio", genres_of(track.value("genre")), year=track.year(), added=track.added_at),
        "MediaType": "Audio",
        "IsFolder": False,
        "ParentId": ask.ids.shown(of_album),
        "RunTimeTicks": _ticks(track.analysis.duration_s if track.analysis else None),
        "Container": _container(track),
        "IndexNumber": track.track_number(),
        "ParentIndexNumber": disc_of(track.path, track.value("disc_number")),
        "Album": track.album(),
        "AlbumId": ask.ids.shown(of_album),
        "AlbumPrimaryImageTag": picture_tag(of_album),
        "AlbumArtist": artist if album is None else album.artist,
        "AlbumArtists": [] if album is None else _named(ask, album_artists(ask, album)),
        "Artists": [*artists.values()],
        "ArtistItems": _named(ask, artists),
        "NormalizationGain": None
        if loudness is None or loudness.integrated_lufs is None
        else round(REPLAYGAIN_LUFS - loudness.integrated_lufs, 2),
        "MediaSources": source and [source],
        "MediaSourceCount": 1,
        "CanDownload": True,
        "UserData": {
            **_user_data(ask, address, address in starred),
            "PlayCount": plays,
            "Played": plays > 0,
            "LastPlayedDate": utc_of_local(played) if played else None,
            "Rating": None if rating is None else rating * RATING_STEP,
        },
    }


def album_item(ask: JellyfinCall, album: Album, starred: Mapping[str, str]) -> Item:
    genres = sorted(album.genres, key=album.genres.__getitem__, reverse=True)
    about: Item = {
        "year": album.year,
        "added": album.added_at,
        "order": album.order,
        "is_favourite": album.id in starred,
    }
    return {
        **_base(ask, album.id, album.name, "MusicAlbum", genres, **about),
        "ParentId": ask.ids.shown(MUSIC),
        "RunTimeTicks": _ticks(album.duration_s),
        "ChildCount": len(album.file_ids),
        "DateLastMediaAdded": album.added_at,
        "AlbumArtist": album.artist,
        "AlbumArtists": _named(ask, album_artists(ask, album)),
        "Artists": [*album.artists.values()],
        "ArtistItems": _named(ask, album.artists),
        "ImageTags": {"Primary": picture_tag(album.id)},
    }


_OWN: WeakKeyDictionary[Catalogue, dict[str, set[str]]] = WeakKeyDictionary()


def own_albums(known: Catalogue) -> dict[str, set[str]]:
    """The ids of the albums that belong to each album artist."""
    if known not in _OWN:
        own: dict[str, set[str]] = {}
        for album in known.albums.values():
            for whose in album.whose.keys() & known.artists.keys():
                own.setdefault(whose, set()).add(album.id)
        _OWN[known] = own
    return _OWN[known]


def album_artists(ask: JellyfinCall, album: Album) -> dict[str, str]:
    """The artists of an album that can be browsed, by id; none of a compilation."""
    known = ask.catalogue.artists
    return {key: known[key].name for key in album.whose if key in known}


def artist_item(ask: JellyfinCall, artist: Artist, starred: Mapping[str, str]) -> Item:
    albums = [ask.catalogue.albums[key] for key in artist.album_ids]
    genres = dict.fromkeys(genre for album in albums for genre in album.genres)
    added = max((album.added_at for album in albums), default=None)
    about: Item = {"added": added, "order": artist.order, "is_favourite": artist.id in starred}
    return {
        **_base(ask, artist.id, artist.name, "MusicArtist", [*genres], **about),
        **_counts(len(albums), len(artist.file_ids)),
        "ImageTags": {"Primary": picture_tag(artist.id)},
    }


def genre_item(ask: JellyfinCall, genre: Genre) -> Item:
    return {**_base(ask, genre_id(genre.name), genre.name, "MusicGenre"), **_counts(genre.albums, genre.songs)}


def _counts(albums: int, songs: int) -> Item:
    return {"ChildCount": albums, "AlbumCount": albums, "SongCount": songs}


def list_item(ask: JellyfinCall, stored: StoredPlaylist) -> Item:
    """A stored list; a live list is read-only."""
    may_change = stored.live is None and stored.may_edit and ask.library.actor.may("own")
    return {
        **_base(ask, stored.id, stored.name, "Playlist", added=stored.created_at),
        "MediaType": "Audio",
        "ParentId": ask.ids.shown(LISTS),
        "Overview": stored.description or stored.problem,
        "RunTimeTicks": _ticks(stored.duration_s),
        "ChildCount": stored.present,
        "CanDelete": may_change,
    }


def view_item(ask: JellyfinCall, key: str) -> Item:
    """The view of all music, or of the lists."""
    name, kind = ("Music", "music") if key == MUSIC else ("Playlists", "playlists")
    return {**_base(ask, key, name, "CollectionFolder"), "CollectionType": kind}


def _user_data(ask: JellyfinCall, key: str, is_favourite: bool) -> Item:
    shown = ask.ids.shown(key)
    return {"PlaybackPositionTicks": 0, "PlayCount": 0, "IsFavorite": is_favourite, "Played": False, "Key": shown,
            "ItemId": shown}  # fmt: skip


def picture_tag(key: str) -> str:
    """Players that have a picture with this tag don't request it again."""
    return key.partition("-")[2]


def media_source(ask: JellyfinCall, track: Track, address: str, *, has_lyrics: bool = False) -> Item:
    """How a track can be played: its file, or converted."""
    file, bit_rate, container = track.format, track.bit_rate_bps(), _container(track)
    stream = {
        "Type": "Audio", "Index": 0, "Codec": file.codec if file else container,
        "BitRate": None if bit_rate is None else round(bit_rate), "BitDepth": file.bits if file else None,
        "Channels": file.channels if file else None, "SampleRate": file.sample_rate_hz if file else None,
        "IsDefault": True, **_STREAM,
    }  # fmt: skip
    lyrics = {"Type": "Lyric", "Index": 1, "IsDefault": False, **_STREAM, "IsExternal": True}
    return {
        "Protocol": "File", "Type": "Default", "Id": ask.ids.shown(address), "Container": container,
        "Path": display_path(os.path.basename(track.path)), "Name": track.title(), "Size": track.size_bytes,
        "RunTimeTicks": _ticks(track.analysis.duration_s if track.analysis else None),
        "Bitrate": None if bit_rate is None else round(bit_rate), "ETag": picture_tag(address),
        "SupportsDirectPlay": True, "SupportsDirectStream": True, "SupportsTranscoding": True,
        "SupportsProbing": True, "DefaultAudioStreamIndex": 0, "MediaStreams": [stream, *[lyrics] * has_lyrics],
        "Formats": [], "MediaAttachments": [], "RequiredHttpHeaders": {}, **_SOURCE,
    }  # fmt: skip


_STREAM = dict.fromkeys(
    ("IsInterlaced", "IsForced", "IsExternal", "IsTextSubtitleStream", "SupportsExternalStream"), False
)
_SOURCE = dict.fromkeys(
    ("IsRemote", "IsInfiniteStream", "RequiresOpening", "RequiresClosing", "RequiresLooping", "ReadAtNativeFramerate",
     "IgnoreDts", "IgnoreIndex", "GenPtsInput"), False,
)  # fmt: skip


def _base(
    ask: JellyfinCall,
    key: str,
    name: str,
    kind: str,
    genres: Sequence[str] = (),
    *,
    year: int | None = None,
    added: str | None = None,
    order: str = "",
    is_favourite: bool = False,
) -> Item:
    """The members of all items, for a folder without a picture."""
    return {
        "Name": name, "ServerId": ask.ids.server, "Id": ask.ids.shown(key), "Type": kind, "SortName": order or name,
        "IsFolder": True, "LocationType": "FileSystem", "DateCreated": added, "ProductionYear": year,
        "PremiereDate": f"{year:04}-01-01T00:00:00Z" if year else None, "Genres": [*genres],
        "GenreItems": _named(ask, {genre_id(genre): genre for genre in genres}), "ExternalUrls": [],
        "ProviderIds": {}, "Tags": [], "ImageTags": {}, "BackdropImageTags": [], "ImageBlurHashes": {},
        "UserData": _user_data(ask, key, is_favourite),
    }  # fmt: skip


def _named(ask: JellyfinCall, names: Mapping[str, str]) -> list[Item]:
    return [{"Name": name, "Id": ask.ids.shown(key)} for key, name in names.items()]


def _ticks(duration_s: float | None) -> int | None:
    return None if duration_s is None else round(duration_s * TICKS_S)


def _container(track: Track) -> str:
    return os.path.splitext(track.path)[1].lower().lstrip(".")
