"""Items by their parents, types, filters and order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from map4.base.text import whole_number, words_of
from map4.extras.jellyfin.ids import LISTS, MUSIC, genre_id, genres_by_id
from map4.extras.jellyfin.routes.items import Entry, Genre, Item, items_of, own_albums, songs_of, view_item
from map4.extras.jellyfin.routes.question import MOST, JellyfinCall
from map4.extras.shared.routes.player_call import genre_query, typed_query
from map4.search import Album, Artist, Catalogue, disc_of

T = TypeVar("T")

SONG, ALBUM, ARTIST, GENRE, LIST = "audio", "musicalbum", "musicartist", "musicgenre", "playlist"
_TYPES = (SONG, ALBUM, ARTIST, "albumartist", GENRE, "genre", LIST)
"""Supported types; other types have no items."""
_BY_PLACE = "disc,track,path"
_FEW = 2_000
"""Songs that are sorted by their values, without the order of the whole library."""
_SONG_SORTS = {
    "album": f"album,{_BY_PLACE}", "albumartist": f"album-artist,artist,album,{_BY_PLACE}",
    "artist": f"artist,album,{_BY_PLACE}", "datecreated": "added", "datelastcontentadded": "added",
    "dateplayed": "played", "playcount": "plays", "productionyear": f"year,album,{_BY_PLACE}",
    "premieredate": f"year,album,{_BY_PLACE}", "runtime": "duration", "communityrating": "rating",
    "parentindexnumber": _BY_PLACE, "indexnumber": _BY_PLACE,
}  # fmt: skip
"""The query's order for the first name of `SortBy`; others keep titles in order."""
_ALBUM_SORTS: dict[str, Callable[[Album], Any]] = {
    "productionyear": lambda album: album.year or 0,
    "premieredate": lambda album: album.year or 0,
    "runtime": lambda album: album.duration_s,
}
_ALBUMS_BY_SONGS = {"playcount": "plays:1.. sort:plays", "dateplayed": "has:played sort:played",
                    "communityrating": "rating:1.. sort:rating"}  # fmt: skip
"""Orders of albums by that of their songs."""


def answer(ask: JellyfinCall, entries: Sequence[Entry]) -> Item:
    """A page of entries."""
    page = ask.page()
    return paged(items_of(ask, entries[page]), len(entries), page.start)


def paged(items: Sequence[Item], count: int, start: int = 0) -> Item:
    return {"Items": items, "TotalRecordCount": count, "StartIndex": start}


def views(ask: JellyfinCall) -> Item:
    items = [view_item(ask, key) for key in (MUSIC, LISTS)]
    return paged(items, len(items))


def items(ask: JellyfinCall) -> Item:
    """Items of the requested types; without types, those that belong to the parent or the ids."""
    ids, parents, types = ask.texts("ids"), ask.texts("parentid"), ask.words("includeitemtypes")
    parent = ask.own(parents[0]) if parents else ""
    if ids:
        return answer(ask, _named(ask, ask.owned("ids")))
    if not parent and not types and not _ITEM_FILTERS & {*ask.parameters}:
        return views(ask)
    if parent.startswith("l-"):
        return list_items(ask, parent)
    kinds = types or [_usual(ask, parent)]
    return answer(ask, _all_entries(ask, kinds, parent))


_ITEM_FILTERS = frozenset((
    "albumids", "albumartistids", "artistids", "contributingartistids", "filters", "genreids", "genres", "isfavorite",
    "isplayed", "mediatypes", "recursive", "searchterm", "years",
))  # fmt: skip


def _usual(ask: JellyfinCall, parent: str) -> str:
    """The type of items without `IncludeItemTypes`."""
    if parent == LISTS:
        return LIST
    if parent.startswith("ar-") or parent == MUSIC:
        return SONG if ask.switch("recursive") else ALBUM
    return SONG


def _named(ask: JellyfinCall, keys: Sequence[str]) -> list[Entry]:
    """The entries with map4's ids that still exist."""
    known, others = ask.catalogue, dict[str, Entry]()
    if any(key.startswith("ge-") for key in keys):
        others |= {genre_id(genre.name): genre for genre in _genres(known)}
    if any(key.startswith("l-") for key in keys):
        others |= {stored.id: stored for stored in ask.library.lists.stored()}
    rows = dict(zip(keys, ask.library.tracks.rows_of(keys), strict=True))
    found = (known.albums.get(key) or known.artists.get(key) or others.get(key) or rows.get(key) for key in keys)
    return [entry for entry in found if entry is not None]


