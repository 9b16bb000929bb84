"""Each field of a track: what every source says of it, which one counts, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from map4.domain.analysis.key import Key
from map4.domain.track.fields import ANALYSIS, FIELDS, in_order
from map4.domain.track.sources import FIELD_SOURCES, FieldSource
from map4.domain.track.tags import FileTags
from map4.domain.track.track import Track, path_fields

_PROVIDED_ALONE = tuple(name for name, field in FIELDS.items() if field.sources == ("provider",))
"""Which nobody but a provider says: they are fields of tracks that were looked up."""
FIELD_NAMES = in_order((
    "artist", "title", "album", "genre", "year", "bpm", "key", "energy", "gain", "rating", "comment", "label",
    "catalog_number", "isrc", "track", "disc_number", "composer", "remixer", "mix", "grouping", "date_added", "color",
), (field for field in FIELDS.values() if field.name not in _PROVIDED_ALONE))  # fmt: skip

TAGS_SCHEMA = "map4/tags/1"

_WORDS: dict[FieldSource, str] = {
    "tag": "the tag",
    "measured": "what was measured",
    "imported": "what was imported",
    "provider": "what was looked up",
    "user": "what you set",
    "labels": "the labels",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackField:
    """What is known of one field of a track.

    name: in `map4.domain.track.fields`
    sources: the value of each source that has one, the one that counts first
    """

    name: str
    sources: Mapping[FieldSource, Any]

    @property
    def counts(self) -> FieldSource | None:
        """Whose value counts; None where nobody has one."""
        return next(iter(self.sources), None)

    @property
    def value(self) -> Any:
        """The value that counts, None where there is none; a key as a `map4.domain.analysis.key.Key`."""
        return next(iter(self.sources.values()), None)

    @property
    def why(self) -> str | None:
        """Why this one counts, a sentence without its full stop; None where there is none."""
        if not self.sources:
            return None
        first, *others = self.sources
        if not others:
            return "nothing else says it"
        if first == "user":
            return "you set it, and that counts before all others"
        before = " and ".join(_WORDS[other] for other in others)
        setting = FIELDS[self.name].setting
        told = setting == ANALYSIS or (setting and "provider" in self.sources)
        return f"{_WORDS[first]} counts before {before}{f' (setting {setting})' if told else ''}"

    def to_record(self) -> dict[str, Any]:
        """JSON values: every source, null where it says nothing, providers only where they do; keys as Camelot."""
        shown = [source for source in FIELD_SOURCES if source != "provider" or source in self.sources]
        return {
            "value": _plain(self.value),
            "counts": self.counts,
            "why": self.why,
            **{source: _plain(self.sources.get(source)) for source in shown},
        }


def track_fields(track: Track) -> tuple[TrackField, ...]:
    """Every field of a track, in the order of `FIELD_NAMES`."""
    names = (*FIELD_NAMES, *_PROVIDED_ALONE) if track.provided else FIELD_NAMES
    return tuple(TrackField(name=name, sources=track.sources(name)) for name in names)


def sold_by(track: Track) -> str | None:
    """The shop that the file itself says it is from, so that its tags are likely that shop's own."""
    return track.tags.sold_by if isinstance(track.tags, FileTags) else None


def tags_record(track: Track) -> dict[str, Any]:
    """The `map4/tags/1` record of a track."""
    return {
        "schema": TAGS_SCHEMA,
        **path_fields(track.path),
        "audio_id": track.audio_id,
        "state": track.state,
        "sold_by": sold_by(track),
        "fields": {field.name: field.to_record() for field in track_fields(track)},
    }


def _plain(value: Any) -> Any:
    return value.camelot if isinstance(value, Key) else value
