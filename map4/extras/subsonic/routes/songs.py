"""Songs by genre, name, chance or sound, top songs, and their files, covers and lyrics."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from starlette.responses import Response

from map4.core.base.text import words_of
from map4.core.music.analysis.audio import ConvertedFormat
from map4.core.music.query.parser import Query, Term
from map4.core.music.query.terms import Words
from map4.core.music.track.track import Track
from map4.errors import QueryError
from map4.extras.subsonic.routes.answers import refusal
from map4.extras.subsonic.routes.browse import AlbumForm
from map4.extras.subsonic.routes.elements import album_element, artist_element
from map4.extras.subsonic.routes.question import SubsonicCall
from map4.plays.routes.audio_files import TrackAudio
from map4.search import Artist
from map4.similar.routes import SimilarTracks

T = TypeVar("T")

_FORMS: dict[str, ConvertedFormat] = {"mp3": "mp3", "opus": "opus", "ogg": "opus", "wav": "wav"}
"""Supported formats; others are ignored."""
_MOST_WITHOUT_WORDS = 5  # songs of the same name that are searched for lyrics
_MORE = 3  # times the wanted number of random songs are read, to drop versions
_WIDE = 10  # times that number are drawn, to have enough unheard songs among them


def song(ask: SubsonicCall) -> Mapping[str, Any]:
    return {"song": ask.songs([ask.track()])[0]}


def by_genre(ask: SubsonicCall) -> Mapping[str, Any]:
    page = ask.page("count", 10, "offset")
    return {"songsByGenre": {"song": ask.songs_of(ask.found(_genre_query(ask.text("genre")), page.stop)[page])}}


def at_random(ask: SubsonicCall) -> Mapping[str, Any]:
    genre, first, last = ask.get("genre"), ask.number("fromYear", 0, 9999), ask.number("toYear", 0, 9999)
    terms = [_genre_query(genre)] if genre else []
    if first or last:
        terms.append(f"year:{first or ''}..{last or ''}")
    ids = ask.found(" ".join(terms)) if terms else ask.in_folder.file_ids
    return {"randomSongs": {"song": ask.songs(_at_random(ask, ids, ask.number("size", 10)))}}


def _at_random(ask: SubsonicCall, ids: Sequence[int], count: int) -> list[Track]:
    """Tracks by chance, each song once, one of five not played for a year; what was heard lately comes last."""
    preferences = ask.library.preferences
    queries = (preferences.recent_plays, preferences.LONG_AGO)
    recent, played = (frozenset(ask.found(query) if query else ()) for query in queries)
    chosen: list[Track] = []
    for most in (_MORE * count, len(ids)):
        drawn = random.sample(ids, min(_WIDE * most, len(ids)))
        fresh = [row for row in drawn if row not in recent]
        unheard = [row for row in fresh if row not in played]
        mixed = SimilarTracks.reaching(dict.fromkeys((*fresh[:most], *unheard[:most])), lambda row: row not in played)
        last = [row for row in drawn if row in recent] if len(drawn) == len(ids) else ()
        tracks = ask.library.tracks.by_id([*mixed, *last][:most])
        if len(chosen := [*islice(SimilarTracks.each_song_once(tracks), count)]) == count:
            break
    return chosen


def top_songs(ask: SubsonicCall) -> Mapping[str, Any]:
    """An artist's songs played or rated here, the most played first; map4 has no global charts."""
    artist = ask.catalogue.artists.get(Artist.id_of(ask.text("artist")))
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
            "song": ask.songs_of(ask.best_first(_typed_query(text), ask.page("songCount", 20, "songOffset"))),
        }
    }


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


# ---- files ---------------------------------------------------------------------------------------


def _audio(ask: SubsonicCall, form: ConvertedFormat | None, kbps: int | None = None, from_s: int = 0) -> Response:
    how: dict[str, Any] = {"kbps": kbps, "part_s": (from_s, None)} if form and from_s else {"kbps": kbps}
    refused = partial(refusal, form=ask.get("f") or "xml")
    return TrackAudio.answer(ask.library, ask.settings, ask.text("id"), form, refused=refused, **how)


