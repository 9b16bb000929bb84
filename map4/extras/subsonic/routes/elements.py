"""Tracks, albums, artists and lists as elements of the protocol."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from map4.core.base.actor import Actor
from map4.core.base.paths import display_path
from map4.core.music.album import AlbumLevel
from map4.core.music.plays import PlayTime
from map4.core.music.track.credits import Credit
from map4.core.music.track.track import Track
from map4.lists import Playlists
from map4.plays.routes.audio_files import TrackAudio
from map4.search import Album, Artist

_ARTISTS = ("main", "featured")  # roles that are artists of a song; all others are contributors


def song(track: Track, address: str, album: str, starred: Mapping[str, str], folders: Sequence[str]) -> dict[str, Any]:
    """A track as a `Child`; unknown values are None.

    album: the id of its album
    starred: when each track was starred, by id
    folders: the music folders; its path is relative to them
    """
    file, analysis = track.format, track.analysis
    suffix = os.path.splitext(track.path)[1].lower().lstrip(".")
    bit_rate, bpm, rating = track.bit_rate_bps(), track.bpm(), math.floor((track.rating() or 0.0) + 0.5)
    artist, credited = track.artist(), track.credits()
    whose = track.value("album_artist") or artist
    is_credited = any(credit.name == whose for credit in credited)
    owners = (whose,) if is_credited else Credit.split(whose or "", track.whole_names)[0]
    genres = track.genre_names.genres_of(track.value("genre"))
    composers = [credit.name for credit in credited if credit.role == "composer"]
    return {
        "id": address,
        "parent": album,
        "isDir": False,
        "title": track.title() or display_path(os.path.basename(track.path)),
        "album": track.album(),
        "artist": artist,
        "displayArtist": artist,
        "displayAlbumArtist": whose,
        "displayComposer": ", ".join(composers) or None,
        "artists": [_named(credit.name) for credit in credited if credit.role in _ARTISTS],
        "albumArtists": [_named(name) for name in owners if name],
        "contributors": [
            {"role": credit.role, "artist": _named(credit.name)} for credit in credited if credit.role not in _ARTISTS
        ],
        "track": track.track_number(),
        "discNumber": Album.disc_of(track.path, track.value("disc_number")),
        "year": track.year(),
        "genre": next(iter(genres), None),
        "genres": [{"name": name} for name in genres],
        "coverArt": address,
        "size": track.size_bytes,
        "contentType": TrackAudio.media_type(track),
        "suffix": suffix,
        "duration": None if analysis is None else round(analysis.duration_s),
        "bitRate": None if bit_rate is None else round(bit_rate / 1000),
        "bitDepth": file.bits if file else None,
        "samplingRate": file.sample_rate_hz if file else None,
        "channelCount": file.channels if file else None,
        "path": _path_within(track.path, folders),
        "isVideo": False,
        "userRating": rating or None,
        "playCount": track.play_count(),
        "played": PlayTime.utc_of_local(played) if (played := track.last_played()) else None,
        "created": track.added_at,
        "starred": starred.get(address),
        "albumId": album,
        "artistId": Artist.main_id(track),
        "type": "music",
        "mediaType": "song",
        "bpm": None if bpm is None else round(bpm),
        "comment": track.comment(),
        "explicitStatus": advisory if (advisory := track.value("advisory")) in ("explicit", "clean") else "",
        "isrc": [isrc] if (isrc := track.value("isrc")) else [],
        "replayGain": _gain(track),
    }


def _named(name: str) -> dict[str, str]:
    return {"id": Artist.id_of(name), "name": name}


def _path_within(path: str, folders: Sequence[str]) -> str:
    inside = next((folder for folder in folders if path.startswith(os.path.join(folder, ""))), os.sep)
    return display_path(os.path.relpath(path, inside))


def _gain(track: Track) -> dict[str, Any] | None:
    loudness = track.analysis.loudness if track.analysis else None
    if loudness is None or loudness.integrated_lufs is None:
        return None
    album = track.album_level
    return {
        "trackGain": round(AlbumLevel.REPLAYGAIN_LUFS - loudness.integrated_lufs, 2),
        "trackPeak": _share_of_full_scale(loudness.true_peak_dbtp),
        "albumGain": album and album.gain_db,
        "albumPeak": album and _share_of_full_scale(album.peak_dbtp),
    }


def _share_of_full_scale(peak_dbtp: float | None) -> float | None:
    return None if peak_dbtp is None else round(10.0 ** (peak_dbtp / 20.0), 4)


def album_element(album: Album, starred: Mapping[str, str]) -> dict[str, Any]:
    """An `AlbumID3`; `starred` is when each album and artist was starred, by id."""
    genres = sorted(album.genres, key=album.genres.__getitem__, reverse=True)
    # Artists without own tracks, such as Various Artists, can't be browsed.
    of_one = [key for key in album.whose if key in album.artists]
    artists = {key: album.whose[key] for key in of_one} or album.artists
    return {
        "id": album.id,
        "name": album.name,
        "artist": album.artist,
        "displayArtist": album.artist,
        "artistId": next(iter(of_one), None),
        "artists": [{"id": artist_id, "name": name} for artist_id, name in artists.items()],
        "coverArt": album.id,
        "songCount": len(album.file_ids),
        "duration": round(album.duration_s),
        "created": album.added_at,
        "starred": starred.get(album.id),
        "year": album.year,
        "genre": next(iter(genres), None),
        "genres": [{"name": name} for name in genres],
        "isCompilation": len(album.artists) > 1 and not of_one,
        "explicitStatus": album.advisory,
    }


def album_as_folder(album: Album, starred: Mapping[str, str]) -> dict[str, Any]:
    """An album as a `Child`, for players that browse by folders; its parent is the artist."""
    element = album_element(album, starred)
    parent = next(iter(album.artists))
    return {**element, "parent": parent, "isDir": True, "title": album.name, "album": album.name}


def roles_of(artist: Artist) -> list[str]:
    """The roles of an artist, as the protocol names them."""
    return list(dict.fromkeys("artist" if role in _ARTISTS else role for role in artist.roles))


def artist_element(artist: Artist, starred: Mapping[str, str]) -> dict[str, Any]:
    """An `ArtistID3`, which includes all of `Artist`."""
    return {
        "id": artist.id,
        "name": artist.name,
        "albumCount": len(artist.album_ids),
        "coverArt": next(iter(artist.album_ids)),
        "starred": starred.get(artist.id),
    }


def list_elements(lists: Playlists, user: str, now: str) -> dict[str, dict[str, Any]]:
    """Stored lists as `Playlist` elements by id; a live list is read-only and may change at any time.

    user: the caller's name; players allow changes of lists owned by it, so shared lists use it too
    now: the current time
    """
    own = (Actor.LOCAL.id, lists.actor.id)
    return {
        song_track.id: {
            "id": song_track.id,
            "name": song_track.name,
            "comment": song_track.description or song_track.problem or (song_track.live and song_track.live.caption()),
            "owner": user if song_track.owner.id in own else song_track.owner.name or str(song_track.owner.id),
            "public": song_track.sharing != "private",
            "readonly": song_track.live is not None or not (song_track.may_edit and lists.actor.may("own")),
            "songCount": song_track.present,
            "duration": round(song_track.duration_s),
            "created": song_track.created_at,
            "changed": song_track.updated_at if song_track.live is None else now,
        }
        for song_track in lists.stored()
    }
