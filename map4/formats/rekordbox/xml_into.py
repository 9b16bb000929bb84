"""Exports into a collection of rekordbox: requested values are replaced, everything else stays."""

from __future__ import annotations

import json
import os
import re
import unicodedata
import zlib
from collections import Counter, deque
from hashlib import blake2b
from typing import BinaryIO

from map4.core.base.path_maps import Location
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted
from map4.core.music.analysis.key import Key
from map4.errors import Map4Error, NothingFoundError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.importer import ImportReadError
from map4.formats.rekordbox.collection_file import (
    MARK,
    TEMPO,
    Attributes,
    CollectionScanner,
    TrackEdit,
    TrackSource,
    comparable_values,
    edited,
)
from map4.formats.rekordbox.track_element import TrackElements
from map4.formats.values import finite_number

REPLACED = {
    "bpm": "AverageBpm",
    "key": "Tonality",
    "genre": "Genre",
    "rating": "Rating",
    "comment": "Comments",
    "color": "Colour",
}
"""Names for `--replace`, and their attributes of a TRACK."""
USUALLY_REPLACED = ("bpm", "key")

_BPM, _KEY, _COMMENT = "AverageBpm", "Tonality", "Comments"
_CAMELOT = re.compile(r"[0-9]{1,2}[ABab]")
_UNKNOWN = frozenset({"", "0", "0.00"})  # values that map4 writes for unknown; they replace nothing in the collection
_SAME_BPM = 0.005
_LAST_DIGIT_BPM = 0.011  # tolerance for an average of many marks
_KINDS = {TEMPO: "beat grid", MARK: "cue points"}


