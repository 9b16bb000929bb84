"""Songs by genre, name or chance, top songs, and their files, covers and lyrics."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from starlette.responses import Response

from map4.base.text import words_of
from map4.errors import NothingFoundError, QueryError
from map4.extras.subsonic.routes.browse import AlbumForm
from map4.extras.subsonic.routes.elements import album_element, artist_element
from map4.extras.subsonic.routes.question import SubsonicCall
from map4.music.analysis.audio import USUAL_KBPS, ConvertedFormat, kbps_within
from map4.music.query.parser import Query, Term, parse_query
from map4.music.query.terms import Words
from map4.plays.routes.audio_files import audio_file
from map4.search import artist_id
from map4.server.answers import FileAnswer, etag_of

T = TypeVar("T")

_FORMS: dict[str, ConvertedFormat] = {"mp3": "mp3", "opus": "opus", "ogg": "opus", "wav": "wav"}
"""Supported formats; others are ignored."""
_MOST_PX = 2_000
_MOST_WITHOUT_WORDS = 5
"""Songs of one name that are searched for lyrics."""


def song(ask: SubsonicCall) -> Mapping[str, Any]:
    return {"song": ask.songs([ask.track()])[0]}


def by_genre(ask: SubsonicCall) -> Mapping[str, Any]:
    return {"songsByGenre": {"song": _page(ask, _genre_query(ask.text("genre")), ask.page("count", 10, "offset"))}}


def _genre_query(genre: str) -> str:
    # a query can't contain a quotation mark within quotes
    return f'genre:="{genre}"' if '"' not in genre else "genre:" + " genre:".join(words_of(genre).split())


def _page(ask: SubsonicCall, query: str | Query, page: slice) -> list[dict[str, Any]]:
    return ask.songs_of(ask.found(query, page.stop)[page])


def at_random(ask: SubsonicCall) -> Mapping[str, Any]:
    genre, first, last = ask.get("genre"), ask.number("fromYear", 0, 9999), ask.number("toYear", 0, 9999)
    terms = [_genre_query(genre)] if genre else []
    if first or last:
        terms.append(f"year:{first or ''}..{last or ''}")
    ids = ask.found(" ".join(terms)) if terms else ask.in_folder.file_ids
    return {"randomSongs": {"song": ask.songs_of(random.sample(ids, min(ask.number("size", 10), len(ids))))}}


def top_songs(ask: SubsonicCall) -> Mapping[str, Any]:
    """An artist's songs played or rated here, the most played first; map4 has no global charts."""
    artist = ask.catalogue.artists.get(artist_id(ask.text("artist")))
    own = frozenset(artist.file_ids if artist is not None else ())
    known = [row for row in ask.found("plays:1.. OR rating:1.. sort:plays- sort:rating-") if row in own]
    return {"topSongs": {"song": ask.songs_of(known[: ask.number("count", 50)])}}


def search(ask: SubsonicCall, name: str = "searchResult3", form: AlbumForm = album_element) -> Mapping[str, Any]:
    # Some players send two quotation marks for "all", and * after typed text.
    text = " ".join(word.rstrip("*") for word in (ask.get("query") or "").strip('"').split()).strip()
    words, known, starred = words_of(text), ask.in_folder, ask.starred_others()
    is_none = bool(text) and not words

    def page(items: Iterator[T], count: str, offset: str) -> Iterable[T]:
        rows = ask.page(count, 20, offset)
        return () if is_none else islice(items, rows.start, rows.stop)

    artists = page(known.artist_names.having(words), "artistCount", "artistOffset")
    albums = page(known.album_names.having(words), "albumCount", "albumOffset")
    return {
        name: {
            "artist": [artist_element(artist, starred) for artist in artists],
            "album": [form(album, starred) for album in albums],
            "song": _best_first(ask, _query_of(text), ask.page("songCount", 20, "songOffset")),
        }
    }


def _best_first(ask: SubsonicCall, query: Query, page: slice) -> list[dict[str, Any]]:
    """Songs, those with the typed words as whole words before those with words that begin so."""
    groups = tuple(tuple(map(_whole_words, group)) for group in query.groups)
    if query.sort or groups == query.groups:
        return _page(ask, query, page)
    exact = ask.found(replace(query, groups=groups))
    if len(exact) >= page.stop:
        return ask.songs_of(exact[page])
    known = frozenset(exact)
    others = [row for row in ask.found(query, page.stop + len(exact)) if row not in known]
    return ask.songs_of([*exact, *others][page])


