"""Facts about a track for labelling, and labels by rules from them, without any network."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from map4.core.music.file_name import names_of_file
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.labels import Labels, clean_text
from map4.core.music.track.track import Track
from map4.labels import TrackFacts

SENT_FIELDS = ("artist", "title", "album", "year", "genre")  # the fields of `TrackFacts` that are sent to a service
# Folders without genre information are skipped anyway; deeper folders are artist and album.
MOST_FOLDERS = 8


class FileToLabel(NamedTuple):
    """The values that labels depend on; rows of a library have them without making a `Track`."""

    audio_id: str | None
    labels: Labels | None
    path: str
    artist: str | None
    title: str | None
    album: str | None
    genre: str | None
    year: int | None


def file_to_label(track: Track | FileToLabel) -> FileToLabel:
    if isinstance(track, FileToLabel):
        return track
    names = track.artist(), track.title(), track.album(), track.named_genre()
    return FileToLabel(track.audio_id, track.labels, track.path, *names, track.year())


def facts_of(track: Track | FileToLabel) -> TrackFacts:
    _, _, path, artist, title, album, genre, year = file_to_label(track)
    artist, title = _clean(artist), clean_text(title)
    if title is None:
        artist, title = map(clean_text, names_of_file(path, artist))
    names = {"artist": artist, "title": title, "album": _clean(album), "genre": _clean(genre)}
    return TrackFacts(**names, year=year, folders=_folders(os.path.dirname(path)))


def _folders(folder: str) -> tuple[str, ...]:
    names = map(_clean, reversed(folder.split(os.sep)))
    return tuple(islice(filter(None, names), MOST_FOLDERS))


# Cached, as artists, albums, genres and folders repeat.
_clean = lru_cache(maxsize=2**16)(clean_text)


def same_question(facts: TrackFacts) -> tuple[str | int | None, ...]:
    """Return what identifies a recording for labels: artist, title and year.

    Without an artist, titles such as "Track 01" are not unique, so the album counts too.
    """
    title = facts.title and facts.title.casefold()
    if facts.artist:
        return facts.artist.casefold(), title, facts.year
    return None, title, facts.year, facts.album and facts.album.casefold()


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
    family = table.family(facts.genre)
    if family is not None:
        return Labels(
            genre=family,
            family=family,
            subgenre=_subgenre(facts.genre, family),
            era=era,
            confidence=TAG_CONFIDENCE,
            source="tag",
        )
    # A folder counts as a whole, years apart: "Techno 2024" and "Deep House", but not the band "Crowded House".
    for folder in (_YEARS.sub(" ", name) for name in facts.folders):
        plain = GenreTable.normalise(folder)
        family = None if plain in _NOT_GENRES else table.genres.get(plain)
        if family is not None:
            return Labels(
                genre=family,
                family=family,
                subgenre=_subgenre(folder, family),
                era=era,
                confidence=FOLDER_CONFIDENCE,
                source="keywords",
            )
    return Labels(era=era)


def _subgenre(text: str | None, family: str) -> str | None:
    plain = clean_text(text)
    return None if plain is None or GenreTable.normalise(plain) == GenreTable.normalise(family) else plain
