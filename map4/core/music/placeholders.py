"""Texts that programs write where a name is unknown, such as "Unknown Artist" or "Track 01"."""

from __future__ import annotations

import os
import re
import tomllib

from map4.core.base.regular_files import OnDisk
from map4.core.base.text import words_of


class Placeholder:
    """Texts that programs write where no name is known."""

    COPY_WORDS = ("copy", "kopie", "copie", "copia")  # words by which programs mark the name of a copied file
    VARIOUS = frozenset(
        {"various", "various artists", "va", "v a", "diverse", "verschiedene interpreten", "artistes varies"}
    )
    """Folded names of various artists; right as an album artist only."""
    VARIOUS_ARTISTS = "Various Artists"  # as tags and services mostly spell it

    @staticmethod
    def is_one(text: str, field: str = "") -> bool:
        """True for a web site, and the text of an unknown name, also with a number: "Track 01"; for no name in use."""
        if "." in text and _SITE.fullmatch(text.strip()):
            return True
        words = words_of(text)
        if words.partition(" ")[0].rstrip(_DIGITS) not in _FIRST_WORDS:  # as of most names
            return False
        words = _NUMBERS.sub("", words)
        if words in _TEXTS or (words in Placeholder.VARIOUS and field != "album_artist"):
            return True
        parts = set(words.split())
        return not parts.isdisjoint(_UNKNOWN) and parts <= _UNKNOWN | _NAMES | _KINDS

    @staticmethod
    def may_be_a_name(text: str) -> bool:
        """True for a placeholder that somebody may be called, or a song: "Artist", "Track 10"; not "Unknown Artist"."""
        return _NUMBERS.sub("", words_of(text)) in _NAMES

    @staticmethod
    def is_doubtful(text: str, field: str = "") -> bool:
        """True for a text that is not proposed as a name: a placeholder, "ID" or "New Recording"."""
        return Placeholder.is_one(text, field) or _NUMBERS.sub("", words_of(text)) in _DOUBTFUL


# Small commands load this module; importlib.resources would make them slower.
_FILE = os.path.join(os.path.dirname(__file__), "data", "placeholders.toml")
_DATA = tomllib.loads(OnDisk(_FILE).read(most_bytes=100_000).decode())
_UNKNOWN, _NAMES, _KINDS = (frozenset(words_of(_DATA[key]).split()) for key in ("unknown", "names", "kinds"))
_TEXTS = frozenset(map(words_of, _DATA["texts"].split("|"))) | _NAMES
_DOUBTFUL = frozenset((*map(words_of, _DATA["doubtful"].split("|")), *Placeholder.COPY_WORDS))
_FIRST = frozenset(words.partition(" ")[0] for words in _TEXTS | Placeholder.VARIOUS)
_FIRST_WORDS = _FIRST | _UNKNOWN | _NAMES | _KINDS | {""}
_DIGITS = "0123456789"
_SITE = re.compile(
    r"(?:https?://|www\.)\S+|[\w-]{3,}(?:\.[\w-]+)*\.(?:com|net|org|info|biz|ru|cc|to|is)/?", re.IGNORECASE
)
_NUMBERS = re.compile(r"^\d+ |(?: (?:no|nr))? ?\d+(?:(?: \d+){5}(?: [ap]m)?)?$")
