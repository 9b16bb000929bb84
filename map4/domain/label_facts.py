"""What is known of a track before it is labelled, cleaned for what labels it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from map4.domain.track.labels import MOST_FOLDERS, clean_text
from map4.domain.track.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """What is known of a track before it is labelled, cleaned; all but the folders may be sent to a service.

    artist, title, album, genre: what the user set, else of the tags, else imported, at most 200 characters; the
        title of a track without one is the file's name
    year: the same
    folders: names of the folders around the file, the nearest first; they never leave the machine
    """

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    folders: tuple[str, ...] = ()


SENT_FIELDS = ("artist", "title", "album", "year", "genre")
"""The fields of `TrackFacts` that a service is sent."""


def facts_of(track: Track) -> TrackFacts:
    names = track.artist(), track.title(), track.album(), track.named_genre()
    artist, title, album, genre = cleaned_names(track.path, *names)
    folders = _folders(os.path.dirname(track.path))
    return TrackFacts(artist=artist, title=title, album=album, genre=genre, year=track.year(), folders=folders)


def cleaned_names(
    path: str | bytes, artist: str | None, title: str | None, album: str | None, genre: str | None
) -> tuple[str | None, str | None, str | None, str | None]:
    """Artist, title, album and genre as they are in `TrackFacts`."""
    title = clean_text(title) or clean_text(os.path.splitext(os.path.basename(os.fsdecode(path)))[0].replace("_", " "))
    return _clean(artist), title, _clean(album), _clean(genre)


def _folders(folder: str) -> tuple[str, ...]:
    names = map(_clean, reversed(folder.split(os.sep)))
    return tuple(islice(filter(None, names), MOST_FOLDERS))


# Artists, albums, genres and folders come again.
_clean = lru_cache(maxsize=2**16)(clean_text)


def same_question(facts: TrackFacts) -> tuple[str | int | None, ...]:
    """What makes two tracks one recording, as far as labels go: artist, title and year.

    Without an artist, titles such as "Track 01" mean nothing: then the album counts too.
    """
    return same_names(facts.artist, facts.title, facts.year, facts.album)


def same_names(
    artist: str | None, title: str | None, year: int | None, album: str | None
) -> tuple[str | int | None, ...]:
    """`same_question` of cleaned names."""
    title = title and title.casefold()
    return (artist.casefold(), title, year) if artist else (None, title, year, album and album.casefold())
