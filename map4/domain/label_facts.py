"""What is known of a track before it is labelled, cleaned for what labels it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from map4.domain.labels import MOST_FOLDERS, clean_text
from map4.domain.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """What is known of a track before it is labelled, cleaned; all but the folders may be sent to a service.

    Parameters
    ----------
    artist, title, album, genre : what the user set, else of the tags, else imported, at most 200 characters; the
        title of a track without one is the file's name
    year : the same
    folders : names of the folders around the file, the nearest first; they never leave the machine
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
    """What is known of a track, cleaned."""
    folder, name = os.path.split(track.path)
    return TrackFacts(
        artist=_clean(track.artist()),
        title=clean_text(track.title()) or clean_text(os.path.splitext(name)[0].replace("_", " ")),
        album=_clean(track.album()),
        genre=_clean(track.named_genre()),
        year=track.year(),
        folders=_folders(folder),
    )


def _folders(folder: str) -> tuple[str, ...]:
    names = map(_clean, reversed(folder.split(os.sep)))
    return tuple(islice(filter(None, names), MOST_FOLDERS))


# Artists, albums, genres and folders come again.
_clean = lru_cache(maxsize=2**16)(clean_text)


def same_question(facts: TrackFacts) -> tuple[str | int | None, ...]:
    """What makes two tracks one recording, as far as labels go: artist, title and year.

    Without an artist, titles such as "Track 01" mean nothing: then the album counts too.
    """
    artist, title = facts.artist and facts.artist.casefold(), facts.title and facts.title.casefold()
    return (artist, title, facts.year) if artist else (None, title, facts.year, facts.album and facts.album.casefold())