def download(ask: SubsonicCall) -> Response:
    return _audio(ask, None)


def stream(ask: SubsonicCall) -> Response:
    """A song as it is, or converted from `timeOffset` on, limited to the requested and its own bit rate."""
    wanted, most_kbps = ask.get("format"), ask.number("maxBitRate", 0, 10**6) or math.inf
    track = ask.track()
    if wanted == "raw":
        return _audio(ask, None)
    return _audio(
        ask, *TrackAudio.form_for(track, _FORMS.get(wanted or ""), most_kbps), ask.number("timeOffset", 0, 10**6)
    )


def cover(ask: SubsonicCall) -> Response:
    [path] = ask.paths_of(ask.text("id"), 1)
    return ask.cover(path, ask.number("size", 0, 10**6))


def lyrics_by_id(ask: SubsonicCall) -> Mapping[str, Any]:
    track = ask.track()
    song_lyrics = ask.library.files.lyrics(ask.settings.inside_music(ask.library, track.path))
    if song_lyrics is None:
        return {"lyricsList": {"structuredLyrics": []}}
    text = {
        "displayArtist": track.artist(),
        "displayTitle": track.title(),
        "lang": song_lyrics.language or "und",
        "synced": song_lyrics.is_synced,
        "line": [{"start": line.start_ms, "value": line.text} for line in song_lyrics.lines],
    }
    return {"lyricsList": {"structuredLyrics": [text]}}


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


def _genre_query(genre: str) -> str:
    # a query can't contain a quotation mark within quotes
    return f'genre:="{genre}"' if '"' not in genre else "genre:" + " genre:".join(words_of(genre).split())


def _typed_query(text: str) -> Query:
    """Parse typed text as a query; fall back to plain words."""
    try:
        return Query.parse(text)
    except QueryError:
        words = words_of(text).split()
        return Query(groups=(tuple(Term(condition=Words(field=None, text=word)) for word in words),) if words else ())


def similar_songs(ask: SubsonicCall, name: str = "similarSongs2") -> dict[str, Any]:
    paths = ask.paths_of(ask.text("id"), SimilarTracks.MOST_OF_ARTIST)
    similar = SimilarTracks.nearest_to(ask.library, ask.settings, paths, ask.number("count", 50), fresh=True)
    return {name: {"song": ask.songs(song.track for song in similar)}}


def sonic_tracks(ask: SubsonicCall) -> dict[str, Any]:
    similar = SimilarTracks.nearest_to(
        ask.library, ask.settings, [ask.track().path], ask.number("count", 10), fresh=True
    )
    return _matches(ask, [song.track for song in similar], [song.similarity for song in similar])


def sonic_path(ask: SubsonicCall) -> dict[str, Any]:
    ends = [ask.track("startSongId"), ask.track("endSongId")]
    start, end = (ask.library.track(track.path, sound=True) or track for track in ends)
    ask.library.tracks.sound_steps([start, end])  # raise if the sound is unknown, as a list would be made anyway
    count = max(2, ask.number("count", 25))
    timeout_s = ask.settings.timeout_s
    playlist = ask.library.playlist(start.path, to=end.path, n=count, jobs=1, timeout_s=timeout_s)
    tracks = [pick.track for pick in playlist.picks]
    return _matches(ask, tracks, [1.0, *ask.library.tracks.sound_steps(tracks)])


def _matches(ask: SubsonicCall, tracks: Sequence[Track], likeness: Sequence[float]) -> dict[str, Any]:
    # The protocol's minimum is 0: dissimilar counts as unrelated.
    songs = zip(ask.songs(tracks), likeness, strict=True)
    return {"sonicMatch": [{"entry": song, "similarity": max(0.0, round(alike, 4))} for song, alike in songs]}