def write_into(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write the collection `options.into` with the requested values replaced; an `Exporter`.

    The collection is read twice: for its tracks, and while writing. The output is also parsed, and must be equal except
    for the requested values.
    """
    path = os.fspath(options.into or "")
    try:
        return _Rewriting(content, options, path).write(out)
    except OSError as error:
        if error.filename is None:
            raise
        raise ImportReadError(f"{display_path(path)} can't be read: {error.strerror or error}") from None
    except ImportReadError as error:
        raise ImportReadError(f"{display_path(path)}: {error}") from None


def _place(path: str) -> int:
    """Return a number for a path, equal for all spellings of the path by macOS and Windows."""
    path = unicodedata.normalize("NFC", path)
    if Location.is_windows_path(path) or path.startswith("//"):
        path = path.replace("\\", "/").lower()
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _place_of(attributes: Attributes) -> int | None:
    path = Location.path_of_url(attributes.get("Location", ""))
    return None if path is None else _place(path)


class _Rewriting:
    def __init__(self, content: ExportContent, options: ExportOptions, path: str) -> None:
        self._content, self._options, self._path = content, options, path
        self._elements = TrackElements(options)
        sets_cues = options.with_cues is not None or options.cue_kind is not None
        self._kinds = [kind for kind, is_set in ((TEMPO, options.writes_grids), (MARK, sets_cues)) if is_set]
        usual = () if self._kinds or options.comment else USUALLY_REPLACED
        words = (*(usual if options.replace is None else options.replace), *(["comment"] if options.comment else []))
        self._names = [REPLACED[word] for word in words]
        self._sets_bpm = "bpm" in (options.replace or ())
        self._edits: dict[int, bytes] = {}
        self._count, self._changed, self._lost_comments, self._lost_marks, self._other_grids = (0,) * 5
        self._values: Counter[str] = Counter()
        self._is_camelot = False

    def write(self, out: BinaryIO) -> WriteNotes:
        missing = self._collect(self._places())
        expected: deque[bytes | tuple[object, ...]] = deque()

        def on_written(track: TrackSource) -> None:
            meant = expected.popleft()
            if meant != (track.raw if isinstance(meant, bytes) else comparable_values(track)):
                raise self._defect(f"the track {track.attributes.get('TrackID')}")

        def on_track(track: TrackSource) -> None:
            edit = self._edit_of(track)
            expected.append(track.raw if edit is None else comparable_values(track, edit))
            write(track.raw if edit is None else edited(track, edit))

        def write(data: bytes) -> None:
            out.write(data)
            check.feed(data)

        check, source = CollectionScanner(on_written), CollectionScanner(on_track, write)
        with OnDisk(self._path).open() as file:
            source.read(file)
        check.close()
        if expected or source.digest.digest() != check.digest.digest():
            raise self._defect("what is around the tracks")
        return self._notes(missing)

    def _defect(self, what: str) -> Map4Error:
        return Map4Error(
            f"{display_path(self._path)}: {what} would change more than requested; nothing was written. "
            "This is a defect of map4: please report it"
        )

    def _places(self) -> dict[int, str]:
        """Return the places of the collection's tracks; reports faults of the file before anything is written."""
        places: dict[int, str] = {}

        def on_track(track: TrackSource) -> None:
            self._is_camelot = self._is_camelot or bool(_CAMELOT.fullmatch(track.attributes.get(_KEY, "")))
            place = _place_of(track.attributes)
            if place is not None:
                # Only the first location is needed as text, to show it if nothing matches.
                places.setdefault(place, "" if places else track.attributes["Location"])

        with OnDisk(self._path).open() as file:
            CollectionScanner(on_track).read(file)
        return places

    def _collect(self, places: dict[int, str]) -> int:
        """Collect the edits of the collection's tracks; returns how many tracks it does not have."""
        missing = 0
        for track in self._content.tracks:
            mapped = self._options.path_maps.mapped(track.path)
            place = _place(mapped)
            if place in places:
                element = self._elements.element(track, 1, mapped)
                values = {name: element.get(name, "") for name in self._names}
                every = {kind: [mark.attrib for mark in element.iterfind(kind)] for kind in self._kinds}
                marks = {kind: mark for kind, mark in every.items() if mark}
                if TEMPO in marks:  # a grid with a contradictory tempo is worse than either
                    values[_BPM] = element.get(_BPM, "")
                key = track.key() if _KEY in values else None
                if key is not None and self._is_camelot:  # as in the preferences of rekordbox
                    values[_KEY] = key.camelot
                known = {name: value for name, value in values.items() if value not in _UNKNOWN}
                self._edits[place] = zlib.compress(json.dumps([known, marks]).encode(), 1)
            else:
                missing += 1
        if not self._edits:
            shown = next(iter(places.values()), "")
            example = f"it has {shown}, map4 {display_path(mapped)}" if shown else "it has none"
            raise NothingFoundError(
                f"none of the tracks ({missing}) is in {display_path(self._path)} ({example}); "
                "--path-map FROM=TO says what a folder of yours is called there"
            )
        return missing

    def _edit_of(self, track: TrackSource) -> TrackEdit | None:
        """Return the changes of a TRACK; None if it already has these values."""
        self._count += 1
        place = _place_of(track.attributes)
        packed = None if place is None else self._edits.get(place)
        if packed is None:
            return None
        values, marks = json.loads(zlib.decompress(packed))
        values = {name: text for name, text in values.items() if not _is_same(name, track.attributes.get(name), text)}
        if _BPM in values and TEMPO not in marks and _contradicts(values[_BPM], track.marks(TEMPO)):
            self._other_grids += 1
            if not self._sets_bpm:  # only a requested tempo may contradict the grid that stays
                del values[_BPM]
        if _BPM in values and marks.get(TEMPO) == track.marks(TEMPO) and not self._sets_bpm:
            old, new = finite_number(track.attributes.get(_BPM)), finite_number(values[_BPM])
            if old is not None and new is not None and abs(old - new) < _LAST_DIGIT_BPM:
                del values[_BPM]
        marks = {kind: mark for kind, mark in marks.items() if mark != track.marks(kind)}
        if not values and not marks:
            return None
        self._changed += 1
        self._values.update((*values, *(_KINDS[kind] for kind in marks)))
        comment = track.attributes.get(_COMMENT, "")
        self._lost_comments += comment.strip() not in values.get(_COMMENT, comment)
        if MARK in marks:
            spots = {_spot(mark) for mark in marks[MARK]}
            self._lost_marks += sum(_spot(mark) not in spots for mark in track.marks(MARK))
        return TrackEdit(values, marks)

    def _notes(self, missing: int) -> WriteNotes:
        notes = self._elements.notes
        notes.tracks, notes.lost_comments = self._count, self._lost_comments
        what = ", ".join(f"{name} {count}" for name, count in self._values.items())
        notes.remarks.append(f"{self._changed} of its {self._count} tracks changed" + (f": {what}" if what else ""))
        if missing:
            where = f"not in {display_path(self._path)}, and"
            subject = counted(
                missing, f"track of the library is {where} was", f"tracks of the library are {where} were"
            )
            notes.remarks.append(f"{subject} left out")
        if self._other_grids:
            subject = counted(self._other_grids, "track keeps a beat grid", "tracks keep beat grids")
            more = ", and the tempo; --with-grid replaces both, --replace bpm,key only the tempo"
            more = "; --with-grid replaces grids too" if self._sets_bpm else more
            notes.remarks.append(f"{subject} of another tempo{more}")
        if self._lost_marks:
            subject = counted(self._lost_marks, "cue point", "cue points")
            notes.remarks.append(
                f"{subject} of {display_path(self._path)} were replaced; to keep them, import that file first, and "
                "write --with-cues all"
            )
        notes.remarks += self._elements.grids.remarks()
        notes.remarks += self._elements.detected.remarks()
        return notes


def _is_same(name: str, old: str | None, new: str) -> bool:
    """Return whether two values of an attribute mean the same; then the old one keeps its spelling."""
    if old is None:
        return False
    if name == _BPM:
        bpm, new_bpm = finite_number(old), finite_number(new)
        return bpm is not None and new_bpm is not None and abs(bpm - new_bpm) < _SAME_BPM
    if name == _KEY:
        return old == new or (Key.readable(old) is not None and Key.readable(old) == Key.readable(new))
    return old.lower() == new.lower() if name == "Colour" else old == new


def _contradicts(text: str, grid: list[Attributes]) -> bool:
    """Return whether a tempo is neither one of a grid's nor between them."""
    bpm, tempi = finite_number(text), [finite_number(mark.get("Bpm")) for mark in grid]
    known = [tempo for tempo in tempi if tempo is not None]
    return bpm is not None and bool(known) and not min(known) - _SAME_BPM < bpm < max(known) + _SAME_BPM


def _spot(mark: Attributes) -> tuple[str | None, ...]:
    return mark.get("Start"), mark.get("Num")
