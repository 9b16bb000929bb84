"""The 24 keys, their three notations, and their parser."""

from __future__ import annotations

import functools
import re
from contextlib import suppress
from typing import Annotated, Literal

from map4.core.base.records import Json, Record
from map4.errors import KeyParseError, UsageError

Mode = Literal["major", "minor"]
Notation = Literal["camelot", "openkey", "musical"]
Camelot = Annotated[str, Json(pattern="^([1-9]|1[0-2])[AB]$")]
_OpenKey = Annotated[str, Json(pattern="^([1-9]|1[0-2])[dm]$")]
_Musical = Annotated[str, Json(pattern="^[A-G][♭♯]?m?$")]
_KeyName = Annotated[str, Json(pattern="^[A-G][♭♯]? (major|minor)$")]

KEY_MEMBERS = "camelot=key.camelot openkey=key.openkey musical=key.musical name=key.name"
"""The JSON members for the `key` of a record."""

# Camelot number - 1 -> tonic pitch class (C = 0); the circle of fifths, so +7 per step.
_MINOR_TONIC = tuple((8 + 7 * i) % 12 for i in range(12))
_MAJOR_TONIC = tuple((11 + 7 * i) % 12 for i in range(12))
_MINOR_NAMES = {8: "A♭", 3: "E♭", 10: "B♭", 5: "F", 0: "C", 7: "G", 2: "D", 9: "A", 4: "E", 11: "B", 6: "F♯", 1: "D♭"}
_MAJOR_NAMES = {11: "B", 6: "F♯", 1: "D♭", 8: "A♭", 3: "E♭", 10: "B♭", 5: "F", 0: "C", 7: "G", 2: "D", 9: "A", 4: "E"}
_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1, "sharp": 1, "flat": -1}
_MUSICAL = re.compile(r"([A-Ga-g])\s*(#|b|sharp|flat)?[\s:_-]*(major|minor|maj|min|mol|dur|m|M)?", re.ASCII)
_CAMELOT = re.compile(r"0?([1-9]|1[0-2])\s*([ABab])", re.ASCII)
_OPEN_KEY = re.compile(r"0?([1-9]|1[0-2])\s*([dDmM])", re.ASCII)
# Spaces come last because key names contain spaces: "A minor / C major".
_BETWEEN_KEYS = tuple(map(re.compile, (r"[/\\|,;()\[\]=\0]|\s[-–~]\s", r"[/\\|,;()\[\]=\0\s–~-]+")))


class Key(Record, kw_only=False, order=True, members="camelot openkey musical name"):
    """A major or minor key.

    tonic: pitch class 0-11, C = 0
    mode: "major" or "minor"
    """

    tonic: int
    mode: Mode

    def __post_init__(self) -> None:
        if not 0 <= self.tonic < 12 or self.mode not in ("major", "minor"):
            raise ValueError(f"invalid key: tonic {self.tonic}, mode {self.mode}")

    @classmethod
    def from_camelot(cls, number: int, letter: str) -> Key:
        """The key at a Camelot position: number 1-12, letter A (minor) or B (major)."""
        if not 1 <= number <= 12 or letter not in ("A", "B"):
            raise ValueError(f"invalid Camelot position: {number}{letter}")
        if letter == "A":
            return cls(_MINOR_TONIC[number - 1], "minor")
        return cls(_MAJOR_TONIC[number - 1], "major")

    @classmethod
    def of_json(cls, record: dict[str, str]) -> Key:
        """The key of its JSON."""
        return Key.parse(record["camelot"])

    @property
    def camelot_number(self) -> int:
        """Position on the Camelot circle, 1-12."""
        return (_MINOR_TONIC if self.mode == "minor" else _MAJOR_TONIC).index(self.tonic) + 1

    @property
    def camelot(self) -> Camelot:
        """Camelot notation: `8A` for A minor."""
        return f"{self.camelot_number}{'A' if self.mode == 'minor' else 'B'}"

    @property
    def openkey(self) -> _OpenKey:
        """Open Key notation: `1m` for A minor."""
        return f"{(self.camelot_number + 4) % 12 + 1}{'m' if self.mode == 'minor' else 'd'}"

    @property
    def musical(self) -> _Musical:
        """Musical notation: `Am`, `F♯`."""
        return _MINOR_NAMES[self.tonic] + "m" if self.mode == "minor" else _MAJOR_NAMES[self.tonic]

    @property
    def name(self) -> _KeyName:
        """Full name: `A minor`."""
        return f"{(_MINOR_NAMES if self.mode == 'minor' else _MAJOR_NAMES)[self.tonic]} {self.mode}"

    def up(self, semitones: int) -> Key:
        """The key of the same mode, some semitones higher."""
        return Key((self.tonic + semitones) % 12, self.mode)

    def in_notation(self, notation: Notation) -> str:
        names = {"camelot": self.camelot, "openkey": self.openkey, "musical": self.musical}
        if notation not in names:
            raise UsageError.no_such("notation of keys", notation, names)
        return names[notation]

    @staticmethod
    @functools.lru_cache(maxsize=512)  # stored analyses repeat the same 24
    def parse(text: str) -> Key:
        """Parse a key in any common spelling.

        Camelot (`8A`, `08a`), Open Key (`1m`, `1d`) and musical (`Am`, `A minor`, `a:min`, `G#m`, `A♭ minor`, `Cmaj`).
        A single letter is major, as in rekordbox and Traktor (`C`, `Cm`). Of several keys, the first is returned
        (`Ebm (2A)`, `F#min/Gbmin`, `8A, 9A`), if the text contains only keys.
        """
        for parts in ([text], *(separators.split(text) for separators in _BETWEEN_KEYS)):
            if keys := [part for part in parts if part.strip()]:
                with suppress(KeyParseError):
                    first, *_ = map(_parse_one, keys)
                    return first
        raise KeyParseError(f"'{text}' is not a key; write it as 8A, 1m or Am")

    @classmethod
    def readable(cls, text: str | None) -> Key | None:
        """The key of a tag, or None if it is not a key."""
        if text is None:
            return None
        try:
            return Key.parse(text)
        except KeyParseError:
            return None


ALL_KEYS: tuple[Key, ...] = tuple(Key.from_camelot(n, letter) for n in range(1, 13) for letter in "AB")
"""1A, 1B, 2A ... 12B."""


def _parse_one(text: str) -> Key:
    cleaned = text.strip().replace("♯", "#").replace("♭", "b")
    if match := _CAMELOT.fullmatch(cleaned):
        return Key.from_camelot(int(match[1]), match[2].upper())
    if match := _OPEN_KEY.fullmatch(cleaned):
        # Open Key = (Camelot + 4) mod 12 + 1, solved for Camelot.
        return Key.from_camelot((int(match[1]) + 6) % 12 + 1, "A" if match[2] in "mM" else "B")
    # "minor" in any case, but m and M differ: Am is minor, AM is major.
    lowered = re.sub(r"(?i)(major|minor|maj|min|sharp|flat|dur|mol)l?", lambda m: m[0].lower(), cleaned)
    if match := _MUSICAL.fullmatch(lowered.replace("moll", "mol")):
        tonic = (_LETTERS[match[1].lower()] + _ACCIDENTALS[match[2] or ""]) % 12
        return Key(tonic, "minor" if match[3] in ("minor", "min", "mol", "m") else "major")
    raise KeyParseError(text)
