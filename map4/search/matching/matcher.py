"""Match an entry to a track by audio id, path, file name, or artist and title, with a certainty.

The most reliable method comes first; each has a maximum certainty. Two different recordings that match equally well are
never a sure match. Names are compared by `map4.search.matching.names`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal, TypeVar

from map4.base.records import Fraction
from map4.base.regular_files import file_number, regular_status
from map4.base.text import folded
from map4.music.file_name import names_of_file
from map4.music.recording import KnownName
from map4.search.matching.names import POSSIBLE, SURE, NameMatcher, is_other_number

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

    def match(self, wanted: WantedTrack, *, least_certainty: float = POSSIBLE) -> Match | None:
        """The best match, or None if no certainty reaches `POSSIBLE`.

        least_certainty: the lowest useful certainty; from `SURE` up, unlikely names are skipped, which is faster
        """
        best: Match | None = None
        by_tags = partial(self._by_tags, thorough=least_certainty < SURE)
        for attempt in (self._by_audio, self._by_path, self._by_second_name, self._by_name, by_tags):
            match = attempt(wanted)
            if match is not None and match.certainty >= SURE:
                return match
            if match is not None and match.certainty >= POSSIBLE and (best is None or match.certainty > best.certainty):
                best = match
        return best

    # ---- audio id and path -----------------------------------------------------------------------

    def _by_audio(self, wanted: WantedTrack) -> Match | None:
        if wanted.audio_id is None:
            return None
        same = self._audio_index.get(wanted.audio_id, [])
        # Prefer the copy that the list names.
        named = [name for name in same if name.path in wanted.paths]
        return self._choose(named or same, wanted, "audio_id", _SAME_AUDIO)

    def _by_path(self, wanted: WantedTrack) -> Match | None:
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

    def _by_second_name(self, wanted: WantedTrack) -> Match | None:
        """The file under the name by which the library knows it: a hard link, or another way through a link."""
        for path in wanted.paths:
            status = regular_status(path)
            if status is not None:
                number = status.st_dev, status.st_ino
                alike = self._inode_index.get(status.st_ino, [])
                same = [name for name in alike if file_number(name.path) == number]
                if same:
                    return self._choose(same, wanted, "path", _SAME_PATH)
        return None

    # ---- name of the file ------------------------------------------------------------------------

    def _by_name(self, wanted: WantedTrack) -> Match | None:
        best: Match | None = None
        for path in wanted.paths:
            folder, base = _tail(path)
            same = [name for name in self._base_index.get(base, []) if not _contradicts(name, wanted)]
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

    def _by_tags(self, wanted: WantedTrack, *, thorough: bool) -> Match | None:
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
        present = [name for name in names if not name.is_missing] or list(names)
        # Copies of the same audio are not rivals; the copy of the wanted album comes first.
        if wanted.album and len(present) > 1:
            album = folded(wanted.album)
            present.sort(key=lambda name: name.album is None or folded(name.album) != album)
        rivals = len({name.audio_id or name.path for name in present}) - 1
        if rivals:
            certainty = min(certainty, POSSIBLE + (SURE - POSSIBLE) / (1 + rivals))
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
        return [*((name, names_of_file(name.path, name.artist, name.title)) for name in self._names), *own]


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
    others = [is_other_number(title, wanted.title) for title in titles if title]
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
