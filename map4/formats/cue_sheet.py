"""CUE sheets: the tracks of a disc or a mix, and where each begins in its file.

If each track has its own file, a sheet is a list with names. A file with several tracks (a mix, a disc as one file) is
one track with a cue point at the start of each. Times are minutes, seconds and 75ths of a second, from the first sample
that players play. The sheet of a set that rekordbox recorded is a history of the files that it names, at hours, minutes
and seconds after its date.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import BinaryIO

import mutagen

from map4.core.audio.tags.families import BROKEN
from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.plays import PlayTime
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import ProgramFields
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.values import decode_list, one_line, split_caption, suffix_of, utc_moment_of

_MOST_BYTES = 1_000_000  # a hundred tracks with long names take less than a tenth of it
_FRAMES_PER_S = 75
_START, _GAP = 1, 0  # INDEX of the music, and of the gap before it

_LINE = re.compile(r"(REM\s+)?(\w+)\s+(.*)", re.IGNORECASE)
_INDEX = re.compile(r"(\d{1,3})\s+(\d{1,5}):(\d{1,2}):(\d{1,2})")
_TRACK = re.compile(r"(\d{1,5})\s+AUDIO", re.IGNORECASE)
_FILE_TYPES = frozenset({"WAVE", "MP3", "AIFF", "FLAC", "BINARY", "MOTOROLA", "OGG", "M4A", "AAC"})
_WRITTEN_TYPES = {"mp3": "MP3", "aif": "AIFF", "aiff": "AIFF"}
"""File types of written sheets; all formats that players must decode are WAVE."""
_SHEET = re.compile(rb"^\s*FILE\s.*$(?s:.{0,2000}?)^\s*TRACK\s+\d+\s+AUDIO\s*$", re.IGNORECASE | re.MULTILINE)
_MUSIC = frozenset({"flac", "wav", "aif", "aiff", "wv", "ape", "m4a", "mp3", "ogg", "opus", "aac", "mp4", "wma"})

LOST_STARTS = "tracks whose beginning is not in the sheet"
LOST_TIMES = "times of played tracks that are not in the sheet"


@dataclass(slots=True)
class _Track:
    """A TRACK; its file is where its music begins."""

    number: int
    texts: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    start_s: float | None = None
    has_music: bool = False
    played: str | None = None
    played_after_s: int | None = None

    def name(self) -> str:
        named = [text for text in (self.texts.get("PERFORMER"), self.texts.get("TITLE")) if text]
        return " - ".join(named) or f"Track {self.number:02}"


@dataclass(slots=True)
class _Sheet:
    """`images` have data, too."""

    texts: dict[str, str] = field(default_factory=dict)
    tracks: list[_Track] = field(default_factory=list)
    images: set[str | None] = field(default_factory=set)

    @property
    def is_recording(self) -> bool:
        return self.texts.get("RECORDED_BY", "").lower().startswith("rekordbox")

    def of_file(self) -> dict[str, list[_Track]]:
        tracks: dict[str, list[_Track]] = {}
        # cyanrip 0.9.3 lists a track in the file of its gap, and again in its own (its issue 117).
        begun = {track.number for track in self.tracks if track.has_music}
        for track in self.tracks:
            if not track.has_music and track.number in begun:
                continue
            if track.file is not None:
                tracks.setdefault(track.file, []).append(track)
        return tracks


def read_cue(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a CUE sheet; a `Reader`."""
    path = os.path.abspath(path)
    is_inside = suffix_of(path) in _MUSIC
    sheet = _sheet_inside(path) if is_inside else _parsed(decode_list(OnDisk(path).read(most_bytes=_MOST_BYTES)))
    stem = os.path.splitext(os.path.basename(path))[0]
    if sheet.is_recording and sheet.tracks:
        yield from _history(sheet, path, sheet.texts.get("TITLE") or display_path(stem), notes)
        return
    files = sheet.of_file()
    if not files:
        what = "this file contains no cue sheet" if is_inside else "this is no cue sheet: it names no FILE with a TRACK"
        raise ImportReadError(what)
    keys = []
    for position, (name, tracks) in enumerate(files.items(), start=1):
        location, *others = _places(name, path, notes, other_stem=stem if len(files) == 1 else None)
        values = _values(sheet, tracks, notes, is_whole=len(files) == 1, is_image=name in sheet.images)
        entry = PlaylistEntry(
            position=position,
            location=location,
            other_locations=tuple(others),
            artist=values.artist,
            title=values.title,
            album=values.album,
        )
        keys.append(name)
        yield DjTrack(key=name, entry=entry, values=values)
    if len(keys) > 1:
        yield DjPlaylist(name=sheet.texts.get("TITLE") or display_path(stem), keys=tuple(keys))


