"""The fields of queries, one row each; subjects and extras declare theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from map4.core.base.declaration import IsWord, QueryField, QueryKind
from map4.core.base.declarations import declarations, with_declared
from map4.core.music.analysis.inside import DetectedCue
from map4.core.music.query.shuffle import RANDOM
from map4.core.music.track.fields import FIELDS as TRACK_FIELDS
from map4.core.music.track.fields import NUMBERS, FieldKind

TRACK_STATES = ("failed", "missing", "pending", "any")
"""Values of `is:` that also match tracks that are not ok and present."""

_CORE_WORDS: dict[str, str] = {
    "doubtful": "unsure tempo or key, or a second tempo",
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


_KINDS: dict[FieldKind, QueryKind] = {**dict.fromkeys(NUMBERS, "number"), "key": "key", "level": "level"}


def _of_track(name: str, **forms: Any) -> QueryField:
    """A field of `map4.core.music.track.fields`, which has its SQL and its usual column of a page, and other forms."""
    field = TRACK_FIELDS[name]
    given = {"title": field.on_page or "", "head": field.words.capitalize(), **forms}
    return QueryField(
        name=field.query_name, kind=_KINDS.get(field.kind, "text"), help=field.help, example=field.query,
        least=field.least if field.kind == "level" else 0.0, most=field.most, **given,
    )  # fmt: skip


def _number(name: str, text: str, example: str, *, least: float = 0.0, **forms: Any) -> QueryField:
    return QueryField(name=name, kind="number", help=text, example=example, least=least, **forms)


def _share(name: str, text: str, example: str, **forms: Any) -> QueryField:
    """A number from 0 to 1."""
    return _number(name, text, example, most=1.0, digits=2, **forms)


_FIRST = (
    _of_track("bpm", step=0.1, aliases=("tempo",), in_words="tempo", unit="BPM", digits=1, parts=1000),
    _of_track("key", aliases=("camelot",)),
    _of_track("energy", parts=10_000),
    QueryField(
        name="duration", kind="duration", help="length, such as 3:30, 6m, 90s or 1h", example="duration:..6m",
        sql="x.duration_s", aliases=("length", "time"), in_words="length", head="Length", width=76, parts=100,
    ),
    _number(
        "loudness", "integrated loudness in LUFS", "loudness:-12..-8", step=0.1, least=-200.0, most=50.0,
        forms="map4.core.store.query.forms:LOUDNESS", aliases=("lufs",), unit="LUFS", head="LUFS", width=64, digits=1,
        parts=100,
    ),
    _of_track("artist", in_words=None),
    _of_track("title", aliases=("name", "song"), in_words=None),
    _of_track("album"),
    _of_track("genre", in_words=None),
    _of_track("year", aliases=("date", "decade")),
    QueryField(
        name="added", kind="date", help="when a DJ program added it, else when map4 did", example="added:-2w",
        forms="map4.core.store.query.forms:ADDED", aliases=("date-added",),
    ),
    QueryField(
        name="modified", kind="date", help="when the file was last changed", example="modified:2026-01..",
        forms="map4.core.store.query.forms:MODIFIED",
    ),
    QueryField(
        name="path", kind="path", help="folder or file, or words of the path", example="path:/music/new",
        sql="f.display", aliases=("folder", "file", "filename", "dir", "directory"), head="File", width=240,
    ),
    QueryField(name="is", kind="is", help="a state or remark, listed below", example="is:doubtful", title="State"),
    QueryField(
        name="has", kind="has", example="has:drop",
        help="the field has a value, or a cue point was detected: drop, break, mix-in, mix-out, outro, first-beat",
    ),
    QueryField(name="missing", kind="has", help="the field has no value", example="missing:bpm"),
    _share(
        "tempo-confidence", "confidence of the measured tempo, 0-1", "tempo-confidence:..0.5",
        forms="map4.core.store.query.forms:TEMPO_CONFIDENCE", head="Tempo certainty", width=130, parts=10_000,
    ),
    _share(
        "key-confidence", "confidence of the measured key, 0-1", "key-confidence:..0.5",
        forms="map4.core.store.query.forms:KEY_CONFIDENCE", head="Key certainty", width=118, parts=10_000,
    ),
    _share(
        "danceability", "HAMMS estimate, 0-1", "danceability:0.7..", sql="x.hamms_danceability", head="Danceable",
        width=98, parts=1000,
    ),
    _share("valence", "HAMMS estimate, 0-1", "valence:..0.4", sql="x.hamms_valence", parts=1000),
    _share(
        "acousticness", "HAMMS estimate, 0-1", "acousticness:0.6..", sql="x.hamms_acousticness", head="Acoustic",
        width=90, parts=1000,
    ),
    _share(
        "instrumentalness", "HAMMS estimate, 0-1", "instrumentalness:0.8..", sql="x.hamms_instrumentalness",
        head="Instrumental", width=112, parts=1000,
    ),
    _number(
        "peak", "true peak in dBTP", "peak:0..", step=0.1, least=-200.0, most=200.0, sql="x.true_peak_dbtp",
        unit="dBTP", head="Peak dBTP", width=96, digits=1, parts=100,
    ),
    _number(
        "loudness-range", "loudness range in LU", "loudness-range:..6", step=0.1, most=100.0,
        measured="loudness.range_lu", aliases=("lra",), unit="LU", head="Range LU", width=96, digits=1, parts=100,
    ),
    _of_track("rating", aliases=("stars",), digits=1, parts=10),
    _number("cues", "number of imported cue points", "cues:4..", most=1e6, sql="x.cues"),
    _number("metre", "beats per bar", "metre:3", most=7, sql="x.metre", aliases=("meter",)),
    _number("phrases", "number of detected phrases", "phrases:8..", most=1e6, sql="x.phrases", width=84),
    _of_track("track"),
    _of_track("disc_number", width=62),
    _of_track("label", aliases=("publisher",)),
    _of_track("comment", width=180),
    _of_track("composer"),
    _of_track("remixer"),
    _of_track("mix", head="Version"),
    _of_track("grouping"),
    _of_track("color", aliases=("colour",)),
    _of_track("catalog_number", head="Catalogue no.", width=120),
    _of_track("isrc", title="ISRC", head="ISRC", width=124),
    _of_track("original_year", head="First released", width=120),
    _of_track("release_date"),
    _of_track("album_artist", aliases=("albumartist",)),
)  # fmt: skip
_NAMED = {field.name for field in _FIRST}
_ALL = (
    *_FIRST,
    *(_of_track(name) for name, field in TRACK_FIELDS.items() if field.query and field.query_name not in _NAMED),
    QueryField(
        name="codec", kind="codec", help="codec, or several with commas", example="codec:mp3,aac", sql="x.codec",
        aliases=("format", "type", "ext", "extension", "filetype"), in_words=None, head="Format", width=76,
    ),
    _number(
        "size", "size of the file in MB, or with kB or GB", "size:20MB..", step=0.1, sql="f.size_bytes / 1000000.0",
        units={"kb": 0.001, "mb": 1.0, "gb": 1000.0, "tb": 1_000_000.0}, aliases=("file-size", "filesize"), head="MB",
        width=70, digits=1, parts=10,
    ),
    _number(
        "bitrate", "kbit/s", "bitrate:..192", step=1.0, sql="x.bit_rate_bps / 1000.0", aliases=("bit-rate",),
        unit="kbit/s", head="kbit/s", width=70, parts=10,
    ),
    _number(
        "samplerate", "Hz, or kHz with a k", "samplerate:44.1k", sql="x.sample_rate_hz", units={"k": 1000.0},
        aliases=("sample-rate",), unit="Hz", title="Sample rate", head="Hz", width=76,
    ),
    _number("bits", "bits per sample", "bits:24", most=64, sql="x.bits", unit="bits"),
    _number("channels", "channels", "channels:1", most=999, sql="x.channels"),
    QueryField(
        name="season", kind="clock", help="any track on these days of the year", example="season:12-20..01-06",
        in_words="from", title="Today’s date",
    ),
    QueryField(
        name="daypart", kind="clock", help="any track at these hours", example="daypart:22:00..02:00",
        aliases=("hours",), in_words="from", title="Time now",
    ),
    QueryField(
        name="weekday", kind="clock", help="any track on these days of the week", example="weekday:mon..fri",
        in_words="on", title="Weekday now",
    ),
)  # fmt: skip
_CONTROLS = (
    QueryField(name="sort", kind="control", help="sort by fields; - reverses the order", example="sort:bpm-,artist"),
    QueryField(
        name="shuffle", kind="control", help="random order: daily, weekly, or a number", example="shuffle:weekly"
    ),
    QueryField(name="limit", kind="control", help="maximum number of results", example="limit:20"),
    QueryField(name="offset", kind="control", help="skip the first results", example="offset:20"),
)  # fmt: skip

_CORE = {field.name: field for field in (*_ALL, *_CONTROLS)}
_DECLARED = {
    field.name: field for declaration in declarations() for field in declaration.query_fields if field.name not in _CORE
}
_NAMES = (*with_declared([field.name for field in _ALL], _DECLARED.values()), *(field.name for field in _CONTROLS))
FIELDS: dict[str, QueryField] = {name: _CORE.get(name) or _DECLARED[name] for name in _NAMES}
"""Every field by its name, in display order."""
ALIASES = {alias: name for name, field in FIELDS.items() for alias in field.aliases}
"""Aliases that users of other programs try first."""

VALUE_FIELDS: tuple[str, ...] = tuple(
    name for name, field in FIELDS.items() if field.kind not in ("is", "has", "clock", "control", "path")
)
"""The fields that `has:` and `missing:` accept."""
DETECTED_WORDS: dict[str, str] = {kind.replace("_", "-"): kind for kind in DetectedCue.KINDS}
"""The other words that they accept: the kinds of detected cue points."""
SORT_FIELDS = (*VALUE_FIELDS, "path", RANDOM)  # the fields that `sort:` accepts


def field_named(name: str) -> QueryField | None:
    """Find a field by its name or an alias, in any case; `_` counts as `-`."""
    plain = name.lower().replace("_", "-")
    return FIELDS.get(ALIASES.get(plain, plain))
