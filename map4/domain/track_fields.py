"""Each field of a track: what every source says of it, which one counts, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from map4.domain.analysis import energy_level
from map4.domain.key import Key
from map4.domain.tags import FileTags
from map4.domain.track import Track, path_fields

FieldName = Literal[
    "artist", "title", "album", "genre", "year", "bpm", "key", "energy", "gain", "rating", "comment", "label",
    "catalog_number", "isrc", "track", "disc_number", "composer", "remixer", "mix", "grouping", "date_added", "color",
    "release_date", "original_year",
]  # fmt: skip
_PROVIDED_ALONE: tuple[FieldName, ...] = ("release_date", "original_year")
"""Which nobody but a provider says: they are fields of tracks that were looked up."""
FIELD_NAMES: tuple[FieldName, ...] = tuple(name for name in get_args(FieldName) if name not in _PROVIDED_ALONE)

FieldSource = Literal["tag", "measured", "imported", "provider", "user", "labels"]
FIELD_SOURCES: tuple[FieldSource, ...] = get_args(FieldSource)
"""In the order in which they are shown."""

TAGS_SCHEMA = "map4/tags/1"

_IMPORTED_NAMES: dict[FieldName, str] = {"track": "track_number"}
_IMPORTED_FIRST: tuple[FieldName, ...] = ("rating", "comment")
REPLAYGAIN_LUFS = -18.0
"""At which ReplayGain 2.0 aims."""

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

    Parameters
    ----------
    name : of the field
    sources : the value of each source that has one, the one that counts first
    """

    name: FieldName
    sources: Mapping[FieldSource, Any]

    @property
    def counts(self) -> FieldSource | None:
        """Whose value counts; None where nobody has one."""
        return next(iter(self.sources), None)

    @property
    def value(self) -> Any:
        """The value that counts, None where there is none; a key as a `map4.domain.key.Key`."""
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
        setting = " (setting analysis.prefer)" if self.name in ("bpm", "key") else ""
        if not setting and "provider" in self.sources:
            setting = " (setting metadata.prefer)"
        return f"{_WORDS[first]} counts before {before}{setting}"

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
    return tuple(TrackField(name=name, sources=_sources(track, name)) for name in names)


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


def _sources(track: Track, name: FieldName) -> dict[FieldSource, Any]:
    """By source, the one that counts first: as `Track.bpm`, `Track.genre` and the like have it."""
    if name in ("bpm", "key"):
        known: Mapping[Any, Any] = track.bpm_sources() if name == "bpm" else track.key_sources()
        return {**track.metadata_sources(name), **known}
    said = track.metadata_sources(_IMPORTED_NAMES.get(name, name))
    measured = labelled = None
    if name == "gain":
        said["tag"], measured = (
            track.tags.gain_db if isinstance(track.tags, FileTags) else None,
            _measured_gain_db(track),
        )
    if name == "energy" and track.analysis is not None and track.analysis.energy is not None:
        measured = energy_level(track.analysis.energy)
    if name == "genre" and track.labels is not None:
        labelled = track.labels.style
    every: dict[Any, Any] = {"user": said.pop("user", None), "measured": measured}
    if name in _IMPORTED_FIRST:
        every["imported"] = said.get("imported")
    every |= {source: value for source, value in said.items() if source not in every}
    every["labels"] = labelled
    return {source: value for source, value in every.items() if value is not None and value != ""}


def _measured_gain_db(track: Track) -> float | None:
    lufs = None if track.analysis is None else track.analysis.loudness.integrated_lufs
    return None if lufs is None else round(REPLAYGAIN_LUFS - lufs, 2)


def _plain(value: Any) -> Any:
    return value.camelot if isinstance(value, Key) else value
