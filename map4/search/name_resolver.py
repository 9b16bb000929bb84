"""Resolve track names: the path of a file, an audio id, or words of artist and title."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from map4.core.base.path_maps import Location
from map4.core.base.paths import PathLike, absolute_path, as_paths, caption, display_path, known_name, whole_path
from map4.core.base.text import has_words, words_of
from map4.core.music.addresses import is_file_id
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.query.context import nothing_found
from map4.core.music.query.parser import MAX_TERMS, Query, Term
from map4.core.music.query.terms import Words
from map4.core.music.recording import Recordings, recording_facts
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import AmbiguousNameError, NothingFoundError, UsageError

NamedBy = Literal["path", "audio_id", "words"]

PLAYLIST_EXTENSIONS = frozenset({"m3u", "m3u8", "pls", "xspf", "jspf", "json", "jsonl", "ndjson", "csv"})
"""Suffixes of playlists. Text files of paths and tab-separated tables are accepted only by commands that take nothing
else, because their suffixes are ambiguous.
"""
_SUFFIXES = frozenset(AudioFormat.EXTENSIONS) | PLAYLIST_EXTENSIONS
# Five digits distinguish a million recordings; a name with this prefix is not read as words.
_AUDIO_ID = re.compile(r"a[12]-[0-9a-f]{5,32}")
_WHOLE_AUDIO_ID = len("a1-") + 32
# With more matches, copies are not merged: the name is too vague anyway.
_MOST_LOADED = 500
# The minimum similarity of a suggestion (RapidFuzz, 0-100), the weight of a partial match, the number of suggestions.
_LEAST_ALIKE, _PART, _MOST_NEAR = 75.0, 0.9, 3

_Row = tuple[int, str | None, str]
"""File id, artist, and title or file name of a track."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackReference:
    """The track or path that a name refers to.

    given: the name
    by: the kind of name; "path" is everything but an audio id or words, even if no such file exists
    path: absolute; as the library names the file, also if given by a link to it or to its folder
    track: the library's track, if named by audio id or words
    """

    given: PathLike
    by: NamedBy
    path: str
    track: Track | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameResolver:
    """Resolves names to tracks of a library."""

    store: Store

    def resolve(self, names: PathLike | Iterable[PathLike], *, whole_paths: bool = False) -> list[TrackReference]:
        """Resolve each name to a track or path.

        A path that exists or is in the library always wins. A name that begins like a path, is in an existing folder
        or has the suffix of audio or a playlist is also a path, as are bytes and `Path` objects. An audio id, or at
        least 8 characters of its beginning, names its recording; anything else is a word search.

        whole_paths: accept only absolute paths; do not search the current folder
        """
        every, roots = as_paths(names), self.store.tracks.roots()
        try:
            named = [self._resolve(name, whole_paths, roots) for name in every]
        except (AmbiguousNameError, NothingFoundError) as error:
            words = [name for name in every if isinstance(name, str) and not _is_path(name)]
            if len(words) > 1:
                raise error.with_hint(f"put the words of a track in quotes: '{' '.join(words)}'") from None
            raise
        second = self.store.tracks.second_names(reference.path for reference in named if reference.by == "path")
        return [replace(reference, path=second.get(reference.path, reference.path)) for reference in named]

    def paths(self, names: PathLike | Iterable[PathLike]) -> list[str]:
        """The absolute path for each name."""
        return [reference.path for reference in self.resolve(names)]

    def _resolve(self, name: PathLike, whole_paths: bool, roots: Collection[str]) -> TrackReference:
        text = os.fsdecode(name)
        if whole_paths and isinstance(name, str) and not os.path.isabs(name):
            if _looks_like_path(name):
                whole_path(name)
            return self._resolved(name)
        if not os.path.exists(text) and Location.is_url(text):
            raise UsageError(f"{display_path(text)} is a URL; give a file on this machine")
        path = known_name(absolute_path(name), roots)
        if not isinstance(name, str) or _is_path(name) or self.store.search.at_paths([path]).file_ids:
            return TrackReference(given=name, by="path", path=path)
        return self._resolved(name)

    def _resolved(self, name: str) -> TrackReference:
        address = name.strip().lower()
        by: NamedBy = "audio_id" if _AUDIO_ID.fullmatch(address) or is_file_id(address) else "words"
        track = self._resolve_audio_id(address) if by == "audio_id" else self._resolve_words(name)
        return TrackReference(given=name, by=by, path=track.path, track=track)

    def _resolve_audio_id(self, beginning: str) -> Track:
        tracks, addresses = self.store.tracks, self.store.addresses
        is_file = is_file_id(beginning)
        file_ids = addresses.file_ids(beginning) if is_file else tracks.files_with_audio_id_from(beginning)
        loaded = self.store.tracks.tracks_by_id(file_ids[:_MOST_LOADED])
        recordings: dict[str | None, Track] = {}
        for track in sorted(loaded, key=lambda track: (track.state == "missing", track.path)):
            recordings.setdefault(track.audio_id, track)
        if not recordings:
            has = "has audio id" if len(beginning) == _WHOLE_AUDIO_ID else "has an audio id that begins with"
            raise NothingFoundError(f"no track of the library {has} {beginning}")
        return _only(beginning, list(recordings.values()), is_more=len(file_ids) > _MOST_LOADED)

    def _resolve_words(self, name: str) -> Track:
        terms = tuple(Term(condition=Words(field=None, text=word)) for word in name.split())
        rows = self.store.search.names(Query(groups=(terms,)), self.store.context())
        if not rows:
            raise NothingFoundError(self._none_is(name))
        meant = _likeliest(name, rows)
        tracks = self.store.tracks.tracks_by_id([file_id for file_id, *_ in meant[:_MOST_LOADED]])
        recordings: Recordings[Track] = Recordings()
        first_of_each: list[Track] = []
        for track in sorted(tracks, key=lambda track: track.path):
            facts = recording_facts(track)
            if next(recordings.same(**facts), None) is None:
                first_of_each.append(track)
            recordings.add(track, **facts)
        return _only(name, first_of_each, is_more=len(meant) > _MOST_LOADED)

    def _none_is(self, name: str) -> str:
        rows = self.store.search.names("", self.store.context())
        if not rows:
            return f"'{name}' is not a file, and {nothing_found(None)}"
        wanted = words_of(name)
        # List copies once, by the first copy's name; without a title it is the file name.
        called = {words_of(shown): (row, shown) for row in reversed(rows) if (shown := caption(*row[1:], row[2]))}
        alike = ((_alike(wanted, row), shown) for row, shown in called.values())
        near = heapq.nlargest(_MOST_NEAR, (candidate for candidate in alike if candidate[0] >= _LEAST_ALIKE))
        hint = UsageError.meant(shown for _, shown in near) or "'map4 search' finds tracks"
        return f"'{name}' is not a file, and no track of the library has all these words; {hint}"


