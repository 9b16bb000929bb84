"""The language of lyrics, from a code in the file, their script, or their most frequent words."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import NamedTuple

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


class _Languages(NamedTuple):
    codes: dict[str, str]
    frequent: dict[str, frozenset[str]]


def language_of(text: str, code: str | None = None) -> str:
    """The ISO 639-1 language of lyrics, or `UNKNOWN`.

    code: from the file. English counts only if the words are of no other language: many programs write "eng" for every
        song
    """
    given = _languages().codes.get(code, code) if code else None
    if given not in (None, "en"):
        return given
    return _by_script(text) or _by_words(text) or given or UNKNOWN


@cache
def _languages() -> _Languages:
    data = tomllib.loads(files("map4.music").joinpath("data/languages.toml").read_text(encoding="utf-8"))
    return _Languages(
        codes=dict(pair.split("=") for pair in data["codes"]["of_id3"].split()),
        frequent={language: frozenset(words.split()) for language, words in data["frequent"].items()},
    )


def _by_script(text: str) -> str | None:
    letters = sum(map(str.isalpha, text))
    for script, language in _SCRIPTS:
        if len(script.findall(text)) > (_LEAST_OF_KANA if language == "ja" else _LEAST_OF_SCRIPT) * letters:
            of_script = _LETTERS.get(language)
            if of_script is None:
                return language
            return next((name for only, name in of_script if any(letter in text for letter in only)), None)
    return None


def _by_words(text: str) -> str | None:
    words = Counter(_WORD.findall(text.casefold().replace("\u2019", "'")))
    frequent = _languages().frequent
    counts = sorted((_count(words, known), language) for language, known in frequent.items())
    (_, other), (most, language) = counts[-2:]
    # Related languages share words, so that the others decide.
    own, its = (_count(words, frequent[a] - frequent[b]) for a, b in ((language, other), (other, language)))
    is_sure = most >= max(_LEAST_WORDS, _LEAST_SHARE * words.total()) and own > _LEAST_LEAD * its
    return language if is_sure else None


def _count(words: Counter[str], known: frozenset[str]) -> int:
    return sum(words[word] for word in known)
