"""Cue points for DJ programs: the imported and detected ones that an export asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from map4.domain.analysis.inside import DetectedCueKind
from map4.domain.track.cues import CuePoint, GridMark
from map4.domain.track.track import Track
from map4.domain.track.track_cues import TrackCue, cues_to_write
from map4.formats.beat_grid import on_grid
from map4.formats.values import counted
from map4.formats.written_grid import asked_grid
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
    """The cue points to write of a track, by position; see `cues_to_write`.

    The detected ones are counted, and moved to the beat of the written grid that they stand for: they lie on beats as
    they were heard, and players jump by the grid.
    """
    choice = options.with_cues or "imported"
    if choice == "imported" and options.cue_kind is None:
        return track.imported.cues if track.imported else ()
    found = track.cues()
    if choice != "imported":
        marks = asked_grid(track, options)
        found = tuple(cue if cue.kind is None else _on_grid(cue, marks) for cue in found)
        detected = sum(cue.source == "detected" for cue in found)
        count.cues = (count.cues or 0) + detected
        count.tracks += detected > 0
    return cues_to_write(found, choice, options.cue_kind, colors, has_memory=has_memory)


def _on_grid(cue: TrackCue, marks: Sequence[GridMark]) -> TrackCue:
    return replace(cue, point=replace(cue.point, position_s=on_grid(cue.point.position_s, marks)))
