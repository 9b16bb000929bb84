"""VirtualDJ's `database.xml`, its lists (`.vdjfolder`), or all of them and its history in its folder.

[1] "VDJ_database", VDJPedia (virtualdj.com/wiki/VDJ_database): elements and attributes of the database.
[2] "Lists", VDJPedia (virtualdj.com/wiki/Lists): lists of VirtualDJ 2024 and later.

VirtualDJ's filter folders: a line of rules that VirtualDJ evaluates, as in its manual.

An element FilterFolder with the line as its `filter`. `and` binds before `or`; a value with blanks is in quotes.

VirtualDJ's points of interest: cues, loops and beats of the grid.

[1] "VDJ_database", VDJPedia (virtualdj.com/wiki/VDJ_database): the attributes, and tempo as the seconds of a beat.
[2] "POI Editor", manual of VirtualDJ: kinds of points, and which VirtualDJ makes by itself.
[3] "Virtual Dj Cue Storage Format", Mixxx wiki, 2018: a track as version 8.2 wrote it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from map4.core.base.path_maps import Location
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import plausible_seconds
from map4.core.music.lists.live import LiveList
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import MOST_RATING, ImportedValues
from map4.errors import KeyParseError
from map4.formats import live_rules
from map4.formats.fields import ProgramFields, entry_of
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import BARS_OF_FOUR, ILLEGAL_XML, KINDS_BY_NAME, MARKER_NAMES, TEMPI, WHOLE_STARS, Lack
from map4.formats.list_importer import read_playlists
from map4.formats.time_zero import program_offset_s
from map4.formats.values import above_zero, finite_number, full_title, one_line, suffix_of
from map4.formats.virtualdj.database_writer import TEXTS
from map4.formats.virtualdj.writer import ROOT as LIST_ROOT
from map4.formats.virtualdj.writer import song_entry, songs_in_order
from map4.formats.xml_reading import attributes_of, xml_errors, xml_events

_SECONDS_PER_MINUTE = 60.0
# A beat is shorter than 3 s, and no music is slower than 20 BPM: values in between are neither.
_LONGEST_BEAT_S = 3.0
_SLOWEST_BPM = 20.0
_FASTEST_BPM = 1000.0

_CUES: Mapping[str, CueKind] = {
    "": "cue", "cue": "cue", "hotcue": "cue", "remix": "cue", "load": "load", "loop": "loop"
}  # fmt: skip
_LOST_BEATS = "beats of a grid without position or tempo"

_OPAQUE = 0xFFFFFF


def _grid(
    points: Iterable[Mapping[str, str]], bpm: float | None, phase_s: float | None, notes: ReadNotes
) -> tuple[GridMark, ...]:
    marks = []
    for point in points:
        values = {"bpm": bpm, **BEAT.read(point, notes.left_out)}
        if values["bpm"] is None:
            notes.left_out[_LOST_BEATS] += "position_s" in values
        elif "position_s" in values:
            marks.append(GridMark(**values))
    if not marks and phase_s is not None and bpm is not None:
        marks.append(GridMark(position_s=phase_s, bpm=bpm))
    return tuple(sorted(marks, key=lambda mark: mark.position_s))


def _cue(point: Mapping[str, str], grid: Sequence[GridMark], bpm: float | None, notes: ReadNotes) -> CuePoint | None:
    values = CUE.read(point, notes.left_out)
    if not values:
        return None
    kind, by_name, length_s = _CUES.get(point.get("Type", "")), None, None
    if kind is None:
        notes.left_out[f"points of the kind '{one_line(point['Type'][:20])}'"] += 1
        return None
    if kind == "loop":
        length_s = _loop_length_s(LOOP.read(point, notes.left_out), values["position_s"], grid, bpm, notes)
        if length_s is None:
            return None
    elif kind == "cue" and (by_name := CuePoint.kind_of_name(values.get("name"))):  # a fade, as map4 writes it
        del values["name"]
    return CuePoint(kind=by_name or kind, length_s=length_s, **values)


def _loop_length_s(
    read: Mapping[str, float], position_s: float, grid: Sequence[GridMark], bpm: float | None, notes: ReadNotes
) -> float | None:
    """Return the seconds of a loop, whose length VirtualDJ stores in beats."""
    here = next((mark.bpm for mark in reversed(grid) if mark.position_s <= position_s), bpm)
    if not read:
        return None
    length_s = None if here is None else plausible_seconds(read["length_s"] * _SECONDS_PER_MINUTE / here)
    if length_s is None:
        notes.left_out[LOOP.lost] += 1
        return None
    return round(length_s, 6)


def seconds_of(text: str | None) -> float | None:
    """Return a position, or None."""
    value = plausible_seconds(finite_number(text))
    return None if value is None else round(value, 6)


def whole_of(text: str | None) -> int | None:
    """Return a whole number, or None."""
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,15}", text) else None


def bpm_of(text: str | None) -> float | None:
    """Return the tempo from seconds per beat, or from beats per minute: both occur, and their ranges don't overlap."""
    value = finite_number(text)
    if value is not None and 0 < value < _LONGEST_BEAT_S:
        value = _SECONDS_PER_MINUTE / value
    return round(value, 3) if value is not None and _SLOWEST_BPM <= value <= _FASTEST_BPM else None


