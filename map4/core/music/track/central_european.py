"""Names in Windows-1250 (Polish, Czech, Hungarian …) that a program stored as Latin-1: `Dvoøák`, `£ona`, `Õrzõ`.

Both encodings write letters for the same bytes, so a name counts as garbled only if a sign can't be within a word
(`W³adys³aw`), or no language of Latin-1 has all letters of a word, and one of Windows-1250 has.
"""

from __future__ import annotations

import os
import re
from functools import cache

from map4.core.base.regular_files import read_regular

CONTROLS = "␍␏␝"
"""Symbols for the bytes of Ť, Ź and ť, which are no letters in Windows-1252."""
_SIGNS = f"£¥³¹¯¾¼ªº¿{CONTROLS}"
_WORD = re.compile(rf"(?<!\d)(?:[^\W\d_]|[{_SIGNS}])+")
_LETTER = r"[^\W\d_]"
# A footnote, "m³", "Nº" and "¿Qué" have these at an end of a word.
_SIGN_IN_WORD = re.compile(rf"[£¯¾³¹ª{CONTROLS}](?={_LETTER})|(?<={_LETTER})[º¿¥](?={_LETTER})")
_LANGUAGES = tuple(
    re.compile(f"[{letters}]+")
    for letters in (
        "a-pr-vyzáčďéěíňóřšťúůýž",  # Czech
        "a-pr-vyzáäčďéíĺľňóôŕšťúýž",  # Slovak
        "a-pr-uwyząćęłńóśźż",  # Polish
        "a-pr-vyzáéíóöőúüű",  # Hungarian
        "a-pr-vzčćđšž",  # of South Slavs
        "a-pr-vxzăâîşţ",  # Romanian
    )
)
# "øá" is in no word of Danish, Norwegian or Faroese, nor "iøi".
_NORDIC = "(?!.*ø[áéíóúý]|.*[aiouyáíóúý]ø[aiou])"
_WESTERN = re.compile(
    "[a-zàâæçéèêëîïôœùûüÿñ]+"  # French
    "|[a-zàçèéíïòóúüñ]+|[a-záéíïóúüñ]+"  # Catalan, Spanish
    "|(?!.*õ(?!e))[a-zàáâãçéêíóôõúü]+"  # Portuguese
    f"|{_NORDIC}[a-zæøåéèêóòôäöü]+|{_NORDIC}[a-záðíóúýæøåö]+|[a-záðéíóúýþæö]+"
    "|[a-zåäöéüàšžß]+|[abd-pr-väöõüšž]+"  # Swedish, Finnish, Estonian
    "|[a-zäëéöïüáíóú]+|[a-zâêîôäëïöü]+"  # Dutch, Luxembourgish, Welsh
    "|[a-zàèìòùéçî]+|[a-zçöüâî]+|[a-zãõñ]+"
    # Pinyin and languages of West Africa, by syllables
    "|(?:[aeiouàáèéìíòóùú]{1,3}(?:ng?|r)?)?(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])[aeiouüàáèéìíòóùú]{1,3}(?:ng?|r)?)*"
    "|(?:[aeiouàáèéìíòóùú]{1,3}[nm]?)?(?:(?:gb|kp|[bcdfghjklmnprstvwyz])[wy]?[aeiouàáèéìíòóùú]{1,3}[nm]?)*"
)
_IN_ENGLISH = str.maketrans("£¥", "ly")
_ENGLISH_WORDS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "words_with_l.txt")
"""English words with L or Y that names and titles often have."""
_MOST_LETTERS = 30  # of a word; the time for syllables grows with its length
_VOWELS = frozenset("aeiouyáäéěíóôúůýąęöőüűăâî")


def is_central_european(written: str, meant: str) -> bool:
    """Return whether a text is garbled for certain.

    meant: the same bytes in Windows-1250
    """
    return any(_is_proof(match[0], meant[match.start() : match.end()]) for match in _WORD.finditer(written))


def languages_of(written: str, meant: str) -> frozenset[int]:
    """Return numbers of the languages that have all letters of the words that change."""
    words = ((match[0], meant[match.start() : match.end()]) for match in _WORD.finditer(written))
    found = [_languages(word) for before, word in words if before != word]
    return frozenset.intersection(*found) if found else frozenset()


def _languages(meant: str) -> frozenset[int]:
    return frozenset(number for number, letters in enumerate(_LANGUAGES) if letters.fullmatch(meant.lower()))


def _is_english(word: str) -> bool:
    """Return whether signs of money in a word stand for the letters of an English word: `£ondon`, `MONE¥`."""
    plain = word.translate(_IN_ENGLISH).lower()
    return plain != word.lower() and plain in _english_words()


@cache
def _english_words() -> frozenset[str]:
    return frozenset(read_regular(_ENGLISH_WORDS, most_bytes=100_000).decode().split())


def _is_proof(word: str, meant: str) -> bool:
    is_cased = meant.islower() or meant.isupper() or meant[1:].islower()
    if word == meant or not is_cased or not 2 < len(word) <= _MOST_LETTERS:
        return False
    if not _languages(meant) or _VOWELS.isdisjoint(meant.lower()):
        return False
    if _SIGN_IN_WORD.search(word):
        return not _is_english(word)
    if not word.isalpha():
        return False
    lower = word.lower()
    if re.search("õ(?!e)", lower) and "z" in lower:  # neither Portuguese nor Estonian or Vietnamese
        return True
    return len(re.findall("[^a-z]", lower)) > 1 and not _WESTERN.fullmatch(lower)
