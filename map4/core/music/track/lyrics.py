"""Lyrics, with the times of their lines if known."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from map4.core.base.records import Record
from map4.core.base.text import folded

UNKNOWN = "unknown"
_LEAST_WORDS, _LEAST_SHARE, _LEAST_LEAD = 6, 0.12, 1.25
"""Frequent words of a language in a text, their share of all words, and their lead over those of the next language.
Below, the language is unknown (lab/tried.md)."""
_LEAST_OF_SCRIPT, _LEAST_OF_KANA = 0.3, 0.1
"""Songs in other scripts often have English lines, and Japanese ones also Chinese letters."""
_SCRIPTS = (
    (re.compile("[\u3040-\u30ff]"), "ja"),
    (re.compile("[\uac00-\ud7af]"), "ko"),
    (re.compile("[\u4e00-\u9fff]"), "zh"),
    (re.compile("[\u0370-\u03ff]"), "el"),
    (re.compile("[\u0590-\u05ff]"), "he"),
    (re.compile("[\u0e00-\u0e7f]"), "th"),
    (re.compile("[\u0600-\u06ff]"), "arabic"),
    (re.compile("[\u0400-\u04ff]"), "cyrillic"),
)
# Letters that only some languages of a script have.
_LETTERS = {
    "arabic": (("ٹڈڑںے", "ur"), ("پچژگ", "fa"), ("ا", "ar")),
    "cyrillic": (("ў", "be"), ("іїєґ", "uk"), ("ѓќѕ", "mk"), ("ђћјљњџ", "sr"), ("ыэё", "ru"), ("ъ", "bg")),
}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def language_of(text: str, code: str | None = None) -> str:
    """The ISO 639-1 language of lyrics, or `UNKNOWN`.

    code: from the file. English counts only if the words are of no other language: many programs write "eng" for every
        song
    """
    given = _languages()[0].get(code, code) if code else None
    if given not in (None, "en"):
        return given
    return _language_by_script(text) or _language_by_words(text) or given or UNKNOWN


@cache
def _languages() -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """Codes of languages by those of ID3, and frequent words by language."""
    data = tomllib.loads(files("map4.core.music").joinpath("data/languages.toml").read_text(encoding="utf-8"))
    codes = dict(pair.split("=") for pair in data["codes"]["of_id3"].split())
    return codes, {language: frozenset(words.split()) for language, words in data["frequent"].items()}


def _language_by_script(text: str) -> str | None:
    letters = sum(map(str.isalpha, text))
    for script, language in _SCRIPTS:
        if len(script.findall(text)) > (_LEAST_OF_KANA if language == "ja" else _LEAST_OF_SCRIPT) * letters:
            of_script = _LETTERS.get(language)
            if of_script is None:
                return language
            return next((name for only, name in of_script if any(letter in text for letter in only)), None)
    return None


def _language_by_words(text: str) -> str | None:
    words = Counter(_WORD.findall(text.casefold().replace("\u2019", "'")))
    frequent = _languages()[1]
    counts = sorted((_count(words, known), language) for language, known in frequent.items())
    (_, other), (most, language) = counts[-2:]
    # Related languages share words, so that the others decide.
    own, its = (_count(words, frequent[a] - frequent[b]) for a, b in ((language, other), (other, language)))
    is_sure = most >= max(_LEAST_WORDS, _LEAST_SHARE * words.total()) and own > _LEAST_LEAD * its
    return language if is_sure else None


def _count(words: Counter[str], known: frozenset[str]) -> int:
    return sum(words[word] for word in known)


_CLOCK = r"(\d{1,3}):(\d{1,2})(?::(\d{1,3}))?(?:[.,](\d{1,3}))?"
_TIME = re.compile(rf"\[{_CLOCK}\]")
_WORD_TIME = re.compile(rf"<{_CLOCK}>|\[{_CLOCK}\]")
_FEWEST_TIMES = 8  # hundredths after a colon reach 60 in eight times with a probability of .98
# Tags of LRC; other lines in square brackets are headings, such as [Chorus: Rihanna].
_HEAD = re.compile(r"\[(ti|ar|al|au|lr|by|offset|length|re|tool|ve|la|bg|id|hash|sign|total|kana|#):([^\]]*)\]", re.I)
_MOST_LETTERS = 50_000  # the longest operas have as many; the rest is not searched
_UNSPACED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])")
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.IGNORECASE)


class LyricLine(Record):
    """start_ms: start time; None if unknown."""

    start_ms: int | None
    text: str


class Lyrics(Record):
    """language: an ISO 639 code; None if unknown."""

    language: str | None
    lines: tuple[LyricLine, ...]

    @property
    def is_synced(self) -> bool:
        return self.lines[0].start_ms is not None

    @staticmethod
    def of_text(text: str, language: str | None = None) -> Lyrics | None:
        """Parse plain text or LRC with a time before each line; None without words.

        A line without a time continues the line above it. Of LRC tags in square brackets, only `offset` (milliseconds
        by which the words come earlier) and `la`, the language, are used. Headings stay in plain text.
        """
        timed: list[LyricLine] = []
        starts: list[int] = []
        plain: list[LyricLine] = []
        offset_ms = 0
        has_hours = _has_hours(_TIME.findall(text))
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
                seconds, fraction = int(at[1]) * 60 + int(at[2]), at[3] or at[4]
                if has_hours and at[3]:
                    seconds, fraction = seconds * 60 + int(at[3]), at[4]
                starts.append(seconds * 1000 + int((fraction or "0").ljust(3, "0")))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLyrics:
    """What the library stores of the lyrics of a file, or of a file without any.

    words: folded, for the search; empty without lyrics
    language: as `map4.core.music.track.lyrics` has it; None without lyrics
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


def _has_hours(times: list[tuple[str, ...]]) -> bool:
    """Whether times with two colons begin with hours; some programs write a colon before the hundredths."""
    last = [part for _, _, part, _ in times if part]
    if any(part and fraction for _, _, part, fraction in times):
        return True
    if any(len(part) != 2 or int(part) >= 60 for part in last):
        return False
    return len(last) < len(times) or len(last) >= _FEWEST_TIMES


def searchable(text: str) -> str:
    """Folded, with single letters of Han, kana and South-East Asia, whose words have no blanks between them."""
    return " ".join(_UNSPACED.sub(r" \1 ", folded(text)).split())


def language_code(given: str | None) -> str | None:
    return given.lower() if given and _LANGUAGE.fullmatch(given) and given.lower() not in ("xxx", "und") else None


def _without_empty_ends(lines: list[LyricLine]) -> tuple[LyricLine, ...]:
    filled = [number for number, line in enumerate(lines) if line.text]
    return tuple(lines[filled[0] : filled[-1] + 1]) if filled else ()
