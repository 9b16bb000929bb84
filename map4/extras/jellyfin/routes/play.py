"""Audio, pictures, lyrics, and songs that sound alike."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from map4.errors import NothingFoundError
from map4.extras.jellyfin.ids import genres_by_id
from map4.extras.jellyfin.routes.browse import paged
from map4.extras.jellyfin.routes.items import Item, items_of, media_source, songs_of
from map4.extras.jellyfin.routes.question import TICKS_S, JellyfinCall
from map4.extras.shared.routes.player_call import genre_query
from map4.music.analysis.audio import ConvertedFormat
from map4.music.track.track import Track
from map4.plays.routes.audio_files import audio_answer, form_for
from map4.similar.routes import MOST_OF_ARTIST, artists_like, nearest_to

_FORMS: dict[str, ConvertedFormat] = {"mp3": "mp3", "opus": "opus", "ogg": "opus", "vorbis": "opus", "webm": "opus",
                                      "wav": "wav"}  # fmt: skip
"""The format sent for a requested codec or container; MP3 for others, which every player can play."""
_NAMES = {"m4a": ("m4a", "mp4", "aac", "alac"), "ogg": ("ogg", "oga", "vorbis"), "opus": ("opus", "ogg"),
          "aif": ("aiff", "aif"), "aiff": ("aiff", "aif")}  # fmt: skip
"""What players call the containers of files, by suffix."""
_USUAL_MIX = 50


def _track(ask: JellyfinCall) -> Track:
    return ask.track_of(ask.own(ask.path["id"]))


def _sent(ask: JellyfinCall, track: Track, form: ConvertedFormat | None, kbps: int | None = None) -> Response:
    return audio_answer(ask.library, ask.settings, ask.library.tracks.address_of(track), form, kbps=kbps)


def file(ask: JellyfinCall) -> Response:
    """The file of a song as it is."""
    return _sent(ask, _track(ask), None)


def _most_kbps(ask: JellyfinCall, *names: str) -> float:
    given = [ask.number(name, 0) for name in names]
    return min((bits / 1000 for bits in given if bits), default=math.inf)


def universal(ask: JellyfinCall) -> Response:
    """A song as it is, if the player knows its container and it fits the bit rate, or converted."""
    track = _track(ask)
    containers, suffix = frozenset(ask.words("container")), track.path.rpartition(".")[2].lower()
    known = not containers or not containers.isdisjoint({suffix, *_NAMES.get(suffix, ())})
    wanted = ask.words("audiocodec") or ask.words("transcodingcontainer")
    most_kbps = _most_kbps(ask, "maxstreamingbitrate", "audiobitrate")
    if known and form_for(track, None, most_kbps)[0] is None and (containers or not wanted):
        return _sent(ask, track, None)
    return _sent(ask, track, *form_for(track, _form(wanted), most_kbps))


def stream(ask: JellyfinCall) -> Response:
    """A song as it is (`static`), or converted for the codec, container or bit rate."""
    track, most_kbps = _track(ask), _most_kbps(ask, "audiobitrate", "maxstreamingbitrate")
    wanted = [*ask.words("audiocodec"), *filter(None, [ask.path.get("container", "").lower()]), *ask.words("container")]
    if ask.switch("static") or (not wanted and most_kbps == math.inf):
        return _sent(ask, track, None)
    return _sent(ask, track, *form_for(track, _form(wanted) if wanted else None, most_kbps))


def _form(wanted: Sequence[str]) -> ConvertedFormat:
    return next((_FORMS[name] for name in wanted if name in _FORMS), "mp3")


def segments(ask: JellyfinCall) -> Response:
    """The list of a stream's segments, for players that convert by HLS: one segment, the whole song."""
    track = _track(ask)
    lasts_s = track.analysis.duration_s if track.analysis else 0.0
    bits = ask.get("audiobitrate") or ask.get("maxstreamingbitrate")
    query = urlencode({"ApiKey": ask.token, **({"audioBitRate": bits} if bits else {})})
    head = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:{math.ceil(lasts_s)}\n"
    segment = f"#EXTINF:{lasts_s:.3f},\nstream.mp3?{query}\n#EXT-X-ENDLIST\n"
    return Response(head + segment, media_type="application/vnd.apple.mpegurl")


