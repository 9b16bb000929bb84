"""Histories of plays: Spotify's own data in both forms, scrobbles of Last.fm and of other servers, and `played_at`; see
also `tables`, `scrobbler_log`, `youtube` and `archives`.

Spotify writes when a play ended, in UTC, and how long it lasted; the others write when it began. The times of
`StreamingHistory*.json` are exact to the minute, those of the extended history to the second. For a play without a
connection, its `ts` is when the phone was back online, and `offline_timestamp` when the play began.

`.scrobbler.log`: plays that Rockbox and other players without a connection write for Last.fm.

A line has artist, album, title, track number, length in seconds, L (listened) or S (skipped), and seconds since 1970,
between tabs. Players that know no time zone write the clock's time as if it were UTC.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted, utc_text
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry
from map4.core.music.plays import Play, PlayTime
from map4.formats.format import PlaylistReadError
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.listens.archives import OTHER_FILES, ZIP, archived_files
from map4.formats.listens.tables import NotEachPlayError, is_of_program, read_rows
from map4.formats.registry import ListFormats
from map4.formats.values import above_zero, decode_list, number_of, one_line, split_caption, utc_moment, utc_moment_of

NO_MUSIC = "videos, searches and other activity outside YouTube Music"
UNREADABLE = "plays whose title is gone, or in an unknown language"
_TOPIC = re.compile(
    r"\s+[-–—]\s+(topic|thema|tema|sujet|thème|tópico|argomento|onderwerp|temat|тема|トピック|주제|主题|主題|konu|ämne|emne|aihe)$",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"\s?VEVO$")
# The words that Google writes around the title.
_WATCHED = (
    "Watched {}", "{} angesehen", "Vous avez regardé {}", "Has visto {}", "Viste {}", "Hai guardato {}",
    "Je hebt {} bekeken", "Je hebt naar {} gekeken", "Je hebt gekeken naar {}", "Assistiu a {}", "Assistiu {}",
    "Você assistiu a {}", "Viu {}", "Tittade på {}", "Så på {}", "Så {}", "Katsoit videon {}", "{} katsottiin",
    "Obejrzano: {}", "Obejrzano {}", "Zhlédli jste video {}", "Ați vizionat {}", "Megnézte: {}", "Гледахте {}",
    "Просмотрено видео {}", "Вы посмотрели видео {}", "Ви дивилися відео {}", "Παρακολουθήσατε το βίντεο {}",
    "{} adlı videoyu izlediniz", "{} izlendi", "تمت مشاهدة {} .", "تمت مشاهدة {}", "{} を視聴しました", "{} を見ました",
    "{} 을(를) 시청했습니다.", "{} 시청함", "观看了 {}", "已观看 {}", "觀看了 {}", "已觀看 {}", "{} देखा",
    "Menonton {}", "Đã xem {}",
)  # fmt: skip
_FEWEST_ALIKE = 4  # texts in another language, from which the words around the title are learnt


def is_activity(data: bytes) -> bool:
    head = data[:4096]
    return b'"header"' in head and b'"title"' in head and (b'"titleUrl"' in head or b'"products"' in head)


def youtube_rows(activity: Sequence[Any], notes: ReadNotes) -> Iterator[Mapping[str, Any]]:
    """Yield the plays of YouTube Music, as rows of a history."""
    rows = [row for row in activity if isinstance(row, dict) and isinstance(row.get("title"), str)]
    watched = [row for row in rows if "/watch?" in str(row.get("titleUrl"))]
    before, after = _around({row["title"] for row in watched if "://" not in row["title"]})
    notes.left_out[NO_MUSIC] += sum(not _is_music(row) for row in activity)
    for row in filter(_is_music, watched):
        text = row["title"]
        if "://" in text or not (text.startswith(before) and text.endswith(after)):
            notes.left_out[UNREADABLE] += 1
            continue
        title = text[len(before) : len(text) - len(after)]
        channels = row.get("subtitles")
        first = channels[0] if isinstance(channels, list) and channels else None
        channel = str(first.get("name") or "") if isinstance(first, dict) else ""
        artist, is_topic = _TOPIC.subn("", channel)
        named = (None, title) if is_topic else split_caption(title)
        yield {"title": named[1], "artist": named[0] or _CHANNEL.sub("", artist), "playedat": row.get("time")}


def _is_music(row: Any) -> bool:
    url = str(row.get("titleUrl")) if isinstance(row, dict) else ""
    return "/watch?" in url and ("youtube music" in str(row.get("header")).lower() or "//music.youtube.com/" in url)


def _around(titles: set[str]) -> tuple[str, str]:
    """Return the words before and after the title in most texts."""
    parts = [(before, after) for before, _, after in (pattern.partition("{}") for pattern in _WATCHED)]
    fits = [sum(text.startswith(before) and text.endswith(after) for text in titles) for before, after in parts]
    if 2 * max(fits) >= len(titles):
        return parts[fits.index(max(fits))]
    if len(titles) < _FEWEST_ALIKE:
        return "\0", ""
    words = [text.split(" ") for text in titles]
    before = "".join(f"{word} " for word in _shared(words))
    after = "".join(f" {word}" for word in reversed(_shared([text[::-1] for text in words])))
    return (before, after) if before or after else ("\0", "")


def _shared(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the words with which all texts begin."""
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False))]


