"""Parse texts of other programs (None if unreadable), and format values as texts."""

from __future__ import annotations

import base64
import binascii
import locale
import math
import os
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from map4.core.base.text import as_windows, utc_text, visible
from map4.core.base.text import whole_number as whole_number
from map4.core.music.file_name import FileName
from map4.core.music.plays import PlayTime
from map4.core.music.track.garbled import with_symbols
from map4.core.music.track.track import Track

UNREADABLE_GRIDS = "beat grids that can't be read"
_YEAR = re.compile(r"(?<![0-9])([1-9][0-9]{3})(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))?(?![0-9])")
_NUMBER = re.compile(r"\s*([0-9]{1,5})(?![0-9])")

_MOMENT = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{2})([0-9]{2}))(?![0-9])"
    r"(?:[T ]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)?(?: ?([AP])\.?M\b\.?)? ?"
    r"(?:(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)(?![0-9A-Za-z]))?)?",
    re.IGNORECASE,
)
NEVER = re.compile(r"(?:0001|1900|1904|1970)(?:[-/.]0?1){2}(?![0-9])|1899[-/.]12[-/.]3[01]")
"""The first days of calendars, which programs write for no date."""
_SECONDS = re.compile(r"[0-9]{9,12}")
# Larger numbers are not counts and would not fit into a column.
_MOST_COUNT = 1 << 53


def suffix_of(path: str) -> str:
    """Return the suffix of a file's name in lower case, without the dot; empty without one."""
    return os.path.splitext(path)[1].lower().lstrip(".")


