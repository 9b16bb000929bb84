"""The library's artists and albums, as music players browse them."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar

from map4.core.base.text import words_of
from map4.core.music.album import AlbumPlace, album_of
from map4.core.music.placeholders import Placeholder
from map4.core.music.track.credits import WHOLE_NAMES, Credit, Role, credits_of
from map4.core.music.track.genre import NO_TABLE, GenreNames
from map4.core.music.track.track import Track

UNKNOWN_ARTIST, UNKNOWN_ALBUM = "[Unknown artist]", "[Unknown album]"
_CACHE_SIZE = 10_000
_MOST_FOLDERS = 50  # each folder of an album is compared with every other
_Place = tuple[int, int]  # Disc, and number of the track or 0


class CatalogueRow(NamedTuple):
    """The catalogue's data about an available file; None means unknown.

    advisory: "explicit" or "clean"
    credits: None if the artist has all names
    """

    file_id: int
    path: str
    artist: str | None
    album: str | None
    genre: str | None
    year: int | None
    duration_s: float | None
    added_at: str
    album_artist: str | None = None
    disc: int | None = None
    track: int | None = None
    artist_sort: str | None = None
    album_sort: str | None = None
    advisory: str | None = None
    credits: tuple[Credit, ...] | None = None


@dataclass(slots=True, kw_only=True)
class Album:
    """The files of a folder (and its disc subfolders) with the same album name, or of folders that complete each other.

    folders: each by its first file
    words: the folded name with a leading space, for searching
    order: the folded name for sorting, by its sort tag or without its article
    artists: main artists by id, in the order of first appearance
    file_ids: in the order of discs and tracks
    of_all: the main artists of all tracks
    album_artist: the first album artist that a track names
    whose: the album artists by id; none of a compilation
    advisory: "explicit" if a track is; else "clean" if a track is; else ""
    """

    id: str
    name: str
    folders: tuple[str, ...]
    words: str = ""
    order: str = ""
    artists: dict[str, str] = field(default_factory=dict)
    of_all: dict[str, str] | None = None
    file_ids: list[int] = field(default_factory=list)
    genres: dict[str, int] = field(default_factory=dict)
    year: int | None = None
    duration_s: float = 0.0
    added_at: str = ""
    album_artist: str | None = None
    whose: dict[str, str] = field(default_factory=dict)
    advisory: str = ""

    @property
    def artist(self) -> str:
        """The album artist; else the main artists of all tracks, or `VARIOUS_ARTISTS` without any."""
        return self.album_artist or "; ".join((self.of_all or {}).values()) or Placeholder.VARIOUS_ARTISTS

    def join(self, other: Album) -> None:
        """Add the files of another folder."""
        self.order, self.year = self.order or other.order, self.year or other.year
        self.folders += other.folders
        self.artists = self.artists | other.artists
        self.of_all = {key: name for key, name in (self.of_all or {}).items() if key in (other.of_all or {})}
        self.file_ids += other.file_ids
        self.genres = Counter(self.genres) + Counter(other.genres)
        self.duration_s += other.duration_s
        self.added_at = max(self.added_at, other.added_at)
        self.album_artist = self.album_artist or other.album_artist
        self.advisory = max(self.advisory, other.advisory)

    @staticmethod
    def id_of(path: str, album: str | None) -> str:
        return _album_id(os.path.dirname(path), album)

    @staticmethod
    def disc_of(path: str, disc: int | None) -> int | None:
        return AlbumPlace.disc_of(os.path.dirname(path), disc)


@dataclass(slots=True, kw_only=True)
class Artist:
    """All artists whose names differ only in case, accents and punctuation; `words` and `order` as in `Album`.

    album_ids: all albums with a credit
    roles: in credits
    file_ids: songs as an artist, guest or remixer; without any, as a composer or producer
    """

    id: str
    name: str
    words: str = ""
    order: str = ""
    album_ids: dict[str, None] = field(default_factory=dict)
    roles: dict[Role, None] = field(default_factory=dict)
    file_ids: list[int] = field(default_factory=list)

    @staticmethod
    @lru_cache(maxsize=_CACHE_SIZE)
    def id_of(artist: str | None) -> str:
        return _id("ar-", words_of(artist or "") or (artist or ""))

    @staticmethod
    def main_id(track: Track) -> str:
        """The id of the first main artist of a track."""
        return Artist.id_of(next((credit.name for credit in track.credits() if credit.role == "main"), None))


N = TypeVar("N", Album, Artist)


class Catalogue:
    """Artists and albums sorted by name, and genres with their song counts.

    Sorted views are computed once; this takes 0.1 s for 100,000 tracks.
    """

    def __init__(
        self,
        albums: Mapping[str, Album],
        artists: Mapping[str, Artist],
        genres: Counter[str],
        articles: Sequence[str] = (),
    ) -> None:
        self.albums, self.artists, self.articles = _sorted_by_order(albums), _sorted_by_order(artists), articles
        self.main_artists = {key: artist for key, artist in self.artists.items() if "main" in artist.roles}
        joined = [album for album in albums.values() if len(album.folders) > 1]
        self._whole = {_album_id(folder, album.name): album.id for album in joined for folder in album.folders[1:]}
        self.genres, self._within = genres, dict[str, Catalogue]()

    @classmethod
    def of_rows(
        cls,
        rows: Iterable[CatalogueRow],
        articles: Sequence[str] = (),
        whole_names: Sequence[str] = WHOLE_NAMES,
        genre_names: GenreNames = NO_TABLE,
    ) -> Catalogue:
        albums: dict[str, Album] = {}
        credited = _CreditedArtists(tuple(whole_names))
        places: dict[int, _Place] = {}
        texts: Counter[str | None] = Counter()
        counts: dict[str | None, dict[str, int]] = {}
        folder, name, key = "", None, ""
        for (
            file_id, path, artist_name, title, genre, year, duration_s, added_at, album_artist, disc, track,
            artist_sort, album_sort, advisory, by,
        ) in rows:  # fmt: skip
            if (at := os.path.dirname(path)) != folder or title != name or not key:
                folder, name = at, title
                key = _album_id(folder, name)
            if (album := albums.get(key)) is None:
                album = albums[key] = Album(id=key, name=name or UNKNOWN_ALBUM, folders=(folder,))
            if album_sort and not album.order:
                album.order = words_of(album_sort)
            mains = credited.add(key, file_id, artist_name, by, artist_sort)
            # Most albums have the same artists and genre on each track: they share one dictionary.
            if album.of_all is None:
                album.artists = album.of_all = mains
            elif not (album.artists is album.of_all is mains):
                album.artists = album.artists | mains
                album.of_all = {artist: name for artist, name in album.of_all.items() if artist in mains}
            album.file_ids.append(file_id)
            album.year = album.year or year
            album.album_artist = album.album_artist or album_artist
            album.duration_s += duration_s or 0.0
            album.added_at = max(album.added_at, added_at)
            if advisory:
                album.advisory = max(album.advisory, advisory)  # "" < "clean" < "explicit"
            texts[genre] += 1
            if (genres := counts.get(genre)) is None:  # a library has few different texts: each is split once
                genres = counts[genre] = dict(Counter(genre_names.genres_of(genre)))
            before = album.genres
            more = {genre: before.get(genre, 0) + n for genre, n in genres.items()} if before else genres
            album.genres = before | more if before else more
            places[file_id] = AlbumPlace.disc_of(folder, disc) or 1, track or 0
        artists = credited.with_songs()
        songs: Counter[str] = Counter()
        for text, times in texts.items():
            songs.update({genre: n * times for genre, n in counts[text].items()})
        _set_artists(albums, artists, tuple(whole_names))
        whole = _join(albums, places)
        for listed in artists.values() if whole else ():
            listed.album_ids = dict.fromkeys(whole.get(key, key) for key in listed.album_ids)
        ignored = frozenset(map(words_of, articles))
        items: Iterable[Album | Artist] = (*albums.values(), *artists.values())
        for item in items:
            words = words_of(item.name)
            first, _, rest = words.partition(" ")
            item.words, item.order = f" {words}", item.order or (rest if rest and first in ignored else words)
        return cls(albums, artists, songs, articles)

    def to_record(self) -> dict[str, Any]:
        """The catalogue in JSON, for `of_record`; equal dictionaries are written once."""
        dicts: dict[int, int] = {}
        shared: list[dict[str, Any]] = []

        def number(value: dict[str, Any]) -> int:
            if (known := dicts.get(id(value))) is None:
                known = dicts[id(value)] = len(shared)
                shared.append(value)
            return known

        albums = [
            (
                *(album.id, album.name, album.words, None if album.order == album.words[1:] else album.order),
                *(album.year, album.duration_s, album.added_at, album.album_artist),
                *(number(of) for of in (album.artists, album.of_all or {}, album.genres, album.whose)),
                album.folders,
                album.file_ids,
                album.advisory,
            )
            for album in self.albums.values()
        ]
        place = {key: number for number, key in enumerate(self.albums)}
        artists = [
            (artist.id, artist.name, artist.words, artist.order, [place[key] for key in artist.album_ids],
             [*artist.roles], artist.file_ids)
            for artist in self.artists.values()
        ]  # fmt: skip
        return {"shared": shared, "albums": albums, "artists": artists, "genres": self.genres}

    @classmethod
    def of_record(cls, record: Mapping[str, Any], articles: Sequence[str] = ()) -> Catalogue:
        shared: list[dict[str, Any]] = record["shared"]
        albums = {
            row[0]: Album(
                id=row[0], name=row[1], words=row[2], order=row[2][1:] if row[3] is None else row[3], year=row[4],
                duration_s=row[5], added_at=row[6], album_artist=row[7], artists=shared[row[8]],
                of_all=shared[row[9]], genres=shared[row[10]], whose=shared[row[11]],
                folders=tuple(row[12]), file_ids=row[13], advisory=row[14],
            )
            for row in record["albums"]
        }  # fmt: skip
        keys = [*albums]
        artists = {
            key: Artist(
                id=key, name=name, words=words, order=order, roles=dict.fromkeys(roles), file_ids=file_ids,
                album_ids=dict.fromkeys(map(keys.__getitem__, places)),
            )
            for key, name, words, order, places, roles, file_ids in record["artists"]
        }  # fmt: skip
        return cls(albums, artists, Counter(record["genres"]), articles)

    @cached_property
    def album_artists(self) -> dict[str, Artist]:
        """The artists of albums; if nothing is known of an album's artist, the main artists of its songs."""
        keys: set[str] = set()
        for album in self.albums.values():
            # `& self.artists`, without keys(), would go through all artists for each album.
            keys.update(album.whose.keys() & self.artists.keys() or album.artists)
        return {key: artist for key, artist in self.artists.items() if key in keys}

    @cached_property
    def albums_of_genre(self) -> Counter[str]:
        return Counter(genre for album in self.albums.values() for genre in album.genres)

    @cached_property
    def newest(self) -> list[Album]:
        """Albums by the time their last song was added, newest first."""
        return sorted(self.albums.values(), key=lambda album: album.added_at, reverse=True)

    @cached_property
    def added_at(self) -> str | None:
        """When the newest song was added; None for an empty library."""
        return max((album.added_at for album in self.albums.values()), default=None)

    @cached_property
    def albums_by_artist(self) -> list[Album]:
        def order(album: Album) -> str:
            artist = self.artists.get(Artist.id_of(album.artist))
            return words_of(album.artist) if artist is None else artist.order

        return sorted(self.albums.values(), key=order)

    @cached_property
    def file_ids(self) -> list[int]:
        """The ids of all songs."""
        return [file_id for album in self.albums.values() for file_id in album.file_ids]

    @cached_property
    def album_names(self) -> Names[Album]:
        return Names(self.albums.values())

    @cached_property
    def artist_names(self) -> Names[Artist]:
        return Names(self.artists.values())

    @cached_property
    def _album_of(self) -> dict[int, Album]:
        return {file_id: album for album in self.albums.values() for file_id in album.file_ids}

    def albums_of(self, file_ids: Iterable[int]) -> list[Album]:
        """The albums of the given files, in the order of their first file."""
        found = (self._album_of[file_id] for file_id in file_ids if file_id in self._album_of)
        return [*{album.id: album for album in found}.values()]

    def whole_id(self, key: str) -> str:
        """The id of the album that has the folder of an album with this id."""
        return self._whole.get(key, key)

    def within(self, folder: str | None) -> Catalogue:
        """The catalogue limited to a folder: its albums, and their artists with only these albums. None returns
        everything.
        """
        if folder is None:
            return self
        if folder not in self._within:
            below = os.path.join(folder, "")
            albums = {
                key: album
                for key, album in self.albums.items()
                if any(f"{at}{os.sep}".startswith(below) for at in album.folders)
            }
            artists = {
                key: replace(artist, album_ids=dict.fromkeys(there))
                for key, artist in self.artists.items()
                if (there := [album for album in artist.album_ids if album in albums])
            }
            self._within[folder] = Catalogue(albums, artists, self.genres, self.articles)
        return self._within[folder]