def color_of(text: str | None) -> str | None:
    """Return `#rrggbb` from a number with opacity in its highest byte, or from such a text; None for 0."""
    if text and re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        return text.lower()
    value = whole_of(text)
    return f"#{value & _OPAQUE:06x}" if value else None


def _button(text: str) -> int | None:
    """Return a button from 0; VirtualDJ counts from 1, and a loop on none of them has -1."""
    number = whole_of(text)
    return number - 1 if number is not None and number > 0 else None


_PLACE = ("cues.position_s", "Pos", seconds_of)
CUE = ProgramFields(
    "Poi",
    (_PLACE, ("cues.number", "Num", _button), ("cues.name", "Name", one_line), ("cues.color", "Color", color_of)),
    needs=("position_s",),
    lost="points without a place",
)
LOOP = ProgramFields("Poi", (("cues.length_s", "Size", above_zero),), ("length_s",), "loops of unknown length")
BEAT = ProgramFields("Poi", (_PLACE, ("grid.bpm", "Bpm", bpm_of)), ("position_s",), _LOST_BEATS)


FILTER_ROOT = "FilterFolder"
_TEXTS = {"title": "title", "artist": "artist", "author": "artist", "album": "album", "genre": "genre",
          "comment": "comment", "label": "label", "composer": "composer", "filepath": "path"}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "year": "year", "rating": "rating", "stars": "rating", "nbplay": "plays",
            "play count": "plays", "playcount": "plays", "bitrate": "bitrate"}  # fmt: skip
_SINCE = {"days since firstseen": "added", "days since first seen": "added", "days since lastplay": "played",
          "days since last play": "played"}  # fmt: skip
_TOP = {"nbplay": "plays", "play count": "plays", "rating": "rating", "firstseen": "added", "first seen": "added",
        "lastplay": "played", "last play": "played"}  # fmt: skip
_SIGNS = {
    "==": "is", "=": "is", "is": "is", "equals": "is", "equal": "is", "!=": "is not", "<>": "is not",
    "is not": "is not", "contains": "has", "contain": "has", "doesn't contain": "has not", "doesn’t contain": "has not",
    ">=": ">=", "<=": "<=", ">": ">", "<": "<",
}  # fmt: skip
_ENDS = {">=": "from", "<=": "to", ">": "above", "<": "below"}
_NAMED = "|".join(sorted(map(re.escape, (*_TEXTS, *_NUMBERS, *_SINCE, "key")), key=len, reverse=True))
_SIGNED = "|".join(
    sorted((rf"{sign}\b" if sign[-1].isalpha() else re.escape(sign) for sign in _SIGNS), key=len, reverse=True)
)
_RULE = re.compile(
    rf"""\s*(?P<name>{_NAMED})\s*(?P<sign>{_SIGNED})\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'()]+(?:\s+(?!and\b|or\b|&|\|)[^\s"'()&|]+)*)\s*""",
    re.IGNORECASE,
)
_JOIN = re.compile(r"(and\b|or\b|&&?|\|\|?)", re.IGNORECASE)
_TOP_RULE = re.compile(r"\s*top\s+([0-9]{1,5})\s+(.+?)\s*", re.IGNORECASE)


