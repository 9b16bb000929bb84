"""Lyrics, with the times of their lines if known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from map4.base.records import Record
from map4.base.text import folded
from map4.music.languages import language_of

_TIME = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:,](\d{1,3}))?\]")
_WORD_TIME = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:,]\d{1,3})?>|" + _TIME.pattern)
# Tags of LRC; other lines in square brackets are headings, such as [Chorus: Rihanna].
_HEAD = re.compile(r"\[(ti|ar|al|au|lr|by|offset|length|re|tool|ve|la|bg|id|hash|sign|total|kana|#):([^\]]*)\]", re.I)
_MOST_LETTERS = 50_000
"""The longest operas have as many; the rest is not searched."""
_UNSPACED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])")
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LyricLine(Record):
    """start_ms: start time; None if unknown."""

    start_ms: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lyrics(Record):
    """language: an ISO 639 code; None if unknown."""

    language: str | None
    lines: tuple[LyricLine, ...]

    @property
    def is_synced(self) -> bool:
        return self.lines[0].start_ms is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLyrics:
    """What the library stores of the lyrics of a file, or of a file without any.

    words: folded, for the search; empty without lyrics
    language: as `map4.music.languages` has it; None without lyrics
    beside: the state of the lyrics files beside it; None without any
    """

    words: str = ""
    language: str | None = None
    beside: str | None = None

    @classmethod
    def of(cls, lyrics: Lyrics | None, beside: str | None) -> FileLyrics:
        if lyrics is None:
            return cls(beside=beside)
        text = "\n".join(line.text for line in lyrics.lines)[:_MOST_LETTERS]
        language = language_of(text, lyrics.language)
        return cls(words=searchable(text), language=language, beside=beside)


def lyrics_of_text(text: str, language: str | None = None) -> Lyrics | None:
    """Parse plain text or LRC with a time before each line; None without words.

    A line without a time continues the line above it. Of LRC tags in square brackets, only `offset` (milliseconds by
    which the words come earlier) and `la`, the language, are used. Headings stay in plain text.
    """
    timed: list[LyricLine] = []
    starts: list[int] = []
    plain: list[LyricLine] = []
    offset_ms = 0
    for line in text.replace("\0", " ").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        words = line.strip()
        if head := _HEAD.fullmatch(words):
            name, value = head[1].lower(), head[2].strip()
            if name == "offset" and re.fullmatch(r"[+-]?\d{1,7}", value):
                offset_ms = int(value)
            elif name == "la" and _LANGUAGE.fullmatch(value):
                language = value.lower()
            continue
        above, starts = starts, []
        while at := _TIME.match(words):
            fraction = (at[3] or "0").ljust(3, "0")
            starts.append((int(at[1]) * 60 + int(at[2])) * 1000 + int(fraction))
            words = words[at.end() :].lstrip()
        if not starts and above:
            starts = above
            if not words or words.startswith("["):  # a heading
                continue
        words = _WORD_TIME.sub("", words).strip() if starts else words
        timed += [LyricLine(start_ms=max(0, start - offset_ms), text=words) for start in starts]
        if not starts:
            plain.append(LyricLine(start_ms=None, text=words))
    lines = tuple(sorted(timed, key=lambda line: line.start_ms or 0)) if timed else _without_empty_ends(plain)
    return Lyrics(language=language_code(language), lines=lines) if any(line.text for line in lines) else None


def searchable(text: str) -> str:
    """Folded, with single letters of Han, kana and South-East Asia, whose words have no blanks between them."""
    return " ".join(_UNSPACED.sub(r" \1 ", folded(text)).split())


def language_code(given: str | None) -> str | None:
    return given.lower() if given and _LANGUAGE.fullmatch(given) and given.lower() not in ("xxx", "und") else None


def _without_empty_ends(lines: list[LyricLine]) -> tuple[LyricLine, ...]:
    filled = [number for number, line in enumerate(lines) if line.text]
    return tuple(lines[filled[0] : filled[-1] + 1]) if filled else ()