class _CreditedArtists:
    """The artists that rows credit; equal credits are read once."""

    def __init__(self, whole_names: tuple[str, ...]) -> None:
        self.artists: dict[str, Artist] = {}
        self._whole_names = whole_names
        self._others: dict[str, list[int]] = {}  # songs by composers and producers
        self._read: dict[tuple[object, ...], tuple[list[tuple[dict[str, None], list[int]]], dict[str, str]]] = {}

    def add(
        self, album_id: str, file_id: int, name: str | None, by: tuple[Credit, ...] | None, sort_name: str | None
    ) -> dict[str, str]:
        """Add the credits of a file; returns the main artists, names by id, not to be changed."""
        if (known := self._read.get(key := (name, by or None))) is None:
            known = self._read[key] = self._credited(name, by)
        credited, mains = known
        for album_ids, songs in credited:
            album_ids[album_id] = None
            if not songs or songs[-1] != file_id:
                songs.append(file_id)
        if sort_name:
            orders = Credit.split(sort_name, self._whole_names)[0]
            for main, order in zip(mains, orders, strict=False) if len(orders) == len(mains) else ():
                self.artists[main].order = self.artists[main].order or words_of(order)
        return mains

    def _credited(
        self, all_names: str | None, by: tuple[Credit, ...] | None
    ) -> tuple[list[tuple[dict[str, None], list[int]]], dict[str, str]]:
        """Return the albums and songs of each credited artist, to be completed, and the main artists."""
        credited = by or (credits_of(all_names, whole=self._whole_names) if all_names else ())
        named: list[tuple[str | None, Role]] = [(credit.name, credit.role) for credit in credited]
        if not all_names:
            named.insert(0, (None, "main"))
        mains: dict[str, str] = {}
        lists: list[tuple[dict[str, None], list[int]]] = []
        for name, role in named:
            if (artist := self.artists.get(key := Artist.id_of(name))) is None:
                artist = self.artists[key] = Artist(id=key, name=name or UNKNOWN_ARTIST)
            artist.roles[role] = None
            is_other = role in ("composer", "producer")
            lists.append((artist.album_ids, self._others.setdefault(key, []) if is_other else artist.file_ids))
            if role == "main":
                mains[key] = artist.name
        return lists, mains

    def with_songs(self) -> dict[str, Artist]:
        """The artists; without main or guest songs they have the songs they composed or produced."""
        for key, file_ids in self._others.items():
            self.artists[key].file_ids = self.artists[key].file_ids or file_ids
        return self.artists