def item(ask: JellyfinCall) -> Item:
    """A single item, with all fields."""
    key = ask.own(ask.path["id"])
    if key in (MUSIC, LISTS):
        return view_item(ask, key)
    if not key.startswith(("al-", "ar-", "ge-", "l-")):
        with_sources = {**ask.parameters, "fields": ["MediaSources"]}
        return songs_of(replace(ask, parameters=with_sources), [ask.track_of(key)])[0]
    found = items_of(ask, _named(ask, [key]))
    return found[0] if found else ask.missing(ask.path["id"])


def latest(ask: JellyfinCall) -> list[Item]:
    """The newest albums, or songs if only these are requested."""
    count = min(ask.number("limit", 20), MOST)
    if ask.words("includeitemtypes") == [SONG]:
        return items_of(ask, ask.found("sort:added-", count)[:count])
    return items_of(ask, ask.catalogue.newest[:count])


def artists(ask: JellyfinCall, *, of_albums: bool = False) -> Item:
    return answer(ask, _artists(ask, "", of_albums=of_albums))


def genres(ask: JellyfinCall) -> Item:
    return answer(ask, _entries(ask, GENRE, ""))


def hints(ask: JellyfinCall) -> Item:
    """The items of a search, in a short form."""
    entries = _all_entries(ask, ask.words("includeitemtypes") or (ARTIST, ALBUM, SONG, LIST), "")
    hits = [
        {**{name: found.get(name) for name in _HINT}, "ItemId": found["Id"],
         "MatchedTerm": ask.get("searchterm"), "PrimaryImageTag": found["ImageTags"].get("Primary")}
        for found in items_of(ask, entries[ask.page()])
    ]  # fmt: skip
    return {"SearchHints": hits, "TotalRecordCount": len(entries)}


_HINT = ("Id", "Name", "Type", "MediaType", "Album", "AlbumId", "AlbumArtist", "Artists", "RunTimeTicks",
         "ProductionYear", "IndexNumber", "ParentIndexNumber", "IsFolder")  # fmt: skip


def list_songs(ask: JellyfinCall) -> Item:
    return list_items(ask, ask.own(ask.path["id"]))


def list_items(ask: JellyfinCall, key: str) -> Item:
    """The songs of a list, in its order."""
    page, placed = ask.page(), ask.placed(key)
    songs = songs_of(ask, [track for _, track, _ in placed[page]])
    items = [{**song, "PlaylistItemId": entry} for song, (entry, *_) in zip(songs, placed[page], strict=True)]
    return paged(items, len(placed), page.start)


# ---- entries of a type -----------------------------------------------------------------------------


def _all_entries(ask: JellyfinCall, kinds: Iterable[str], parent: str) -> Sequence[Entry]:
    of_kinds = [_entries(ask, kind, parent) for kind in kinds if kind in _TYPES]
    return of_kinds[0] if len(of_kinds) == 1 else [entry for entries in of_kinds for entry in entries]


def _entries(ask: JellyfinCall, kind: str, parent: str) -> Sequence[Entry]:
    if kind == SONG:
        return _songs(ask, parent)
    if kind == ALBUM:
        return _albums(ask, parent)
    if kind == LIST:
        return [] if _is_favourite(ask) else _in_order(ask, _having(ask, ask.library.lists.stored()), _LIST_SORTS)
    if kind in (GENRE, "genre"):
        wanted = [] if _is_favourite(ask) else sorted(_genres(ask.catalogue), key=lambda genre: genre.name.casefold())
        return _in_order(ask, _having(ask, wanted), {})
    return _artists(ask, parent, of_albums=kind == "albumartist")


_LIST_SORTS: dict[str, Callable[[Any], Any]] = {
    "datecreated": lambda stored: stored.created_at,
    "runtime": lambda stored: stored.duration_s,
    "childcount": lambda stored: stored.present,
}


def _genres(known: Catalogue) -> list[Genre]:
    return [Genre(name=name, songs=songs, albums=known.albums_of_genre[name]) for name, songs in known.genres.items()]