SKIPPED = "tracks that the player marked as skipped"
_HEAD = b"#AUDIOSCROBBLER/"
_IN_UTC = re.compile(r"^#TZ/UTC\s*$", re.MULTILINE | re.IGNORECASE)
_COLUMNS = ("artist", "album", "title", "tracknumber", "length", "rating", "timestamp")


def is_scrobbler_log(data: bytes) -> bool:
    return data[:100].removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(_HEAD)


def logged_rows(text: str, notes: ReadNotes) -> Iterator[Mapping[str, Any]]:
    """Yield the plays of a log, as rows of a history."""
    is_utc = _IN_UTC.search(text) is not None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        row: dict[str, Any] = dict(zip(_COLUMNS, line.split("\t"), strict=False))
        if row.get("rating", "").strip().upper() == "S":
            notes.left_out[SKIPPED] += 1
            continue
        moment = utc_moment(number_of(row.pop("timestamp", None)))
        if moment and not is_utc:
            moment = PlayTime.utc_of_local(moment.removesuffix("Z"))
        length_s = number_of(row["length"]) if "length" in row else None
        yield {**row, "playedat": moment, "durationms": length_s and length_s * 1000}


_MOST_BYTES = 1 << 30
_HEAD_BYTES, _MOST_SAMPLE = 4096, 1 << 20
_MOST_DEPTH = 6
_MOST_LINES_BEFORE = 3
_MS_PER_S = 1000.0

# Columns and keys in lower case without signs, the best first.
_ENDS = ("endtime", "ts")
_BEGINS = ("uts", "playedat", "utctime", "listenedat", "scrobbledat", "timestamp", "dateplayed", "playdate", "played")
_PLAYED_MS = ("msplayed", "playdurationmilliseconds")
_SONGS = ("song", "songname", "songtitle")
_TITLES = ("trackname", "mastermetadatatrackname", "title", "track", *_SONGS, "tracktitle", "name")
_ARTISTS = ("artistname", "mastermetadataalbumartistname", "artist", "artists", "artistnames", "trackartist")
_ALBUMS = ("albumname", "mastermetadataalbumalbumname", "album", "release", "releasename", "albumtitle")
_SPOKEN = ("episodename", "podcastname", "audiobooktitle", "chaptertitle", "audiobookchaptertitle")
# Lists of songs may have such a column, too; a table with nothing else lists scrobbles.
_DATES = ("date", "datetime", "time", "utcdate")
_ONLY_BESIDE = frozenset(
    (*_TITLES, *_ARTISTS, *_ALBUMS, *_DATES, "artistmbid", "albummbid", "albumid", "trackmbid", "mbid", "loved")
)

