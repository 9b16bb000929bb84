"""Compare artists and titles, with a certainty.

Spelling, accents, guests and remarks differ between lists. So names are compared by edit distance (RapidFuzz) after
removing text that does not identify the recording. A remix is a different recording: names with different versions are
never a sure match.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from map4.base.text import folded

SURE, POSSIBLE = 0.9, 0.7
"""From `SURE` up a match is used without confirmation; below `POSSIBLE` it is rejected."""

# The title weighs more because it distinguishes recordings of the same artist.
_ARTIST_SHARE = 0.4
# A different version of the right track: worth showing, never sure.
_OTHER_VERSION = 0.85
# Swapped order "title - artist", which is rare in lists.
_SWAPPED = 0.97
# The minimum similarity of version names that mean the same version.
_SAME_VERSION = 80.0
# The minimum overall similarity of candidates, and how many are compared in detail.
_LEAST_ALIKE, _MOST_CANDIDATES = 60.0, 25
# Common words are skipped beyond this number of rows.
_MOST_SHARING = 3000
# If the artist or title similarity is lower, it is a different track.
_LEAST_HALF = 60.0

# Stops before a version: "Title feat. Guest (Dub)", "Title feat. Guest - Radio Edit".
_GUESTS = re.compile(
    r"[(\[]\s*(?:feat|ft|featuring|with)\b\.?\s[^)\]]*[)\]]?"
    r"|\b(?:feat|ft|featuring)\b\.?\s(?:(?!\s[-–—]\s)[^()\[\]])*"
)
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TAIL = re.compile(
    r"\s[-–—]\s([^-–—]*\b(?:mix|remix|edit|dub|version|live|instrumental|acoustic|remaster(?:ed)?)\b.*)$"
)
# Remarks that do not identify a different recording.
_NOISE = re.compile(
    r"\b(?:original|album|full length)?\s*(?:mix|version)$"
    r"|\b(?:remaster|remastered|explicit|mono|stereo|official|lyrics?|hq|hd)\b|\b(?:19|20)\d\d\b"
)
_PLAIN_VERSION = re.compile(r"(?:the )?(?:original|album)(?: (?:mix|version))?")
_MARKS = re.compile(r"[\W_]+")
_AND = re.compile(r"\s(?:&|\+|x|vs\.?|and|und|et|y)\s")


@dataclass(frozen=True, slots=True)
class _Name:
    """A normalized name: lower-case words without punctuation."""

    artist: str
    title: str
    version: str

    @property
    def words(self) -> str:
        """All words in alphabetical order, so that artist and title may be swapped."""
        return " ".join(sorted(f"{self.artist} {self.title}".split()))


class NameMatcher:
    """Matches an artist and title against a list of names.

    names: artist (None if unknown) and title of each track
    """

    def __init__(self, names: Iterable[tuple[str | None, str]]) -> None:
        self._names = [_name(artist, title) for artist, title in names]
        self._words = [name.words for name in self._names]
        self._rows: dict[_Name, list[int]] = {}
        for row, name in enumerate(self._names):
            self._rows.setdefault(name, []).append(row)

    def candidates(self, artist: str | None, title: str, *, thorough: bool = True) -> Iterator[tuple[int, float]]:
        """Rows that may match an artist (None if unknown) and title, each with its certainty 0-1.

        If rows have exactly this name, only these are returned.

        thorough: also compare names without a common word, which takes some milliseconds for 100,000 names; a sure
            match has a common word unless every word is misspelt
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
        """The best row and its certainty, the first of equals; None without a candidate."""
        row, certainty = max(self.candidates(artist, title), key=lambda candidate: candidate[1], default=(0, 0.0))
        return (row, certainty) if certainty > 0.0 else None

    def _sharing(self, name: _Name) -> set[int]:
        """Rows that share a word with a name, rarest words first, up to about `_MOST_SHARING` rows."""
        sharing: set[int] = set()
        for rows in sorted((self._index.get(word, ()) for word in set(name.words.split())), key=len):
            if sharing and len(sharing) + len(rows) > _MOST_SHARING:
                break
            sharing.update(rows)
        return sharing

    @cached_property
    def _index(self) -> dict[str, array[int]]:
        index: dict[str, array[int]] = {}
        for row, words in enumerate(self._words):
            for word in set(words.split()):
                index.setdefault(word, array("L")).append(row)
        return index


def _certainty(a: _Name, b: _Name) -> float:
    swapped = _Name(a.title, a.artist, a.version)
    return max(_parts(a, b), _SWAPPED * _parts(swapped, b))


def _parts(a: _Name, b: _Name) -> float:
    from rapidfuzz import fuzz

    # One side may name only the first artist: a subset is nearly as good as the same set.
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
    # A title that has only brackets or punctuation is still a title.
    return _Name(
        artist=plain_artist(artist),
        title=plain_words(plain) or plain_words(folded(title)) or _joined(title),
        version=" ".join(named),
    )


def title_parts(title: str) -> tuple[str, list[str]]:
    """A lower-case title without guests, and the texts in brackets or after a dash, which may name a version."""
    plain = _GUESTS.sub(" ", folded(title))
    versions = _BRACKETS.findall(plain)
    plain = _BRACKETS.sub(" ", plain)
    if match := _TAIL.search(plain):
        versions.append(match[1])
        plain = plain[: match.start()]
    return plain, versions


def plain_artist(artist: str | None) -> str:
    """The words of an artist name, without guests and joining words."""
    return plain_words(_AND.sub(" ", f" {_GUESTS.sub(' ', folded(artist or ''))} ")) or _joined(artist)


def _without_noise(version: str) -> str:
    if _PLAIN_VERSION.fullmatch(version.strip()):
        return ""
    return re.sub(r"\b(?:19|20)\d\d\b", " ", _NOISE.sub(" ", version))


def plain_words(text: str) -> str:
    """Replace punctuation by single spaces."""
    return _MARKS.sub(" ", text).strip()


def _joined(text: str | None) -> str:
    return "".join((text or "").split())