def playback_info(ask: JellyfinCall) -> dict[str, Any]:
    """How to play a song: its file, or converted if it exceeds the player's bit rate."""
    track = _track(ask)
    lyrics = ask.library.files.lyrics(ask.settings.inside_music(ask.library, track.path))
    source = media_source(ask, track, ask.library.tracks.address_of(track), has_lyrics=lyrics is not None)
    bits = ask.body.get("maxstreamingbitrate") or ask.number("maxstreamingbitrate", 0)
    if isinstance(bits, int) and bits and form_for(track, None, bits / 1000)[0] is not None:
        query = urlencode({"audioBitRate": bits, "ApiKey": ask.token})
        url = f"/Audio/{source['Id']}/stream.mp3?{query}"
        source |= {"SupportsDirectPlay": False, "SupportsDirectStream": False, "TranscodingUrl": url,
                   "TranscodingSubProtocol": "http", "TranscodingContainer": "mp3"}  # fmt: skip
    return {"MediaSources": [source], "PlaySessionId": source["Id"]}


def lyrics(ask: JellyfinCall) -> dict[str, Any]:
    track = _track(ask)
    known = ask.library.files.lyrics(ask.settings.inside_music(ask.library, track.path))
    if known is None:
        raise NothingFoundError("it has no lyrics")
    lines = [
        {"Text": line.text, "Start": None if line.start_ms is None else line.start_ms * TICKS_S // 1000}
        for line in known.lines
    ]
    about = {"Artist": track.artist(), "Album": track.album(), "Title": track.title(), "IsSynced": known.is_synced}
    return {"Metadata": about, "Lyrics": lines}


def picture(ask: JellyfinCall) -> Response:
    """The cover of a song, album or artist."""
    [path] = ask.paths_of(ask.own(ask.path["id"]), 1)
    sides = [ask.number(name, 0) for name in ("maxwidth", "maxheight", "width", "height", "fillwidth", "fillheight")]
    return ask.cover(path, max(sides))


# ---- similar -------------------------------------------------------------------------------------


def mix(ask: JellyfinCall) -> Item:
    """A mix for an item: a song itself, and those that sound alike."""
    key, count = ask.own(ask.path.get("id") or ask.get("id") or ""), min(ask.number("limit", _USUAL_MIX), 500)
    first = [] if key.startswith(("al-", "ar-", "l-", "ge-")) else [ask.track_of(key)]
    songs = songs_of(ask, [*first, *_nearest(ask, key, count - len(first))])
    return paged(songs, len(songs))


def _nearest(ask: JellyfinCall, key: str, count: int) -> list[Track]:
    if key.startswith("l-"):
        paths = [track.path for _, track, _ in ask.placed(key)[:MOST_OF_ARTIST]]
    elif key.startswith("ge-"):
        name = genres_by_id(ask.catalogue.genres).get(key)
        rows = ask.found(genre_query(name)) if name is not None else ()
        paths = [track.path for track in ask.library.tracks.by_id(random.sample(rows, min(MOST_OF_ARTIST, len(rows))))]
    else:
        paths = ask.paths_of(key, MOST_OF_ARTIST)
    if not paths:
        raise NothingFoundError("it has no songs to begin with")
    return [song.track for song in nearest_to(ask.library, ask.settings, paths, max(1, count))]


def similar(ask: JellyfinCall) -> Item:
    """Items of the same type that sound alike."""
    key, count = ask.own(ask.path["id"]), min(ask.number("limit", 20), 500)
    if key.startswith("ar-"):
        found = artists_like(ask.library, ask.settings, ask.catalogue, ask.artist(key), count)
        items = items_of(ask, [artist for artist, _ in found])
    elif key.startswith("al-"):
        rows = ask.library.tracks.rows(_nearest(ask, key, 10 * count))
        albums = ask.catalogue.albums_of(row for row in rows if row is not None)
        items = items_of(ask, [album for album in albums if album.id != key][:count])
    else:
        items = songs_of(ask, _nearest(ask, key, count))
    return paged(items, len(items))
