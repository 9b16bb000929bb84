"""Compare artists and titles, with a certainty.

Spelling, accents, guests and remarks differ between lists. So names are compared by edit distance (RapidFuzz) after
removing text that does not identify the recording. A remix is a different recording, and another number in the title
another piece: names with different versions or numbers are never a sure match.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from map4.search.matching.numbers import NumberedTitle, folded_name, with_joined_initials

# The title weighs more because it distinguishes recordings of the same artist.
_ARTIST_SHARE = 0.4
# A different version of the right track: worth showing, never sure.
_OTHER_VERSION = 0.85
# "Symphony No. 6" for "Symphony No. 5": worth showing, never sure.
_OTHER_NUMBER = 0.85
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
_DASH = re.compile(r"\s[-–—]\s(?!(?:19|20)\d\d$)")
# Words that make a text after a dash a remark, as lists of streaming services write it.
_REMARK = re.compile(
    r"\b(?:mix|remix|edit|dub|version|live|instrumental|acoustic|unplugged|remaster(?:ed)?|demos?|extended|mono|stereo|bonus"
    r"|bootleg|rework|vip|refix|sessions?|outtake|karaoke|a ?cc?app?ella|explicit|slowed|sped up)\b"
    r"|\b(?:soundtrack|ost)$|^from (?:the .*\b(?:film|movie|motion picture|series|musical|game)\b|.*[\"“„«'‘])"
)
# Remarks that do not identify a different recording.
_NOISE = re.compile(
    r"\b(?:original|album|full length)?\s*(?:mix|version)$"
    r"|\b(?:(?:digital(?:ly)?\s)?remaster(?:ed)?(?:\sversion)?|explicit|mono|stereo|bonus(?:\stracks?)?|official|lyrics?|hq|hd)\b"
    r"|\b(?:19|20)\d\d\b"
)
# The film or series of a song: 'From "Frozen"/Soundtrack Version', '(From the Motion Picture "Frozen")'.
_SCORE = r"(?:soundtrack|motion picture|film|movie|series|musical|game|score|ost)"
_ORIGIN = re.compile(
    r"^(?:(?:music|song|theme|taken)\s)?from\s"
    rf"(?:[^\"]*\"(?P<quoted>[^\"]+)\"(?:[\s/,]*(?:the|original|{_SCORE})\b)*(?:\sversion)?|(?P<named>.*\b{_SCORE}\b.*))"
)
_QUOTES = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’", "'")})
_SINGLE_QUOTES = re.compile(r"(?<!\w)'(.+?)'(?!\w)")
_OF_ORIGIN = re.compile(rf"\b(?:the|original|{_SCORE})\b")
# "(Live 1995)" is another recording than "(Live 1997)"; the years of remasters and releases mean nothing.
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NO_YEARS = frozenset[str]()
# A part after a guest: "Title feat. Guest, Pt. 2".
_PART_AFTER_GUEST = re.compile(r"\b(?:pt|part|vol|volume|chapter)\b\.?\s*(?:\d+|[ivx]+|one|two|three|four|five)\b")
_PLAIN_VERSION = re.compile(r"(?:the )?(?:original|album)(?: (?:mix|version))?")
_MARKS = re.compile(r"[\W_]+")
_AND = re.compile(r"\s(?:&|\+|x|vs\.?|and|und|et|y)\s")
_CREDITS = re.compile(rf"{_AND.pattern}|\s(?:feat\.?|ft\.?|featuring|with|presents|pres\.?)\s|[,;/]")


@dataclass(frozen=True, slots=True)
class _Name:
    """A normalized name: lower-case words without punctuation.

    title: with numbers in their usual form
    years: the years of a version, such as a concert's
    origin: the film or series from which the song is
    letters: of the title as written, followed by the remarks
    """

    artist: str
    title: str
    version: str
    years: frozenset[str]
    origin: str
    numbered: NumberedTitle = field(compare=False)
    letters: str = field(compare=False)

    @property
    def words(self) -> str:
        """All words in alphabetical order, so that artist and title may be swapped."""
        return " ".join(sorted(f"{self.artist} {self.numbered.spelt}".split()))

    def whole(self) -> NumberedTitle:
        """The numbers of artist and title together, in any order."""
        own, title = NumberedTitle.of(self.artist), self.numbered
        return title._replace(spelt=f"{own.spelt} {title.spelt}", numbers=(*own.numbers, *title.numbers))


class NameMatcher:
    """Matches an artist and title against a list of names.

    names: artist (None if unknown) and title of each track
    """

    SURE, POSSIBLE = 0.9, 0.7
    """From `SURE` up a match is used without confirmation; below `POSSIBLE` it is rejected."""

    def __init__(self, names: Iterable[tuple[str | None, str]]) -> None:
        names = list(names)
        self._artists = [artist for artist, _ in names]
        self._names = [_name(artist, title) for artist, title in names]
        self._words = [name.words for name in self._names]
        self._rows: dict[_Name, list[int]] = {}
        for row, name in enumerate(self._names):
            self._rows.setdefault(name, []).append(row)

    def candidates(
        self, artist: str | None, title: str, *, thorough: bool = True, same_number: bool = False
    ) -> Iterator[tuple[int, float]]:
        """Rows that may match an artist (None if unknown) and title, each with its certainty 0-1.

        If rows have exactly this name, only these are returned.

        thorough: also compare names without a common word, which takes some milliseconds for 100,000 names; a sure
            match has a common word unless every word is misspelt
        same_number: leave out names with another number in the title, which are never sure
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
        rows = {row: alike for _, alike, row in near} | dict.fromkeys(self._credited(artist, name), 0.0)
        for row, alike in rows.items():
            certainty, is_other_number = _certainty(name, self._names[row], alike / 100, is_parted=is_parted)
            if not (same_number and is_other_number):
                yield row, certainty

    def best(self, artist: str | None, title: str, *, same_number: bool = False) -> tuple[int, float] | None:
        """The best row and its certainty, the first of equals; None without a candidate.

        same_number: as in `candidates`
        """
        candidates = self.candidates(artist, title, same_number=same_number)
        row, certainty = max(candidates, key=lambda candidate: candidate[1], default=(0, 0.0))
        return (row, certainty) if certainty > 0.0 else None

    def _credited(self, artist: str | None, name: _Name) -> Iterator[int]:
        """Rows with this title, also with its remarks elsewhere, of an artist who is named first or among others."""
        artists = credited_artists(artist)
        for title in {name.title, name.letters}:
            for row in self._titles.get(title, ()):
                if not artists.isdisjoint(credited_artists(self._artists[row])):
                    yield row

    @cached_property
    def _titles(self) -> dict[str, array[int]]:
        titles: dict[str, array[int]] = {}
        for row, name in enumerate(self._names):
            for title in {name.title, name.letters}:
                titles.setdefault(title, array("L")).append(row)
        return titles

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

    @staticmethod
    def is_other_number(title: str, other: str) -> bool:
        """True if a number shows that two titles name different pieces: "Intro Pt. 1" and "Intro Pt. 2"."""
        return _name(None, title).numbered.is_other_than(_name(None, other).numbered)


