"""Files that are likely the same by name, and versions of one song."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from map4.duplicates.finding.groups import (
    LEAST_LIKELY,
    MOST_ALONE_S,
    SURE,
    SoundPair,
    are_two_tracks,
    certainty_of_sound,
)
from map4.duplicates.finding.versions import SongName, song_name

SAME_LENGTH_S = 10.0
"""If the lengths of copies differ by more, their ends differ in more than silence and a fade."""
# Certainty of each without any sound: estimates, kept below the certainty of sound.
_BY_ISRC, _BY_CATALOGUE, _BY_NAME, _BY_SONG = 0.9, 0.8, 0.85, 0.9
# Maximum versions of a song that are joined pairwise.
_MOST_VERSIONS = 30
_ALIKE_NAME = 90.0
_DIGITS = re.compile(r"\d+")
# A number or a whole name that more files share ("Unknown - Track 1") means nothing and makes too many pairs.
_MOST_OF_ONE = 200
# For titles as common as "Intro", artist names are not compared pairwise.
_MOST_OF_A_NAME = 2000

Verdict = Callable[[str, str], float | None]
"""`verdict(audio_id, other_id)`: certainty (0-1) by sound that they are the same; None without fingerprints."""


class NamedFile(NamedTuple):
    """The names and numbers in a file's tags; a hundred thousand are in memory at once."""

    file_id: int
    audio_id: str
    path: str
    artist: str | None
    title: str | None
    isrc: str | None
    catalog_number: str | None
    album: str | None
    disc_number: int | None
    track: int | None
    duration_s: float | None

    def song(self) -> SongName:
        """Return artist, title and version, normalised for comparison."""
        return song_name(self.artist, self.title, self.path)


Link = tuple[str, str, float]
"""Two recordings (audio ids) that belong together, with the certainty, 0-1."""


def likely_links(
    files: Sequence[NamedFile], songs: Sequence[SongName], pairs: Sequence[SoundPair], verdict: Verdict
) -> Iterator[Link]:
    """Yield files that are likely the same by ISRC, catalogue number and position, names and length, or by sound.

    If both have a fingerprint, sound can override matching names.

    files: one file of each recording
    """
    links: dict[tuple[int, int], float] = {}
    for numbered, certainty in (
        (_by_number(files, lambda file: file.isrc), _BY_ISRC),
        (_by_number(files, _release_position), _BY_CATALOGUE),
    ):
        for i, j in numbered:
            if songs[i].version == songs[j].version:
                links[i, j] = max(certainty, links.get((i, j), 0.0))
    for i, j, certainty in _by_names(files, songs):
        links[i, j] = max(certainty, links.get((i, j), 0.0))
    for (i, j), certainty in links.items():
        if are_two_tracks(files[i], files[j]):
            continue
        heard = verdict(files[i].audio_id, files[j].audio_id)
        if heard is None or heard >= LEAST_LIKELY:
            likely = certainty if heard is None else max(certainty, heard)
            yield files[i].audio_id, files[j].audio_id, round(likely, 4)
    yield from _half_sure(files, songs, pairs)


def _half_sure(files: Sequence[NamedFile], songs: Sequence[SongName], pairs: Iterable[SoundPair]) -> Iterator[Link]:
    """Yield recordings that sound alike but not certainly the same."""
    named = {file.audio_id: (file, song.version) for file, song in zip(files, songs, strict=True)}
    for pair in pairs:
        certainty = certainty_of_sound(pair.error_rate)
        if LEAST_LIKELY <= certainty < SURE and pair.alone_s <= MOST_ALONE_S:
            mine, other = named.get(pair.first), named.get(pair.second)
            if mine and other and mine[1] == other[1] and not are_two_tracks(mine[0], other[0]):
                yield pair.first, pair.second, certainty


def _release_position(file: NamedFile) -> Hashable:
    if not file.catalog_number or file.track is None:
        return None
    return "".join(file.catalog_number.split()).casefold(), file.track


def _by_number(files: Sequence[NamedFile], number: Callable[[NamedFile], Hashable]) -> Iterator[tuple[int, int]]:
    for places in _buckets(number(file) or None for file in files).values():
        if len(places) <= _MOST_OF_ONE:
            yield from _of_one_length(files, places)


def _buckets(keys: Iterable[Hashable]) -> dict[Hashable, list[int]]:
    """Group the places of equal keys; None is skipped."""
    buckets: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            buckets.setdefault(key, []).append(place)
    return {key: places for key, places in buckets.items() if len(places) > 1}


def _of_one_length(files: Sequence[NamedFile], places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of similar length; a file of unknown length pairs only with the next file."""
    ordered = sorted(places, key=lambda place: files[place].duration_s or 0.0)
    for at, i in enumerate(ordered):
        mine_s = files[i].duration_s
        for j in ordered[at + 1 :]:
            other_s = files[j].duration_s
            if mine_s is not None and other_s is not None and other_s - mine_s > SAME_LENGTH_S:
                break
            yield min(i, j), max(i, j)
            if mine_s is None:
                break


def _by_names(files: Sequence[NamedFile], songs: Sequence[SongName]) -> Iterator[tuple[int, int, float]]:
    from rapidfuzz import fuzz

    for places in _buckets(song if song.artist else None for song in songs).values():
        if len(places) > _MOST_OF_ONE:
            continue
        yield from ((i, j, _BY_NAME) for i, j in _of_one_length(files, places))
    for places in _buckets((song.title, song.version) if song.artist else None for song in songs).values():
        if len(places) > _MOST_OF_A_NAME:
            continue
        for i, j in _of_one_length(files, places):
            a, b = songs[i].artist, songs[j].artist
            if a != b and (alike := fuzz.token_set_ratio(a, b, score_cutoff=_ALIKE_NAME)):
                yield i, j, _BY_NAME * alike / 100.0
    for places in _buckets((song.artist, song.version) if song.artist else None for song in songs).values():
        if len(places) > _MOST_OF_A_NAME:
            continue
        for i, j in _of_one_length(files, places):
            a, b = songs[i].title, songs[j].title
            # "Part 1" and "Part 2" differ by a single character.
            if a != b and (alike := fuzz.ratio(a, b, score_cutoff=_ALIKE_NAME)) and _digits(a) == _digits(b):
                yield i, j, _BY_NAME * alike / 100.0


def _digits(text: str) -> list[str]:
    return _DIGITS.findall(text)


def version_links(files: Sequence[NamedFile], songs: Sequence[SongName], pairs: Iterable[SoundPair]) -> Iterator[Link]:
    """Yield files that are versions of one song: by name, or alike in sound but named as another version or an edit.

    files: one file of each recording
    """
    for places in _buckets((song.artist, song.title) if song.artist else None for song in songs).values():
        if len({songs[place].version for place in places}) > 1:
            of_song = [files[place].audio_id for place in places[:_MOST_VERSIONS]]
            yield from ((a, b, _BY_SONG) for a, b in combinations(of_song, 2))
    song_of = {file.audio_id: song for file, song in zip(files, songs, strict=True)}
    for pair in pairs:
        first, second, certainty = (
            song_of.get(pair.first),
            song_of.get(pair.second),
            certainty_of_sound(pair.error_rate),
        )
        if first is None or second is None or certainty < SURE:
            continue
        if first.version != second.version or pair.alone_s > MOST_ALONE_S:
            yield pair.first, pair.second, certainty