# Maloja and lastfmstats write `time` or `date` in each scrobble, as lists of songs do.
_SCROBBLES = "scrobbles"
_SIGNS = re.compile(
    rb'"ms_?played"\s*:\s*\d|"(?:played_?at|listened_?at|play_?date|uts)"\s*:\s*["\d]|"scrobbles"\s*:\s*\[',
    re.IGNORECASE,
)
# A loved track has the time at which it was loved, in the form of a play.
_LOVED = r"(?:loved|liked|banned|hated|favou?rites?)[\W_]*(?:tracks?|songs?|recordings?)?"
_LOVED_KEY = re.compile(_LOVED)
_LOVED_JSON = re.compile(rb'"%b"\s*:\s*[\[{]' % _LOVED.encode(), re.IGNORECASE)
_LOVED_FILE = re.compile(rf"(?:.*[\W_])?{_LOVED}(?:[\W_\d].*)?", re.IGNORECASE)
_LISTS = re.compile(r"(?:Playlist\d*|YourLibrary)\.json", re.IGNORECASE)  # in Spotify's download
_FOLDERS = ("Spotify",)
_CLOCKS_DIFFER = timedelta(minutes=1)
_ENGLISH = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4}),? (\d{1,2}):(\d{2})(?::(\d{2}))?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}),? (\d{1,2}:\d{2}(?::\d{2})?)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SPOKEN = "plays of podcasts and audiobooks"
INCOMPLETE = "plays without a title, or without a time from 1990 until now"
LOVED = "loved, liked and banned tracks, which are no plays"
TWICE = "plays that the file lists twice with the same time"
Row = Mapping[str, Any]