def _certainty(a: _Name, b: _Name, alike: float, *, is_parted: bool) -> tuple[float, bool]:
    """The certainty that two names mean the same, and whether the number in the title is another.

    alike: the similarity of all words, 0-1
    is_parted: whether artist and title of `a` are known
    """
    certainty = alike if not is_parted else max(straight := _parts(a, b), swapped := _SWAPPED * _swapped_parts(a, b))
    if is_parted and straight >= swapped:
        is_other = a.numbered.is_other_than(b.numbered)
    else:
        is_other = a.whole().is_other_than(b.whole(), in_order=False)
    if a.letters == b.letters:
        return certainty, False
    if not _is_same_version(a, b):
        certainty *= _OTHER_VERSION
    return certainty * (_OTHER_NUMBER if is_other else 1.0), is_other


def _parts(a: _Name, b: _Name) -> float:
    from rapidfuzz import fuzz

    titles = {(a.numbered.spelt, b.numbered.spelt), (a.title, b.title), (a.numbered.bare, b.numbered.bare)}
    # "Good Bye" is "Goodbye", and "T. N. T." is "TNT".
    is_same = _joined(a.title) == _joined(b.title) or a.letters == b.letters
    alike = 100.0 if is_same else max(fuzz.token_sort_ratio(*pair) for pair in titles)
    return _weighed(a.artist, b.artist, alike)


def _swapped_parts(a: _Name, b: _Name) -> float:
    from rapidfuzz import fuzz

    return _weighed(a.numbered.spelt, b.artist, fuzz.token_sort_ratio(a.artist, b.numbered.spelt))


