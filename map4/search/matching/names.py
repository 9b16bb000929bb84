"""How surely one artist and title mean another.

Names of music differ in spelling, accents, guests and remarks from one list to the next, so that they are compared by
edit distance (RapidFuzz) after what says nothing about the recording is taken off. A remix is another recording: where
one side names a version and the other does not, or another one, it is never a sure match.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from map4.base.text import folded

SURE, POSSIBLE = 0.9, 0.7
"""A match from the first on is taken without asking; below the second it is none at all."""

# What a match is made of; a title tells recordings of an artist apart, so that it weighs more.
_ARTIST_SHARE = 0.4
# Another version of the right track: worth a look, never sure.
_OTHER_VERSION = 0.85
# In the wrong order, "title - artist", which lists seldom are.
_SWAPPED = 0.97
# How alike the names of versions must be to mean the same one.
_SAME_VERSION = 80.0
# A candidate must be so alike as a whole, and so many are looked at closely.
_LEAST_ALIKE, _MOST_CANDIDATES = 60.0, 25
# Rows of common words are left out beyond so many.
_MOST_SHARING = 3000
# Below this, a half of the name means another track, however alike the other half is.
_LEAST_HALF = 60.0

# Up to what stands behind them: "Title feat. Guest (Dub)" and "Title feat. Guest - Radio Edit" name a version.
_GUESTS = re.compile(
    r"[(\[]\s*(?:feat|ft|featuring|with)\b\.?\s[^)\]]*[)\]]?"
    r"|\b(?:feat|ft|featuring)\b\.?\s(?:(?!\s[-–—]\s)[^()\[\]])*"
)
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TAIL = re.compile(
    r"\s[-–—]\s([^-–—]*\b(?:mix|remix|edit|dub|version|live|instrumental|acoustic|remaster(?:ed)?)\b.*)$"
)
# Remarks that name no other recording.
_NOISE = re.compile(
    r"\b(?:original|album|full length)?\s*(?:mix|version)$"
    r"|\b(?:remaster|remastered|explicit|mono|stereo|official|lyrics?|hq|hd)\b|\b(?:19|20)\d\d\b"
)
_PLAIN_VERSION = re.compile(r"(?:the )?(?:original|album)(?: (?:mix|version))?")
_MARKS = re.compile(r"[\W_]+")
_AND = re.compile(r"\s(?:&|\+|x|vs\.?|and|und|et|y)\s")


@dataclass(frozen=True, slots=True)
class _Name:
    """A name, ready to be compared: words in lower case without marks."""

    artist: str
    title: str
    version: str

    @property
    def words(self) -> str:
        """All words in the order of the alphabet, so that it does not matter who stands first."""
        return " ".join(sorted(f"{self.artist} {self.title}".split()))


class NameMatcher:
    """Finds artists and titles among others.

    names: artist (None where not known) and title of each track
    """

    def __init__(self, names: Iterable[tuple[str | None, str]]) -> None:
        self._names = [_name(artist, title) for artist, title in names]
        self._words = [name.words for name in self._names]
        self._rows: dict[_Name, list[int]] = {}
        for row, name in enumerate(self._names):
            self._rows.setdefault(name, []).append(row)

    def candidates(self, artist: str | None, title: str, *, thorough: bool = True) -> Iterator[tuple[int, float]]:
        """Rows that an artist (None where not known) and title may mean, each with its certainty 0-1.

        Where some have exactly this name, they alone.

        thorough: look at names that share no word with this one too, which takes some milliseconds among 100,000;
            a sure match shares one, unless every word is misspelt
        """
        from rapidfuzz import fuzz, process

        name, is_parted = _name(artist, title), artist is not None
        if not name.words:
            return
        if is_parted and name in self._rows:
            yield from ((row, 1.0) for row in self._rows[name])
            return
        near = process.extract(
            name.words,
            self._words if thorough else {row: self._words[row] for row in self._sharing(name)},
            scorer=fuzz.ratio,
            score_cutoff=_LEAST_ALIKE,
            limit=_MOST_CANDIDATES,
            processor=None,
        )
        for _, alike, row in near:
            other = self._names[row]
            yield row, _certainty(name, other) if is_parted else _versioned(alike / 100, name.version, other.version)

    def best(self, artist: str | None, title: str) -> tuple[int, float] | None:
        """The likeliest row and its certainty, the first of several alike; None where no name has anything of it."""
        row, certainty = max(self.candidates(artist, title), key=lambda found: found[1], default=(0, 0.0))
        return (row, certainty) if certainty > 0.0 else None

    def _sharing(self, name: _Name) -> set[int]:
        """Rows that share a word with a name: those of its rarest words, which tell most, and not too many."""
        found: set[int] = set()
        for rows in sorted((self._index.get(word, ()) for word in set(name.words.split())), key=len):
            if found and len(found) + len(rows) > _MOST_SHARING:
                break
            found.update(rows)
        return found

    @cached_property
    def _index(self) -> dict[str, array[int]]:
        found: dict[str, array[int]] = {}
        for row, words in enumerate(self._words):
            for word in set(words.split()):
                found.setdefault(word, array("L")).append(row)
        return found


def _certainty(a: _Name, b: _Name) -> float:
    swapped = _Name(a.title, a.artist, a.version)
    return max(_parts(a, b), _SWAPPED * _parts(swapped, b))


def _parts(a: _Name, b: _Name) -> float:
    from rapidfuzz import fuzz

    # Of several artists one side may name the first alone: a set within the other is nearly as good as the same.
    artist = max(fuzz.token_sort_ratio(a.artist, b.artist), 0.95 * fuzz.token_set_ratio(a.artist, b.artist))
    title = fuzz.token_sort_ratio(a.title, b.title)
    if min(artist, title) < _LEAST_HALF:
        return 0.0
    return _versioned((_ARTIST_SHARE * artist + (1 - _ARTIST_SHARE) * title) / 100, a.version, b.version)


def _versioned(certainty: float, a: str, b: str) -> float:
    from rapidfuzz import fuzz

    if a == b or (a and b and fuzz.token_sort_ratio(a, b) >= _SAME_VERSION):
        return certainty
    return certainty * _OTHER_VERSION


def _name(artist: str | None, title: str) -> _Name:
    plain, versions = title_parts(title)
    named = [words for version in versions if (words := plain_words(_without_noise(version)))]
    # A title of nothing but brackets or marks is one all the same.
    return _Name(
        artist=plain_artist(artist),
        title=plain_words(plain) or plain_words(folded(title)) or _joined(title),
        version=" ".join(named),
    )


def title_parts(title: str) -> tuple[str, list[str]]:
    """A title in lower case without guests, and what stands in brackets or behind a dash, as versions do."""
    plain = _GUESTS.sub(" ", folded(title))
    versions = _BRACKETS.findall(plain)
    plain = _BRACKETS.sub(" ", plain)
    if found := _TAIL.search(plain):
        versions.append(found[1])
        plain = plain[: found.start()]
    return plain, versions


def plain_artist(artist: str | None) -> str:
    """The words of an artist, without guests, and without what joins several."""
    return plain_words(_AND.sub(" ", f" {_GUESTS.sub(' ', folded(artist or ''))} ")) or _joined(artist)


def _without_noise(version: str) -> str:
    if _PLAIN_VERSION.fullmatch(version.strip()):
        return ""
    return re.sub(r"\b(?:19|20)\d\d\b", " ", _NOISE.sub(" ", version))


def plain_words(text: str) -> str:
    """Words without marks between them."""
    return _MARKS.sub(" ", text).strip()


def _joined(text: str | None) -> str:
    return "".join((text or "").split())
