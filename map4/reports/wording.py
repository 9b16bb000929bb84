"""Values of records in the words of a report."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from map4.domain.analysis import DOUBTFUL
from map4.domain.compatibility import MixTraits
from map4.domain.key import Notation, parse_key
from map4.reports.blocks import UNKNOWN, Cell

LONGEST = 300
"""Characters of a text in a report; what a tag holds beyond is no name."""

_SPACES = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
# Controls move cursors, bidirectional marks reorder the line, no encoding has halves of characters and noncharacters.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
_NOTATIONS: dict[Notation, str] = {"camelot": "camelot", "openkey": "openkey", "musical": "musical"}


def shown(text: str) -> str:
    """A text of a tag as it can stand on a page: on one line, nothing in it acts, and no longer than 300 characters."""
    clean = _UNPRINTABLE.sub("\ufffd", _SPACES.sub(" ", text[: 2 * LONGEST])).strip()
    return clean if len(clean) <= LONGEST and len(text) <= 2 * LONGEST else clean[: LONGEST - 1].rstrip() + "…"


def title_of(track: Mapping[str, Any]) -> str:
    """The title; of a track without one the name of its file. Folders stay private."""
    title = track["tags"].get("title")
    if title and title.strip():
        return shown(title)
    return shown(os.path.splitext(re.split(r"[/\\]", track["path"])[-1])[0]) or UNKNOWN


def artist_of(track: Mapping[str, Any]) -> str:
    """The artist, or a dash."""
    return shown(track["tags"].get("artist") or "") or UNKNOWN


def name_of(track: Mapping[str, Any]) -> str:
    """`Artist - Title`, or the title alone."""
    artist = artist_of(track)
    return title_of(track) if artist == UNKNOWN else f"{artist} - {title_of(track)}"


def bpm_of(track: Mapping[str, Any]) -> float | None:
    """The tempo in force."""
    return track["tempo"] and float(track["tempo"]["bpm"])


def energy_of(track: Mapping[str, Any]) -> float | None:
    """The energy, 0-1."""
    return track["energy"] and float(track["energy"]["value"])


def key_of(track: Mapping[str, Any], notation: Notation) -> str | None:
    """The key in force."""
    return track["key"] and str(track["key"][_NOTATIONS[notation]])


def duration_of(track: Mapping[str, Any]) -> float | None:
    """Seconds; None where it was not analysed."""
    return (track["file"] or {}).get("duration_s")


def genre_of(track: Mapping[str, Any]) -> str | None:
    """The genre of the tag, else that of the labels, else None."""
    labels = track.get("labels") or {}
    labelled = labels.get("genre") if labels.get("genre") != "Unknown" else None
    return track["tags"].get("genre") or labelled


def traits_of(track: Mapping[str, Any]) -> MixTraits:
    """What matters for mixing."""
    key = track["key"] and parse_key(track["key"]["camelot"])
    return MixTraits(bpm=bpm_of(track), key=key, energy=energy_of(track))


def bpm_cell(track: Mapping[str, Any]) -> Cell:
    """The tempo with one decimal; a question mark where it is doubtful."""
    bpm = bpm_of(track)
    return Cell(UNKNOWN) if bpm is None else Cell(f"{bpm:.1f}{_doubt(track['tempo'])}", bpm)


def key_cell(track: Mapping[str, Any], notation: Notation) -> Cell:
    """The key, sorted around the wheel; a question mark where it is doubtful."""
    key = key_of(track, notation)
    if key is None:
        return Cell(UNKNOWN)
    camelot = track["key"]["camelot"]
    return Cell(key + _doubt(track["key"]), 2.0 * int(camelot[:-1]) + (camelot[-1] == "B"))


def energy_cell(track: Mapping[str, Any]) -> Cell:
    """The energy level, sorted by the value behind it."""
    return Cell(UNKNOWN) if track["energy"] is None else Cell(str(track["energy"]["level"]), energy_of(track))


def loudness_cell(track: Mapping[str, Any]) -> Cell:
    """Integrated loudness with one decimal."""
    lufs = (track["loudness"] or {}).get("integrated_lufs")
    return Cell(UNKNOWN) if lufs is None else Cell(f"{lufs:.1f}", lufs)


def time_cell(seconds: float | None) -> Cell:
    """A time or a length."""
    return Cell(clock(seconds), seconds)


def clock(seconds: float | None) -> str:
    """`4:05` or `1:02:03`, to the second; a dash where unknown."""
    if seconds is None:
        return UNKNOWN
    minutes, second = divmod(round(abs(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if round(seconds) < 0 else ""
    return f"{sign}{hours}:{minute:02d}:{second:02d}" if hours else f"{sign}{minute}:{second:02d}"


def _doubt(estimate: Mapping[str, Any]) -> str:
    confidence = estimate.get("confidence")
    return "?" if confidence is not None and confidence < DOUBTFUL else ""