def _whole_words(term: Term) -> Term:
    words = term.condition
    if term.negated or not isinstance(words, Words) or words.how != "start":
        return term
    return replace(term, condition=replace(words, how="phrase"))


def search_songs(ask: SubsonicCall) -> Mapping[str, Any]:
    """The oldest search, by fields; missing fields are ignored."""
    given = {name: ask.get(name) for name in ("artist", "album", "title", "any")}
    terms = [
        Term(condition=Words(field=None if name == "any" else name, text=word))
        for name, text in given.items()
        for word in words_of(text or "").split()
    ]
    page = ask.page("count", 20, "offset")
    ids = ask.found(Query(groups=(tuple(terms),) if terms else ()))
    songs = ask.songs_of(ids[page])
    return {"searchResult": {"offset": page.start, "totalHits": len(ids), "match": songs}}


def _query_of(text: str) -> Query:
    """Parse typed text as a query; fall back to plain words."""
    try:
        return parse_query(text)
    except QueryError:
        words = words_of(text).split()
        return Query(groups=(tuple(Term(condition=Words(field=None, text=word)) for word in words),) if words else ())


# ---- files ---------------------------------------------------------------------------------------


def _audio(ask: SubsonicCall, form: ConvertedFormat | None, kbps: int | None = None) -> Response:
    path, media_type = audio_file(ask.library, ask.settings, ask.text("id"), form, kbps=kbps)
    return FileAnswer(path, media_type=media_type)


def download(ask: SubsonicCall) -> Response:
    return _audio(ask, None)


def stream(ask: SubsonicCall) -> Response:
    """A song as it is or converted, limited to the requested and its own bit rate."""
    wanted, most_kbps = ask.get("format"), ask.number("maxBitRate", 0, 10**6) or math.inf
    track = ask.track()
    own_kbps = (track.bit_rate_bps() or math.inf) / 1000
    codec = track.format.codec if track.format is not None else None
    form = _FORMS.get(wanted or "")
    is_form = form is None or codec == {"wav": "pcm"}.get(form, form)
    if wanted == "raw" or (is_form and own_kbps < most_kbps + 0.5):
        return _audio(ask, None)
    if form is None or (form == "wav" and most_kbps < math.inf):
        form = "opus"
    wanted_kbps = most_kbps if most_kbps < math.inf else USUAL_KBPS.get(form, math.inf)
    return _audio(ask, form, kbps_within(form, min(wanted_kbps, own_kbps)))


def cover(ask: SubsonicCall) -> Response:
    [path] = ask.paths_of(ask.text("id"), 1)
    side_px = min(ask.number("size", 0, 10**6), _MOST_PX) or None
    path = ask.settings.inside_music(ask.library, path)
    small = ask.library.files.cover(path, side_px=side_px)
    picture = small or ask.library.files.cover(path)  # the whole picture if it can't be resized
    if picture is None:
        raise NothingFoundError("it has no picture")
    return Response(picture.data, media_type=picture.media_type, headers={"ETag": etag_of(picture.data)})


def lyrics_by_id(ask: SubsonicCall) -> Mapping[str, Any]:
    track = ask.track()
    song_lyrics = ask.library.files.lyrics(ask.settings.inside_music(ask.library, track.path))
    texts = (
        []
        if song_lyrics is None
        else [
            {
                "displayArtist": track.artist(),
                "displayTitle": track.title(),
                "lang": song_lyrics.language or "und",
                "synced": song_lyrics.is_synced,
                "line": [{"start": line.start_ms, "value": line.text} for line in song_lyrics.lines],
            }
        ]
    )
    return {"lyricsList": {"structuredLyrics": texts}}


def lyrics(ask: SubsonicCall) -> Mapping[str, Any]:
    """Plain lyrics of the first matching song that has lyrics."""
    terms = [
        Term(condition=Words(field=field, text=text, how="whole"))
        for field in ("artist", "title")
        if (text := ask.get(field))
    ]
    if not terms:
        return {"lyrics": {"value": ""}}
    for track in ask.library.tracks.by_id(ask.found(Query(groups=(tuple(terms),)), _MOST_WITHOUT_WORDS)):
        song_lyrics = ask.library.files.lyrics(ask.settings.inside_music(ask.library, track.path))
        if song_lyrics is not None:
            text = "\n".join(line.text for line in song_lyrics.lines)
            return {"lyrics": {"artist": track.artist(), "title": track.title(), "value": text}}
    return {"lyrics": {"value": ""}}
