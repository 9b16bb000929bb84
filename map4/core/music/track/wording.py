"""Display texts of a track: title, artist, key and level."""

from __future__ import annotations

import re

from map4.core.base.text import clock, printable
from map4.core.music.analysis.key import Key, Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.track.track import Track

LONGEST = 300  # maximum characters of a text in a report; longer tags are not names

_SPACES = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")


class TrackWords:
    """A track as reports show it: an unknown value is a dash or None."""

    UNKNOWN = "–"
    """Shown for unknown values."""

    def __init__(self, track: Track) -> None:
        self.track = track

    @staticmethod
    def shown(text: str) -> str:
        """A tag text that is safe for a page: a single line, escaped, at most 300 characters."""
        clean = printable(_SPACES.sub(" ", text[: 2 * LONGEST])).strip()
        return clean if len(clean) <= LONGEST and len(text) <= 2 * LONGEST else clean[: LONGEST - 1].rstrip() + "…"

    @staticmethod
    def text_or_none(text: str | None) -> str | None:
        """A text for display; None if nothing is visible."""
        return (TrackWords.shown(text) or None) if text else None

    @staticmethod
    def title_or_file(title: str | None, path: str) -> str:
        """The title, or else the file name without folders, which stay private."""
        if title and title.strip():
            return TrackWords.shown(title)
        return TrackWords.shown(re.split(r"[/\\]", path)[-1]) or TrackWords.UNKNOWN

    @property
    def title(self) -> str:
        """`title_or_file` of a track."""
        return TrackWords.title_or_file(self.track.title(), self.track.shown_path)

    @property
    def artist(self) -> str:
        """The artist, or a dash."""
        return TrackWords.shown(self.track.artist() or "") or TrackWords.UNKNOWN

    @property
    def name(self) -> str:
        """`Artist – Title`, or only the title."""
        artist = self.artist
        return self.title if artist == TrackWords.UNKNOWN else f"{artist} – {self.title}"

    @property
    def bpm(self) -> float | None:
        return None if self.track.state == "failed" else self.track.bpm()

    @property
    def key(self) -> Key | None:
        return None if self.track.state == "failed" else self.track.key()

    @property
    def energy(self) -> float | None:
        return None if self.track.state == "failed" else self.track.energy()

    @property
    def duration_s(self) -> float | None:
        """Seconds; None if not analysed."""
        analysis = self.track.measured()
        return analysis.duration_s if analysis else None

    @property
    def vector(self) -> tuple[float | None, ...] | None:
        analysis = self.track.measured()
        return analysis.hamms.vector if analysis and analysis.hamms else None

    def key_text(self, notation: Notation) -> str:
        """The current key, or a dash."""
        key = self.key
        return TrackWords.UNKNOWN if key is None else key.in_notation(notation)

    @property
    def level(self) -> str:
        """The energy level, 1-10, or a dash."""
        energy = self.energy
        return TrackWords.UNKNOWN if energy is None else str(Energy.level(energy))

    @staticmethod
    def time(seconds: float | None) -> str:
        """`4:05` or `1:02:03`, to the second; a dash if unknown."""
        return TrackWords.UNKNOWN if seconds is None else clock(seconds)
