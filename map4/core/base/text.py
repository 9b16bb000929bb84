"""Text as stored, and as compared by people: without case, accents and marks."""

from __future__ import annotations

import csv
import json
import re
import textwrap
import unicodedata
from codecs import StreamWriter
from collections.abc import Callable, Iterable
from datetime import MAXYEAR, MINYEAR, datetime, time, timedelta
from typing import Any, TextIO

from map4.errors import UsageError

_AGES = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST_LETTERS = 4000
"""Maximum length of a text from a file: longer texts are lyrics, licences or base64 in the wrong field."""

# Marks of Latin letters, without U+034F, which is not an accent.
_USUAL_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
# Only the first number of a clock may be 60 or more.
_CLOCK = re.compile(r"(?:(\d{1,4}):([0-5]\d)|(\d{1,6})):([0-5]\d(?:[.,]\d{1,15})?)", re.ASCII)
_SPAN = re.compile(
    r"(?:(N)\s*h(?:(?:ou)?rs?)?\s*)?(?:(N)\s*m(?:in(?:ute)?s?)?\s*)?(?:(N)\s*(s(?:ec(?:ond)?s?)?)?)?".replace(
        "N", r"\d{1,7}(?:[.,]\d{1,15})?"
    ),
    re.ASCII | re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
# Letters that are not a base letter with a mark, as CLDR's transform Latin-ASCII spells them; ß is ss anyway.
_SPELLINGS = str.maketrans({"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ŋ": "n",
                            "œ": "oe", "ŧ": "t"})  # fmt: skip
_BLANKS = re.compile(r"[\t\n\v\f\r\u2028\u2029]+")
# Windows-1252 letters read as Latin-1: the control characters with these numbers are never meant.
_WINDOWS = {
    ord(letter): bytes([ord(letter)]).decode("cp1252")
    for letter in map(chr, range(0x80, 0xA0))
    if letter not in "\x81\x8d\x8f\x90\x9d"
}
_C1 = re.compile("[\x80-\x9f]")
# A cell that begins like this is taken for a formula (by some programs also with full-width characters), or for a
# command; an apostrophe before it makes it text.
_FORMULA = re.compile(r"'*[=+\-@|\t\r\n\uff1d\uff0b\uff0d\uff20]")
_GUARDED = re.compile("'" + _FORMULA.pattern)
# Controls, bidirectional marks that reorder text in a terminal, and byte order marks.
_DROPPED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_CONTROLS = re.compile("[\x00-\x08\v\f\x0e-\x1f\x7f-\x9f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
# Controls (C0, DEL, C1), bidirectional marks that could reorder a line, line separators, and non-characters.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# The same without NUL, tabs and line breaks, which terminals handle.
_MOVING = re.compile("\r(?!\n)|[\x01-\x08\v\f\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Invisible characters that make two names look the same or hide text: zero-width spaces and joiners (a single joiner
# between two letters is used in Persian and emoji), invisible operators, blank letters, tags and selectors.
_INVISIBLE = re.compile(
    "(?:[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]|[\u200c\u200d]{2,}|^[\u200c\u200d]|[\u200c\u200d]$)+"
)
# No script puts more marks on a letter; zalgo text with more would cover the lines above and below.
_MOST_MARKS = 6
_FIRST_MARK = "\u0300"  # of Unicode
# Maximum marks on a letter for Unicode normalisation (UAX #15, "Stream-Safe Text Format"), whose time grows with the
# square of their number; unlimited in short texts, where that costs nothing.
_MOST_ORDERED_MARKS, _SHORT = 30, 1000
# From here on a percentage would be rounded to 100, which no estimate is.
_ALL_BUT_SURE = 0.995


def json_values(text: str) -> Any:
    """The values of a JSON document; lone surrogates, which no database stores, are replaced."""
    try:
        if _SURROGATE_ESCAPE.search(text):
            text = _SURROGATE.sub("\ufffd", json.dumps(json.loads(text), ensure_ascii=False))
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def clean(text: str) -> str:
    """Text without controls and bidirectional marks; line breaks become blanks, lone surrogates are replaced.

    Characters that are controls in Latin-1 are read as Windows-1252, where they are dashes or quotes.
    """
    return _plain(text).strip()


def without_loss(text: str) -> str:
    """Text with its line breaks, tabs and marks, safe to write back."""
    return _SURROGATE.sub("\ufffd", _CONTROLS.sub("", as_windows(text[:MOST_LETTERS])))


def without_controls(text: str) -> str:
    """Text of at most `MOST_LETTERS` without controls, with the blanks around it; empty if there is nothing else."""
    plain = _plain(text)[:MOST_LETTERS]
    return "" if plain.isspace() else plain


def _plain(text: str) -> str:
    text = as_windows(text[: 2 * MOST_LETTERS])  # the rest would be cut off anyway
    return _SURROGATE.sub("\ufffd", _DROPPED.sub("", _BLANKS.sub(" ", text)))


def printable(text: str) -> str:
    """Text for people that can't move the cursor, change colours, reorder the line or hide."""
    if text.isascii():
        return _UNPRINTABLE.sub("\ufffd", text)
    return _without_towers(_INVISIBLE.sub("\ufffd", _UNPRINTABLE.sub("\ufffd", text)))


def escaped(text: str) -> str:
    """JSON, CSV and other data for a terminal: controls and what reorders a line as JSON escapes them, `\\u001b`."""
    return _MOVING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def visible(text: str) -> str:
    """Text for tables, lists and pipes, which handle controls themselves: nothing hidden or reordered.

    JSON and files of DJ programs contain texts unchanged.
    """
    if text.isascii() or (text.isprintable() and max(text) < _FIRST_MARK):  # as most names
        return text
    return _without_towers(_INVISIBLE.sub("\ufffd", _TURNING.sub("\ufffd", text)))


def _without_towers(text: str) -> str:
    if max(text) < _FIRST_MARK:
        return text
    marks, letters = 0, []
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            letters.append(letter)
    return "".join(letters)


def has_piled_marks(text: str) -> bool:
    """Whether a letter has so many marks that composing them would take seconds or hours."""
    if len(text) <= _SHORT or text.isascii():
        return False
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > _MOST_ORDERED_MARKS:
            return True
    return False


def as_windows(text: str) -> str:
    """A text whose characters from 0x80 to 0x9f are read as Windows-1252."""
    return text.translate(_WINDOWS) if _C1.search(text) else text


def bpm_text(bpm: float, *, is_own: bool = False) -> str:
    """A tempo with one decimal; a tempo set by the user as it was set."""
    whole, _, decimals = f"{bpm:.3f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}" if is_own else f"{bpm:.1f}"


def folded(text: str) -> str:
    """Lower case without accents, as in the full-text index: "Björk" and "BJORK" are equal, and "Mø" and "mo"."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    latin = _USUAL_MARKS.sub("", decomposed)  # five times faster than letter by letter
    if latin.isascii():
        return latin.lower()
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return plain.translate(_SPELLINGS)


def words_of(text: str) -> str:
    """The folded words, separated by single blanks: "Björk & Co." is "bjork co"."""
    return " ".join(_WORD.findall(folded(text)))


def has_words(text: str) -> bool:
    """Whether the text has a letter or digit, which is what the full-text index contains."""
    # Like FTS5's unicode61: letters, numbers, and private use.
    return any(unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Co" for c in text)


def counted(count: int, what: str, many: str | None = None) -> str:
    """`1 track`, `1,234 tracks`; `many` is an irregular plural."""
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def name_key(name: str) -> str:
    """The key to compare names of lists and people: composed, case-folded and stripped."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())


def size_text(size_bytes: float) -> str:
    """`4 bytes`, `12.3 kB`, `1.0 MB`."""
    if round(size_bytes) < 1000:
        return counted(round(size_bytes), "byte")
    for unit in ("kB", "MB", "GB"):
        size_bytes /= 1000
        if round(size_bytes, 1) < 1000:
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / 1000:,.1f} TB"


def utc_text(moment: datetime) -> str:
    """A UTC moment in ISO 8601, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stored_moment(time: object) -> datetime:
    """The moment of a stored time; raises ValueError for anything but a time with its zone, as `utc_text` writes it."""
    if isinstance(time, str) and _MOMENT.fullmatch(time):
        moment = datetime.fromisoformat(time)
        if MINYEAR < moment.year < MAXYEAR:  # else it may be outside of them in local time
            return moment
    raise ValueError(f"{time!r} is not a time")


def read_start(text: str) -> str:
    """Read when something starts: `2026-12-24T18:00`, or `14:00`, which is the next or up to an hour ago.

    returns: local time with its offset, in ISO 8601
    """
    text, since = text.strip(), datetime.now().astimezone() - timedelta(hours=1)
    try:
        if len(text.partition(":")[0]) > 2:
            return datetime.fromisoformat(text).astimezone().isoformat(timespec="seconds")
        at = time.fromisoformat(text if text[1:2].isdecimal() else f"0{text}")
        moments = (datetime.combine(since.date() + timedelta(days=days), at).astimezone() for days in (0, 1, 2))
        return next(moment for moment in moments if moment >= since).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        raise UsageError(f"'{text}' is not a time; write 14:00, 14:00:30 or 2026-12-24T18:00") from None


def whole_number(text: str | None, *, most_digits: int = 18) -> int | None:
    """Return a number from 0 in ASCII digits; None for other texts, and for more digits, which `int` may refuse."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= most_digits else None


def percent(share: float, *, is_estimate: bool = False) -> str:
    """A share of 0-1 as a percentage: `47 %`; an estimate, such as a confidence, is never rounded to 100."""
    return "over 99 %" if is_estimate and share >= _ALL_BUT_SURE else f"{100.0 * share:.0f} %"


def read_clock(text: str) -> float | None:
    """Seconds of a time in a track or a length: `1:23`, `1:02:03.5`, `83`, `83.5s`, `6m`, `1h30`; or None."""
    read = clock_and_unit(text)
    return None if read is None else read[0]


def clock_and_unit(text: str) -> tuple[float, float] | None:
    """Seconds as in `read_clock`, and the seconds of its last unit: 1, 60 or 3600."""
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        return 3600.0 * int(match[1] or 0) + 60.0 * int(match[2] or match[3]) + _decimal(match[4]), 1.0
    match = _SPAN.fullmatch(text) if text else None
    if match is None:
        return None
    hours, minutes, last = (_decimal(number or "0") for number in match.groups()[:3])
    unit_s = 1.0 if match[3] else 60.0 if match[2] else 3600.0
    if match[3] and not match[4] and (match[1] or match[2]):  # 1h30 is 90 minutes, 6m30 is 390 s
        if last >= 60.0:
            return None
        unit_s = 1.0 if match[2] else 60.0
    return 3600.0 * hours + 60.0 * minutes + (unit_s * last if match[3] else 0.0), unit_s


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))