def _weighed(artist: str, other: str, title: float) -> float:
    """The certainty of two artists and the similarity of two titles, 0-100."""
    from rapidfuzz import fuzz

    # One side may name only the first artist: a subset is nearly as good as the same set.
    alike = max(fuzz.token_sort_ratio(artist, other), 0.95 * fuzz.token_set_ratio(artist, other))
    if min(alike, title) < _LEAST_HALF:
        return 0.0
    return (_ARTIST_SHARE * alike + (1 - _ARTIST_SHARE) * title) / 100


def _is_same_version(a: _Name, b: _Name) -> bool:
    from rapidfuzz import fuzz

    if a.origin and b.origin and fuzz.token_set_ratio(a.origin, b.origin) < _SAME_VERSION:
        return False
    if a.version == b.version:
        return not a.years or not b.years or not a.years.isdisjoint(b.years)
    if not a.version or not b.version or fuzz.token_sort_ratio(a.version, b.version) < _SAME_VERSION:
        return False
    return not NumberedTitle.of(a.version).is_other_than(NumberedTitle.of(b.version))


def _name(artist: str | None, title: str) -> _Name:
    plain, versions = title_parts(title)
    named, years, origin = list[str](), _NO_YEARS, ""
    whole = plain_words(" ".join((plain, *versions)))
    for version in versions:
        version, of_version = _without_origin(version)
        origin = origin or of_version
        if _is_part(version):  # "Intro (Part 2)" is "Intro, Pt. 2"
            plain = f"{plain} {version}"
        elif words := plain_words(_without_noise(version)):
            named.append(words)
            if "remaster" not in version:
                years |= set(_YEAR.findall(version))
    title_numbers = NumberedTitle.of(plain)
    if not title_numbers.words:
        # A title that has only brackets or punctuation is still a title.
        title_numbers = NumberedTitle.of(title)
    if not title_numbers.words:
        joined = _joined(title)
        title_numbers = NumberedTitle(words=joined, spelt=joined, bare=joined)
    return _Name(
        artist=plain_artist(artist),
        title=title_numbers.words,
        version=" ".join(named),
        years=years,
        origin=origin,
        numbered=title_numbers,
        letters=_joined(whole or title_numbers.spelt),
    )


def _without_origin(version: str) -> tuple[str, str]:
    """A version without the film or series from which the song is, and that."""
    quoted = _SINGLE_QUOTES.sub(r'"\1"', version.strip().translate(_QUOTES))
    if not (match := _ORIGIN.match(quoted)):
        return version, ""
    origin = match["quoted"] or _OF_ORIGIN.sub(" ", match["named"])
    return quoted[match.end() :], plain_words(origin)


def _is_part(version: str) -> bool:
    """True if a text in brackets only numbers the piece: "Pt. 2", "II"; the year of a release does not."""
    return not _YEAR.search(version) and (
        version.strip() in ("i", "v", "x") or NumberedTitle.of(version).is_only_number
    )


def title_parts(title: str) -> tuple[str, list[str]]:
    """A lower-case title without guests, and the texts in brackets or after a dash, which may name a version."""
    plain = _GUESTS.sub(lambda guests: f" {' '.join(_PART_AFTER_GUEST.findall(guests[0]))} ", folded_name(title))
    versions = _BRACKETS.findall(plain)
    plain = _BRACKETS.sub(" ", plain)
    title, *parts = _DASH.split(plain)
    for place, part in enumerate(parts):
        if _REMARK.search(part.strip()):
            return " - ".join([title, *parts[:place]]), [*versions, *parts[place:]]
    return plain, versions


def plain_artist(artist: str | None) -> str:
    """The words of an artist name, without guests and joining words."""
    names = _AND.sub(" & ", f" {_GUESTS.sub(' ', folded_name(artist or ''))} ")
    return plain_words(with_joined_initials(names)) or _joined(artist)


@lru_cache(maxsize=2**14)
def credited_artists(artist: str | None) -> frozenset[str]:
    """The plain words of each artist in a text such as "A, B & C", without "the"."""
    names = (plain_artist(name).removeprefix("the ") for name in _CREDITS.split(f" {folded_name(artist or '')} "))
    return frozenset(filter(None, names))


def _without_noise(version: str) -> str:
    if _PLAIN_VERSION.fullmatch(version.strip()):
        return ""
    return re.sub(r"\b(?:19|20)\d\d\b", " ", _NOISE.sub(" ", version))


def plain_words(text: str) -> str:
    """Replace punctuation by single spaces."""
    return _MARKS.sub(" ", text).strip()


def _joined(text: str | None) -> str:
    return "".join((text or "").split())
