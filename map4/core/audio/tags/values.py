"""Convert a tag's raw text to a value: cleaned and converted, None if invalid."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from mutagen.id3 import TCON

from map4.core.base.text import MOST_LETTERS, clean
from map4.core.music.analysis.key import Key
from map4.core.music.track.garbled import with_symbols
from map4.errors import KeyParseError

_T = TypeVar("_T")

# No tag outside of this range means BPM: 0 stands for "not known", 12800 for a lost decimal point.
_LOWEST_BPM, _HIGHEST_BPM = 20.0, 400.0

# R128_TRACK_GAIN counts from -23 LUFS in steps of 1/256 dB (RFC 7845, section 5.2.1), and is added to the gain in the
# header, which every decoder applies: map4 measures what is heard after that.
R128_BELOW_REPLAYGAIN_DB = 5.0

_JSON_IN_BASE64 = "eyJ"  # {"
_YEAR = re.compile(r"(?<![0-9])([1-9][0-9]{3})(?![0-9])|(?<![0-9])([1-9][0-9]{3})[01][0-9][0-3][0-9](?![0-9])")
# 1-03 is track 3 of disc 1.
_TRACK = re.compile(
    r"(?:(?:cd|dis[ck]|track|no\.?|#)\s*)?(?:([0-9]{1,2})\s*[-.]\s*(?=[0-9]))?([0-9]{1,5})(?![0-9]|\s*[-.]\s*[0-9])",
    re.IGNORECASE,
)
_BPM = re.compile(r"(?:ca\.?|~)?\s*([0-9]{1,6}(?:[.,][0-9]{0,9})?)\s*(?:bpm)?\s*(?:[(\[].*)?", re.IGNORECASE)
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_BEATPORT = re.compile(r"(?:purchased at beatport(?:\.com)?|(?:encoded by )?beatport)\.?", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GENRE = re.compile(r"((?:\((?:[0-9]{1,3}|RX|CR)\))*)(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}(?:[.,][0-9]{1,9})?")
_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_R128 = re.compile(r"[+-]?[0-9]{1,5}")
_ADVISORIES = {"0": "none", "1": "explicit", "2": "clean", "4": "explicit"}  # 4 is iTunes' former number
_ADVISORY_IN_TITLE = re.compile(
    r"[(\[]\s*(explicit|clean)(?:\s+(?:(?:album|radio|single)\s+)?(?:version|edit|mix|lyrics))?\s*[)\]]", re.IGNORECASE
)
_RATING = re.compile(r"([a-z]+):(-?[0-9]{1,6}(?:[.,][0-9]{0,9})?)")

_LINEAR_POPM = ("traktor", "quodlibet")
# Half stars of MediaMonkey, MusicBee and map4, which no other program writes: no other number is half a star.
_POPM_HALVES = {13: 0.5, 54: 1.5, 118: 2.5, 186: 3.5, 242: 4.5}
# Upper ends of the ranges that Windows reads as 1-4 stars; it writes 1, 64, 128, 196, 255 (POPM) and 1, 25, 50, 75, 99.
_POPM_STEPS = (31, 95, 159, 223)
_WM_STEPS = (12, 37, 62, 87)


def first_known(convert: Callable[[str], _T | None], values: Iterable[str]) -> _T | None:
    """Return the first value that `convert` can parse."""
    return next((result for value in values if (result := convert(clean(value))) is not None), None)


def as_uuid(text: str) -> str | None:
    """Return an id of MusicBrainz, in lower case."""
    return text.lower() if _UUID.fullmatch(text) else None


def as_uuids(values: Iterable[str]) -> str | None:
    """Return ids of MusicBrainz, also of a text with several."""
    return as_text(value.lower() for text in values for value in _UUID.findall(text))


def as_shop(text: str) -> str | None:
    """Return the shop named in a comment, or as encoder, as the source of the file."""
    return "Beatport" if _BEATPORT.fullmatch(text) else None


def is_linear_popm(email: str) -> bool:
    """True if the writer of a POPM frame counts in steps of 51."""
    return any(name in email.lower() for name in _LINEAR_POPM)


def as_text(values: Iterable[str]) -> str | None:
    """Return all values joined by "; ", without empty and repeated ones; at most `MOST_LETTERS` characters."""
    pieces = (with_symbols(piece) for value in values for piece in value.split("\0"))
    parts = dict.fromkeys(part for piece in pieces if (part := clean(piece)))
    return "; ".join(parts)[:MOST_LETTERS].strip() or None


def as_key(values: Iterable[str]) -> str | None:
    """Return the first text that is a key, else the first text."""
    texts = [text for value in values if (text := _key_text(value)) is not None]
    return next((text for text in texts if _is_key(text)), texts[0] if texts else None)


def _key_text(value: str) -> str | None:
    """Return the text, or the key in it if it is Mixed In Key's base64 JSON in FLAC files."""
    text = as_text([value])
    if text is None or not text.startswith(_JSON_IN_BASE64):
        return text
    try:
        key = json.loads(base64.b64decode(text))["key"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return as_text([key]) if isinstance(key, str) else None


def _is_key(text: str) -> bool:
    try:
        Key.parse(text)
    except KeyParseError:
        return False
    return True


def as_genre(values: Iterable[str]) -> str | None:
    """Return genres with the numbers of ID3v1 spelled out: "(17)" and "17" are Rock, "(4)Eurodisco" is Eurodisco."""
    pieces = (with_symbols(piece) for value in values for piece in value.split("\0"))
    return as_text(name for piece in pieces for name in _genre_names(clean(piece)))


def _genre_names(text: str) -> list[str]:
    match = _GENRE.fullmatch(text)
    references, rest = match.groups() if match else ("", text)
    if rest.isascii() and rest.isdigit() and len(rest) <= 3:
        references, rest = references + f"({rest})", ""
    if rest:
        return [rest.removeprefix("(") if rest.startswith("((") else rest]
    special = {"RX": "Remix", "CR": "Cover"}
    names = [special.get(number) or _numbered_genre(int(number)) for number in re.findall(r"\((\w+)\)", references)]
    return [name for name in names if name]


def _numbered_genre(number: int) -> str:
    return TCON.GENRES[number] if number < len(TCON.GENRES) else ""


def as_year(text: str) -> int | None:
    """Return the first four-digit year: "1998", "1998-05-04", "19980504", "04.05.1998"."""
    match = _YEAR.search(text)
    return int(match[1] or match[2]) if match else None


def as_track(text: str) -> int | None:
    """Return the number before a slash: "3/12", "1-03", "CD3" are 3; 0 and vinyl sides ("A1") are None."""
    match = _TRACK.match(text)
    return int(match[2]) or None if match else None


def as_disc_of_track(text: str) -> int | None:
    """Return the disc that is written before a track's number: "1-03" is of disc 1."""
    match = _TRACK.match(text)
    return int(match[1]) or None if match and match[1] else None


def as_bpm(text: str) -> float | None:
    """Return BPM within 20-400, else None: "128", "127,5", "128 BPM", "128.00 (exact)"."""
    match = _BPM.fullmatch(text)
    bpm = float(match[1].replace(",", ".")) if match else 0.0
    return bpm if _LOWEST_BPM <= bpm <= _HIGHEST_BPM else None


def as_number(text: str) -> float | None:
    """Return the number that a text begins with: "-3.14 dB"."""
    match = _NUMBER.match(text)
    return float(match[0].replace(",", ".")) if match else None


def as_energy_level(text: str) -> int | None:
    """Return a level, 1-10."""
    number = as_number(text)
    return int(number) if number is not None and 1 <= number <= 10 else None


def as_r128_gain(text: str) -> float | None:
    """Return the gain in dB to -18 LUFS from an Opus file's steps."""
    return int(text) / 256 + R128_BELOW_REPLAYGAIN_DB if _R128.fullmatch(text) else None


def as_sound_check_gain(text: str) -> float | None:
    """Return the gain in dB of an iTunNORM text, whose first two numbers are the levels of left and right in 1/1000."""
    levels = [int(number, 16) for number in text.split()[:2] if _HEX.fullmatch(number)]
    loudest = max(levels, default=0) if len(levels) == 2 else 0
    return -10.0 * math.log10(loudest / 1000.0) if loudest else None


def as_isrc(text: str) -> str | None:
    """Return the first code in the text that has the form of an ISRC (ISO 3901), in upper case without hyphens."""
    for part in re.split(r"[;,/]", text):
        code = re.sub(r"[\s.-]", "", part).upper().removeprefix("ISRC").removeprefix(":")
        if _ISRC.fullmatch(code):
            return code
    return None


def as_advisory(values: Iterable[str], title: str | None) -> str | None:
    """Return "explicit", "clean" or "none" from iTunes' number, else from brackets in the title."""
    stated = first_known(_ADVISORIES.get, values)
    in_title = _ADVISORY_IN_TITLE.search(title or "")
    # iTunes writes 0 to each track without an advisory.
    return in_title[1].lower() if in_title and stated in (None, "none") else stated


def as_rating(text: str) -> float | None:
    """Return stars, 0-5, from "scale:number".

    popm: ID3's 1-255 in the ranges of Windows (1-31, 32-95, 96-159, 160-223, 224-255) except for `_POPM_HALVES`; 0 is
        unrated
    linear: 1-255 in steps of 51, as Traktor and Quod Libet write it into the same frame, rounded to a twentieth of a
        star; 0 is unrated
    wm: 1-99 of Windows Media (1-12, 13-37, 38-62, 63-87, 88-99); 0 is unrated
    unit: 0-1, as FMPS and Quod Libet write it
    plain: stars up to 5, percent above (RATING of Vorbis comments, APEv2, MP4)
    """
    match = _RATING.fullmatch(text)
    if match is None:
        return None
    scale, number = match[1], float(match[2].replace(",", "."))
    if scale in ("popm", "wm", "linear"):
        if not 0 < number <= (100 if scale == "wm" else 255):
            return None
        if scale == "linear":
            return round(number / 51 * 20) / 20
        if scale == "popm" and number in _POPM_HALVES:
            return _POPM_HALVES[int(number)]
        return 1.0 + sum(number > step for step in (_POPM_STEPS if scale == "popm" else _WM_STEPS))
    stars = number * 5 if scale == "unit" else number if number <= 5 else number / 20
    return round(stars, 2) if 0 <= stars <= 5 else None
