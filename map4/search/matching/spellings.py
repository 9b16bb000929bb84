"""Spellings of the same name: initials with or without dots, and signs that stand for letters."""

from __future__ import annotations

import re

from map4.core.base.text import folded

_SIGN = re.compile(r"[.*!$]")
_LETTER = r"[^\W\d_]"
# "T.N.T.", "N.W.A" and "M*A*S*H", but not "J. Cole" or "will.i.am".
_INITIALS = re.compile(rf"(?<![^\W_]){_LETTER}(?:[.*]{_LETTER})+(?![^\W_])")
# Also "J. J. Cale" and "D-A-D", which would be numbers and movements in a title.
_INITIALS_OF_ARTIST = re.compile(rf"(?<![^\W_]){_LETTER}(?:[.*\s-]+{_LETTER})+(?![^\W_])")
# "Ke$ha", "A$AP" and "Bada$$", but not "$100".
_DOLLARS = re.compile(rf"(?<={_LETTER})\$+|\$+(?={_LETTER})")
# "P!nk" and "Sh!t", but not "Stop!Stop": a syllable before it has a vowel.
_EXCLAMATION = re.compile(r"\b([^\W\d_aeiouy]+)!(?=[^\W\d_])")


def folded_name(text: str) -> str:
    """The folded text, with initials as a word and signs within words as letters."""
    text = folded(text)
    if not _SIGN.search(text):
        return text
    text = _DOLLARS.sub(lambda match: "s" * len(match[0]), text)
    text = _EXCLAMATION.sub(r"\1i", text)
    return _INITIALS.sub(_without_marks, text)


def with_joined_initials(artist: str) -> str:
    """The name of an artist with initials as a word, also separated by blanks: "j. j. cale" is "jj cale"."""
    return _INITIALS_OF_ARTIST.sub(_without_marks, artist)


def _without_marks(match: re.Match[str]) -> str:
    return "".join(filter(str.isalpha, match[0]))