def _set_artists(albums: Mapping[str, Album], artists: Mapping[str, Artist], whole_names: tuple[str, ...]) -> None:
    """Set the artists whose albums they are."""
    named: dict[str, dict[str, str]] = {}
    for album in albums.values():
        if (whose := album.album_artist) and whose not in named:
            is_whole = Artist.id_of(whose) in artists  # a credit that is not split: "A; B" may be one name
            names = [whose] if is_whole else Credit.split(whose, whole_names)[0]
            named[whose] = {Artist.id_of(name): name for name in names}
        album.whose = named.get(whose or "") or album.of_all or {}


def _join(albums: dict[str, Album], places: Mapping[int, _Place]) -> dict[str, str]:
    """Join folders with the same name, artists and year, and no common disc and track number; sort files.

    returns: the id of the whole album by that of each part
    """
    whole: dict[str, str] = {}
    named: dict[str, list[Album]] = {}
    for album in albums.values():
        if album.whose and album.name != UNKNOWN_ALBUM:
            named.setdefault(album.name.casefold(), []).append(album)
    alike: dict[tuple[str, frozenset[str]], list[Album]] = {}
    for name, same in named.items():  # frozensets of artists only for the few names that repeat
        for album in same if len(same) > 1 else ():
            alike.setdefault((name, frozenset(album.whose)), []).append(album)
    for several in (folders for folders in alike.values() if 1 < len(folders) <= _MOST_FOLDERS):
        parts: list[tuple[Album, set[_Place]]] = []
        # The largest part gives the whole album its id.
        for album in sorted(several, key=lambda album: (-len(album.file_ids), *album.folders)):
            own = {places[file_id] for file_id in album.file_ids}
            if not all(number for _, number in own):  # without numbers, two editions look like two discs
                continue
            # An unknown year fits any year.
            fitting = (part for part in parts if part[1].isdisjoint(own) and len({part[0].year, album.year, None}) < 3)
            one, there = next(fitting, (album, set()))
            if there:
                one.join(albums.pop(album.id))
                whole[album.id] = one.id
            else:
                parts.append((one, there))
            there |= own
    for album in albums.values():
        if len(album.file_ids) > 1:
            album.file_ids.sort(key=places.__getitem__)
    return whole


