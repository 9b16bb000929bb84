"""Labels by rule, from the genre tag, the folders and the year: what is there without asking anybody."""

from __future__ import annotations

import re

from map4.domain.label_facts import TrackFacts
from map4.domain.track.genre import GenreTable, normalise_genre, shipped_genres
from map4.domain.track.labels import Labels, clean_text, era_of_year

# A tag is mostly right, but shops and rippers fill in "Other", "Pop" and "Dance" by the thousand.
TAG_CONFIDENCE = 0.7
# A folder's name means all that lies in it, or something else altogether.
FOLDER_CONFIDENCE = 0.4
# Names of folders in which any music may lie, and which are yet genres by their letter.
_NOT_GENRES = frozenset({"dj", "club", "party", "various", "world", "vocal", "raw", "slow", "noise", "home", "oldies"})
# "80s Rock", "1995", "Techno 2024": what folders are named for beside the genre.
_YEARS = re.compile(r"\b(?:(?:19|20)?\d0'?s|(?:19|20)\d\d)\b", re.IGNORECASE)


def keyword_labels(facts: TrackFacts, table: GenreTable | None = None) -> Labels:
    """Label a track by its genre tag, else by the nearest folder that is named like a genre, else as unknown.

    table: of genres; None takes the package's own
    returns: Labels of source "tag" or "keywords", confidence .7, .4 or 0. The era is the decade of the year tag, which
        may be that of a later edition. There is never a mood.
    """
    table = table or shipped_genres()
    era = era_of_year(facts.year)
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
        plain = normalise_genre(folder)
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
    return None if plain is None or normalise_genre(plain) == normalise_genre(family) else plain