def clock(seconds: float, digits: int = 0) -> str:
    """A duration or position as 3:05, 1:02:03 or -0:02; with one digit as 3:05.0."""
    seconds = float(seconds)  # numpy's numbers have other truth values
    whole = round(abs(seconds) * 10**digits)
    minutes, rest = divmod(whole, 60 * 10**digits)
    hours, minute = divmod(minutes, 60)
    second = f"{rest / 10**digits:0{digits + 3 if digits else 2}.{digits}f}"
    sign = "-" if seconds < 0 and whole > 0 else ""  # also for numbers of numpy
    return f"{sign}{hours}:{minute:02d}:{second}" if hours else f"{sign}{minutes}:{second}"


def in_columns(rows: Iterable[tuple[str, str]]) -> str:
    """Terms and their explanations as indented columns of a plain text; that of a long term is on the next line."""
    lines = []
    for term, about in rows:
        wrapped = textwrap.wrap(about, 55)
        fits = len(term) < 22
        lines += [f"  {term:22}{wrapped[0]}" if fits else f"  {term}"]
        lines += [" " * 24 + line for line in wrapped[fits:]]
    return "\n".join(lines)


def age_of(text: str) -> timedelta:
    """Parse a time span of up to a century: 90m, 12h, 30d, 2w."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([mhdw])", text.strip().lower())
    if not match:
        raise UsageError(f"'{text}' is not a time span; write it as 12h, 30d or 2w")
    age = timedelta(**{_AGES[match[2]]: float(match[1])})
    if age > timedelta(days=36525):
        raise UsageError(f"'{text}' is more than a hundred years")
    return age


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would take a CSV cell for a formula, or whether it looks like a guarded one."""
    return _FORMULA.match(text) is not None


def guarded_cell(text: str) -> str:
    """Return a CSV cell that no spreadsheet takes for a formula; without NUL, at which readers stop."""
    if text[:1].isalnum() and "\0" not in text:  # most cells
        return text
    text = text.replace("\0", "")
    return f"'{text}" if _FORMULA.match(text) else text


def csv_writer(out: TextIO | StreamWriter, *, raw: bool = False) -> Callable[[Iterable[Any]], object]:
    """Return what writes a line of CSV (RFC 4180); None is empty, and unless `raw` no text becomes a formula."""
    lines = csv.writer(out, lineterminator="\r\n")
    safe: Callable[[str], str] = (lambda text: text.replace("\0", "")) if raw else guarded_cell
    return lambda cells: lines.writerow([safe(cell) if isinstance(cell, str) else cell for cell in cells])


def unguarded_cell(text: str) -> str:
    """Return the original text of a guarded cell."""
    return text[1:] if _GUARDED.match(text) else text
