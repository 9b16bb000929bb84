"""Detects names that look alike (Unicode UTS #39), so that no account can imitate another."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

_JOINERS = "\u200c\u200d"
"""Needed by Persian and Indic names; ignored when names are compared."""
# Ignorable and blank characters that are not in the category Cf (format).
_BLANK = frozenset(
    chr(number)
    for first, last in (
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065), (0x2800, 0x2800),
        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFC), (0xE0000, 0xE0FFF),
    )
    for number in range(first, last + 1)
)  # fmt: skip


def has_invisible(name: str) -> bool:
    """Return whether a name has invisible characters."""
    return any(_is_invisible(letter) for letter in name if letter not in _JOINERS)


def look_alike(name: str, other: str) -> bool:
    """Return whether two names look the same, with or without regard to case."""
    return _skeleton(name) == _skeleton(other) or _skeleton(_folded(name)) == _skeleton(_folded(other))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _skeleton(name: str) -> str:
    """Replace each character by the prototype of its look-alikes."""
    plain = unicodedata.normalize("NFKD", name)
    prototypes = _prototypes()
    shown = "".join(prototypes.get(letter, letter) for letter in plain if not _is_invisible(letter))
    return " ".join(unicodedata.normalize("NFKD", shown).split())


def _is_invisible(letter: str) -> bool:
    return letter in _BLANK or unicodedata.category(letter) == "Cf"


@cache
def _prototypes() -> dict[str, str]:
    prototypes: dict[str, str] = {}
    for line in files("map4.accounts").joinpath("data/confusables.txt").read_text("ascii").splitlines():
        if not line.startswith("#"):
            prototype, sources = line.split(":")
            text = "".join(chr(int(number, 16)) for number in prototype.split())
            prototypes.update((chr(int(number, 16)), text) for number in sources.split())
    return prototypes
