"""Artist and title by the name of a file, for tracks without a title."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import ClassVar

from map4.core.base.text import words_of
from map4.core.music.placeholders import Placeholder

# "03 ", "12. ", "1-03 - "; "12 " may begin an artist, and 311 is a band.
_TRACK_NUMBER = re.compile(
    r"^(?:\d{1,2}-\d{1,2}[.)-]*\s+|\d{1,3}[.)-]+(?!\d)\s*|0\d{1,2}\s+|\d{1,2}\s+(?=[-–—]\s))(?:[-–—]\s+)?"
)
# "02-Ann Smith-The Song", but not "04-Semi-Charmed Life".
_UNSPACED = re.compile(r"^(\d{1,3}-[^-\s]+\s[^-]+)-([^-\s]+\s[^-]+)$")
# "Title (www.site.com)", "Title [site.net]", "Title - www.site.com".
_SITE = re.compile(
    r"\s*[(\[{]\s*(?:https?://|www\.)?[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|biz|ru|cc|me|to|example)\s*[)\]}]"
    r"|\s*[(\[{]\s*(?:https?://|www\.)[^)\]}]*[)\]}]|\s+(?:[-–—]\s+)?(?:https?://|www\.)\S+$",
    re.IGNORECASE,
)
_TEMPO_AND_KEY = re.compile(
    r"\s+[(\[]?(?:\d{2,3}(?:\s?bpm)?\s?[-–/|]\s?(?:0?[1-9]|1[0-2])[ab]|(?:0?[1-9]|1[0-2])[ab]\s?[-–/|]\s?\d{2,3})[)\]]?$",
    re.IGNORECASE,
)
_PERHAPS_NUMBER = re.compile(r"^\d{1,3}\s+(?=\S)")  # "50 Cent"


@dataclass(frozen=True, slots=True)
class FileName:
    """The name of a file, by its path."""

    path: str

    # Between parts of a name; a title may have a dash too, an artist rarely.
    DASH: ClassVar = re.compile(r" +[-–—] +")

    def names(self, artist: str | None, title: str | None = None) -> tuple[str | None, str]:
        """Return artist (None if unknown) and title of the file; without a title, by its name as `possible`.

        Placeholders are no names; a title "Track 10" is kept unless the name of the file has another, and an artist
        "Artist" if the title is a name.
        """
        if artist and Placeholder.is_one(artist):
            artist = artist if title and Placeholder.may_be_a_name(artist) and not Placeholder.is_one(title) else None
        if title and not (Placeholder.is_one(title) and self.DASH.search(self.stem())):
            return artist, title
        return self.possible(artist)[0]

    def possible(self, artist: str | None) -> list[tuple[str | None, str]]:
        """Return artist and title by the name of a file such as `03 Artist - Title.mp3`, the likelier first.

        A part that is a number is a track or a year; between artist and title, it follows the album. If the artist is
        known, a name that begins with another is a title.
        """
        stem = self.stem()
        whole = _TRACK_NUMBER.sub("", stem) or stem
        first, *others = self.DASH.split(whole)
        if others and "." in first and Placeholder.is_one(first):  # the site of a downloader
            return [(artist, " - ".join(others))]
        if len(others) > 1 and (first.isdigit() or Placeholder.is_doubtful(first)):
            first, *others = others
        mine, theirs = set(words_of(first).split()), set(words_of(artist or "").split())
        if not others or (artist and not (mine <= theirs or theirs <= mine)):
            return [(artist, whole)]
        number = next((at for at, part in enumerate(others[:-1]) if part.isdigit()), -1)
        title = " - ".join(others[number + 1 :])
        artists = dict.fromkeys((first, _PERHAPS_NUMBER.sub("", first)))
        return [(artist or (None if Placeholder.is_doubtful(name) else name), title) for name in artists]

    def stem(self) -> str:
        """The name without suffix, underscores and web sites."""
        stem = os.path.splitext(os.path.basename(self.path))[0].replace("_", " ").strip()
        return _UNSPACED.sub(r"\1 - \2", _SITE.sub("", stem).strip() or stem)

    def has_site(self) -> bool:
        return _SITE.search(os.path.splitext(os.path.basename(self.path))[0]) is not None


def without_additions(title: str) -> str:
    """A title without the site, tempo and key that DJ pools add: "Title [www.site.com]", "Title 128 - 8A"."""
    return _TEMPO_AND_KEY.sub("", _SITE.sub("", title)).strip() or title
