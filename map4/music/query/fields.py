"""The fields of queries: names, kinds of values, and help."""

from __future__ import annotations

from collections.abc import Mapping

from map4.base.declaration import IsWord, QueryField
from map4.base.declarations import declarations, with_declared
from map4.music.analysis.inside import DETECTED_CUE_KINDS
from map4.music.query.shuffle import RANDOM
from map4.music.track.fields import FIELDS as TRACK_FIELDS
from map4.music.track.fields import NUMBERS, Field, in_order

TRACK_STATES = ("failed", "missing", "pending", "any")
"""Values of `is:` that also match tracks that are not ok and present."""

_CORE_WORDS: dict[str, str] = {
    "doubtful": "tempo or key less than half sure",
    "copy": "a duplicate of another file, which is the better copy",
    "clipped": "clipped at full scale at least once a second",
    "silent": "only silence",
    "damaged": "parts could not be decoded",
    "truncated": "ends before its header says",
    "lossless": "codec keeps every sample",
    "upscaled": "made from a lossy file with fewer bits",
    "stale": "analysed by another version",
    "failed": "could not be analysed",
    "missing": "its file is gone",
    "pending": "not analysed yet",
    "any": "in any state",
    "ok": "analysed and present",
}
DECLARED_WORDS: Mapping[str, IsWord] = {
    word.name: word for declaration in declarations() for word in declaration.is_words if word.name not in _CORE_WORDS
}
"""Values of `is:` declared by subjects and extras."""
IS_WORDS: dict[str, str] = {
    name: _CORE_WORDS.get(name) or DECLARED_WORDS[name].help
    for name in with_declared(tuple(_CORE_WORDS), DECLARED_WORDS.values())
}
"""Values of `is:` and their meanings."""

NO_IS_WORDS: dict[str, str] = {
    "new": "added:-2w",
    "recent": "added:-2w",
    "duplicate": "is:copy",
    "duplicates": "is:copy",
    "dupe": "is:copy",
    "dupes": "is:copy",
    "lossy": "^is:lossless",
    "favorite": "is:starred",
    "favourite": "is:starred",
    "loved": "is:starred",
    "untagged": "missing:artist",
    "analysed": "is:ok",
    "analyzed": "is:ok",
    "unplayed": "plays:0",
    "played": "plays:1..",
    "rated": "has:rating",
    "unrated": "missing:rating",
}
"""Wrong values of `is:` that users try, with the correct term."""


def _track_fields(*names: str) -> tuple[QueryField, ...]:
    return tuple(_of_track(TRACK_FIELDS[name]) for name in names)


def _of_track(field: Field) -> QueryField:
    name, text, example = field.query_name, field.help, field.query
    if field.kind == "key":
        return QueryField(name=name, kind="key", help=text, example=example)
    if field.kind == "level":
        return QueryField(name=name, kind="level", help=text, example=example, least=field.least, most=field.most)
    if field.kind in NUMBERS:
        return _number(name, text, example, 0.1 if field.kind == "tempo" else 0.0, most=field.most)
    return QueryField(name=name, kind="text", help=text, example=example)


def _number(name: str, text: str, example: str, step: float = 0.0, least: float = 0.0, most: float = 1e9) -> QueryField:
    return QueryField(name=name, kind="number", help=text, example=example, step=step, least=least, most=most)