class Names(Generic[N]):
    """Searches albums or artists by the words of their names, joined in one text so that only matches cost time."""

    def __init__(self, items: Iterable[N]) -> None:
        self._found: list[N] = list(items)
        lines = [f"{item.words}\n" for item in self._found]
        self._text = "".join(lines)
        self._begins = list(accumulate(map(len, lines), initial=0))

    def having(self, words: str) -> Iterator[N]:
        """Yield entries whose names have a word beginning with each given word, those with the whole words first."""
        if not (whole := [f" {word} " for word in words.split()]):
            yield from self._found
            return
        yield from sorted(self._having(words), key=lambda item: not all(word in f"{item.words} " for word in whole))

    def _having(self, words: str) -> Iterator[N]:
        wanted = [f" {word}" for word in sorted(words.split(), key=len, reverse=True)]
        at = self._text.find(wanted[0])
        while at >= 0:
            number = bisect_right(self._begins, at) - 1
            item = self._found[number]
            if all(word in item.words for word in wanted[1:]):
                yield item
            at = self._text.find(wanted[0], self._begins[number + 1])


def _sorted_by_order(named: Mapping[str, N]) -> dict[str, N]:
    return dict(sorted(named.items(), key=lambda item: (item[1].order, item[0])))


def _album_id(folder: str, album: str | None) -> str:
    return _id("al-", *album_of(folder, album or ""))


def _id(kind: str, *parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "surrogateescape")
    return kind + hashlib.blake2b(data, digest_size=8).hexdigest()
