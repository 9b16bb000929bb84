"""Identify the song of a file and the version of the song.

Versions are compared as sets of words: files are never copies of each other if only one is a "radio edit", however
alike they sound. An instrumental or clean version differs only in few places.

A song is the main artist, without guests, and the title without its version: lists contain a song once. Where the work
is known, it is the artist, the work and the movement instead.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import folded
from map4.core.music.file_name import FileName
from map4.core.music.placeholders import Placeholder
from map4.core.music.recording import is_same_length
from map4.search.matching.names import plain_artist, plain_words, title_parts
from map4.search.matching.numbers import NumberedTitle

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

# Commands on lists load this module; importlib.resources would make them slower.
_FILE = os.path.join(os.path.dirname(__file__), "songs.toml")
_DATA = tomllib.loads(OnDisk(_FILE).read(most_bytes=100_000).decode())
_SPELLINGS: dict[str, str] = _DATA["spellings"]
_WORDS = {name: frozenset(words.split()) for name, words in _DATA["words"].items()}
WANTED_WORDS = _WORDS["wanted"]
"""Words of a query that ask for versions."""
_NO_WORDS = frozenset[str]()
_COUNTED_VERSION = re.compile(
    r"(?:(?:(?:\w+ )?version|ver|v|mix|remix|edit|dub) )?(?:\d{1,2}|i{1,3}|iv|two|three|four|five)"
)
# "(12")", and 'From "Frozen"' or "(From the Film …)".
_SIGN_OF_VERSION = re.compile(
    r"\d\s?(?:\"|''|”)|from\s.*(?:[\"“”„«]|\b(?:film|movie|picture|series|musical|game|soundtrack)\b)"
)
_YEAR = re.compile(r"19[2-9]\d|20[0-3]\d")
_SHORT_YEAR = re.compile(r"(?<=\w\s)['’](\d\d)$")
# Recognised at the end of a title without brackets; other words there are as often part of the title.
_BARE_END = re.compile(
    r"\s((?:radio|club|extended|single|original|album|dub|vocal|instrumental|acoustic|live)\s(?:edit|mix|version|remix|dub)"
    rf"|(?:(?:{_YEAR.pattern})\s)?(?:digital(?:ly)?\s)?remaster(?:ed)?(?:\sversion)?(?:\s(?:{_YEAR.pattern}))?"
    r"|instrumental|acapella|a cappella|remix|karaoke|acoustic|akustik|unplugged|demo|(?:en|ao) vivo"
    rf"|live(?:\s(?:at|from|aus)\s.+|\s(?:in|on)\s[^ ]+)?|{_YEAR.pattern})$"
)
_UMLAUT = re.compile("([aou])e")
_ROMAN = re.compile("[ivx]+|no|nr")
_STEMS = re.compile(r"[.\-_ (\[](?:stems?)[)\]]?(?:\.\w{3,4})?$", re.IGNORECASE)
# Cached, as an artist has many tracks.
_plain_artist = lru_cache(2**14)(plain_artist)


@dataclass(frozen=True, slots=True)
class SongName:
    """Artist, title and version of a file.

    artist, title: plain words; the artist is empty if unknown
    version: words that identify the version; empty for a version without a name
    remixer: words of the version that name a remixer
    """

    artist: str
    title: str
    version: frozenset[str]
    remixer: frozenset[str] = _NO_WORDS

    @property
    def key(self) -> tuple[str, str]:
        """Artist and title as all spellings have them: of "Beatles, The" as of "The Beatles"."""
        return _artist_words(self.artist), _UMLAUT.sub(r"\1", NumberedTitle.of(self.title).bare)

    @classmethod
    def of(
        cls,
        artist: str | None,
        title: str | None,
        path: str,
        folded_title: str | None = None,
        advisory: str | None = None,
    ) -> SongName:
        """Read artist, title and version from the tags, or from the file name if there is no title.

        folded_title: the title, folded; None if it must be folded here
        advisory: "clean" is a version; an explicit track is often the original, and seldom marked in all its copies
        """
        if not title:
            artist, title = FileName(display_path(path)).names(artist)
            title = _STEMS.sub("", title) or title
        own = _plain_artist(artist and artist.partition("; ")[0])
        words, versions, remixer = _simple_title(folded_title or folded(title)) or _parts_of(title, own)
        if is_stems(path):
            versions = (*versions, "stem")
        if advisory == "clean":
            versions = (*versions, advisory)
        return cls(artist=own, title=words, version=_version_words(versions), remixer=remixer)


# Not frozen: a list reads thousands of them.
@dataclass(slots=True)
class Song:
    """The song of a track, and which of its versions the track is.

    key: main artist and base title; empty if either is unknown
    is_common: the title is as common as "Intro" or "Allegro": only tracks of the same length are the same song
    year: at the end of the title, as in "Blue Monday 1988"; empty without one
    remixer: words that name a remixer
    rank: 0 studio original, 1 its remaster or edition, 2 other versions
    work: main artist, work, and movement, or base title if that is unknown; empty without a work
    """

    key: str
    is_common: bool
    year: str
    remixer: frozenset[str]
    rank: int
    work: str = ""

    @classmethod
    def of(
        cls, artist: str | None, title: str | None, path: str = "", remixer: str | None = None,
        work: str | None = None, movement: str | None = None,
    ) -> Song:  # fmt: skip
        """The song of these names, or of the name of a file without a title.

        remixer: the name of a remixer or mix
        movement: its number in the work, or its name
        """
        name = SongName.of(artist, title, path)
        own, words = name.key
        is_unknown = artist and Placeholder.is_one(artist) and not Placeholder.may_be_a_name(artist)
        year = next(iter(name.version)) if len(name.version) == 1 and (title or "")[-1:].isdigit() else ""
        others = any(word not in _WORDS["as_original"] and not word.isdigit() for word in name.version)
        piece, part = (plain_words(folded(text)) if text else "" for text in (work, movement))
        return cls(
            key=f"{own}\n{words}" if own else "",
            is_common=bool(is_unknown) or _is_common(name.title),
            year=year if _YEAR.fullmatch(year) else "",
            remixer=name.remixer | _named(plain_words(folded(remixer)), name.artist) if remixer else name.remixer,
            rank=2 if others else 1 if name.version else 0,
            work=f"{own}\n{piece}\n{part or words}" if own and piece else "",
        )

    @classmethod
    def of_track(cls, track: Track) -> Song:
        movement = track.value("movement_number") or track.value("movement")
        return cls.of(
            track.artist(), track.title(), track.path, track.value("remixer") or track.value("mix"),
            track.value("work"), movement and str(movement),
        )  # fmt: skip

    def is_same_as(self, other: Song, length_s: float | None, other_s: float | None) -> bool:
        """True if two tracks of these lengths are the same song; an unknown length matches any."""
        if self.work and other.work:
            return self.work == other.work
        if not self.key or self.key != other.key or (self.year and other.year and self.year != other.year):
            return False
        return not self.is_common or is_same_length(length_s, other_s)


class SongSet:
    """Songs that were seen, each with its first item.

    own_remixes: the remix of another remixer is a separate song
    """

    def __init__(self, *, own_remixes: bool = False) -> None:
        self._own_remixes = own_remixes
        self._by_key: dict[tuple[str, frozenset[str]], list[tuple[Song, float | None, int]]] = {}

    def add(self, song: Song, length_s: float | None, item: int = 0) -> int | None:
        """The item of the same song; None if the song is new, and is then added."""
        if not song.key:
            return None
        remixer = song.remixer if self._own_remixes else _NO_WORDS
        seen = [self._by_key.setdefault((key, remixer), []) for key in (song.key, song.work) if key]
        for other, other_s, first in chain.from_iterable(seen):
            if song.is_same_as(other, length_s, other_s):
                return first
        for songs in seen:
            songs.append((song, length_s, item))
        return None


def song_numbers(songs: Iterable[Song | None], *, own_remixes: bool = False) -> list[int]:
    """Numbers of songs from 0 on, equal for versions of a song by its title; -1 unknown.

    own_remixes: the remix of another remixer is a separate song
    """
    listed = list(songs)
    keys = [known and (known.key, known.remixer if own_remixes else _NO_WORDS) for known in listed]
    # "Blue Monday 1988" is a version of "Blue Monday", "Summer 1968" none of "Summer 1969".
    plain = {key for key, known in zip(keys, listed, strict=True) if known and not known.year}
    numbers: dict[object, int] = {}
    return [
        numbers.setdefault(key if key in plain else (key, known.year), len(numbers)) if known and known.key else -1
        for key, known in zip(keys, listed, strict=True)
    ]


def work_numbers(songs: Iterable[Song | None], *, own_remixes: bool = False) -> list[int]:
    """The same for songs by their work, which decides between two songs whose works are known."""
    numbers: dict[object, int] = {}
    return [
        numbers.setdefault((known.work, own_remixes and known.remixer), len(numbers)) if known and known.work else -1
        for known in songs
    ]


def is_stems(path: str) -> bool:
    """Return True if a file is named as stems ("Song.stem.mp4"): its first stream is the whole mix."""
    return "stem" in path.lower() and _STEMS.search(os.path.basename(path)) is not None


_Parts = tuple[str, Sequence[str], frozenset[str]]
"""The words of a title, of its version, and of a remixer in it."""


def _simple_title(folded_title: str) -> _Parts | None:
    """The words of a title without any mark or word that needs a second look, which most titles are."""
    words = folded_title.split()
    if not "".join(words).isalnum() or _WORDS["special"].intersection(words) or words[-1].isdigit():
        return None
    return " ".join(words), (), _NO_WORDS


def _parts_of(title: str, artist: str) -> _Parts:
    plain, brackets = title_parts(title)
    versions: list[str] = []
    remixer: set[str] = set()

    def is_version(text: str) -> bool:
        tokens = plain_words(text.replace("re-", "re")).split()
        is_of_song = _is_version(tokens) or _SIGN_OF_VERSION.match(text.strip()) is not None
        if not is_of_song and _WORDS["other_pieces"].isdisjoint(tokens):
            return False
        versions.extend(tokens)  # a piece such as a reprise is no copy of the song either
        if not _WORDS["remixes"].isdisjoint(tokens):
            remixer.update(_named(" ".join(tokens), artist))
        return is_of_song

    for bracket in brackets:
        if not is_version(bracket):
            plain = f"{plain} {bracket}"
    before, dash, tail = plain.rpartition(" - ")
    if dash and is_version(tail):
        plain = before
    head, dash, tail = plain.partition(" - ")
    plain = (tail if dash and plain_words(head) == artist else plain).strip()
    words = plain_words(_SHORT_YEAR.sub(lambda year: f"{20 if year[1] < '30' else 19}{year[1]}", plain))
    while (match := _BARE_END.search(words)) and words[: match.start()].rpartition(" ")[2] not in _WORDS[
        "before_own_word"
    ]:
        versions += match[1].split()
        words = words[: match.start()]
    return words or plain_words(folded(title)) or title.strip(), versions, frozenset(remixer)


def _named(words: str, artist: str) -> frozenset[str]:
    """The words of a version that name a remixer: not what every version has, nor the artist."""
    known = _WORDS["versions"] | _WORDS["fillers"] | frozenset(artist.split())
    return frozenset(word for word in words.split() if word not in known and not word.isdigit())


def _is_version(tokens: Sequence[str]) -> bool:
    """True for the words of a version: "live at wembley", not "part 2", "reprise" or "version 2"."""
    words = frozenset(tokens)
    if not _WORDS["pieces"].isdisjoint(words) or _COUNTED_VERSION.fullmatch(" ".join(tokens)):
        return False
    if not _WORDS["openings"].isdisjoint(words):
        return not _WORDS["of_djs"].isdisjoint(words)
    return not _WORDS["versions"].isdisjoint(words) or (all(map(_YEAR.fullmatch, tokens)) and bool(tokens))


def _version_words(words: Sequence[str]) -> frozenset[str]:
    if not words:
        return _NO_WORDS
    kinds = {_SPELLINGS.get(word, word) for word in words} - _WORDS["fillers"]
    # "(Foo Remix)" and "(Foo Mix)" are the same version; "(Remix)" without a name is a version too.
    return frozenset(kinds - {"remix"} if kinds - {"remix"} else kinds)


@lru_cache(2**14)
def _artist_words(artist: str) -> str:
    return _UMLAUT.sub(r"\1", " ".join(sorted(set(artist.split()) - {"the"}))) or artist


def _is_common(title: str) -> bool:
    words = [word for word in title.split() if not word.isdigit()]
    if len(words) < 2:
        return bool(words) and (words[0] in _WORDS["common"] or words[0] in _WORDS["movements"])
    return _WORDS["of_games"].issuperset(words) or all(
        word in _WORDS["movements"] or _ROMAN.fullmatch(word) for word in words
    )