def live_of(line: str) -> LiveList:
    """Convert a filter to a live list."""
    if top := _TOP_RULE.fullmatch(line):
        field = _TOP.get(top[2].lower())
        if field is None:
            raise live_rules.UnsupportedRuleError(line)
        return live_rules.live_list([[]], sort=[f"{field}-"], n=int(top[1]))
    groups: list[list[live_rules.Groups]] = [[]]
    at = 0
    while True:
        rule = _RULE.match(line, at)
        if rule is None:
            raise live_rules.UnsupportedRuleError(line[at:].strip() or "nothing")
        groups[-1].append(_parse(" ".join(rule["name"].lower().split()), _SIGNS[rule["sign"].lower()], rule["value"]))
        at = rule.end()
        if at >= len(line):
            break
        join = _JOIN.match(line, at)
        if join is None:
            raise live_rules.UnsupportedRuleError(line[at:].strip())
        if join[1].lower() in ("or", "|", "||"):
            groups.append([])
        at = join.end()
    return live_rules.live_list(live_rules.joined([live_rules.joined(group, "all") for group in groups], "any"))


def _parse(name: str, sign: str, value: str) -> live_rules.Groups:
    text = value.strip("\"'").strip()
    negated, how = sign.endswith("not"), _ENDS.get(sign, sign.removesuffix(" not"))
    if name == "key" and how == "is":
        try:
            return [[f"{'^' * negated}key:{Key.parse(text).camelot}"]]
        except KeyParseError:
            raise live_rules.UnsupportedRuleError(f"key {sign} {text}") from None
    field, groups = {**_TEXTS, **_NUMBERS}.get(name), None
    if field is not None and name in _TEXTS:
        groups = live_rules.compared(field, how, text, negated=negated)
    elif re.fullmatch(r"[0-9]{1,9}([.][0-9]{1,6})?", text):
        number = float(text)
        if field is not None:
            groups = live_rules.compared(field, how, number, negated=negated)
        elif name in _SINCE and sign in ("<=", "<", ">=", ">") and number == int(number):
            groups = live_rules.in_the_last(_SINCE[name], int(number), negated=sign.startswith(">"))
    if groups is None:
        raise live_rules.UnsupportedRuleError(f"{name} {sign} {text}")
    return groups


_DATABASE = "database.xml"
_DATABASE_ROOT = "VirtualDJ_Database"
# Folders of lists: of VirtualDJ 2024 and later, and of earlier versions.
_LIST_FOLDERS = ("MyLists", "My Lists", "Folders", "Playlists")
_HISTORY = "History"
_LIST_SUFFIXES = (".vdjfolder", ".xml", ".m3u", ".m3u8")
_PLAIN_LISTS = (".m3u", ".m3u8")
# Suffix of the folders that contain folders of lists.
_SUBFOLDERS = ".subfolders"
_HEAD_BYTES = 4096
_NO_PATH = "entries without a path"
_MOST_FILTER_BYTES = 1_000_000


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    path = os.path.abspath(path)
    known: set[str] = set()
    if os.path.isdir(path):
        folder = _home(path)
        if not _recognises(path, b""):
            raise ImportReadError(f"there is neither a {_DATABASE} of VirtualDJ nor a folder {_LIST_FOLDERS[0]} in it")
        if os.path.isfile(os.path.join(folder, _DATABASE)):
            yield from _database(os.path.join(folder, _DATABASE), notes, known)
        yield from _lists(folder, notes, known)
    elif any(root.encode() in _head(path) for root in (LIST_ROOT, FILTER_ROOT)):
        yield from _list(path, (), notes, known)
    else:
        yield from _database(path, notes, known)


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        folder = _home(path)
        database = os.path.join(folder, _DATABASE)
        return os.path.isdir(os.path.join(folder, _LIST_FOLDERS[0])) or (
            os.path.isfile(database) and _DATABASE_ROOT.encode() in _head(database)
        )
    return any(f"<{root}".encode() in head for root in (_DATABASE_ROOT, LIST_ROOT, FILTER_ROOT))


def _head(path: str) -> bytes:
    with OnDisk(path).open() as file:
        return file.read(_HEAD_BYTES)


def _home(path: str) -> str:
    """Return VirtualDJ's folder, given itself, its drive or the folder around it."""
    inner = os.path.join(path, "VirtualDJ")
    return inner if os.path.isdir(inner) else path


