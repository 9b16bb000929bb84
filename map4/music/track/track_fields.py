"""Each field of a track: what every source says of it, which one counts, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from map4.base.records import Absent, Json, Record
from map4.music.analysis.key import Key
from map4.music.track.fields import ANALYSIS, FIELDS, in_order
from map4.music.track.sources import FIELD_SOURCES, FieldSource
from map4.music.track.tags import FileTags
from map4.music.track.track import Track

_PROVIDED_ALONE = tuple(name for name, field in FIELDS.items() if field.sources == ("provider",))
"""Which nobody but a provider says: they are fields of tracks that were looked up."""
FIELD_NAMES = in_order((
    "artist", "title", "album", "genre", "year", "bpm", "key", "energy", "gain", "rating", "comment", "label",
    "catalog_number", "isrc", "track", "disc_number", "composer", "remixer", "mix", "grouping", "date_added", "color",
    "album_artist",
), (field for field in FIELDS.values() if field.name not in _PROVIDED_ALONE))  # fmt: skip

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

    name: in `map4.music.track.fields`
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
        """The value that counts, None where there is none; a key as a `map4.music.analysis.key.Key`."""
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
        return f"{_WORDS[first]} counts before {before}{f' ({setting})' if told else ''}"

    @property
    def told(self) -> ToldField:
        """What JSON says of it."""
        sources: dict[str, Any] = {source: _plain(self.sources.get(source)) for source in FIELD_SOURCES}
        if "provider" not in self.sources:
            del sources["provider"]
        return ToldField(
            value=_plain(self.value),
            counts=self.counts,
            why=self.why,
            can_set="user" in FIELDS[self.name].sources,
            **sources,
        )


_Value = str | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldField(Record, members=f"value counts why can_set {' '.join(FIELD_SOURCES)}"):
    """What each source says of a field of a track, null where it says nothing.

    value: what counts in every command: BPM, a key in Camelot notation, an energy level 1-10, a gain in dB to -18 LUFS,
        stars 0-5
    counts: whose value that is
    why: why that one, for people
    can_set: whether 'map4 set' sets it
    tag: what the file's tag says now
    imported: what DJ programs say
    provider: what was looked up; only where it was
    user: what was set with 'map4 set'
    labels: what 'map4 classify' says
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackTags(
    Record, kind="tags", members="path=track.path audio_id=track.audio_id state=track.state sold_by fields"
):
    """What each source says of a track, and which one counts.

    audio_id: None where the library does not know it
    state: as in map4/track/1; pending: not in the library, or not analysed yet
    fields: by the name of the field
    """

    track: Track

    @property
    def sold_by(self) -> str | None:
        """The shop whose mark the file bears, such as Beatport; its tags are then shown as that shop's."""
        return sold_by(self.track)

    @property
    def fields(self) -> Annotated[Mapping[str, ToldField], Json(names=FIELD_NAMES, maybe=_PROVIDED_ALONE)]:
        """By the name of the field."""
        return {field.name: field.told for field in track_fields(self.track)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsList(Record, kind="tags-list"):
    """What 'map4 tags show' says of tracks."""

    tracks: tuple[TrackTags, ...]


def track_fields(track: Track) -> tuple[TrackField, ...]:
    names = (*FIELD_NAMES, *_PROVIDED_ALONE) if track.provided else FIELD_NAMES
    return tuple(TrackField(name=name, sources=track.sources(name)) for name in names)


def sold_by(track: Track) -> str | None:
    """The shop that the file itself says it is from, so that its tags are likely that shop's own."""
    return track.tags.sold_by if isinstance(track.tags, FileTags) else None


def _plain(value: Any) -> Any:
    return value.camelot if isinstance(value, Key) else value