def _sheet_inside(path: str) -> _Sheet:
    """Return the sheet in a music file's tag CUESHEET, or in the block of a FLAC file, which has no names."""
    file, sheet = None, _Sheet()
    with suppress(*BROKEN), OnDisk(path).open() as stream:
        file = mutagen.File(stream)
    for name, value in (getattr(file, "tags", None) or {}).items():
        if name.casefold().rpartition(":")[2] == "cuesheet":
            text = value[0] if isinstance(value, list) else value
            sheet = _parsed(decode_list(text) if isinstance(text, bytes) else str(text))
    if file is not None and not sheet.tracks and (block := getattr(file, "cuesheet", None)) is not None:
        for track in block.tracks[:-1]:  # the last is where the disc ends
            starts = [index.index_offset for index in track.indexes if index.index_number == _START] or [0]
            start_s = round((track.start_offset + starts[0]) / file.info.sample_rate, 6)
            sheet.tracks.append(_Track(number=track.track_number, start_s=start_s, has_music=True))
    for track in sheet.tracks:
        track.file = path
    return sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTrack:
    """A track of a sheet for one file: its start and names; None if unknown."""

    at_s: float
    title: str
    artist: str | None = None

    @staticmethod
    def write(out: BinaryIO, file: str, tracks: Sequence[SheetTrack], *, remark: str) -> int:
        """Write the sheet of an audio file in UTF-8, and return its number of tracks.

        file: as the sheet names it
        remark: a comment
        """
        suffix = os.path.splitext(file)[1].lower().lstrip(".")
        lines = [f'REM COMMENT "{remark}"', f'FILE "{_quotable(file)}" {_WRITTEN_TYPES.get(suffix, "WAVE")}']
        for number, track in enumerate(tracks, start=1):
            lines += [f"  TRACK {number:02} AUDIO", f'    TITLE "{_quotable(track.title)}"']
            if track.artist is not None:
                lines.append(f'    PERFORMER "{_quotable(track.artist)}"')
            lines.append(f"    INDEX 01 {_sheet_time(track.at_s)}")
        out.write("".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace"))
        return len(tracks)


def _quotable(text: str) -> str:
    """CUE sheets can't escape quotation marks."""
    return (one_line(text) or "").replace('"', "'")


def _sheet_time(at_s: float) -> str:
    """Minutes (unlimited), seconds and 75ths of a second."""
    seconds, frame = divmod(round(at_s * _FRAMES_PER_S), _FRAMES_PER_S)
    minute, second = divmod(seconds, 60)
    return f"{minute:02}:{second:02}:{frame:02}"


def _parsed(text: str) -> _Sheet:
    sheet = _Sheet()
    file: str | None = None
    texts = sheet.texts
    for line in re.split(r"\r\n|\n|\r", text):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        command, value = match[2].upper(), match[3]
        if command == "FILE" and not match[1]:
            *name, kind = value.rsplit(None, 1)
            named = _unquoted(name[0] if name and kind.upper() in _FILE_TYPES else value) or None
            if sheet.is_recording and sheet.tracks:
                sheet.tracks[-1].played = named
            else:
                file = named
        elif command == "TRACK" and not match[1]:
            audio = _TRACK.fullmatch(value)
            texts = {}
            if audio is not None:
                sheet.tracks.append(_Track(number=int(audio[1]), texts=texts, file=file))
            else:
                sheet.images.add(file)
        elif command == "INDEX" and sheet.tracks and texts is sheet.tracks[-1].texts:
            _index(sheet.tracks[-1], value, file)
        else:
            texts.setdefault(command, one_line(_unquoted(value)) or "")
    return sheet


def _index(track: _Track, value: str, file: str | None) -> None:
    match = _INDEX.fullmatch(value)
    number, minutes, seconds, frames = map(int, match.groups()) if match else (-1, 0, 0, 0)
    if match and number == _START and seconds < 60:
        track.played_after_s = (minutes * 60 + seconds) * 60 + frames
    # In sheets of discs ripped with gaps, the gap is in the previous file.
    is_better = number == _START or (number == _GAP and track.start_s is None)
    track.has_music |= number == _START
    if is_better and seconds < 60 and frames < _FRAMES_PER_S:
        track.start_s, track.file = round(minutes * 60 + seconds + frames / _FRAMES_PER_S, 6), file


def _unquoted(text: str) -> str:
    """Return the text between the first quote and the last, which may be missing."""
    return text[1:].rpartition('"')[0] or text.strip('"') if text.startswith('"') else text


def _history(sheet: _Sheet, path: str, name: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Yield the played tracks, each once, and the history; its times are local, as rekordbox writes no zone."""
    keys, times, known = list[str](), list[str | None](), set[str]()
    recorded = PlayTime.local(utc_moment_of(sheet.texts.get("DATE")) or "")
    begin = None if recorded is None else datetime.fromisoformat(recorded)
    for position, track in enumerate(sheet.tracks, start=1):
        title, artist = track.texts.get("TITLE") or None, track.texts.get("PERFORMER") or None
        if artist is None:
            artist, title = split_caption(title)
        key = track.played or f"{artist or ''} – {title or f'#{position}'}"
        after_s = track.played_after_s
        keys.append(key)
        times.append(None if begin is None or after_s is None else (begin + timedelta(seconds=after_s)).isoformat())
        if key not in known:
            known.add(key)
            entry = PlaylistEntry(position=position, artist=artist, title=title)
            if track.played:
                location, *others = _places(track.played, path, notes, other_stem=None)
                entry = replace(entry, location=location, other_locations=tuple(others))
            yield DjTrack(key=key, entry=entry)
    notes.left_out[LOST_TIMES] += times.count(None)
    yield DjPlaylist(name=name, keys=tuple(keys), kind="history", times=tuple(times))


SHEET = ProgramFields(
    "REM",
    (
        ("artist", "PERFORMER"), ("album", "TITLE"), ("genre", "GENRE"), ("year", "DATE"),
        ("disc_number", "DISCNUMBER"),
    ),
)  # fmt: skip


def _values(sheet: _Sheet, tracks: list[_Track], notes: ReadNotes, *, is_whole: bool, is_image: bool) -> ImportedValues:
    values = ImportedValues(**SHEET.read(sheet.texts, notes.left_out))
    if len(tracks) == 1 and not is_image:
        [track] = tracks
        return replace(
            values,
            title=track.texts.get("TITLE") or None,
            artist=track.texts.get("PERFORMER") or values.artist,
            composer=track.texts.get("SONGWRITER") or None,
            track_number=track.number or None,
        )
    cues = [CuePoint(position_s=track.start_s, name=track.name()) for track in tracks if track.start_s is not None]
    notes.left_out[LOST_STARTS] += len(tracks) - len(cues)
    cues.sort(key=lambda cue: cue.position_s)
    return replace(values, title=values.album if is_whole else None, cues=tuple(cues))


def _places(name: str, sheet: str, notes: ReadNotes, *, other_stem: str | None) -> tuple[str, ...]:
    """Return the possible paths of a FILE: as written, or, as sheets are often older than their files, a music file
    with its name and another suffix, or else with the name of the sheet."""
    folder = os.path.dirname(sheet)
    paths = tuple(PathMaps().inward(name, folder))
    if any(map(os.path.isfile, paths)):
        return paths
    stem = os.path.splitext(re.split(r"[/\\]" if Location.is_windows_path(name) or "\\" in name else "/", name)[-1])[0]
    for wanted in (stem, other_stem):
        path = wanted and _file_beside(folder, wanted)
        if path:
            notes.remarks.append(f"the sheet names '{display_path(name)}', which is missing; '{path}' is read")
            return (os.path.join(folder, path), *paths)
    return paths


def _file_beside(folder: str, stem: str) -> str | None:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return None
    of_music = (name for name in names if suffix_of(name) in _MUSIC)
    return next((name for name in of_music if os.path.splitext(name)[0].casefold() == stem.casefold()), None)


CUE = Importer(
    name="cue",
    title="a CUE sheet",
    suffixes=("cue",),
    recognises=lambda path, head: bool(head) and (suffix_of(path) == "cue" or _SHEET.search(head) is not None),
    read=read_cue,
    is_one_list=True,
    plays="again",
    fields=(SHEET,),
)