# ---- the database --------------------------------------------------------------------------------


def _database(path: str, notes: ReadNotes, known: set[str]) -> Iterator[DjTrack]:
    for root, song in _children(path, (_DATABASE_ROOT,)):
        notes.version = notes.version or one_line(root.get("Version"))
        location = song.get("FilePath")
        if song.tag != "Song":
            continue
        if not location:
            notes.left_out[_NO_PATH] += 1
        elif (key := _key(location)) not in known:
            known.add(key)
            yield _track(key, location, len(known), song, notes)


def _children(path: str, roots: tuple[str, ...]) -> Iterator[tuple[Element, Element]]:
    """Yield the root with each child element, releasing each afterwards."""
    root: Element | None = None
    depth = 0
    with OnDisk(path).open() as file, xml_errors(ImportReadError, entities="VirtualDJ does not"):
        for event, element in xml_events(file):
            depth += 1 if event == "start" else -1
            if root is None:
                root = element
                _check_root(root, roots)
            elif event == "end" and depth == 1:
                yield root, element
                root.remove(element)


def _check_root(root: Element, roots: tuple[str, ...]) -> None:
    if root.tag not in roots:
        raise ImportReadError(f"this XML is not VirtualDJ's: it begins with <{root.tag}>")


def _key(location: str) -> str:
    """Return the key of a track: Windows ignores case, and treats slashes like backslashes."""
    return location.replace("/", "\\").lower() if Location.is_windows_path(location) else location


def _track(key: str, location: str, position: int, song: Element, notes: ReadNotes) -> DjTrack:
    values = TRACK.read(attributes_of(song, _PARTS) | {"Comment": song.findtext("Comment")}, notes.left_out)
    values["title"] = full_title(values.get("title"), values.get("mix"))
    entry = entry_of(values, position, location)
    bpm = values.get("bpm")
    beats, others = list[Mapping[str, str]](), list[Mapping[str, str]]()
    for point in (part.attrib for part in song if part.tag == CUE.place):
        # VirtualDJ sets automix points in every track; points moved by hand can't be distinguished.
        if (kind := point.get("Type")) != "automix":
            (beats if kind == "beatgrid" else others).append(point)
    grid = _grid(beats, bpm, values.pop("position_s", None), notes)
    cues = [cue for point in others if (cue := _cue(point, grid, bpm, notes)) is not None]
    read = ImportedValues(**values, cues=tuple(sorted(cues, key=lambda cue: cue.position_s)), grid=grid)
    return DjTrack(key=key, entry=entry, values=read.shifted(-program_offset_s("virtualdj", suffix_of(location))))


def _rating(text: str | None) -> float | None:
    stars = finite_number(text)
    return stars if stars is not None and 0 < stars <= MOST_RATING else None


TRACK = ProgramFields(
    "Song",
    (
        *((name, f"Tags.{theirs}") for name, theirs in TEXTS.items()), ("title", "Tags.Title"), ("comment", "Comment"),
        ("year", "Tags.Year"), ("track_number", "Tags.TrackNumber"), ("date_added", "Infos.FirstSeen"),
        # VirtualDJ's analysis, or the DJ's corrections, count before values from the file.
        ("bpm", "Scan.Bpm", bpm_of), ("bpm", "Tags.Bpm", bpm_of), ("grid.position_s", "Scan.Phase", seconds_of),
        ("key", "Scan.Key"), ("key", "Tags.Key"), ("rating", "Tags.Stars", _rating), ("play_count", "Infos.PlayCount"),
        ("last_played", "Infos.LastPlay"), ("color", "Infos.UserColor", color_of), ("color", "Infos.Color", color_of),
        ("duration_s", "Infos.SongLength"), ("size_bytes", "FileSize"),
    ),
)  # fmt: skip
_PARTS = frozenset(("Tags", "Infos", "Scan"))
SONG = ProgramFields("song", (("bpm", "bpm", bpm_of), ("key", "key")))


# ---- lists ---------------------------------------------------------------------------------------


