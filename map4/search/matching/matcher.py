"""Match entries and text lines to tracks of the library: by audio id, path, file name, or artist and title.

The most reliable method comes first; each has a maximum certainty. Two different recordings that match equally well are
never a sure match. Names are compared by `map4.search.matching.names`.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal, Self, TypeVar

from map4.core.base.path_maps import PathMaps
from map4.core.base.records import Absent, Count, Fraction, Ordinal, Record
from map4.core.base.regular_files import OnDisk
from map4.core.base.shown import Shown
from map4.core.base.text import folded
from map4.core.music.file_name import FileName
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import AwayFile, PlacedPick, PlaylistEntry, list_rows
from map4.core.music.recording import KnownName
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.search.matching.names import NameMatcher

# "[00:12:30]", "12." and "w/", also in sequence, optionally followed by a dash.
_NUMBERING = re.compile(r"^(?:(?:\[?\d{1,2}:\d{2}(?::\d{2})?\]?|\d{1,3}[.)]|w/)(?:\s+[-–—|])?\s+)+")
_SEPARATOR = re.compile(r"(?<!\s)\s+[-–—]\s+|\t")  # searches only from the first of several blanks
# A label in brackets, as in track lists of DJ sets.
_LABEL = re.compile(
    r"\[(?![^\[\]]*(?:mix|edit|dub|version|live|instrumental|bootleg|rework|vip|feat|ft\.))[^\[\]]*\]$", re.IGNORECASE
)
# Column names of shops and programs, letters only.
NAME_COLUMNS = {
    "artist": frozenset({"artist", "artists", "artistname", "artistnames", "trackartist", "trackartists"}),
    "title": frozenset({"title", "track", "tracktitle", "trackname", "song", "songtitle", "songname", "name"}),
    "mix": frozenset({"mix", "mixname", "remix", "version"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """A line of a list.

    line: its number, from 1
    artist: None if the line does not separate it from the title
    """

    line: Ordinal
    text: str
    artist: str | None
    title: str


def read_wanted(text: str) -> list[WantedLine]:
    """Read a list: lines "artist - title", or CSV whose first line names an artist and a title column.

    Empty lines and lines that begin with # are skipped, as are leading numbers and times and a trailing label in
    brackets. A mix column is appended to the title.
    """
    if "\0" in text:
        raise UsageError("this is not a list of tracks: it contains NUL bytes")
    lines = text.removeprefix("\ufeff").splitlines()
    head = next((line for line in lines if line.strip()), "")
    for delimiter in (",", ";", "\t"):
        names = ["".join(filter(str.isalpha, name.lower())) for name in head.split(delimiter)]
        places = [next((at for at, name in enumerate(names) if name in known), None) for known in NAME_COLUMNS.values()]
        if places[0] is not None and places[1] is not None:
            return _from_csv(text.removeprefix("\ufeff"), delimiter, places[0], places[1], places[2])
    wanted = ((number, line) for number, line in enumerate(lines, start=1) if not line.strip().startswith("#"))
    return [_from_line(number, line) for number, line in wanted if line.strip()]


def _from_line(number: int, line: str) -> WantedLine:
    plain = _LABEL.sub("", _NUMBERING.sub("", line.strip())).rstrip()
    artist, *rest = _SEPARATOR.split(plain, maxsplit=1)
    title = rest[0].strip() if rest else ""
    if not title or not artist:
        return WantedLine(line=number, text=line.strip(), artist=None, title=plain)
    return WantedLine(line=number, text=line.strip(), artist=artist.strip(), title=title)


def _from_csv(text: str, delimiter: str, artist: int, title: int, mix: int | None) -> list[WantedLine]:
    lines: list[WantedLine] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        next(row for row in reader if any(cell.strip() for cell in row))  # the head
        for row in reader:
            if len(row) > max(artist, title) and row[title].strip():
                name, what = row[artist].strip(), row[title].strip()
                version = row[mix].strip() if mix is not None and len(row) > mix else ""
                what += f" ({version})" if version and version.lower() not in what.lower() else ""
                shown = f"{name} - {what}" if name else what
                lines.append(WantedLine(line=reader.line_num, text=shown, artist=name or None, title=what))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num} of the list is not valid CSV: {error}") from None
    return lines


K = TypeVar("K")
MatchMethod = Literal["audio_id", "path", "name", "tags"]

# The certainty of each method. Only their order and the limits `SURE` and `POSSIBLE` matter.
_SAME_AUDIO = 1.0
_SAME_PATH = 1.0
_SAME_PATH_OTHER_FORM = 0.99  # NFC and NFD of the same name
_SAME_PATH_OTHER_CASE = 0.95
_NAME_AND_SIZE = 0.95
_NAME_AND_DURATION = 0.92
_NAME_AND_FOLDER = 0.92
_NAME_ONLY = 0.75

# Players round durations, and encoders add silence; a radio edit differs by more than this.
_SAME_DURATION_S = 3.0
_NEAR_DURATION_S = 10.0
# Titles with a lower similarity are not spellings of each other.
_LEAST_ALIKE_TITLES = 60.0
_DURATION_UNKNOWN, _DURATION_NEAR, _DURATION_OFF = 0.97, 0.93, 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTrack:
    """The known data of a wanted track; `paths` are absolute, the likeliest first."""

    paths: tuple[str, ...] = ()
    audio_id: str | None = None
    size_bytes: int | None = None
    artist: str | None = None
    title: str | None = None
    duration_s: float | None = None
    album: str | None = None

    @classmethod
    def of(cls, entry: PlaylistEntry, folder: str, path_maps: PathMaps) -> Self:
        """The description of an entry's track, with every path it may mean.

        folder: absolute folder of the list
        path_maps: how its paths are mapped
        """
        readings = (path for location in entry.locations for path in path_maps.inward(location, folder))
        return cls(
            paths=tuple(dict.fromkeys(readings)),
            audio_id=entry.audio_id,
            size_bytes=entry.size_bytes,
            artist=entry.artist,
            title=entry.title,
            duration_s=entry.duration_s,
            album=entry.album,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The best-matching file.

    certainty: 0-1; from `SURE` up it can be used without confirmation
    rivals: other recordings that match as well; if any, the certainty is below `SURE`
    """

    path: str
    method: MatchMethod
    certainty: Fraction
    rivals: int = 0


