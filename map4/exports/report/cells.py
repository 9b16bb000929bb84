"""Values of a track as cells of a report's table."""

from __future__ import annotations

from map4.core.base.text import bpm_text
from map4.core.music.analysis.analysis import DOUBTFUL, KeyEstimate, Tempo
from map4.core.music.analysis.key import Notation
from map4.core.music.mixing.compatibility import MixTraits, mix_traits
from map4.core.music.track.track import Source, Track
from map4.core.music.track.wording import UNKNOWN, bpm_of, key_of, level_text, time_text
from map4.exports.report.blocks import Cell


def traits_of(track: Track) -> MixTraits:
    """What matters for mixing."""
    return MixTraits() if track.state == "failed" else mix_traits(track)


def bpm_cell(track: Track) -> Cell:
    """The tempo, with one decimal unless it is the user's own; a question mark where it is doubtful."""
    bpm = bpm_of(track)
    if bpm is None:
        return Cell(UNKNOWN)
    tempo = track.analysis.tempo if track.analysis else None
    return Cell(f"{bpm_text(bpm, is_own=track.bpm_source() == 'user')}{_doubt(track.bpm_source(), tempo)}")


def key_cell(track: Track, notation: Notation) -> Cell:
    """The key; a question mark where it is doubtful."""
    key = key_of(track)
    if key is None:
        return Cell(UNKNOWN)
    measured = track.analysis.key if track.analysis else None
    return Cell(key.in_notation(notation) + _doubt(track.key_source(), measured))


def energy_cell(track: Track) -> Cell:
    """The energy level."""
    return Cell(level_text(track))


def loudness_cell(track: Track) -> Cell:
    """Integrated loudness with one decimal."""
    analysis = track.measured()
    lufs = analysis.loudness.integrated_lufs if analysis else None
    return Cell(UNKNOWN) if lufs is None else Cell(f"{lufs:.1f}")


def time_cell(seconds: float | None) -> Cell:
    """A time or a length."""
    return Cell(time_text(seconds))


def _doubt(source: Source | None, measured: Tempo | KeyEstimate | None) -> str:
    return "?" if source == "measured" and measured and measured.confidence < DOUBTFUL else ""
