"""Beat grids, cue points and comments of an export for DJ programs, and the tempo that goes with a grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from map4.core.base.text import counted, percent
from map4.core.music.analysis.inside import Bars, DetectedCueKind
from map4.core.music.lists.line_template import LineTemplate
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import TrackCells
from map4.core.music.track.track_cues import cues_to_write
from map4.formats.beat_grid import BeatGrid
from map4.formats.export import ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.values import written_text

_OTHER_TEMPO = 0.01  # maximum difference, as a share, between the grid's tempo and the current one without a remark


def requested_grid(track: Track, options: ExportOptions) -> tuple[GridMark, ...]:
    """Return the grid that an export writes, by position; if it writes none, the current grid."""
    return BeatGrid.in_force(BeatGrid.with_measured(track) if options.measured_grid else track)


@dataclass(slots=True)
class GridCount:
    """Number of tracks written without a grid, with a grid of another tempo or off the beats, and with an uncertain bar
    one."""

    without: int = 0
    beside_users: int = 0
    other_tempo: int = 0
    doubtful: int = 0
    off_beats: int = 0

    def remarks(self) -> list[str]:
        """Return messages about it for a person."""
        counts = {
            "no beat grid": self.without,
            "an imported beat grid whose tempo differs from yours, which was left out": self.beside_users,
            "the tempo of the imported beat grid, not the current one; --measured-grid writes map4's own": (
                self.other_tempo
            ),
            f"a bar one that is less than {percent(Bars.SURE)} sure; check it by ear": self.doubtful,
        }
        remarks = [f"{counted(count, 'track has', 'tracks have')} {what}" for what, count in counts.items() if count]
        return [*remarks, *BeatGrid.off_beats_remarks(self.off_beats)]


def written_grid(track: Track, options: ExportOptions, count: GridCount) -> tuple[tuple[GridMark, ...], float | None]:
    """Return the grid to write for a track, by position, and its tempo; no grid unless requested."""
    if not options.writes_grids:
        return (), track.bpm()
    marks, placed = requested_grid(track, options), track.set_grid()
    tempi = [track.user.bpm, track.bpm()]
    if options.measured_grid:
        tempi.insert(1, track.bpm_sources().get("measured"))
    elif placed:
        imported_bpm = track.imported.bpm if track.imported and placed is not track.user.grid else None
        tempi.insert(1, imported_bpm if marks is placed else None)
        count.beside_users += marks is not placed
    tempo = BeatGrid.tempo(marks, tempi)
    in_force = track.bpm()
    if tempo and in_force and not options.measured_grid:
        count.other_tempo += abs(tempo / in_force - 1.0) > _OTHER_TEMPO
    if not marks:
        count.without += 1
    count.off_beats += BeatGrid.is_off_beats(track, marks)
    measured = track.analysis and track.analysis.grid
    if marks and marks is not placed and not (measured and measured.downbeat):
        count.doubtful += 1
    return marks, tempo


@dataclass(slots=True)
class DetectedCount:
    """Number of detected cue points written, and of their tracks; None if they were not requested."""

    cues: int | None = None
    tracks: int = 0

    def remarks(self) -> list[str]:
        """Return messages about it for a person."""
        if self.cues is None:
            return []
        if not self.cues:
            none = "no track has a detected cue point in addition to the imported ones"
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
    """Return the cue points to write for a track, by position; see `cues_to_write`.

    Detected cue points are counted, and moved to their beat of the written grid: they are on the measured beats, and
    players jump by the grid.
    """
    choice = options.with_cues or "imported"
    if choice == "imported" and options.cue_kind is None:
        return track.set_cues()
    cues = track.cues()
    if choice != "imported":
        marks = requested_grid(track, options)
        cues = tuple(BeatGrid.snapped(cue, marks) for cue in cues)
        detected = sum(cue.source == "detected" for cue in cues)
        count.cues = (count.cues or 0) + detected
        count.tracks += detected > 0
    return cues_to_write(cues, choice, options.cue_kind, colors, has_memory=has_memory)


def written_comment(track: Track, options: ExportOptions, notes: WriteNotes) -> str:
    """Return the comment to write for a track: its own, or the text of the template if that is not empty."""
    own = track.comment() or ""
    text = (
        own
        if options.comment is None
        else _template(options.comment).fill(TrackCells(track), options.notation).strip() or own
    )
    notes.lost_comments += own.strip() not in text
    return written_text(track, "comment", text) or ""


_template = cache(LineTemplate.read)
