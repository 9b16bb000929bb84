"""Genre families: the family of a genre tag, and how well two families fit in a list."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

GENRES_FILE = "data/genres.toml"

SAME_FAMILY_FIT = 1.0

# Separators of several genres and of levels in a tag ("House; Techno", "Electronic/Dance", "Electronic > House").
_SEPARATORS = re.compile(r"\s*(?:[;,/|\\>\0]|---+|\s-\s|::)\s*")
_ID3_NUMBER = re.compile(r"\(\d+\)")
_NOT_A_LETTER = re.compile(r"[^\w]+|_")
# Joining words that other spellings replace by a sign or omit ("Drum & Bass", "Drum'n'Bass").
_JOINTS = frozenset({"and", "n", "und", "et", "y", "e"})
_EMPTY_WORDS = frozenset({"music", "musik", "musique", "genre"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GenreTable:
    """Genre families, their genres, and how well they fit.

    genres: normalised genre (see `normalise_genre`) -> family
    fits: two families -> 0-1; other pairs have `other_fit`, the same family 1
    """

    families: tuple[str, ...]
    genres: Mapping[str, str]
    fits: Mapping[frozenset[str], float]
    other_fit: float

    def __post_init__(self) -> None:
        unknown = {*self.genres.values(), *(name for pair in self.fits for name in pair)} - {*self.families}
        if unknown:
            raise ValueError(f"unknown genre family: {', '.join(sorted(unknown))}")
        for value in (*self.fits.values(), self.other_fit):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"a fit must be within [0, 1], got {value}")

    def family(self, text: str | None) -> str | None:
        """The family of a genre tag; None if unknown.

        The tag is looked up as a whole, then each of its genres in order ("House; Techno"): whole, then by its last
        words, which determine the genre ("Deep Tribal House").
        """
        if not text:
            return None
        whole = self.genres.get(GenreTable.normalise(text))
        if whole is not None:
            return whole
        parts = [part for part in _SEPARATORS.split(text) if part]
        return next((family for part in parts for family in self._last_words(part)), None)

    def _last_words(self, text: str) -> Iterator[str]:
        words = _words(text)
        for first in range(len(words)):
            family = self.genres.get("".join(words[first:]))
            if family is not None:
                yield family

    def track_family(self, label_family: str | None, tag: str | None) -> str | None:
        """The family of a track from its labels, else from its genre tag; None if neither has a known family."""
        return label_family if label_family in self.families else self.family(tag)

    def fit(self, a: str | None, b: str | None) -> float | None:
        """The fit of two families, 0-1; None if either is unknown."""
        if a is None or b is None:
            return None
        return SAME_FAMILY_FIT if a == b else self.fits.get(frozenset((a, b)), self.other_fit)

    @staticmethod
    @cache
    def shipped() -> GenreTable:
        """The shipped table, loaded once."""
        from importlib.resources import files

        return GenreTable.read(
            tomllib.loads(files("map4.core.music").joinpath(GENRES_FILE).read_text(encoding="utf-8"))
        )

    @staticmethod
    def read(content: Mapping[str, Any]) -> GenreTable:
        """Create a table from the content of a file like `genres.toml`."""
        seen: dict[str, str] = {}
        for family, names in content["families"].items():
            for name in names:
                if (first := seen.setdefault(GenreTable.normalise(name), family)) != family:
                    raise ValueError(f"'{name}' is in two genre families, {first} and {family}")
        return GenreTable(
            families=tuple(content["families"]),
            genres=seen,
            fits={frozenset((a, b)): float(fit) for a, others in content["fits"].items() for b, fit in others.items()},
            other_fit=float(content["other"]),
        )

    @staticmethod
    def normalise(text: str) -> str:
        """Normalise a genre: remove case, accents, punctuation, spaces, "and", "music".

        "Drum & Bass", "drum'n'bass" and "Drum and Bass" all become "drumbass".
        """
        return "".join(_words(text))


def _words(text: str) -> list[str]:
    # casefold() decomposes ß and İ; their accents are then removed like others.
    plain = _ID3_NUMBER.sub(" ", text)
    if plain.isascii():  # the usual case, which needs no decomposition
        letters = plain.casefold()
    else:
        apart = unicodedata.normalize("NFKD", plain).casefold()
        letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = [word for word in _NOT_A_LETTER.split(letters) if word]
    content_words = [word for word in words if word not in _JOINTS and word not in _EMPTY_WORDS]
    return content_words or words


def genre_tempo_range(genre: str) -> tuple[float, float] | None:
    """The usual tempi (BPM) of a genre; None for genres that are counted in several ways, or that are unknown."""
    ranges = ((low, high) for pattern, low, high in _genre_tempi() if re.search(pattern, genre, re.IGNORECASE))
    return next(ranges, None)


@cache
def _genre_tempi() -> list[tuple[str, float, float]]:
    from importlib.resources import files

    text = files("map4.core.music").joinpath("data/genre_tempi.toml").read_text(encoding="utf-8")
    return [(pattern, low, high) for pattern, low, high in tomllib.loads(text)["tempi"]]
