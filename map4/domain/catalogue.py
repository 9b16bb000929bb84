"""A library by artists and albums, as music players browse it."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from map4.domain.text import words_of

UNKNOWN_ARTIST, UNKNOWN_ALBUM = "[Unknown artist]", "[Unknown album]"
VARIOUS = "Various artists"
_MOST_KEPT = 50_000
_DISC_FOLDER = re.compile(r"(cd|dis[ck])[ _-]*\d{1,2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """What the catalogue needs of a file that is there; None where a thing is not known."""

    file_id: int
    path: str
    artist: str | None
    album: str | None
    genre: str | None
    year: int | None
    duration_s: float | None
    added_at: str


@dataclass(slots=True, kw_only=True)
class Album:
    """The files of one folder (and its folders of discs) that name one album.

    artists: ids, with names, in the order in which they were met
    """

    id: str
    name: str
    artists: dict[str, str] = field(default_factory=dict)
    file_ids: list[int] = field(default_factory=list)
    genres: Counter[str] = field(default_factory=Counter)
    year: int | None = None
    duration_s: float = 0.0
    added_at: str = ""

    @property
    def artist(self) -> str:
        """The one artist of it, or that there are several."""
        return VARIOUS if len(self.artists) > 1 else next(iter(self.artists.values()))


@dataclass(slots=True, kw_only=True)
class Artist:
    """Everybody who is written alike, but for case, accents and marks."""

    id: str
    name: str
    album_ids: dict[str, None] = field(default_factory=dict)
    file_ids: list[int] = field(default_factory=list)


class Catalogue:
    """Artists and albums, by name; genres, with how many songs and albums each has."""

    def __init__(self, rows: Iterable[CatalogueRow]) -> None:
        albums: dict[str, Album] = {}
        artists: dict[str, Artist] = {}
        self.album_of: dict[int, str] = {}
        self.genres: Counter[str] = Counter()
        for row in rows:
            name, artist_name = row.album or UNKNOWN_ALBUM, row.artist or UNKNOWN_ARTIST
            album = albums.setdefault(key := album_id(row.path, row.album), Album(id=key, name=name))
            artist = artists.setdefault(key := artist_id(row.artist), Artist(id=key, name=artist_name))
            album.artists.setdefault(artist.id, artist.name)
            album.file_ids.append(row.file_id)
            album.year = album.year or row.year
            album.duration_s += row.duration_s or 0.0
            album.added_at = max(album.added_at, row.added_at)
            genres = genres_of(row.genre)
            album.genres.update(genres)
            self.genres.update(genres)
            artist.album_ids[album.id] = None
            artist.file_ids.append(row.file_id)
            self.album_of[row.file_id] = album.id
        self.albums = dict(sorted(albums.items(), key=lambda item: (words_of(item[1].name), item[0])))
        self.artists = dict(sorted(artists.items(), key=lambda item: (words_of(item[1].name), item[0])))

    def albums_of(self, file_ids: Iterable[int]) -> list[Album]:
        """The albums of some files, each where its first file stands."""
        ids = dict.fromkeys(self.album_of[one] for one in file_ids if one in self.album_of)
        return [self.albums[one] for one in ids]


def genres_of(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(";") if one.strip()]


def album_id(path: str, album: str | None) -> str:
    return _album_id(os.path.dirname(path), album)


@lru_cache(maxsize=_MOST_KEPT)
def _album_id(folder: str, album: str | None) -> str:
    around, name = os.path.split(folder)
    return _id("al-", around if _DISC_FOLDER.fullmatch(name) else folder, (album or "").casefold())


@lru_cache(maxsize=_MOST_KEPT)
def artist_id(artist: str | None) -> str:
    return _id("ar-", words_of(artist or "") or (artist or ""))


def _id(kind: str, *parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "surrogateescape")
    return kind + hashlib.blake2b(data, digest_size=8).hexdigest()
