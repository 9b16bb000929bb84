"""The columns of a page: their values, storage and display."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np

from map4.music.analysis.inside import OVERVIEW_POINTS, Overview, Phrase
from map4.music.query.fields import FIELDS as QUERY_FIELDS
from map4.music.track.fields import FIELDS, QUERIED, FieldKind

_FIELDS = {field.query_name: field for field in FIELDS.values() if field.on_page}
"""The track fields that a page shows. Columns are named as in queries."""
TEXT_FIELDS = tuple(name for name, field in _FIELDS.items() if field.kind == "text")
_NUMBER_FIELDS = tuple(name for name, field in _FIELDS.items() if field.kind in ("whole", "stars"))
PARTS = {
    "bpm": 1000, "energy": 10_000, "duration": 100, "loudness": 100, "peak": 100, "rating": 10, "bitrate": 10,
    "tempo-confidence": 10_000, "key-confidence": 10_000, "danceability": 1000, "valence": 1000,
    "acousticness": 1000, "instrumentalness": 1000,
}  # fmt: skip
"""Fractions per unit of a number that isn't whole: numbers are stored as integers."""
TEXTS = (*TEXT_FIELDS, "played", "path", "mood", "subgenre", "era", "tag", "mark", "codec", "state", "family")
NUMBERS = tuple(dict.fromkeys((
    *PARTS, *_NUMBER_FIELDS, "key", "level", "track", "plays", "skipped", "cues", "metre", "phrases", "samplerate",
    "bits", "channels", "added", "is", "places",
)))  # fmt: skip
_KINDS: dict[FieldKind, dict[str, Any]] = {
    "text": {"kind": "text", "grow": 1},
    "whole": {"kind": "number", "digits": 0},
    "tempo": {"kind": "number", "digits": 1, "doubt": "tempo"},
    "key": {"kind": "key", "doubt": "key"},
    "level": {"kind": "energy", "shows": "level"},
    "stars": {"kind": "rating", "digits": 1},
}
_COLUMNS: dict[str, dict[str, Any]] = {
    **{name: {"title": field.on_page, "width": field.width, **_KINDS[field.kind]} for name, field in _FIELDS.items()},
    "play": {"title": "Play", "width": 44, "kind": "play"},
    "number": {"title": "#", "width": 56, "kind": "place"},
    "cover": {"title": "Cover", "width": 42, "kind": "cover"},
    "strip": {"title": "Waveform", "width": 176, "kind": "strip", "most": 336},
    "duration": {"title": "Length", "width": 76, "kind": "length"},
    "loudness": {"title": "LUFS", "width": 64, "kind": "number", "digits": 1},
    "mood": {"title": "Mood", "width": 90, "kind": "text"},
    "mark": {"title": "Marks", "width": 150, "kind": "marks"},
    "plays": {"title": "Plays", "width": 60, "kind": "number", "digits": 0},
    "skipped": {"title": "Skipped", "width": 68, "kind": "number", "digits": 0},
    "added": {"title": "Added", "width": 106, "kind": "day"},
}
"""The columns of the table (`Column` in page/source/source.js); a page hides columns without values."""
_CHOSEN = {
    "path": ("File", 240), "codec": ("Format", 76), "bitrate": ("kbit/s", 70), "samplerate": ("Hz", 76),
    "isrc": ("ISRC", 124), "played": ("Last played", 140), "tempo-confidence": ("Tempo certainty", 130),
    "key-confidence": ("Key certainty", 118), "peak": ("Peak dBTP", 96), "comment": ("Comment", 180),
    "phrases": ("Phrases", 84), "instrumentalness": ("Instrumental", 112), "acousticness": ("Acoustic", 90),
    "danceability": ("Danceable", 98), "catalog": ("Catalogue no.", 120), "family": ("Genre family", 116),
    "mix": ("Version", 110), "original-year": ("First released", 120), "disc": ("Disc", 62), "tag": ("Labels", 150),
}  # fmt: skip
"""Title and width of columns that are shown only if chosen; others are named as in queries."""
_NOT_SHOWN = ("is", "has", "missing", "list", "list-mark")
_USUAL_WIDTH = {"number": 80, "date": 106}
_GROW = {"title": 3, "artist": 2, "strip": 8}
_FIRST_SHOWN = (
    "title", "bpm", "key", "play", "artist", "rating", "cover", "strip", "energy", "mark", "duration", "genre",
    "loudness", "year", "number", "album", "label", "plays", "added", "mood", "skipped",
)  # fmt: skip
"""The priority of columns if there is not room for all."""
_IN_ORDER = (
    "play", "number", "cover", "title", "artist", "strip", "bpm", "key", "energy", "rating", "mark", "duration",
    "loudness", "genre", "year", "album", "label", "mood", "plays", "skipped", "added",
)  # fmt: skip
SETS = {
    "Gig": ("play", "cover", "title", "artist", "strip", "bpm", "key", "energy", "rating", "mark", "duration",
            "comment"),
    "Clean up": ("play", "title", "artist", "album", "genre", "year", "label", "bpm", "tempo-confidence", "key",
             "key-confidence", "codec", "bitrate", "peak", "path"),
    "Collector": ("cover", "title", "artist", "album", "album-artist", "label", "catalog", "year", "original-year",
                  "genre", "rating", "plays", "played", "added"),
}  # fmt: skip
"""Sets of columns to begin from; a page leaves out those without values."""
CHOSEN = (
    *(name for name, field in QUERY_FIELDS.items()
      if name not in (*_COLUMNS, *_NOT_SHOWN) and field.kind != "control"),
    "family",
)  # fmt: skip
"""The columns that are shown only if chosen: with the others, all that queries can name."""
_DIGITS = {"peak": 1, **dict.fromkeys(
    ("tempo-confidence", "key-confidence", "danceability", "valence", "acousticness", "instrumentalness"), 2,
)}  # fmt: skip
_STRIP_COLUMNS = 160