def _is_favourite(ask: JellyfinCall) -> bool:
    return bool(ask.switch("isfavorite")) or bool({"isfavorite", "isfavoriteorlikes"} & {*ask.words("filters")})


def _having(ask: JellyfinCall, entries: Iterable[Any]) -> list[Any]:
    """The genres or lists with names that begin words with the search term's."""
    wanted = words_of(ask.get("searchterm") or "").split()
    return [
        entry for entry in entries if all(f" {word}" in f" {words_of(entry.name)}" for word in wanted)
    ]  # fmt: skip


def _in_order(ask: JellyfinCall, entries: list[Any], sorts: dict[str, Callable[[Any], Any]]) -> list[Any]:
    """Entries, which are in order by name, in the requested order."""
    by = (ask.words("sortby") or [""])[0]
    if by == "random":
        return _shuffled(ask, entries)
    if by in sorts:
        entries = sorted(entries, key=sorts[by])
    return entries[::-1] if ask.words("sortorder")[:1] == ["descending"] else entries


def _shuffled(ask: JellyfinCall, entries: list[T]) -> list[T]:
    """Entries in random order up to the end of the page; only their number counts beyond it."""
    end = min(ask.page().stop, len(entries))
    return [*random.sample(entries, end), *entries[end:]]


def _years(ask: JellyfinCall) -> list[int]:
    return sorted({year for text in ask.texts("years") if (year := whole_number(text, most_digits=4)) is not None})


def _genre_names(ask: JellyfinCall, parent: str) -> list[str] | None:
    """The requested genres that the library has; None without any."""
    keys, names = ask.owned("genreids") + [parent] * parent.startswith("ge-"), ask.texts("genres")
    if not keys and not names and not ask.get("genreids"):
        return None
    wanted, folded = {*keys}, {name.casefold() for name in names}
    known = genres_by_id(ask.catalogue.genres)
    return [name for key, name in known.items() if key in wanted or name.casefold() in folded]


def _artists(ask: JellyfinCall, parent: str, *, of_albums: bool) -> list[Artist]:
    known = ask.catalogue
    found: Iterable[Artist] = _named_so(ask, known.artist_names)
    if not ask.get("searchterm"):
        found = (artist for artist in found if artist.id in known.main_artists)
    if of_albums:
        own = own_albums(known)
        found = (artist for artist in found if artist.id in own)
    if _is_favourite(ask):
        starred = ask.starred_others()
        found = (artist for artist in found if artist.id in starred)
    if (genres := _genre_names(ask, parent)) is not None:
        there = {
            key
            for album in known.albums.values()
            if not album.genres.keys().isdisjoint(genres)
            for key in album.artists
        }
        found = (artist for artist in found if artist.id in there)
    added: dict[str, Callable[[Artist], Any]] = {
        "datecreated": lambda artist: max(known.albums[key].added_at for key in artist.album_ids)
    }
    return _in_order(ask, [*found], added)


def _named_so(ask: JellyfinCall, names: Any) -> Iterable[Any]:
    text = ask.get("searchterm") or ""
    words = words_of(text)
    return () if text and not words else names.having(words)


def _albums(ask: JellyfinCall, parent: str) -> list[Album]:
    known, by = ask.catalogue, (ask.words("sortby") or [""])[0]
    if ask.get("searchterm"):
        found: Iterable[Album] = _named_so(ask, known.album_names)
    elif by in ("datecreated", "datelastcontentadded"):
        found = reversed(known.newest)
    else:
        found = known.albums_by_artist if by in ("albumartist", "artist") else known.albums.values()
    for name, whose in (("albumartistids", True), ("artistids", None), ("contributingartistids", False)):
        if ask.texts(name):
            wanted = _albums_of(ask, ask.owned(name), whose)
            found = [album for album in found if album.id in wanted]
    if parent.startswith("ar-"):
        wanted = _albums_of(ask, [parent], None)
        found = [album for album in found if album.id in wanted]
    if (genres := _genre_names(ask, parent)) is not None:
        found = [album for album in found if not album.genres.keys().isdisjoint(genres)]
    if years := frozenset(_years(ask)):
        found = [album for album in found if album.year in years]
    if _is_favourite(ask):
        starred = ask.starred_others()
        found = [album for album in found if album.id in starred]
    if by in _ALBUMS_BY_SONGS:
        listed = {album.id: place for place, album in enumerate(known.albums_of(ask.found(f"{_ALBUMS_BY_SONGS[by]}-")))}
        return _in_order(ask, [*found], {by: lambda album: -listed.get(album.id, len(listed))})
    return _in_order(ask, [*found], _ALBUM_SORTS)


