"""Files that are likely the same by name, and versions of one song."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from map4.duplicates.finding.groups import (
    LEAST_LIKELY,
    MOST_ALONE_S,
    SURE,
    SoundPair,
    are_two_tracks,
    certainty_of_sound,
)
from map4.duplicates.finding.named_files import Hashes, NamedFiles, buckets

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


Link = tuple[str, str, float]
"""Two recordings (audio ids) that belong together, with the certainty, 0-1."""


def likely_links(files: NamedFiles, pairs: Sequence[SoundPair], verdict: Verdict) -> Iterator[Link]:
    """Yield files that are likely the same by ISRC, catalogue number and position, names and length, or by sound.

    If both have a fingerprint, sound can override matching names.

    files: one file of each recording
    """
    links: dict[tuple[int, int], float] = {}
    for hashes, certainty in ((files.hashes("isrc"), _BY_ISRC), (files.hashes("release"), _BY_CATALOGUE)):
        for i, j in _by_number(files, hashes):
            if files.version(i) == files.version(j):
                links[i, j] = max(certainty, links.get((i, j), 0.0))
    for i, j, certainty in _by_names(files):
        links[i, j] = max(certainty, links.get((i, j), 0.0))
    for (i, j), certainty in links.items():
        if files.are_of_one_album(i, j) and are_two_tracks(files.read(i), files.read(j)):
            continue
        first, second = files.audio_id(i), files.audio_id(j)
        heard = verdict(first, second)
        if heard is None or heard >= LEAST_LIKELY:
            yield first, second, round(certainty if heard is None else max(certainty, heard), 4)
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


def _by_number(files: NamedFiles, hashes: Hashes) -> Iterator[tuple[int, int]]:
    for places in buckets(hashes, _MOST_OF_ONE):
        yield from _of_one_length(files, places)


def _of_one_length(files: NamedFiles, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of similar length; a file of unknown length pairs only with the next file."""
    lengths = sorted(zip(files.lengths_s(places), places, strict=True), key=lambda length: length[0] or 0.0)
    for at, (mine_s, i) in enumerate(lengths, start=1):
        for other_s, j in lengths[at:]:
            if mine_s is not None and other_s is not None and other_s - mine_s > SAME_LENGTH_S:
                break
            yield min(i, j), max(i, j)
            if mine_s is None:
                break


def _by_names(files: NamedFiles) -> Iterator[tuple[int, int, float]]:
    from rapidfuzz import fuzz

    for places in buckets(files.hashes("artist", "title", "version"), _MOST_OF_ONE):
        yield from ((i, j, _BY_NAME) for i, j in _of_one_length(files, places))
    for places in buckets(files.hashes("title", "version"), _MOST_OF_A_NAME):
        for i, j in _of_one_length(files, places):
            a, b = files.artist(i), files.artist(j)
            if a != b and (alike := fuzz.token_set_ratio(a, b, score_cutoff=_ALIKE_NAME)):
                yield i, j, _BY_NAME * alike / 100.0
    for places in buckets(files.hashes("artist", "version"), _MOST_OF_A_NAME):
        titles = {place: files.title(place) for place in places}
        for i, j in _of_one_length(files, places):
            a, b = titles[i], titles[j]
            # "Part 1" and "Part 2" differ by a single character.
            if a != b and (alike := fuzz.ratio(a, b, score_cutoff=_ALIKE_NAME)) and _digits(a) == _digits(b):
                yield i, j, _BY_NAME * alike / 100.0


def _digits(text: str) -> list[str]:
    return _DIGITS.findall(text)


def version_links(files: NamedFiles, pairs: Sequence[SoundPair]) -> Iterator[Link]:
    """Yield files that are versions of one song: by name, or alike in sound but named as another version or an edit.

    files: one file of each recording
    """
    for places in buckets(files.hashes("artist", "title")):
        if len({files.version(place) for place in places}) > 1:
            of_song = map(files.audio_id, places[:_MOST_VERSIONS])
            yield from ((a, b, _BY_SONG) for a, b in combinations(of_song, 2))
    place_of = files.places(pairs)
    for pair in pairs:
        i, j, certainty = place_of.get(pair.first), place_of.get(pair.second), certainty_of_sound(pair.error_rate)
        if i is None or j is None or certainty < SURE:
            continue
        if files.version(i) != files.version(j) or pair.alone_s > MOST_ALONE_S:
            yield pair.first, pair.second, certainty
