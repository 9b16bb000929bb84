"""Tracks for lists, without audio."""

import io
import os

from hypothesis import strategies as st

from map4.core.base.path_maps import PathMaps
from map4.core.music.analysis.analysis import Analysis, Tempo
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.formats.format import WriteNotes
from map4.formats.registry import ListFormats


def track(path: str, artist: str | None = "Ann", title: str | None = "Song", duration_s: float | None = 245.3) -> Track:
    analysis = None if duration_s is None else Analysis(duration_s=duration_s, tempo=Tempo(bpm=128.0, confidence=0.9))
    return Track(
        path=path,
        state="ok",
        audio_id="a1-" + "0" * 32,
        size_bytes=1000,
        tags=Tags(artist=artist, title=title),
        analysis=analysis,
    )


def written(kind: str, content: Tracklist, path_maps: PathMaps | None = None) -> tuple[bytes, WriteNotes]:
    out = io.BytesIO()
    notes = ListFormats.all()[kind].write_list(content, out, path_maps or PathMaps())
    return out.getvalue(), notes


def list_of(*tracks: Track, name: str | None = None) -> Tracklist:
    return Tracklist(tracks=tracks, name=name)


# What breaks lists: comments, URLs, options, drives, controls, halves of characters, bytes that are no UTF-8.
AWKWARD = st.sampled_from(
    ["#", " ", "\n", "\r", "\t", "%20", "%", "?", "&", "=", "é", "Ã©", "e\u0301", "日", "\x85", "\u2028", "\x1b", "<",
     "\u202e", ">", '"', "'", ",", ";", "[", "]", ":", "http:", "file:", "C:", "\\", "..", "~", "-", "+", "\udce9"]
)  # fmt: skip
_LETTERS = AWKWARD | st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",))
_NAMES = st.lists(_LETTERS, min_size=1, max_size=8).map("".join).filter(lambda name: _is_name(name))
PATHS = st.lists(_NAMES, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
TITLES = st.one_of(st.none(), st.lists(AWKWARD | st.characters(), max_size=8).map("".join))


def _is_name(name: str) -> bool:
    if name in (".", ".."):
        return False
    try:
        return bool(os.fsencode(name)) and os.fsdecode(os.fsencode(name)) == name
    except UnicodeEncodeError:
        return False
