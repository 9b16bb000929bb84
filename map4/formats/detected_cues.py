"""Cue points for DJ programs: the imported and detected ones that an export asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from map4.domain.cues import CuePoint
from map4.domain.inside import DetectedCueKind
from map4.domain.track import Track
from map4.domain.track_cues import cues_to_write
from map4.formats.values import counted
from map4.ports.export import ExportOptions


@dataclass(slots=True)
class DetectedCount:
    """How many cue points of map4's own were written, of which tracks; None where they were not asked for."""

    cues: int | None = None
    tracks: int = 0

    def remarks(self) -> list[str]:
        """What there is to say about it, for a person."""
        if self.cues is None:
            return []
        if not self.cues:
            none = "no track has a detected cue point besides the imported ones"
            return [f"{none}; tracks that an older map4 analysed get theirs at the next scan"]
        tracks = counted(self.tracks, "track", "tracks")
        return [f"{counted(self.cues, 'detected cue point', 'detected cue points')} in {tracks}"]


def written_cues(
    track: Track,
    options: ExportOptions,
    colors: Mapping[DetectedCueKind, str],
    count: DetectedCount,
    *,
    has_memory: bool = True,
) -> tuple[CuePoint, ...]:
    """The cue points to write of a track, by position; the detected ones are counted. See `cues_to_write`."""
    choice = options.with_cues or "imported"
    if choice == "imported" and options.cue_kind is None:
        return track.imported.cues if track.imported else ()
    found = track.cues()
    if choice != "imported":
        detected = sum(cue.source == "detected" for cue in found)
        count.cues = (count.cues or 0) + detected
        count.tracks += detected > 0
    return cues_to_write(found, choice, options.cue_kind, colors, has_memory=has_memory)