def _albums_of(ask: JellyfinCall, artists: Iterable[str], whose: bool | None) -> set[str]:
    """The albums of artists: their own (True), others with their songs (False), or both (None)."""
    known, own = ask.catalogue, own_albums(ask.catalogue)
    return {
        album
        for key in artists
        if key in known.artists
        for album in known.artists[key].album_ids
        if whose is None or (album in own.get(key, ())) == whose
    }


def _songs(ask: JellyfinCall, parent: str) -> Sequence[int]:
    """The files of songs; a search has its best matches first."""
    inside, by = _inside(ask, parent), (ask.words("sortby") or ["album"])[0]
    if text := ask.get("searchterm"):
        rows = ask.best_first(typed_query(text), slice(0, None))
    elif by == "random":
        return _shuffled(ask, [*(ask.catalogue.file_ids if inside is None else inside)])
    else:
        is_down = ask.words("sortorder")[:1] == ["descending"]
        first, *others = _SONG_SORTS.get(by, "title").split(",")
        if inside is not None and len(inside) <= _FEW:
            return _sorted(ask, [*inside], first, others, is_down)
        rows = ask.found("sort:" + ",".join((first + "-" * is_down, *others)))
    return rows if inside is None else [row for row in rows if row in inside]


def _sorted(ask: JellyfinCall, rows: Sequence[int], first: str, others: Sequence[str], is_down: bool) -> list[int]:
    """A few files in order, without the order of the whole library; unknown values are last in both directions."""
    others = [*others, "path"]
    rows, columns = ask.library.tracks.table_rows(rows, (first, *others))

    def values(place: int, names: Iterable[str]) -> list[Any]:
        found = (columns[name][place] for name in names)
        return [(value is None, words_of(value) if isinstance(value, str) else value or 0) for value in found]

    if "disc" in columns:
        discs = zip(columns["path"], columns["disc"], strict=True)
        columns["disc"] = [disc or disc_of(str(path), None) or 1 for path, disc in discs]
    places = sorted(range(len(rows)), key=lambda place: values(place, others))
    places.sort(key=lambda place: values(place, [first]), reverse=is_down)
    places.sort(key=lambda place: columns[first][place] is None)
    return [rows[place] for place in places]


def _inside(ask: JellyfinCall, parent: str) -> set[int] | None:
    """The files within all filters; None without filters."""
    known, sets = ask.catalogue, list[Iterable[int]]()
    if parent.startswith(("a1-", "a2-", "f-")):
        return set()  # a song contains nothing
    if parent.startswith(("al-", "ar-")):
        sets.append((ask.album(parent) if parent.startswith("al-") else ask.artist(parent)).file_ids)
    if ask.texts("albumids"):
        sets.append(row for key in ask.owned("albumids") if key in known.albums for row in known.albums[key].file_ids)
    if ask.texts("artistids", "contributingartistids"):
        of_artists = ask.owned("artistids", "contributingartistids")
        sets.append(row for key in of_artists if key in known.artists for row in known.artists[key].file_ids)
    if ask.texts("albumartistids"):
        albums = _albums_of(ask, ask.owned("albumartistids"), True)
        sets.append(row for key in albums for row in known.albums[key].file_ids)
    if (genres := _genre_names(ask, parent)) is not None:
        sets.append(row for name in genres for row in ask.found(genre_query(name)))
    if years := _years(ask):
        is_range = years == [*range(years[0], years[-1] + 1)]
        terms = [f"year:{years[0]}..{years[-1]}"] if is_range else [f"year:{year}" for year in years]
        sets.append(ask.found(" OR ".join(terms)))
    if _is_favourite(ask):
        sets.append(row for row in ask.library.tracks.rows_of([*ask.starred()]) if row is not None)
    played, filters = ask.switch("isplayed"), ask.words("filters")
    if played is not None or {"isplayed", "isunplayed"} & {*filters}:
        is_played = played if played is not None else "isplayed" in filters
        sets.append(ask.found("plays:1.." if is_played else "^plays:1.."))
    return set.intersection(*map(set, sets)) if sets else None
