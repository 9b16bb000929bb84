"""What is known of a track, in the words of a report."""

from __future__ import annotations

import re

from map4.base.text import bpm_text, printable
from map4.exports.report.blocks import UNKNOWN, Cell
from map4.music.analysis.analysis import DOUBTFUL, Analysis, KeyEstimate, Tempo, energy_level
from map4.music.analysis.key import Key, Notation
from map4.music.mixing.compatibility import MixTraits
from map4.music.track import track_columns
from map4.music.track.track import Source, Track, display_path

LONGEST = 300
"""Characters of a text in a report; what a tag holds beyond is no name."""

_SPACES = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")


def shown(text: str) -> str:
    """A text of a tag as it can stand on a page: on one line, nothing in it acts, and no longer than 300 characters."""
    clean = printable(_SPACES.sub(" ", text[: 2 * LONGEST])).strip()
    return clean if len(clean) <= LONGEST and len(text) <= 2 * LONGEST else clean[: LONGEST - 1].rstrip() + "…"


def text_or_none(text: str | None) -> str | None:
    """A text as it is shown; None where nothing of it can be seen."""
    return (shown(text) or None) if text else None


def title_or_file(title: str | None, path: str) -> str:
    """The title; without one the name of the file. Folders stay private."""
    if title and title.strip():
        return shown(title)
    return shown(re.split(r"[/\\]", path)[-1]) or UNKNOWN


def title_of(track: Track) -> str:
    """`title_or_file` of a track."""
    return title_or_file(track.title(), display_path(track.path))


def artist_of(track: Track) -> str:
    """The artist, or a dash."""
    return shown(track.artist() or "") or UNKNOWN


def name_of(track: Track) -> str:
    """`Artist – Title`, or the title alone."""
    artist = artist_of(track)
    return title_of(track) if artist == UNKNOWN else f"{artist} – {title_of(track)}"


def analysis_of(track: Track) -> Analysis | None:
    """What was measured; of a file that failed, an older analysis does not count, nor do its tags."""
    return None if track.state == "failed" else track.analysis


def bpm_of(track: Track) -> float | None:
    return None if track.state == "failed" else track.bpm()


def key_of(track: Track) -> Key | None:
    return None if track.state == "failed" else track.key()


def energy_of(track: Track) -> float | None:
    return None if track.state == "failed" else track.energy()


def duration_of(track: Track) -> float | None:
    """Seconds; None where it was not analysed."""
    analysis = analysis_of(track)
    return analysis.duration_s if analysis else None


def vector_of(track: Track) -> tuple[float | None, ...] | None:
    analysis = analysis_of(track)
    return analysis.hamms.vector if analysis and analysis.hamms else None


def traits_of(track: Track) -> MixTraits:
    """What matters for mixing."""
    return MixTraits(bpm=bpm_of(track), key=key_of(track), energy=energy_of(track))


def key_text(track: Track, notation: Notation) -> str:
    """The current key, or a dash."""
    key = key_of(track)
    return UNKNOWN if key is None else key.in_notation(notation)


def level_text(track: Track) -> str:
    """The energy level, 1-10, or a dash."""
    energy = energy_of(track)
    return UNKNOWN if energy is None else str(energy_level(energy))


def bpm_cell(track: Track) -> Cell:
    """The tempo, with one decimal unless it is the user's own; a question mark where it is doubtful."""
    bpm = bpm_of(track)
    if bpm is None:
        return Cell(UNKNOWN)
    tempo = track.analysis.tempo if track.analysis else None
    return Cell(f"{bpm_text(bpm, is_own=track.bpm_source() == 'user')}{_doubt(track.bpm_source(), tempo)}", bpm)


def key_cell(track: Track, notation: Notation) -> Cell:
    """The key, sorted around the wheel; a question mark where it is doubtful."""
    key = key_of(track)
    if key is None:
        return Cell(UNKNOWN)
    measured = track.analysis.key if track.analysis else None
    return Cell(
        key.in_notation(notation) + _doubt(track.key_source(), measured),
        2.0 * key.camelot_number + (key.mode == "major"),
    )


def energy_cell(track: Track) -> Cell:
    """The energy level, sorted by the value behind it."""
    return Cell(level_text(track), energy_of(track))


def loudness_cell(track: Track) -> Cell:
    """Integrated loudness with one decimal."""
    analysis = analysis_of(track)
    lufs = analysis.loudness.integrated_lufs if analysis else None
    return Cell(UNKNOWN) if lufs is None else Cell(f"{lufs:.1f}", lufs)


def time_cell(seconds: float | None) -> Cell:
    """A time or a length."""
    return Cell(clock(seconds), seconds)


def clock(seconds: float | None) -> str:
    """`4:05` or `1:02:03`, to the second; a dash where unknown."""
    if seconds is None:
        return UNKNOWN
    return ("-" if round(seconds) < 0 else "") + track_columns.clock(abs(seconds))


def _doubt(source: Source | None, measured: Tempo | KeyEstimate | None) -> str:
    return "?" if source == "measured" and measured and measured.confidence < DOUBTFUL else ""
