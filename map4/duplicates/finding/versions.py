"""Identify the song of a file and the version of the song.

Versions are compared as sets of words: files are never copies of each other if only one is a "radio edit", however
alike they sound. An instrumental or clean version differs only in few places.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from map4.core.base.paths import display_path
from map4.core.base.text import folded
from map4.core.music.file_name import names_of_file
from map4.search import plain_artist, plain_words, title_parts

# Text in brackets names a version only if it has one of these words; otherwise it is part of the title, "(Part 2)".
_VERSION_WORDS = frozenset({
    "remix", "rmx", "mix", "edit", "edition", "version", "vip", "bootleg", "mashup", "rework", "reworked", "refix",
    "flip", "dub", "remaster", "remastered", "live", "unplugged", "session", "sessions", "concert", "acoustic",
    "instrumental", "karaoke", "acapella", "acappella", "capella", "cappella", "vocal", "vocals", "demo", "take",
    "alternate", "alternative", "outtake", "extended", "radio", "club", "clean", "explicit", "dirty", "censored",
    "uncensored", "single", "album", "original", "short", "long", "reprise", "cover", "slowed", "reverb", "sped",
    "nightcore", "mono", "stereo", "intro", "tool", "beatless", "orchestral", "symphonic", "piano", "stem", "stems",
})  # fmt: skip
# These words carry no meaning: every version is a mix or version, and the original or album version has no name.
_FILLERS = frozenset({
    "the", "a", "an", "of", "in", "at", "on", "by", "from", "for", "with", "and", "original", "album", "mix",
    "version", "stereo", "full", "length",
})  # fmt: skip
_SPELLINGS = {
    "rmx": "remix", "remastered": "remaster", "reworked": "rework", "sessions": "session", "vocals": "vocal",
    "acappella": "acapella", "capella": "acapella", "cappella": "acapella", "dirty": "explicit",
    "uncensored": "explicit", "censored": "clean", "stems": "stem",
}  # fmt: skip
# Recognised at the end of a title without brackets; other words there are as often part of the title.
_BARE_END = re.compile(
    r"\s((?:radio|club|extended|single|original|album|dub|vocal|instrumental)\s(?:edit|mix|version|remix|dub)"
    r"|instrumental|acapella|a cappella|remix|karaoke)$"
)
# Words at the end of a version and before a guest: titles with any are parsed in full.
_SPECIAL = frozenset({"feat", "ft", "featuring", "edit", "mix", "version", "remix", "dub", "instrumental", "acapella",
                      "cappella", "karaoke"})  # fmt: skip
_NO_WORDS = frozenset[str]()
_NUMBERS_OF_NAME = re.compile(r"^(?:disc\s*)?(?:(\d{1,2})[-.])?([a-h]?\d{1,3})(?=\s*[.\-_)]|\s)", re.IGNORECASE)
_STEMS = re.compile(r"[.\-_ (\[](?:stems?)[)\]]?(?:\.\w{3,4})?$", re.IGNORECASE)
# Cached, as an artist has many tracks.
_plain_artist = lru_cache(2**14)(plain_artist)


@dataclass(frozen=True, slots=True)
class SongName:
    """Artist, title and version of a file.

    artist, title: plain words; the artist is empty if unknown
    version: words that identify the version; empty for a version without a name
    """

    artist: str
    title: str
    version: frozenset[str]


def is_stems(path: str) -> bool:
    """Return True if a file is named as stems ("Song.stem.mp4"): its first stream is the whole mix."""
    return "stem" in path.lower() and _STEMS.search(os.path.basename(path)) is not None


def numbers_of_name(path: str) -> tuple[str, str] | None:
    """Return disc (empty if unknown) and track from the start of a file name ("2-03 Song.flac", "B1 Song.flac")."""
    match = _NUMBERS_OF_NAME.match(os.path.basename(path))
    return None if match is None else ((match[1] or "").lstrip("0"), match[2].casefold().lstrip("0"))


def song_name(
    artist: str | None, title: str | None, path: str, folded_title: str | None = None, advisory: str | None = None
) -> SongName:
    """Read artist, title and version from the tags, or from the file name if there is no title.

    folded_title: the title, folded; None if it must be folded here
    advisory: "clean" is a version; an explicit track is often the original, and seldom marked in all its copies
    """
    if not title:
        artist, title = names_of_file(display_path(path), artist)
        title = _STEMS.sub("", title) or title
    words, versions = _simple_title(folded_title or folded(title)) or _parts_of(title)
    if is_stems(path):
        versions = (*versions, "stem")
    if advisory == "clean":
        versions = (*versions, advisory)
    return SongName(artist=_plain_artist(artist), title=words, version=_version_words(versions))


def _simple_title(folded_title: str) -> tuple[str, Sequence[str]] | None:
    """The words of a title without any mark or word that needs a second look, which most titles are."""
    words = folded_title.split()
    return None if not "".join(words).isalnum() or _SPECIAL.intersection(words) else (" ".join(words), ())


def _parts_of(title: str) -> tuple[str, Sequence[str]]:
    """The words of a title, and those that identify its version."""
    plain, brackets = title_parts(title)
    versions: list[str] = []
    for bracket in brackets:
        tokens = plain_words(bracket).split()
        if _VERSION_WORDS.isdisjoint(tokens):
            plain = f"{plain} {bracket}"
        else:
            versions += tokens
    before, dash, tail = plain.rpartition(" - ")
    if dash and not _VERSION_WORDS.isdisjoint(plain_words(tail).split()):
        versions += plain_words(tail).split()
        plain = before
    words = plain_words(plain)
    if match := _BARE_END.search(words):
        versions += match[1].split()
        words = words[: match.start()]
    return words or plain_words(folded(title)) or title.strip(), versions


def _version_words(words: Sequence[str]) -> frozenset[str]:
    if not words:
        return _NO_WORDS
    kinds = {_SPELLINGS.get(word, word) for word in words} - _FILLERS
    # "(Foo Remix)" and "(Foo Mix)" are the same version; "(Remix)" without a name is a version too.
    return frozenset(kinds - {"remix"} if kinds - {"remix"} else kinds)