def table() -> list[dict[str, Any]]:
    """All columns of the table, in display order."""
    every = [*_IN_ORDER, *(name for name in _COLUMNS if name not in _IN_ORDER)]
    ranked = [*_FIRST_SHOWN, *(name for name in every if name not in _FIRST_SHOWN)]
    wide = {name: {"grow": grow} for name, grow in _GROW.items()}
    return [
        *({"name": name, "rank": ranked.index(name) + 1, **_COLUMNS[name], **wide.get(name, {})} for name in every),
        *({"name": name, "rank": len(every) + 1, "chosen": True, **_chosen(name)} for name in CHOSEN),
    ]


def _chosen(name: str) -> dict[str, Any]:
    field = QUERY_FIELDS.get(name)
    kind = field.kind if field else "text"
    title, width = _CHOSEN.get(name, (None, _USUAL_WIDTH.get(kind, 110)))
    if title is None:
        title = (QUERIED[name].words if name in QUERIED else name.replace("-", " ")).capitalize()
    if kind == "number":
        return {"title": title, "width": width, "kind": "number", "digits": _DIGITS.get(name, 0)}
    return {"title": title, "width": width, "kind": {"modified": "day", "played": "moment"}.get(name, "text")}


def parts_of(phrases: Iterable[Phrase], duration_s: float) -> str:
    """The phrases of a track as text: a letter for the role (- for none) and the end in thousandths of the length.

    Letters are the first of the role; a build-up is u.
    """
    return "".join(
        f"{'u' if phrase.role == 'build' else (phrase.role or '-')[0]}{round(1000 * phrase.end_s / duration_s)}"
        for phrase in phrases
    )


def moment_of(text: str | None) -> float | None:
    """Seconds since 1970 of a moment, or of the start of a day in local time."""
    try:
        return datetime.fromisoformat(text or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def strip_of(overview: Overview) -> bytes:
    """The low, middle and high bands of an overview, each in 160 columns of 4 bits, the earlier in the upper half.

    Each column shows the loudest of its points.
    """
    bands = np.frombuffer(overview.low + overview.mid + overview.high, dtype=np.uint8).reshape(3, OVERVIEW_POINTS)
    edges = [column * OVERVIEW_POINTS // _STRIP_COLUMNS for column in range(_STRIP_COLUMNS)]
    # Scales levels from 0-255 to 0-15, rounded; no value falls halfway.
    levels = ((np.maximum.reduceat(bands, edges, axis=1).astype(np.uint16) + 8) // 17).astype(np.uint8).ravel()
    return (levels[::2] << 4 | levels[1::2]).tobytes()