_FIRST = (
    *_track_fields("bpm", "key", "energy"),
    QueryField(name="duration", kind="duration", help="length, such as 3:30, 6m, 90s or 1h", example="duration:..6m"),
    _number("loudness", "integrated loudness in LUFS", "loudness:-12..-8", 0.1, least=-200.0, most=50.0),
    *_track_fields("artist", "title", "album", "genre", "year"),
    QueryField(name="added", kind="date", help="when a DJ program added it, else when map4 did", example="added:-2w"),
    QueryField(name="modified", kind="date", help="when the file was last changed", example="modified:2026-01.."),
    QueryField(name="path", kind="path", help="folder or file, or words of the path", example="path:/music/new"),
    QueryField(name="is", kind="is", help="a state or remark, listed below", example="is:doubtful"),
    QueryField(
        name="has",
        kind="has",
        help="the field has a value, or a cue point was detected: drop, break, mix-in, mix-out, outro, first-beat",
        example="has:drop",
    ),
    QueryField(name="missing", kind="has", help="the field has no value", example="missing:bpm"),
    _number("tempo-confidence", "confidence of the measured tempo, 0-1", "tempo-confidence:..0.5", most=1.0),
    _number("key-confidence", "confidence of the measured key, 0-1", "key-confidence:..0.5", most=1.0),
    _number("danceability", "HAMMS estimate, 0-1", "danceability:0.7..", most=1.0),
    _number("valence", "HAMMS estimate, 0-1", "valence:..0.4", most=1.0),
    _number("acousticness", "HAMMS estimate, 0-1", "acousticness:0.6..", most=1.0),
    _number("instrumentalness", "HAMMS estimate, 0-1", "instrumentalness:0.8..", most=1.0),
    _number("peak", "true peak in dBTP", "peak:0..", 0.1, least=-200.0, most=200.0),
    *_track_fields("rating"),
    _number("cues", "number of imported cue points", "cues:4..", most=1e6),
    _number("metre", "beats per bar", "metre:3", most=7),
    _number("phrases", "number of detected phrases", "phrases:8..", most=1e6),
)
_NAMED = {field.name for field in _FIRST}
_TRACK_FIELDS = in_order((
    "track", "disc_number", "label", "comment", "composer", "remixer", "mix", "grouping", "color", "catalog_number",
    "isrc", "original_year", "release_date", "album_artist",
), (field for field in TRACK_FIELDS.values() if field.query and field.query_name not in _NAMED))  # fmt: skip
_ALL = (
    *_FIRST,
    *_track_fields(*_TRACK_FIELDS),
    QueryField(name="codec", kind="codec", help="codec, or several with commas", example="codec:mp3,aac"),
    _number("bitrate", "kbit/s", "bitrate:..192", 1.0),
    _number("samplerate", "Hz, or kHz with a k", "samplerate:44.1k"),
    _number("bits", "bits per sample", "bits:24", most=64),
    _number("channels", "channels", "channels:1", most=999),
)
_CONTROLS = (
    QueryField(name="sort", kind="control", help="sort by fields; - reverses the order", example="sort:bpm-,artist"),
    QueryField(
        name="shuffle", kind="control", help="random order: daily, weekly, or a number", example="shuffle:weekly"
    ),
    QueryField(name="limit", kind="control", help="maximum number of results", example="limit:20"),
    QueryField(name="offset", kind="control", help="skip the first results", example="offset:20"),
)

_CORE = {field.name: field for field in (*_ALL, *_CONTROLS)}
_DECLARED = {
    field.name: field for declaration in declarations() for field in declaration.query_fields if field.name not in _CORE
}
_NAMES = (*with_declared([field.name for field in _ALL], _DECLARED.values()), *(field.name for field in _CONTROLS))
FIELDS: dict[str, QueryField] = {name: _CORE.get(name) or _DECLARED[name] for name in _NAMES}
"""Every field by its name, in display order."""

_ALSO = {
    "bpm": "tempo", "duration": "length time", "loudness": "lufs", "year": "date decade", "title": "name song",
    "codec": "format type ext extension filetype", "bitrate": "bit-rate", "samplerate": "sample-rate",
    "rating": "stars", "path": "folder file filename dir directory", "added": "date-added", "color": "colour",
    "label": "publisher", "album-artist": "albumartist", "key": "camelot", "metre": "meter",
}  # fmt: skip
ALIASES = {alias: name for name, aliases in _ALSO.items() for alias in aliases.split()}
ALIASES |= {alias: field.name for field in _DECLARED.values() for alias in field.aliases}
"""Aliases that users of other programs try first."""

VALUE_FIELDS: tuple[str, ...] = tuple(
    name for name, field in FIELDS.items() if field.kind not in ("is", "has", "control", "path")
)
"""The fields that `has:` and `missing:` accept."""
DETECTED_WORDS: dict[str, str] = {kind.replace("_", "-"): kind for kind in DETECTED_CUE_KINDS}
"""The other words that they accept: the kinds of detected cue points."""
SORT_FIELDS = (*VALUE_FIELDS, "path", RANDOM)
"""The fields that `sort:` accepts."""


def field_named(name: str) -> QueryField | None:
    """Find a field by its name or an alias, in any case; `_` counts as `-`."""
    plain = name.lower().replace("_", "-")
    return FIELDS.get(ALIASES.get(plain, plain))