class TrackMatcher:
    """Matches tracks against the names of a library; builds its indexes on first use."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        self._names: Sequence[KnownName] = list(names)

    def match(self, wanted: WantedTrack, *, least_certainty: float = NameMatcher.POSSIBLE) -> Match | None:
        """The best match, or None if no certainty reaches `POSSIBLE`.

        least_certainty: the lowest useful certainty; from `SURE` up, unlikely names are skipped, which is faster
        """
        best: Match | None = None
        by_tags = partial(self._match_tags, thorough=least_certainty < NameMatcher.SURE)
        # The surest first: each next one builds a larger index.
        for attempt in (self._match_audio, self._match_path, self._match_second_name, self._match_name, by_tags):
            match = attempt(wanted)
            if match is not None and match.certainty >= NameMatcher.SURE:
                return match
            if match is None or match.certainty < NameMatcher.POSSIBLE:
                continue
            if best is None or match.certainty > best.certainty:
                best = match
        return best

    # ---- audio id and path -----------------------------------------------------------------------

    def _match_audio(self, wanted: WantedTrack) -> Match | None:
        if wanted.audio_id is None:
            return None
        same = self._audio_index.get(wanted.audio_id, [])
        # Prefer the copy that the list names.
        named = [name for name in same if name.path in wanted.paths]
        return self._choose(named or same, wanted, "audio_id", _SAME_AUDIO)

    def _match_path(self, wanted: WantedTrack) -> Match | None:
        for path in wanted.paths:
            if path in self._path_index:
                return self._choose([self._path_index[path]], wanted, "path", _SAME_PATH)
        for path in wanted.paths:
            same = self._form_index.get(_composed(path), [])
            if same:
                return self._choose(same, wanted, "path", _SAME_PATH_OTHER_FORM)
        for path in wanted.paths:
            # Only if unambiguous: on case-sensitive drives these are two files.
            same = self._case_index.get(_composed(path).casefold(), [])
            if len(same) == 1:
                return self._choose(same, wanted, "path", _SAME_PATH_OTHER_CASE)
        return None

    def _match_second_name(self, wanted: WantedTrack) -> Match | None:
        """The file under the name by which the library knows it: a hard link, or another way through a link."""
        for path in wanted.paths:
            status = OnDisk(path).status()
            if status is not None:
                number = status.st_dev, status.st_ino
                alike = self._inode_index.get(status.st_ino, [])
                same = [name for name in alike if OnDisk(name.path).number() == number]
                if same:
                    return self._choose(same, wanted, "path", _SAME_PATH)
        return None

    # ---- name of the file ------------------------------------------------------------------------

    def _match_name(self, wanted: WantedTrack) -> Match | None:
        best: Match | None = None
        for path in wanted.paths:
            folder, base = _tail(path)
            same = [name for name in self._base_index.get(base, []) if not _contradicts(name, wanted)]
            # Symphony No. 6 is not No. 5, however alike the names are
            likely = [name for name in same if not _has_other_number(name, wanted)]
            by_size = [
                name for name in likely if wanted.size_bytes is not None and name.size_bytes == wanted.size_bytes
            ]
            by_duration = [name for name in likely if _is_near(name, wanted, _SAME_DURATION_S)]
            by_folder = [
                name
                for name in likely
                if folder and _tail(name.path)[0] == folder and not _is_otherwise_titled(name, wanted)
            ]
            for names, certainty in (
                (by_size, _NAME_AND_SIZE),
                (by_duration, _NAME_AND_DURATION),
                (by_folder, _NAME_AND_FOLDER),
                (same, _NAME_ONLY),
            ):
                match = self._choose(names, wanted, "name", certainty)
                if match is not None and (best is None or match.certainty > best.certainty):
                    best = match
        return best

    # ---- artist and title ------------------------------------------------------------------------

    def _match_tags(self, wanted: WantedTrack, *, thorough: bool) -> Match | None:
        if not wanted.title:
            return None
        scored = [
            (round(certainty * _duration_factor(self._called[row][0].duration_s, wanted.duration_s), 3), row)
            for row, certainty in self._name_matcher.candidates(wanted.artist, wanted.title, thorough=thorough)
        ]
        best = max((certainty for certainty, _ in scored), default=0.0)
        return self._choose(
            [self._called[row][0] for certainty, row in scored if certainty == best], wanted, "tags", best
        )

    # ---- choosing and indexes --------------------------------------------------------------------

    def _choose(
        self, names: Sequence[KnownName], wanted: WantedTrack, method: MatchMethod, certainty: float
    ) -> Match | None:
        if not names:
            return None
        # A missing file is better than no match.
        present = [name for name in names if not name.is_missing] or list(names)
        # Copies of the same audio are not rivals; the copy of the wanted album comes first.
        if wanted.album and len(present) > 1:
            album = folded(wanted.album)
            present.sort(key=lambda name: name.album is None or folded(name.album) != album)
        rivals = len({name.audio_id or name.path for name in present}) - 1
        if rivals:
            # Never sure among rivals, but still offered.
            certainty = min(certainty, NameMatcher.POSSIBLE + (NameMatcher.SURE - NameMatcher.POSSIBLE) / (1 + rivals))
        return Match(path=present[0].path, method=method, certainty=round(certainty, 3), rivals=rivals)

    @cached_property
    def _path_index(self) -> dict[str, KnownName]:
        return {name.path: name for name in self._names}

    @cached_property
    def _inode_index(self) -> dict[int, list[KnownName]]:
        return _grouped((name.inode, name) for name in self._names)

    @cached_property
    def _form_index(self) -> dict[str, list[KnownName]]:
        return _grouped((_composed(name.path), name) for name in self._names)

    @cached_property
    def _case_index(self) -> dict[str, list[KnownName]]:
        return _grouped((_composed(name.path).casefold(), name) for name in self._names)

    @cached_property
    def _audio_index(self) -> dict[str, list[KnownName]]:
        return _grouped((name.audio_id, name) for name in self._names if name.audio_id)

    @cached_property
    def _base_index(self) -> dict[str, list[KnownName]]:
        return _grouped((_tail(name.path)[1], name) for name in self._names)

    @cached_property
    def _name_matcher(self) -> NameMatcher:
        return NameMatcher(caption for _, caption in self._called)

    @cached_property
    def _called(self) -> Sequence[tuple[KnownName, tuple[str | None, str]]]:
        """All names of the files, one per row of the name matcher."""
        own = [(name, name.own_name) for name in self._names if name.own_name is not None]
        return [*((name, FileName(name.path).names(name.artist, name.title)) for name in self._names), *own]


def _composed(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _tail(path: str) -> tuple[str, str]:
    """The last folder and the file name of a path from any system, normalized for comparison."""
    parts = _composed(path).casefold().replace("\\", "/").rsplit("/", 2)
    return (parts[-2] if len(parts) > 1 else ""), parts[-1]


def _is_near(name: KnownName, wanted: WantedTrack, within_s: float) -> bool:
    if name.duration_s is None or wanted.duration_s is None:
        return False
    return abs(name.duration_s - wanted.duration_s) <= within_s


def _contradicts(name: KnownName, wanted: WantedTrack) -> bool:
    """True if the durations show that a file of the same name is a different recording."""
    is_known = name.duration_s is not None and wanted.duration_s is not None
    return is_known and not _is_near(name, wanted, _NEAR_DURATION_S)


def _is_otherwise_titled(name: KnownName, wanted: WantedTrack) -> bool:
    """True if both titles are known and clearly differ: many folders have a `CD 1/01.mp3`."""
    if not name.title or not wanted.title:
        return False
    from rapidfuzz import fuzz

    return fuzz.token_set_ratio(folded(name.title), folded(wanted.title)) < _LEAST_ALIKE_TITLES


def _has_other_number(name: KnownName, wanted: WantedTrack) -> bool:
    """True if the titles are numbered differently: "01.mp3" may be any part."""
    if not wanted.title:
        return False
    titles = [name.title, name.own_name[1] if name.own_name is not None else None]
    others = [NameMatcher.is_other_number(title, wanted.title) for title in titles if title]
    return bool(others) and all(others)


def _duration_factor(known_s: float | None, wanted_s: float | None) -> float:
    if known_s is None or wanted_s is None:
        return _DURATION_UNKNOWN
    difference_s = abs(known_s - wanted_s)
    if difference_s <= _SAME_DURATION_S:
        return 1.0
    return _DURATION_NEAR if difference_s <= _NEAR_DURATION_S else _DURATION_OFF


def _grouped(pairs: Iterable[tuple[K, KnownName]]) -> dict[K, list[KnownName]]:
    groups: dict[K, list[KnownName]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return dict(groups)


EntryStatus = Literal["found", "uncertain", "unknown", "gone", "url"]
"""found: used; uncertain: a track matches, but not surely enough to use it; unknown: no track matches; gone: the track
is known, but its file is missing; url: a stream, skipped.
"""


def status_of(certainty: float, least_certainty: float = NameMatcher.SURE) -> EntryStatus:
    """The status for a certainty; below `least_certainty` the match is not used."""
    if certainty < NameMatcher.POSSIBLE:
        return "unknown"
    return "uncertain" if certainty < least_certainty else "found"


Verdict = Literal["found", "uncertain", "missing"]
VERDICTS: Mapping[EntryStatus, Verdict] = {"found": "found", "uncertain": "uncertain", "unknown": "missing"}


class TrackPath(Record):
    """A track given only by its path."""

    path: str


class ResolvedEntry(
    Record,
    kind="list-entry",
    is_bare=True,
    members="position=entry.position location=entry.location artist=entry.artist title=entry.title status"
    " method=match.method certainty=match.certainty rivals stands_in_for=away_file track=file id row",
):
    """An entry of a list and its matching track.

    location: as written in the list
    status: found: used; uncertain: a track matches, but not surely enough; unknown: no match; gone: known, but its file
        is missing; url: a stream, skipped
    method: how the track was matched; None in a stored list

    stands_in_for: the entry's own file, if it is away and `track` is a copy of the recording
    track: None without a match; part of the list only if the status is "found"
    match: the details of the match; None for entries of stored lists
    """

    entry: PlaylistEntry
    status: EntryStatus
    track: Track | None = None
    match: Match | None = None
    pick: ListedPick = field(default_factory=ListedPick)

    @property
    def rivals(self) -> Count:
        """The number of other recordings that match as well."""
        return self.match.rivals if self.match else 0

    @property
    def away_file(self) -> AwayFile | Absent:
        """The entry's own file, if the track is a copy of it."""
        return (self.track and AwayFile.of(self.track)) or ...

    @property
    def file(self) -> TrackPath | None:
        """The file of the track."""
        return None if self.track is None else TrackPath(path=self.track.path)

    @property
    def id(self) -> str | Absent | None:
        """Over HTTP: the track's id."""
        return ...

    @property
    def row(self) -> Count | Absent | None:
        """Over HTTP: the row number of the track's file, as in /columns; null if it is missing."""
        return ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPlaylist(Shown):
    """A list whose entries are resolved.

    source: the file, or the name of a stored list
    format: the file's format; None for a stored list
    id: the id of a stored list; None for a file
    marks: the caller's marks of a stored list
    header: the header of a map4 list
    """

    source: str
    format: str | None
    entries: tuple[ResolvedEntry, ...]
    name: str | None = None
    description: str | None = None
    id: str | None = None
    marks: Sequence[str] = ()
    header: ListHeader = field(default_factory=ListHeader)

    def __repr__(self) -> str:
        return self._brief(", ".join([self.name or self.source, *self.words()]))

    def rows(self) -> list[Mapping[str, str]]:
        placed = self.placed()
        return list_rows([track for track, _ in placed], [pick for _, pick in placed] if self.is_whole else ())

    def words(self) -> Sequence[str]:
        return [f"{len(self.found)} of {len(self.entries)} tracks are there"]

    @property
    def found(self) -> list[ResolvedEntry]:
        """Entries whose track is available."""
        return [entry for entry in self.entries if entry.status == "found"]

    @property
    def is_whole(self) -> bool:
        """True if every track is available; otherwise mix plans, which start from the previous track, are invalid."""
        return len(self.found) == len(self.entries)

    def placed(self) -> list[PlacedPick]:
        """The available tracks in order, each with its pick from the list."""
        return [(entry.track, entry.pick) for entry in self.found if entry.track is not None]

    def tracks(self) -> list[Track]:
        """The available tracks, in order."""
        return [track for track, _ in self.placed()]

    def counts(self) -> dict[str, int]:
        """The number of entries per status."""
        statuses: tuple[EntryStatus, ...] = ("found", "uncertain", "unknown", "gone", "url")
        return {status: sum(entry.status == status for entry in self.entries) for status in statuses}


class ResolvedLine(
    Record,
    kind="wanted",
    is_bare=True,
    members="line=line.line text=line.text verdict certainty artist=track.artist() title=track.title()"
    " audio_id=track.audio_id path=track.path",
):
    """A wanted track and its match in the library.

    line: the line number in the list
    text: the line
    artist: as in the library
    path: None if missing
    status: found, uncertain or unknown
    certainty: that the best candidate is the wanted track, also if it is missing; None without a candidate
    track: None if unknown
    """

    line: WantedLine
    status: EntryStatus
    certainty: Fraction | None
    track: Track | None

    @property
    def verdict(self) -> Verdict:
        """The status in the terms of this list."""
        return VERDICTS[self.status]


class ResolvedLines(Record, kind="wanted-list"):
    """A list of wanted tracks and their matches in the library."""

    found: Count
    uncertain: Count
    missing: Count
    lines: tuple[ResolvedLine, ...]