def finite_number(text: float | str | None) -> float | None:
    """Return a finite number, or None."""
    try:
        value = float("" if text is None else text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def number_of(value: object) -> float | None:
    """Return a value as a finite number, or None."""
    return finite_number(value) if isinstance(value, (int, float, str)) else None


def above_zero(value: object) -> float | None:
    """Return a value as a number above 0, or None: these programs write 0 for unknown."""
    number = number_of(value)
    return number if number is not None and number > 0 else None


def count_of(value: object) -> int | None:
    """Return a value as a count from 0, or None."""
    number = number_of(value)
    return int(number) if number is not None and 0 <= number <= _MOST_COUNT else None


def counted_above_zero(value: object) -> int | None:
    """Return a value as a count above 0, or None."""
    return count_of(value) or None


def utc_moment_of(value: object, *, is_utc: bool = False) -> str | None:
    """Return a date, or a date and time, of a program in ISO 8601 without fractions; None if it is neither.

    A day is written with or without zeros, with hyphens, slashes or dots (`2017-8-14`, `2017/08/14`); a number is
    seconds since 1970. A time with any offset becomes UTC (`2026-01-31T21:15:00Z`); one without stays as written.

    is_utc: whether a time without an offset is UTC
    """
    if isinstance(value, (int, float)) or (isinstance(value, str) and _SECONDS.fullmatch(value.strip())):
        return utc_moment(float(value))
    match = _MOMENT.match(value.strip()) if isinstance(value, str) else None
    if match is None or NEVER.match(match[0]):
        return None
    day, zone = (int(match[1]), int(match[3] or match[5]), int(match[4] or match[6])), match[11]
    try:
        if match[7] is None:
            return date(*day).isoformat()
        half_day = match[10] and match[10].upper()
        hour = int(match[7]) if not half_day else int(match[7]) % 12 + (12 if half_day == "P" else 0)
        moment = datetime(*day, hour, int(match[8]), int(match[9] or 0))  # noqa: DTZ001 - as written
        if zone is None and not is_utc:
            return moment.isoformat()
        offset = "Z" if zone is None or zone.upper() in ("UTC", "GMT") else zone.upper()
        return utc_text(datetime.fromisoformat(moment.isoformat() + offset).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def local_day(moment: str | None) -> str | None:
    """Return the day of a moment in local time."""
    return moment and (PlayTime.local(moment) or moment)[: len("2026-01-31")]


def year_in(text: object) -> int | None:
    """Return the year in a text like `1998`, `1998-05-01`, `19980501` or `01.05.1998`; None for 0 or without a year."""
    match = _YEAR.search(str(text))
    return int(match[1]) if match else None


def leading_number(text: object) -> int | None:
    """Return the number above 0 at the start of a text like `3/12`; None if there is none."""
    match = _NUMBER.match(str(text))
    return (int(match[1]) or None) if match else None


def utc_moment(seconds: float | None) -> str | None:
    """Return seconds since 1970 in ISO 8601, in UTC; None for 0, which means never."""
    try:
        return utc_text(datetime.fromtimestamp(seconds, UTC)) if seconds else None
    except (OverflowError, OSError, ValueError):
        return None


def history_name(times: Iterable[str | None], otherwise: str) -> tuple[str, str | None]:
    """Return name and identity of an unnamed history: `2026-01-31 22.15` in local time, and the time as the program
    wrote it, which is the same in every zone.

    The name has no colon, which is awkward in shells and file names.
    """
    first = min((time for time in times if time is not None), default=None)
    shown = None if first is None else PlayTime.local(first)
    return (otherwise, None) if shown is None else (shown[:16].replace("T", " ").replace(":", "."), first)


def written_text(track: Track, name: str, text: str | None) -> str | None:
    """Return the current text; if a program's text only differs in line breaks, invisible marks and outer blanks, the
    program's text."""
    if text is None or track.imported is None:
        return text
    imported_text: str | None = getattr(track.imported, name)
    if not imported_text or imported_text.strip() != text.strip():
        return text
    return dict(track.imported.written).get(name, imported_text)


def bytes_path(text: str | None) -> str | None:
    """Return the path of a `path_bytes`, or None if invalid."""
    try:
        return os.fsdecode(base64.b64decode(text or "", validate=True)) or None
    except (binascii.Error, ValueError):
        return None


# All characters that any program takes for a line end, and other control characters.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Characters that XML 1.0 can't contain, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
_LOOKED_AT_BYTES = 4096
_FEWEST_ZEROS = 8  # zero bytes are at least an eighth; fewer zeros are accidental


def has_controls(text: str) -> bool:
    """Return whether a text would not stay on its line."""
    return _CONTROLS.search(text) is not None


def without_illegal_xml(text: str, instead: str = "") -> tuple[str, int]:
    """Return a text for XML, and how many characters were dropped, or replaced by `instead`."""
    return _NO_XML.subn(instead, text)


def one_line(text: str | None) -> str | None:
    """Return a text on one line, without lone surrogates; None if nothing is left."""
    if text is None:
        return None
    clean = as_windows(with_symbols(text)).encode("utf-8", "replace").decode("utf-8")
    return _CONTROLS.sub(" ", clean).strip() or None


def decode_list(data: bytes, *, named: str | None = None) -> str:
    """Decode a list, with or without a stated encoding.

    Tries its byte order mark, zeros, UTF-8, this machine's older encoding, and Windows' western European encoding.

    named: the encoding that the list itself names
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    for candidate in (named, _wide(data), "utf-8", locale.getpreferredencoding(False), "cp1252"):
        try:
            if candidate is not None:
                return data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _wide(data: bytes) -> str | None:
    """Detect UTF-16 or UTF-32 by zero bytes, which no other text has, as most of any list is ASCII."""
    head = data[: min(len(data), _LOOKED_AT_BYTES) & ~3]
    zeros = [head[start::4].count(0) for start in range(4)]
    if len(head) > _FEWEST_ZEROS * sum(zeros) or not head:
        return None
    if 4 * min(zeros[:2]) == len(head) or 4 * min(zeros[2:]) == len(head):
        return "utf-32-be" if zeros[0] > zeros[3] else "utf-32-le"
    return "utf-16-be" if zeros[0] + zeros[2] > zeros[1] + zeros[3] else "utf-16-le"


def caption(track: Track) -> str:
    """Return `Artist - Title` on one line, for lists; without a title, by the file name."""
    names = FileName(track.shown_path).names(one_line(track.artist()), one_line(track.title()))
    return " - ".join(visible(text) for text in map(one_line, names) if text)


def full_title(title: str | None, remix: str | None) -> str | None:
    """Return a title followed by the version in brackets, which VirtualDJ stores separately; a known version is not
    repeated."""
    version = (remix or "").strip("()[] ")
    if not title or not version or version.lower() in title.lower():
        return title or None
    return f"{title} ({version})"


def split_caption(text: str | None) -> tuple[str | None, str | None]:
    """Split `Artist - Title`; without a hyphen it is the title."""
    clean = one_line(text)
    if clean is None:
        return None, None
    artist, hyphen, title = clean.partition(" - ")
    if not hyphen or not artist.strip() or not title.strip():
        return None, clean
    return artist.strip(), title.strip()
