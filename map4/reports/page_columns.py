"""The columns of a page: what is collected of a track, in what form, and what the table can show of it."""

from __future__ import annotations

from typing import Any

from map4.domain.track.fields import FIELDS, FieldKind

_FIELDS = {field.asked: field for field in FIELDS.values() if field.on_page}
"""The fields of a track that a page shows. Columns have their names in queries."""
TEXT_FIELDS = {name: field.name for name, field in _FIELDS.items() if field.kind == "text"}
NUMBER_FIELDS = {name: field.name for name, field in _FIELDS.items() if field.kind in ("whole", "stars")}
PARTS = {
    "bpm": 1000, "energy": 10_000, "duration": 100, "loudness": 100, "peak": 100, "rating": 10, "bitrate": 10,
    "tempo-confidence": 10_000, "key-confidence": 10_000, "danceability": 1000, "valence": 1000,
    "acousticness": 1000, "instrumentalness": 1000,
}  # fmt: skip
"""How many parts of one a number has, where it is no whole one: numbers are kept as whole numbers."""
REPEATED = (
    *(name for name in TEXT_FIELDS if name != "title"),
    "mood", "subgenre", "era", "tag", "codec", "state", "family", "cover",
)  # fmt: skip
TEXTS = ("title", "played", "note", "path", *REPEATED)
NUMBERS = tuple(dict.fromkeys((
    *PARTS, *NUMBER_FIELDS, "key", "level", "track", "plays", "cues", "metre", "phrases", "samplerate", "bits",
    "channels", "added", "is", "places",
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
    "play": {"title": "Play", "width": 60, "kind": "play"},
    "number": {"title": "#", "width": 56, "kind": "place"},
    "cover": {"title": "Cover", "width": 72, "kind": "cover"},
    "strip": {"title": "Course", "width": 112, "kind": "strip"},
    "duration": {"title": "Length", "width": 76, "kind": "length"},
    "loudness": {"title": "LUFS", "width": 64, "kind": "number", "digits": 1},
    "mood": {"title": "Mood", "width": 90, "kind": "text"},
    "plays": {"title": "Plays", "width": 60, "kind": "number", "digits": 0},
    "added": {"title": "Added", "width": 106, "kind": "day"},
    "note": {"title": "Remark", "width": 200, "kind": "text"},
}
"""What the table can show (`Column` in page/source/source.js); a page leaves out what it knows nothing of."""
_GROW = {"title": 3, "artist": 2, "note": 3}
_FIRST_SHOWN = (
    "title", "bpm", "key", "energy", "artist", "play", "cover", "note", "strip", "duration", "genre", "rating",
    "loudness", "year", "number", "album", "label", "plays", "added", "mood",
)  # fmt: skip
"""Which columns go first where there is not room for all."""
_IN_ORDER = (
    "play", "number", "cover", "title", "artist", "strip", "bpm", "key", "energy", "rating", "duration", "loudness",
    "genre", "year", "album", "label", "mood", "plays", "added", "note",
)  # fmt: skip


def table() -> list[dict[str, Any]]:
    """Each column that the table can show, in their order."""
    every = [*_IN_ORDER, *(name for name in _COLUMNS if name not in _IN_ORDER)]
    ranked = [*_FIRST_SHOWN, *(name for name in every if name not in _FIRST_SHOWN)]
    wide = {name: {"grow": grow} for name, grow in _GROW.items()}
    return [{"name": name, "rank": ranked.index(name) + 1, **_COLUMNS[name], **wide.get(name, {})} for name in every]
