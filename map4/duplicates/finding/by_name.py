"""Files that are likely the same by name, and versions of a song."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, repeat

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

from map4.duplicates.finding.groups import (
    LEAST_LIKELY,
    MOST_ALONE_S,
    SURE,
    SoundPair,
    are_two_tracks,
    certainty_of_sound,
)
from map4.duplicates.finding.named_files import NamedFiles, Places, buckets
from map4.search import Song

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


Link = tuple[str, str, float]  # two recordings (audio ids) that belong together, with the certainty, 0-1


def likely_links(files: NamedFiles, pairs: Sequence[SoundPair], verdict: Verdict) -> Iterator[Link]:
    """Yield files that are likely the same by ISRC, catalogue number and position, names and length, or by sound.

    If both have a fingerprint, sound can override matching names.

    files: one file of each recording
    """
    links: dict[tuple[int, int], float] = {}
    for i, j, certainty in chain(_pairs_by_numbers(files), _pairs_by_names(files)):
        links[i, j] = max(certainty, links.get((i, j), 0.0))
    for (i, j), certainty in links.items():
        if files.are_of_one_album(i, j) and are_two_tracks(files.read(i), files.read(j)):
            continue
        first, second = files.audio_id(i), files.audio_id(j)
        by_sound = verdict(first, second)
        if by_sound is None or by_sound >= LEAST_LIKELY:
            yield first, second, round(certainty if by_sound is None else max(certainty, by_sound), 4)
    yield from _half_sure(files, pairs)


def _half_sure(files: NamedFiles, pairs: Sequence[SoundPair]) -> Iterator[Link]:
    """Yield recordings that sound alike but not certainly the same."""
    place_of = files.places(pairs)
    for pair in pairs:
        certainty = certainty_of_sound(pair.error_rate)
        if LEAST_LIKELY <= certainty < SURE and pair.alone_s <= MOST_ALONE_S:
            i, j = place_of.get(pair.first), place_of.get(pair.second)
            if i is None or j is None or files.version(i) != files.version(j):
                continue
            if not are_two_tracks(files.read(i), files.read(j)):
                yield pair.first, pair.second, certainty


def _pairs_by_numbers(files: NamedFiles) -> Iterator[tuple[int, int, float]]:
    for hashes, certainty in ((files.hashes("isrc"), _BY_ISRC), (files.hashes("release"), _BY_CATALOGUE)):
        for first, second in files.pairs_of_one_length(hashes, _MOST_OF_ONE):
            is_one = files.are_one_version(first, second)
            yield from zip(first[is_one].tolist(), second[is_one].tolist(), repeat(certainty))


def _pairs_by_names(files: NamedFiles) -> Iterator[tuple[int, int, float]]:
    whole = files.hashes("artist", "title", "version")
    for first, second in files.pairs_of_one_length(whole, _MOST_OF_ONE):
        yield from zip(first.tolist(), second.tolist(), repeat(_BY_NAME))
    titles = files.hashes("title", "version")
    for first, second in files.pairs_of_one_length(titles, _MOST_OF_A_NAME):
        may_be = files.artists_may_be_alike(first, second, _ALIKE_NAME)
        yield from _alike(files.artist, first[may_be], second[may_be], fuzz.token_set_ratio)
    artists = files.hashes("artist", "version")
    for first, second in files.pairs_of_one_length(artists, _MOST_OF_A_NAME):
        may_be = files.titles_may_be_alike(first, second, _ALIKE_NAME)
        for i, j, certainty in _alike(files.title, first[may_be], second[may_be], fuzz.ratio):
            # "Part 1" and "Part 2" differ by a single character.
            if _digits(files.title(i)) == _digits(files.title(j)):
                yield i, j, certainty


def _alike(
    text: Callable[[int], str], first: Places, second: Places, scorer: Callable[..., float]
) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of files whose texts are alike, each with its certainty."""
    if not len(first):
        return
    texts = {place: text(place) for place in np.unique(np.concatenate((first, second))).tolist()}
    mine, others = ([texts[place] for place in places.tolist()] for places in (first, second))
    scores = cpdist(mine, others, scorer=scorer, score_cutoff=_ALIKE_NAME, dtype=np.float64)
    for at in np.flatnonzero(scores).tolist():
        yield int(first[at]), int(second[at]), _BY_NAME * float(scores[at]) / 100.0


def _digits(text: str) -> list[str]:
    return _DIGITS.findall(text)


def version_links(
    files: NamedFiles, pairs: Sequence[SoundPair], songs: Callable[[Iterable[int]], Mapping[int, Song]]
) -> Iterator[Link]:
    """Yield files that are versions of a song: by name, or alike in sound but named as another version or an edit.

    files: one file of each recording
    songs: returns the songs of files (ids)
    """
    for places in buckets(files.hashes("artist", "title")):
        if len({files.version(place) for place in places}) > 1:
            ids = {place: files.file_id(place) for place in places[:_MOST_VERSIONS]}
            known = songs(ids.values())
            for a, b in combinations(ids, 2):
                if known[ids[a]].is_same_as(known[ids[b]], files.length_s(a), files.length_s(b)):
                    yield files.audio_id(a), files.audio_id(b), _BY_SONG
    place_of = files.places(pairs)
    for pair in pairs:
        i, j, certainty = place_of.get(pair.first), place_of.get(pair.second), certainty_of_sound(pair.error_rate)
        if i is None or j is None or certainty < SURE:
            continue
        if files.version(i) != files.version(j) or pair.alone_s > MOST_ALONE_S:
            yield pair.first, pair.second, certainty
