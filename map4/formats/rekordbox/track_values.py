"""Tracks of rekordbox's databases as map4 imports them: of master.db, and of both databases of a stick."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from map4.formats.dj_library import DjPlaylist, DjTrack
from map4.formats.rekordbox.analysis_files import COLORS, TrackAnalysis, rekordbox_analysis
from map4.formats.rekordbox.database_rows import FOLDER, in_tree, keys_of_lists, rekordbox_rating
from map4.formats.rekordbox.xml_values import MOST_KBITS_OF_AAC
from map4.formats.sqlite_copy import entry_of
from map4.formats.time_zero import program_offset_s
from map4.formats.values import (
    above_zero,
    count_of,
    counted_key,
    leading_number,
    suffix_of,
    utc_moment_of,
    year_in,
)
from map4.music.lists.tracklist import PlaylistEntry
from map4.music.track.imported import ImportedValues, plausible_bpm

TEXTS = ("title", "artist", "album", "genre", "label", "composer", "remixer", "mix", "comment", "key")
_HUNDREDTHS = 100.0


def imported_values(row: Mapping[str, Any], analysis: TrackAnalysis, left_out: Counter[str]) -> ImportedValues:
    """Return the values of a row, which has the names of `DeviceTrackRow`.

    left_out: counts unreadable items
    """
    texts: dict[str, Any] = {name: row[name] or None for name in TEXTS}
    color, bpm = count_of(row["color"]) or 0, above_zero(row["bpm_x100"])
    return ImportedValues(
        **texts | {"key": counted_key(texts["key"], left_out)},
        year=year_in(row["year"]),
        track_number=leading_number(row["track_number"]),
        disc_number=leading_number(row["disc_number"]),
        date_added=utc_moment_of(row["date_added"]),
        bpm=None if bpm is None else plausible_bpm(bpm / _HUNDREDTHS),
        rating=rekordbox_rating(row["rating"]),
        play_count=count_of(row["plays"]),
        color=COLORS[color - 1] if 0 < color <= len(COLORS) else None,
        cues=analysis.cues,
        grid=analysis.grid,
        structure=analysis.structure,
    )


def entry_of_track(row: Mapping[str, Any], position: int, location: str | None) -> PlaylistEntry:
    """Return the entry of a row, as `imported_values` gets it."""
    return entry_of(row, position, location, title="title", duration="seconds", size="size_bytes")


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
        entry = entry_of_track(row, len(self.known), path and self.root + path)
        values = imported_values(row, analysis, self.left_out)
        return DjTrack(key=key, entry=entry, values=values, my_tags=tuple(my_tags))

    def lists(
        self,
        nodes: Iterable[tuple[int, int, str, int]],
        entries: Iterable[tuple[int, str]],
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
