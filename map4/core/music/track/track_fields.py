"""The fields of a track with the value of every source, the current one, and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from map4.core.base.records import Absent, Count, Json, Record
from map4.core.music.analysis.key import Key
from map4.core.music.track.credits import Credit
from map4.core.music.track.fields import ANALYSIS, FIELDS, in_order
from map4.core.music.track.sources import FIELD_SOURCES, FieldSource
from map4.core.music.track.tags import FileTags
from map4.core.music.track.track import Track

_PROVIDED_ONLY = tuple(name for name, field in FIELDS.items() if field.sources == ("provider",))
"""Fields that only providers give: shown for looked-up tracks."""
FIELD_NAMES = in_order((
    "artist", "title", "album", "genre", "year", "bpm", "key", "energy", "gain", "album_gain", "rating", "comment",
    "label", "catalog_number", "isrc", "track", "disc_number", "composer", "remixer", "mix", "grouping", "date_added",
    "color", "album_artist",
), (field for field in FIELDS.values() if field.name not in _PROVIDED_ONLY))  # fmt: skip

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
    """A field of a track.

    name: in `map4.core.music.track.fields`
    sources: the value of each source that has one, in order of preference
    """

    name: str
    sources: Mapping[FieldSource, Any]

    @property
    def counts(self) -> FieldSource | None:
        """The source of the current value; None without any."""
        return next(iter(self.sources), None)

    @property
    def value(self) -> Any:
        """The current value, None without any; a key as a `map4.core.music.analysis.key.Key`."""
        return next(iter(self.sources.values()), None)

    @property
    def why(self) -> str | None:
        """Why this value counts, a sentence without its full stop; None without any."""
        if not self.sources:
            return None
        first, *others = self.sources
        if not others:
            return "no other source has it"
        if first == "user":
            return "you set it, which overrides all other sources"
        before = " and ".join(_WORDS[other] for other in others)
        setting = FIELDS[self.name].setting
        by_setting = setting == ANALYSIS or (setting and "provider" in self.sources)
        return f"{_WORDS[first]} counts before {before}{f' ({setting})' if by_setting else ''}"

    @property
    def record(self) -> FieldValue:
        """The JSON form."""
        sources: dict[str, Any] = {source: _plain(self.sources.get(source)) for source in FIELD_SOURCES}
        if "provider" not in self.sources:
            del sources["provider"]
        return FieldValue(
            value=_plain(self.value),
            counts=self.counts,
            why=self.why,
            can_set="user" in FIELDS[self.name].sources,
            **sources,
        )


_Value = str | float | None


class FieldValue(Record, members=f"value counts why can_set {' '.join(FIELD_SOURCES)}"):
    """The value of a field from each source, null if missing.

    value: the current value in every command: BPM, a key in Camelot notation, an energy level 1-10, a gain in dB to
        -18 LUFS, stars 0-5
    counts: the source of this value
    why: why this source counts, for display
    can_set: whether 'map4 set' sets it
    tag: the file's current tag
    imported: from DJ programs
    provider: looked up; missing without a lookup
    user: set with 'map4 set'
    labels: from 'map4 classify'
    """

    value: _Value
    counts: FieldSource | None
    why: str | None
    can_set: bool
    tag: _Value
    measured: _Value
    imported: _Value
    provider: str | float | Absent = ...
    user: _Value
    labels: _Value


class TrackTags(
    Record, kind="tags", members="path=track.path audio_id=track.audio_id state=track.state sold_by fields credits"
):
    """The values of a track from each source, and which one counts.

    audio_id: None if the library does not know it
    state: as in map4/track/1; pending: not in the library, or not analysed yet
    fields: by the name of the field
    """

    track: Track

    @property
    def sold_by(self) -> str | None:
        """The shop that marked the file, such as Beatport; its tags are then shown as that shop's."""
        return sold_by(self.track)

    @property
    def fields(self) -> Annotated[Mapping[str, FieldValue], Json(names=FIELD_NAMES, maybe=_PROVIDED_ONLY)]:
        """The fields by name."""
        return {field.name: field.record for field in track_fields(self.track)}

    @property
    def credits(self) -> tuple[Credit, ...]:
        """The names in the current values, each with its role."""
        return self.track.credits()


class TagsList(Record, kind="tags-list"):
    """The output of 'map4 tags show' for several tracks."""

    tracks: tuple[TrackTags, ...]


def track_fields(track: Track) -> tuple[TrackField, ...]:
    names = (*FIELD_NAMES, *_PROVIDED_ONLY) if track.provided else FIELD_NAMES
    return tuple(TrackField(name=name, sources=track.sources(name)) for name in names)


def sold_by(track: Track) -> str | None:
    """The shop named in the file, so that its tags are probably from that shop."""
    return track.tags.sold_by if isinstance(track.tags, FileTags) else None


def _plain(value: Any) -> Any:
    return value.camelot if isinstance(value, Key) else value


class Tracks(Record, kind="tracks"):
    """Several tracks in a document.

    ids: over HTTP: the ids of the tracks
    next: over HTTP: the `after` of the next page; None on the last page
    total: over HTTP, if requested: the number of tracks on all pages
    query: the query, if it was given in parts (over HTTP) or in words (`--ask`)
    """

    tracks: tuple[Track, ...]
    ids: tuple[str, ...] | Absent = ...
    next: str | Absent | None = ...
    total: Count | Absent = ...
    query: str | Absent = ...
