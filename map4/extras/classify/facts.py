"""Facts about a track for labelling, and labels by rules from them, without any network."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

from map4.core.music.file_name import FileName
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import Track
from map4.labels import TrackFacts

# Folders without genre information are skipped anyway; deeper folders are artist and album.
MOST_FOLDERS = 8


class FilesToLabel(NamedTuple):
    """Columns of the values that labels depend on; a library has them without making a `Track`."""

    audio_ids: Sequence[str | None] = ()
    labels: Sequence[Labels | None] = ()
    paths: Sequence[str | bytes] = ()
    artists: Sequence[str | None] = ()
    titles: Sequence[str | None] = ()
    albums: Sequence[str | None] = ()
    genres: Sequence[str | None] = ()
    years: Sequence[int | None] = ()
    file_ids: Sequence[int] = ()

    @classmethod
    def of(cls, tracks: Iterable[Track]) -> FilesToLabel:
        rows = (
            (track.audio_id, track.labels, track.path, track.artist(), track.title(), track.album(),
             track.named_genre(), track.year())
            for track in tracks
        )  # fmt: skip
        return cls(*zip(*rows, strict=True))

    @classmethod
    def of_lots(cls, lots: Iterable[Sequence[Sequence[Any]]]) -> FilesToLabel:
        return cls(*(list(chain.from_iterable(columns)) for columns in zip(*lots, strict=True)))

    def at(self, places: Sequence[int]) -> FilesToLabel:
        return FilesToLabel._make([*map(column.__getitem__, places)] for column in self)

    def to_label(self, is_known: Callable[[Labels], bool]) -> tuple[list[int], list[int]]:
        """Return the places of files with labels that suffice, and of files to label; both have an audio id."""
        has_audio = [place for place, audio_id in enumerate(self.audio_ids) if audio_id is not None]
        known = {place for place in has_audio if (labels := self.labels[place]) and is_known(labels)}
        return sorted(known), [place for place in has_audio if place not in known]

    def tags_known(self, place: int) -> int:
        """Count the known names of a file; among copies of a recording, the one with the most is queried."""
        return sum(column[place] is not None for column in self[3:8])

    def names(self, places: Sequence[int]) -> list[TrackNames]:
        """Return the cleaned names of the files at these places."""
        return list(map(TrackNames, *self.columns(places)))

    def columns(self, places: Sequence[int]) -> tuple[Sequence[Any], ...]:
        """Return `names` by columns."""
        artists, titles, albums, genres = (_cleaned([column[place] for place in places]) for column in self[3:7])
        for at, place in enumerate(places):
            if titles[at] is None:
                named = FileName(os.fsdecode(self.paths[place])).names(artists[at])
                artists[at], titles[at] = map(Labels.clean_text, named)
        return artists, titles, albums, [self.years[place] for place in places], genres


class TrackNames(NamedTuple):
    """The names of a track, which may be sent to a service, as `TrackFacts` has them."""

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    year: int | None = None
    genre: str | None = None

    @staticmethod
    def sent_as() -> tuple[str, ...]:
        return "artist", "title", "album", "year", "genre_tag"

    @staticmethod
    def letters(columns: Iterable[Sequence[Any]]) -> int:
        """Return by how many letters names, by columns, make requests longer."""
        letters = 0
        for name, column in zip(TrackNames.sent_as(), columns, strict=False):
            known = [value for value in column if value is not None]
            each = len(f'"{name}": "", ') if name != "year" else len('"year": , ')
            letters += len(json.dumps("".join(map(str, known)), ensure_ascii=False)) - 2 + each * len(known)
        return letters


def facts_of(tracks: Sequence[Track]) -> list[TrackFacts]:
    names = FilesToLabel.of(tracks).names(range(len(tracks)))
    folders = (_folders(os.path.dirname(track.path)) for track in tracks)
    return [TrackFacts(**of._asdict(), folders=each) for of, each in zip(names, folders, strict=True)]


def _folders(folder: str) -> tuple[str, ...]:
    names = map(_clean, reversed(folder.split(os.sep)))
    return tuple(islice(filter(None, names), MOST_FOLDERS))


# Cached, as folders repeat.
_clean = lru_cache(maxsize=2**16)(Labels.clean_text)


def _cleaned(texts: Sequence[str | None]) -> list[str | None]:
    """Clean texts. Most are clean: joined by blanks, they stay as they are, which is checked at once."""
    known = [text for text in texts if text]
    joined, longest = " ".join(known), max(map(len, known), default=0)
    if longest <= Labels.MOST_LETTERS and (Labels.clean_text(joined, len(joined)) or "") == joined:
        return [text or None for text in texts]
    if len(texts) == 1:
        return [Labels.clean_text(texts[0])]
    half = len(texts) // 2
    return _cleaned(texts[:half]) + _cleaned(texts[half:])


def same_question(
    artist: str | None, title: str | None, album: str | None, year: int | None
) -> tuple[str | int | None, ...]:
    """Return what identifies a recording for labels: artist, title and year.

    Without an artist, titles such as "Track 01" are not unique, so the album counts too.
    """
    title = title and title.casefold()
    return (artist.casefold(), title, year) if artist else (None, title, year, album and album.casefold())


# A tag is mostly right, but shops and rippers fill in "Other", "Pop" and "Dance" by the thousand.
TAG_CONFIDENCE = 0.7
# A folder's name applies to everything in it, or means something else altogether.
FOLDER_CONFIDENCE = 0.4
# Common folder names for any music that would match a genre by their letters.
_NOT_GENRES = frozenset({"dj", "club", "party", "various", "world", "vocal", "raw", "slow", "noise", "home", "oldies"})
# "80s Rock", "1995", "Techno 2024": years in folder names.
_YEARS = re.compile(r"\b(?:(?:19|20)?\d0'?s|(?:19|20)\d\d)\b", re.IGNORECASE)


def keyword_labels(facts: TrackFacts) -> Labels:
    """Label a track by its genre tag, else by the nearest folder named like a genre, else as unknown.

    returns: Labels of source "tag" or "keywords", confidence 0.7, 0.4 or 0. The era is the decade of the year tag,
        which may be that of a later edition. There is never a mood.
    """
    table = GenreTable.shipped()
    decade = None if facts.year is None else f"{facts.year // 10 * 10}s"
    era = decade if decade in Labels.ERAS else None
    if (family := table.family(facts.genre)) is not None:
        return _labels(facts.genre, family, era=era, confidence=TAG_CONFIDENCE, source="tag")
    # A folder counts as a whole, years apart: "Techno 2024" and "Deep House", but not the band "Crowded House".
    for folder in (_YEARS.sub(" ", name) for name in facts.folders):
        plain = GenreTable.normalise(folder)
        if plain not in _NOT_GENRES and (family := table.genres.get(plain)) is not None:
            return _labels(folder, family, era=era, confidence=FOLDER_CONFIDENCE, source="keywords")
    return Labels(era=era)


def _labels(text: str | None, family: str, **others: Any) -> Labels:
    plain = Labels.clean_text(text)
    is_family = plain is None or GenreTable.normalise(plain) == GenreTable.normalise(family)
    return Labels(genre=family, family=family, subgenre=None if is_family else plain, **others)