def _lists(folder: str, notes: ReadNotes, known: set[str]) -> Iterator[DjItem]:
    """Yield every list of VirtualDJ's folder; unreadable ones are counted."""
    for top in (*_LIST_FOLDERS, _HISTORY):
        start = os.path.join(folder, top)
        for above, below, names in os.walk(start):
            below.sort()
            inner = os.path.relpath(above, start)
            folders = () if inner == os.curdir else tuple(_plain(name) for name in inner.split(os.sep))
            folders = (_HISTORY, *folders) if top == _HISTORY else folders
            for name in sorted(names):
                if not name.lower().endswith(_LIST_SUFFIXES) or name.startswith("._"):
                    continue
                try:
                    yield from _list(os.path.join(above, name), folders, notes, known)
                except (ImportReadError, OSError):
                    notes.left_out["lists that can't be read"] += 1


def _plain(name: str) -> str:
    return display_path(name).removesuffix(_SUBFOLDERS)


def _list(path: str, folders: tuple[str, ...], notes: ReadNotes, known: set[str]) -> Iterator[DjItem]:
    """Yield the tracks that are not known yet, then the list."""
    listed = DjPlaylist(name=_plain(os.path.splitext(os.path.basename(path))[0]), folders=folders)
    if FILTER_ROOT.encode() in _head(path):
        yield from _filter(path, listed, notes)
        return
    if path.lower().endswith(_PLAIN_LISTS):
        tracks, playlist = _plain_tracks(path)
        if playlist.kind == "history":
            listed = replace(playlist, folders=folders, keys=(), times=())
    else:
        tracks, playlist = list(_songs(path, notes)), listed
    keys = []
    for track in tracks:
        keys.append(track.key)
        if track.key not in known:
            known.add(track.key)
            yield track
    yield replace(listed, keys=tuple(keys), times=playlist.times)


def _filter(path: str, listed: DjPlaylist, notes: ReadNotes) -> Iterator[DjPlaylist]:
    """Yield a filter folder as a live list if a query can express it."""
    with xml_errors(ImportReadError, entities="VirtualDJ does not"):
        root = fromstring(OnDisk(path).read(most_bytes=_MOST_FILTER_BYTES))
    _check_root(root, (FILTER_ROOT,))
    with live_rules.counting_unsupported(notes, listed.name, "filter folders with rules that no query can express"):
        yield replace(listed, live=live_of(root.get("filter", "")))


def _songs(path: str, notes: ReadNotes) -> Iterator[DjTrack]:
    songs = songs_in_order(song for _, song in _children(path, (LIST_ROOT,)))
    for number, song in enumerate(songs, start=1):
        location = song.get("path")
        if not location:
            notes.left_out[_NO_PATH] += 1
            continue
        values = ImportedValues(**SONG.read(song, notes.left_out))
        yield DjTrack(key=_key(location), entry=song_entry(number, song), values=values)


def _plain_tracks(path: str) -> tuple[list[DjTrack], DjPlaylist]:
    """Return the track of each entry, and the list."""
    tracks, [playlist] = read_playlists(path)
    entries = {track.key: track.entry for track in tracks}
    # A stream has no path: tracks with the same name in lists are the same track.
    keys = {key: _key(key) if entry.location else entry.label() for key, entry in entries.items()}
    return [DjTrack(key=keys[key], entry=entries[key]) for key in playlist.keys], playlist


VIRTUALDJ = Importer(
    name="virtualdj",
    title="VirtualDJ",
    suffixes=("vdjfolder", "xml"),
    recognises=_recognises,
    read=_read,
    fields=(TRACK, SONG, CUE, LOOP, BEAT),
    places=("~/Library/Application Support/VirtualDJ", "$LOCALAPPDATA/VirtualDJ", "~/Documents/VirtualDJ"),
    lacks=(
        Lack("album_artist disc_number my_tags structure vocals"),
        Lack("title", "{} joins title and mix", lambda _, values: values.mix),
        Lack("last_played date_added", "{} adds a time", lambda moment, _: "T" not in moment),
        Lack("cues.number", "{} numbers every cue point, from 9 on", lambda cue, _: cue.number is None),
        Lack(
            "cues.kind cues.length_s", "{} counts loops in beats, and the tempo is unknown",
            lambda cue, values: cue.kind == "loop" and values.bpm is None and not values.grid,
        ),
        *KINDS_BY_NAME, *ILLEGAL_XML, WHOLE_STARS, *TEMPI, BARS_OF_FOUR, MARKER_NAMES,
    ),
)  # fmt: skip
