"""Histories of plays: Spotify's own data in both forms, scrobbles of Last.fm, and `played_at`; see also `tables`.

Spotify writes when a play ended, in UTC, and how long it lasted; the others write when it began. The times of
`StreamingHistory*.json` are exact to the minute, those of the extended history to the second.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from map4.base.regular_files import open_regular, read_regular
from map4.base.text import counted, utc_text
from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.listens.tables import is_of_program, read_rows
from map4.formats.text import decode_list, one_line
from map4.formats.values import above_zero, number_of, utc_moment_of
from map4.music.lists.tracklist import PlaylistEntry
from map4.music.plays import SKIPPED_BELOW_S, can_be_played, play_moment

_MOST_BYTES = 1 << 30
_MOST_SAMPLE = 1 << 20
_MOST_DEPTH = 6
_MOST_LINES_BEFORE = 3
_MS_PER_S = 1000.0

# Columns and keys in lower case without signs, the best first.
_ENDS = ("endtime", "ts")
_BEGINS = ("uts", "playedat", "utctime", "listenedat", "scrobbledat", "timestamp", "dateplayed", "played")
_PLAYED_MS = ("msplayed", "playdurationmilliseconds")
_SONGS = ("song", "songname", "songtitle")
_TITLES = ("trackname", "mastermetadatatrackname", "title", "track", *_SONGS, "tracktitle", "name")
_ARTISTS = ("artistname", "mastermetadataalbumartistname", "artist", "artists", "artistnames", "trackartist")
_ALBUMS = ("albumname", "mastermetadataalbumalbumname", "album", "release", "releasename", "albumtitle")
_SPOKEN = ("episodename", "podcastname", "audiobooktitle", "chaptertitle", "audiobookchaptertitle")
# Lists of songs may have such a column, too; a table with nothing else lists scrobbles.
_DATES = ("date", "datetime", "time", "utcdate")
_ONLY_BESIDE = frozenset(
    (*_TITLES, *_ARTISTS, *_ALBUMS, *_DATES, "artistmbid", "albummbid", "trackmbid", "mbid", "loved")
)

_SIGNS = re.compile(rb'"(?:msPlayed|ms_played)"\s*:\s*\d|"played_?at"\s*:\s*["\d]|"uts"\s*:\s*["\d]', re.IGNORECASE)
_ENGLISH = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}),? (\d{1,2}:\d{2}(?::\d{2})?)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SPOKEN = "plays of podcasts and audiobooks"
INCOMPLETE = "plays without a title, or without a time from 1990 until now"
Row = Mapping[str, Any]


def _plain(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).casefold())


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Yield each track once, then the plays; a `Reader`."""
    data = read_regular(path, most_bytes=_MOST_BYTES)
    known, keys, times, durations = set[str](), list[str](), list[str | None](), list[float | None]()
    for row in _json_rows(data) if _is_json(data) else _table_rows(data):
        title, artist = _text(row, _TITLES), _text(row, _ARTISTS)
        moment, played_s = _begin(row)
        if title is None or moment is None:
            is_spoken = title is None and _text(row, _SPOKEN) is not None
            notes.left_out[SPOKEN if is_spoken else INCOMPLETE] += 1
            continue
        key = f"{artist or ''} – {title}"
        keys.append(key)
        times.append(utc_text(moment))
        durations.append(played_s)
        if key not in known:
            known.add(key)
            length_ms = above_zero(row.get("durationms"))
            yield DjTrack(key=key, entry=PlaylistEntry(
                position=len(known), artist=artist, title=title, album=_text(row, _ALBUMS),
                duration_s=length_ms and length_ms / _MS_PER_S,
            ))  # fmt: skip
    plays = DjPlaylist(name="plays", kind="plays", keys=tuple(keys), times=tuple(times), played_s=tuple(durations))
    skips = sum(map(plays.is_skip, range(len(keys))))
    notes.remarks.append(
        f"{counted(len(keys) - skips, 'play')} with their times, and {counted(skips, 'skip')} of less than "
        f"{SKIPPED_BELOW_S:.0f} s"
    )
    yield plays


def _begin(row: Row) -> tuple[datetime | None, float | None]:
    """Return when a play began, and how long it was played in seconds; None if unknown or impossible."""
    played_ms = next((ms for name in _PLAYED_MS if (ms := number_of(row.get(name))) is not None), None)
    played_s = None if played_ms is None or played_ms < 0 else played_ms / _MS_PER_S
    end = next((moment for name in _ENDS if (moment := _moment(row.get(name))) is not None), None)
    if end is not None:
        begin = play_moment(end.timestamp() - (played_s or 0.0))
    else:
        begin = next((moment for name in (*_BEGINS, *_DATES) if (moment := _moment(row.get(name))) is not None), None)
    return (begin if begin is not None and can_be_played(begin) else None), played_s


