"""Lists of wanted tracks ("artist - title"): which of them a library has, and how sure that is.

Names of music differ in spelling, accents, guests and remarks from one list to the next, so that they are compared by
edit distance (RapidFuzz) after what says nothing about the recording is taken off. A remix is another recording: where
one side names a version and the other does not, or another one, it is never a sure match.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from map4.domain.text import folded
from map4.errors import UsageError

Verdict = Literal["found", "uncertain", "missing"]

FOUND, UNCERTAIN = 0.9, 0.7
"""Least certainty of each verdict; `benchmarks/library.py` measures how often they are right."""

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
# Below this, one half of the name is somebody else's, however alike the other half is.
_LEAST_HALF = 60.0

_GUESTS = re.compile(r"[(\[]?\b(?:feat|ft|featuring)\b\.?\s[^)\]]*[)\]]?|[(\[]with\s[^)\]]*[)\]]")
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
_NUMBERING = re.compile(r"^\s*(?:\[?\d{1,2}:\d{2}(?::\d{2})?\]?|\d{1,3}[.)])\s+")
_SEPARATOR = re.compile(r"\s+[-–—]\s+|\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line of a list.

    Parameters
    ----------
    line : its number, from 1
    text : as it stands there
    artist : None where the line does not part it from the title
    title : of the track
    """

    line: int
    text: str
    artist: str | None
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What the library has of a wanted track.

    Parameters
    ----------
    wanted : the line
    verdict : "found" from `FOUND` certainty, "uncertain" from `UNCERTAIN`, else "missing"
    certainty : 0-1 that the best candidate is what was meant; None where there is no candidate
    row : of the best candidate among the names; None where it is missing
    """

    wanted: Wanted
    verdict: Verdict
    certainty: float | None
    row: int | None


def read_wanted(text: str) -> list[Wanted]:
    """Read a list: lines "artist - title", or CSV whose first line names an artist and a title column.

    Empty lines and those that begin with # are passed over, numbers and times before a line too.

    Raises
    ------
    UsageError
        If it holds NUL bytes, which no list does.
    """
    if "\0" in text:
        raise UsageError("this is no list of tracks: it holds NUL bytes")
    lines = text.removeprefix("\ufeff").splitlines()
    head = next((line for line in lines if line.strip()), "")
    for delimiter in (",", ";", "\t"):
        names = [name.strip().strip('"').lower() for name in head.split(delimiter)]
        if "artist" in names and "title" in names:
            return _from_csv(text.removeprefix("\ufeff"), delimiter, names.index("artist"), names.index("title"))
    return [_from_line(number, line) for number, line in enumerate(lines, start=1) if _is_wanted(line)]


def _is_wanted(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _from_line(number: int, line: str) -> Wanted:
    plain = _NUMBERING.sub("", line.strip())
    artist, *rest = _SEPARATOR.split(plain, maxsplit=1)
    title = rest[0].strip() if rest else ""
    if not title or not artist:
        return Wanted(line=number, text=line.strip(), artist=None, title=plain)
    return Wanted(line=number, text=line.strip(), artist=artist.strip(), title=title)


def _from_csv(text: str, delimiter: str, artist: int, title: int) -> list[Wanted]:
    found: list[Wanted] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if len(row) > max(artist, title) and row[title].strip() and reader.line_num > 1:
                name = row[artist].strip()
                shown = f"{name} - {row[title].strip()}" if name else row[title].strip()
                found.append(Wanted(line=reader.line_num, text=shown, artist=name or None, title=row[title].strip()))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num} of the list is no CSV: {error}") from None
    # The head is the first line that is not empty.
    return [wanted for wanted in found if wanted.title.lower() != "title" or (wanted.artist or "").lower() != "artist"]


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


class Matcher:
    """Finds wanted tracks among names.

    Parameters
    ----------
    names : artist (None where not known) and title of each track
    """

    def __init__(self, names: Iterable[tuple[str | None, str]]) -> None:
        self._names = [_name(artist, title) for artist, title in names]
        self._words = [name.words for name in self._names]
        self._rows: dict[_Name, list[int]] = {}
        for row, name in enumerate(self._names):
            self._rows.setdefault(name, []).append(row)

    def matches(self, wanted: Sequence[Wanted]) -> Iterator[Match]:
        """The best candidate for each line, in their order; the first of several alike."""
        for line in wanted:
            row, certainty = self._best(_name(line.artist, line.title), is_parted=line.artist is not None)
            verdict: Verdict = "found" if certainty >= FOUND else "uncertain" if certainty >= UNCERTAIN else "missing"
            yield Match(
                wanted=line,
                verdict=verdict,
                certainty=None if row is None else round(certainty, 3),
                row=None if verdict == "missing" else row,
            )

    def candidates(self, artist: str | None, title: str, *, thorough: bool = True) -> list[tuple[int, float]]:
        """Rows that an artist (None where not known) and title may mean, each with its certainty 0-1.

        Where some have exactly this name, they alone.

        Parameters
        ----------
        thorough : look at names that share no word with this one too, which takes some milliseconds among 100,000;
            a sure match shares one, unless every word is misspelt
        """
        return list(self._candidates(_name(artist, title), is_parted=artist is not None, thorough=thorough))

    def _best(self, name: _Name, *, is_parted: bool) -> tuple[int | None, float]:
        best: tuple[int | None, float] = (None, 0.0)
        for row, certainty in self._candidates(name, is_parted=is_parted):
            if certainty > best[1]:
                best = (row, certainty)
        return best

    def _candidates(self, name: _Name, *, is_parted: bool, thorough: bool = True) -> Iterator[tuple[int, float]]:
        from rapidfuzz import fuzz, process

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
            yield row, _certainty(name, self._names[row]) if is_parted else _whole(name, self._names[row], alike)

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


def _whole(a: _Name, b: _Name, alike: float) -> float:
    return _versioned(alike / 100, a.version, b.version)


def _versioned(certainty: float, a: str, b: str) -> float:
    from rapidfuzz import fuzz

    if a == b or (a and b and fuzz.token_sort_ratio(a, b) >= _SAME_VERSION):
        return certainty
    return certainty * _OTHER_VERSION


def _name(artist: str | None, title: str) -> _Name:
    plain = _GUESTS.sub(" ", folded(title))
    versions = _BRACKETS.findall(plain)
    plain = _BRACKETS.sub(" ", plain)
    if found := _TAIL.search(plain):
        versions.append(found[1])
        plain = plain[: found.start()]
    named = [words for version in versions if (words := _words(_without_noise(version)))]
    who = _AND.sub(" ", f" {_GUESTS.sub(' ', folded(artist or ''))} ")
    # A title of nothing but brackets or marks is one all the same.
    return _Name(_words(who) or _kept(artist), _words(plain) or _words(folded(title)) or _kept(title), " ".join(named))


def _without_noise(version: str) -> str:
    return (
        "" if _PLAIN_VERSION.fullmatch(version.strip()) else re.sub(r"\b(?:19|20)\d\d\b", " ", _NOISE.sub(" ", version))
    )


def _words(text: str) -> str:
    return _MARKS.sub(" ", text).strip()


def _kept(text: str | None) -> str:
    return "".join((text or "").split())