def _plain(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).casefold())


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Yield each track once, then the plays; a `Reader`."""
    known, keys, times, durations = set[str](), list[str](), list[str | None](), list[float | None]()
    seen = set[tuple[str, str]]()
    lists = list[ParsedPlaylist]()
    for row in _rows(path, notes, lists):
        title, artist = _text(row, _TITLES), _text(row, _ARTISTS)
        moment, played_s = _begin(row)
        if title is None or moment is None:
            is_spoken = title is None and _text(row, _SPOKEN) is not None
            notes.left_out[SPOKEN if is_spoken else INCOMPLETE] += 1
            continue
        key, at = _key(artist, title), utc_text(moment)
        if (key, at) in seen:
            notes.left_out[TWICE] += 1
            continue
        seen.add((key, at))
        keys.append(key)
        times.append(at)
        durations.append(played_s)
        if key not in known:
            known.add(key)
            length_ms = above_zero(row.get("durationms"))
            yield DjTrack(key=key, entry=PlaylistEntry(
                position=len(known), artist=artist, title=title, album=_text(row, _ALBUMS),
                duration_s=length_ms and length_ms / _MS_PER_S,
            ))  # fmt: skip
    for listed in lists:
        named = {_key(entry.artist, entry.title): entry for entry in listed.entries}
        yield from (DjTrack(key=key, entry=entry) for key, entry in named.items() if key not in known)
        known |= named.keys()
        yield DjPlaylist(
            name=listed.name or "",
            folders=_FOLDERS,
            keys=tuple(_key(entry.artist, entry.title) for entry in listed.entries),
        )
    plays = DjPlaylist(name="plays", kind="plays", keys=tuple(keys), times=tuple(times), played_s=tuple(durations))
    skips = sum(map(plays.is_skip, range(len(keys))))
    notes.remarks.append(
        f"{counted(len(keys) - skips, 'play')} with their times, and {counted(skips, 'skip')} of less than "
        f"{Play.SKIPPED_BELOW_S:.0f} s"
    )
    yield plays


def _key(artist: str | None, title: str | None) -> str:
    return f"{artist or ''} – {title}"


def _rows(path: str, notes: ReadNotes, lists: list[ParsedPlaylist]) -> Iterator[Row]:
    """Yield the plays of a file, or of the files in an archive, whose lists are added to `lists`."""
    with OnDisk(path).open() as file:
        is_archive = file.peek(len(ZIP)).startswith(ZIP)
    if not is_archive:
        if _is_loved(notes.name or path):
            raise ImportReadError("by its name it lists loved tracks, which are no plays; --from lists makes a list")
        yield from _rows_of(OnDisk(path).read(most_bytes=_MOST_BYTES), notes)
        return
    is_any = False
    for name, data in archived_files(path):
        try:
            if _is_history(name, data[:_MOST_SAMPLE]):
                yield from _rows_of(data, notes)
                is_any = True
            elif _LISTS.fullmatch(os.path.basename(name)):
                found = ListFormats.read(data, name)
                stem = os.path.splitext(os.path.basename(name))[0]
                lists += (replace(each, name=each.name or stem) for each in found.lists or (found,))
                is_any = True
            else:
                notes.left_out[OTHER_FILES] += 1
        except NotEachPlayError:
            notes.left_out[OTHER_FILES] += 1
        except (PlaylistReadError, ImportReadError) as error:
            raise ImportReadError(f"{name} in it: {error}") from None
    if not is_any:
        raise ImportReadError(
            "this archive has no plays and no lists that map4 can read; unpack it, and import the files in it. Google "
            "writes plays that can be read if you choose JSON in Takeout"
        )


def _rows_of(data: bytes, notes: ReadNotes) -> Iterator[Row]:
    if is_scrobbler_log(data):
        return logged_rows(decode_list(data), notes)
    return _json_rows(data, notes) if _is_json(data) else _table_rows(data)


def _begin(row: Row) -> tuple[datetime | None, float | None]:
    """Return when a play began, and how long it was played in seconds; None if unknown or impossible."""
    played_ms = next((ms for name in _PLAYED_MS if (ms := number_of(row.get(name))) is not None), None)
    played_s = None if played_ms is None or played_ms < 0 else played_ms / _MS_PER_S
    end = next((moment for name in _ENDS if (moment := _moment(row.get(name))) is not None), None)
    begin = None
    if str(row.get("offline")).casefold() == "true":
        begin = _moment(row.get("offlinetimestamp"))
    if end is not None and (begin is None or begin > end + _CLOCKS_DIFFER):
        begin = PlayTime.moment(end.timestamp() - (played_s or 0.0))
    elif begin is None:
        begin = next((moment for name in (*_BEGINS, *_DATES) if (moment := _moment(row.get(name))) is not None), None)
    return (begin if begin is not None and PlayTime.is_plausible(begin) else None), played_s


def _moment(value: object) -> datetime | None:
    """Parse seconds or milliseconds since 1970, ISO 8601, `29 Nov 2019, 10:00` or `29.11.2019 10:00`.

    Times without a zone are UTC.
    """
    number = number_of(value)
    if number is not None:
        return PlayTime.moment(number)
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
        aliases = value.get("aliases")  # Koito writes all names of an artist or track
        if isinstance(aliases, list) and aliases:
            return _line(
                next((each for each in aliases if isinstance(each, dict) and each.get("is_primary")), aliases[0])
            )
        names = ("#text", "name", "title", "albumtitle", "alias")
        return next((text for name in names if (text := _line(value.get(name)))), None)
    return one_line(value) or None if isinstance(value, str) else None


# ---- JSON ----------------------------------------------------------------------------------------


def _is_json(data: bytes) -> bool:
    return data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _json_rows(data: bytes, notes: ReadNotes) -> Iterator[Row]:
    text = decode_list(data)
    documents = [_parsed(text)]
    if documents == [None]:  # a line each
        documents = [_parsed(line) for line in text.split("\n") if line.strip()]
        if None in documents:
            raise ImportReadError("this is not valid JSON; is the download complete?")
    if is_activity(data):
        yield from youtube_rows(documents[0] if isinstance(documents[0], list) else documents, notes)
    else:
        yield from _plays_in(documents, _MOST_DEPTH, notes)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _plays_in(value: object, depth: int, notes: ReadNotes, above: str = "") -> Iterator[Row]:
    """Yield the objects with a time, with plain names of their keys.

    above: the plain key that decides the kind of the objects, such as "lovedtracks"
    """
    if isinstance(value, list):
        for item in value:
            yield from _plays_in(item, depth - 1, notes, above) if depth else ()
    elif isinstance(value, dict):
        row = {_plain(name): item for name, item in value.items()}
        if isinstance(track := row.get("track"), dict):  # as in Spotify's API
            row = {"title": track} | {_plain(name): item for name, item in track.items()} | {**row, "track": None}
        if isinstance(date := row.get("date"), dict):  # as in Last.fm's API
            row |= {_plain(name): item for name, item in date.items()} | {"date": None}
        times = (*_ENDS, *_BEGINS, *(_DATES if above == _SCROBBLES else ()))
        if any(name in row for name in times):
            if _LOVED_KEY.fullmatch(above):
                notes.left_out[LOVED] += 1
            else:
                yield row
        elif depth:
            for name, item in value.items():
                key = _plain(name)
                decides = key == _SCROBBLES or _LOVED_KEY.fullmatch(key)
                yield from _plays_in(item, depth - 1, notes, key if decides else above)


# ---- tables --------------------------------------------------------------------------------------


def _table(text: str) -> tuple[list[str], int, str]:
    """Return the plain names of the columns, the lines before the first play, and the delimiter; else no names."""
    lines = text.split("\n", _MOST_LINES_BEFORE + 1)
    for before, line in enumerate(lines[:_MOST_LINES_BEFORE]):
        delimiter = max(",;\t", key=line.count)
        names, first = ([*map(str, row)] for row in _cells("\n".join(lines[before:]), delimiter, 2))
        plain = [_plain(name.partition("#")[0] or name) for name in names]  # lastfmstats: `Date#user`
        has_time = not {*_ENDS, *_BEGINS}.isdisjoint(plain) or (
            not set(_DATES).isdisjoint(plain) and _ONLY_BESIDE.issuperset(plain)
        )
        if is_of_program(plain, first):
            return plain, before + 1, delimiter
        if has_time and not set(_TITLES).isdisjoint(plain) and _begin(dict(zip(plain, first, strict=False)))[0]:
            return plain, before + 1, delimiter
        # Without a first line: artist, album, title and time. Below a line that is no play, these columns may be any.
        if before == 0 and len(names) == 4 and _ENGLISH.fullmatch(names[3].strip()):
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


def _is_loved(name: str) -> bool:
    return _LOVED_FILE.fullmatch(os.path.splitext(os.path.basename(name))[0]) is not None


def _is_history(name: str, sample: bytes) -> bool:
    if not sample or b"\0" in sample[:2] or _is_loved(name):
        return False
    if is_scrobbler_log(sample) or is_activity(sample):
        return True
    if not _is_json(sample):
        return name.lower().endswith((".csv", ".tsv", ".txt")) and bool(_table(decode_list(sample))[0])
    head = sample[:_HEAD_BYTES]
    is_other = b'"map4/' in head or b'"track_metadata"' in head
    is_loved = _LOVED_JSON.search(head) is not None and b'"recenttracks"' not in sample
    return not is_other and not is_loved and _SIGNS.search(sample) is not None


def _recognises(path: str, head: bytes) -> bool:
    if not head or head.startswith(ZIP):
        return head.startswith(ZIP)
    if _is_json(head) or b"\n" not in head:
        # Spotify's API writes kilobytes about a track before the time, and Apple a hundred columns.
        with OnDisk(path).open() as file:
            head = file.read(_MOST_SAMPLE)
    return _is_history(path, head)


HISTORY = Importer(
    name="history",
    title="a history of plays (Spotify, Last.fm, YouTube Music, Apple Music, Serato's CSV)",
    suffixes=("json", "csv", "log", "zip"),
    recognises=_recognises,
    read=_read,
    plays="minute",
)