def _moment(value: object) -> datetime | None:
    """Parse seconds or milliseconds since 1970, ISO 8601, `29 Nov 2019, 10:00` or `29.11.2019 10:00`.

    Times without a zone are UTC.
    """
    number = number_of(value)
    if number is not None:
        return play_moment(number)
    if match := _ENGLISH.fullmatch(value.strip()) if isinstance(value, str) else None:
        day, month, year, hour, minute, second = match.groups()
        if month not in _MONTHS:
            return None
        value = f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02} {int(hour):02}:{minute}:{second or '00'}"
    if match := _DOTTED.fullmatch(value.strip()) if isinstance(value, str) else None:
        day, month, year, clock = match.groups()
        value = f"{year}-{int(month):02}-{int(day):02} {clock:0>5}"
    text = utc_moment_of(value, is_utc=True)
    return datetime.fromisoformat(text).astimezone(UTC) if text and text.endswith("Z") else None


def _text(row: Row, names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _line(row.get(name)))), None)


def _line(value: object) -> str | None:
    """Return a text, also of an object with a name, or of several."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_line, value))) or None
    if isinstance(value, dict):
        return next((text for name in ("#text", "name", "title") if (text := _line(value.get(name)))), None)
    return one_line(value) or None if isinstance(value, str) else None


# ---- JSON ----------------------------------------------------------------------------------------


def _is_json(data: bytes) -> bool:
    return data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _json_rows(data: bytes) -> Iterator[Row]:
    text = decode_list(data)
    documents = [_parsed(text)]
    if documents == [None]:  # a line each
        documents = [_parsed(line) for line in text.split("\n") if line.strip()]
        if None in documents:
            raise ImportReadError("this is not valid JSON; is the download complete?")
    yield from _plays_in(documents, _MOST_DEPTH)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _plays_in(value: object, depth: int) -> Iterator[Row]:
    """Yield the objects with a time, with plain names of their keys."""
    if isinstance(value, list):
        for item in value:
            yield from _plays_in(item, depth - 1) if depth else ()
    elif isinstance(value, dict):
        row = {_plain(name): item for name, item in value.items()}
        if isinstance(track := row.get("track"), dict):  # as in Spotify's API
            row = {_plain(name): item for name, item in track.items()} | {**row, "track": None}
        if isinstance(date := row.get("date"), dict):  # as in Last.fm's API
            row |= {_plain(name): item for name, item in date.items()} | {"date": None}
        if any(name in row for name in (*_ENDS, *_BEGINS)):
            yield row
        elif depth:
            for item in value.values():
                yield from _plays_in(item, depth - 1)


# ---- tables --------------------------------------------------------------------------------------


def _table(text: str) -> tuple[list[str], int, str]:
    """Return the plain names of the columns, the lines before the first play, and the delimiter; else no names."""
    lines = text.split("\n", _MOST_LINES_BEFORE + 1)
    for before, line in enumerate(lines[:_MOST_LINES_BEFORE]):
        delimiter = max(",;\t", key=line.count)
        names, first = ([*map(str, row)] for row in _cells("\n".join(lines[before:]), delimiter, 2))
        plain = [*map(_plain, names)]
        has_time = not {*_ENDS, *_BEGINS}.isdisjoint(plain) or (
            not set(_DATES).isdisjoint(plain) and _ONLY_BESIDE.issuperset(plain)
        )
        if is_of_program(plain, first):
            return plain, before + 1, delimiter
        if has_time and not set(_TITLES).isdisjoint(plain) and _begin(dict(zip(plain, first, strict=False)))[0]:
            return plain, before + 1, delimiter
        # Without a first line: artist, album, title and time.
        if len(names) == 4 and _ENGLISH.fullmatch(names[3].strip()):
            return ["artist", "album", "title", "date"], before, delimiter
    return [], 0, ","


def _cells(text: str, delimiter: str, count: int) -> list[list[str]]:
    """Return the first rows of a table, empty if there are fewer."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == count:
                break
    except csv.Error:
        rows = []
    return rows + [[]] * (count - len(rows))


def _table_rows(data: bytes) -> Iterator[Row]:
    text = decode_list(data)
    names, before, delimiter = _table(text)
    if not names:
        raise ImportReadError("this is no history of plays: it has no columns of titles and times")
    rows = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    filled = (row for number, row in rows if number >= before and any(map(str.strip, row)))
    try:
        yield from read_rows(names, (dict(zip(names, row, strict=False)) for row in filled))
    except csv.Error as error:
        raise ImportReadError(f"this is not valid CSV ({error})") from None


def _recognises(path: str, head: bytes) -> bool:
    if not head or b"\0" in head[:2]:
        return False
    if not _is_json(head):
        if b"\n" not in head:  # of more than a hundred columns
            with open_regular(path) as file:
                head = file.read(_MOST_SAMPLE)
        return path.lower().endswith((".csv", ".tsv", ".txt")) and bool(_table(decode_list(head))[0])
    if b'"map4/' in head or b'"track_metadata"' in head:
        return False
    if _SIGNS.search(head):
        return True
    # An answer of Spotify's API has kilobytes about a track before the time.
    with open_regular(path) as file:
        return _SIGNS.search(file.read(_MOST_SAMPLE)) is not None


HISTORY = Importer(
    name="history",
    title="a history of plays (Spotify, Last.fm, Apple Music, Serato's CSV)",
    program=None,
    suffixes=("json", "csv"),
    recognises=_recognises,
    read=_read,
)
