"""Tracks of rekordbox's databases as map4 imports them: of master.db, and of both databases of a stick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from map4.core.music.analysis.plausible import plausible_bpm
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import ProgramFields, entry_of, then
from map4.formats.importer import DjPlaylist, DjTrack
from map4.formats.rekordbox.analysis_files import COLORS, TrackAnalysis, rekordbox_analysis
from map4.formats.rekordbox.database_rows import FOLDER, in_tree, keys_of_lists, rekordbox_rating
from map4.formats.rekordbox.xml_reader import MOST_KBITS_OF_AAC
from map4.formats.time_zero import program_offset_s
from map4.formats.values import count_of, number_of, suffix_of

TEXTS = ("title", "artist", "album", "genre", "label", "composer", "remixer", "mix", "comment", "key")
_HUNDREDTHS = 100.0


def _color(value: object) -> str | None:
    number = count_of(value) or 0
    return COLORS[number - 1] if 0 < number <= len(COLORS) else None


TRACK = ProgramFields(
    "djmdContent",
    (
        *((name, name) for name in TEXTS if name != "key"), ("key", "key"), ("year", "year"),
        ("track_number", "track_number"), ("disc_number", "disc_number"), ("date_added", "date_added"),
        ("rating", "rating", rekordbox_rating),
        ("bpm", "bpm_x100", then(number_of, lambda number: plausible_bpm(number / _HUNDREDTHS))),
        ("play_count", "plays"), ("color", "color", _color), ("duration_s", "seconds"), ("size_bytes", "size_bytes"),
    ),
)  # fmt: skip
"""By the names of `DeviceTrackRow`."""


def read_track(
    row: Mapping[str, Any], position: int, location: str | None, analysis: TrackAnalysis, left_out: Counter[str]
) -> tuple[PlaylistEntry, ImportedValues]:
    """Return the entry and the values of a row; `left_out` counts unreadable items."""
    values = TRACK.read(row, left_out)
    entry = entry_of(values, position, location)
    return entry, ImportedValues(**values, cues=analysis.cues, grid=analysis.grid, structure=analysis.structure)


@dataclass(frozen=True, slots=True, kw_only=True)
class StickReading:
    """Reads the tracks and lists of a stick.

    root: the stick; "" if only its database is there, without analysis files
    folder: its PIONEER
    left_out: counts unreadable items
    known: keys of the tracks that were read
    """

    root: str
    folder: str
    left_out: Counter[str]
    known: set[str] = field(default_factory=set)

    def track(self, row: Mapping[str, Any], key: str, my_tags: Sequence[str]) -> DjTrack:
        """Return a track; `row` has the names of `DeviceTrackRow`."""
        self.known.add(key)
        path = row["path"] or None
        analysis = self._analysis(row["analysis_path"], path, count_of(row["kbps"]) or 0)
        entry, values = read_track(row, len(self.known), path and self.root + path, analysis, self.left_out)
        return DjTrack(key=key, entry=entry, values=values, my_tags=tuple(my_tags))

    def lists(
        self, nodes: Iterable[tuple[int, int, str, int]], entries: Iterable[tuple[int, str]]
    ) -> Iterator[DjPlaylist]:
        """Yield lists in the order of their tree.

        nodes: number, number of the folder around, name, and 0 for a list or 1 for a folder
        entries: as `keys_of_lists` needs them
        """
        keys = keys_of_lists(entries, self.known, self.left_out)
        for number, folders, name, attribute in in_tree(nodes):
            if attribute != FOLDER:
                yield DjPlaylist(name=name, folders=folders, keys=tuple(keys[number]))

    def _analysis(self, place: str | None, path: str | None, kbits: int) -> TrackAnalysis:
        if not (self.root and place):
            return TrackAnalysis()
        suffix = suffix_of(path or "")
        # An .m4a with a higher bit rate than that of AAC is ALAC, which has no encoder delay.
        codec = "alac" if suffix in ("m4a", "mp4") and kbits > MOST_KBITS_OF_AAC else suffix
        place = place if self.folder in place else place.replace("PIONEER", self.folder, 1)
        return rekordbox_analysis(self.root, place, self.left_out, program_offset_s("rekordbox", codec))