def _alike(wanted: str, row: _Row) -> float:
    """The similarity of words to a name, 0-100: to artist, title or both, or at a lower weight to a part of it."""
    from rapidfuzz import fuzz

    _, artist, title = row
    names = [words_of(text) for text in (title, artist or "", f"{artist or ''} {title}")]
    part = fuzz.partial_ratio(wanted, names[-1]) if len(wanted) < len(names[-1]) else 0.0
    return max(*(fuzz.ratio(wanted, text) for text in names), _PART * part)


def _is_path(name: str) -> bool:
    path = os.path.expanduser(name)
    # AC/DC is a name unless there is a folder AC.
    return os.path.lexists(path) or os.path.isdir(os.path.dirname(path)) or _looks_like_path(name)


def _looks_like_path(name: str) -> bool:
    if os.path.isabs(os.path.expanduser(name)) or name.startswith(("./", "../")) or name.endswith("/") or "\\" in name:
        return True
    suffix = os.path.splitext(name)[1].lower().lstrip(".")
    return suffix in _SUFFIXES or not has_words(name) or len(name.split()) > MAX_TERMS


def _likeliest(name: str, rows: Sequence[_Row]) -> Sequence[_Row]:
    """The best of the tracks that match all words: those with exactly this name, else those whose names have all words
    side by side, else as whole words, else as word beginnings, else all.
    """
    wanted = words_of(name)
    called = [words_of(caption(*row[1:], row[2])) for row in rows]
    whole = [
        row
        for row in rows
        if wanted in {words_of(text) for text in (row[2], f"{row[1]} {row[2]}", f"{row[2]} {row[1]}")}
    ]
    words = wanted.split()
    steps: tuple[Callable[[str], bool], ...] = (
        lambda text: f" {wanted} " in f" {text} ",
        lambda text: {*words} <= {*text.split()},
        lambda text: all(f" {word}" in f" {text}" for word in words),
    )
    for are_in in steps:
        whole = whole or [row for row, text in zip(rows, called, strict=True) if are_in(text)]
    return whole or rows


def _only(name: str, tracks: Sequence[Track], *, is_more: bool) -> Track:
    if len(tracks) == 1 and not is_more:
        return tracks[0]
    choices = [(track.caption(), track.path) for track in tracks]
    raise AmbiguousNameError(name, choices, is_more=is_more)
