"""Display texts of a track: title, artist, key and level."""

from __future__ import annotations

import re

from map4.core.base.text import clock, printable
from map4.core.music.analysis.key import Key, Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.track.track import Track

UNKNOWN = "–"  # shown for unknown values
LONGEST = 300  # maximum characters of a text in a report; longer tags are not names

_SPACES = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")


def shown(text: str) -> str:
    """A tag text that is safe for a page: a single line, escaped, at most 300 characters."""
    clean = printable(_SPACES.sub(" ", text[: 2 * LONGEST])).strip()
    return clean if len(clean) <= LONGEST and len(text) <= 2 * LONGEST else clean[: LONGEST - 1].rstrip() + "…"


def text_or_none(text: str | None) -> str | None:
    """A text for display; None if nothing is visible."""
    return (shown(text) or None) if text else None


def title_or_file(title: str | None, path: str) -> str:
    """The title, or else the file name without folders, which stay private."""
    if title and title.strip():
        return shown(title)
    return shown(re.split(r"[/\\]", path)[-1]) or UNKNOWN


def title_of(track: Track) -> str:
    """`title_or_file` of a track."""
    return title_or_file(track.title(), track.shown_path)


def artist_of(track: Track) -> str:
    """The artist, or a dash."""
    return shown(track.artist() or "") or UNKNOWN


def name_of(track: Track) -> str:
    """`Artist – Title`, or only the title."""
    artist = artist_of(track)
    return title_of(track) if artist == UNKNOWN else f"{artist} – {title_of(track)}"


def bpm_of(track: Track) -> float | None:
    return None if track.state == "failed" else track.bpm()


def key_of(track: Track) -> Key | None:
    return None if track.state == "failed" else track.key()


def energy_of(track: Track) -> float | None:
    return None if track.state == "failed" else track.energy()


def duration_of(track: Track) -> float | None:
    """Seconds; None if not analysed."""
    analysis = track.measured()
    return analysis.duration_s if analysis else None


def vector_of(track: Track) -> tuple[float | None, ...] | None:
    analysis = track.measured()
    return analysis.hamms.vector if analysis and analysis.hamms else None


def key_text(track: Track, notation: Notation) -> str:
    """The current key, or a dash."""
    key = key_of(track)
    return UNKNOWN if key is None else key.in_notation(notation)


def level_text(track: Track) -> str:
    """The energy level, 1-10, or a dash."""
    energy = energy_of(track)
    return UNKNOWN if energy is None else str(Energy.level(energy))


def time_text(seconds: float | None) -> str:
    """`4:05` or `1:02:03`, to the second; a dash if unknown."""
    return UNKNOWN if seconds is None else clock(seconds)
